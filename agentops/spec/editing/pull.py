"""What drifted in one stage, written into the files that ask for it.

Each field is changed where it is written, and the project is then read again as it would be: the field must
be what the registry has, and nothing else of any stage may be another. A field of which that cannot be had is
left, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentops.domain.address import Address
from agentops.domain.canonical import field_of, form, same, same_but_floating
from agentops.domain.diagnostics import Code, Diagnostic, Location, Severity, error, in_order, warning
from agentops.domain.kind import Catalog
from agentops.domain.project import Project, Stage
from agentops.domain.pulled import WrittenField
from agentops.domain.resource import Resource, replace_refs
from agentops.domain.theirs import Theirs
from agentops.spec.build import PROMPT
from agentops.spec.discovery import discover
from agentops.spec.editing.layers import own_defaults
from agentops.spec.editing.naming import Names
from agentops.spec.editing.place import Place
from agentops.spec.editing.splice import Unwritable
from agentops.spec.files import Files, Refused
from agentops.spec.load import Loaded, load_stages
from agentops.spec.located import LocatedDict, LocatedList, locate
from agentops.spec.source import read_document

_BOM = b"\xef\xbb\xbf"
_TOGETHER = (("mcp_servers", "tools"),)
"""Fields that are only right together: a server nobody uses is refused, and so is a tool without one."""


@dataclass(frozen=True, slots=True)
class Edits:
    """files: path -> what it held when it was read, and what it is to hold. left: fields that could not be
    written, as errors; and warnings."""

    files: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)
    fields: tuple[WrittenField, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def pull(root: Path, project: Project, stage: Stage, catalog: Catalog, asked: Sequence[Theirs]) -> Edits:
    """The edits that bring what drifted into the files. Nothing is written."""
    for step_by_step in (False, True):
        # All of it at once, for that is one look at the project; where something is wrong, field by field.
        work = _Pulling(root, project, stage, catalog, step_by_step)
        for theirs in asked:
            work.take(theirs)
        if step_by_step or work.wrong(work.now, {}) is None:
            return work.edits()
    raise AssertionError("the second time everything is checked on the way")


@dataclass(slots=True)
class _Pulling:
    root: Path
    project: Project
    stage: Stage
    catalog: Catalog
    step_by_step: bool
    before: dict[str, Loaded] = field(init=False)
    owners: frozenset[Address] = field(init=False)
    now: dict[str, bytes] = field(init=False, default_factory=dict)
    done: dict[Address, tuple[Theirs, list[str]]] = field(init=False, default_factory=dict)
    written: list[WrittenField] = field(init=False, default_factory=list)
    said: list[Diagnostic] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.before = self._loaded({})
        found = discover(Files(self.root), self.project, self.catalog)
        self.owners = frozenset([*(item.address for item in found.declarations), *found.skills.values()])

    def _loaded(self, instead: Mapping[str, bytes]) -> dict[str, Loaded]:
        stages = list(self.project.stages.values())
        loaded = load_stages(self.root, self.project, stages, self.catalog, instead=instead)
        return {stage.name: item for stage, item in zip(stages, loaded, strict=True)}

    def take(self, theirs: Theirs) -> None:
        resource = self.before[self.stage.name].desired.resources.get(theirs.address)
        if resource is None:
            self.said.append(
                error(
                    Code.UNWRITABLE,
                    f"{theirs.address} comes from a URL; it cannot be changed here",
                    "change it where it comes from, or apply with --on-drift revert or keep",
                    address=theirs.address,
                )
            )
            return
        for names in _groups(theirs.leaves):
            self._fields(theirs, resource, names)

    def _fields(self, theirs: Theirs, resource: Resource, names: Sequence[str]) -> None:
        """Fields that are written together or not at all."""
        leaves = [leaf for leaf in theirs.leaves if field_of(leaf) in names]
        texts = dict(self.now)
        try:
            for name in names:
                place = self._place(theirs, resource, texts)
                place.change(name, [leaf for leaf in leaves if field_of(leaf) == name])
                texts |= {path: self._bytes(path, text) for path, text in place.texts.items()}
        except Unwritable as problem:
            self._leave(Code.UNWRITABLE, theirs, resource, names, str(problem))
            return
        except Refused as refused:
            self._leave(Code.UNWRITABLE, theirs, resource, names, str(refused))
            return
        meant = {theirs.address: (theirs, leaves)}
        if self.step_by_step and (wrong := self.wrong(texts, meant)) is not None:
            self._leave(Code.SIDE_EFFECT, theirs, resource, names, wrong)
            return
        self._shift(texts)
        for name in names:
            self.written.append(self._told(theirs, name, self.now, texts, resource))
        self.now = texts
        known = self.done.setdefault(theirs.address, (theirs, []))
        known[1].extend(leaves)
        for leaf in sorted(theirs.both & set(leaves)):
            self.said.append(
                warning(
                    Code.OURS_REPLACED,
                    f"{theirs.address}: the file had changed '{leaf}', too; now it says what is there",
                    "look at the difference before you commit it; what the file said is listed above",
                    address=theirs.address,
                    location=resource.location,
                )
            )

    def _place(self, theirs: Theirs, resource: Resource, texts: Mapping[str, bytes]) -> Place:
        files = Files(self.root, texts)
        kind = self.catalog.of_address(theirs.address)
        external = {id: address for address, id in self.stage.external.items()}
        desired = self.before[self.stage.name].desired.resources
        paths = {address: desired[address].path for address in self.owners if address in desired}
        names = Names(
            kind,
            resource.path,
            {**external, **theirs.names},
            paths,
            theirs.known,
            _names_paths(files, resource.path),
        )
        own, is_owner = own_defaults(self.project, self.stage), theirs.address in self.owners
        return Place(files, self.stage, own, kind, resource, theirs, names, is_owner)

    def _bytes(self, path: str, text: str) -> bytes:
        old = self.now.get(path) or Files(self.root).read(path)
        return (_BOM if old.startswith(_BOM) else b"") + text.encode()

    # -- what it comes to

    def wrong(
        self, texts: Mapping[str, bytes], more: Mapping[Address, tuple[Theirs, list[str]]]
    ) -> str | None:
        """What the project would be that it should not be, with what was taken and ``more``; None where
        nothing is."""
        after = self._loaded(texts)
        for item in after[self.stage.name].diagnostics:
            if item.severity is Severity.ERROR:
                return f"then {item.location or item.address}: {item.summary}"
        meant = {address: set(done) for address, (_, done) in self.done.items()}
        for address, (_, leaves) in more.items():
            meant.setdefault(address, set()).update(leaves)
        for name, loaded in after.items():
            old, new = self.before[name].desired.resources, loaded.desired.resources
            if old.keys() != new.keys():
                return f"other addresses would be declared in stage {name}"
            for address, resource in new.items():
                if (what := self._moved(old[address], resource, meant.get(address, set()))) is not None:
                    return f"{address} in stage {name} would change, too: {what}"
        resources = after[self.stage.name].desired.resources
        checked = [*self.done.values(), *more.values()]
        problems = (self._not_theirs(resources[item.address], item, leaves) for item, leaves in checked)
        return next((problem for problem in problems if problem is not None), None)

    def _moved(self, old: Resource, new: Resource, meant: set[str]) -> str | None:
        beside = (
            ("lifecycle", old.lifecycle, new.lifecycle),
            ("attachments", old.attachments, new.attachments),
            ("parent", old.parent, new.parent),
            ("secret_version", old.secret_version, new.secret_version),
            ("path", old.path, new.path),
        )
        for what, one, other in beside:
            if one != other:
                return what
        if same(old.body, new.body):
            return None
        kind = self.catalog.of_address(old.address)
        ours, theirs = form(kind, old.body).fingerprints, form(kind, new.body).fingerprints
        moved = sorted(path for path in {*ours, *theirs} if ours.get(path) != theirs.get(path))
        return next((path for path in moved if path not in meant), None)

    def _not_theirs(self, resource: Resource, theirs: Theirs, leaves: Sequence[str]) -> str | None:
        kind = self.catalog.of_address(theirs.address)
        ours = form(kind, replace_refs(resource.body, theirs.known))
        there = form(kind, theirs.live)
        for leaf in leaves:
            if ours.fingerprints.get(leaf) != there.fingerprints.get(leaf) and not same_but_floating(
                kind, leaf, ours.leaves.get(leaf), there.leaves.get(leaf)
            ):
                return f"'{leaf}' would still not be what the registry has"
        return None

    def _leave(self, code: Code, theirs: Theirs, resource: Resource, names: Sequence[str], why: str) -> None:
        named = " and ".join(f"'{name}'" for name in names) + (" is" if len(names) == 1 else " are")
        at = self._located(resource, names[0])
        self.said.append(
            error(
                code,
                f"{theirs.address}: {named} left as the file says: {why}",
                "write it by hand (`agentops drift -v` shows both sides), or apply with --on-drift",
                address=theirs.address,
                location=at,
            )
        )

    def _located(self, resource: Resource, name: str) -> Location:
        """Where a field is written, else where the resource is."""
        try:
            document = read_document(Files(self.root, self.now), resource.path)
        except Refused:
            return resource.location
        if name not in document.body and name == self.catalog.of_address(resource.address).text_field:
            name = PROMPT
        patched = locate(document.body, ("overrides", self.stage.name, name))
        found = locate(document.body, (name,), "key")
        inner = document.body.get("overrides")
        patch = inner.get(self.stage.name) if isinstance(inner, LocatedDict) else None
        if isinstance(patch, LocatedDict) and name in patch:
            return patched or resource.location
        return found if found is not None and name in document.body else resource.location

    def _shift(self, texts: Mapping[str, bytes]) -> None:
        """What was written further down in a file has moved."""
        for path, content in texts.items():
            before, after = self._lines(path, self.now), content.splitlines()
            first, by = _first_difference(before, after), len(after) - len(before)
            self.written = [
                item.model_copy(update={"line": item.line + by})
                if item.file == path and item.line > first
                else item
                for item in self.written
            ]

    def _lines(self, path: str, texts: Mapping[str, bytes]) -> list[bytes]:
        return (texts.get(path) or Files(self.root).read(path)).splitlines()

    def _told(
        self,
        theirs: Theirs,
        name: str,
        old: Mapping[str, bytes],
        new: Mapping[str, bytes],
        resource: Resource,
    ) -> WrittenField:
        """The first line that is another, in the file that is."""
        changed = [path for path in new if old.get(path) != new[path]]
        path = resource.path if resource.path in changed else changed[0] if changed else resource.path
        line = _first_difference(self._lines(path, old), self._lines(path, new))
        return WrittenField(address=theirs.address, field=name, file=path, line=line)

    def edits(self) -> Edits:
        files = {path: (Files(self.root).read(path), content) for path, content in sorted(self.now.items())}
        changed = {path: sides for path, sides in files.items() if sides[0] != sides[1]}
        return Edits(changed, tuple(self.written), in_order(self.said))


def _first_difference(before: Sequence[bytes], after: Sequence[bytes]) -> int:
    """The number of the first line that is another."""
    pairs = enumerate(zip(before, after, strict=False), 1)
    return next((line for line, (one, other) in pairs if one != other), min(len(before), len(after)) + 1)


def _groups(leaves: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The fields of the leaves, those together that are only right together."""
    names = list(dict.fromkeys(map(field_of, leaves)))
    for group in _TOGETHER:
        if len(both := [name for name in group if name in names]) > 1:
            yield tuple(both)
            names = [name for name in names if name not in both]
    yield from ((name,) for name in names)


def _names_paths(files: Files, path: str) -> bool:
    """Whether a file names others by path rather than by address."""
    try:
        body = read_document(files, path).body
    except Refused:
        return False
    return any(text.startswith(("./", "../")) for text in _texts(body))


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, LocatedDict):
        for value in tree.values():
            yield from _texts(value)
    elif isinstance(tree, LocatedList):
        for item in tree:
            yield from _texts(item)
