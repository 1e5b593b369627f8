"""What goes over the wire, what comes back, and what an error says."""

from __future__ import annotations

import json
import socket
import ssl
from contextlib import suppress
from typing import Any, ClassVar

import anyio
import httpx
import pytest

from agentops import __version__
from agentops.domain.ports import Conflict, NotFound, OutcomeUnknown, Registry, RegistryError, Unauthorized
from agentops.domain.state import Identity
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from agentops.registry.failures import sentence
from tests.registry.toys import KIT
from tests.registry.wire import BASE, KEY, Script, listed, ok, refused

AGENT, ENVIRONMENT = CATALOG["agent"], CATALOG["environment"]
STORE, MEMORY = CATALOG["memory_store"], CATALOG["memory"]


def test_it_is_the_port() -> None:
    async def use(registry: HttpRegistry) -> None:
        port: Registry = registry
        assert port.identity is None

    Script(ok()).run(use)


class TestRequests:
    @pytest.mark.parametrize(
        ("use", "sent"),
        [
            (lambda r: r.get(AGENT, "agent_1"), "GET /v1/agents/agent_1"),
            (
                lambda r: r.get(MEMORY, "mem_1", parent="memstore_1"),
                "GET /v1/memory_stores/memstore_1/memories/mem_1?view=full",
            ),
            (lambda r: r.create(AGENT, {}), "POST /v1/agents"),
            (
                lambda r: r.create(MEMORY, {}, parent="memstore_1"),
                "POST /v1/memory_stores/memstore_1/memories",
            ),
            (lambda r: r.update(ENVIRONMENT, "env_1", {}), "POST /v1/environments/env_1"),
            (lambda r: r.remove(AGENT, "agent_1"), "POST /v1/agents/agent_1/archive"),
            (
                lambda r: r.remove(MEMORY, "mem_1", parent="memstore_1"),
                "DELETE /v1/memory_stores/memstore_1/memories/mem_1",
            ),
            (lambda r: r.get(AGENT, "../x?y=1#z%2e é"), "GET /v1/agents/..%2Fx%3Fy%3D1%23z%252e%20%C3%A9"),
            (lambda r: r.create(MEMORY, {}, parent="a/b"), "POST /v1/memory_stores/a%2Fb/memories"),
        ],
    )
    def test_paths(self, use: Any, sent: str) -> None:
        script = Script(ok())
        script.run(use)
        assert script.sent == [sent]

    @pytest.mark.parametrize("id", ["", ".", "..", "a\nb", "\x00"])
    def test_what_cannot_be_an_id_is_not_sent(self, id: str) -> None:
        script = Script(ok())
        with pytest.raises(RegistryError, match="cannot be an ID"):
            script.run(lambda r: r.get(AGENT, id))
        assert script.sent == []

    def test_a_base_url_may_have_a_path(self) -> None:
        script = Script(ok())
        base = script.run(_base_url, "http://127.0.0.1:8080/prefix/")
        assert base == "http://127.0.0.1:8080/prefix"
        script.run(lambda r: r.get(AGENT, "a"), "http://127.0.0.1:8080/prefix/")
        assert script.sent == ["GET /prefix/v1/agents/a"]

    def test_headers(self) -> None:
        script = Script(ok())
        script.run(lambda r: r.create(AGENT, {"name": "Zoë"}))
        headers = script.requests[0].headers
        assert headers["authorization"] == f"Bearer {KEY}"
        assert headers["anthropic-version"] == "2026-10-21"
        assert headers["anthropic-beta"] == "managed-agents-2026-04-01"
        assert headers["user-agent"] == f"agentops/{__version__}"
        assert headers["accept"] == headers["content-type"] == "application/json"
        assert "anthropic-workspace-id" not in headers
        assert "x-api-key" not in headers
        assert json.loads(script.requests[0].content) == {"name": "Zoë"}

    @pytest.mark.parametrize(
        ("kind", "beta"),
        [
            (AGENT, "managed-agents-2026-04-01"),
            (ENVIRONMENT, "managed-agents-2026-04-01"),
            (STORE, "agent-memory-2026-07-22"),
            (MEMORY, "agent-memory-2026-07-22"),
        ],
        ids=lambda value: getattr(value, "name", ""),
    )
    def test_each_family_has_its_one_beta_value(self, kind: Any, beta: str) -> None:
        script = Script(ok())
        script.run(lambda r: r.get(kind, "x", parent="p"))
        assert script.requests[0].headers.get_list("anthropic-beta") == [beta]

    def test_a_workspace_that_was_asked_for(self) -> None:
        script = Script(ok())
        script.run(lambda r: r.get(AGENT, "a"), workspace_id="wrkspc_1")
        assert script.requests[0].headers["anthropic-workspace-id"] == "wrkspc_1"

    @pytest.mark.parametrize("workspace", ["", "wrk\nspc", "wrkspc_ä"])
    def test_a_workspace_that_no_header_can_carry(self, workspace: str) -> None:
        with pytest.raises(RegistryError, match="cannot be a workspace ID"):
            Script(ok()).run(lambda r: r.get(AGENT, "a"), workspace_id=workspace)

    @pytest.mark.parametrize("kind", [AGENT, MEMORY], ids=["archive", "delete"])
    def test_a_removal_has_an_empty_body_declared_as_json(self, kind: Any) -> None:
        script = Script(ok())
        script.run(lambda r: r.remove(kind, "x", parent="p"))
        assert script.requests[0].content == b""
        assert script.requests[0].headers["content-type"] == "application/json"

    def test_a_read_declares_no_body(self) -> None:
        script = Script(ok())
        script.run(lambda r: r.get(AGENT, "a"))
        assert "content-type" not in script.requests[0].headers

    @pytest.mark.parametrize("value", [float("nan"), object(), "\ud800"])
    def test_a_body_that_is_no_json_is_not_sent(self, value: object) -> None:
        script = Script(ok())
        with pytest.raises(RegistryError, match="cannot be written as JSON") as raised:
            script.run(lambda r: r.create(AGENT, {"name": value}))
        assert script.sent == []
        assert raised.value.__context__ is None, "an encoding error holds the whole body"

    def test_every_request_is_told(self) -> None:
        told: list[Any] = []
        script = Script(httpx.ConnectError("x"), refused(503, headers={"request-id": "req_a"}), ok())
        script.run(lambda r: r.get(MEMORY, "m", parent="s"), on_request=lambda *event: told.append(event))
        assert [(method, path, status, id) for method, path, status, _, id in told] == [
            ("GET", "/v1/memory_stores/s/memories/m", None, None),
            ("GET", "/v1/memory_stores/s/memories/m", 503, "req_a"),
            ("GET", "/v1/memory_stores/s/memories/m", 200, None),
        ]
        assert all(0 <= ms < 5000 for *_, ms, _ in told)


