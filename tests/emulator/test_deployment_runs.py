"""Deployment runs: what stands in the way of each session, and how runs are found again."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest

from agentops.emulator.deployments import record_failed_fire
from tests.emulator.conftest import Registry
from tests.emulator.test_deployments import DAILY, MESSAGE, OUTCOME, Fleet
from tests.emulator.uploads import create as upload

TOOLSET = [{"type": "mcp_toolset", "mcp_server_name": "m"}]
SERVER = [{"type": "url", "name": "m", "url": "https://MCP.example.com:8443/mcp"}]


@pytest.fixture
def fleet(registry: Registry) -> Fleet:
    return Fleet(registry)


def run(fleet: Fleet, **members: Any) -> dict[str, Any]:
    """The run of a deployment with these members."""
    return fleet.act(fleet.deploy(**members), "run")


def test_no_session_runs_and_the_run_says_so(fleet: Fleet) -> None:
    deployment = fleet.deploy()
    made = fleet.act(deployment, "run")
    assert fleet.registry.get(f"/deployment_runs/{made['id']}") == made
    assert made.pop("id").startswith("drun_")
    assert made.pop("created_at") > deployment["created_at"]
    message = made["error"].pop("message")
    assert message.startswith("The embedded registry runs no sessions.")
    assert made == {
        "type": "deployment_run",
        "deployment_id": deployment["id"],
        "agent": {"type": "agent", "id": fleet.agent, "version": 1},
        "trigger_context": {"type": "manual"},
        "session_id": None,
        "error": {"type": "unknown_error"},
    }
    # A manual run neither pauses nor touches the deployment.
    assert fleet.get(deployment) == deployment


def test_a_paused_deployment_can_be_run(fleet: Fleet) -> None:
    deployment = fleet.deploy(schedule=DAILY)
    paused = fleet.act(deployment, "pause")
    assert fleet.act(deployment, "run")["deployment_id"] == deployment["id"]
    assert fleet.get(deployment) == paused


def test_a_run_keeps_the_agent_it_was_made_with(fleet: Fleet) -> None:
    deployment = fleet.deploy()
    made = fleet.act(deployment, "run")
    fleet.registry.post(f"/agents/{fleet.agent}", {"system": "two"})
    fleet.update(deployment, agent=fleet.agent)
    assert fleet.act(deployment, "run")["agent"]["version"] == 2
    assert fleet.registry.get(f"/deployment_runs/{made['id']}") == made


@pytest.mark.parametrize(
    ("removal", "what", "error"),
    [
        ("archive", "environments", "environment_archived_error"),
        ("delete", "environments", "environment_not_found_error"),
        ("archive", "vaults", "vault_archived_error"),
        ("delete", "vaults", "vault_not_found_error"),
        ("archive", "memory_stores", "memory_store_archived_error"),
        ("delete", "memory_stores", "session_resource_not_found_error"),
    ],
)
def test_what_was_removed_is_in_the_way(fleet: Fleet, removal: str, what: str, error: str) -> None:
    store = {"type": "memory_store", "memory_store_id": fleet.store}
    deployment = fleet.deploy(vault_ids=[fleet.vault], resources=[store])
    identifier = {"environments": fleet.environment, "vaults": fleet.vault, "memory_stores": fleet.store}[
        what
    ]
    if removal == "archive":
        fleet.registry.post(f"/{what}/{identifier}/archive")
    else:
        fleet.registry.delete(f"/{what}/{identifier}")
    found = fleet.act(deployment, "run")["error"]
    assert found["type"] == error
    assert identifier in found["message"]


@pytest.mark.parametrize("form", ["coordinator", "multiagent_20261001"])
def test_an_archived_agent_of_the_roster_is_in_the_way(fleet: Fleet, form: str) -> None:
    leaf = fleet.registry.agent()["id"]
    multiagent: dict[str, Any] = {"type": form, "agents": [leaf, {"type": "self"}]}
    if form == "multiagent_20261001":
        multiagent = {"type": form, "workflows": {"type": "enabled", "predefined_agents": [leaf]}}
    deployment = fleet.deploy(agent=fleet.registry.agent(multiagent=multiagent)["id"])
    assert fleet.act(deployment, "run")["error"]["type"] == "unknown_error"
    fleet.registry.post(f"/agents/{leaf}/archive")
    found = fleet.act(deployment, "run")["error"]
    assert found["type"] == "agent_archived_error"
    assert leaf in found["message"]


def test_a_skill_that_is_gone_is_in_the_way(fleet: Fleet) -> None:
    skill = upload(fleet.registry)
    uses = [{"type": "custom", "skill_id": skill["id"], "version": skill["latest_version_id"]}]
    floats = [{"type": "custom", "skill_id": skill["id"]}, {"type": "anthropic", "skill_id": "xlsx"}]
    lacks = [{**uses[0], "version": "skver_x"}]
    pinned, floating, lacking = (
        fleet.deploy(agent=fleet.registry.agent(skills=skills)["id"]) for skills in (uses, floats, lacks)
    )
    assert fleet.act(pinned, "run")["error"]["type"] == "unknown_error"
    assert fleet.act(floating, "run")["error"]["type"] == "unknown_error"
    found = fleet.act(lacking, "run")["error"]
    assert (found["type"], "skver_x" in found["message"]) == ("skill_not_found_error", True)
    fleet.registry.delete(f"/skills/{skill['id']}")
    for deployment in (pinned, floating):
        assert fleet.act(deployment, "run")["error"]["type"] == "skill_not_found_error"


def test_a_self_hosted_environment_mounts_memory_stores_only(fleet: Fleet) -> None:
    config = {"type": "self_hosted"}
    environment = fleet.registry.post("/environments", {"name": "ours", "config": config})["id"]
    store = {"type": "memory_store", "memory_store_id": fleet.store}
    file = {"type": "file", "file_id": "file_1"}
    assert run(fleet, environment_id=environment, resources=[store])["error"]["type"] == "unknown_error"
    found = run(fleet, environment_id=environment, resources=[store, file])["error"]
    assert found["type"] == "self_hosted_resources_unsupported_error"
    assert "cannot mount file resources" in found["message"]


@pytest.mark.parametrize(
    ("networking", "blocked"),
    [
        ({"type": "unrestricted"}, False),
        ({"type": "limited"}, True),
        ({"type": "limited", "allow_mcp_servers": True}, False),
        ({"type": "limited", "allowed_hosts": ["mcp.Example.com"]}, False),
        ({"type": "limited", "allowed_hosts": ["*.example.com"]}, False),
        ({"type": "limited", "allowed_hosts": ["example.com", "*.mcp.example.com"]}, True),
    ],
)
def test_an_mcp_server_has_to_be_let_through(fleet: Fleet, networking: dict[str, Any], blocked: bool) -> None:
    config = {"type": "cloud", "networking": networking}
    environment = fleet.registry.post("/environments", {"name": "n", "config": config})["id"]
    agent = fleet.registry.agent(tools=TOOLSET, mcp_servers=SERVER)["id"]
    found = run(fleet, agent=agent, environment_id=environment)["error"]
    assert found["type"] == ("mcp_egress_blocked_error" if blocked else "unknown_error")
    assert ("mcp.example.com" in found["message"]) is blocked
    # An agent without servers runs into nothing.
    assert run(fleet, environment_id=environment)["error"]["type"] == "unknown_error"


def test_a_session_takes_less_than_a_deployment_holds(fleet: Fleet) -> None:
    store = {"type": "memory_store", "memory_store_id": fleet.store}
    document = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}

    def documents(count: int) -> list[dict[str, Any]]:
        return [{**MESSAGE, "content": [document] * count}]

    for fits, too_much, what in (
        ({"resources": [store] * 8}, {"resources": [store] * 9}, "8 memory stores"),
        ({"initial_events": [OUTCOME]}, {"initial_events": [OUTCOME] * 2}, "1 outcomes"),
        ({"initial_events": documents(100)}, {"initial_events": documents(101)}, "100 documents from files"),
    ):
        assert run(fleet, **fits)["error"]["type"] == "unknown_error"
        found = run(fleet, **too_much)["error"]
        assert found["type"] == "session_creation_rejected_error"
        assert what in found["message"]


# --- lists ---


def test_list_filters(fleet: Fleet) -> None:
    deployment, other = fleet.deploy(schedule=DAILY), fleet.deploy()
    first, second = fleet.act(deployment, "run"), fleet.act(other, "run")
    fleet.fire_in_vain(deployment, "session_rate_limited_error", day=2)
    (scheduled, *_) = fleet.registry.get("/deployment_runs")["data"]

    def runs(query: str) -> list[dict[str, Any]]:
        return fleet.registry.get(f"/deployment_runs{query}")["data"]

    assert runs("") == [scheduled, second, first]
    assert runs(f"?deployment_id={deployment['id']}") == [scheduled, first]
    assert runs("?deployment_id=depl_x") == []
    assert runs("?trigger_type=schedule") == [scheduled]
    assert runs("?trigger_type=manual") == [second, first]
    assert runs("?has_error=true") == [scheduled, second, first]
    assert runs("?has_error=false") == []
    at = second["created_at"]
    assert runs(f"?created_at[gt]={at}") == [scheduled]
    assert runs(f"?created_at[gte]={at}") == [scheduled, second]
    assert runs(f"?created_at[lt]={at}") == [first]
    assert runs(f"?created_at[lte]={at}") == [second, first]
    page = fleet.registry.get("/deployment_runs?limit=2")
    assert runs(f"?limit=2&page={page['next_page']}") == [first]
    assert len(runs("?limit=1000")) == 3
    for query in ("?limit=1001", "?limit=0", "?trigger_type=api", "?include_archived=true", "?page=page_x"):
        fleet.registry.refused("GET", f"/deployment_runs{query}")


def test_the_default_page_has_twenty(fleet: Fleet) -> None:
    deployment = fleet.deploy()
    for _ in range(21):
        fleet.act(deployment, "run")
    assert len(fleet.registry.get("/deployment_runs")["data"]) == 20


def test_an_occurrence_of_a_schedule_has_one_run(fleet: Fleet) -> None:
    deployment, other = fleet.deploy(schedule=DAILY), fleet.deploy(schedule=DAILY)
    fleet.fire_in_vain(deployment, "unknown_error")
    fleet.fire_in_vain(other, "unknown_error")
    with (
        pytest.raises(sqlite3.IntegrityError),
        fleet.registry.client.app.state.database.transaction(write=True) as tx,
    ):
        record_failed_fire(tx, deployment["id"], "unknown_error", datetime(2026, 11, 1, 9, tzinfo=UTC))
    assert len(fleet.registry.get("/deployment_runs")["data"]) == 2


def test_runs_outlive_the_archiving_of_their_deployment(fleet: Fleet) -> None:
    deployment = fleet.deploy()
    made = fleet.act(deployment, "run")
    fleet.act(deployment, "archive")
    assert fleet.registry.get("/deployment_runs")["data"] == [made]


def test_runs_cannot_be_changed(fleet: Fleet) -> None:
    path = f"/deployment_runs/{run(fleet)['id']}"
    for method in ("POST", "DELETE"):
        fleet.registry.refused(method, path, status=405)
    fleet.registry.refused("POST", "/deployment_runs", {}, status=405)
    error = fleet.registry.refused("GET", "/deployment_runs/drun_x", status=404)
    assert error["type"] == "not_found_error"
