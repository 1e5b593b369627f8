"""What is said of models, money, schedules, identities, secrets, rosters and skills, and of what ends."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.plan import Action

from .telling import MODEL, deployment, labels, of_agent, told, tools


def of_deployment(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    old = {} if before is None else {"deployment/d": deployment(**before)}
    return told(old, {"deployment/d": deployment(**after)}).get("deployment/d", [])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("claude-sonnet-5-5", "claude-opus-5-5", ["medium model-changed"]),
        ("claude-opus-5-5", "claude-sonnet-5-5", ["low model-changed"]),
        ("claude-opus-5-5", "claude-haiku-5-5", ["low model-changed"]),
        (MODEL, {"id": MODEL, "speed": "fast"}, ["medium speed-changed"]),
        ({"id": MODEL, "speed": "fast"}, MODEL, ["low speed-changed"]),
        ({"id": MODEL, "effort": "low"}, {"id": MODEL, "effort": "max"}, ["low effort-changed"]),
        (MODEL, {"id": MODEL, "effort": {"type": "high"}}, ["low effort-changed"]),
        ({"id": MODEL, "effort": "high"}, MODEL, []),  # the registry chooses, and tells what it chose
        (MODEL, {"id": MODEL, "speed": "standard"}, []),
    ],
)
def test_models(before: Any, after: Any, said: list[str]) -> None:
    assert labels(of_agent({"model": before}, {"model": after})) == said


def test_a_price_is_compared_where_both_are_published() -> None:
    (line,) = of_agent({"model": "claude-sonnet-5-5"}, {"model": "claude-opus-5-5"})
    assert "at 2 times the price for output tokens ($10 → $20 a million)" in line
    (line,) = of_agent({"model": "claude-sonnet-5-5"}, {"model": "claude-next"})
    assert "price" not in line


def money(cents: int) -> dict[str, Any]:
    return {"budget": {"type": "limit", "max_list_cost": {"amount": str(cents), "currency": "USD"}}}


def test_budgets() -> None:
    assert of_deployment(money(500), money(123456)) == [
        "medium budget-raised: A session may cost $1,234.56, until now $5.00 (246.9 times as much)."
    ]
    assert labels(of_deployment(money(500), {})) == ["high budget-removed"]
    assert of_deployment(money(500), money(100)) == []
    assert of_deployment({}, money(100)) == []
    assert of_deployment(None, {}) == []


def cron(expression: str, zone: str = "Europe/Berlin", **more: Any) -> dict[str, Any]:
    return {"schedule": {"type": "cron", "expression": expression, "timezone": zone}, **more}


def test_schedules_tell_their_next_runs_by_the_clock_of_their_zone() -> None:
    (line,) = of_deployment(cron("0 9 * * 1"), cron("0 9 * * 1", "America/New_York"))
    said = "Starts at `0 9 * * 1` America/New_York, until now `0 9 * * 1` Europe/Berlin; next on "
    runs = "Mon 2 Mar 09:00, Mon 9 Mar 09:00 and Mon 16 Mar 09:00."
    assert line == f"medium schedule-changed: {said}{runs}"
    assert "next on Tue 29 Feb 00:00" in of_deployment(None, cron("0 0 29 2 *"))[0]
    assert of_deployment(cron("0 9 * * 1"), {}) == [
        "low schedule-changed: Starts no more by itself: somebody or something else has to start it."
    ]


def test_a_pause_is_told_and_its_end_too() -> None:
    assert of_deployment(None, cron("0 9 * * 1", paused=True))[0].endswith("nothing runs while it is paused.")
    lines = of_deployment(cron("0 9 * * 1", paused=True), cron("0 9 * * 1", paused=False))
    runs = "Mon 9 Mar 09:00, Mon 16 Mar 09:00 and Mon 23 Mar 09:00"  # today's is just over
    assert lines == [f"medium schedule-changed: Is no longer paused; next on {runs}."]
    assert of_deployment(cron("0 9 * * 1"), cron("0 9 * * 1", paused=True)) == []
    (both,) = of_deployment(cron("0 8 * * 1", paused=True), cron("0 9 * * 1", paused=False))
    assert f", and is no longer paused; next on {runs}." in both


def test_an_identity() -> None:
    role = {"execution_identity": {"type": "aws_role", "role_arn": "arn:aws:iam::1:role/x"}}
    assert labels(of_agent({}, role)) == ["high identity-changed"]
    assert labels(of_agent(role, {})) == ["high identity-changed"]
    assert labels(of_agent(None, role)) == ["medium identity-changed"]
    assert of_agent({}, {"execution_identity": {"type": "service_account"}}) == []


def credential(secret: str, url: str = "https://mcp.linear.app/mcp") -> dict[str, Any]:
    auth = {"type": "static_bearer", "mcp_server_url": url, "token": {"secret": secret}}
    return {"credential/v/one": {"auth": auth}}


def variable(networking: dict[str, Any]) -> dict[str, Any]:
    auth = {"type": "environment_variable", "secret_name": "K", "secret_value": {"secret": "env:K"}}
    return {"credential/v/one": {"auth": auth | {"networking": networking}}}


def test_secrets() -> None:
    said = "Sends the secret in env:A to https://mcp.linear.app/mcp: check that it is the right one."
    assert told({}, credential("env:A"))["credential/v/one"] == [f"medium secret-reference: {said}"]
    assert labels(told(credential("env:A"), credential("env:B"))["credential/v/one"]) == [
        "high secret-reference"
    ]
    moved = told(credential("env:A"), credential("env:A", "https://evil.example"))
    assert labels(moved["credential/v/one"]) == ["high secret-reference"]
    some = variable({"type": "limited", "allowed_hosts": ["a.example"]})
    more = variable({"type": "limited", "allowed_hosts": ["b.example", "a.example"]})
    assert "b.example" in told(some, more)["credential/v/one"][0]
    assert labels(told(some, variable({"type": "unrestricted"}))["credential/v/one"]) == [
        "high network-widened"
    ]
    assert told(more, some) == {}


def test_vaults_of_a_deployment() -> None:
    (line,) = of_deployment({}, {"vault_ids": ["vault/v"]})
    assert line.startswith("medium secret-reference: Its sessions are given the credentials of vault/v")


def roster(*agents: Any) -> dict[str, Any]:
    return {"multiagent": {"type": "coordinator", "agents": [*agents]}}


def test_rosters() -> None:
    assert labels(of_agent({}, roster("agent/x"))) == ["medium roster-changed"]
    assert labels(of_agent(roster("agent/x", "agent/y"), roster("agent/y"))) == ["low roster-changed"]
    assert of_agent(roster("agent/x", "agent/y"), roster("agent/y", "agent/x")) == []
    one, two = ({"type": "agent", "id": "agent/x", "version": number} for number in (1, 2))
    assert "Uses version 2 of agent/x, until now 1" in of_agent(roster(one), roster(two))[0]
    assert labels(of_agent(roster(one), roster("agent/x"))) == ["medium roster-changed"]
    moving = {"type": "agent", "id": "agent/x", "version": "(agent/x).version"}
    assert of_agent(roster(one), roster(moving)) == []  # said where it comes from


def test_a_roster_with_somebody_who_runs_commands() -> None:
    able = {"name": "x", "model": MODEL, **tools({"name": "bash"})}
    sides = (
        {"agent/x": able, "agent/a": {"name": "a", "model": MODEL, **it}} for it in ({}, roster("agent/x"))
    )
    assert told(*sides)["agent/a"] == [
        "high roster-changed: Can set agent/x to work, which runs commands without asking."
    ]


def test_another_agent_in_a_deployment() -> None:
    assert labels(of_deployment({}, {"agent": "agent/b"})) == ["medium roster-changed"]


def skills(*names: str, **more: Any) -> dict[str, Any]:
    return {"skills": [{"type": "custom", "skill_id": name, **more} for name in names]}


def test_skills_of_an_agent() -> None:
    assert labels(of_agent({}, skills("skill/s"))) == ["medium skill-changed"]
    assert labels(of_agent(skills("skill/s"), {})) == ["low skill-changed"]
    assert labels(of_agent(skills("skill/s", version="1"), skills("skill/s"))) == ["medium skill-changed"]


def test_files_of_a_skill() -> None:
    old = {"SKILL.md": {"sha256": "1", "size": 1}}
    new = old | {"run.py": {"sha256": "2", "size": 1}}
    users = {"agent/a": {"name": "a", "model": MODEL, **skills("skill/s")}}
    sides = (users | {"skill/s": {"name": "s", "files": files}} for files in (old, new))
    assert told(*sides)["skill/s"] == [
        "medium skill-changed: 1 file changes; agent/a follows it. Agents can run run.py: read it as code."
    ]


@pytest.mark.parametrize(
    ("action", "level"), [(Action.ARCHIVE, "high"), (Action.DELETE, "high"), (Action.REPLACE, "medium")]
)
@pytest.mark.parametrize("kind", ["agent", "environment", "memory_store", "skill", "vault", "deployment"])
def test_what_goes_for_good(action: Action, level: str, kind: str) -> None:
    found = told({f"{kind}/x": {"name": "x"}}, {}, {f"{kind}/x": action})
    assert labels(found[f"{kind}/x"]) == [f"{level} irreversible"]


def test_what_goes_with_it_is_named_but_for_what_goes_by_its_own_name() -> None:
    before = {"agent/a": {"name": "a", "model": MODEL}, "deployment/d": deployment()}
    ends = {"agent/a": Action.ARCHIVE}
    assert "deployment/d is archived with it" in told(before, {}, ends)["agent/a"][0]
    both = ends | {"deployment/d": Action.ARCHIVE}
    assert "deployment/d" not in told(before, {}, both)["agent/a"][0]


def test_what_is_only_in_no_file_any_more_is_not_ended() -> None:
    assert told({"agent/a": {"name": "a", "model": MODEL}}, {}) == {}


def test_the_secret_of_a_repository_that_opens_another_one() -> None:
    def mounts(repository: str) -> dict[str, Any]:
        opened = {"type": "github_repository", "url": repository, "authorization_token": {"secret": "env:T"}}
        return {"deployment/d": deployment(resources=[opened])}

    found = told(mounts("https://github.com/o/shop"), mounts("https://github.com/o/payroll"))
    assert labels(found["deployment/d"]) == ["high secret-reference"]
    assert "opens https://github.com/o/payroll" in found["deployment/d"][0]


def test_where_a_model_is_run() -> None:
    (line,) = of_agent({"model": {"id": MODEL, "inference_geo": "eu"}}, {"model": {"id": MODEL}})
    assert line.startswith("medium model-changed: Is run wherever its workspace says")
