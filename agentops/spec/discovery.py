"""Which files of a project declare what: the walk, the kind of each file, its address and default name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.diagnostics import (
    Code,
    Diagnostic,
    Location,
    did_you_mean,
    error,
    warning,
)
from agentops.domain.kind import Catalog, Kind
from agentops.domain.project import Project
from agentops.spec.files import Files, Refused
from agentops.spec.include import looks_like_tool_data
from agentops.spec.located import LocatedDict
from agentops.spec.naming import address_of_bundle, default_address, explicit_address, names
from agentops.spec.overlay import OVERRIDES, merged
from agentops.spec.payload import Payload, payload_of
from agentops.spec.slots import named_in
from agentops.spec.source import (
    DATA_SUFFIXES,
    MARKDOWN_SUFFIXES,
    Document,
    describe,
    read_document,
    stem_of,
    suffix_of,
)
from agentops.spec.walk import SKILL_FILE, Places, ignored_links, walk


@dataclass(frozen=True, slots=True)
class Declaration:
    """A file that declares a resource. ``name`` is the default of its body's ``name``."""

    kind: Kind
    address: Address
    name: str
    document: Document


@dataclass(slots=True)
class Found:
    """``payload`` are the files that others refer to, ``resources`` those that declare something, ``skills``
    the directories that are one skill each. ``broken`` are files that cannot be read and skills whose address
    is taken, with what they would declare: what refers to them is not wrong."""

    declarations: list[Declaration] = field(default_factory=list)
    skills: dict[str, Address] = field(default_factory=dict)
    broken: dict[str, Address] = field(default_factory=dict)
    payload: set[str] = field(default_factory=set)
    resources: frozenset[str] = frozenset()
    problems: list[Diagnostic] = field(default_factory=list)


_DECLARED_AS = {
    "memory": ("seed", "write `seed: PATH` in the file of the memory_store, or in `memory` of an agent"),
    "credential": ("credentials", "write `credentials: {NAME: {auth: …}}` in the file of the vault"),
}
"""Where what belongs to a parent is written, and how."""

