"""The kind ``skill``: a directory of files that an agent can read, ``SKILL.md`` first of all.

A skill is no JSON: its files are uploaded, and every upload is a version that holds all of them. Of what it
stores the registry tells neither sizes nor hashes, so a body has those of the files we hold, and what was
uploaded last is taken to be there as long as its version is the newest. ``name`` is the slug from the front
of ``SKILL.md``; like the display name it stays what it was at first.

Skills have no metadata and cannot be archived; deleting one takes its versions along.

Sources: API reference, "Skills"; Agent Skills overview (rules for names, size); SDK types
``SkillCreateParams``, ``BetaSkill``, ``BetaSkillVersion``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pydantic
from pydantic import AfterValidator, StringConstraints

from agentops.domain.diagnostics import Code
from agentops.domain.kind import Bundle, Clear, Field, History, Kind, Removal
from agentops.domain.resource import Body
from agentops.domain.surface import Surface
from agentops.kinds.rates import SKILLS
from agentops.kinds.reading import text_of
from agentops.kinds.schema import Problem, Request, Shape, known_members, refusal

_MANIFEST = "SKILL.md"
_RESERVED_WORDS = ("anthropic", "claude")
_MAX_BYTES = 30_000_000
_UNPRINTED = {"Cc", "Zl", "Zp"}


def _check_slug(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,64}", name):
        message = f"'{name}' is no skill name; it has 1 to 64 lower-case letters, digits and '-'"
        raise refusal(Code.INVALID_VALUE, message)
    for word in _RESERVED_WORDS:
        if word in name:
            message = f"a skill name does not contain '{word}'; choose another name"
            raise refusal(Code.RESERVED, message)
    return name


def _check_single_line(name: str) -> str:
    for character in name:
        if unicodedata.category(character) in _UNPRINTED:
            message = f"a display name is one line without control characters; remove {character!r}"
            raise refusal(Code.INVALID_VALUE, message)
    return name


class BundledFile(Shape):
    """What is known of a file without its bytes."""

    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, pydantic.Field(ge=0)]


class SkillCreate(Request):
    display_name: (
        Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_check_single_line)]
        | None
    ) = None
    name: Annotated[str, AfterValidator(_check_slug)]
    files: dict[str, BundledFile]

    def rules(self) -> Iterator[Problem]:
        if _MANIFEST not in self.files:
            yield Problem(("files",), Code.MISSING_KEY, f"a skill has a file {_MANIFEST} at its top; add it")
        for path in self.files:
            if fault := _path_fault(path, self.files):
                yield Problem(("files", path), Code.INVALID_VALUE, fault)
        if (size := sum(file.size for file in self.files.values())) >= _MAX_BYTES:
            message = f"a skill has less than {_MAX_BYTES} bytes, these files have {size}; remove some"
            yield Problem(("files",), Code.LIMIT, message)


def _path_fault(path: str, files: Mapping[str, Any]) -> str | None:
    """What is wrong with the path of a file; None where nothing is."""
    segments = path.split("/")
    if any(segment in {"", ".", ".."} for segment in segments):
        return "the path of a file is relative, without empty, '.' and '..' parts"
    if '"' in path:  # in an upload it becomes %22 and stays that
        return "the path of a file has no '\"'; rename the file"
    if "\\" in path or any(unicodedata.category(character) in _UNPRINTED for character in path):
        return "the path of a file has no '\\' and no control characters; rename the file"
    above = ("/".join(segments[:depth]) for depth in range(1, len(segments)))
    if (file := next((part for part in above if part in files), None)) is not None:
        return f"'{file}' is a file, so nothing can lie below it; rename one of them"
    return None


def complete(body: Body) -> Body:
    """What the registry returns has the display name alone, which is the slug where none was given."""
    filled = known_members(body, SkillCreate)
    if not _is_manifest(filled.get("files")):
        filled.pop("files", None)
    if "name" in filled:
        filled = {"display_name": filled["name"], **filled}
    return filled


def _is_manifest(files: Any) -> bool:
    """Whether this is our own list of files, and nothing the registry may come to return by that name."""
    return isinstance(files, Mapping) and all(isinstance(file, Mapping) for file in files.values())


def surface(body: Body) -> Surface:
    """What its files say is beside the body (``Resource.texts``)."""
    return Surface(name=text_of(body.get("display_name")) or text_of(body.get("name")) or "")


SKILL = Kind(
    name="skill",
    directory="skills",
    path="/v1/skills",
    beta=None,
    id_prefix="skill_",
    schema=SkillCreate,
    fields={
        "display_name": Field(clear=Clear.NEVER, create_only=((),)),
        "name": Field(clear=Clear.NEVER, create_only=((),), unseen=True),
        "files": Field(clear=Clear.NEVER, leaves=True, unseen=True),
    },
    label="display_name",
    removal=Removal.DELETE,
    rates=SKILLS,
    complete=complete,
    surface=surface,
    version="latest_version_id",
    history=History("{item}/versions", id="id", newest="latest_version_id"),
    tagged=False,
    bundle=Bundle(
        field="files", directory="name", part="files[]", texts=("display_name",), versions="versions"
    ),
    list_query={"source": "custom"},
)
