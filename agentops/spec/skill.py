"""A directory with a SKILL.md -> a skill: its files by hash, and what its frontmatter says of it.

The bytes go up as they are; nothing in such a directory is rendered, overlaid or taken for a resource.

Sources: API reference, "Skills", and the rules of `ant apply` for the frontmatter, which are stricter than
those of other Markdown files.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.bundle import Manifest, manifest, texts
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import Code, Diagnostic, Location, error, has_errors, listed, note, warning
from agentops.domain.github import Checkout
from agentops.domain.kind import Catalog, Kind
from agentops.domain.resource import Resource, Source, refs_in
from agentops.spec.files import Files, Refused
from agentops.spec.located import LocatedDict
from agentops.spec.references import url_of
from agentops.spec.revision import Revision
from agentops.spec.schema import schema_problems
from agentops.spec.source import describe
from agentops.spec.walk import SKILL_FILE, SKIPPED_FOLDERS
from agentops.spec.yaml_text import parse_yaml

MAX_BYTES = 30_000_000
"""Of all files together, uncompressed; an upload has less."""

MAX_MANIFEST_BYTES = 256_000
"""Of SKILL.md alone."""

_FENCE = "---\n"
_CLOSING = re.compile(r"^---\n", re.MULTILINE)
_TITLES = ("display_name", "display_title", "title", "name")
_MAX_DESCRIPTION = 1024
_NAMED = 5
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>")

Content = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Skill:
    """What a directory holds: the body of the request, and its readable files by SHA-256."""

    body: dict[str, Any]
    texts: Mapping[str, str]
    problems: tuple[Diagnostic, ...]

    def resource(self, address: Address, path: str, source: Source) -> Resource:
        return Resource(
            address=address,
            body=self.body,
            path=path,
            location=Location(f"{path}/{SKILL_FILE}"),
            source=source,
            texts=self.texts,
        )


def local_skill(
    directory: str, address: Address, kind: Kind, files: Files, git: Revision | None
) -> tuple[Resource, list[Diagnostic]]:
    """The skill in a directory of the project, and what is left out of it.

    Raises:
        Refused: it cannot be uploaded as it is.
    """
    content, problems = read_directory(directory, files)
    if SKILL_FILE not in content and has_errors(problems):
        raise Refused(*problems)
    skill = skill_of(directory, content, kind)
    told = [*problems, *skill.problems]
    if has_errors(told):
        raise Refused(*told)
    # A file that is only missing here would come back with the commit.
    known = git is not None and not git.has_changes_in(directory)
    commit = git.commit_of(f"{directory}/{path}" for path in content) if git is not None and known else None
    made = skill.resource(address, directory, Source(digest=digest(skill.body), commit=commit))
    return replace(made, files=(directory,)), told


def remote_skills(resources: Mapping[Address, Resource], catalog: Catalog) -> dict[Address, Resource]:
    """The skills that are named by a URL, each with the first resource that names it."""
    found: dict[Address, Resource] = {}
    for resource in resources.values():
        for ref in refs_in(resource.body):
            if catalog.of_address(ref.address).bundle is not None and url_of(ref.address) is not None:
                found.setdefault(ref.address, resource)
    return found


def fetched_skill(
    checkout: Checkout, address: Address, kind: Kind, by: Resource
) -> tuple[Resource, list[Diagnostic]]:
    """The skill behind a URL, at the commit it is pinned to; ``by`` is the resource that names it.

    Raises:
        Refused: it cannot be uploaded as it is.
    """
    content = {path: text for path, text in checkout.files.items() if is_payload(path)}
    left_out = sorted({*checkout.left_out, *checkout.files} - content.keys())
    problems = [_not_uploaded(checkout.url, left_out)] if left_out else []
    if sum(map(len, content.values())) >= MAX_BYTES:
        large = _refused(checkout.url, "", f"it has {MAX_BYTES:,} bytes or more")
        raise Refused(_said_of(checkout.url, large, by))
    skill = skill_of(checkout.url, content, kind)
    told = [_said_of(checkout.url, item, by) for item in (*problems, *skill.problems)]
    if has_errors(told):
        raise Refused(*told)
    source = Source(digest=digest([skill.body, checkout.pin]), revision=checkout.pin)
    return replace(
        skill.resource(address, checkout.url, source), location=by.location, revision=checkout.pin
    ), told


def _said_of(url: str, problem: Diagnostic, by: Resource) -> Diagnostic:
    """A problem of files that are not here: it stands where they are named."""
    summary = problem.summary if url in problem.summary else f"{url}: {problem.summary}"
    return problem.model_copy(update={"summary": summary, "location": by.location, "address": by.address})


def is_payload(path: str) -> bool:
    """Whether a file of a directory somewhere else is uploaded: no hidden one, and none of a tool's."""
    return _no_payload(path.split("/")) is None


