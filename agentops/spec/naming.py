"""The address of what a file or a directory declares, and the default of its ``name``."""

from __future__ import annotations

import posixpath
import re

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, error
from agentops.domain.kind import Kind
from agentops.domain.project import Project
from agentops.spec.files import Refused
from agentops.spec.source import Document, stem_of


def names(path: str, kind: Kind, project: Project) -> tuple[str, str]:
    """The name in the address, and the default of ``name``.

    ``agents/tutor/agent.yaml`` is ``tutor`` in both; ``agents/tutor/memory_store-notes.yaml`` is
    ``tutor-notes`` and ``notes``.
    """
    stem = stem_of(path)
    parent = posixpath.basename(posixpath.dirname(path))
    around = parent or project.name
    if stem == kind.name:
        return around, around
    leading = re.match(rf"{kind.name}[-_.](.+)", stem)
    if leading is None:
        return stem, stem
    if parent == kind.directory:
        return stem, leading[1]
    return (f"{parent}-{leading[1]}" if parent else leading[1]), leading[1]


def default_address(path: str, kind: Kind, project: Project) -> Address:
    """What a file or directory of this kind at this place declares, unless it says otherwise itself."""
    if kind.bundle is not None:
        return address_of_bundle(path, kind)
    return Address.of(kind.name, names(path, kind, project)[0])


def address_of_bundle(path: str, kind: Kind) -> Address:
    """``skills/pr-summary`` is ``skill/pr-summary``; among the skills of another folder it is joined to that:
    ``agents/brief/skills/format`` is ``skill/brief-format``."""
    parent, name = posixpath.split(path)
    holder = posixpath.basename(posixpath.dirname(parent))
    among = posixpath.basename(parent) == kind.directory
    return Address.of(kind.name, f"{holder}-{name}" if among and holder else name)


def explicit_address(document: Document, kind: Kind) -> Address | None:
    """The ``address`` that a file gives itself.

    Raises:
        Refused: it is none, or of another kind.
    """
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
