"""Deployments: defaults, pinning, updates, schedules, pausing, archiving, lists."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.emulator import create_app
from agentops.emulator.deployment_runs import PAUSING_ERRORS, RUN_ERRORS
from agentops.emulator.deployments import record_failed_fire
from tests.emulator.conftest import Clock, Registry
from tests.emulator.test_credentials import with_one_random_member
from tests.emulator.test_fuzz import FUZZ, post

MESSAGE: dict[str, Any] = {"type": "user.message", "content": [{"type": "text", "text": "Go."}]}
OUTCOME: dict[str, Any] = {
    "type": "user.define_outcome",
    "description": "A report.",
    "rubric": {"type": "text", "content": "It is short."},
}
SYSTEM: dict[str, Any] = {"type": "system.message", "content": [{"type": "text", "text": "Be brief."}]}
DAILY = {"type": "cron", "expression": "0 9 * * *", "timezone": "UTC"}
BUDGET = {"type": "limit", "max_list_cost": {"amount": "2500", "currency": "USD"}}
TOKEN = "ghp_s3cret"
REPOSITORY: dict[str, Any] = {
    "type": "github_repository",
    "url": "https://github.com/owner/repo.name",
    "authorization_token": TOKEN,
    "checkout": {"type": "branch", "name": "main"},
    "mount_path": "/workspace/code",
}


class Fleet:
    """An agent, an environment, a memory store and a vault to deploy with."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.agent = registry.agent()["id"]
        self.environment = registry.post("/environments", {"name": "e"})["id"]
        self.store = registry.post("/memory_stores", {"name": "s"})["id"]
        self.vault = registry.post("/vaults", {"display_name": "v"})["id"]

    def body(self, **members: Any) -> dict[str, Any]:
        return {
            "name": "d",
            "agent": self.agent,
            "environment_id": self.environment,
            "initial_events": [MESSAGE],
            **members,
        }

    def deploy(self, **members: Any) -> dict[str, Any]:
        return self.registry.post("/deployments", self.body(**members))

    def why_not(self, **members: Any) -> str:
        """Why a deployment with these members is not created."""
        error = self.registry.refused("POST", "/deployments", self.body(**members))
        assert error["type"] == "invalid_request_error"
        return str(error["message"])

    def update(self, deployment: dict[str, Any], **members: Any) -> dict[str, Any]:
        return self.registry.post(f"/deployments/{deployment['id']}", members)

    def get(self, deployment: dict[str, Any]) -> dict[str, Any]:
        return self.registry.get(f"/deployments/{deployment['id']}")

    def act(self, deployment: dict[str, Any], action: str) -> dict[str, Any]:
        return self.registry.post(f"/deployments/{deployment['id']}/{action}")

    def fire_in_vain(self, deployment: dict[str, Any], error: str, day: int = 1) -> None:
        """What the platform's scheduler does when a fire fails on a day of November."""
        with self.registry.client.app.state.database.transaction(write=True) as tx:
            record_failed_fire(tx, deployment["id"], error, datetime(2026, 11, day, 9, tzinfo=UTC))


@pytest.fixture
def fleet(registry: Registry) -> Fleet:
    return Fleet(registry)


def test_what_is_left_out_comes_back_filled(fleet: Fleet) -> None:
    deployment = fleet.deploy()
    assert deployment.pop("id").startswith("depl_")
    assert deployment.pop("created_at") == deployment.pop("updated_at")
    assert deployment == {
        "type": "deployment",
        "name": "d",
        "agent": {"type": "agent", "id": fleet.agent, "version": 1},
        "environment_id": fleet.environment,
        "initial_events": [MESSAGE],
        "description": None,
        "metadata": {},
        "resources": [],
        "vault_ids": [],
        "schedule": None,
        "status": "active",
        "paused_reason": None,
        "archived_at": None,
    }


