"""``memory`` of an agent and ``seed`` of a store -> memory stores, attachments and seeded documents.

The API attaches stores to sessions and deployments, not to agents; so an agent's memory becomes a store of
its own beside the agent, and an attachment that is recorded for whoever starts sessions.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.spec.files import Files, Refused
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.paths import files_behind
from agentops.spec.schema import schema_problems
from agentops.spec.source import describe

_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_NAME_SCHEMA = {"type": "string", "pattern": _NAME}
_STORE_ONLY = ("type", "retention_days", "description", "metadata", "seed", "name")

Access = Literal["read_write", "read_only"]


def _checked_name(text: str) -> str:
    if re.fullmatch(_NAME, text) is None:
        raise ValueError("use letters, digits, '.', '_' and '-', and begin with a letter or digit")
    return text


class MemoryBlock(BaseModel):
    """One memory of an agent: a store of its own, or with ``store`` one that is declared elsewhere."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, AfterValidator(_checked_name), WithJsonSchema(_NAME_SCHEMA)] | None = None
    type: Literal["episodic", "semantic"] | None = None
    retention_days: Annotated[int, Field(gt=0)] | None = None
    access: Access = "read_write"
    description: str | None = None
    metadata: dict[str, str] | None = None
    seed: str | list[str] | None = None
    store: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """A memory as it is written, with ``name`` decided: the ``index``-th of its file. ``entry`` keeps the
    places."""

    name: str
    block: MemoryBlock
    entry: LocatedDict
    index: int

    @property
    def at(self) -> Location:
        return self.entry.at


@dataclass(frozen=True, slots=True)
class Seed:
    """One document to put into a store: where it goes, the file it comes from, where the file is named."""

    path: str
    file: str
    at: Location


def read_memories(body: LocatedDict, problems: list[Diagnostic]) -> list[Memory]:
    """The memories of an agent. What is wrong is reported, what is right is returned all the same."""
    written = body.get("memory")
    if written is None:
        return []
    at = body.place("memory")
    if isinstance(written, LocatedDict):
        written = LocatedList.of(at, [written])
    if not isinstance(written, LocatedList):
        problems.append(
            error(
                Code.WRONG_TYPE,
                f"'memory' must be a mapping or a list of them, not {describe(written)}",
                "write `memory: {type: episodic, retention_days: 365}`",
                location=at,
            )
        )
        return []
    found: dict[str, Memory] = {}
    for index, entry in enumerate(written):
        memory = _read(entry, index, written.place(index), problems)
        if memory is None:
            continue
        if (first := found.get(memory.name)) is not None:
            problems.append(
                error(
                    Code.CONFLICTING_FIELDS,
                    f"two memories are called '{memory.name}'; the first is at line {first.at.line}",
                    "give one of them another `name`",
                    location=memory.at,
                )
            )
        else:
            found[memory.name] = memory
    return list(found.values())


def _read(entry: Any, index: int, at: Location, problems: list[Diagnostic]) -> Memory | None:
    if not isinstance(entry, LocatedDict):
        problems.append(
            error(
                Code.WRONG_TYPE,
                f"a memory is a mapping, not {describe(entry)}",
                "write `- {name: notes, type: episodic}`",
                location=at,
            )
        )
        return None
    wrong = schema_problems(MemoryBlock, entry, entry.at, within="memory")
    if wrong:
        problems.extend(wrong)
        return None
    block = MemoryBlock.model_validate(entry)
    if block.store is not None:
        mixed = [key for key in _STORE_ONLY if key in entry]
        problems.extend(
            error(
                Code.CONFLICTING_FIELDS,
                f"'{key}' belongs to the store that 'store' names",
                f"write it in the file of {block.store}, or leave `store` out",
                location=entry.place(key, "key"),
            )
            for key in mixed
        )
        return None if mixed else Memory(block.store, block, entry, index)
    name = block.name or block.type
    if name is None:
        problems.append(
            error(
                Code.MISSING_KEY,
                "a memory needs a type or a name",
                "episodic keeps what happened, semantic what is known: `type: episodic`",
                location=entry.at,
            )
        )
        return None
    return Memory(name, block, entry, index)


