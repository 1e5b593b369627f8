"""Headers of the user's own: sent along, never in the place of ours, and as secret as a key."""

from __future__ import annotations

import httpx
import pytest

from agentops.domain.diagnostics import Stop
from agentops.registry.headers import custom_headers
from tests.registry.asking import Outside
from tests.registry.wire import KEY, ok, refused

SECRET = "gateway-s3cret-value"


def outside(*lines: str) -> Outside:
    return Outside({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_CUSTOM_HEADERS": "\n".join(lines)})


def test_they_are_sent_with_every_request() -> None:
    request = outside(f"X-Gateway: {SECRET}", "", "  x-team :  a: b  ", "User-Agent: fleet/1").request()
    assert request.headers["x-gateway"] == SECRET
    assert request.headers["x-team"] == "a: b"
    assert request.headers["user-agent"] == "fleet/1"
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_with_a_stages_own_key_as_well() -> None:
    there = outside(f"X-Gateway: {SECRET}")
    there.environ["PROD_KEY"] = "sk-ant-api03-of-the-stage"
    request = there.request(there.access(reference="env:PROD_KEY"))
    assert request.headers["x-gateway"] == SECRET


@pytest.mark.parametrize(
    "environ", [{}, {"ANTHROPIC_CUSTOM_HEADERS": ""}, {"ANTHROPIC_CUSTOM_HEADERS": " \r\n\n"}]
)
def test_none(environ: dict[str, str]) -> None:
    assert custom_headers(environ) == ({}, ())


def test_of_two_the_last_one_counts() -> None:
    assert custom_headers({"ANTHROPIC_CUSTOM_HEADERS": "a: 1\nA: 2\r\n"}) == ({"a": "2"}, ())


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("Authorization", "ANTHROPIC_AUTH_TOKEN"),
        ("X-API-KEY", "ANTHROPIC_API_KEY"),
        ("anthropic-workspace-id", "`workspace_id`"),
    ],
)
def test_what_says_who_acts_is_refused_and_told_where_it_belongs(name: str, instead: str) -> None:
    with pytest.raises(Stop) as stopped:
        outside(f"{name}: {SECRET}").access()
    (found,) = stopped.value.diagnostics
    assert name.lower() in found.summary
    assert instead in found.detail
    assert SECRET not in found.summary + found.detail


@pytest.mark.parametrize(
    "name",
    [
        "anthropic-version",
        "Anthropic-Beta",
        "Host",
        "content-length",
        "Content-Type",
        "transfer-encoding",
        "accept",
    ],
)
def test_what_belongs_to_the_single_request_is_left_out_and_said(name: str) -> None:
    there = outside(f"{name}: {SECRET}", "x-other: stays")
    access = there.access()
    assert [note.summary for note in access.notes] == [
        f"{name.lower()} in ANTHROPIC_CUSTOM_HEADERS is not sent: each request has its own"
    ]
    request = there.request(access)
    assert request.headers["x-other"] == "stays"
    assert SECRET not in str(request.headers)
    assert request.headers["anthropic-beta"] == "managed-agents-2026-04-01"
    assert request.headers["host"] == "api.anthropic.com"


@pytest.mark.parametrize(
    "line", [SECRET, f": {SECRET}", f"a b: {SECRET}", f"x: {SECRET}\x00", f"x: ü{SECRET}"]
)
def test_a_line_that_is_no_header_is_refused_and_not_repeated(line: str) -> None:
    with pytest.raises(Stop) as stopped:
        outside("x-fine: 1", line).access()
    (found,) = stopped.value.diagnostics
    assert found.summary == "line 2 of ANTHROPIC_CUSTOM_HEADERS is no header"
    assert SECRET not in found.detail


def test_their_values_are_concealed_in_all_that_is_told() -> None:
    there = outside(f"X-Gateway: {SECRET}", "x-on: 1")
    access = there.access()
    assert access.credential.concealer()(f"you sent {SECRET} and 1") == "you sent *** and 1"

    def echo(request: httpx.Request) -> httpx.Response:
        return refused(403, message=f"bad header {request.headers['x-gateway']}")

    there.answer = echo
    with pytest.raises(Exception, match="bad header") as raised:
        there.request(access)
    assert str(raised.value).startswith("bad header ***")
    there.answer = lambda request: ok(**{"request-id": request.headers["x-gateway"]})
    there.request(access)
    assert SECRET not in str(there.told)


def test_they_are_sent_to_trusted_hosts_only() -> None:
    with pytest.raises(Stop, match=r"no credential is sent to evil\.example"):
        outside(f"X-Gateway: {SECRET}").access("https://evil.example")