@pytest.mark.parametrize("name", ["name", "agent", "environment_id", "initial_events"])
def test_required_members(fleet: Fleet, name: str) -> None:
    body = fleet.body()
    del body[name]
    message = fleet.registry.refused("POST", "/deployments", body)["message"]
    assert message == f"{name}: Field required"
    # None of them can be cleared either.
    deployment = fleet.deploy()
    fleet.registry.refused("POST", f"/deployments/{deployment['id']}", {name: None})
    assert fleet.get(deployment) == deployment


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"name": ""}, "name: String should have at least 1 character"),
        ({"agent": ""}, "agent: String should have at least 1 character"),
        ({"agent": {"id": "agent_1"}}, "agent.type: Field required"),
        ({"agent": {"type": "agent_with_overrides", "id": "agent_1"}}, "agent.type: Input should be 'agent'"),
        (
            {"agent": {"type": "agent", "id": "agent_1", "version": 0}},
            "agent.version: Input should be greater than or equal to 1",
        ),
        ({"agent": "agent_1"}, "agent: agent 'agent_1' was not found"),
        ({"environment_id": "env_1"}, "environment_id: environment 'env_1' was not found"),
        ({"vault_ids": ["vlt_1"]}, "vault_ids.0: vault 'vlt_1' was not found"),
        ({"vault_ids": ["vlt_1"] * 51}, "vault_ids: List should have at most 50 items, not 51"),
        ({"vault_ids": None}, "vault_ids: Input should be a valid list"),
        ({"resources": None}, "resources: Input should be a valid list"),
        ({"metadata": None}, "metadata: Input should be an object"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata: at most 16 pairs are allowed, not 17"),
        ({"paused": True}, "paused: Extra inputs are not permitted"),
        ({"status": "paused"}, "status: Extra inputs are not permitted"),
        ({"budget": {"type": "limit"}}, "budget.max_list_cost: Field required"),
        (
            {"budget": {"type": "limit", "max_list_cost": {"amount": "1", "currency": "EUR"}}},
            "budget.max_list_cost.currency: Input should be 'USD'",
        ),
        ({"schedule": {"type": "cron", "expression": "0 9 * * *"}}, "schedule.timezone: Field required"),
        ({"schedule": {**DAILY, "timezone": "Mars"}}, "schedule.timezone: 'Mars' is not an IANA time zone"),
        (
            {"schedule": {**DAILY, "expression": "@daily"}},
            "schedule.expression: a cron expression has 5 fields",
        ),
        (
            {"schedule": {**DAILY, "last_run_at": None}},
            "schedule.last_run_at: Extra inputs are not permitted",
        ),
        (
            {"schedule": {"type": "cron", "expression": "30 2 25-31 3 */7", "timezone": "Europe/Zurich"}},
            "schedule.expression: no time of the next fifty years in Europe/Zurich matches",
        ),
    ],
)
def test_refused_members(fleet: Fleet, members: dict[str, Any], message: str) -> None:
    assert fleet.why_not(**members).startswith(message)
    assert fleet.registry.get("/deployments?include_archived=true")["data"] == []


@pytest.mark.parametrize("amount", ["0", "007", "25.00", "-1", "", "2 500", "1e3", 2500, None])
def test_a_budget_is_in_whole_cents(fleet: Fleet, amount: Any) -> None:
    budget = {"type": "limit", "max_list_cost": {"amount": amount, "currency": "USD"}}
    assert fleet.why_not(budget=budget).startswith("budget.max_list_cost.amount: Input should be a")


# --- the agent ---


def test_the_agent_is_pinned_when_it_is_sent(fleet: Fleet) -> None:
    deployment = fleet.deploy()
    fleet.registry.post(f"/agents/{fleet.agent}", {"system": "two"})
    assert fleet.get(deployment)["agent"]["version"] == 1
    assert fleet.update(deployment, description="x")["agent"]["version"] == 1
    assert fleet.update(deployment, agent=fleet.agent)["agent"]["version"] == 2
    pinned = {"type": "agent", "id": fleet.agent, "version": 1}
    assert fleet.update(deployment, agent=pinned)["agent"] == pinned
    assert fleet.update(deployment, agent={"type": "agent", "id": fleet.agent})["agent"]["version"] == 2
    pinned["version"] = 3
    error = fleet.registry.refused("POST", f"/deployments/{deployment['id']}", {"agent": pinned})
    assert error["message"] == f"agent: agent '{fleet.agent}' has no version 3"


