"""What ``validate`` accepts, the embedded registry takes: no 400 comes as a surprise at apply.

Bodies are drawn from what is legal, then spoilt in one to three places with values that are nearly right.
Whatever our schemas still accept has to be accepted by the registry, but for the exceptions named here.
"""

from __future__ import annotations

import copy
import zoneinfo
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from agentops.emulator import create_app
from agentops.kinds import CATALOG
from tests.emulator.conftest import Registry
from tests.kinds.strategies import BODIES, agent_bodies, as_sent, deployment_bodies

REGISTRY = Registry(create_app(":memory:"))


def made(path: str, **body: Any) -> str:
    """The ID of something that bodies can refer to."""
    return str(REGISTRY.post(path, body)["id"])


LEAVES = [made("/agents", name=name, model="claude-opus-5-5") for name in ("a", "b", "c")]
ENVIRONMENT = made("/environments", name="sandbox")
VAULTS = [made("/vaults", display_name=name) for name in ("a", "b")]
STORES = [made("/memory_stores", name=name) for name in ("a", "b")]
REQUESTS = {
    **{name: bodies for name, bodies in BODIES.items() if name != "skill"},  # which is no JSON
    "agent": agent_bodies(LEAVES),
    "deployment": deployment_bodies(LEAVES[0], ENVIRONMENT, VAULTS, STORES, files=["file_1"]),
}

EDGES: tuple[Any, ...] = (
    *("", " ", "x", "x" * 300, "x" * 3_000, "é", "\x00", "latest", "eu", "fast", "max", "all", "none"),
    *("claude-3-opus-20240229", "claude-opus-4-1", "claude-haiku-4-5", "claude-opus-4-7", "sonnet"),
    *(
        "a_b.example.com",
        "a..b",
        "a" * 64 + ".com",
        "-a.com",
        "a-.com",
        "*.a.com",
        "A.COM",
        "a.com/b",
        "10.0.0.1",
    ),
    *(
        "bücher.example",
        "a.com.",
        "1.2",
        "localhost",
        "https://a.b/c",
        "ftp://a.b",
        "https://",
        "http://a:0/",
    ),
    *("0 9 * * 1-5", "*/7 * * * *", "0 0 31 2 *", "0 0 31 2 1", "5/15 * * * *", "0 9 * * MON", "@daily"),
    *("UTC", "US/Eastern", "2500", "0", "025", "file:x", "env:TOKEN", "API_KEY", "A-B", "user.message"),
    *(
        "https://github.com/o/r",
        "https://github.com/o/r.git",
        "/data",
        "/workspace/x",
        "/workspace/../x",
        "/a//b",
    ),
    *("2999-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2999-01-01", "YQ==", "enabled", "disabled"),
    *({"type": "self"}, {"type": "disabled"}, {"type": "enabled"}, {"secret": "env:X"}, {"header": True}),
    *("Mars/Base", "Europe/Berlin", "DE", "ZZ", "bash", "web_search", "mcp__x", "a b", "approximate"),
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        10**30,
        1.5,
        [],
        {},
        [""],
        [None],
        {"type": "none"},
        {"type": "always_ask"},
    ),
)
PATHS = {
    "agent": "/agents",
    "environment": "/environments",
    "memory_store": "/memory_stores",
    "vault": "/vaults",
    "deployment": "/deployments",
}
LAW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every member and item below a value: what holds it, and its key or index."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else range(len(value))
    return [(value, key) for key in keys] + [below for key in keys for below in places(value[key])]


@st.composite
def nearly_legal(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    body = copy.deepcopy(draw(REQUESTS[kind]))
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(places(body)))
        what = draw(st.sampled_from(["replaced", "repeated", "removed"]))
        if what == "replaced":
            holder[key] = copy.deepcopy(draw(st.sampled_from(EDGES)))
        elif what == "repeated" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif what == "removed" and len(body) > 1:
            del holder[key]
    return body