async def _base_url(registry: HttpRegistry) -> str:
    return registry.base_url


class TestIdentity:
    HEADERS: ClassVar = {"anthropic-organization-id": "org", "anthropic-workspace-id": "wrkspc_1"}

    def test_is_what_the_last_answer_told(self) -> None:
        async def use(registry: HttpRegistry) -> Identity | None:
            await registry.get(AGENT, "a")
            return registry.identity

        assert Script(ok(**self.HEADERS)).run(use) == Identity("org", "wrkspc_1")
        assert Script(ok()).run(use) == Identity(None, None), "it answered, and did not say"
        assert Script(ok(**{"anthropic-organization-id": "org"})).run(use) == Identity("org", None)

    def test_a_refusal_tells_it_too_and_a_proxys_answer_does_not_take_it_away(self) -> None:
        async def use(registry: HttpRegistry) -> Identity | None:
            for _ in range(2):
                with pytest.raises(RegistryError):
                    await registry.get(AGENT, "a")
            return registry.identity

        script = Script(refused(404, "not_found_error", headers=self.HEADERS), httpx.Response(400))
        assert script.run(use) == Identity("org", "wrkspc_1")


class TestLists:
    def test_pages_until_there_is_no_next(self) -> None:
        script = Script(
            ok({"data": [{"id": "a"}], "next_page": "page_1=&x"}),
            ok({"data": [], "next_page": "page_2"}),
            ok({"data": [{"id": "b"}], "next_page": None}),
        )
        assert script.run(lambda r: listed(r, AGENT)) == [{"id": "a"}, {"id": "b"}]
        assert script.sent == [
            "GET /v1/agents?limit=100",
            "GET /v1/agents?limit=100&page=page_1%3D%26x",
            "GET /v1/agents?limit=100&page=page_2",
        ]

    def test_of_a_parent_with_the_kinds_own_query(self) -> None:
        script = Script(ok({"data": []}))
        script.run(lambda r: listed(r, MEMORY, parent="memstore_1"))
        assert script.sent == ["GET /v1/memory_stores/memstore_1/memories?view=basic&limit=100"]

    @pytest.mark.parametrize("end", [{}, {"next_page": None}, {"next_page": ""}, {"has_more": False}])
    def test_every_way_to_end(self, end: dict[str, Any]) -> None:
        assert Script(ok({"data": [{"id": "a"}], **end})).run(lambda r: listed(r, AGENT)) == [{"id": "a"}]

    @pytest.mark.parametrize("cursors", [["p1"], ["p1", "p2"]])
    def test_pages_that_lead_in_a_circle_end(self, cursors: list[str]) -> None:
        pages = [ok({"data": [{"id": cursor}], "next_page": cursor}) for cursor in cursors]
        script = Script(*pages, *pages, *pages)
        with pytest.raises(RegistryError, match="without end"):
            script.run(lambda r: listed(r, AGENT))
        assert len(script.requests) == len(cursors) + 1

    def test_empty_pages_may_go_on_for_long_and_not_for_ever(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agentops.registry.http.MOST_PAGES_OF_NOTHING", 20)
        empty = [ok({"data": [], "next_page": f"p{number}"}) for number in range(40)]
        found = Script(
            *empty[:19], ok({"data": [{"id": "a"}], "next_page": "q"}), *empty[20:30], ok({"data": []})
        )
        assert found.run(lambda r: listed(r, AGENT)) == [{"id": "a"}]
        script = Script(*empty)
        with pytest.raises(RegistryError, match="lists agents without end: its pages lead nowhere new"):
            script.run(lambda r: listed(r, AGENT))
        assert len(script.requests) == 20

    def test_archived_objects_are_left_out(self) -> None:
        page = {
            "data": [{"id": "a", "archived_at": "2026-11-22T20:00:00Z"}, {"id": "b", "archived_at": None}]
        }
        found = Script(ok(page)).run(lambda r: listed(r, AGENT))
        assert [item["id"] for item in found] == ["b"]

    def test_an_object_on_two_pages_is_one_object(self) -> None:
        pages = (
            ok({"data": [{"id": "a"}, {"id": "b"}], "next_page": "p"}),
            ok({"data": [{"id": "b"}, {"id": "c"}]}),
        )
        found = Script(*pages).run(lambda r: listed(r, AGENT))
        assert [item["id"] for item in found] == ["a", "b", "c"]

    def test_prefixes_among_memories_are_no_objects(self) -> None:
        page = {"data": [{"type": "memory_prefix", "path": "/a/"}, {"type": "memory", "id": "mem_1"}]}
        found = Script(ok(page)).run(lambda r: listed(r, MEMORY, parent="s"))
        assert [item["id"] for item in found] == ["mem_1"]

    @pytest.mark.parametrize(
        "page",
        [
            {},
            {"data": None},
            {"data": {}},
            {"data": ["a"]},
            {"data": [{"name": "no id"}]},
            {"data": [{"id": 5}]},
            {"data": [{"id": None, "type": "agent"}]},
            {"data": [], "next_page": 5},
            [],
        ],
    )
    def test_what_is_no_list_is_not_taken_for_an_empty_one(self, page: Any) -> None:
        with pytest.raises(RegistryError, match=f"{BASE} does not look like the Managed Agents API"):
            Script(ok(page)).run(lambda r: listed(r, AGENT))

    def test_a_parent_that_is_gone(self) -> None:
        with pytest.raises(NotFound):
            Script(refused(404, "not_found_error")).run(lambda r: listed(r, MEMORY, parent="s"))


class TestRemovals:
    @pytest.mark.parametrize("kind", [AGENT, MEMORY], ids=["archive", "delete"])
    def test_what_is_gone_already_is_no_error(self, kind: Any) -> None:
        Script(refused(404, "not_found_error")).run(lambda r: r.remove(kind, "x", parent="p"))

    @pytest.mark.parametrize("kind", [AGENT, MEMORY], ids=["archive", "delete"])
    def test_a_404_from_something_else_is_an_error(self, kind: Any) -> None:
        with pytest.raises(RegistryError, match="does not look like"):
            Script(httpx.Response(404, html="<h1>Not Found")).run(lambda r: r.remove(kind, "x", parent="p"))

    @pytest.mark.parametrize(
        "answer", [httpx.Response(204), httpx.Response(200), ok({"type": "memory_deleted"})]
    )
    def test_the_answer_may_be_empty(self, answer: httpx.Response) -> None:
        Script(answer).run(lambda r: r.remove(MEMORY, "x", parent="p"))

    def test_a_web_page_is_no_confirmation(self) -> None:
        with pytest.raises(RegistryError, match="a web page"):
            Script(httpx.Response(200, html="<p>Log in")).run(lambda r: r.remove(MEMORY, "x", parent="p"))

    @pytest.mark.parametrize("status", [400, 409])
    def test_archiving_what_is_archived_is_no_error_even_if_refused(self, status: int) -> None:
        refusals = [refused(status)] * (3 if status == 409 else 1)
        script = Script(*refusals, ok({"id": "a", "archived_at": "2026-11-22T20:00:00Z"}))
        script.run(lambda r: r.remove(AGENT, "a"))
        assert script.sent[-1] == "GET /v1/agents/a"

    def test_an_archive_that_is_refused_for_another_reason_is_an_error(self) -> None:
        script = Script(
            refused(400, "invalid_request_error", "It is in use."), ok({"id": "a", "archived_at": None})
        )
        with pytest.raises(RegistryError, match="It is in use"):
            script.run(lambda r: r.remove(AGENT, "a"))


class TestErrors:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, RegistryError),
            (401, Unauthorized),
            (402, RegistryError),
            (403, Unauthorized),
            (404, NotFound),
            (409, Conflict),
            (413, RegistryError),
            (422, RegistryError),
        ],
    )
    def test_what_the_api_says_is_what_the_user_reads(self, status: int, error: type[RegistryError]) -> None:
        with pytest.raises(RegistryError) as raised:
            Script(refused(status, "some_error", "Names may have 256 characters.")).run(
                lambda r: r.create(AGENT, {})
            )
        assert type(raised.value) is error
        assert raised.value.message == "Names may have 256 characters."
        assert (raised.value.status, raised.value.code, raised.value.request_id) == (
            status,
            "some_error",
            "req_1",
        )

    def test_the_stable_code_is_preferred(self) -> None:
        answer = refused(400, "invalid_request_error", details={"error_code": "environment_archived"})
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(lambda r: r.create(ENVIRONMENT, {}))
        assert raised.value.code == "environment_archived"

    @pytest.mark.parametrize(
        ("answer", "says"),
        [
            (httpx.Response(400, text="upstream\n  request\ttimeout"), "upstream request timeout"),
            (httpx.Response(400, json={"detail": "Not a tutor"}), "Not a tutor"),
            (httpx.Response(400, json={"message": "no Route matched"}), "no Route matched"),
            (httpx.Response(400, json={"error": "bad things"}), "bad things"),
            (
                httpx.Response(
                    422,
                    json={"detail": [{"loc": ["body", "name"], "msg": "Field required", "input": "s3cret"}]},
                ),
                "body.name: Field required",
            ),
            (httpx.Response(422, json={"detail": [{"msg": "odd"}, "x", {"loc": "x"}]}), "odd; invalid"),
            (httpx.Response(400, html="<html><b>Bad</b></html>"), "a web page (400 Bad Request)"),
            (httpx.Response(400), "an empty answer (400 Bad Request)"),
            (
                httpx.Response(400, content=b"\x89PNG\x00", headers={"content-type": "image/png"}),
                "type image/png",
            ),
            (httpx.Response(400, json={"error": {"message": 5}}), "an answer of type application/json"),
            (httpx.Response(400, json={"error": {"message": ""}}), "an answer of type application/json"),
            (httpx.Response(400, json=["x"]), '["x"]'),
            (httpx.Response(400, content=b"[" * 100_000), "[[["),
            (httpx.Response(400, text="\x1b[31mred\x07 alert"), "[31mred alert"),
            (httpx.Response(400, text="x" * 5000), "x" * 199 + "…"),
            (
                httpx.Response(308, headers={"location": "https://elsewhere.example/v1/agents?token=s3cret"}),
                "redirects to elsewhere.example; write where the API is as base_url",
            ),
            (httpx.Response(302, headers={"location": "/login"}), "redirects to another path"),
            (httpx.Response(302), "an empty answer (302 Found)"),
            (httpx.Response(599), "an empty answer (599)"),
        ],
    )
    def test_other_servers_are_understood_as_far_as_possible(self, answer: httpx.Response, says: str) -> None:
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(lambda r: r.get(AGENT, "a"))
        assert says in raised.value.message
        assert "s3cret" not in str(raised.value)
        assert "\x1b" not in str(raised.value)

    def test_an_error_in_another_encoding_is_read_as_what_it_is(self) -> None:
        answer = httpx.Response(
            400,
            content='{"detail": "größer"}'.encode("latin-1"),
            headers={"content-type": "application/json; charset=latin-1"},
        )
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(lambda r: r.get(AGENT, "a"))
        assert raised.value.message == "größer"

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(404),
            httpx.Response(404, html="<h1>nginx"),
            httpx.Response(404, json={"detail": "Not Found"}),
        ],
    )
    def test_only_the_api_can_say_that_an_object_is_gone(self, answer: httpx.Response) -> None:
        with pytest.raises(RegistryError, match="does not look like the Managed Agents API") as raised:
            Script(answer).run(lambda r: r.get(AGENT, "a"))
        assert not isinstance(raised.value, NotFound)

    @pytest.mark.parametrize(
        "answer",
        [
            httpx.Response(200, html="<p>Log in"),
            httpx.Response(200),
            httpx.Response(200, text="OK"),
            ok(["x"]),
        ],
    )
    def test_a_success_that_is_no_object_names_the_base_url(self, answer: httpx.Response) -> None:
        with pytest.raises(RegistryError, match=f"{BASE} does not look like the Managed Agents API"):
            Script(answer).run(lambda r: r.get(AGENT, "a"))

    def test_an_answer_that_is_larger_than_any_of_the_api(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agentops.registry.answers.LARGEST_ANSWER", 1024 * 1024)
        answer = httpx.Response(200, content=b"[" * 2_000_000, headers={"request-id": "req_1"})
        with pytest.raises(RegistryError, match="an answer of more than 1 MB") as raised:
            Script(answer).run(lambda r: r.get(AGENT, "a"))
        assert raised.value.request_id == "req_1"


class TestSecrets:
    SECRET = "the-token-of-a-vault"

    @pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
    @pytest.mark.parametrize("shape", ["api", "text", "long text", "detail", "request id", "code"])
    def test_a_server_that_sends_everything_back_gives_nothing_away(self, status: int, shape: str) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            key = request.headers["authorization"]
            echo = f"{key} {request.content.decode()}"
            match shape:
                case "api":
                    return refused(status, "some_error", f"Bad key: {'x' * 970} {key}")
                case "text":
                    return httpx.Response(status, text=echo)
                case "long text":
                    return httpx.Response(status, text=f"{'x' * 170} {key}")
                case "detail":
                    return httpx.Response(status, json={"detail": echo})
                case "code":
                    return refused(status, key)
                case _:
                    return httpx.Response(status, json={"request_id": key, "error": {"message": "m"}})

        told: list[Any] = []
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(
                lambda r: r.create(AGENT, {"auth": [{"token": self.SECRET}]}),
                on_request=lambda *event: told.append(event),
            )
        shown = f"{raised.value!r} {raised.value} {vars(raised.value)} {told}"
        assert KEY not in shown
        assert "sk-ant" not in shown
        assert self.SECRET not in shown

    def test_errors_carry_no_request_along(self) -> None:
        with pytest.raises(OutcomeUnknown) as raised:
            Script(httpx.ReadTimeout("x")).run(lambda r: r.create(AGENT, {}))
        assert raised.value.__cause__ is None
        assert raised.value.__context__ is None


class TestBaseUrl:
    @pytest.mark.parametrize(
        ("base_url", "says"),
        [
            ("", "is no URL"),
            ("registry.example", "is no URL"),
            ("ftp://registry.example", "is no URL"),
            ("https://", "is no URL"),
            ("https://user:s3cret@ä:x", "is no URL"),
            ("https://user:s3cret@registry.example", "remove it"),
            ("https://registry.example?token=s3cret", "remove it"),
            ("https://registry.example#s3cret", "remove it"),
        ],
    )
    def test_what_cannot_be_one_is_refused_without_repeating_it(self, base_url: str, says: str) -> None:
        with pytest.raises(RegistryError, match=says) as raised:
            Script(ok()).run(lambda r: r.get(AGENT, "a"), base_url)
        assert "s3cret" not in str(raised.value)


class TestConnections:
    def ask(self, base_url: str, **options: Any) -> RegistryError:
        async def no_sleep(_seconds: float) -> None: ...

        async def main() -> None:
            async with HttpRegistry.open(base_url, ApiKey(KEY), sleep=no_sleep, **options) as registry:
                await registry.get(AGENT, "a")

        with pytest.raises(RegistryError) as raised:
            anyio.run(main)
        return raised.value

    def test_nothing_listens(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        error = self.ask(f"http://127.0.0.1:{port}")
        assert error.message.startswith(
            f"nothing listens at 127.0.0.1:{port}: check the registry's base_url and that it is running "
            "(for GET /v1/agents/a) (sent 3 times, waited 1."
        )
        assert error.status is None

    def test_a_name_that_does_not_resolve(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _without_proxy(monkeypatch)
        assert "registry.invalid does not resolve" in self.ask("https://registry.invalid").message

    def test_a_server_without_tls(self) -> None:
        async def main() -> str:
            async def hang_up(stream: anyio.abc.SocketStream) -> None:
                async with stream:
                    await stream.receive()
                    await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

            async with (
                await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(listener.serve, hang_up)
                port = listener.extra(anyio.abc.SocketAttribute.local_port)
                async with HttpRegistry.open(
                    f"https://127.0.0.1:{port}", ApiKey(KEY), sleep=_at_once
                ) as registry:
                    with pytest.raises(RegistryError) as raised:
                        await registry.get(AGENT, "a")
                tasks.cancel_scope.cancel()
            return raised.value.message

        assert "does not speak TLS as expected" in anyio.run(main)

    def test_a_server_that_never_answers(self) -> None:
        async def main() -> str:
            async def stay_silent(stream: anyio.abc.SocketStream) -> None:
                async with stream:
                    await anyio.sleep_forever()

            async with (
                await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(listener.serve, stay_silent)
                url = f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
                async with HttpRegistry.open(url, ApiKey(KEY), answer_timeout=0.2) as registry:
                    with pytest.raises(OutcomeUnknown) as raised:
                        await registry.create(AGENT, {})
                tasks.cancel_scope.cancel()
            return raised.value.message

        assert "did not answer in time: POST /v1/agents" in anyio.run(main)

    def test_a_download_without_end_is_hung_up_on(self) -> None:
        async def main() -> tuple[str, bool]:
            hung_up = anyio.Event()

            async def send_for_ever(stream: anyio.abc.SocketStream) -> None:
                async with stream:
                    await stream.receive()
                    await stream.send(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\nPK")
                    with suppress(anyio.BrokenResourceError):
                        while True:
                            await stream.send(bytes(1_000_000))
                    hung_up.set()

            async with (
                await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(listener.serve, send_for_ever)
                url = f"http://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
                async with HttpRegistry.open(url, ApiKey(KEY)) as registry:
                    with pytest.raises(RegistryError) as raised:
                        await registry.content(KIT, "kit_1", "ver_1")
                    with anyio.move_on_after(10):
                        await hung_up.wait()
                tasks.cancel_scope.cancel()
            return raised.value.message, hung_up.is_set()

        message, hung_up = anyio.run(main)
        assert "it is larger than 64 MB" in message
        assert hung_up

    def test_the_proxy_of_the_environment_is_not_asked_for_this_machine(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _without_proxy(monkeypatch)
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
        monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:3128")
        assert "nothing listens at 127.0.0.1:9" in self.ask("http://127.0.0.1:9").message
        assert "nothing listens" not in self.ask("http://registry.invalid").message

    def test_a_proxy_setting_that_cannot_be_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _without_proxy(monkeypatch)
        monkeypatch.setenv("HTTPS_PROXY", "gopher://user:s3cret@proxy.invalid")
        error = self.ask("https://registry.invalid")
        assert "check HTTPS_PROXY" in error.message
        assert "s3cret" not in str(error)


@pytest.mark.parametrize(
    ("failure", "cause", "says"),
    [
        (
            httpx.ConnectError,
            ssl.SSLCertVerificationError("self-signed"),
            "let SSL_CERT_FILE name its authority",
        ),
        (httpx.ConnectError, ssl.SSLError("wrong version"), "http or https"),
        (httpx.ConnectError, socket.gaierror(-2, "unknown"), "registry.example:8080 does not resolve"),
        (httpx.ConnectError, ExceptionGroup("", [OSError(), ConnectionRefusedError()]), "nothing listens"),
        (httpx.ConnectError, None, "registry.example:8080 cannot be reached"),
        (httpx.ConnectTimeout, None, "does not accept connections"),
        (httpx.ProxyError, None, "check HTTPS_PROXY"),
        (httpx.PoolTimeout, None, "stayed busy"),
        (httpx.LocalProtocolError, None, "cannot be asked"),
        (httpx.ReadTimeout, None, "did not answer in time"),
        (httpx.DecodingError, None, "cannot be decoded"),
        (httpx.ReadError, ConnectionResetError(), "closed the connection without an answer"),
    ],
)
def test_every_failure_says_what_to_check(
    failure: type[httpx.RequestError], cause: Exception | None, says: str
) -> None:
    problem = failure("secret detail")
    problem.__cause__ = cause
    found = sentence(problem, "GET /v1/agents", httpx.URL("https://registry.example:8080/x"))
    assert says in found
    assert "GET /v1/agents" in found
    assert "secret" not in found


async def _at_once(_seconds: float) -> None: ...


def _without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