def _no_payload(parts: Sequence[str]) -> str | None:
    """Why a file or folder is left out, by the folders it lies in and its name."""
    if any(part.startswith(".") for part in parts):
        return "hidden files may hold credentials"
    return "it belongs to a tool" if not SKIPPED_FOLDERS.isdisjoint(parts[:-1]) else None


def read_directory(directory: str, files: Files) -> tuple[dict[str, bytes], list[Diagnostic]]:
    """The files to upload, and what is wrong with any of them. Nothing is read of what is too large."""
    problems: list[Diagnostic] = []
    content: dict[str, bytes] = {}
    left = MAX_BYTES
    for path, size in _listed(directory, files, problems):
        left -= size
        if left <= 0:
            problems.append(_refused(directory, path, f"with it the skill has {MAX_BYTES:,} bytes or more"))
            break
        try:
            content[path] = _read(files.absolute(posixpath.join(directory, path)))
        except OSError as problem:
            problems.append(_refused(directory, path, f"it cannot be read: {problem.strerror}"))
    return content, problems


def _listed(directory: str, files: Files, problems: list[Diagnostic]) -> Iterator[tuple[str, int]]:
    """Every regular file with its size; what is refused or left out is said by name."""
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            entries = sorted(
                os.scandir(files.absolute(posixpath.join(directory, below))), key=lambda it: it.name
            )
            for entry in entries:
                path = posixpath.join(below, entry.name)
                if (why := _no_payload([entry.name, *([""] if entry.is_dir() else [])])) is not None:
                    problems.append(_left_out(directory, path, why))
                elif (fault := _fault_of(entry)) is not None:
                    problems.append(_refused(directory, path, fault))
                elif entry.is_dir(follow_symlinks=False):
                    pending.append(path)
                else:
                    yield path, entry.stat(follow_symlinks=False).st_size
        except OSError as problem:
            problems.append(_refused(directory, below or ".", f"it cannot be read: {problem.strerror}"))


def _fault_of(entry: os.DirEntry[str]) -> str | None:
    if not entry.name.isprintable() or "\\" in entry.name:
        return "its name has characters that no upload can have"
    if entry.is_symlink():
        return "it is a symbolic link; put a copy there"
    if not entry.is_dir(follow_symlinks=False) and not entry.is_file(follow_symlinks=False):
        return "it is not a regular file"
    return None


