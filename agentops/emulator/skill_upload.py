"""What is uploaded as a skill: one directory with a ``SKILL.md``, as files or as one zip archive.

A skill and each of its versions is such an upload. The rules are those of the API reference
("Create Skill") and of the guide to Agent Skills; ``docs/fidelity.md`` tells which are inferred.
"""

from __future__ import annotations

import io
import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from agentops.emulator.checks import Check, record, refuse, text, then
from agentops.emulator.multipart import Part

#: A skill's files are smaller than this together, uncompressed (guide to Agent Skills, "30 MB").
MOST_BYTES = 30 * 1024 * 1024

MANIFEST = "SKILL.md"

_FILES = "files[]"
_FRONTMATTER = re.compile(r"---[ \t]*\r?\n(.*?\n)??---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_XML_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_RESERVED = ("anthropic", "claude")

#: What zipfile raises for archives that are damaged, encrypted, or packed in a way it does not know.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,  # also NotImplementedError
    ValueError,  # also UnicodeDecodeError
)

#: What PyYAML raises; the last two for escapes such as "\UFFFFFFFF", which are no characters.
_NOT_YAML = (yaml.YAMLError, RecursionError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Upload:
    """A checked upload: ``files`` has the content of each path below the directory ``name``."""

    name: str
    description: str
    files: Mapping[str, bytes]


def read_upload(parts: Iterable[Part], texts: Mapping[str, Check]) -> tuple[dict[str, Any], Upload]:
    """The text parts that were sent, checked by ``texts``, and the upload; 400 for all else."""
    files: list[tuple[str, bytes]] = []
    sent: dict[str, str] = {}
    for part in parts:
        if part.name == _FILES:
            if not part.filename:
                refuse(_FILES, "Input should be a file, its path as the part's filename")
            files.append((part.filename, part.content))
        elif part.filename is not None:
            refuse(part.name, f"Files are sent as '{_FILES}'")
        elif part.name in sent:
            refuse(part.name, "Input should be sent once")
        else:
            sent[part.name] = _decode(part.content, part.name)
    fields = dict(record(texts)(sent, ""))
    if not files:
        refuse(_FILES, "Field required")
    if len(files) == 1 and files[0][0].lower().endswith(".zip"):
        files = _unpack(*files[0])
    return fields, _check_directory(files)


def _unpack(filename: str, archive: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            # is_dir() fails on a member without a name.
            members = [member for member in opened.infolist() if not member.filename.endswith("/")]
            if not members:
                refuse(filename, "The archive holds no files")
            # Before anything is unpacked: zipfile reads no more than a member declares.
            _check_size(member.file_size for member in members)
            for member in members:
                if stat.S_ISLNK(member.external_attr >> 16):
                    refuse(member.filename, "A symbolic link cannot be uploaded; put the file in its place")
            return [(member.filename, opened.read(member)) for member in members]
    except _UNREADABLE as error:
        refuse(filename, f"Input should be a zip archive that can be read: {error}")


def _check_size(sizes: Iterable[int]) -> None:
    total = sum(sizes)
    if total >= MOST_BYTES:
        refuse(_FILES, f"The files have to be smaller than {MOST_BYTES} bytes together, not {total}")


def _check_directory(files: Sequence[tuple[str, bytes]]) -> Upload:
    _check_size(len(content) for _, content in files)
    for path, _ in files:
        _check_path(path)
    tops = sorted({path.split("/")[0] for path, _ in files})
    if len(tops) != 1:
        refuse(_FILES, f"All files should be in one top-level directory, not in {_quoted(tops)}")
    below: dict[str, bytes] = {}
    for path, content in files:
        relative = path.partition("/")[2]
        if relative in below:
            refuse(path, "The path was sent twice")
        below[relative] = content
    for path in below:
        for end in (at for at, character in enumerate(path) if character == "/"):
            if path[:end] in below:
                refuse(f"{tops[0]}/{path[:end]}", "The path is that of a file and of a directory")
    if MANIFEST not in below:
        refuse(_FILES, f"A {MANIFEST} is required at the root of {_quoted(tops)}")
    name, description = _check_manifest(tops[0], below[MANIFEST])
    return Upload(name, description, below)


def _check_path(path: str) -> None:
    segments = path.split("/")
    if _CONTROL.search(path) or "\\" in path:
        refuse(path, "A path should have no backslashes and no control characters")
    if any(segment in ("", ".", "..") for segment in segments):
        refuse(path or _FILES, "A path should be relative, without empty, '.' and '..' segments")
    if len(segments) == 1:
        refuse(path, "A file should be in the skill's directory, as in 'my-skill/SKILL.md'")


def _check_manifest(directory: str, content: bytes) -> tuple[str, str]:
    """Name and description of the frontmatter; the directory's name stands in for a missing one."""
    at = f"{directory}/{MANIFEST}"
    found = _read_frontmatter(_decode(content, at), at)
    name = _name(found.get("name", directory), f"{at}: name")
    if name != directory:
        message = f"'{name}' should be the name of the directory, which is {_quoted([directory])}"
        refuse(f"{at}: name", message)
    if "description" not in found:
        refuse(f"{at}: description", "Field required")
    return name, _description(found["description"], f"{at}: description")


def _read_frontmatter(document: str, at: str) -> dict[str, str]:
    """The members ``name`` and ``description`` that are there; the rest is the author's own."""
    fenced = _FRONTMATTER.match(document)
    if fenced is None:
        refuse(at, "The file should begin with YAML frontmatter between two lines '---'")
    try:
        # Only composed, not constructed: what the other members hold has no say.
        root = yaml.compose(fenced[1] or "", Loader=yaml.SafeLoader)
    except _NOT_YAML as error:
        refuse(at, f"The frontmatter should be YAML: {_explain(error)}")
    if not isinstance(root, yaml.MappingNode):
        refuse(at, "The frontmatter should be a mapping with 'name' and 'description'")
    found: dict[str, str] = {}
    for key, value in root.value:
        if key.value not in ("name", "description"):
            continue
        if key.value in found:
            refuse(f"{at}: {key.value}", "The member stands in the frontmatter twice")
        if value.tag != "tag:yaml.org,2002:str":
            refuse(f"{at}: {key.value}", "Input should be a text; put it in quotes")
        if _SURROGATE.search(value.value):
            refuse(f"{at}: {key.value}", "Input should have no escapes of surrogates, such as '\\ud83d'")
        found[key.value] = value.value
    return found


def _explain(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        # The marks count from nought, and the frontmatter begins in the file's second line.
        return f"{error.problem} in line {error.problem_mark.line + 2}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).partition("\n")[0]


def _no_reserved_word(name: str, at: str) -> str:
    for word in _RESERVED:
        if word in name:
            refuse(at, f"'{word}' is a reserved word and cannot be a part of the name")
    return name


def _described(description: str, at: str) -> str:
    if not description.strip():
        refuse(at, "The description should say what the skill does and when to use it")
    if _XML_TAG.search(description):
        refuse(at, "The description cannot have XML tags")
    return description


_name: Check = then(
    text(
        least=1,
        most=64,
        pattern="[a-z0-9-]+",
        hint="Input should have lowercase letters, digits and hyphens only",
    ),
    _no_reserved_word,
)
_description: Check = then(text(least=1, most=1024), _described)


def _decode(content: bytes, at: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        refuse(at, f"Input should be valid UTF-8; byte {error.start + 1} is not")


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name[:64]}'" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
