"""References to other resources, wherever the API takes an ID: paths, globs, addresses, IDs, URLs of skills.

What is ours becomes a reference that apply fills in, pinned to the version that was just applied where the
API pins; an ID goes as it is written; a mapping that names no file is the API's own shape and passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.kind import EACH, Catalog, Kind, Slot
from agentops.domain.resource import Ref, as_ref, refs_in
from agentops.spec.files import Files, Refused, is_pattern
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.references import Index, Referred, a, is_url, matching, resolve
from agentops.spec.source import describe

PATH = "path"
LATEST = "latest"

Entries = Iterator[tuple[Any, Location]]


@dataclass(frozen=True, slots=True)
class Names:
    """What is needed to look a name up: in which file it stands, and what there is."""

    base: str
    own: Address
    catalog: Catalog
    index: Index
    files: Files


def with_references(kind: Kind, body: LocatedDict, names: Names, problems: list[Diagnostic]) -> LocatedDict:
    """The body with every slot of its kind filled in."""
    for slot in kind.slots:
        body = _filled(body, slot.path, _Filling(slot, names, problems))
    return body


def named_in(kind: Kind, body: LocatedDict) -> Iterator[tuple[str, str]]:
    """The kind and the text of every name in a body's slots, not yet looked up."""
    for slot in kind.slots:
        for entry in slot.entries(body):
            if isinstance(entry, dict):
                entry = entry.get(PATH, entry.get(slot.id) if entry.get("type") == slot.type else None)
            if isinstance(entry, str):
                yield slot.kind, entry


def short_references(kind: Kind) -> dict[str, str]:
    """Fields whose text is short for ``{path: …}``."""
    return {slot.path[0]: PATH for slot in kind.slots if len(slot.path) == 1 and slot.type is not None}


@dataclass(frozen=True, slots=True)
class _Filling:
    slot: Slot
    names: Names
    problems: list[Diagnostic]

    def __call__(self, value: Any, at: Location) -> Entries:
        """What stands for one entry: a reference, several for a glob, itself where it names nothing."""
        try:
            if isinstance(value, str):
                yield from self._of_text(value, at)
            elif isinstance(value, LocatedDict) and PATH in value:
                yield from self._of_path(value, at)
            elif isinstance(value, LocatedDict):
                yield self._of_object(value), at
            else:
                yield value, at  # the schema says what is wrong
        except Refused as refused:
            self.problems.extend(refused.diagnostics)
            # Something well-formed stands in, so that nothing is said twice; with an error nothing is sent.
            yield self._encoded(Referred(None, stand_in(self._kind, str(at))), at), at

    def _of_text(self, text: str, at: Location) -> Entries:
        if is_url(text) or not (self.slot.many and is_pattern(text)):
            yield self._encoded(self._resolved(text, at), at), at
            return
        found = matching(text, self._kind, self.names.base, at, self.names.index, self.names.files)
        others = [item for item in found if item.address != self.names.own]
        if not others:
            raise Refused(self._itself(f"'{text}' matches only this {self.names.own.kind} itself", at))
        for item in others:
            yield self._encoded(item, at), at

    def _of_path(self, value: LocatedDict, at: Location) -> Entries:
        """``{path: …, version: latest, …}``: further members go to the API as they are."""
        slot, text = self.slot, value[PATH]
        if not isinstance(text, str):
            raise Refused(
                error(
                    Code.WRONG_TYPE,
                    f"'path' is the path of a file, not {describe(text)}",
                    "write `path: ../agents/reviewer.md`",
                    location=value.place(PATH),
                )
            )
        floating = "version" in value
        if floating and not (slot.version and value["version"] == LATEST):
            raise Refused(self._fixed_version(value))
        more = value.without(PATH, "version")
        if slot.type is not None and more.get("type") == slot.type:
            more = more.without("type")  # says what is so anyway
        set_here = [key for key in more if slot.type is None or key in {"type", slot.id}]
        self.problems.extend(self._not_beside(key, more) for key in set_here)
        for made, place in self._of_text(text, value.place(PATH)):
            yield self._with(self._floating(made) if floating else made, more.without(*set_here)), place

    def _of_object(self, value: LocatedDict) -> Any:
        """The API's own shape: its ID may be a name, everything else stays."""
        slot = self.slot
        if slot.type is None or value.get("type") != slot.type:
            return value
        text = value.get(slot.id)
        if not isinstance(text, str) or not text:
            return value
        if self._is_an_id(text):
            made = self._encoded(Referred(None, text), value.place(slot.id))
        else:
            made = self._encoded(self._resolved(text, value.place(slot.id)), value.at)
        return self._with(made, value.without("type", slot.id))

    def is_new(self, value: Any, at: Location, seen: set[str]) -> bool:
        """Whether an entry of a list refers to something that none before it does; ``seen`` are those."""
        slot = self.slot
        if slot.type is not None:
            value = value.get(slot.id) if isinstance(value, dict) and value.get("type") == slot.type else None
        ref = as_ref(value)
        name = value if ref is None else str(ref.address)
        if not isinstance(name, str) or name not in seen:
            seen |= {name} if isinstance(name, str) else set()
            return True
        self.problems.append(
            error(
                Code.CONFLICTING_FIELDS,
                f"{name} is named twice in this list",
                "remove one of the entries; a pattern names everything it matches",
                location=at,
            )
        )
        return False

    # -- pieces

    @property
    def _kind(self) -> Kind:
        return self.names.catalog[self.slot.kind]

    def _is_an_id(self, text: str) -> bool:
        """Where the API's own shape stands, any text in the form of an ID passes: it says that it is one."""
        return re.fullmatch(rf"{re.escape(self._kind.id_prefix)}\w+", text, re.ASCII) is not None

    def _resolved(self, text: str, at: Location) -> Referred:
        found = resolve(text, self._kind, self.names.base, at, self.names.index, self.names.files)
        if found.address == self.names.own:
            raise Refused(self._itself(f"'{text}' is this {self.names.own.kind} itself", at))
        return found

    def _itself(self, summary: str, at: Location) -> Diagnostic:
        return error(
            Code.CYCLE,
            summary,
            "write {type: self}" if self.names.own.kind == "agent" else "name another",
            location=at,
        )

    def _encoded(self, found: Referred, at: Location) -> Any:
        slot = self.slot
        managed = found.id is None and found.address is not None
        id = Ref(found.address).as_json() if managed and found.address is not None else found.id
        if slot.type is None:
            return LocatedDict.of(at, id) if isinstance(id, dict) else id
        made = LocatedDict.of(at, {"type": slot.type, slot.id: id})
        if managed and slot.version and found.address is not None:
            made.put(slot.version, Ref(found.address, "version").as_json(), at)
        return made

    def _floating(self, made: Any) -> Any:
        slot = self.slot
        if not isinstance(made, LocatedDict) or not slot.version:
            return made
        kept = made.without(slot.version)
        if slot.latest is not None:
            kept.put(slot.version, slot.latest, made.at)
        return kept

    def _with(self, made: Any, more: LocatedDict) -> Any:
        """``made`` with the members that stand beside it; a version that is written counts."""
        if not isinstance(made, LocatedDict):
            return made
        slot = self.slot
        if slot.version and more.get(slot.version) == LATEST:
            made, more = self._floating(made), more.without(slot.version)
        for key in more:
            made.put_from(more, key)
        return made

    def _fixed_version(self, value: LocatedDict) -> Diagnostic:
        slot = self.slot
        if not slot.version:
            says, instead = f"{a(slot.kind)} has no version to name", "leave it out"
        else:
            says = "'version' beside 'path' can only be latest"
            instead = (
                "leave it out to pin the version that was just applied; for a certain one write "
                f"{{type: {slot.type}, {slot.id}: …, {slot.version}: …}}"
            )
        return error(Code.INVALID_VALUE, says, instead, location=value.place("version"))

    def _not_beside(self, key: str, more: LocatedDict) -> Diagnostic:
        if self.slot.type is None:
            return error(
                Code.UNKNOWN_KEY,
                f"'{key}' does not fit here: only the ID is sent",
                f"write the path alone, or remove '{key}'",
                location=more.place(key, "key"),
            )
        return error(
            Code.CONFLICTING_FIELDS,
            f"'{key}' is set from 'path'",
            f"remove '{key}', or 'path'",
            location=more.place(key, "key"),
        )


