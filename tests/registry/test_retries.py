"""What is sent again, what never is, and how long is waited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from agentops.domain.ports import Conflict, Exhausted, NotFound, OutcomeUnknown, RegistryError, Unauthorized
from agentops.kinds import CATALOG
from agentops.registry import HttpRegistry
from agentops.registry.retries import LONGEST_WAIT, MAX_RETRIES, delay, server_delay
from tests.registry.toys import KIT, LAMP
from tests.registry.wire import Script, listed, ok, refused

AGENT, ENVIRONMENT, MEMORY = CATALOG["agent"], CATALOG["environment"], CATALOG["memory"]
HASHED = {"content": "x", "precondition": {"type": "content_sha256", "content_sha256": "ab"}}
BUNDLE = {"label": "A kit", "name": "kit", "files": {"README.md": b"# kit\n", "a/b.bin": b"\x00\r\n--"}}

Use = Callable[[HttpRegistry], Awaitable[Any]]

CALLS: dict[str, Use] = {
    "list": lambda r: listed(r, AGENT),
    "get": lambda r: r.get(AGENT, "agent_1"),
    "archive": lambda r: r.remove(AGENT, "agent_1"),
    "delete": lambda r: r.remove(MEMORY, "mem_1", parent="memstore_1"),
    "switch": lambda r: r.update(LAMP, "lamp_1", {"lit": True}),
    "unbound update": lambda r: r.update(ENVIRONMENT, "env_1", {"name": "x"}),
    "hash-bound update": lambda r: r.update(MEMORY, "mem_1", HASHED, parent="memstore_1"),
    "versioned update": lambda r: r.update(AGENT, "agent_1", {"name": "x", "version": 3}),
    "create": lambda r: r.create(AGENT, {"name": "x"}),
    "upload": lambda r: r.create(KIT, BUNDLE),
}
IDEMPOTENT = ("list", "get", "archive", "delete", "switch")
CONVERGENT = ("unbound update", "hash-bound update")
ONCE = ("versioned update", "create", "upload")
ALL = (*IDEMPOTENT, *CONVERGENT, *ONCE)

UNSENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("busy"),
    httpx.ProxyError("no"),
]
LOST = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.RemoteProtocolError("closed"),
    httpx.DecodingError("gzip"),
]

REFUSED_BEFORE_ANYTHING = [
    refused(429, "rate_limit_error"),
    httpx.Response(429, text="slow down"),
    refused(503, "api_error"),
    refused(529, "overloaded_error"),
]
IN_DOUBT = [
    refused(500),
    refused(501),
    refused(502),
    refused(504, "timeout_error"),
    refused(408, "timeout_error"),
    httpx.Response(503, html="<h1>Service Unavailable</h1>"),
    httpx.Response(529),
    refused(500, headers={"x-should-retry": "true"}),
    refused(500, headers={"x-should-retry": "false"}),
]


def name_of(answer: httpx.Response | Exception) -> str:
    return str(answer.status_code) if isinstance(answer, httpx.Response) else type(answer).__name__


def answer_to(call: str) -> httpx.Response:
    return ok({"data": []}) if call == "list" else ok()


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize("answer", [*REFUSED_BEFORE_ANYTHING, *UNSENT], ids=name_of)
def test_what_was_certainly_not_done_is_sent_again(call: str, answer: httpx.Response | Exception) -> None:
    script = Script(answer, answer, answer_to(call))
    script.run(CALLS[call])
    assert len(script.requests) == 3
    assert len({request.content for request in script.requests}) == 1
    assert script.waits == [0.5, 1.0]


@pytest.mark.parametrize("call", [*IDEMPOTENT, *CONVERGENT])
@pytest.mark.parametrize("answer", [*IN_DOUBT[:5], *LOST], ids=name_of)
def test_what_can_be_done_twice_is_sent_again_in_doubt(call: str, answer: httpx.Response | Exception) -> None:
    script = Script(answer, answer_to(call))
    script.run(CALLS[call])
    assert len(script.requests) == 2


@pytest.mark.parametrize("call", ONCE)
@pytest.mark.parametrize("answer", [*IN_DOUBT, *LOST], ids=name_of)
def test_what_must_not_be_done_twice_is_never_sent_again_in_doubt(
    call: str, answer: httpx.Response | Exception
) -> None:
    script = Script(answer)
    with pytest.raises(OutcomeUnknown) as unknown:
        script.run(CALLS[call])
    assert len(script.requests) == 1
    assert "may or may not have happened" in unknown.value.message
    assert unknown.value.message.startswith(f"{script.sent[0]} ")
    assert script.sent[0].startswith("POST /v1/")


@pytest.mark.parametrize("call", ONCE)
def test_a_create_that_was_not_sent_and_then_was_is_in_doubt(call: str) -> None:
    script = Script(httpx.ConnectError("refused"), httpx.ReadError("reset"), ok())
    with pytest.raises(OutcomeUnknown):
        script.run(CALLS[call])
    assert len(script.requests) == 2


@pytest.mark.parametrize("call", ONCE)
@pytest.mark.parametrize(
    "answer",
    [httpx.Response(200, html="<p>hi"), httpx.Response(200), ok([]), ok({"name": "no id"}), ok({"id": 5})],
    ids=["a web page", "nothing", "a list", "no id", "wrong id"],
)
def test_an_unreadable_answer_to_a_create_is_a_lost_one(call: str, answer: httpx.Response) -> None:
    script = Script(answer)
    with pytest.raises(OutcomeUnknown, match="does not look like the Managed Agents API"):
        script.run(CALLS[call])
    assert len(script.requests) == 1


@pytest.mark.parametrize("call", [*CONVERGENT, *ONCE])
def test_a_conflict_on_a_write_is_final(call: str) -> None:
    script = Script(refused(409, "conflict_error"))
    with pytest.raises(Conflict):
        script.run(CALLS[call])
    assert len(script.requests) == 1


@pytest.mark.parametrize("call", [*CONVERGENT, *ONCE])
def test_a_conflict_on_a_write_is_final_even_if_the_server_wants_otherwise(call: str) -> None:
    script = Script(refused(409, "conflict_error", headers={"x-should-retry": "true"}))
    with pytest.raises(Conflict):
        script.run(CALLS[call])
    assert len(script.requests) == 1


@pytest.mark.parametrize("call", ["list", "get", "delete", "switch"])
def test_a_conflict_elsewhere_is_a_busy_object(call: str) -> None:
    script = Script(refused(409), answer_to(call))
    script.run(CALLS[call])
    assert len(script.requests) == 2


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize(
    ("status", "error"),
    [(400, RegistryError), (401, Unauthorized), (403, Unauthorized), (422, RegistryError)],
)
def test_a_refusal_is_final(call: str, status: int, error: type[Exception]) -> None:
    script = Script(refused(status))
    with pytest.raises(error):
        script.run(CALLS[call])
    assert script.sent.count(script.sent[0]) == 1


@pytest.mark.parametrize("call", ALL)
def test_the_server_may_forbid_a_retry(call: str) -> None:
    script = Script(refused(429, "rate_limit_error", headers={"x-should-retry": "false"}))
    with pytest.raises(RegistryError):
        script.run(CALLS[call])
    assert len(script.requests) == 1


@pytest.mark.parametrize("call", ["get", "unbound update", "create"])
def test_the_server_may_ask_for_a_retry(call: str) -> None:
    script = Script(refused(400, headers={"x-should-retry": "true"}), ok())
    script.run(CALLS[call])
    assert len(script.requests) == 2


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize("code", ["enforced_spend_limit_reached", "contract_spend_limit_reached"])
def test_a_spend_cap_is_not_waited_for(call: str, code: str) -> None:
    script = Script(
        refused(429, "rate_limit_error", details={"error_code": code}, headers={"x-should-retry": "true"})
    )
    with pytest.raises(RegistryError) as stopped:
        script.run(CALLS[call])
    assert len(script.requests) == 1
    assert stopped.value.code == code


def test_it_gives_up_after_two_retries() -> None:
    script = Script(refused(529, "overloaded_error", "Overloaded."))
    with pytest.raises(RegistryError, match="Overloaded") as stopped:
        script.run(CALLS["create"])
    assert len(script.requests) == 3
    assert type(stopped.value) is RegistryError


def test_a_write_whose_answers_all_were_lost_is_in_doubt_and_a_read_is_not() -> None:
    for call in ("archive", "delete", "switch", *CONVERGENT):
        with pytest.raises(OutcomeUnknown):
            Script(httpx.ReadError("reset")).run(CALLS[call])
    for call in ("list", "get"):
        with pytest.raises(RegistryError) as failed:
            Script(httpx.ReadError("reset")).run(CALLS[call])
        assert type(failed.value) is RegistryError


@pytest.mark.parametrize("last", [httpx.ConnectError("down"), refused(429, "rate_limit_error")], ids=name_of)
def test_a_lost_answer_is_not_forgotten_when_the_retry_fails_otherwise(
    last: httpx.Response | Exception,
) -> None:
    with pytest.raises(OutcomeUnknown):
        Script(httpx.ReadError("reset"), last).run(CALLS["unbound update"])


def test_a_spend_cap_does_not_settle_what_became_of_a_lost_call() -> None:
    capped = refused(429, "rate_limit_error", details={"error_code": "contract_spend_limit_reached"})
    with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
        Script(httpx.ReadError("reset"), capped).run(CALLS["unbound update"])
    with pytest.raises(Exhausted):
        Script(httpx.ReadError("reset"), capped).run(CALLS["get"])


def test_an_error_says_how_often_it_was_sent_and_how_long_was_waited() -> None:
    slow = [refused(429, "rate_limit_error", "Slow down.", headers={"retry-after": "7"})] * 2
    with pytest.raises(RegistryError) as failed:
        Script(*slow, refused(400, "odd_error", "Odd.")).run(CALLS["create"])
    assert failed.value.message == "Odd. (sent 3 times, waited 14.0 s)"
    with pytest.raises(RegistryError) as failed:
        Script(refused(400, "odd_error", "Odd.")).run(CALLS["create"])
    assert failed.value.message == "Odd."


def test_a_call_waits_for_ten_minutes_between_its_attempts_and_no_longer() -> None:
    script = Script(refused(429, headers={"retry-after": str(LONGEST_WAIT)}))
    with pytest.raises(RegistryError, match=r"waited 600\.0 s"):
        script.run(CALLS["get"])
    assert script.waits == [LONGEST_WAIT] * MAX_RETRIES


def test_after_a_lost_answer_the_apis_word_settles_it() -> None:
    with pytest.raises(NotFound):
        Script(httpx.ReadError("reset"), refused(404, "not_found_error")).run(CALLS["unbound update"])
    Script(httpx.ReadError("reset"), refused(404, "not_found_error")).run(CALLS["delete"])


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "250.5", "retry-after": "9"}, 0.2505),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "7"}, 7.0),
        ({"retry-after": "Sun, 22 Nov 2026 20:00:30 GMT", "date": "Sun, 22 Nov 2026 20:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 19:00:00 GMT", "date": "Sun, 22 Nov 2026 20:00:00 GMT"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 20:00:30 GMT"}, None),
        ({"retry-after": "Sun, 22 Nov 2026 20:00:30 -0000", "date": "Sun, 22 Nov 2026 20:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 21:00:30 +0100", "date": "Sun, 22 Nov 2026 20:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 99 Nov 2026 20:00:30 GMT", "date": "Sun, 22 Nov 2026 20:00:00 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 GMT", "date": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_how_long_the_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert server_delay(httpx.Headers(headers)) == seconds


def test_the_server_is_obeyed() -> None:
    script = Script(refused(429, headers={"retry-after": "12"}), ok())
    script.run(CALLS["create"])
    assert script.waits == [12.0]


def test_a_very_long_wait_is_reported_instead() -> None:
    script = Script(refused(429, "rate_limit_error", headers={"retry-after": str(LONGEST_WAIT + 1)}))
    with pytest.raises(RegistryError, match="asks to wait 301 s"):
        script.run(CALLS["get"])
    assert script.waits == []


@pytest.mark.parametrize(
    ("taken", "chance", "seconds"),
    [
        (0, 0.0, 0.5),
        (0, 1.0, 0.375),
        (1, 0.0, 1.0),
        (1, 1.0, 0.75),
        (3, 0.0, 4.0),
        (9, 0.0, 8.0),
        (9, 1.0, 6.0),
    ],
)
def test_otherwise_the_wait_doubles_up_to_eight_seconds(taken: int, chance: float, seconds: float) -> None:
    assert delay(taken, {}, chance) == seconds
