"""One file -> a document: its members with their places, and the prose of a Markdown file."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.spec.files import Files, Refused
from agentops.spec.json_text import parse_json
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.yaml_text import parse_yaml

YAML_SUFFIXES = (".yaml", ".yml")
MARKDOWN_SUFFIXES = (".md", ".markdown")
DATA_SUFFIXES = (*YAML_SUFFIXES, ".json")
SUFFIXES = (*MARKDOWN_SUFFIXES, *DATA_SUFFIXES)

FENCE = re.compile(r"\s*?^---[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
CLOSING = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """``path`` is relative to the project root. ``prose`` is the text under a Markdown file's frontmatter,
    without surrounding white space, and empty for other files. ``problems`` leave the rest of it readable."""

    path: str
    body: LocatedDict
    prose: str = ""
    prose_at: Location | None = None
    problems: tuple[Diagnostic, ...] = ()


def suffix_of(path: str) -> str:
    return posixpath.splitext(path)[1].lower()


def stem_of(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def read_document(files: Files, path: str) -> Document:
    """Read a resource file.

    Raises:
        Refused: it is unreadable, malformed, or holds no mapping.
    """
    problems: list[Diagnostic] = []
    if suffix_of(path) in MARKDOWN_SUFFIXES:
        return _markdown(files.text(path), path)
    body = read_data(files, path, problems=problems)
    if body is None:
        raise Refused(
            error(Code.SYNTAX, f"{path} is empty", "write the resource's fields", location=Location(path))
        )
    if not isinstance(body, LocatedDict):
        raise Refused(
            error(
                Code.WRONG_TYPE,
                f"{path} holds {describe(body)}; a resource is a mapping of fields",
                location=body.at if isinstance(body, LocatedList) else Location(path),
            )
        )
    return Document(path, body, problems=tuple(problems))


def read_data(
    files: Files, path: str, at: Location | None = None, problems: list[Diagnostic] | None = None
) -> object:
    """The value in a YAML or JSON file; ``at`` is where it is referred to, for a file that cannot be read.

    ``problems`` takes what leaves the rest readable: a key that stands there twice counts once.

    Raises:
        Refused: it is unreadable or malformed.
    """
    text = files.text(path, at)
    value, found = files.parsed(path, lambda: _parsed(text, path))
    if problems is not None:
        problems.extend(found)
    return value


def _parsed(text: str, path: str) -> tuple[object, list[Diagnostic]]:
    found: list[Diagnostic] = []
    parse = parse_json if suffix_of(path) == ".json" else parse_yaml
    return parse(text, path, problems=found), found


def _markdown(text: str, path: str) -> Document:
    """Frontmatter between two ``---`` lines, then prose; without a first fence everything is prose."""
    opening = FENCE.match(text)
    if opening is None:
        return Document(path, LocatedDict(Location(path)), text.strip(), _first_text(text, 0, path))
    closing = CLOSING.search(text, opening.end())
    fence_line = text[: opening.end()].rstrip("\r\n").count("\n") + 1
    if closing is None:
        raise Refused(
            error(
                Code.SYNTAX,
                "the frontmatter is not closed",
                "end it with a line that is exactly ---",
                location=Location(path, fence_line),
            )
        )
    problems: list[Diagnostic] = []
    body = parse_yaml(text[opening.end() : closing.start()], path, fence_line + 1, problems)
    if body is None:
        body = LocatedDict(Location(path, fence_line))
    if not isinstance(body, LocatedDict):
        raise Refused(
            error(
                Code.WRONG_TYPE,
                f"the frontmatter holds {describe(body)}; it is a mapping of fields",
                location=body.at if isinstance(body, LocatedList) else Location(path, fence_line + 1),
            )
        )
    prose = text[closing.end() :]
    return Document(path, body, prose.strip(), _first_text(text, closing.end(), path), tuple(problems))


def _first_text(text: str, start: int, path: str) -> Location:
    """Where the prose begins: its first character that is no white space."""
    rest = text[start:]
    offset = start + len(rest) - len(rest.lstrip())
    if offset >= len(text):
        offset = start
    before = text[:offset]
    return Location(path, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def describe(value: object) -> str:
    """What a value is, as a user would say it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"