def test_archiving_an_agent_archives_its_deployments(fleet: Fleet) -> None:
    other = fleet.registry.agent()["id"]
    paused, early, moved, elsewhere = (fleet.deploy(schedule=DAILY) for _ in range(4))
    fleet.act(paused, "pause")
    early = fleet.act(early, "archive")
    fleet.update(moved, agent=other)
    elsewhere = fleet.update(elsewhere, agent={"type": "agent", "id": other, "version": 1})

    archived = fleet.registry.post(f"/agents/{fleet.agent}/archive")
    now = fleet.get(paused)
    assert now["archived_at"] == now["updated_at"] == archived["archived_at"]
    assert (now["status"], now["paused_reason"], now["schedule"]["upcoming_runs_at"]) == ("active", None, [])
    assert fleet.get(early) == early
    assert fleet.get(moved)["archived_at"] is None
    assert fleet.get(elsewhere)["archived_at"] is None
    fleet.registry.post(f"/agents/{fleet.agent}/archive")
    assert fleet.get(paused) == now


def test_what_is_archived_cannot_be_deployed(fleet: Fleet) -> None:
    deployment = fleet.deploy(vault_ids=[fleet.vault])
    attached = {"type": "memory_store", "memory_store_id": fleet.store}
    other = fleet.registry.agent()["id"]
    for path in (
        f"/agents/{other}",
        f"/environments/{fleet.environment}",
        f"/vaults/{fleet.vault}",
        f"/memory_stores/{fleet.store}",
    ):
        fleet.registry.post(f"{path}/archive")
    for members, at in (
        ({"agent": other}, "agent"),
        ({"environment_id": fleet.environment}, "environment_id"),
        ({"vault_ids": [fleet.vault]}, "vault_ids.0"),
        ({"resources": [attached]}, "resources.0.memory_store_id"),
    ):
        error = fleet.registry.refused("POST", f"/deployments/{deployment['id']}", members)
        assert error["message"].startswith(f"{at}: ")
        assert error["message"].endswith(" is archived")
    # What is not sent is not looked at.
    assert fleet.update(deployment, name="still")["name"] == "still"


# --- events ---


def test_events_come_back_as_sent(fleet: Fleet) -> None:
    document = {
        "type": "document",
        "source": {"type": "file", "file_id": "file_1"},
        "title": "T",
        "context": None,
    }
    message = {
        "type": "user.message",
        "content": [
            {"type": "text", "text": "Look."},
            {"type": "image", "source": {"type": "base64", "data": "aGk=", "media_type": "image/png"}},
            {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
            {"type": "image", "source": {"type": "file", "file_id": "file_2"}},
            document,
            {
                "type": "document",
                "source": {"type": "text", "data": "d", "media_type": "text/plain"},
                "title": None,
                "context": "c",
            },
        ],
    }
    outcome = {**OUTCOME, "rubric": {"type": "file", "file_id": "file_3"}, "max_iterations": 20}
    events = [outcome, message, SYSTEM]
    assert fleet.deploy(initial_events=events)["initial_events"] == events


def test_optional_members_of_events_come_back_as_null(fleet: Fleet) -> None:
    block = {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}}
    sent = [OUTCOME, {"type": "user.message", "content": [block]}]
    outcome, message = fleet.deploy(initial_events=sent)["initial_events"]
    assert outcome == {**OUTCOME, "max_iterations": None}
    assert message["content"] == [{**block, "context": None, "title": None}]


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([], "initial_events: List should have at least 1 item"),
        ([MESSAGE] * 51, "initial_events: List should have at most 50 items, not 51"),
        ([{"type": "user.interrupt"}], "initial_events.0.type: Input should be 'user.message' or"),
        ([{"type": "user.message"}], "initial_events.0.content: Field required"),
        (
            [{"type": "user.message", "content": "Go."}],
            "initial_events.0.content: Input should be a valid list",
        ),
        (
            [{"type": "user.message", "content": []}],
            "initial_events.0.content: List should have at least 1 item",
        ),
        ([SYSTEM], "initial_events.0: a system.message has to follow a user.message directly"),
        ([OUTCOME, SYSTEM], "initial_events.1: a system.message has to follow a user.message directly"),
        ([MESSAGE, SYSTEM, MESSAGE], "initial_events.1: a system.message has to be the last event"),
        ([MESSAGE, SYSTEM, SYSTEM], "initial_events.1: a system.message has to be the last event"),
        (
            [MESSAGE, {**SYSTEM, "content": [{"type": "image", "source": {"type": "url", "url": "u"}}]}],
            "initial_events.1.content.0.source: Extra inputs are not permitted",
        ),
        (
            [MESSAGE, {**SYSTEM, "content": SYSTEM["content"] * 1001}],
            "initial_events.1.content: List should have at most 1000 items, not 1001",
        ),
        (
            [{**OUTCOME, "rubric": {"type": "text", "content": "x" * 262_145}}],
            "initial_events.0.rubric.content: String should have at most 262144 characters",
        ),
        ([{**OUTCOME, "max_iterations": 0}], "initial_events.0.max_iterations: Input should be greater than"),
        ([{**OUTCOME, "max_iterations": 21}], "initial_events.0.max_iterations: Input should be less than"),
        ([{**OUTCOME, "rubric": None}], "initial_events.0.rubric: Input should be an object"),
    ],
)
def test_refused_events(fleet: Fleet, events: list[Any], message: str) -> None:
    assert fleet.why_not(initial_events=events).startswith(message)