def stores_of(agent: Address, body: Mapping[str, Any]) -> Iterator[Address]:
    """The addresses of the stores that an agent's file may declare beside the agent, in any stage."""
    overrides = body.get("overrides")
    patches = overrides.values() if isinstance(overrides, Mapping) else ()
    for part in (body, *patches):
        memory = part.get("memory") if isinstance(part, Mapping) else None
        for entry in memory if isinstance(memory, list) else [memory]:
            if isinstance(entry, Mapping) and isinstance(name := entry.get("name") or entry.get("type"), str):
                yield Address.of("memory_store", f"{agent.name}-{name}")


def store_body(memory: Memory, agent: Address, problems: list[Diagnostic]) -> LocatedDict:
    """The create request of a memory's store. Its description becomes part of the system prompt of every
    session that mounts it, so it says what the store is for."""
    body = LocatedDict.of(
        memory.at,
        {
            "name": f"{agent.name}-{memory.name}",
            "description": _description(memory, agent),
            "metadata": _metadata(memory, problems),
        },
    )
    for key in ("name", "description", "metadata"):
        if key in memory.entry and memory.entry[key] is not None:
            body.values_at[key] = memory.entry.place(key)
    return body


def _description(memory: Memory, agent: Address) -> str:
    block = memory.block
    if block.description is not None:
        return block.description
    purpose = {
        "episodic": "what happened in earlier sessions, one note per session. Read the recent notes before "
        "you start, and add one when you finish.",
        "semantic": "what is known, one topic per file. Look here before you assume, and correct a file "
        "rather than add a second one.",
        None: "notes to keep between sessions.",
    }[block.type]
    if block.access == "read_only":
        purpose = (
            purpose.partition(". ")[0].rstrip(".") + ". It is read-only: consult it, do not write to it."
        )
    subject = f"{memory.name.capitalize()} memory" if memory.name == block.type else memory.name
    sentences = f"{subject} of {agent.name}: {purpose}"
    if block.retention_days is not None and block.access == "read_write":
        days = "1 day" if block.retention_days == 1 else f"{block.retention_days} days"
        sentences += f" Remove entries that are older than {days}."
    return sentences


def _metadata(memory: Memory, problems: list[Diagnostic]) -> LocatedDict:
    block, entry = memory.block, memory.entry
    written = entry.get("metadata")
    made = written.without() if isinstance(written, LocatedDict) else LocatedDict(memory.at)
    derived = {
        "type": ("memory_type", block.type),
        "retention_days": ("retention_days", block.retention_days),
    }
    for key, (name, value) in derived.items():
        if value is None:
            continue
        if name in made:
            problems.append(
                error(
                    Code.CONFLICTING_FIELDS,
                    f"metadata.{name} is set from '{key}'",
                    "remove it from metadata",
                    location=made.place(name, "key"),
                )
            )
        made.put(name, str(value), entry.place(key))
    return made


def read_seeds(holder: LocatedDict, base: str, files: Files, problems: list[Diagnostic]) -> list[Seed]:
    """The documents that ``seed`` of a mapping names: a file, a folder, a glob, or a list of these."""
    written = holder.get("seed")
    if written is None:
        return []
    references = (
        written if isinstance(written, LocatedList) else LocatedList.of(holder.place("seed"), [written])
    )
    found: dict[str, Seed] = {}
    for index, reference in enumerate(references):
        at = references.place(index)
        try:
            for seed in _seeds(reference, base, at, files):
                if (other := found.setdefault(seed.path, seed)).file != seed.file:
                    problems.append(
                        error(
                            Code.DUPLICATE_ADDRESS,
                            f"'{seed.file}' and '{other.file}' are both seeded as {seed.path}",
                            "rename one of them",
                            location=at,
                        )
                    )
        except Refused as refused:
            problems.extend(refused.diagnostics)
    return list(found.values())


def _seeds(reference: Any, base: str, at: Location, files: Files) -> Iterator[Seed]:
    if not isinstance(reference, str) or not reference:
        raise Refused(
            error(
                Code.WRONG_TYPE,
                f"'seed' names a file, a folder or a glob; this is {describe(reference)}",
                "write `seed: memory/`",
                location=at,
            )
        )
    named = files_behind(reference, base, at, files, folders=True, patterns=True)
    if not named.files:
        raise Refused(error(Code.BROKEN_REFERENCE, f"'{reference}' holds no file to seed", location=at))
    for file in named.files:
        yield Seed(seed_path(file, named.start), file, at)


def seed_path(file: str, start: str) -> str:
    """A document's path in the store: composed Unicode, as the registry wants it, and no ``.j2``."""
    relative = posixpath.relpath(file, start or ".")
    return "/" + unicodedata.normalize("NFC", relative.removesuffix(".j2"))
