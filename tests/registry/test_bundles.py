"""Uploads of a directory of files: the bytes of a request, what a new version answers, and what may fail."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.ports import Conflict, NotFound, OutcomeUnknown, RegistryError, Unauthorized
from tests.registry.toys import KIT
from tests.registry.wire import BASE, KEY, Script, ok, refused

FILES = {"scripts/run.py": b"print(1)\n", "README.md": b"# kit\n", "data": b"\x00\xff\r\n", "empty": b""}
BODY: dict[str, Any] = {"label": "A kit", "name": "kit", "files": FILES}
VERSION = {"name": "kit", "files": FILES}

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"name": "kit"}, "files of a kit has to be files"),
    ({"name": "kit", "files": {}}, "files of a kit has to be files"),
    ({"name": "kit", "files": {"a": {"sha256": "ab", "size": 1}}}, "the bytes of 'a'"),
    ({"name": "kit", "files": {"a": "text"}}, "the bytes of 'a'"),
    ({"files": FILES}, "name of a kit has to name the top directory"),
    ({"name": "", "files": FILES}, "name of a kit has to name the top directory"),
    ({"name": "a/b", "files": FILES}, "name of a kit has to name the top directory"),
    ({**BODY, "metadata": {}, "age": 1}, "a kit has no place for age, metadata"),
]

MADE = ok({"id": "ver_2", "type": "kit_version"})
LIVE = ok({"id": "kit_1", "label": "A kit", "latest": "ver_2"})


def upload(body: dict[str, Any]) -> httpx.Request:
    script = Script(ok())
    script.run(lambda r: r.create(KIT, body))
    (request,) = script.requests
    return request


def boundary(request: httpx.Request) -> str:
    found = re.fullmatch(r"multipart/form-data; boundary=([0-9a-f]{32})", request.headers["content-type"])
    assert found is not None
    return found[1]


class TestCreate:
    def test_is_the_texts_and_then_the_files_by_path(self) -> None:
        request = upload(BODY)
        assert request.method == "POST"
        assert request.url.path == "/v1/kits"
        line = b"--" + boundary(request).encode() + b"\r\n"
        file = line + b'Content-Disposition: form-data; name="files[]"; filename="kit/%s"\r\n'
        assert request.content == (
            line
            + b'Content-Disposition: form-data; name="label"\r\n\r\nA kit\r\n'
            + (file % b"README.md" + b"Content-Type: text/markdown\r\n\r\n# kit\n\r\n")
            + (file % b"data" + b"Content-Type: application/octet-stream\r\n\r\n\x00\xff\r\n\r\n")
            + (file % b"empty" + b"Content-Type: application/octet-stream\r\n\r\n\r\n")
            + (file % b"scripts/run.py" + b"Content-Type: text/x-python\r\n\r\nprint(1)\n\r\n")
            + line.replace(b"\r\n", b"--\r\n")
        )
        assert request.headers["content-length"] == str(len(request.content))

    def test_is_signed_and_asks_for_json_as_any_other(self) -> None:
        headers = upload(BODY).headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers["accept"] == "application/json"
        assert "anthropic-beta" not in headers

    @pytest.mark.parametrize("body", [VERSION, {**VERSION, "label": None}], ids=["left out", "null"])
    def test_has_no_part_for_a_text_that_is_not_set(self, body: dict[str, Any]) -> None:
        assert b'name="label"' not in upload(body).content

    def test_has_a_part_for_an_empty_text(self) -> None:
        assert b'name="label"\r\n\r\n\r\n' in upload({**BODY, "label": ""}).content

    def test_carries_any_text_and_any_name_in_utf_8(self) -> None:
        content = upload({**BODY, "label": "Zoë ✓", "files": {"ä/日本 1.md": b"x"}}).content
        assert 'name="label"\r\n\r\nZoë ✓\r\n'.encode() in content
        assert 'filename="kit/ä/日本 1.md"\r\n'.encode() in content

    def test_does_not_let_a_name_end_its_header(self) -> None:
        content = upload({**BODY, "files": {'a"\r\nX-Evil: 1': b"x"}}).content
        assert b'filename="kit/a%22%0D%0AX-Evil: 1"\r\n' in content
        assert b"\r\nX-Evil" not in content

    def test_is_the_same_whatever_order_the_files_come_in(self) -> None:
        turned = {**BODY, "files": dict(reversed(FILES.items()))}
        assert upload(BODY).content == upload(turned).content

    @given(st.dictionaries(st.text("abc/-\r\n", min_size=1), st.binary(), min_size=1))
    def test_has_a_boundary_that_is_in_no_file(self, files: dict[str, bytes]) -> None:
        request = upload({"name": "kit", "files": files})
        assert request.content.count(f"--{boundary(request)}".encode()) == len(files) + 1

    def test_has_another_boundary_where_a_file_holds_the_last_one(self) -> None:
        first = boundary(upload(BODY))
        second = upload({**BODY, "files": {**FILES, "data": f"--{first}--\r\n".encode()}})
        assert boundary(second) != first

    def test_returns_the_answer(self) -> None:
        assert Script(LIVE).run(lambda r: r.create(KIT, BODY))["latest"] == "ver_2"

    def test_a_name_that_is_no_unicode_is_refused_by_name(self) -> None:
        script = Script(ok())
        with pytest.raises(RegistryError, match=r"'kit/a\\udcff' in a kit .* rename it"):
            script.run(lambda r: r.create(KIT, {**BODY, "files": {"a\udcff": b""}}))
        assert script.sent == []

    @pytest.mark.parametrize(
        ("body", "says"), [*MISTAKES, ({**BODY, "label": 5}, "label of a kit has to be")]
    )
    def test_what_nobody_can_upload_is_a_mistake_of_the_caller(self, body: dict[str, Any], says: str) -> None:
        script = Script(ok())
        with pytest.raises(ValueError, match=re.escape(says)):
            script.run(lambda r: r.create(KIT, body))
        assert script.sent == []


class TestNewVersion:
    def test_is_an_upload_and_a_look_at_the_object(self) -> None:
        script = Script(MADE, LIVE)
        script.run(lambda r: r.update(KIT, "kit_1", VERSION))
        assert script.sent == ["POST /v1/kits/kit_1/versions", "GET /v1/kits/kit_1"]

    def test_sends_the_files_as_a_create_does(self) -> None:
        script = Script(MADE, LIVE)
        script.run(lambda r: r.update(KIT, "kit_1", VERSION))
        assert script.requests[0].content == upload(VERSION).content

    def test_never_sends_the_texts(self) -> None:
        script = Script(MADE, LIVE)
        script.run(lambda r: r.update(KIT, "kit_1", BODY))
        assert script.requests[0].content == upload(VERSION).content

    def test_answers_the_object_with_our_version(self) -> None:
        meanwhile = ok({"id": "kit_1", "label": "A kit", "latest": "ver_3"})
        found = Script(MADE, meanwhile).run(lambda r: r.update(KIT, "kit_1", VERSION))
        assert found == {"id": "kit_1", "label": "A kit", "latest": "ver_2"}

    def test_looks_again_as_often_as_at_any_object(self) -> None:
        script = Script(MADE, refused(500), httpx.ReadError("reset"), LIVE)
        assert script.run(lambda r: r.update(KIT, "kit_1", VERSION))["latest"] == "ver_2"
        assert script.sent.count("POST /v1/kits/kit_1/versions") == 1

    @pytest.mark.parametrize(
        "answer",
        [
            refused(500),
            refused(401, "authentication_error"),
            refused(404, "not_found_error"),
            httpx.ReadError("reset"),
            httpx.ConnectError("down"),
            httpx.Response(200, html="<p>Log in"),
        ],
        ids=lambda answer: str(getattr(answer, "status_code", type(answer).__name__)),
    )
    def test_is_not_lost_when_the_object_cannot_be_read(self, answer: httpx.Response | Exception) -> None:
        script = Script(MADE, answer)
        with pytest.raises(OutcomeUnknown, match=r"^ver_2 was uploaded as a new version of kit kit_1, but"):
            script.run(lambda r: r.update(KIT, "kit_1", VERSION))
        assert script.sent.count("POST /v1/kits/kit_1/versions") == 1

    def test_what_the_look_was_told_is_told_on(self) -> None:
        with pytest.raises(OutcomeUnknown) as raised:
            Script(MADE, refused(403, "permission_error", "Not yours.")).run(
                lambda r: r.update(KIT, "kit_1", VERSION)
            )
        error = raised.value
        assert error.message.endswith(": Not yours.")
        assert (error.status, error.code, error.request_id) == (403, "permission_error", "req_1")

    @pytest.mark.parametrize(
        "answer",
        [
            refused(500),
            refused(408),
            httpx.Response(503, html="<h1>Service Unavailable"),
            httpx.WriteTimeout("slow"),
            httpx.ReadError("reset"),
            httpx.RemoteProtocolError("closed"),
            ok({"type": "kit_version"}),
            httpx.Response(200),
        ],
        ids=lambda answer: str(getattr(answer, "status_code", type(answer).__name__)),
    )
    def test_is_never_uploaded_twice_in_doubt(self, answer: httpx.Response | Exception) -> None:
        script = Script(answer)
        with pytest.raises(OutcomeUnknown, match="POST /v1/kits/kit_1/versions may or may not have happened"):
            script.run(lambda r: r.update(KIT, "kit_1", VERSION))
        assert len(script.requests) == 1

    @pytest.mark.parametrize("answer", [refused(429), refused(529), httpx.ConnectError("down")])
    def test_is_uploaded_again_byte_for_byte_where_it_was_certainly_not(
        self, answer: httpx.Response | Exception
    ) -> None:
        script = Script(answer, answer, MADE, LIVE)
        script.run(lambda r: r.update(KIT, "kit_1", VERSION))
        assert len({request.content for request in script.requests[:3]}) == 1
        assert len({request.headers["content-type"] for request in script.requests[:3]}) == 1
        assert script.waits == [0.5, 1.0]

    @pytest.mark.parametrize(
        ("status", "error"),
        [(400, RegistryError), (403, Unauthorized), (404, NotFound), (409, Conflict), (413, RegistryError)],
    )
    def test_that_is_refused_is_no_version(self, status: int, error: type[RegistryError]) -> None:
        script = Script(refused(status, "some_error", "The name differs."))
        with pytest.raises(error, match="The name differs") as raised:
            script.run(lambda r: r.update(KIT, "kit_1", VERSION))
        assert type(raised.value) is error
        assert len(script.requests) == 1

    @pytest.mark.parametrize(("body", "says"), MISTAKES)
    def test_what_nobody_can_upload_is_a_mistake_of_the_caller(self, body: dict[str, Any], says: str) -> None:
        script = Script(ok())
        with pytest.raises(ValueError, match=re.escape(says)):
            script.run(lambda r: r.update(KIT, "kit_1", body))
        assert script.sent == []

    def test_every_request_of_it_is_told(self) -> None:
        told: list[Any] = []
        Script(MADE, LIVE).run(
            lambda r: r.update(KIT, "kit_1", VERSION), on_request=lambda *event: told.append(event[:3])
        )
        assert told == [("POST", "/v1/kits/kit_1/versions", 200), ("GET", "/v1/kits/kit_1", 200)]


def test_a_server_that_sends_an_upload_back_is_not_quoted() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text=request.content.decode("latin-1"))

    with pytest.raises(RegistryError) as raised:
        Script(echo).run(lambda r: r.create(KIT, BODY))
    assert raised.value.message == "an answer of type text/plain (400 Bad Request)"


def test_the_list_of_a_kind_with_files_is_any_list() -> None:
    async def use(registry: Any) -> list[Any]:
        return [item async for item in registry.list(KIT)]

    script = Script(ok({"data": [{"id": "kit_1", "type": "kit"}], "next_page": None}))
    assert script.run(use) == [{"id": "kit_1", "type": "kit"}]
    assert str(script.requests[0].url) == f"{BASE}/v1/kits?limit=100"