# --- resources ---


def test_resources_come_back_without_the_token(fleet: Fleet) -> None:
    file = {"type": "file", "file_id": "file_1", "mount_path": "/data.csv"}
    store = {
        "type": "memory_store",
        "memory_store_id": fleet.store,
        "access": "read_only",
        "instructions": "Look here first.",
    }
    deployment = fleet.deploy(resources=[REPOSITORY, file, store])
    returned = {name: value for name, value in REPOSITORY.items() if name != "authorization_token"}
    assert deployment["resources"] == [returned, file, store]


def test_optional_members_of_resources_come_back_as_null(fleet: Fleet) -> None:
    repository = {"type": "github_repository", "url": "https://github.com/o/r"}
    file = {"type": "file", "file_id": "file_1"}
    store = {"type": "memory_store", "memory_store_id": fleet.store}
    assert fleet.deploy(resources=[repository, file, store])["resources"] == [
        {**repository, "checkout": None, "mount_path": None},
        {**file, "mount_path": None},
        {**store, "access": None, "instructions": None},
    ]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            {"type": "folder"},
            "resources.0.type: Input should be 'github_repository' or 'file' or 'memory_store'",
        ),
        ({"type": "github_repository"}, "resources.0.url: Field required"),
        ({**REPOSITORY, "url": "https://github.com/o/r.git"}, "resources.0.url: Input should be a GitHub"),
        (
            {**REPOSITORY, "url": f"https://{TOKEN}@github.com/o/r"},
            "resources.0.url: Input should be a GitHub",
        ),
        ({**REPOSITORY, "url": "https://gitlab.com/o/r"}, "resources.0.url: Input should be a GitHub"),
        ({**REPOSITORY, "url": "https://github.com/o"}, "resources.0.url: Input should be a GitHub"),
        (
            {**REPOSITORY, "authorization_token": None},
            "resources.0.authorization_token: Input should be a valid string",
        ),
        (
            {**REPOSITORY, "checkout": {"type": "commit", "sha": "abc1234"}},
            "resources.0.checkout.sha: Input should be a full commit SHA",
        ),
        ({**REPOSITORY, "mount_path": "/srv/code"}, "resources.0.mount_path: a repository is mounted below"),
        (
            {**REPOSITORY, "mount_path": "/workspace/../x"},
            "resources.0.mount_path: a repository is mounted below",
        ),
        ({"type": "file"}, "resources.0.file_id: Field required"),
        (
            {"type": "memory_store", "memory_store_id": "memstore_1"},
            "resources.0.memory_store_id: memory store 'memstore_1' was not found",
        ),
        (
            {"type": "memory_store", "memory_store_id": "m", "access": "write"},
            "resources.0.access: Input should be 'read_write' or 'read_only'",
        ),
        (
            {"type": "memory_store", "memory_store_id": "m", "instructions": "x" * 4097},
            "resources.0.instructions: String should have at most 4096 characters",
        ),
    ],
)
def test_refused_resources(fleet: Fleet, resource: dict[str, Any], message: str) -> None:
    refusal = fleet.why_not(resources=[resource])
    assert refusal.startswith(message)
    assert TOKEN not in refusal


def test_at_most_500_resources(fleet: Fleet) -> None:
    file = {"type": "file", "file_id": "file_1"}
    assert len(fleet.deploy(resources=[file] * 500)["resources"]) == 500
    assert fleet.why_not(resources=[file] * 501) == "resources: List should have at most 500 items, not 501"


