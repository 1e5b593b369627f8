"""Secrets of a request: sent as they are, marked on the way, and told nowhere."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.ports import OutcomeUnknown, RegistryError
from agentops.domain.secret import SecretText, replace_secrets
from agentops.registry.calls import change
from agentops.registry.concealment import WITHHELD, Concealer, secrets_sent
from agentops.registry.retries import Effect
from tests.registry.toys import KIT, LAMP
from tests.registry.wire import KEY, Script, ok, refused

TOKEN = "ghp_R4nd0mT0ken\u00e9"
PEM = '-----BEGIN KEY-----\nMIIEvQ"IBADAN\\Bgkqhki\n-----END KEY-----\n'

SHOWN: dict[str, Callable[[SecretText], str]] = {
    "repr": repr,
    "str": str,
    "format": format,
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret:>20}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
    "str.format": lambda secret: "{} {0!r} {x:.4}".replace("{}", "{0}").format(secret, x=secret),
    "in a list": lambda secret: str([secret]),
    "in a body": lambda secret: f"{ {'auth': {'token': secret}} }",
    "in a call": lambda secret: repr(change(LAMP, "lamp_1", {"token": secret}, None)),
    "in an error": lambda secret: f"{ValueError(secret)!r}",
    "in a log": lambda secret: logging.LogRecord("x", 1, "x", 1, "%s", (secret,), None).getMessage(),
    "copied": lambda secret: str([copy.copy(secret), copy.deepcopy(secret)]),
}


class TestSecretText:
    @pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
    def test_is_not_shown(self, show: Callable[[SecretText], str]) -> None:
        shown = show(SecretText(TOKEN))
        assert "***" in shown
        assert TOKEN[:4] not in shown

    def test_is_the_text_for_what_computes_with_it(self) -> None:
        secret = SecretText(TOKEN)
        assert secret == TOKEN
        assert hash(secret) == hash(TOKEN)
        assert {TOKEN: 1}[secret] == 1
        assert (len(secret), secret[:3], secret.encode()) == (len(TOKEN), "ghp", TOKEN.encode())
        assert f"Bearer {''.join(secret)}" == "Bearer " + secret == f"Bearer {TOKEN}"

    @pytest.mark.parametrize("text", [TOKEN, PEM, "", "***", "\x00\u2028\U0001f511"])
    @pytest.mark.parametrize("form", [{}, {"ensure_ascii": False}, {"indent": 1}, {"sort_keys": True}])
    def test_is_sent_by_json_as_it_is(self, text: str, form: dict[str, Any]) -> None:
        body = {"auth": [{"token": SecretText(text)}]}
        assert json.dumps(body, **form) == json.dumps({"auth": [{"token": text}]}, **form)

    def test_stays_marked_where_it_is_copied(self) -> None:
        secret = SecretText(TOKEN)
        for same in (copy.copy(secret), copy.deepcopy([secret])[0], pickle.loads(pickle.dumps(secret))):
            assert type(same) is SecretText
            assert same == TOKEN

    def test_takes_the_place_of_a_reference(self) -> None:
        body = {
            "auth": {"token": {"secret": "env:TOKEN"}, "url": "https://x"},
            "list": [{"secret": "file:k"}],
        }
        sent = replace_secrets(body, lambda reference: SecretText(f"{reference}!"))
        assert [*secrets_sent(sent)] == ["env:TOKEN!", "file:k!"]
        assert TOKEN not in repr(sent)


class TestConcealer:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            (f"bad {TOKEN} and {TOKEN}.", "bad *** and ***."),
            (f"bad {TOKEN}{TOKEN}.", "bad ***."),
            (TOKEN, "***"),
            (f"bad {TOKEN[:-3]}…", "bad ***…"),
            (f"bad …{TOKEN[4:]}", "bad …***"),
            (f"bad {TOKEN[:8]}", "bad ***"),
            (f"bad {TOKEN[:7]}", f"bad {TOKEN[:7]}"),
            (f"bad {TOKEN.upper()}", "bad ***"),
            (f"bad {json.dumps(TOKEN)}", 'bad "***"'),
            (f"bad {quote(TOKEN)}", "bad ***"),
            ("no such vault", "no such vault"),
            ("", ""),
        ],
    )
    def test_takes_out_a_secret_and_its_parts(self, text: str, shown: str) -> None:
        assert Concealer([TOKEN])(text) == shown

    @pytest.mark.parametrize(
        "written", [PEM, json.dumps(PEM), PEM.replace("\n", "  "), quote(PEM), quote(PEM, safe=""), repr(PEM)]
    )
    def test_knows_a_secret_of_many_lines(self, written: str) -> None:
        shown = Concealer([PEM])(f"not a key: {written}")
        assert shown.startswith("not a key: ")
        assert not {"BEGIN", "MIIEvQ", "IBADAN", "Bgkqhki", "END"} & {*shown.replace("*", " ").split()}
        assert "***" in shown

    @pytest.mark.parametrize("secret", ["a", "err", "pass", "1234567", "é"])
    def test_shows_nothing_of_a_text_with_a_short_one_in_it(self, secret: str) -> None:
        for text in (f"bad {secret}", f"x{secret}x", secret.upper(), f"{'x' * 900}{secret}"):
            assert Concealer([secret, TOKEN])(text) == WITHHELD
        assert Concealer([secret])("***") == "***"

    @pytest.mark.parametrize("secret", ["", " ", "\n"])
    def test_of_an_empty_secret_there_is_nothing_to_hide(self, secret: str) -> None:
        assert Concealer([secret])("all of this") == "all of this"

    def test_is_not_slowed_down_by_a_text_without_end(self) -> None:
        assert Concealer([TOKEN])(f"{'x ' * 5_000_000}{TOKEN}").startswith("x x")

    def test_shows_a_word_as_a_whole_or_not_at_all(self) -> None:
        conceal = Concealer([TOKEN, "pin"])
        assert conceal.word("req_1") == "req_1"
        for word in (f"req_{TOKEN}", "spinning_error", "", "\n"):
            assert conceal.word(word) is None

    @given(
        st.text('abcXYZ\u00e9"\\ \n\t', min_size=1, max_size=40),
        st.text("0123 .:'[]", max_size=30),
        st.text("0123 .:'[]", max_size=30),
        st.sampled_from([str, json.dumps, lambda text: json.dumps(text, ensure_ascii=False), quote]),
    )
    def test_shows_no_letter_of_a_secret_among_other_characters(
        self, secret: str, before: str, after: str, write: Callable[[str], str]
    ) -> None:
        shown = Concealer([secret])(f"{before}{write(secret)}{after}")
        letters = {*secret} & {*"abcXYZ\u00e9"}
        assert shown == WITHHELD or not letters & {*shown}
        assert len("".join(secret.split())) < 8 or shown != WITHHELD


ECHOES: dict[str, Callable[[int, str, str], httpx.Response]] = {
    "the API's message": lambda status, said, _: refused(status, "some_error", f"{said} is no token."),
    "the end of a long message": lambda status, said, _: refused(status, "e", f"{'x' * 980} {said}"),
    "the API's code": lambda status, said, _: refused(status, said),
    "the API's stable code": lambda status, said, _: refused(status, details={"error_code": said}),
    "a text": lambda status, said, _: httpx.Response(status, text=f"bad {said}"),
    "a long text": lambda status, said, _: httpx.Response(status, text=f"{'x' * 180} {said}"),
    "the whole request": lambda status, _, body: httpx.Response(status, text=body),
    "the whole request in JSON": lambda status, _, body: httpx.Response(status, json={"detail": body}),
    "a detail": lambda status, said, _: httpx.Response(
        status, json={"detail": [{"loc": ["auth", said], "msg": f"{said} is short", "input": said}]}
    ),
    "an ID in the body": lambda status, said, _: httpx.Response(
        status, json={"request_id": said, "error": {"message": "m"}}
    ),
    "an ID in a header": lambda status, said, _: httpx.Response(
        status, headers={"request-id": quote(said)}, json={"error": {"message": "m"}}
    ),
    "a content type": lambda status, said, _: httpx.Response(
        status, headers={"content-type": f"x/{quote(said)}"}, content=b"?"
    ),
    "a reason": lambda status, said, _: httpx.Response(
        status, extensions={"reason_phrase": said.encode("ascii", "replace")}
    ),
}
SECRETS = {
    "R4nd0mT0ken": ["R4nd0mT0ken"],
    TOKEN: ["R4nd0mT0"],
    PEM: ["BEGIN", "MIIEvQ", "IBADAN", "Bgkqhki"],
    "hunter2": ["hunter2"],
    "x7": ["x7"],
    'jv"zx\\wq': ["jv", "zx", "wq"],
}
"""Secret -> what of it no text may have."""


class TestAnswers:
    @pytest.mark.parametrize("secret", SECRETS)
    @pytest.mark.parametrize("status", [200, 400, 401, 404, 409, 422, 500, 503])
    @pytest.mark.parametrize("echo", ECHOES)
    def test_a_server_that_repeats_a_secret_gives_nothing_away(
        self, echo: str, status: int, secret: str
    ) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            assert json.loads(request.content)["auth"]["token"] == secret, "it is sent as it is"
            return ECHOES[echo](status, secret, request.content.decode())

        told: list[Any] = []
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(
                lambda r: r.create(LAMP, {"auth": {"token": SecretText(secret), "type": "basic"}}),
                on_request=lambda *event: told.append(event),
            )
        error = raised.value
        shown = f"{error!r} {error} {vars(error)} {told}"
        for part in SECRETS[secret]:
            assert part.lower() not in shown.lower()
        assert error.message
        assert error.__context__ is None or secret not in repr(vars(error.__context__))

    @pytest.mark.parametrize("secret", ["R4nd0mT0ken", "hunter2", "x7"])
    def test_a_redirect_to_a_secret_gives_nothing_away(self, secret: str) -> None:
        answer = httpx.Response(302, headers={"location": f"https://{secret}.example/"})
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(lambda r: r.create(LAMP, {"token": SecretText(secret)}))
        assert secret.lower() not in str(raised.value).lower()

    @pytest.mark.parametrize("secret", [TOKEN, PEM, "hunter2"])
    @pytest.mark.parametrize(
        "failure", [httpx.ReadError("reset"), httpx.ConnectError("down"), httpx.ReadTimeout("slow")]
    )
    def test_no_answer_tells_nothing_either(self, failure: Exception, secret: str) -> None:
        with pytest.raises(RegistryError) as raised:
            Script(failure).run(lambda r: r.create(LAMP, {"token": SecretText(secret)}))
        lines = "".join(traceback.format_exception(raised.value))
        assert not [part for part in SECRETS[secret] if part in lines]

    def test_the_api_is_still_quoted_around_it(self) -> None:
        answer = refused(400, "invalid_request_error", f"auth.token: {TOKEN!r} has no prefix `tok_`.")
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(lambda r: r.create(LAMP, {"token": SecretText(TOKEN)}))
        assert raised.value.message == "auth.token: '***' has no prefix `tok_`."
        assert (raised.value.code, raised.value.request_id) == ("invalid_request_error", "req_1")

    def test_a_short_one_costs_the_message_and_nothing_else(self) -> None:
        answer = refused(400, "invalid_request_error", "auth.token: 'hunter2' is too short.")
        with pytest.raises(RegistryError) as raised:
            Script(answer).run(lambda r: r.create(LAMP, {"token": SecretText("hunter2")}))
        error = raised.value
        assert error.message == WITHHELD
        assert (error.status, error.code, error.request_id) == (400, "invalid_request_error", "req_1")

    def test_what_is_no_secret_is_quoted_by_the_api(self) -> None:
        answer = refused(400, "invalid_request_error", "name: 'the-desk-lamp' is taken.")
        with pytest.raises(RegistryError, match="'the-desk-lamp' is taken"):
            Script(answer).run(
                lambda r: r.create(LAMP, {"name": "the-desk-lamp", "token": SecretText(TOKEN)})
            )

    def test_a_message_without_it_is_left_as_it_is(self) -> None:
        answer = refused(400, "invalid_request_error", "Vaults may hold 20 credentials.")
        with pytest.raises(RegistryError, match=r"^Vaults may hold 20 credentials\. \(HTTP"):
            Script(answer).run(lambda r: r.create(LAMP, {"token": SecretText(TOKEN)}))

    def test_a_lost_answer_hides_it_too(self) -> None:
        answer = refused(500, "api_error", f"cannot store {TOKEN}")
        with pytest.raises(OutcomeUnknown, match=r"may or may not have happened: cannot store \*\*\* \(HTTP"):
            Script(answer).run(lambda r: r.create(LAMP, {"token": SecretText(TOKEN)}))

    def test_an_update_hides_it_too(self) -> None:
        answer = refused(400, "invalid_request_error", f"bad {TOKEN}")
        with pytest.raises(RegistryError, match=r"^bad \*\*\* \(HTTP"):
            Script(answer).run(lambda r: r.update(LAMP, "lamp_1", {"token": SecretText(TOKEN)}))

    def test_a_retry_sends_it_again_as_it_is(self) -> None:
        script = Script(refused(429, "rate_limit_error"), ok())
        script.run(lambda r: r.create(LAMP, {"token": SecretText(PEM)}))
        assert [json.loads(request.content) for request in script.requests] == [{"token": PEM}] * 2

    def test_the_key_is_hidden_in_a_download_too(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            return refused(403, "permission_error", f"no rights: {request.headers['authorization']}")

        with pytest.raises(RegistryError, match=r"^no rights: Bearer \*\*\* \(HTTP"):
            Script(answer).run(lambda r: r.content(KIT, "kit_1", "ver_1"))

    def test_a_key_that_is_cut_off_is_hidden_too(self) -> None:
        with pytest.raises(RegistryError, match=r"^Incorrect API key: \*\*\*\.\.\. \(HTTP"):
            Script(refused(401, "authentication_error", f"Incorrect API key: {KEY[:15]}...")).run(
                lambda r: r.get(LAMP, "lamp_1")
            )

    def test_a_marked_body_is_bound_and_sent_like_any_other(self) -> None:
        call = change(LAMP, "lamp_1", {"token": SecretText(TOKEN)}, None)
        assert call.effect is Effect.CONVERGENT
        assert call.body == {"token": TOKEN}
