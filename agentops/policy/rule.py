"""One rule: what it finds, how bad that is unless told otherwise, and how to explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location, Severity
from agentops.domain.fleet import Fleet
from agentops.domain.surface import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """What one resource has against a rule. ``detail`` says what to write instead; ``path`` is the member of
    its body."""

    address: Address
    summary: str
    detail: str = ""
    path: Path = ()


Options = Mapping[str, Any]
Files = Mapping[str, str]
"""Of a project: path -> text."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something a project may say of a rule. ``default`` None means that the rule is silent until it is
    said. ``check`` tells what is wrong with a value, as the end of a sentence; None where nothing is."""

    default: Any
    meaning: str
    check: Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """``id`` is for ever; ``name`` says it in two to five words. ``severity`` holds unless agentops.yaml says
    another; ``protected`` is the one in protected stages. ``why``, ``example`` (files that have it) and
    ``fix`` (of the same files those that change) are what ``agentops explain`` prints, and a test tries both.
    ``settings`` are the options without which the example is not found. A team may write a text in the place
    of files.

    ``check`` is pure: the same fleet, the same findings, in any order. ``location`` is where a team wrote it;
    None where it is built in.
    """

    id: str
    name: str
    severity: Severity
    why: str
    example: Files | str
    fix: Files | str
    check: Callable[[Fleet, Options], Iterable[Finding]]
    options: Mapping[str, Option] = field(default_factory=dict)
    protected: Severity | None = None
    location: Location | None = None
    settings: Options = field(default_factory=dict)

    def option(self, name: str, said: Options) -> Any:
        """What holds: what the project says, else the default."""
        return said.get(name, self.options[name].default)


def as_text(files: Files | str) -> str:
    """To be read: each file below its path, as a comment; a text as it is."""
    if isinstance(files, str):
        return files
    return "\n".join(f"# {path}\n{text}" for path, text in files.items())