def exception(kind: str, body: dict[str, Any]) -> str | None:
    """Why the embedded registry may refuse what we accept, or None where it may not."""
    if kind == "agent":
        return exception_of_agent(body)
    if kind == "deployment":
        return exception_of_deployment(body)
    if kind == "credential" and (body["auth"].get("expires_at") or "2999") < "2999":
        return "a time that is past: the registry has the clock"
    return None


def exception_of_agent(body: dict[str, Any]) -> str | None:
    model = body["model"] if isinstance(body["model"], dict) else {"id": body["model"]}
    entries = list(roster_of(body.get("multiagent") or {}))
    advisor = (body.get("multiagent") or {}).get("advisor") or {}
    advisors = [
        entry["model"] for entry in (*entries, advisor) if isinstance(entry, dict) and "model" in entry
    ]
    if not all(name.startswith("claude-") for name in (model["id"], *advisors)):
        return "an ID of no known family: the SDK types allow any string, the service knows its models"
    if model.get("speed") == "fast" and model["id"] == "claude-opus-4-7":
        return "fast mode, which the registry knows by model and we do not"
    others = [entry for entry in map(reference_of, entries) if entry is not None]
    if not all(map(is_there, others)):
        return "an agent or a version that nobody has: the registry has the list"
    if others and model.get("inference_geo") is not None:
        return "a geography that differs from those of others, which their files tell"
    for tool in body.get("tools", []):
        for entry in tool.get("configs", []):
            zone = (entry.get("user_location") or {}).get("timezone")
            if zone is not None and zone not in zoneinfo.available_timezones():
                return "a time zone: the registry has the list"
    return None


def roster_of(multiagent: dict[str, Any]) -> Iterator[Any]:
    yield from multiagent.get("agents", ())
    for member in ("subagents", "workflows"):
        yield from (multiagent.get(member) or {}).get("predefined_agents") or ()


def reference_of(entry: Any) -> tuple[str, int] | None:
    """The ID and version that an entry names; None where it is the agent itself or a model."""
    if isinstance(entry, str):
        return entry, 1
    return (entry["id"], entry.get("version", 1)) if entry["type"] == "agent" else None


def is_there(reference: tuple[str, int]) -> bool:
    return reference[0] in LEAVES and reference[1] == 1


def exception_of_deployment(body: dict[str, Any]) -> str | None:
    reference = reference_of(body["agent"])
    stores = [item["memory_store_id"] for item in body.get("resources", ()) if item["type"] == "memory_store"]
    known = {ENVIRONMENT, *VAULTS, *STORES}
    if not {body["environment_id"], *body.get("vault_ids", ()), *stores} <= known:
        return "an ID that nobody has: the registry has the list"
    return None if reference is not None and is_there(reference) else "an agent or a version nobody has"


def accepted(kind: str, body: dict[str, Any]) -> bool:
    try:
        CATALOG[kind].schema.model_validate(body)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", sorted(REQUESTS))
@LAW
@given(data=st.data())
def test_the_embedded_registry_takes_what_validates(kind: str, data: st.DataObject) -> None:
    body = data.draw(nearly_legal(kind))
    if not accepted(kind, body):
        event("not valid")
        return
    if (why := exception(kind, body)) is not None:
        event(why)
        return
    event("valid")
    path = PATHS.get(kind) or (new_store() if kind == "memory" else new_vault())
    answer = REGISTRY.send("POST", path, as_sent(CATALOG[kind], body))
    assert answer.status_code == 200, answer.text
    if kind == "environment":  # their names are unique
        REGISTRY.delete(f"/environments/{answer.json()['id']}")


def new_store() -> str:
    """The path of the memories of an empty store."""
    return f"/memory_stores/{REGISTRY.post('/memory_stores', {'name': 'x'})['id']}/memories"


def new_vault() -> str:
    """The path of the credentials of an empty vault."""
    return f"/vaults/{REGISTRY.post('/vaults', {'display_name': 'x'})['id']}/credentials"
