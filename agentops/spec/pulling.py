"""Live objects -> the files that declare them, so that they read back as what is there.

A prompt gets a file of its own, what belongs to a parent goes into that parent's file, IDs become paths and
addresses. Nothing is written here: paths and bytes are returned.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address
from agentops.domain.kind import Catalog, Kind, Slot
from agentops.domain.project import Project
from agentops.domain.resource import Body
from agentops.spec.build import KIND_KEYS, PROMPT, SEED
from agentops.spec.credentials import CREDENTIALS
from agentops.spec.files import is_private
from agentops.spec.naming import default_address
from agentops.spec.pulled_bodies import lean_body, with_secrets
from agentops.spec.pulled_names import file_of, slug
from agentops.spec.pulled_tools import short_tools
from agentops.spec.references import url_of
from agentops.spec.secret_places import Place
from agentops.spec.slots import LATEST, PATH
from agentops.spec.walk import SKILL_FILE
from agentops.spec.yaml_writing import written_yaml

PROMPT_FILE = "prompt.md"
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A live object that is to be in a file. ``content`` are the files of a bundle; ``parent`` is the address
    of what it belongs to."""

    address: Address
    kind: Kind
    id: str
    body: Body
    content: Mapping[str, bytes] = field(default_factory=dict)
    parent: Address | None = None

    @property
    def version(self) -> int | str | None:
        return self.kind.version_of(self.body)


@dataclass(frozen=True, slots=True)
class Known:
    """Something that bodies may refer to by its address, with the version that is the latest."""

    address: Address
    version: int | str | None = None