def test_no_token_is_in_the_file_or_in_an_answer(tmp_path: Path) -> None:
    app = create_app(tmp_path / "registry.db")
    fleet = Fleet(Registry(app))
    answers = []
    deployment = fleet.deploy(resources=[REPOSITORY])
    for path, body in (
        ("/deployments", fleet.body(resources=[REPOSITORY])),
        (f"/deployments/{deployment['id']}", {"resources": [REPOSITORY]}),
        ("/deployments", fleet.body(resources=[{**REPOSITORY, "url": TOKEN}])),
        ("/deployments", fleet.body(resources=[{**REPOSITORY, "authorization_token": [TOKEN]}])),
    ):
        answers.append(fleet.registry.send("POST", path, body).text)
    answers.append(fleet.registry.send("GET", "/deployments").text)
    held = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    app.state.database.close()
    held += (tmp_path / "registry.db").read_bytes()
    assert REPOSITORY["mount_path"].encode() in held
    assert TOKEN.encode() not in held
    assert not [answer for answer in answers if TOKEN in answer]


# --- updates ---


def test_an_update_that_changes_nothing(fleet: Fleet) -> None:
    deployment = fleet.deploy(description="d", metadata={"k": "v"}, schedule=DAILY, budget=BUDGET)
    same: list[dict[str, Any]] = [
        {},
        {"metadata": None},
        {"metadata": {"absent": None}},
        {"description": "d", "schedule": DAILY, "budget": BUDGET},
        {"agent": fleet.agent, "environment_id": fleet.environment, "initial_events": [MESSAGE]},
        {"resources": None, "vault_ids": []},
    ]
    for body in same:
        assert fleet.update(deployment, **body) == deployment


def test_members_are_replaced_and_cleared(fleet: Fleet) -> None:
    file = {"type": "file", "file_id": "file_1", "mount_path": None}
    deployment = fleet.deploy(
        description="d", schedule=DAILY, budget=BUDGET, vault_ids=[fleet.vault], resources=[file]
    )
    for empty in (None, []):
        full = fleet.update(deployment, vault_ids=[fleet.vault], resources=[file])
        assert (full["vault_ids"], full["resources"]) == ([fleet.vault], [file])
        bare = fleet.update(deployment, vault_ids=empty, resources=empty)
        assert (bare["vault_ids"], bare["resources"]) == ([], [])
    for cleared in (None, ""):
        assert fleet.update(deployment, description="e")["description"] == "e"
        assert fleet.update(deployment, description=cleared)["description"] is None
    assert fleet.update(deployment, schedule=None)["schedule"] is None
    assert fleet.update(deployment, initial_events=[OUTCOME])["initial_events"][0]["type"] == OUTCOME["type"]


def test_an_unset_budget_is_absent(fleet: Fleet) -> None:
    deployment = fleet.deploy(budget=BUDGET)
    assert deployment["budget"] == BUDGET
    assert "budget" not in fleet.update(deployment, budget=None)
    assert fleet.update(deployment, budget=BUDGET)["budget"] == BUDGET


def test_metadata_merges(fleet: Fleet) -> None:
    deployment = fleet.deploy(metadata={"a": "1", "b": "2"})
    assert fleet.update(deployment, metadata={"a": None, "c": "3"})["metadata"] == {"b": "2", "c": "3"}


def test_a_token_that_is_sent_counts_as_a_change(fleet: Fleet) -> None:
    deployment = fleet.deploy(resources=[REPOSITORY])
    changed = fleet.update(deployment, resources=[REPOSITORY])
    assert changed["updated_at"] > deployment["updated_at"]
    assert {**changed, "updated_at": None} == {**deployment, "updated_at": None}
    returned = deployment["resources"]
    assert fleet.update(deployment, resources=returned) == changed


# --- schedules ---


