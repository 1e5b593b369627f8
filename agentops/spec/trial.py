"""Files that are not in the project yet, read as if they were: what they would declare, and what is wrong."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, Severity, error
from agentops.domain.kind import Catalog
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Resource
from agentops.spec.load import Loaded, load_stages


def tried(
    files: Mapping[str, bytes],
    project: Project,
    stage: Stage,
    catalog: Catalog,
    beside: Mapping[Address, Resource],
) -> Loaded:
    """What a stage would be with these files. ``beside`` is what the files of the project declare already.

    A file that cannot be written here is among the problems: its name is too long, or taken by a folder or by
    another one whose name is the same but for capitals.
    """
    problems: list[Diagnostic] = []
    with TemporaryDirectory(prefix="agentops-") as folder:
        root = Path(folder)
        for path, content in files.items():
            try:
                _put(root / path, content)
            except OSError as problem:
                what = f"{path} cannot be written: {problem.strerror}"
                problems.append(error(Code.UNREADABLE, what, location=Location(path)))
        (loaded,) = load_stages(root, project, [stage], catalog, beside=beside)
        return replace(loaded, diagnostics=(*problems, *loaded.diagnostics))


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(content)


def faults(
    loaded: Loaded, places: Mapping[Address, tuple[str, ...]]
) -> tuple[dict[Address, Diagnostic], tuple[Diagnostic, ...]]:
    """The first error of each address whose files are at ``places``, and the errors that are nobody's."""
    by_file = {path: address for address, paths in sorted(places.items(), reverse=True) for path in paths}
    found: dict[Address, Diagnostic] = {}
    nobodys: list[Diagnostic] = []
    for item in loaded.diagnostics:
        if item.severity is not Severity.ERROR:
            continue
        address = item.address if item.address in places else None
        if address is None and item.location is not None:
            address = by_file.get(item.location.file)
        if address is None:
            nobodys.append(item)
        else:
            found.setdefault(address, item)
    return found, tuple(nobodys)
