"""What a body makes possible, whichever kind it is of: the typed facts that risks and rules are told from.

Each kind reads its own bodies (``Kind.surface``). Where a body names another resource it stands as its
address (``agent/reviewer``); an ID that nothing of ours has stays an ID.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Path = tuple[str | int, ...]
"""Of a member in the body."""


class Permission(StrEnum):
    """Whether a tool runs by itself. The values are the API's."""

    ALLOW = "always_allow"
    AUTO = "auto"
    ASK = "always_ask"


class From(StrEnum):
    """Where a tool comes from. CUSTOM ones are run by whoever started the session."""

    BUILTIN = "built-in"
    MCP = "mcp"
    CUSTOM = "custom"


class Power(StrEnum):
    """What a tool can do that others cannot."""

    RUN = "runs commands"
    WRITE = "writes files"
    UNTRUSTED = "reads what strangers wrote"


REST = "*"
"""The name of whatever a toolset has and does not list."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of an agent, or the rest of a toolset (``name`` is ``REST``), with what holds for it after
    the toolset's defaults. ``permission`` is None where nobody asks: custom tools. ``domains`` are what a
    web tool is limited to; None where it is not. ``blocked`` are the domains that it is kept from."""

    name: str
    origin: From
    enabled: bool = True
    permission: Permission | None = None
    server: str = ""
    description: str = ""
    powers: frozenset[Power] = frozenset()
    domains: tuple[str, ...] | None = None
    blocked: tuple[str, ...] = ()
    path: Path = ()

    @property
    def key(self) -> str:
        """``bash``, ``mcp linear/list_issues``, ``mcp linear/*``, ``custom lookup``; unique in an agent."""
        match self.origin:
            case From.BUILTIN:
                return self.name
            case From.MCP:
                return f"mcp {self.server}/{self.name}"
        return f"custom {self.name}"

    @property
    def reads_anybody(self) -> bool:
        """Whether what anybody may have written comes in by it: not if it is kept to a list of domains."""
        return self.enabled and Power.UNTRUSTED in self.powers and self.domains is None

    @property
    def asks(self) -> bool:
        """Whether a session stops until a person says yes."""
        return self.enabled and self.permission is Permission.ASK


@dataclass(frozen=True, slots=True)
class Server:
    """An MCP server of an agent."""

    name: str
    url: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Model:
    id: str
    effort: str | None = None
    speed: str = "standard"
    geo: str | None = None
    price: float | None = None
    """US dollars for a million output tokens at this speed, where that is published."""


@dataclass(frozen=True, slots=True)
class Network:
    """Of a sandbox. ``managed`` is False for one that is hosted by its owner: nothing is known of it."""

    unrestricted: bool
    hosts: tuple[str, ...] = ()
    mcp_servers: bool = True
    package_managers: bool = True
    managed: bool = True
    path: Path = ()

    def reaches(self, host: str) -> bool:
        """Whether the list has the host itself or a wildcard above it."""
        host = host.lower()
        return self.unrestricted or any(
            host == known.lower() or (known.startswith("*.") and host.endswith(known[1:].lower()))
            for known in self.hosts
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """``runs(after, count)`` are the next times it starts, by the clock of its zone; ``trap`` is what the
    days on which clocks are changed do to it, ``trap_advice`` what to write instead; empty where nothing."""

    expression: str
    timezone: str
    runs: Callable[[datetime, int], tuple[datetime, ...]] = field(compare=False, repr=False)
    trap: str = ""
    trap_advice: str = ""
    path: Path = ("schedule",)


@dataclass(frozen=True, slots=True)
class Mount:
    """A memory store that sessions of a deployment get, or that belongs to an agent."""

    store: str
    writable: bool
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Use:
    """Something that is named with a version: a skill, an agent of a roster. ``version`` is None or
    ``latest`` where nothing pins it. ``ours`` is whether ``name`` is an address; else it is an ID, a skill of
    Anthropic's, or words: ``itself``, ``an advisor (claude-opus-5-5)``, ``agents it makes up``."""

    name: str
    version: str | int | None = None
    path: Path = ()
    ours: bool = True

    @property
    def pinned(self) -> bool:
        return self.version not in {None, "latest"}


@dataclass(frozen=True, slots=True)
class Surface:
    """Everything at once; a kind fills in what it has.

    name, prompt, prompt_field, description, metadata: as the body has them. starts: the texts that sessions
    of a deployment begin with, by path. budget: in US cents. secrets: path of the member -> where its secret
    comes from. reaches: path of the member -> a host or URL that it names beside MCP servers (a credential's,
    a repository that is mounted). identity: whom it acts as; None where it has none of its own.
    """

    name: str = ""
    prompt: str | None = None
    prompt_field: str = ""
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    model: Model | None = None
    tools: Mapping[str, Tool] = field(default_factory=dict)
    servers: Mapping[str, Server] = field(default_factory=dict)
    skills: Mapping[str, Use] = field(default_factory=dict)
    roster: Mapping[str, Use] = field(default_factory=dict)
    identity: str | None = None
    network: Network | None = None
    agent: Use | None = None
    environment: str | None = None
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    vaults: tuple[str, ...] = ()
    schedule: Schedule | None = None
    paused: bool = False
    budget: int | None = None
    starts: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    reaches: Mapping[str, str] = field(default_factory=dict)


NOTHING = Surface()


def no_surface(body: Mapping[str, Any]) -> Surface:
    return NOTHING
