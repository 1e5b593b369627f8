"""What a deployment starts: which agent in which sandbox, with what mounted, when and for how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from agentops.domain.resource import Body
from agentops.domain.surface import Mount, Path, Schedule, Surface, Use
from agentops.kinds.agent_surface import use_of
from agentops.kinds.cron import check_zone, next_runs, read_cron, trap_in_words
from agentops.kinds.reading import (
    dotted,
    items_of,
    mapping_of,
    member_of,
    metadata_of,
    secrets_of,
    text_of,
    texts_of,
    words_of,
)
from agentops.kinds.references import complete_reference


def deployment_surface(body: Body) -> Surface:
    events = items_of(body.get("initial_events"))
    return Surface(
        name=text_of(body.get("name")) or "",
        description=words_of(body.get("description")),
        metadata=metadata_of(body),
        agent=_agent(body.get("agent")),
        environment=text_of(body.get("environment_id")),
        mounts={mount.store: mount for mount in _mounts(body.get("resources"))},
        vaults=texts_of(body.get("vault_ids")),
        schedule=_schedule(body.get("schedule")),
        paused=body["paused"] is True if "paused" in body else body.get("status") == "paused",
        budget=_cents(member_of(body, "budget", "max_list_cost", "amount")),
        starts={dotted(path): text for path, text in _texts(events, ("initial_events",))},
        secrets=secrets_of(body.get("resources"), "resources"),
        reaches={**dict(_repositories(body.get("resources"))), **dict(_fetched(events))},
    )


def _agent(reference: Any) -> Use | None:
    match complete_reference(reference):
        case {"type": "agent", "id": str(name)} as whole:
            return use_of(name, whole.get("version"), ("agent",))
    return None


def _mounts(resources: Any) -> Iterator[Mount]:
    for index, resource in enumerate(items_of(resources)):
        match resource:
            case {"type": "memory_store", "memory_store_id": str(store)}:
                yield Mount(store, resource.get("access") != "read_only", ("resources", index))


def _repositories(resources: Any) -> Iterator[tuple[str, str]]:
    for index, resource in enumerate(items_of(resources)):
        match resource:
            case {"type": "github_repository", "url": str(url)}:
                yield dotted(("resources", index, "url")), url


def _schedule(schedule: Any) -> Schedule | None:
    """One that this program cannot read is there, and never known to run."""
    match schedule:
        case {"type": "cron", "expression": str(expression), "timezone": str(zone)}:
            pass
        case Mapping():
            return Schedule(str(schedule.get("expression")), str(schedule.get("timezone")), _never)
        case _:
            return None
    try:
        read_cron(expression)
        check_zone(zone)
    except Exception:
        return Schedule(expression, zone, _never)
    trap, advice = trap_in_words(expression, zone) or ("", "")
    return Schedule(expression, zone, partial(next_runs, expression, zone), trap, advice)


def _never(after: datetime, count: int) -> tuple[datetime, ...]:
    return ()


def _cents(amount: Any) -> int | None:
    return int(amount) if isinstance(amount, str) and amount.isascii() and amount.isdigit() else None


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text that a session is told: of messages, of documents written out, of what is wanted."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))
    elif isinstance(value, Mapping):
        for name in _TOLD:
            member = value.get(name)
            if isinstance(member, str) and not (name == "data" and value.get("type") != "text"):
                yield (*path, name), member
        for name in ("content", "source", "rubric"):
            if not isinstance(value.get(name), str):
                yield from _texts(value.get(name), (*path, name))


_TOLD = ("text", "description", "content", "title", "context", "data")


def _fetched(events: list[Any]) -> Iterator[tuple[str, str]]:
    """The addresses of images and documents that are fetched when a session starts."""
    for index, event in enumerate(events):
        for position, block in enumerate(items_of(mapping_of(event).get("content"))):
            if (url := text_of(member_of(block, "source", "url"))) is not None:
                yield dotted(("initial_events", index, "content", position, "source", "url")), url