_VAULT_KEYS = frozenset(
    {
        "display_name",
        "metadata",
        "credentials",
        "lifecycle",
        "policy",
        "overrides",
        "template",
        "address",
        "$schema",
    }
)
_VAULT = re.compile(rb"^[\s{,]*[\"']?(?:display_name|credentials|type)\b", re.MULTILINE)
_MANIFEST = re.compile(rb"^apiVersion:", re.MULTILINE)
_VAULT_ALONE = frozenset({"display_name", "credentials"})
"""Members that no file of another tool in a directory of this name has."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: str
    kind: str
    document: Document | None
    problems: tuple[Diagnostic, ...] = ()


def discover(files: Files, project: Project, catalog: Catalog) -> Found:
    """Walk the project and tell its resources from everything else."""
    found = Found()
    places = Places.of(catalog)
    paths: list[str] = []
    links: list[str] = []
    for path, is_skill in walk(files, places, links, found.problems):
        if is_skill:
            _declare_skill(path, catalog, found)
        else:
            paths.append(path)
    candidates = [item for path in paths if (item := _candidate(files, path, places)) is not None]
    candidates.extend(_named_in_slots(candidates, paths, files, catalog))
    candidates.sort(key=lambda item: item.path)
    kept = _without_payload(candidates, files, found)
    found.resources = frozenset(item.path for item in candidates)
    for candidate in kept:
        _declare(candidate, project, catalog, found)
    found.problems.extend(_unused(paths, kept, found.payload))
    found.problems.extend(ignored_links(links, found.payload, places))
    return found


def addresses_of(files: Files, project: Project, catalog: Catalog) -> dict[str, Address]:
    """What each file, and each directory of a skill, declares."""
    found = discover(files, project, catalog)
    declared = {item.document.path: item.address for item in found.declarations}
    return declared | found.skills


def _candidate(files: Files, path: str, places: Places) -> _Candidate | None:
    """The file as a resource, or None where it is none: by its ``type``, else by its place."""
    placed = places.kind_of(path)
    if placed is None:
        if (child := places.child_of(path)) is not None:
            return _declared_child(files, path, child)
        if not _says_type(files, path, places):
            return None
    try:
        document = read_document(files, path)
    except Refused as refused:
        if placed is None and not _says_type(files, path, places, at_start_of_line=True):
            return None
        if _is_broken_look_alike(files, path, placed or ""):
            return None
        return _Candidate(path, placed or "", None, refused.diagnostics)
    written = document.body.get("type")
    if placed is None and not (isinstance(written, str) and places.may_be(written, path)):
        return None
    if "type" not in document.body and _is_look_alike(document, placed or "", path):
        return None
    kind = written if isinstance(written, str) else placed or ""
    return _Candidate(path, kind, document)


def _declared_child(files: Files, path: str, kind: Kind) -> _Candidate | None:
    """A file in the way another tool declares what here belongs to its parent: a memory and its store."""
    try:
        body = read_document(files, path).body
    except Refused:
        return None
    key = f"{kind.parent}_id"
    if key not in body:
        return None
    how = _DECLARED_AS[kind.name]
    told = warning(
        Code.FOREIGN_SHAPE,
        f"{path} declares nothing here: {kind.directory} are declared as `{how[0]}` of their {kind.parent}",
        how[1],
        location=body.place(key, "key"),
    )
    return _Candidate(path, kind.name, None, (told,))


def _says_type(files: Files, path: str, places: Places, *, at_start_of_line: bool = False) -> bool:
    try:
        content = files.read(path)
    except Refused:
        return False
    found = places.typed.search(content)
    if found is None or not at_start_of_line:
        return found is not None
    return any(match[1] in (b"", b"\n") for match in places.typed.finditer(content))


def _is_look_alike(document: Document, kind: str, path: str) -> bool:
    """Files of others that only look like ours by their place and say nothing themselves."""
    body, stem = document.body, stem_of(path)
    if not body and suffix_of(path) in MARKDOWN_SUFFIXES:
        named = stem == kind
        return (
            stem.lower() == "readme"
            or kind == "vault"
            or (kind == "agent" and not named and not _in_directory(path, "agents"))
        )
    if kind == "environment":
        return "dependencies" in body and "config" not in body
    if kind == "deployment":
        return "apiVersion" in body
    if kind == "vault":
        said = body.keys()
        return not (_in_directory(path, "vaults") and (said <= _VAULT_KEYS or said & _VAULT_ALONE))
    return False


def _is_broken_look_alike(files: Files, path: str, kind: str) -> bool:
    """The same for files that cannot be read: encrypted, of several documents, or templates of others."""
    try:
        content = files.read(path)
    except Refused:
        return False
    if kind == "deployment":
        return _MANIFEST.search(content) is not None
    return kind == "vault" and _VAULT.search(content) is None


def _in_directory(path: str, directory: str) -> bool:
    return posixpath.basename(posixpath.dirname(path)) == directory


def _without_payload(candidates: list[_Candidate], files: Files, found: Found) -> list[_Candidate]:
    """The candidates that no other one refers to as its prompt, include or seed.

    What is payload itself refers to nothing; where files refer to each other in a circle, all of them count.
    """
    referred = {
        item.path: payload_of(item.path, item.document.body, files)
        for item in candidates
        if item.document is not None
    }
    by_path = {item.path: item for item in candidates}
    suspects = _payload_paths(referred.values(), by_path)
    final = _payload_paths((payload for path, payload in referred.items() if path not in suspects), by_path)
    found.payload = {path for payload in referred.values() for path in (*payload.texts, *payload.data)}
    found.problems.extend(_circles(by_path, referred, (suspects - final) & by_path.keys()))
    return [item for item in candidates if item.path not in final]


def _payload_paths(payloads: Iterable[Payload], candidates: Mapping[str, _Candidate]) -> set[str]:
    paths: set[str] = set()
    for payload in payloads:
        paths |= payload.texts
        paths |= {path for path in payload.data if _is_data(candidates.get(path))}
    return paths


def _circles(
    candidates: Mapping[str, _Candidate], referred: Mapping[str, Payload], paths: Iterable[str]
) -> Iterator[Diagnostic]:
    """Files whose texts lead back to themselves. One file that names itself is reported where it is built."""
    for path in sorted(paths):
        reached: set[str] = set()
        pending = [path]
        while pending:
            here = pending.pop()
            following = (referred[here].texts if here in referred else frozenset()) - reached
            reached |= following
            pending.extend(following)
        document = candidates[path].document
        if path in reached and document is not None:
            yield error(
                Code.CYCLE,
                f"{path} and the files it takes its text from refer to each other",
                "one of them holds the text; the other names it",
                location=document.body.place("prompt"),
            )


def _is_data(candidate: _Candidate | None) -> bool:
    if candidate is None or candidate.document is None:
        return True
    return looks_like_tool_data(candidate.document.body)


def _declare(candidate: _Candidate, project: Project, catalog: Catalog, found: Found) -> None:
    path, document = candidate.path, candidate.document
    if document is None:
        found.problems.extend(candidate.problems)
        if candidate.kind in catalog and catalog[candidate.kind].parent is None:
            found.broken[path] = default_address(path, catalog[candidate.kind], project)
        return
    found.problems.extend(document.problems)
    body = document.body
    known = [kind.name for kind in catalog if kind.parent is None and kind.bundle is None]
    written = body.get("type")
    if isinstance(written, str) and written in catalog and catalog[written].bundle is not None:
        found.problems.append(
            error(
                Code.UNKNOWN_KIND,
                f"a {written} is a directory with a {SKILL_FILE}, not a file",
                f"put its text into {catalog[written].directory}/NAME/{SKILL_FILE}",
                location=body.place("type"),
            )
        )
        return
    if "type" in body and written not in known:
        found.problems.append(
            error(
                Code.UNKNOWN_KIND,
                f"'{written}' is no kind of resource"
                if isinstance(written, str)
                else f"'type' is the kind of the resource, not {describe(written)}",
                did_you_mean(str(written), known),
                location=body.place("type"),
            )
        )
        return
    kind = catalog[candidate.kind]
    address_name, name = names(path, kind, project)
    try:
        address = explicit_address(document, kind) or Address.parse(Address.of(kind.name, address_name))
    except (ValueError, Refused) as problem:
        found.problems.extend(
            problem.diagnostics
            if isinstance(problem, Refused)
            else [error(Code.INVALID_VALUE, str(problem), "rename the file", location=Location(path))]
        )
        return
    found.declarations.append(Declaration(kind, address, name, document))


def _declare_skill(path: str, catalog: Catalog, found: Found) -> None:
    kind = next((kind for kind in catalog if kind.bundle is not None), None)
    if kind is None:
        return
    address = address_of_bundle(path, kind)
    try:
        Address.parse(address)
    except ValueError as problem:
        at = Location(f"{path}/{SKILL_FILE}")
        found.problems.append(error(Code.INVALID_VALUE, str(problem), "rename the directory", location=at))
        return
    other = next((known for known, at in found.skills.items() if at == address), None)
    if other is not None:
        found.problems.append(
            error(
                Code.DUPLICATE_ADDRESS,
                f"{path} and {other} both declare {address}",
                "rename one of the directories",
                address=address,
                location=Location(f"{path}/{SKILL_FILE}"),
            )
        )
        found.broken |= {path: address, f"{path}/{SKILL_FILE}": address}
        return
    found.skills[path] = address


def _named_in_slots(
    candidates: Iterable[_Candidate], paths: Iterable[str], files: Files, catalog: Catalog
) -> list[_Candidate]:
    """Markdown files that are agents because an agent is named there: ``agents: [./team/critic.md]``."""
    known = {item.path for item in candidates}
    walked = set(paths)
    found: list[_Candidate] = []
    pending = list(candidates)
    while pending:
        candidate = pending.pop()
        if candidate.document is None or candidate.kind not in catalog:
            continue
        for kind, text in _names_in_any_stage(catalog[candidate.kind], candidate.document.body):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(candidate.path), text))
            if kind != "agent" or suffix_of(path) not in MARKDOWN_SUFFIXES or path not in walked - known:
                continue
            known.add(path)
            try:
                named = _Candidate(path, kind, read_document(files, path))
            except Refused as refused:
                named = _Candidate(path, kind, None, refused.diagnostics)
            found.append(named)
            pending.append(named)
    return found


def _names_in_any_stage(kind: Kind, body: LocatedDict) -> Iterator[tuple[str, str]]:
    yield from named_in(kind, body)
    overrides = body.get(OVERRIDES)
    for patch in overrides.values() if isinstance(overrides, LocatedDict) else ():
        if isinstance(patch, LocatedDict):
            yield from named_in(kind, merged(body, patch))


def _unused(paths: Iterable[str], kept: Iterable[_Candidate], payload: set[str]) -> Iterator[Diagnostic]:
    """Files beside an agent that nothing refers to: most likely a forgotten tool or prompt."""
    declaring = {item.path for item in kept}
    homes = {
        posixpath.dirname(path)
        for path in declaring
        if stem_of(path) == "agent" and "agents" in posixpath.dirname(path).split("/")
    }
    for path in paths:
        if path in declaring or path in payload or not _is_within(path, homes):
            continue
        is_text = suffix_of(path) in MARKDOWN_SUFFIXES and stem_of(path).lower().startswith(
            ("prompt", "system")
        )
        if is_text or suffix_of(path) in DATA_SUFFIXES:
            yield warning(
                Code.UNUSED,
                f"{path} declares nothing and nothing refers to it",
                "name it as `prompt` or in `tools` of the agent, or remove it",
                location=Location(path),
            )


def _is_within(path: str, folders: set[str]) -> bool:
    folder = posixpath.dirname(path)
    while folder:
        if folder in folders:
            return True
        folder = posixpath.dirname(folder)
    return False