def test_the_next_five_occurrences_move_with_the_clock() -> None:
    clock = Clock()
    app = create_app(":memory:", clock=clock)
    fleet = Fleet(Registry(app))
    clock.now = datetime(2026, 10, 23, 12, tzinfo=UTC)
    schedule = {"type": "cron", "expression": "30 2 * * *", "timezone": "Europe/Zurich"}
    deployment = fleet.deploy(schedule=schedule)
    assert deployment["schedule"] == {
        **schedule,
        "last_run_at": None,
        "upcoming_runs_at": [
            "2026-10-24T00:30:00.000000Z",
            # The night the clock goes back, half past two comes twice.
            "2026-10-25T00:30:00.000000Z",
            "2026-10-25T01:30:00.000000Z",
            "2026-10-26T01:30:00.000000Z",
            "2026-10-27T01:30:00.000000Z",
        ],
    }
    clock.now = datetime(2027, 3, 27, 12, tzinfo=UTC)
    # The night it goes forward, there is none.
    assert fleet.get(deployment)["schedule"]["upcoming_runs_at"][0] == "2027-03-29T00:30:00.000000Z"
    (listed,) = fleet.registry.get("/deployments")["data"]
    assert listed["schedule"]["upcoming_runs_at"][0] == "2027-03-29T00:30:00.000000Z"
    app.state.database.close()


def test_a_thousand_deployments_have_a_schedule(fleet: Fleet) -> None:
    first, unscheduled = fleet.deploy(schedule=DAILY), fleet.deploy()
    with fleet.registry.client.app.state.database.transaction(write=True) as tx:
        tx.executemany(
            "INSERT INTO deployments (id, agent_id, created_at, updated_at, body) "
            "SELECT ?, agent_id, created_at, updated_at, body FROM deployments WHERE id = ?",
            [(f"depl_{number}", first["id"]) for number in range(999)],
        )
    assert "1000 deployments with a schedule" in fleet.why_not(schedule=DAILY)
    path = f"/deployments/{unscheduled['id']}"
    assert "1000" in fleet.registry.refused("POST", path, {"schedule": DAILY})["message"]
    fleet.deploy()
    # One that has a schedule already may get another.
    assert fleet.update(first, schedule={**DAILY, "expression": "0 8 * * *"})["schedule"]
    fleet.act(first, "archive")
    fleet.deploy(schedule=DAILY)


# --- pausing ---


def test_pausing_and_unpausing(fleet: Fleet) -> None:
    deployment = fleet.deploy(schedule=DAILY)
    paused = fleet.act(deployment, "pause")
    assert (paused["status"], paused["paused_reason"]) == ("paused", {"type": "manual"})
    assert paused["updated_at"] > deployment["updated_at"]
    assert len(paused["schedule"]["upcoming_runs_at"]) == 5
    assert fleet.act(deployment, "pause") == paused

    renamed = fleet.update(deployment, name="renamed")
    assert (renamed["name"], renamed["status"]) == ("renamed", "paused")

    active = fleet.act(deployment, "unpause")
    assert (active["status"], active["paused_reason"]) == ("active", None)
    assert fleet.act(deployment, "unpause") == active


@pytest.mark.parametrize("error", sorted(RUN_ERRORS))
def test_a_failed_fire_pauses_unless_it_may_pass_by_itself(fleet: Fleet, error: str) -> None:
    deployment = fleet.deploy(schedule=DAILY)
    fleet.fire_in_vain(deployment, error)
    now = fleet.get(deployment)
    if error in PAUSING_ERRORS:
        assert (now["status"], now["paused_reason"]) == (
            "paused",
            {"type": "error", "error": {"type": error}},
        )
    else:
        assert now == deployment
    (run,) = fleet.registry.get(f"/deployment_runs?deployment_id={deployment['id']}")["data"]
    assert run["error"]["type"] == error
    assert run["trigger_context"] == {"type": "schedule", "scheduled_at": "2026-11-01T09:00:00.000000Z"}


def test_what_the_platform_paused_is_unpaused_or_paused_by_hand(fleet: Fleet) -> None:
    deployment = fleet.deploy(schedule=DAILY)
    fleet.fire_in_vain(deployment, "vault_archived_error")
    assert fleet.act(deployment, "pause")["paused_reason"] == {"type": "manual"}
    fleet.fire_in_vain(deployment, "vault_archived_error", day=2)
    assert fleet.act(deployment, "unpause")["status"] == "active"


def test_only_a_live_schedule_can_fire(fleet: Fleet) -> None:
    manual, archived = fleet.deploy(), fleet.deploy(schedule=DAILY)
    fleet.act(archived, "archive")
    for deployment in (manual, archived, {"id": "depl_x"}):
        with pytest.raises(ValueError, match="no live deployment"):
            fleet.fire_in_vain(deployment, "unknown_error")
    with pytest.raises(ValueError, match="not an error of a run"):
        fleet.fire_in_vain(fleet.deploy(schedule=DAILY), "conflict_error")


