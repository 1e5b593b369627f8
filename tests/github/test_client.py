"""Calls of the API: what is waited for, what is tried again, where the token goes."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from agentops.github.client import LONGEST_WAIT, SENDS, Client
from agentops.github.refusals import NoAnswer, Refused
from tests.github.hub import REPOSITORY, TOKEN, Fault, Hub

COMMENTS = f"/repos/{REPOSITORY}/issues/7/comments"
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}
PRIMARY = {"message": "API rate limit exceeded for installation ID 1."}


def test_every_page_is_read_and_in_order(client: Client, hub: Hub) -> None:
    for number in range(350):
        hub.add_comment(str(number))
    read = list(client.pages(COMMENTS, "list"))
    assert [item["body"] for item in read] == [str(number) for number in range(350)]
    assert len(hub.requests) == 4


def test_half_a_list_is_none(client: Client, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentops.github.client.MOST_PAGES", 2)
    for number in range(201):
        hub.add_comment(str(number))
    with pytest.raises(Refused, match="more than 200 items"):
        list(client.pages(COMMENTS, "list"))


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(403, SECONDARY, {"retry-after": "7"}), 7.0),
        (Fault(429, SECONDARY, {"retry-after": "9"}), 9.0),
        (Fault(403, PRIMARY, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1030"}), 31.0),
        (Fault(429, PRIMARY, {"x-ratelimit-remaining": "0"}), 60.0),
        (Fault(403, SECONDARY), 60.0),
    ],
)
def test_a_limit_is_waited_for_as_long_as_github_says(
    client: Client, hub: Hub, waits: list[float], said: list[str], fault: Fault, seconds: float
) -> None:
    hub.faults.append(fault)
    assert list(client.pages(COMMENTS, "list")) == []
    assert waits == [seconds]
    assert said == [f"waiting {seconds:.0f} s: {fault.status} of GitHub"]


def test_a_limited_create_is_sent_again_for_nothing_was_done(client: Client, hub: Hub) -> None:
    hub.faults.append(Fault(403, SECONDARY, {"retry-after": "1"}))
    client.post(COMMENTS, "write", {"body": "hello"})
    assert [item["body"] for item in hub.comments] == ["hello"]


def test_a_limit_that_is_too_long_is_not_waited_for(client: Client, hub: Hub, waits: list[float]) -> None:
    reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4600"}
    hub.faults.append(Fault(403, PRIMARY, reset))
    with pytest.raises(Refused, match="rate limit is used up for another 3601 s"):
        client.get(COMMENTS, "list")
    assert waits == []


def test_all_waits_together_have_an_end(client: Client, hub: Hub, waits: list[float]) -> None:
    hub.faults.extend(Fault(429, SECONDARY, {"retry-after": "80"}) for _ in range(9))
    with pytest.raises(Refused, match="rate limit"):
        client.get(COMMENTS, "list")
    assert sum(waits) <= LONGEST_WAIT
    assert len(hub.requests) == len(waits) + 1 == 3


def test_a_server_in_trouble_is_asked_again(client: Client, hub: Hub, waits: list[float]) -> None:
    hub.faults.extend([Fault(502), Fault(503)])
    assert list(client.pages(COMMENTS, "list")) == []
    assert waits == [1.0, 2.0]


def test_and_not_for_ever(client: Client, hub: Hub) -> None:
    hub.faults.extend(Fault(500, {"message": "Server Error"}) for _ in range(9))
    with pytest.raises(Refused, match="GitHub did not list: 500 Server Error") as refused:
        client.get(COMMENTS, "list")
    assert len(hub.requests) == SENDS
    assert "githubstatus" in refused.value.diagnostics[0].detail


def test_a_create_whose_fate_is_unknown_is_not_sent_again(client: Client, hub: Hub) -> None:
    hub.faults.append(Fault(502, after=True))
    with pytest.raises(NoAnswer):
        client.post(COMMENTS, "write", {"body": "hello"})
    assert len(hub.comments) == 1


def test_nobody_there(elsewhere: Callable[[str], Client], waits: list[float]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(NoAnswer, match=f"127.0.0.1:{port} gave no answer"):
        elsewhere(f"http://127.0.0.1:{port}").get("/user", "say who")
    assert waits == [1.0, 2.0, 4.0]


@pytest.mark.parametrize("way", ["redirect", "next page"])
def test_the_token_follows_nobody_to_another_host(client: Client, hub: Hub, way: str) -> None:
    there = "https://evil.example/api/v3/user"
    if way == "redirect":
        hub.faults.append(Fault(302, None, {"location": there}))
    else:
        hub.faults.append(Fault(200, [], {"link": f'<{there}>; rel="next"'}))
    with pytest.raises(Refused, match=r"leads to evil\.example, where no token is sent"):
        list(client.pages(COMMENTS, "list"))


def test_a_renamed_repository_is_followed(client: Client, hub: Hub) -> None:
    hub.faults.append(Fault(307, None, {"location": f"/api/v3{COMMENTS}"}))
    hub.add_comment("x")
    client.post(COMMENTS, "write", {"body": "hello"})
    assert len(hub.comments) == 2


@pytest.mark.parametrize(
    ("fault", "summary", "detail"),
    [
        (
            Fault(
                403,
                {"message": "Resource not accessible by integration"},
                {"x-accepted-github-permissions": "issues=write; pull_requests=write"},
            ),
            "403 Resource not accessible",
            "pull-requests: write",
        ),
        (Fault(404, {"message": "Not Found"}), "404 Not Found", "the token may not see acme/fleet"),
        (Fault(410, {"message": "Issues are disabled for this repo"}), "410", "switched off"),
        (
            Fault(422, {"message": "Validation Failed", "errors": [{"field": "base", "code": "invalid"}]}),
            "422 Validation Failed; base invalid",
            "",
        ),
    ],
)
def test_a_refusal_says_what_to_do(client: Client, hub: Hub, fault: Fault, summary: str, detail: str) -> None:
    hub.faults.append(fault)
    with pytest.raises(Refused) as refused:
        client.get(COMMENTS, "list the comments")
    told = refused.value.diagnostics[0]
    assert summary in told.summary
    assert detail in told.detail
    assert TOKEN not in str(told)


def test_a_wrong_token_is_not_repeated(client: Client, hub: Hub, elsewhere: Callable[[str], Client]) -> None:
    from agentops.github.place import Place

    place = Place(client.place.api, "ghp_wrong", REPOSITORY)
    with Client(place, print) as wrong, pytest.raises(Refused, match="refused the token") as refused:
        wrong.get(COMMENTS, "list")
    assert "ghp_wrong" not in repr(refused.value) + repr(place)
