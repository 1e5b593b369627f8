"""Each public method of the SDK's resources is called once, or refused by name with a reason.

The methods are found by introspection: when a new SDK brings one, its test fails here until
the registry serves it and a call stands below, or until it is refused on purpose.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import pytest

RESOURCES = ("agents", "environments", "memory_stores")

#: What the embedded registry does not serve, and why.
REFUSED = {
    "environments.work.ack": "no sessions run here, so there is no work to hand out",
    "environments.work.heartbeat": "no sessions run here, so there is no work to hand out",
    "environments.work.list": "no sessions run here, so there is no work to hand out",
    "environments.work.poll": "no sessions run here, so there is no work to hand out",
    "environments.work.retrieve": "no sessions run here, so there is no work to hand out",
    "environments.work.stats": "no sessions run here, so there is no work to hand out",
    "environments.work.stop": "no sessions run here, so there is no work to hand out",
    "environments.work.update": "no sessions run here, so there is no work to hand out",
}

_VIEWS = ("with_raw_response", "with_streaming_response")


def methods_of(resource: type, name: str) -> Iterator[str]:
    """The public methods of a resource class and of its sub-resources, dotted."""
    for attribute, member in inspect.getmembers_static(resource):
        if attribute.startswith("_") or attribute in _VIEWS:
            continue
        if inspect.isfunction(member):
            yield f"{name}.{attribute}"
        elif hasattr(member, "func") or isinstance(member, property):
            getter = getattr(member, "func", None) or member.fget
            below = inspect.signature(getter, eval_str=True).return_annotation
            yield from methods_of(below, f"{name}.{attribute}")


OFFERED = sorted(
    method
    for resource in RESOURCES
    for method in methods_of(
        inspect.signature(
            inspect.getattr_static(anthropic.resources.beta.Beta, resource).func, eval_str=True
        ).return_annotation,
        resource,
    )
)


class World:
    """One object of each kind for a method to work on."""

    def __init__(self, beta: Any, name: str) -> None:
        self.beta = beta
        self.name = name
        self.agent = beta.agents.create(name=name, model="claude-opus-5-5").id
        self.environment = beta.environments.create(name=name).id
        self.store = beta.memory_stores.create(name=name).id
        self.memory = beta.memory_stores.memories.create(self.store, path="/a.md", content="a").id
        beta.memory_stores.memories.update(self.memory, memory_store_id=self.store, content="b")
        (_, first) = beta.memory_stores.memory_versions.list(self.store)
        self.version = first.id


Calls = dict[str, Callable[[Any, World], Any]]

AGENTS: Calls = {
    "create": lambda it, world: it(name=world.name, model="claude-opus-5-5"),
    "retrieve": lambda it, world: it(world.agent),
    "update": lambda it, world: it(world.agent, description="changed"),
    "list": lambda it, world: it(),
    "archive": lambda it, world: it(world.agent),
    "versions.list": lambda it, world: it(world.agent),
}
ENVIRONMENTS: Calls = {
    "create": lambda it, world: it(name=world.name + "-other"),
    "retrieve": lambda it, world: it(world.environment),
    "update": lambda it, world: it(world.environment, description="changed"),
    "list": lambda it, world: it(),
    "archive": lambda it, world: it(world.environment),
    "delete": lambda it, world: it(world.environment),
}
MEMORY_STORES: Calls = {
    "create": lambda it, world: it(name=world.name),
    "retrieve": lambda it, world: it(world.store),
    "update": lambda it, world: it(world.store, description="changed"),
    "list": lambda it, world: it(),
    "archive": lambda it, world: it(world.store),
    "delete": lambda it, world: it(world.store),
    "memories.create": lambda it, world: it(world.store, path="/b.md", content=""),
    "memories.retrieve": lambda it, world: it(world.memory, memory_store_id=world.store),
    "memories.update": lambda it, world: it(world.memory, memory_store_id=world.store, path="/c.md"),
    "memories.list": lambda it, world: it(world.store),
    "memories.delete": lambda it, world: it(world.memory, memory_store_id=world.store),
    "memory_versions.retrieve": lambda it, world: it(world.version, memory_store_id=world.store),
    "memory_versions.list": lambda it, world: it(world.store),
    "memory_versions.redact": lambda it, world: it(world.version, memory_store_id=world.store),
}
CALLS: Calls = {
    f"{resource}.{method}": call
    for resource, calls in (
        ("agents", AGENTS),
        ("environments", ENVIRONMENTS),
        ("memory_stores", MEMORY_STORES),
    )
    for method, call in calls.items()
}


def find(beta: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        beta = getattr(beta, part)
    return beta


@pytest.mark.parametrize("method", OFFERED)
def test_method_is_served_or_refused(beta: Any, method: str) -> None:
    if method in REFUSED:
        assert method not in CALLS
        return
    assert method in CALLS, f"the SDK offers {method}; serve it, or refuse it by name"
    answer = CALLS[method](find(beta, method), World(beta, method))
    # The strict client has checked the members; a page is checked by reading it.
    assert list(answer) if method.endswith(".list") else answer.id


def test_nothing_is_covered_or_refused_that_does_not_exist() -> None:
    assert {"agents.versions.list", "memory_stores.memory_versions.redact"} <= set(OFFERED)
    assert set(CALLS) | set(REFUSED) == set(OFFERED)


def test_a_refused_path_answers_404(beta: Any) -> None:
    environment = beta.environments.create(name="for-workers")
    with pytest.raises(anthropic.NotFoundError, match="does not serve it"):
        beta.environments.work.stats(environment.id)