# --- archiving, lists ---


def test_archiving_is_final(fleet: Fleet) -> None:
    deployment = fleet.deploy(schedule=DAILY)
    fleet.act(deployment, "pause")
    archived = fleet.act(deployment, "archive")
    assert archived["archived_at"] == archived["updated_at"] > deployment["updated_at"]
    assert (archived["status"], archived["paused_reason"]) == ("active", None)
    assert archived["schedule"] == {**DAILY, "last_run_at": None, "upcoming_runs_at": []}
    assert fleet.act(deployment, "archive") == archived
    path = f"/deployments/{deployment['id']}"
    for action, body in (("", {"name": "x"}), ("/pause", None), ("/unpause", None), ("/run", None)):
        assert "archived" in fleet.registry.refused("POST", path + action, body)["message"]
    assert fleet.get(deployment) == archived


def test_there_is_no_delete(fleet: Fleet) -> None:
    fleet.registry.refused("DELETE", f"/deployments/{fleet.deploy()['id']}", status=405)


@pytest.mark.parametrize("action", ["", "/archive", "/pause", "/unpause", "/run"])
def test_unknown_deployments(fleet: Fleet, action: str) -> None:
    body = None if action else {}
    error = fleet.registry.refused("POST", f"/deployments/depl_x{action}", body, status=404)
    assert error["type"] == "not_found_error"
    fleet.registry.refused("GET", "/deployments/depl_x", status=404)


def test_list_filters(fleet: Fleet) -> None:
    other = fleet.registry.agent()["id"]
    first, paused, elsewhere, archived = (
        fleet.deploy(agent=agent) for agent in (fleet.agent, fleet.agent, other, other)
    )
    fleet.act(paused, "pause")
    fleet.act(archived, "archive")

    def ids(query: str) -> list[str]:
        return [each["id"] for each in fleet.registry.get(f"/deployments{query}")["data"]]

    assert ids("") == [elsewhere["id"], paused["id"], first["id"]]
    assert ids("?include_archived=true") == [archived["id"], elsewhere["id"], paused["id"], first["id"]]
    assert ids(f"?agent_id={other}") == [elsewhere["id"]]
    assert ids("?agent_id=agent_x") == []
    assert ids("?status=paused") == [paused["id"]]
    assert ids("?status=active") == [elsewhere["id"], first["id"]]
    assert ids(f"?created_at[gte]={elsewhere['created_at']}") == [elsewhere["id"]]
    assert ids(f"?created_at[lte]={first['created_at']}") == [first["id"]]
    page = fleet.registry.get("/deployments?limit=2")
    assert ids(f"?limit=2&page={page['next_page']}") == [first["id"]]
    for query in ("?status=archived", "?status=active&include_archived=true", "?limit=101"):
        fleet.registry.refused("GET", f"/deployments{query}")


# --- whatever comes in ---


@pytest.fixture(scope="module")
def world() -> Iterator[Fleet]:
    app = create_app(":memory:", clock=Clock())
    yield Fleet(Registry(app))
    app.state.database.close()


def everything(fleet: Fleet) -> dict[str, Any]:
    """A body with every member there is."""
    return fleet.body(
        agent={"type": "agent", "id": fleet.agent, "version": 1},
        description="d",
        metadata={"k": "v"},
        initial_events=[OUTCOME, MESSAGE, SYSTEM],
        vault_ids=[fleet.vault],
        resources=[
            REPOSITORY,
            {"type": "memory_store", "memory_store_id": fleet.store, "access": "read_only"},
        ],
        schedule=DAILY,
        budget=BUDGET,
    )


@FUZZ
@given(data=st.data())
def test_bodies_with_one_random_member_are_answered(world: Fleet, data: st.DataObject) -> None:
    body = with_one_random_member(copy.deepcopy(everything(world)), data)
    created = post(world, "/deployments", body)
    assert created.status_code in (200, 400)
    if created.status_code == 200:
        path = f"/deployments/{created.json()['id']}"
        assert post(world, path, body).status_code == 200
        assert world.registry.post(f"{path}/archive")["archived_at"] is not None


def test_the_starting_point_is_valid(world: Fleet) -> None:
    created = world.registry.post("/deployments", everything(world))
    assert world.registry.post(f"/deployments/{created['id']}", everything(world))["id"] == created["id"]
