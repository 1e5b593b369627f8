"""What a rule of a team's own is written with: ``from agentops.policy.team import Finding, Fleet, rule``.

A file of rules is Python. Each rule is a function with ``@rule`` above it; it gets the ``Fleet`` of a stage,
as its files ask for it, and yields a ``Finding`` for whatever it has against a resource::

    from agentops.policy.team import Finding, Fleet, rule

    @rule("TEAM001", "agent-has-owner", severity="error", fix="add `metadata: {owner: TEAM}`")
    def agent_has_owner(fleet: Fleet):
        for member in fleet:
            if member.address.kind == "agent" and "owner" not in member.surface.metadata:
                yield Finding(member.address, "nobody owns this agent", path=("metadata",))

A fleet is iterated over its members. A member has its ``address`` (``.kind``, ``.name``), its ``body`` (the
request, with addresses where it refers to others), its ``surface`` (the same as typed facts, whichever kind
it is of: tools, model, network, schedule, …) and its ``resource`` (what the file says beside it).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location, Severity
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import Permission, Power, Surface, Tool
from agentops.policy.rule import Finding, Option, Options, Rule

__all__ = [
    "Address",
    "Finding",
    "Fleet",
    "Member",
    "Option",
    "Options",
    "Permission",
    "Power",
    "Rule",
    "Severity",
    "Surface",
    "Tool",
    "rule",
]

_ID = re.compile(r"[A-Z]{2,8}[0-9]{3}\Z")
OURS = "AO"
"""What the ids of built-in rules begin with."""
_collecting: ContextVar[list[Rule] | None] = ContextVar("_collecting", default=None)


@contextmanager
def collected() -> Iterator[list[Rule]]:
    """Every rule that is made meanwhile, in that order, whatever it is called."""
    found: list[Rule] = []
    before = _collecting.set(found)
    try:
        yield found
    finally:
        _collecting.reset(before)


def rule(
    id: str,
    name: str,
    *,
    severity: str = "warning",
    protected: str | None = None,
    why: str = "",
    example: str = "",
    fix: str = "",
    options: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Iterable[Finding]]], Rule]:
    """Make a rule of a function of the fleet, or of the fleet and the rule's options.

    ``severity`` and ``protected`` (that in protected stages) are ``error``, ``warning`` or ``note``.
    ``options`` are what agentops.yaml may say of the rule, with their defaults; an ``Option`` tells what they
    mean and which values they take, too. ``why``, ``example`` and ``fix`` are what ``agentops explain``
    prints; the docstring is the ``why`` where none is given.

    Raises:
        ValueError: the id or a severity is none, or the id is one of ours.
    """
    if (fault := id_fault(id)) is not None:
        raise ValueError(fault)
    own = {key: it if isinstance(it, Option) else _like(it) for key, it in (options or {}).items()}
    levels = Severity(severity), None if protected is None else Severity(protected)

    def made(check: Callable[..., Iterable[Finding]]) -> Rule:
        takes_options = len(inspect.signature(check).parameters) > 1

        def checked(fleet: Fleet, options: Options) -> Iterable[Finding]:
            return check(fleet, options) if takes_options else check(fleet)

        code = inspect.unwrap(check).__code__
        at = Location(code.co_filename, code.co_firstlineno)
        told = why or _text(check)
        built = Rule(id, name, levels[0], told, example, fix, checked, own, levels[1], at)
        if (found := _collecting.get()) is not None:
            found.append(built)
        return built

    return made


def id_fault(id: str) -> str | None:
    """What is wrong with the id of a team's rule, as a sentence; None where nothing is."""
    if _ID.match(id) is None:
        return f"'{id}' is no id of a rule; write two to eight capitals and three digits, like TEAM001"
    if id.startswith(OURS) and id.removeprefix(OURS).isdigit():
        return f"{id} is one of agentops' own ids; begin yours with other letters, like TEAM{id[-3:]}"
    return None


def _like(default: Any) -> Option:
    """An option of the type of its default."""
    kind = type(default)

    def fault(value: Any) -> str | None:
        if default is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
            return None
        return f"must be like its default, {default!r}"

    return Option(default, "", fault)


def _text(check: Callable[..., object]) -> str:
    return inspect.getdoc(check) or ""
