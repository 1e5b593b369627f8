"""The texts of a resource: what a model reads, and everything that is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.domain.fleet import Member
from agentops.domain.secret import as_secret
from agentops.domain.surface import Path


@dataclass(frozen=True, slots=True)
class Text:
    """One text and the member it is; ``file`` where it is a file of a bundle. ``is_key``: it is the name of a
    member of what is at the path."""

    value: str
    path: Path
    file: str = ""
    is_key: bool = False

    def place(self, line: int) -> str:
        """``line 3 of system``; keys that a user chose are not repeated."""
        where = self.file or str(self.path[0] if self.path else "it")
        return f"line {line} of {where}" if "\n" in self.value else where


def instructions(member: Member) -> Iterator[Text]:
    """What a model reads: prompts, descriptions, first messages, documents, the files of skills."""
    surface = member.surface
    if surface.prompt:
        yield Text(surface.prompt, (surface.prompt_field,))
    if surface.description:
        yield Text(surface.description, ("description",))
    for tool in surface.tools.values():
        if tool.description:
            yield Text(tool.description, (*tool.path, "description"))
    if surface.starts:
        yield from written(member.body.get("initial_events"), ("initial_events",))
    yield from files(member)


def files(member: Member) -> Iterator[Text]:
    """Of a bundle, as far as they can be read."""
    if member.resource is None or not member.resource.texts:
        return
    contents = member.body.get("files")
    for name, content in contents.items() if isinstance(contents, Mapping) else ():
        digest = content.get("sha256") if isinstance(content, Mapping) else None
        if isinstance(digest, str) and (text := member.resource.texts.get(digest)):
            yield Text(text, ("files", str(name)), file=str(name))


def written(value: Any, path: Path = (), *, least: int = 1) -> Iterator[Text]:
    """Every text of at least so many characters in a body, keys included; references to secrets are none."""
    if isinstance(value, str):
        if len(value) >= least:
            yield Text(value, path)
    elif isinstance(value, Mapping):
        if as_secret(value) is not None:
            return
        for key, member in value.items():
            if isinstance(key, str):
                if len(key) >= least:
                    yield Text(key, path, is_key=True)
                if not isinstance(member, str) or len(member) >= least:
                    yield from written(member, (*path, key), least=least)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from written(member, (*path, index), least=least)