def _read(path: os.PathLike[str]) -> bytes:
    """The bytes of a regular file, not of one that was exchanged for a link meanwhile."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is not a regular file")
        return file.read(MAX_BYTES + 1)


def skill_of(directory: str, content: Content, kind: Kind) -> Skill:
    """What the files of one directory, wherever they come from, make."""
    at = Location(f"{directory}/{SKILL_FILE}")
    problems: list[Diagnostic] = []
    listed: Manifest = manifest(content)
    front = LocatedDict(at)
    try:
        front = _frontmatter(content.get(SKILL_FILE), at)
        problems.extend(_front_problems(front))
    except Refused as refused:
        problems.extend(refused.diagnostics)
    named = [front[key] for key in _TITLES if isinstance(front.get(key), str) and front[key].strip()]
    body = LocatedDict.of(
        at,
        {
            "display_name": named[0].strip() if named else posixpath.basename(directory),
            "name": front.get("name"),
            "files": listed,
        },
    )
    for key, sources in {"display_name": _TITLES, "name": ("name",)}.items():
        if (source := next((item for item in sources if item in front), None)) is not None:
            body.values_at[key] = front.place(source)
    if not has_errors(problems):
        problems.extend(schema_problems(kind.schema, body, at))
    return Skill({**body, "files": listed}, texts(content), tuple(problems))


def _frontmatter(content: bytes | None, at: Location) -> LocatedDict:
    """The mapping between the fences of a SKILL.md, which are stricter than those of other Markdown files."""
    if content is None:
        raise Refused(
            error(Code.UPLOAD, f"there is no file {at.file}", "a skill has one at its root", location=at)
        )
    if len(content) > MAX_MANIFEST_BYTES:
        raise Refused(
            error(
                Code.TOO_LARGE,
                f"{at.file} has {len(content):,} bytes; a skill's has {MAX_MANIFEST_BYTES:,} at most",
                "put what is long into files of its own and name them there",
                location=at,
            )
        )
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Refused(
            error(Code.UNREADABLE, f"{at.file} is not UTF-8", "save it as UTF-8", location=at)
        ) from None
    closing = _CLOSING.search(text, len(_FENCE))
    if not text.startswith(_FENCE) or closing is None:
        raise Refused(error(Code.SYNTAX, *_without_fences(text, at.file), location=at))
    problems: list[Diagnostic] = []
    found = parse_yaml(text[len(_FENCE) : closing.start()], at.file, 2, problems)
    if problems or not isinstance(found, LocatedDict):
        problems = problems or [
            error(Code.WRONG_TYPE, "the frontmatter is a mapping of fields", "write `name: …`", location=at)
        ]
        raise Refused(*problems)
    return found


def _without_fences(text: str, file: str) -> tuple[str, str]:
    """What is wrong with a SKILL.md without frontmatter, and what to do."""
    if text.startswith("\ufeff---"):
        return (
            f"{file} begins with a byte order mark, with which it has no frontmatter",
            "save it without one",
        )
    if text.startswith(_FENCE):
        return f"the frontmatter of {file} is not closed", "end it with a line that is exactly ---"
    if text.lstrip().startswith("---"):
        return f"{file} does not begin with a line that is exactly ---", "remove what surrounds the dashes"
    return (
        f"{file} has no frontmatter",
        "begin it with a line that is exactly ---, then `name:` and `description:`, then --- again",
    )


def _front_problems(front: LocatedDict) -> Iterator[Diagnostic]:
    """What the upload would be refused for, and no body shows: the description stays in the file."""
    for key in ("name", "description"):
        value, at = front.get(key), front.place(key) if key in front else front.at
        if isinstance(value, str) and value.strip():
            continue
        purpose = "the name is its directory in the sandbox, the description tells a model when to use it"
        if value is None or isinstance(value, str):
            yield error(Code.MISSING_KEY, f"the frontmatter of a skill needs a '{key}'", purpose, location=at)
        else:
            what = f"the {key} of a skill is text, not {describe(value)}"
            yield error(Code.WRONG_TYPE, what, "put it in quotes", location=at)
    description = front.get("description")
    if isinstance(description, str) and len(description) > _MAX_DESCRIPTION:
        yield error(
            Code.LIMIT,
            f"the description has {len(description):,} characters, {_MAX_DESCRIPTION:,} at most are taken",
            "say what the skill is for; how it is done belongs under the frontmatter",
            location=front.place("description"),
        )
    for key in ("name", "description"):
        if isinstance(text := front.get(key), str) and (found := _MARKUP.search(text)) is not None:
            yield error(
                Code.INVALID_VALUE,
                f"the {key} of a skill has no XML tags; remove {found[0]}",
                location=front.place(key),
            )


def _refused(directory: str, path: str, why: str) -> Diagnostic:
    return error(
        Code.UPLOAD,
        f"{_shown(directory, path)} is not uploaded: {why}",
        "mend or remove it; a skill goes up whole or not at all",
        location=_place(directory, path),
    )


def _not_uploaded(url: str, paths: Sequence[str]) -> Diagnostic:
    """What lies in somebody else's repository cannot be moved from here, so this is a note."""
    return note(
        Code.UPLOAD,
        f"{url}: not uploaded: {listed(paths, _NAMED)}",
        "hidden files may hold credentials, and tools have folders of their own",
    )


def _left_out(directory: str, path: str, why: str) -> Diagnostic:
    return warning(
        Code.UPLOAD,
        f"{_shown(directory, path)} is not uploaded: {why}",
        "move it out of the skill",
        location=_place(directory, path),
    )


def _shown(directory: str, path: str) -> str:
    """A path as it can be printed, whatever bytes a file's name has."""
    full = posixpath.join(directory, path) if path else directory
    return full if full.isprintable() else repr(full)


def _place(directory: str, path: str) -> Location:
    full = posixpath.join(directory, path)
    return Location(full if full.isprintable() else f"{directory}/{SKILL_FILE}")