def _filled(node: Any, path: tuple[str, ...], fill: _Filling) -> Any:
    """The tree with what ``path`` leads to filled in; what has another shape is left to the schema."""
    step, rest = path[0], path[1:]
    if step == EACH:
        if not isinstance(node, LocatedList):
            return node
        made = LocatedList(node.at)
        seen: set[str] = set()
        for index, item in enumerate(node):
            at = node.place(index)
            for value, place in ((_filled(item, rest, fill), at),) if rest else fill(item, at):
                if rest or fill.is_new(value, place, seen):
                    made.add(value, place)
        return made
    if not isinstance(node, LocatedDict) or node.get(step) is None:
        return node
    at = node.place(step)
    if rest:
        value = _filled(node[step], rest, fill)
    else:
        ((value, _),) = fill(node[step], at)
    changed = node.without()
    changed.put(step, value, at, node.place(step, "key"))
    return changed


def well_formed(tree: Any, catalog: Catalog) -> Any:
    """The tree with an ID or a version that the API could have given in the place of each reference: what a
    schema can judge. Places are kept."""
    if (ref := as_ref(tree)) is not None:
        kind = catalog[ref.address.kind]
        if ref.attribute == "id":
            return stand_in(kind, ref.address)
        return 1 if kind.versioned else stand_in(kind, ref.address)
    if isinstance(tree, LocatedDict):
        made = LocatedDict(tree.at)
        for key, value in tree.items():
            made.put(key, well_formed(value, catalog), tree.place(key), tree.place(key, "key"))
        return made
    if isinstance(tree, LocatedList):
        items = LocatedList(tree.at)
        for index, value in enumerate(tree):
            items.add(well_formed(value, catalog), tree.place(index))
        return items
    return tree


def in_words(text: str, body: Any, catalog: Catalog) -> str:
    """A message about such a tree with addresses in the place of those IDs."""
    for ref in refs_in(body):
        text = text.replace(stand_in(catalog[ref.address.kind], ref.address), ref.address)
    return text


def stand_in(kind: Kind, name: str) -> str:
    """An ID of the right form; another one for each name."""
    return f"{kind.id_prefix}{digest(name)[:24]}"
