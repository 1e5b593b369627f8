"""``client.beta.deployments`` and ``client.beta.deployment_runs``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import anthropic
import pytest
from anthropic.types.beta import (
    BetaManagedAgentsDeployment,
    BetaManagedAgentsDeploymentRun,
    BetaManagedAgentsErrorDeploymentPausedReason,
)

from agentops.emulator import create_app
from agentops.emulator.deployment_runs import PAUSING_ERRORS, RUN_ERRORS
from tests.emulator.conftest import Registry
from tests.emulator.test_deployments import DAILY, Fleet

EVENTS: list[dict[str, Any]] = [
    {
        "type": "user.define_outcome",
        "description": "A report.",
        "rubric": {"type": "text", "content": "It is short."},
        "max_iterations": 5,
    },
    {
        "type": "user.message",
        "content": [
            {"type": "text", "text": "Go."},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
            {
                "type": "document",
                "source": {"type": "text", "data": "d", "media_type": "text/plain"},
                "title": "Notes",
            },
        ],
    },
    {"type": "system.message", "content": [{"type": "text", "text": "Be brief."}]},
]


@pytest.fixture
def parts(beta: Any, request: pytest.FixtureRequest) -> dict[str, Any]:
    """An agent and an environment to deploy."""
    return {
        "agent": beta.agents.create(name="deployed", model="claude-opus-5-5").id,
        "environment_id": beta.environments.create(name=f"for-{request.node.name}").id,
    }


def test_the_smallest_deployment_comes_back_complete(beta: Any, parts: dict[str, Any]) -> None:
    deployment = beta.deployments.create(name="small", initial_events=EVENTS[1:2], **parts)
    assert deployment.id.startswith("depl_")
    assert deployment.agent.to_dict() == {"type": "agent", "id": parts["agent"], "version": 1}
    assert (deployment.status, deployment.paused_reason, deployment.archived_at) == ("active", None, None)
    assert (deployment.schedule, deployment.budget, deployment.description) == (None, None, None)
    assert (deployment.resources, deployment.vault_ids, deployment.metadata) == ([], [], {})
    # Absent, not null.
    assert "budget" not in deployment.to_dict()
    assert beta.deployments.retrieve(deployment.id) == deployment


def test_every_member_of_a_deployment(beta: Any, parts: dict[str, Any]) -> None:
    vault = beta.vaults.create(display_name="v").id
    store = beta.memory_stores.create(name="s").id
    deployment = beta.deployments.create(
        name="everything",
        agent={"type": "agent", "id": parts["agent"], "version": 1},
        environment_id=parts["environment_id"],
        initial_events=EVENTS,
        description="Has it all.",
        metadata={"team": "support"},
        vault_ids=[vault],
        resources=[
            {
                "type": "github_repository",
                "url": "https://github.com/owner/repo",
                "authorization_token": "ghp_1",
                "checkout": {"type": "commit", "sha": "0" * 40},
            },
            {"type": "file", "file_id": "file_1", "mount_path": "/data.csv"},
            {"type": "memory_store", "memory_store_id": store, "access": "read_only", "instructions": "i"},
        ],
        schedule={"type": "cron", "expression": "0 9 * * 1-5", "timezone": "America/Los_Angeles"},
        budget={"type": "limit", "max_list_cost": {"amount": "2500", "currency": "USD"}},
    )
    assert [event.type for event in deployment.initial_events] == [event["type"] for event in EVENTS]
    assert [block.type for block in deployment.initial_events[1].content] == ["text", "image", "document"]
    repository, file, attached = deployment.resources
    assert (repository.checkout.sha, file.mount_path, attached.access) == ("0" * 40, "/data.csv", "read_only")
    assert "authorization_token" not in repository.to_dict()
    assert deployment.budget.max_list_cost.amount == "2500"
    assert deployment.schedule.last_run_at is None
    upcoming = deployment.schedule.upcoming_runs_at
    assert len(upcoming) == 5
    assert datetime.now(UTC) < upcoming[0] <= datetime.now(UTC) + timedelta(days=4)
    assert beta.deployments.retrieve(deployment.id).resources == deployment.resources


def test_update_replaces_repins_and_clears(beta: Any, parts: dict[str, Any]) -> None:
    deployment = beta.deployments.create(
        name="first", initial_events=EVENTS[1:2], description="d", schedule=DAILY, **parts
    )
    beta.agents.update(parts["agent"], system="two")
    renamed = beta.deployments.update(deployment.id, name="second", metadata={"k": "v"})
    assert (renamed.name, renamed.metadata, renamed.agent.version) == ("second", {"k": "v"}, 1)
    changed = beta.deployments.update(
        deployment.id, agent=parts["agent"], description=None, schedule=None, metadata={"k": None}
    )
    assert (changed.agent.version, changed.description, changed.schedule) == (2, None, None)
    assert changed.metadata == {}
    assert beta.deployments.update(deployment.id, resources=None, vault_ids=None) == changed
    with pytest.raises(anthropic.BadRequestError, match=r"schedule\.expression"):
        beta.deployments.update(deployment.id, schedule={**DAILY, "expression": "@daily"})


def test_pause_run_unpause_archive(beta: Any, parts: dict[str, Any]) -> None:
    deployment = beta.deployments.create(name="d", initial_events=EVENTS, schedule=DAILY, **parts)
    paused = beta.deployments.pause(deployment.id)
    assert (paused.status, paused.paused_reason.type) == ("paused", "manual")

    run = beta.deployments.run(deployment.id)
    assert run.id.startswith("drun_")
    assert (run.deployment_id, run.trigger_context.type) == (deployment.id, "manual")
    # The SDK says that exactly one of the two is set.
    assert (run.session_id, run.error.type) == (None, "unknown_error")
    assert beta.deployment_runs.retrieve(run.id) == run
    assert list(beta.deployment_runs.list(deployment_id=deployment.id)) == [run]

    assert beta.deployments.unpause(deployment.id).status == "active"
    archived = beta.deployments.archive(deployment.id)
    assert (archived.status, archived.schedule.upcoming_runs_at) == ("active", [])
    assert archived.archived_at is not None
    assert beta.deployments.archive(deployment.id) == archived
    with pytest.raises(anthropic.BadRequestError, match="archived"):
        beta.deployments.run(deployment.id)


def test_list_filters(beta: Any, parts: dict[str, Any]) -> None:
    started = datetime.now(UTC) - timedelta(seconds=1)
    made = [beta.deployments.create(name=str(n), initial_events=EVENTS[1:2], **parts).id for n in range(4)]
    beta.deployments.pause(made[1])
    beta.deployments.archive(made[0])

    def ids(**filters: Any) -> list[str]:
        return [each.id for each in beta.deployments.list(agent_id=parts["agent"], limit=2, **filters)]

    assert ids() == [made[3], made[2], made[1]]
    assert ids(include_archived=True) == made[::-1]
    assert ids(status="paused") == [made[1]]
    assert ids(status="active", created_at_gte=started) == [made[3], made[2]]
    assert ids(created_at_lte=started) == []
    with pytest.raises(anthropic.BadRequestError, match="cannot be combined"):
        ids(status="active", include_archived=True)


def test_run_filters(beta: Any, parts: dict[str, Any]) -> None:
    deployment = beta.deployments.create(name="d", initial_events=EVENTS[1:2], **parts).id
    runs = [beta.deployments.run(deployment) for _ in range(3)]

    def ids(**filters: Any) -> list[str]:
        return [each.id for each in beta.deployment_runs.list(deployment_id=deployment, limit=2, **filters)]

    assert ids() == [run.id for run in reversed(runs)]
    assert ids(has_error=True, trigger_type="manual") == ids()
    assert ids(has_error=False) == ids(trigger_type="schedule") == []
    middle = runs[1].created_at
    assert ids(created_at_gt=middle) == [runs[2].id]
    assert ids(created_at_lt=middle) == [runs[0].id]
    assert ids(created_at_gte=middle, created_at_lte=middle) == [runs[1].id]
    assert list(beta.deployment_runs.list(deployment_id="depl_missing")) == []


def test_an_archived_agent_takes_its_deployments_along(beta: Any, parts: dict[str, Any]) -> None:
    deployment = beta.deployments.create(name="d", initial_events=EVENTS[1:2], **parts).id
    beta.agents.archive(parts["agent"])
    assert beta.deployments.retrieve(deployment).archived_at is not None
    with pytest.raises(anthropic.BadRequestError, match="is archived"):
        beta.deployments.create(name="e", initial_events=EVENTS[1:2], **parts)


def literals(shape: Any) -> set[str]:
    """The ``type`` of each variant of a union of the SDK."""
    if isinstance(shape, type):
        return set() if shape is type(None) else set(get_args(shape.model_fields["type"].annotation))
    return set().union(*(literals(each) for each in get_args(shape)))


def test_the_errors_are_those_of_the_sdk() -> None:
    runs = literals(BetaManagedAgentsDeploymentRun.model_fields["error"].annotation)
    pauses = literals(BetaManagedAgentsErrorDeploymentPausedReason.model_fields["error"].annotation)
    assert "vault_archived_error" in pauses
    assert (runs, pauses) == (RUN_ERRORS, PAUSING_ERRORS)


@pytest.mark.parametrize("error", sorted(RUN_ERRORS))
def test_what_the_platform_pauses_is_of_the_sdks_shape(error: str) -> None:
    app = create_app(":memory:")
    fleet = Fleet(Registry(app))
    deployment = fleet.deploy(schedule=DAILY)
    fleet.fire_in_vain(deployment, error)
    seen = BetaManagedAgentsDeployment.model_validate(fleet.get(deployment))
    if error in PAUSING_ERRORS:
        assert seen.paused_reason is not None
        assert seen.paused_reason.to_dict() == {"type": "error", "error": {"type": error}}
    (listed,) = fleet.registry.get("/deployment_runs")["data"]
    run = BetaManagedAgentsDeploymentRun.model_validate(listed)
    assert run.error is not None
    assert (run.error.type, run.trigger_context.type) == (error, "schedule")
    app.state.database.close()
