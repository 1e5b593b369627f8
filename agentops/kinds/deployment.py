"""The kind ``deployment``: an agent, an environment, what sessions start with, and a schedule to start them.

Every field can be changed in place until the deployment is archived, which is final. One with a schedule acts
from the moment it is created.

``paused`` is ours: the API has calls for it instead of a field. The platform pauses a deployment by itself
when a run fails for good; that is told as a condition and is no difference, because nobody asked for it.

Sources: API reference, "Scheduled deployments"; SDK types ``DeploymentCreateParams``,
``BetaManagedAgentsDeployment`` and those named at the shapes. That a null mount path, access or number of
iterations means the default is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, BeforeValidator

from agentops.domain.diagnostics import Code
from agentops.domain.kind import EACH, Advice, Clear, Field, Kind, Removal, Slot, Switch
from agentops.domain.resource import Body
from agentops.kinds.cron import check_expression, check_zone, trap_in_words
from agentops.kinds.deployment_surface import deployment_surface
from agentops.kinds.events import (
    MAX_EVENTS,
    Event,
    complete_event,
    event_problems,
    message_of,
    outcome_advice,
)
from agentops.kinds.mounts import MAX_RESOURCES, Resource, complete_resource, mount_problems
from agentops.kinds.rates import MANAGED_AGENTS
from agentops.kinds.references import AgentOrId, complete_reference
from agentops.kinds.schema import (
    METADATA,
    Metadata,
    NonEmpty,
    Problem,
    Request,
    Shape,
    completed_each,
    known_by_type,
    known_members,
    refusal,
)

_MAX_VAULTS = 50


class Schedule(Shape):
    """SDK type ``BetaManagedAgentsScheduleParams``."""

    type: Literal["cron"]
    expression: Annotated[str, AfterValidator(check_expression)]
    timezone: Annotated[str, AfterValidator(check_zone)]


def _amount_as_text(amount: Any) -> Any:
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        raise refusal(Code.WRONG_TYPE, "an amount is text in whole US cents; write '2500' for $25.00")
    return amount


def _check_amount(amount: str) -> str:
    if not re.fullmatch("[1-9][0-9]*", amount):
        message = f"'{amount}' is not an amount; write whole US cents above 0, e.g. '2500' for $25.00"
        raise refusal(Code.INVALID_VALUE, message)
    return amount


class Money(Shape):
    """SDK type ``BetaMonetaryAmountParam``."""

    amount: Annotated[str, BeforeValidator(_amount_as_text), AfterValidator(_check_amount)]
    currency: Literal["USD"]


class Budget(Shape):
    """SDK type ``BetaManagedAgentsBudgetLimitParam``."""

    type: Literal["limit"]
    max_list_cost: Money


class DeploymentCreate(Request):
    name: NonEmpty
    agent: AgentOrId
    environment_id: NonEmpty
    initial_events: Annotated[list[Event], pydantic.Field(min_length=1, max_length=MAX_EVENTS)]
    description: str | None = None
    resources: list[Resource] = pydantic.Field(default_factory=list, max_length=MAX_RESOURCES)
    vault_ids: list[NonEmpty] = pydantic.Field(default_factory=list, max_length=_MAX_VAULTS)
    schedule: Schedule | None = None
    budget: Budget | None = None
    metadata: Metadata = pydantic.Field(default_factory=dict)
    paused: bool | None = None

    def rules(self) -> Iterator[Problem]:
        yield from event_problems(self.initial_events)
        yield from mount_problems(self.resources)


def complete(body: Body) -> Body:
    """With the API's defaults. The version of an agent stays absent where none is pinned, since the API pins
    the one that is the latest when it is told."""
    filled = known_members(body, DeploymentCreate)
    if (paused := _paused(body)) is None:
        filled.pop("paused", None)
    else:
        filled["paused"] = paused
    filled["description"] = None if filled.get("description") == "" else filled.get("description")
    if "agent" in filled:
        filled["agent"] = complete_reference(filled["agent"])
    if "initial_events" in filled:
        filled["initial_events"] = completed_each(filled["initial_events"], complete_event)
    filled["resources"] = completed_each(filled.get("resources", []), complete_resource)
    if "schedule" in filled:
        filled["schedule"] = known_by_type(filled["schedule"], {"cron": Schedule})
    if "budget" in filled:
        filled["budget"] = _budget(filled["budget"])
    return {"vault_ids": [], "metadata": {}, **filled}


def _paused(body: Body) -> Any:
    """What a file says; of what the registry returned, only what somebody decided."""
    if "status" not in body:
        return body.get("paused")
    match body:
        case {"status": "active"}:
            return False
        case {"status": "paused", "paused_reason": {"type": "manual"}}:
            return True
    return None


def _budget(budget: Any) -> Any:
    filled = known_by_type(budget, {"limit": Budget})
    match filled:
        case {"type": "limit", "max_list_cost": Mapping() as cost}:
            return {**filled, "max_list_cost": known_members(cost, Money)}
    return filled


PAUSED_SINCE: Mapping[str, str] = {
    "agent_archived_error": "its agent is archived",
    "environment_archived_error": "its environment is archived",
    "environment_not_found_error": "its environment is gone",
    "file_not_found_error": "a file it needs is gone",
    "mcp_egress_blocked_error": "its environment's networking keeps an MCP server of its agent out",
    "memory_store_archived_error": "a memory store it mounts is archived",
    "organization_disabled_error": "the organization is disabled",
    "self_hosted_resources_unsupported_error": "its environment is self-hosted and mounts memory stores only",
    "session_resource_not_found_error": "something it mounts is gone",
    "skill_not_found_error": "a skill of its agent is gone",
    "unknown_error": "a run failed for an unknown reason",
    "vault_archived_error": "a vault of it is archived",
    "vault_not_found_error": "a vault of it is gone",
    "workspace_archived_error": "its workspace is archived",
}
"""Why the platform pauses a deployment, by the type of the error of the run that failed."""


def condition(live: Body) -> str | None:
    """That the platform paused it. Whatever somebody decided is no news."""
    match live:
        case {"status": "paused", "paused_reason": {"type": "manual"}}:
            return None
        case {"status": "paused", "paused_reason": {"error": {"type": str(error)}}}:
            since = f"{PAUSED_SINCE.get(error, 'a run failed')} ({error})"
        case {"status": "paused"}:
            since = "a run failed"
        case _:
            return None
    return f"it is paused by the platform since {since}; nothing runs until it is unpaused"


def advice(body: Body) -> Iterator[Advice]:
    yield from outcome_advice(body.get("initial_events"))
    match body.get("schedule"):
        case {"type": "cron", "expression": str(expression), "timezone": str(zone)}:
            yield from _schedule_advice(expression, zone)


def _schedule_advice(expression: str, zone: str) -> Iterator[Advice]:
    if (said := trap_in_words(expression, zone)) is not None:
        yield Advice(("schedule", "expression"), *said)


DEPLOYMENT = Kind(
    name="deployment",
    directory="deployments",
    path="/v1/deployments",
    beta="managed-agents-2026-04-01",
    id_prefix="depl_",
    schema=DeploymentCreate,
    fields={
        "name": Field(clear=Clear.NEVER),
        "agent": Field(clear=Clear.NEVER),
        "environment_id": Field(clear=Clear.NEVER),
        "initial_events": Field(clear=Clear.NEVER),
        "description": Field(),
        "resources": Field(default=[], identity=("type", "url", "file_id", "memory_store_id")),
        "vault_ids": Field(default=[]),
        "schedule": Field(),
        "budget": Field(),
        "metadata": METADATA,
        "paused": Field(clear=Clear.NEVER, unseen=True, optional=True),
    },
    removal=Removal.ARCHIVE,
    rates=MANAGED_AGENTS,
    text_field="initial_events",
    prose=message_of,
    complete=complete,
    secrets=True,
    slots=(
        Slot(("agent",), "agent", type="agent", id="id", version="version"),
        Slot(("environment_id",), "environment"),
        Slot(("vault_ids", EACH), "vault"),
        Slot(("resources", EACH), "memory_store", type="memory_store", id="memory_store_id"),
    ),
    switch=Switch(field="paused", on="pause", off="unpause", arms="schedule"),
    advice=advice,
    condition=condition,
    surface=deployment_surface,
)
