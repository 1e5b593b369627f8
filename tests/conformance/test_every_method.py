"""Each public method of the SDK's resources is called once, or refused by name with a reason.

The methods are found by introspection: when a new SDK brings one, its test fails here until
the registry serves it and a call stands below, or until it is refused on purpose.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import anthropic
import pytest
from anthropic.resources.skills import Skills

RESOURCES = ("agents", "environments", "memory_stores", "vaults", "deployments", "deployment_runs", "skills")

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

#: The one resource that the SDK has outside of ``beta``, too, with types of its own.
GENERALLY_AVAILABLE = sorted(methods_of(Skills, "skills"))


class World:
    """One object of each kind for a method to work on, made when it is asked for."""

    def __init__(self, beta: Any, name: str) -> None:
        self.beta = beta
        self.name = name

    @cached_property
    def agent(self) -> str:
        return self.beta.agents.create(name=self.name, model="claude-opus-5-5").id

    @cached_property
    def environment(self) -> str:
        return self.beta.environments.create(name=self.name).id

    @cached_property
    def store(self) -> str:
        return self.beta.memory_stores.create(name=self.name).id

    @cached_property
    def memory(self) -> str:
        return self.beta.memory_stores.memories.create(self.store, path="/a.md", content="a").id

    @cached_property
    def version(self) -> str:
        """The first version of a memory, which is no longer its head."""
        self.beta.memory_stores.memories.update(self.memory, memory_store_id=self.store, content="b")
        (_, first) = self.beta.memory_stores.memory_versions.list(self.store)
        return first.id

    @cached_property
    def vault(self) -> str:
        return self.beta.vaults.create(display_name=self.name).id

    @cached_property
    def credential(self) -> str:
        auth = {"type": "mcp_oauth", "mcp_server_url": "https://a.example.com", "access_token": "t"}
        return self.beta.vaults.credentials.create(self.vault, auth=auth).id

    @property
    def deployable(self) -> dict[str, Any]:
        """What a deployment has to have."""
        message = {"type": "user.message", "content": [{"type": "text", "text": "Go."}]}
        return {
            "name": self.name,
            "agent": self.agent,
            "environment_id": self.environment,
            "initial_events": [message],
        }

    @cached_property
    def deployment(self) -> str:
        return self.beta.deployments.create(**self.deployable).id

    @cached_property
    def run(self) -> str:
        return self.beta.deployments.run(self.deployment).id

    @cached_property
    def skill(self) -> str:
        return self.beta.skills.create(files=UPLOAD).id

    @cached_property
    def skill_version(self) -> str:
        """A version beside the first one, so that either can be deleted."""
        return self.beta.skills.versions.create(self.skill, files=UPLOAD).id

    def fill(self) -> None:
        """Make one of each, so that every list has an item to check."""
        for name, member in vars(World).items():
            if isinstance(member, cached_property):
                getattr(self, name)


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
VARIABLE = {
    "type": "environment_variable",
    "secret_name": "API_KEY",
    "secret_value": "s",
    "networking": {"type": "unrestricted"},
}
VAULTS: Calls = {
    "create": lambda it, world: it(display_name=world.name),
    "retrieve": lambda it, world: it(world.vault),
    "update": lambda it, world: it(world.vault, display_name="changed"),
    "list": lambda it, world: it(),
    "archive": lambda it, world: it(world.vault),
    "delete": lambda it, world: it(world.vault),
    "credentials.create": lambda it, world: it(world.vault, auth=VARIABLE),
    "credentials.retrieve": lambda it, world: it(world.credential, vault_id=world.vault),
    "credentials.update": lambda it, world: it(
        world.credential, vault_id=world.vault, display_name="changed"
    ),
    "credentials.list": lambda it, world: it(world.vault),
    "credentials.archive": lambda it, world: it(world.credential, vault_id=world.vault),
    "credentials.delete": lambda it, world: it(world.credential, vault_id=world.vault),
    "credentials.mcp_oauth_validate": lambda it, world: it(world.credential, vault_id=world.vault),
}
DEPLOYMENTS: Calls = {
    "create": lambda it, world: it(**world.deployable),
    "retrieve": lambda it, world: it(world.deployment),
    "update": lambda it, world: it(world.deployment, description="changed"),
    "list": lambda it, world: it(),
    "archive": lambda it, world: it(world.deployment),
    "pause": lambda it, world: it(world.deployment),
    "unpause": lambda it, world: it(world.deployment),
    "run": lambda it, world: it(world.deployment),
}
DEPLOYMENT_RUNS: Calls = {
    "retrieve": lambda it, world: it(world.run),
    "list": lambda it, world: it(),
}
UPLOAD = [("worked-on/SKILL.md", b"---\nname: worked-on\ndescription: To work on.\n---\n")]
SKILLS: Calls = {
    "create": lambda it, world: it(files=UPLOAD, display_name=world.name),
    "retrieve": lambda it, world: it(world.skill),
    "list": lambda it, world: it(),
    "delete": lambda it, world: it(world.skill),
    "versions.create": lambda it, world: it(world.skill, files=UPLOAD),
    "versions.retrieve": lambda it, world: it(world.skill_version, skill_id=world.skill),
    "versions.list": lambda it, world: it(world.skill),
    "versions.delete": lambda it, world: it(world.skill_version, skill_id=world.skill),
    "versions.download": lambda it, world: it(world.skill_version, skill_id=world.skill),
}
CALLS: Calls = {
    f"{resource}.{method}": call
    for resource, calls in (
        ("agents", AGENTS),
        ("environments", ENVIRONMENTS),
        ("memory_stores", MEMORY_STORES),
        ("vaults", VAULTS),
        ("deployments", DEPLOYMENTS),
        ("deployment_runs", DEPLOYMENT_RUNS),
        ("skills", SKILLS),
    )
    for method, call in calls.items()
}


def find(owner: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        owner = getattr(owner, part)
    return owner


#: The member that tells which object an answer is about, where that is not ``id``.
SUBJECT = {"vaults.credentials.mcp_oauth_validate": "credential_id"}


@pytest.mark.parametrize("method", OFFERED)
def test_method_is_served_or_refused(beta: Any, method: str) -> None:
    if method in REFUSED:
        assert method not in CALLS
        return
    assert method in CALLS, f"the SDK offers {method}; serve it, or refuse it by name"
    check_answer(find(beta, method), World(beta, method), method)


@pytest.mark.parametrize("method", GENERALLY_AVAILABLE)
def test_method_outside_of_beta_is_served(client: anthropic.Anthropic, method: str) -> None:
    assert method in CALLS, f"the SDK offers {method} outside of beta; serve it"
    check_answer(find(client, method), World(client.beta, f"client.{method}"), method)


def check_answer(served: Any, world: World, method: str) -> None:
    if method.endswith(".list"):
        world.fill()
    answer = CALLS[method](served, world)
    if method.endswith(".download"):
        assert answer.read()
        return
    # The strict client has checked the members; a page is checked by reading it.
    assert list(answer) if method.endswith(".list") else getattr(answer, SUBJECT.get(method, "id"))


def test_nothing_is_covered_or_refused_that_does_not_exist() -> None:
    assert {"agents.versions.list", "memory_stores.memory_versions.redact"} <= set(OFFERED)
    assert {"vaults.credentials.mcp_oauth_validate", "deployments.unpause"} <= set(OFFERED)
    assert {"skills.versions.download"} <= set(OFFERED)
    assert {"skills.versions.create"} <= set(GENERALLY_AVAILABLE)
    assert set(CALLS) | set(REFUSED) == set(OFFERED)


def test_a_refused_path_answers_404(beta: Any) -> None:
    environment = beta.environments.create(name="for-workers")
    with pytest.raises(anthropic.NotFoundError, match="does not serve it"):
        beta.environments.work.stats(environment.id)
