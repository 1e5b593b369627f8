"""What ``validate`` accepts, the embedded registry takes: no 400 comes as a surprise at apply.

Bodies are drawn from what is legal, then spoilt in one to three places with values that are nearly right.
Whatever our schemas still accept has to be accepted by the registry, but for the exceptions named here.
"""

from __future__ import annotations

import copy
import zoneinfo
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from agentops.emulator import create_app
from agentops.kinds import CATALOG
from tests.emulator.conftest import Registry
from tests.kinds.strategies import BODIES

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
PATHS = {"agent": "/agents", "environment": "/environments", "memory_store": "/memory_stores"}
LAW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every member and item below a value: what holds it, and its key or index."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else range(len(value))
    return [(value, key) for key in keys] + [below for key in keys for below in places(value[key])]


@st.composite
def nearly_legal(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    body = copy.deepcopy(draw(BODIES[kind]))
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
    if kind != "agent":
        return None
    model = body["model"] if isinstance(body["model"], dict) else {"id": body["model"]}
    if not model["id"].startswith("claude-"):
        return "an ID of no known family: the SDK types allow any string, the service knows its models"
    if model.get("speed") == "fast" and model["id"] == "claude-opus-4-7":
        return "fast mode, which the registry knows by model and we do not"
    for tool in body.get("tools", []):
        for entry in tool.get("configs", []):
            zone = (entry.get("user_location") or {}).get("timezone")
            if zone is not None and zone not in zoneinfo.available_timezones():
                return "a time zone: the registry has the list"
    return None


def accepted(kind: str, body: dict[str, Any]) -> bool:
    try:
        CATALOG[kind].schema.model_validate(body)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("kind", sorted(BODIES))
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
    answer = REGISTRY.send("POST", PATHS.get(kind) or new_store(), body)
    assert answer.status_code == 200, answer.text
    if kind == "environment":  # their names are unique
        REGISTRY.delete(f"/environments/{answer.json()['id']}")


REGISTRY = Registry(create_app(":memory:"))


def new_store() -> str:
    """The path of the memories of an empty store."""
    return f"/memory_stores/{REGISTRY.post('/memory_stores', {'name': 'x'})['id']}/memories"
