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
from agentops.spec.payload import Payload, payload_of
from agentops.spec.source import (
    DATA_SUFFIXES,
    MARKDOWN_SUFFIXES,
    Document,
    describe,
    read_document,
    stem_of,
    suffix_of,
)
from agentops.spec.walk import LATER, SKILL_FILE, Places, ignored_links, walk


@dataclass(frozen=True, slots=True)
class Declaration:
    """A file that declares a resource. ``name`` is the default of its body's ``name``."""

    kind: Kind
    address: Address
    name: str
    document: Document


@dataclass(slots=True)
class Found:
    """``payload`` are the files that others refer to, ``resources`` those that declare something."""

    declarations: list[Declaration] = field(default_factory=list)
    payload: set[str] = field(default_factory=set)
    resources: frozenset[str] = frozenset()
    problems: list[Diagnostic] = field(default_factory=list)


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
            found.problems.append(_later("skill", posixpath.basename(path), Location(f"{path}/{SKILL_FILE}")))
        else:
            paths.append(path)
    candidates = [item for path in paths if (item := _candidate(files, path, places)) is not None]
    kept = _without_payload(candidates, files, found)
    found.resources = frozenset(item.path for item in candidates)
    for candidate in kept:
        _declare(candidate, project, catalog, found)
    found.problems.extend(_unused(paths, kept, found.payload))
    found.problems.extend(ignored_links(links, found.payload, places))
    return found


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
        return _Candidate(path, placed or "", None, refused.diagnostics)
    written = document.body.get("type")
    if placed is None and not (isinstance(written, str) and written in places.directories.values()):
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
    told = warning(
        Code.FOREIGN_SHAPE,
        f"{path} declares nothing here: {kind.directory} are declared as `seed` of their {kind.parent}",
        f"write `seed: PATH` in the file of the {kind.parent}, or in `memory` of an agent",
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
        return stem.lower() == "readme" or (
            kind == "agent" and not named and not _in_directory(path, "agents")
        )
    if kind == "environment":
        return "dependencies" in body and "config" not in body
    if kind == "deployment":
        return "apiVersion" in body
    if kind == "vault":
        return not (_in_directory(path, "vaults") and body.keys() <= {"display_name", "metadata"})
    return False


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
    if candidate.kind in LATER and candidate.kind not in catalog:
        name, _ = _names(path, candidate.kind, LATER[candidate.kind], project)
        found.problems.append(_later(candidate.kind, name, Location(path)))
        return
    if document is None:
        found.problems.extend(candidate.problems)
        return
    found.problems.extend(document.problems)
    body = document.body
    known = [kind.name for kind in catalog if kind.parent is None]
    written = body.get("type")
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
    address_name, name = _names(path, kind.name, kind.directory, project)
    try:
        address = _explicit_address(document, kind) or Address.parse(Address.of(kind.name, address_name))
    except (ValueError, Refused) as problem:
        found.problems.extend(
            problem.diagnostics
            if isinstance(problem, Refused)
            else [error(Code.INVALID_VALUE, str(problem), "rename the file", location=Location(path))]
        )
        return
    found.declarations.append(Declaration(kind, address, name, document))


def _names(path: str, kind: str, directory: str, project: Project) -> tuple[str, str]:
    """The name in the address, and the default of ``name``.

    ``agents/tutor/agent.yaml`` is ``tutor`` in both; ``agents/tutor/memory_store-notes.yaml`` is
    ``tutor-notes`` and ``notes``.
    """
    stem = stem_of(path)
    parent = posixpath.basename(posixpath.dirname(path))
    around = parent or project.name
    if stem == kind:
        return around, around
    leading = re.match(rf"{kind}[-_.](.+)", stem)
    if leading is None:
        return stem, stem
    if parent == directory:
        return stem, leading[1]
    return (f"{parent}-{leading[1]}" if parent else leading[1]), leading[1]


def _explicit_address(document: Document, kind: Kind) -> Address | None:
    if "address" not in document.body:
        return None
    text, at = document.body["address"], document.body.place("address")
    example = f"write `address: {kind.name}/my-name`"
    if not isinstance(text, str):
        raise Refused(error(Code.WRONG_TYPE, "'address' must be text", example, location=at))
    try:
        address = Address.parse(text)
    except ValueError as problem:
        raise Refused(error(Code.INVALID_VALUE, str(problem), location=at)) from None
    if address.kind != kind.name or "/" in address.name:
        raise Refused(
            error(Code.INVALID_VALUE, f"'{text}' is not the address of one {kind.name}", example, location=at)
        )
    return address


def _later(kind: str, name: str, at: Location) -> Diagnostic:
    return warning(
        Code.LATER_KIND,
        f"{kind}/{name}: {LATER[kind]} are not supported yet; they come with the next release",
        "The file is left alone.",
        location=at,
    )


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