@dataclass(slots=True)
class Written:
    """What was made of them.

    files: path -> bytes. places: address -> the paths that are its own. unwritable: address -> why it cannot
    be in a file, as the end of a sentence. secrets: address -> the variables its secrets are taken from.
    raw: address -> kind and ID of what it refers to that is in no file and no lock.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    places: dict[Address, tuple[str, ...]] = field(default_factory=dict)
    unwritable: dict[Address, str] = field(default_factory=dict)
    secrets: dict[Address, tuple[str, ...]] = field(default_factory=dict)
    raw: dict[Address, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def written_files(
    pulled: Sequence[Pulled], known: Mapping[str, Known], project: Project, catalog: Catalog
) -> Written:
    """``known`` is by ID what files and lock have already, or agentops.yaml as external."""
    return _Writer(pulled, known, project, catalog).write()


class _Writer:
    def __init__(
        self, pulled: Sequence[Pulled], known: Mapping[str, Known], project: Project, catalog: Catalog
    ) -> None:
        self._pulled = sorted(pulled, key=lambda item: item.address)
        self._known = known
        self._project = project
        self._catalog = catalog
        self._made = Written()
        self._by_id = {item.id: item for item in self._pulled}
        self._children: dict[Address, list[Pulled]] = defaultdict(list)
        self._variables: set[str] = set()
        for item in self._pulled:
            if item.parent is not None:
                self._children[item.parent].append(item)

    def write(self) -> Written:
        for item in self._pulled:
            if item.parent is not None:
                continue
            try:
                self._declare(item)
            except ValueError as problem:
                self._made.unwritable[item.address] = str(problem)
        return self._made

    def _declare(self, item: Pulled) -> None:
        path = self._file(item)
        if item.kind.bundle is not None:
            self._put(item.address, {f"{path}/{name}": content for name, content in item.content.items()})
            return
        body, texts = self._body(item, path)
        keys: dict[str, Any] = {}
        if default_address(path, item.kind, self._project) != item.address:
            keys["address"] = str(item.address)
        ours, beside = self._children_of(item, path)
        self._put(item.address, {path: written_yaml({**keys, **body, **ours}).encode(), **texts})
        for child, files in beside.items():
            self._put(child, files)

    def _body(self, item: Pulled, path: str) -> tuple[Body, dict[str, bytes]]:
        body = self._with_secrets(item, lean_body(item.kind, item.body))
        body = self._with_references(item, body, path)
        text_field = item.kind.text_field
        if text_field is None or PROMPT not in KIND_KEYS.get(item.kind.name, ()):
            return body, {}
        body = short_tools(body)
        if not isinstance(body.get(text_field), str) or (content := _as_file(body[text_field])) is None:
            return body, {}
        named = {PROMPT if key == text_field else key: value for key, value in body.items()}
        return {**named, PROMPT: PROMPT_FILE}, {f"{posixpath.dirname(path)}/{PROMPT_FILE}": content}

    # -- what belongs to a parent

    def _children_of(self, item: Pulled, path: str) -> tuple[dict[str, Any], dict[Address, dict[str, bytes]]]:
        """The keys of ours that declare them in the parent's file, and files beside it."""
        children = self._children[item.address]
        keys, beside = KIND_KEYS.get(item.kind.name, ()), dict[Address, dict[str, bytes]]()
        block: dict[str, Any] = {}
        folder = posixpath.splitext(path)[0]
        taken: set[str] = set()
        for child in children:
            own = child.address.name.partition("/")[2]
            if CREDENTIALS in keys:
                body = self._with_secrets(child, lean_body(child.kind, child.body))
                block.setdefault(CREDENTIALS, {})[own] = body
                self._made.places[child.address] = (path,)
            elif SEED in keys:
                if (why := self._no_seed(child, own, taken)) is not None:
                    self._made.unwritable[child.address] = why
                    continue
                taken.add(own.lower())
                beside[child.address] = {f"{folder}/{own}": str(child.body.get("content") or "").encode()}
                block[SEED] = f"{posixpath.basename(folder)}/"
        return block, beside

    def _no_seed(self, child: Pulled, name: str, taken: set[str]) -> str | None:
        """Why a document cannot be a file from which the same document is made."""
        content = child.body.get("content") or ""
        if is_private(name) or name.endswith(".j2"):
            return "a file of that name is not read, or is rendered"
        if posixpath.basename(name) == SKILL_FILE:
            return f"a folder with a {SKILL_FILE} is a skill"
        if not unicodedata.is_normalized("NFC", name) or "\\" in name:
            return "no file can have that name everywhere"
        if name.lower() in taken:
            return "another one has that name but for capitals"
        return (
            None
            if _as_file(content) is not None or not content
            else "it has characters that no text file has"
        )

    # -- pieces

    def _file(self, item: Pulled) -> str:
        name = item.address.name
        return file_of(item.kind, name if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) else slug(name))

    def _put(self, address: Address, files: Mapping[str, bytes]) -> None:
        self._made.files.update(files)
        self._made.places[address] = tuple(files)

    def _with_secrets(self, item: Pulled, body: Body) -> Body:
        used: list[str] = []

        def reference(place: Place) -> str:
            start = re.sub(
                r"[^A-Z0-9]+", "_", f"{slug(item.address.name) or slug(item.id)}_{place[-1]}".upper()
            )
            start = f"_{start}" if start[0].isdigit() else start
            name = start
            number = 2
            while name in self._variables:
                name, number = f"{start}_{number}", number + 1
            self._variables.add(name)
            used.append(name)
            return f"env:{name}"

        made, _ = with_secrets(item.kind, body, reference)
        if used:
            self._made.secrets[item.address] = tuple(used)
        return made

    def _with_references(self, item: Pulled, body: Body, path: str) -> Body:
        raw: list[tuple[str, str]] = []

        def named(slot: Slot, entry: Any) -> Any:
            id = entry.get(slot.id) if isinstance(entry, Mapping) else entry
            if isinstance(entry, Mapping) and (slot.type is None or entry.get("type") != slot.type):
                return entry
            if not isinstance(id, str):
                return entry
            if (target := self._target(id)) is None:
                raw.append((slot.kind, id))
                return entry
            return _reference(slot, entry, self._text(target, path), target.version)

        for slot in item.kind.slots:
            body = _filled(body, slot.path, lambda entry, slot=slot: named(slot, entry))
        if raw:
            self._made.raw[item.address] = tuple(dict.fromkeys(raw))
        return body

    def _target(self, id: str) -> Pulled | Known | None:
        return self._by_id.get(id) or self._known.get(id)

    def _text(self, target: Pulled | Known, path: str) -> str:
        if isinstance(target, Pulled):
            return posixpath.relpath(self._file(target), posixpath.dirname(path))
        return url_of(target.address) or str(target.address)


def _reference(slot: Slot, entry: Any, text: str, latest: int | str | None) -> Any:
    """How a file refers to what ``text`` names, with the version that is pinned."""
    if slot.type is None:
        return text
    more = {key: value for key, value in entry.items() if key not in {"type", slot.id, slot.version}}
    if not slot.version:
        return {PATH: text, **more} if more else text
    version = entry.get(slot.version)
    if version in {None, slot.latest}:
        return {PATH: text, slot.version: LATEST, **more}
    if version == latest:
        return {PATH: text, **more} if more else text
    return {"type": slot.type, slot.id: text, slot.version: version, **more}


def _filled(value: Any, path: tuple[str, ...], fill: Any) -> Any:
    """The tree with ``fill(entry)`` for what stands at ``path``; ``*`` is every item of a list."""
    if not path:
        return fill(value)
    step, rest = path[0], path[1:]
    if step == "*":
        return [_filled(item, rest, fill) for item in value] if isinstance(value, list) else value
    if not isinstance(value, Mapping) or value.get(step) is None:
        return value
    return {**value, step: _filled(value[step], rest, fill)}


def _as_file(text: str) -> bytes | None:
    """The bytes of a file that reads back as this text; None where none does."""
    if not text or text.startswith(_BOM) or "\0" in text:
        return None
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return None
