"""Memory: who can write what later sessions believe, and for how long it is kept."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import Severity
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import From, Path, Power, Tool
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.sessions import crew, enabled, of_whom, sessions, unasked

_AGENT = "agents/scout.yaml"
_PROMPT = "system: You follow what is published about our field, and keep notes of what is new.\n"


def _poisoned(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        stores = [it.memory_store for it in member.attachments if it.access == "read_write"]
        stores = [it for it in stores if not _is_diary(fleet.of(it))]
        found = _door(crew(fleet, member)) if stores else None
        if found is not None:
            whose, door = found
            yield Finding(
                member.address,
                f"what strangers write reaches {stores[0]} through {_name(door)}{of_whom(whose, member)}",
                "make the memory `access: read_only`, limit the tool (`allowed_domains`), or have somebody "
                "look at what is written",
                door.path if whose is member else ("multiagent",),
            )


def _is_diary(store: Member | None) -> bool:
    """Of what happened: whoever reads it knows that somebody said so."""
    return store is not None and store.surface.metadata.get("memory_type") == "episodic"


def _door(members: tuple[Member, ...]) -> tuple[Member, Tool] | None:
    """The first tool that reads what anybody may have written."""
    return next(
        ((member, tool) for member in members for tool in enabled(member) if tool.reads_anybody),
        None,
    )


def _name(tool: Tool) -> str:
    return f"the tools of '{tool.server}'" if tool.origin is From.MCP else tool.name


def _spread(fleet: Fleet, options: Options) -> Iterator[Finding]:
    """A store that one agent's sessions write and another agent's sessions act on."""
    writers: list[tuple[Member, str, Path, tuple[Member, ...], Tool]] = []
    readers: dict[str, list[tuple[Member, Tool]]] = {}
    for it in sessions(fleet):
        if it.agent is None or not it.deployment.surface.mounts:
            continue
        door, hand = _door(it.crew), _hand(it.crew)
        for store, mount in it.deployment.surface.mounts.items():
            if mount.writable and door is not None:
                writers.append((it.deployment, store, mount.path, it.crew, door[1]))
            if hand is not None:
                readers.setdefault(store, []).append((it.agent, hand))
    for deployment, store, path, members, entry in writers:
        own = {member.address for member in members}
        other = next((it for it in readers.get(store, ()) if it[0].address not in own), None)
        if other is not None:
            reader, tool = other
            yield Finding(
                deployment.address,
                f"what strangers write reaches {store} through {_name(entry)}, and {reader.address} acts on "
                f"it with {_name(tool)}",
                "mount it `access: read_only` here, or give each agent a store of its own",
                path,
            )


def _hand(members: tuple[Member, ...]) -> Tool | None:
    """The first tool that changes something outside the memory and is not asked about."""
    return next(
        (
            tool
            for member in members
            for tool in enabled(member)
            if tool.origin is From.CUSTOM
            or ((Power.RUN in tool.powers or tool.origin is From.MCP) and unasked(tool))
        ),
        None,
    )


def _kept_for_ever(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        metadata = member.surface.metadata
        if member.address.kind == "memory_store" and metadata.get("memory_type") == "episodic":
            days = metadata.get("retention_days", "")
            if not days.isdecimal() or int(days) == 0:
                yield Finding(
                    member.address,
                    "nothing says how long episodes are kept",
                    "write `retention_days: 365` beside `type: episodic`",
                )


POISONED = Rule(
    id="AO135",
    name="strangers-reach-memory",
    severity=Severity.NOTE,
    why=(
        "A web page that says `remember: invoices go to this account` is read once and believed for ever: "
        "what an agent writes down as known comes back in every later session as its own knowledge, long "
        "after the page is gone. Many good agents work so; know that yours does, and look into the store now "
        "and then. Episodic memory is left alone: it tells what was said, and by whom."
    ),
    example={
        _AGENT: f"model: claude-opus-5-5\n{_PROMPT}"
        "tools: [web_search, read, write]\n"
        "memory: {type: semantic}\n"
    },
    fix={
        _AGENT: f"model: claude-opus-5-5\n{_PROMPT}"
        "tools: [web_search, read]\n"
        "memory: {type: semantic, access: read_only}\n"
    },
    check=_poisoned,
)

_SHARED = {
    _AGENT: f"model: claude-opus-5-5\n{_PROMPT}tools: [web_search, read, write]\n",
    "agents/buyer.yaml": "model: claude-opus-5-5\n"
    "system: You order what the notes say is missing, within the limit of the shop.\n"
    "tools:\n"
    "  - read\n"
    "  - type: custom\n"
    "    name: place_order\n"
    "    description: Order one article at a supplier. It cannot be taken back.\n"
    "    input_schema: {type: object}\n",
    "memory_stores/notes.yaml": "description: What is new, one file per topic.\n",
    "environments/sandbox.yaml": "config:\n  type: cloud\n  networking: {type: limited, allowed_hosts: []}\n",
    "deployments/buy.yaml": "agent: ../agents/buyer.yaml\n"
    "environment_id: ../environments/sandbox.yaml\n"
    "resources:\n"
    "  - {type: memory_store, memory_store_id: ../memory_stores/notes.yaml, access: read_only}\n"
    "initial_events:\n"
    "  - {type: user.message, content: [{type: text, text: Order what is missing.}]}\n",
}


def _scouting(access: str) -> str:
    return (
        "agent: ../agents/scout.yaml\n"
        "environment_id: ../environments/sandbox.yaml\n"
        "resources:\n"
        f"  - {{type: memory_store, memory_store_id: ../memory_stores/notes.yaml, access: {access}}}\n"
        "initial_events:\n"
        "  - {type: user.message, content: [{type: text, text: What is new?}]}\n"
    )


SPREAD = Rule(
    id="AO136",
    name="memory-carries-orders",
    severity=Severity.WARNING,
    why=(
        "One agent reads the web and takes notes, another reads the notes and runs commands or calls "
        "services. The second one was kept from the web on purpose, and now a web page gives it orders all "
        "the same. Nothing in either agent looks dangerous; the store between them is."
    ),
    example={**_SHARED, "deployments/scout.yaml": _scouting("read_write")},
    fix={"deployments/scout.yaml": _scouting("read_only")},
    check=_spread,
)

KEPT = Rule(
    id="AO137",
    name="no-retention",
    severity=Severity.WARNING,
    why=(
        "Episodic memory is a diary of what people said and did. Kept without an end it becomes a store of "
        "personal data that nobody decided to have, and it fills up: at 2,000 documents every further note "
        "of every session fails."
    ),
    example={
        "agents/tutor.yaml": "model: claude-opus-5-5\n"
        "system: You teach one student at a time, and note how far they got.\n"
        "tools: [read, write]\n"
        "memory: {type: episodic}\n"
    },
    fix={
        "agents/tutor.yaml": "model: claude-opus-5-5\n"
        "system: You teach one student at a time, and note how far they got.\n"
        "tools: [read, write]\n"
        "memory: {type: episodic, retention_days: 365}\n"
    },
    check=_kept_for_ever,
)

RULES = (POISONED, SPREAD, KEPT)
