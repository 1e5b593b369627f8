"""New files of a project: all are written beside their places, then moved there, and none over another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from agentops.cli.reaching import HIDDEN_FOLDER
from agentops.domain.diagnostics import Code, Stop, error


def place(root: Path, files: Mapping[str, bytes]) -> None:
    """Raises Stop where one of them is there already, and then leaves none of them.

    Raises:
        OSError: the disk is full, or a folder cannot be written to; again none is left.
    """
    (root / HIDDEN_FOLDER).mkdir(exist_ok=True)
    beside = Path(mkdtemp(prefix="pull-", dir=root / HIDDEN_FOLDER))
    placed: list[Path] = []
    try:
        for number, content in enumerate(files.values()):
            with (beside / str(number)).open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for number, path in enumerate(files):
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(beside / str(number), target, path)
            placed.append(target)
    except BaseException:
        for target in placed:
            with suppress(OSError):
                target.unlink()
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move(source: Path, target: Path, name: str) -> None:
    try:
        try:
            os.link(source, target)  # fails where something is there, which a rename does not
        except (NotImplementedError, PermissionError):
            with target.open("xb") as file:
                file.write(source.read_bytes())
    except FileExistsError:
        raise Stop(
            error(
                Code.NOT_WRITTEN, f"{name} is there already, and was not touched", "move it, and pull again"
            )
        ) from None


def occupied(root: Path) -> Callable[[str], bool]:
    """Whether something is at a path, or would be on a disk that does not tell capitals apart; of a file also
    whether a folder of its name is there."""
    known: dict[Path, frozenset[str]] = {}

    def ask(path: str) -> bool:
        target = root / path
        if target.parent not in known:
            try:
                names = frozenset(item.name.lower() for item in target.parent.iterdir())
            except OSError:
                names = frozenset()
            known[target.parent] = names
        return not {target.name.lower(), target.stem.lower()}.isdisjoint(known[target.parent])

    return ask
