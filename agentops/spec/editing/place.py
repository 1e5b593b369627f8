"""Where a resource is written, and how a field of it is changed there."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.canonical import same
from agentops.domain.diagnostics import Location
from agentops.domain.kind import Kind
from agentops.domain.project import Stage
from agentops.domain.resource import Resource, replace_refs
from agentops.domain.theirs import Theirs
from agentops.spec.build import MEMORY, PROMPT, SHORT
from agentops.spec.credentials import CREDENTIALS
from agentops.spec.editing.document import edited
from agentops.spec.editing.layers import distributed, over_defaults, refuse_no_value, staged, unaffixed
from agentops.spec.editing.naming import Names
from agentops.spec.editing.patch import MISSING, Patcher
from agentops.spec.editing.splice import Unwritable
from agentops.spec.editing.template import retold
from agentops.spec.editing.tools import patched_tools
from agentops.spec.files import Files, is_pattern
from agentops.spec.include import included_files
from agentops.spec.lifecycle import LIFECYCLE
from agentops.spec.located import LocatedDict, plain
from agentops.spec.overlay import OVERRIDES
from agentops.spec.paths import files_behind
from agentops.spec.slots import PATH
from agentops.spec.source import Document, read_data, read_document
from agentops.spec.waivers import POLICY

_LAST = (OVERRIDES, LIFECYCLE, POLICY)
"""Keys that new fields are written above."""


@dataclass(slots=True)
class Place:
    """One resource in one stage, in files as they are by now. ``texts`` takes what becomes of them.

    own: the stage's defaults that are not those of every stage. owner: whether the document declares the
    resource itself, and not beside its own.
    """

    files: Files
    stage: Stage
    own: Mapping[str, Any]
    kind: Kind
    resource: Resource
    theirs: Theirs
    names: Names
    owner: bool
    texts: dict[str, str] = field(default_factory=dict)

    def change(self, name: str, leaves: Sequence[str]) -> None:
        """Write the leaves of one field.

        Raises:
            Unwritable: they cannot be written. Refused: a file cannot be read.
        """
        if self.kind.bundle is not None:
            raise Unwritable("the registry does not tell what the files of a skill hold", 0)
        ours, target = self._sides(name, leaves)
        if self.kind.fields[name].digest is not None and self.resource.path != self._document_path():
            self._file(self.resource.path, ours, target)
            return
        document = read_document(self.files, self.resource.path)
        if name == self.kind.text_field and self.owner and self._text(document, ours, target):
            return
        if not self.owner and self.kind.name == "memory_store":
            self._memory_store(document, name, target)
            return
        self._tree(document, name, ours, target)

    def _document_path(self) -> str:
        return self.resource.path if self.owner else ""

    def _sides(self, name: str, leaves: Sequence[str]) -> tuple[Any, Any]:
        """The field as our file asks for it, complete, and as it is to become."""
        wanted = replace_refs(self.resource.body, self.theirs.known)
        ours = self.kind.complete(wanted).get(name)
        theirs = self.kind.complete(self.theirs.live).get(name)
        if self.kind.fields[name].digest is not None:
            return wanted.get(name), self.theirs.live.get(name)
        if name == self.kind.label:
            return unaffixed(self.kind, ours, self.stage), unaffixed(self.kind, theirs, self.stage)
        if not self.kind.fields[name].leaves or name in leaves:
            return ours, theirs
        target: dict[str, Any] = dict(copy.deepcopy(ours)) if isinstance(ours, Mapping) else {}
        for leaf in leaves:
            below = leaf.removeprefix(f"{name}.")
            # A key of metadata may have dots of its own.
            path = [below] if self.kind.fields[name].foreign_keys else below.split(".")
            _set(target, path, _at(theirs, path))
        return _without_empty(ours), _without_empty(target)

    # -- texts

    def _file(self, path: str, ours: Any, target: Any) -> None:
        """A text that has a file of its own."""
        if not isinstance(target, str):
            raise Unwritable("the registry has no text there", 0)
        text = self.files.text(path)
        made: str | None = target
        if path.endswith(".j2"):
            made = retold(text, ours or "", target)
        if made is None:
            raise Unwritable(f"what was changed comes from an expression of the template {path}", 0)
        self.texts[path] = made

    def _text(self, document: Document, ours: Any, target: Any) -> bool:
        """The text field, where it is not written as a member; whether it was that."""
        patch = self._patch(document.body)
        has_prompt = self.kind.name == "agent"
        holders = [item for item in (patch, document.body) if item is not None]
        holder = next((item for item in holders if item.get(PROMPT) or self.kind.text_field in item), None)
        if has_prompt and holder is not None and isinstance(reference := holder.get(PROMPT), str):
            at = holder.place(PROMPT)
            (path,) = files_behind(reference, document.path, at, self.files).files
            self._file(path, ours, target)
            return True
        if not document.prose or (holder is patch and patch is not None):
            return False
        prose = self._as_prose(target)
        if prose is None:
            raise Unwritable(
                "what stands under a frontmatter is a text alone, not empty, without white space around it; "
                f"write it as '{self.kind.text_field}' into the frontmatter and take the text below it out",
                0,
            )
        text = self.files.text(document.path)
        if plain(document.body).get("template") is True or same(self.kind.prose(document.prose), target):
            prose = retold(document.prose, self._as_prose(ours) or "", prose) or prose
        self.texts[document.path] = edited(document.path, text, plain(document.body), prose)
        return True

    def _as_prose(self, value: Any) -> str | None:
        """The text that makes this value of the field."""
        for text in _texts(value):
            name = self.kind.text_field or ""
            made = self.kind.complete({name: self.kind.prose(text)}).get(name)
            if text and text == text.strip() and same(made, self.kind.complete({name: value}).get(name)):
                return text
        return None

    # -- members

    def _patch(self, body: LocatedDict) -> LocatedDict | None:
        blocks = body.get(OVERRIDES)
        patch = blocks.get(self.stage.name) if isinstance(blocks, LocatedDict) else None
        return patch if isinstance(patch, LocatedDict) else None

    def _tree(self, document: Document, name: str, ours: Any, target: Any) -> None:
        body = plain(document.body)
        refuse_no_value(name, ours, target, self.stage.defaults)
        holder = () if self.owner else (CREDENTIALS, self.resource.address.name.partition("/")[2])
        base, patch = _within(body, holder), _within(body, (OVERRIDES, self.stage.name, *holder))
        if base is MISSING:
            base = {}
        short = SHORT.get(self.kind.name, {}).get(name) or self._short_reference(name)
        old = base.get(name, MISSING) if isinstance(base, Mapping) else MISSING
        over = patch.get(name, MISSING) if isinstance(patch, Mapping) else MISSING
        before = staged(old, over, short)
        if before is MISSING and self.kind.fields[name].foreign_keys and name in self.stage.defaults:
            before = {}  # key by key: those of the defaults stay where they are
        patcher = Patcher(self.kind, name, target, self.names.of_field(name), short)
        after = self._patched(name, before, ours, target, patcher, body)
        below, above = distributed(old, over, before, after, short)
        below, above = over_defaults(name, (old, over), (below, above), self.own)
        if above is not MISSING and patch is MISSING:
            patch = _made(body, (OVERRIDES, self.stage.name, *holder))
        _put(base, name, below)
        if isinstance(patch, dict):
            _put(patch, name, above)
            if not patch and not holder:
                del body[OVERRIDES][self.stage.name]
                if not body[OVERRIDES]:
                    del body[OVERRIDES]
        text = self.files.text(document.path)
        self.texts[document.path] = edited(document.path, text, body)

    def _short_reference(self, name: str) -> str | None:
        return next((PATH for slot in self.kind.slots if slot.path == (name,) and slot.type), None)

    def _patched(
        self, name: str, before: Any, ours: Any, target: Any, patcher: Patcher, body: dict[str, Any]
    ) -> Any:
        if self.kind.name == "agent" and name == "tools" and isinstance(before, list):
            made = patched_tools(
                before, ours or [], target or [], patcher, self._included, self._change_included
            )
            return made or MISSING
        if self.kind.name == "agent" and name == "mcp_servers":
            return self._servers(before, ours or [], target or [], patcher, body)
        made = patcher.patched(before, ours, target)
        return MISSING if made in ({}, []) else made

    def _servers(
        self, before: Any, ours: list[Any], target: list[Any], patcher: Patcher, body: dict[str, Any]
    ) -> Any:
        """Servers are listed, or declared by ``mcp`` among the tools; each is changed where it is."""
        listed = before if isinstance(before, list) else []
        if any(isinstance(item, str) for item in listed):
            return patcher.patched(before, ours, target)
        names = [item.get("name") for item in listed]
        theirs = {item.get("name"): item for item in target}
        mine = {item.get("name"): item for item in ours}
        result = [
            patcher.patched(item, mine[item["name"]], theirs[item["name"]])
            for item in listed
            if item.get("name") in theirs
        ]
        for item in target:
            if item.get("name") in names:
                continue
            if item.get("name") not in mine:
                result.append(patcher.trimmed(item, (target.index(item),)))
            elif not same(mine[item["name"]], item):
                self._url_of(item, body)
        return result or MISSING

    def _url_of(self, server: Mapping[str, Any], body: dict[str, Any]) -> None:
        for tool in body.get("tools") or []:
            if isinstance(tool, dict) and tool.get("mcp") == server["name"] and "url" in tool:
                tool["url"] = server["url"]
                return
        raise Unwritable(f"the file does not say where the server '{server['name']}' comes from", 0)

    # -- includes

    def _included(self, reference: str) -> list[Any]:
        found: list[Any] = []
        for path in self._include_files(reference):
            data = plain(read_data(self.files, path))
            found += data if isinstance(data, list) else [data]
        return found

    def _include_files(self, reference: str) -> list[str]:
        return included_files(reference, self.resource.path, Location(self.resource.path), self.files)

    def _change_included(self, reference: str, held: Any, made: Any) -> None:
        for path in self._include_files(reference):
            data = plain(read_data(self.files, path))
            items = data if isinstance(data, list) else [data]
            if held not in items:
                continue
            at = items.index(held)
            if made is None and not isinstance(data, list):
                what = "the pattern that finds it" if is_pattern(reference) else f"`- {reference}`"
                raise Unwritable(f"it is all that the included file {path} holds; remove {what}", 0)
            changed = [*items[:at], *([] if made is None else [made]), *items[at + 1 :]]
            text = self.texts.get(path) or self.files.text(path)
            self.texts[path] = edited(path, text, changed if isinstance(data, list) else changed[0])
            return

    # -- memory stores of an agent

    def _memory_store(self, document: Document, name: str, target: Any) -> None:
        body = plain(document.body)
        written = body.get(MEMORY)
        entries = written if isinstance(written, list) else [written]
        agent = next(
            (
                entry
                for entry in entries
                if isinstance(entry, dict)
                and self.resource.address.name.endswith(f"-{entry.get('name') or entry.get('type')}")
            ),
            None,
        )
        if agent is None or name not in {"description", "metadata"}:
            raise Unwritable(f"'{name}' of an agent's memory follows from the names of both", 0)
        if name == "description":
            _put(agent, "description", target)
        else:
            _put_metadata(agent, target or {})
        text = self.files.text(document.path)
        self.texts[document.path] = edited(document.path, text, body)


def _put_metadata(entry: dict[str, Any], target: Mapping[str, str]) -> None:
    rest = dict(target)
    for key, member in (("memory_type", "type"), ("retention_days", "retention_days")):
        value = rest.pop(key, None)
        if value is None:
            if entry.get(member) is not None:
                _put(entry, member, MISSING)
        elif str(entry.get(member)) != value:
            _put(entry, member, int(value) if member == "retention_days" and value.isdecimal() else value)
    if rest != (entry.get("metadata") or {}):
        _put(entry, "metadata", rest or MISSING)


def _put(holder: dict[str, Any], name: str, value: Any) -> None:
    """Set a member, or take it out. A new one comes last, but above what concerns the file as a whole."""
    if value is MISSING:
        holder.pop(name, None)
        return
    is_new = name not in holder
    holder[name] = value
    if is_new:
        for key in [key for key in _LAST if key in holder and key != name]:
            holder[key] = holder.pop(key)


def _within(tree: Any, path: Sequence[str]) -> Any:
    for step in path:
        tree = tree.get(step, MISSING) if isinstance(tree, Mapping) else MISSING
    return tree


def _made(body: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The mapping at a path, with those on the way to it, made where there is none."""
    holder = body
    for step in path:
        if not isinstance(holder.get(step), dict):
            _put(holder, step, {})
        holder = holder[step]
    return holder


def _at(tree: Any, path: Sequence[str]) -> Any:
    found = _within(tree, path)
    return None if found is MISSING else found


def _set(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for step in path[:-1]:
        inner = tree.get(step)
        tree[step] = dict(inner) if isinstance(inner, Mapping) else {}
        tree = tree[step]
    if value is None:
        tree.pop(path[-1], None)
    else:
        tree[path[-1]] = value


def _without_empty(tree: Any) -> Any:
    """The tree without what counts as absent, so that nothing is left of what has gone."""
    if not isinstance(tree, Mapping):
        return tree
    kept = {key: _without_empty(value) for key, value in tree.items()}
    return {key: value for key, value in kept.items() if value not in (None, {}, [])}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for member in members for text in _texts(member)]
