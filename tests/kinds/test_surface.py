"""What a body makes possible, told alike of what is sent and of what is returned."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.kind import Kind
from agentops.domain.surface import Mount, Network, Path, Permission, Power, Surface, Use
from agentops.emulator.cron import upcoming
from agentops.kinds import CATALOG
from agentops.kinds.cron import next_runs

from .answers import (
    AGENT,
    AGENT_ANSWER,
    ALLOW,
    ASK,
    BEARER,
    CREDENTIAL_ANSWER,
    DEPLOYMENT,
    DEPLOYMENT_ANSWER,
    ENVIRONMENT_ANSWER,
    MEMORY_ANSWER,
    SANDBOX,
    SKILL,
    SKILL_ANSWER,
    STORE_ANSWER,
    TOKEN,
    VAULT_ANSWER,
    entry,
    limited,
    toolset,
)
from .strategies import BODIES, cron_expressions, odd_values, strange_answers
from .test_bodies import every_kind, odd_members, thorough

BUILTIN = {"type": "agent_toolset_20260401"}
LINEAR = {"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}
SCHEDULE = {"type": "cron", "expression": "30 2 * * *", "timezone": "Europe/Berlin"}
ANSWERS = {
    "agent": AGENT_ANSWER,
    "environment": ENVIRONMENT_ANSWER,
    "memory_store": STORE_ANSWER,
    "memory": MEMORY_ANSWER,
    "skill": SKILL_ANSWER,
    "vault": VAULT_ANSWER,
    "credential": CREDENTIAL_ANSWER,
    "deployment": DEPLOYMENT_ANSWER,
}


def surface(kind: str, body: dict[str, Any]) -> Surface:
    return CATALOG[kind].surface(body)


def agent(**members: Any) -> Surface:
    return surface("agent", AGENT | members)


def deployment(**members: Any) -> Surface:
    return surface("deployment", DEPLOYMENT | members)


# Every kind


@every_kind
def test_a_kind_reads_what_the_registry_returns(kind: Kind) -> None:
    assert kind.surface(ANSWERS[kind.name]) != Surface()


@every_kind
@thorough
@given(data=st.data())
def test_a_kind_reads_every_legal_body_and_tells_the_same_of_it_completed(
    kind: Kind, data: st.DataObject
) -> None:
    body = data.draw(BODIES[kind.name])
    assert without_paths(kind.surface(kind.complete(body))) == without_paths(kind.surface(body))


@every_kind
@thorough
@given(data=st.data())
def test_nothing_a_registry_returns_is_too_odd_to_be_read(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(strange_answers(BODIES[kind.name]) | odd_members(kind))
    now = datetime(2026, 3, 1, tzinfo=UTC)
    if (schedule := kind.surface(body).schedule) is not None:
        assert len(schedule.runs(now, 3)) in {0, 3}


@every_kind
@thorough
@given(data=st.data())
def test_a_whole_body_of_odd_values_is_read(kind: Kind, data: st.DataObject) -> None:
    kind.surface({name: data.draw(odd_values) for name in kind.fields})


def without_paths(value: Any) -> Any:
    """A completed body has its lists in another order, so that its paths are its own."""
    if isinstance(value, Use | Mount) or dataclasses.is_dataclass(value):
        members = [field.name for field in dataclasses.fields(value) if field.compare]
        return {
            name: without_paths(getattr(value, name)) for name in members if name not in {"path", "secrets"}
        }
    if isinstance(value, dict):
        return {name: without_paths(member) for name, member in sorted(value.items())}
    return value


# Agents


def test_all_built_in_tools_are_on_and_ask_nobody_unless_something_is_said() -> None:
    tools = agent(tools=[BUILTIN]).tools
    names = ("bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search")
    assert tuple(tools) == names
    assert {tool.permission for tool in tools.values()} == {Permission.ALLOW}
    assert {name for name, tool in tools.items() if Power.RUN in tool.powers} == {"bash"}
    assert {name for name, tool in tools.items() if Power.WRITE in tool.powers} == {"bash", "write", "edit"}
    assert {name for name, tool in tools.items() if Power.UNTRUSTED in tool.powers} == {
        "web_fetch",
        "web_search",
    }


def test_a_tool_has_what_its_entry_says_and_else_what_its_toolset_says() -> None:
    off = {"enabled": False, "permission_policy": ASK}
    tools = agent(tools=[BUILTIN | {"default_config": off, "configs": [{"name": "read", "enabled": True}]}])
    read, bash = tools.tools["read"], tools.tools["bash"]
    assert (read.enabled, read.permission, read.asks) == (True, Permission.ASK, True)
    assert (bash.enabled, bash.permission, bash.asks) == (False, Permission.ASK, False)
    assert read.path == ("tools", 0, "configs", 0)
    assert bash.path == ("tools", 0)


def test_what_the_registry_returns_has_the_same_tools() -> None:
    returned = agent(tools=[toolset(entry("bash", policy=ASK), enabled=True)]).tools
    sent = agent(tools=[BUILTIN | {"configs": [{"name": "bash", "permission_policy": ASK}]}]).tools
    assert without_paths(returned) == without_paths(sent)


def test_the_tools_of_an_mcp_server_ask_unless_something_is_said() -> None:
    entries = [{"name": "list_issues", "permission_policy": ALLOW}]
    linear = {"type": "mcp_toolset", "mcp_server_name": "linear", "configs": entries}
    found = agent(tools=[linear], mcp_servers=[LINEAR])
    assert {key: tool.permission for key, tool in found.tools.items()} == {
        "mcp linear/list_issues": Permission.ALLOW,
        "mcp linear/*": Permission.ASK,
    }
    assert all(Power.UNTRUSTED in tool.powers for tool in found.tools.values())
    assert found.servers["linear"].url == LINEAR["url"]
    assert found.servers["linear"].path == ("mcp_servers", 0)


def test_a_web_tool_has_its_domains() -> None:
    configs = [
        {"name": "web_fetch", "allowed_domains": ["docs.example.com"]},
        {"name": "web_search", "blocked_domains": ["example.org"]},
    ]
    tools = agent(tools=[BUILTIN | {"configs": configs}]).tools
    assert (tools["web_fetch"].domains, tools["web_fetch"].blocked) == (("docs.example.com",), ())
    assert (tools["web_search"].domains, tools["web_search"].blocked) == (None, ("example.org",))


def test_a_custom_tool_asks_nobody() -> None:
    lookup = {"type": "custom", "name": "lookup", "description": "Finds.", "input_schema": {"type": "object"}}
    tool = agent(tools=[lookup]).tools["custom lookup"]
    assert (tool.description, tool.permission, tool.asks) == ("Finds.", None, False)


def test_a_model_is_read_from_its_name_or_its_object() -> None:
    assert agent().model == agent(model={"id": "claude-opus-5-5", "speed": "standard"}).model
    whole = agent(model={"id": "claude-sonnet-5-5", "effort": {"type": "high"}, "inference_geo": "eu"}).model
    assert whole is not None
    assert (whole.id, whole.effort, whole.speed, whole.geo) == (
        "claude-sonnet-5-5",
        "high",
        "standard",
        "eu",
    )


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("claude-opus-5-5", 20),
        ("claude-opus-4-5-20251101", 25),
        ("claude-haiku-5-5", None),  # it depends on the length of the prompt
        ("claude-of-next-year", None),
        ({"id": "claude-opus-5-5", "speed": "fast"}, None),
    ],
)
def test_a_price_is_told_only_where_one_is_published(model: Any, price: float | None) -> None:
    found = agent(model=model).model
    assert found is not None
    assert found.price == price


def test_skills_are_ours_by_their_address() -> None:
    skills = [
        {"type": "anthropic", "skill_id": "xlsx"},
        {"type": "custom", "skill_id": "skill/style", "version": "skver_1"},
    ]
    found = agent(skills=skills).skills
    assert (found["xlsx"].pinned, found["xlsx"].ours) == (False, False)
    assert (found["skill/style"].pinned, found["skill/style"].ours) == (True, True)


def test_a_roster_has_whom_it_names() -> None:
    entries = ["agent/a", {"type": "agent", "id": "agent/b", "version": 2}, {"type": "self"}]
    advisor = {"type": "advisor", "model": "claude-opus-5-5"}
    found = agent(multiagent={"type": "coordinator", "agents": [*entries, advisor]}).roster
    assert list(found) == ["agent/a", "agent/b", "itself", "an advisor (claude-opus-5-5)"]
    assert (found["agent/b"].version, found["agent/b"].path) == (2, ("multiagent", "agents", 1))
    assert [use.ours for use in found.values()] == [True, True, False, False]


def test_what_a_multiagent_leaves_out_is_on() -> None:
    off = {"type": "disabled"}
    found = agent(multiagent={"type": "multiagent_20261001", "workflows": off}).roster
    assert list(found) == ["subagents: agents it makes up"]


def test_a_service_account_is_no_identity_of_its_own() -> None:
    role = {"type": "aws_role", "role_arn": "arn:aws:iam::1:role/x"}
    assert agent().identity is None
    assert agent(execution_identity={"type": "service_account"}).identity is None
    assert agent(execution_identity=role).identity == "aws_role arn:aws:iam::1:role/x"


# Environments, memories, credentials


@pytest.mark.parametrize(
    ("config", "network"),
    [
        (None, Network(unrestricted=True)),
        ({"type": "cloud"}, Network(unrestricted=True)),
        (
            {"type": "cloud", "networking": limited(allowed_hosts=["a.example"], allow_mcp_servers=True)},
            Network(unrestricted=False, hosts=("a.example",), package_managers=False),
        ),
        ({"type": "self_hosted"}, Network(unrestricted=True, managed=False)),
    ],
)
def test_a_sandbox_reaches_what_its_network_lets_it(config: Any, network: Network) -> None:
    found = surface("environment", SANDBOX | {"config": config}).network
    assert found is not None
    assert dataclasses.replace(found, path=()) == network


def test_a_memory_is_as_good_as_a_prompt() -> None:
    found = surface("memory", {"path": "/a.md", "content": "Always say yes."})
    assert (found.prompt, found.prompt_field) == ("Always say yes.", "content")


def test_a_credential_has_where_its_secret_comes_from_and_where_it_goes() -> None:
    found = surface("credential", {"auth": BEARER})
    assert found.secrets == {"auth.token": "env:TOKEN"}
    assert found.reaches == {"auth.mcp_server_url": "https://mcp.linear.app/mcp"}
    variable = {"type": "environment_variable", "secret_name": "KEY", "secret_value": TOKEN}
    hosts = {"type": "limited", "allowed_hosts": ["a.example"]}
    found = surface("credential", {"auth": variable | {"networking": hosts}})
    assert found.reaches == {"auth.networking.allowed_hosts[0]": "a.example"}
    found = surface("credential", {"auth": variable | {"networking": {"type": "unrestricted"}}})
    assert found.reaches == {"auth.networking": "*"}


# Deployments


def test_a_deployment_has_what_it_starts() -> None:
    found = deployment(
        agent="agent/tutor",
        environment_id="environment/sandbox",
        vault_ids=["vault/linear"],
        budget={"type": "limit", "max_list_cost": {"amount": "2500", "currency": "USD"}},
        resources=[
            {"type": "memory_store", "memory_store_id": "memory_store/notes"},
            {"type": "memory_store", "memory_store_id": "memory_store/facts", "access": "read_only"},
            {"type": "github_repository", "url": "https://github.com/a/b", "authorization_token": TOKEN},
        ],
    )
    assert found.agent == Use("agent/tutor", path=("agent",))
    assert (found.environment, found.vaults, found.budget) == ("environment/sandbox", ("vault/linear",), 2500)
    assert {mount.store: mount.writable for mount in found.mounts.values()} == {
        "memory_store/notes": True,
        "memory_store/facts": False,
    }
    assert found.secrets == {"resources[2].authorization_token": "env:TOKEN"}
    assert found.reaches == {"resources[2].url": "https://github.com/a/b"}
    assert found.starts == {"initial_events[0].content[0].text": "Go."}


def test_everything_a_session_is_told_is_there() -> None:
    data = {"type": "text", "media_type": "text/plain", "data": "Rules."}
    picture = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    link = {"type": "url", "url": "https://a.example/b.pdf"}
    content = [
        {"type": "document", "source": data, "title": "The rules"},
        {"type": "image", "source": picture},
        {"type": "document", "source": link},
    ]
    rubric = {"type": "text", "content": "It is short."}
    events = [
        {"type": "user.message", "content": content},
        {"type": "user.define_outcome", "description": "A report.", "rubric": rubric},
    ]
    found = deployment(initial_events=events)
    assert set(found.starts.values()) == {"Rules.", "The rules", "A report.", "It is short."}
    assert list(found.reaches.values()) == ["https://a.example/b.pdf"]


def test_a_deployment_is_paused_by_the_file_or_in_the_registry() -> None:
    assert deployment(paused=True).paused
    assert surface("deployment", DEPLOYMENT_ANSWER | {"status": "paused"}).paused
    assert not deployment().paused


def test_a_schedule_tells_its_next_runs_and_its_trap() -> None:
    found = deployment(schedule=SCHEDULE).schedule
    assert found is not None
    runs = found.runs(datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    assert [f"{run:%m-%d %H:%M %z}" for run in runs] == [  # none on the 29th, when the clocks go forward
        "03-28 02:30 +0100",
        "03-30 02:30 +0200",
        "03-31 02:30 +0200",
    ]
    assert found.trap.startswith(
        "in Europe/Berlin, on the day the clocks go forward it does not run at 02:30"
    )
    assert "timezone: UTC" in found.trap_advice


def test_a_schedule_that_cannot_be_read_is_there_and_never_known_to_run() -> None:
    for odd in ({"type": "later"}, SCHEDULE | {"expression": "@daily"}, SCHEDULE | {"timezone": "Mars/Base"}):
        found = deployment(schedule=odd).schedule
        assert found is not None
        assert found.runs(datetime(2026, 1, 1, tzinfo=UTC), 3) == ()


@thorough
@given(
    expression=cron_expressions(),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]),
    minutes=st.integers(0, 2 * 366 * 24 * 60),
)
def test_the_next_runs_are_those_the_registry_would_tell(expression: str, zone: str, minutes: int) -> None:
    """By two programs that have nothing in common but POSIX."""
    after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ours = next_runs(expression, zone, after, 3)
    assert [run.astimezone(UTC) for run in ours] == upcoming(expression, zone, after, 3)


def test_a_tool_stands_where_it_is_written() -> None:
    custom = {"type": "custom", "name": "x", "description": "d", "input_schema": {"type": "object"}}
    paths: dict[str, Path] = {key: tool.path for key, tool in agent(tools=[BUILTIN, custom]).tools.items()}
    assert paths["custom x"] == ("tools", 1)


def test_a_skill_has_its_name() -> None:
    assert surface("skill", SKILL).name == "Invoices"
