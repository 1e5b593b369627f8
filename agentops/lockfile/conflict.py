"""Both sides of a lock that git could not merge: from git itself while the merge is under way, else from the
markers in the text."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MARKER = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?: |\r?$)")
_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Sides:
    """The text of each side. base: what both come from, where that is told."""

    ours: str
    theirs: str
    base: str | None = None


def sides_in(text: str) -> Sides | None:
    """The sides of a text with conflict markers, in git's ``merge``, ``diff3`` and ``zdiff3`` styles; None
    where its markers are in no order that git writes.

    What git has merged by itself is in all of them.
    """
    parts: dict[str, list[str]] = {"ours": [], "base": [], "theirs": []}
    side, has_base, hunks = "", 0, 0
    for line in text.splitlines(keepends=True):
        marker = found[1][0] if (found := _MARKER.match(line)) is not None else ""
        match side, marker:
            case "", "<":
                side, hunks = "ours", hunks + 1
            case "ours", "|":
                side, has_base = "base", has_base + 1
            case (("ours" | "base"), "="):
                side = "theirs"
            case "theirs", ">":
                side = ""
            case _, "":
                for name in parts if not side else (side,):
                    parts[name].append(line)
            case _:
                return None
    if side or not hunks:
        return None
    ours, theirs = ("".join(parts[name]) for name in ("ours", "theirs"))
    base = _mended("".join(parts["base"]), _first) if has_base == hunks else None
    return Sides(_mended(ours, _first), _mended(theirs, _last), base)


def sides_of_twins(text: str) -> Sides | None:
    """The sides of a text that git has merged by itself, and in which keys stand twice since: by lines both
    have added them. None where the text is wrong in another way."""
    try:
        ours, theirs = (json.loads(text, object_pairs_hook=hook) for hook in (_first, _last))
    except (ValueError, RecursionError):
        return None
    return Sides(json.dumps(ours), json.dumps(theirs))


def sides_of_merge(path: Path) -> Sides | None:
    """The sides as git has them while a merge is under way: each is a whole lock, which the text between
    markers need not be. None without git, or once the file is marked as merged."""
    base, ours, theirs = (_staged(path, number) for number in (1, 2, 3))
    return None if ours is None or theirs is None else Sides(ours, theirs, base)


def _staged(path: Path, number: int) -> str | None:
    command = ["git", "-c", "core.fsmonitor=false", "show", f":{number}:./{path.name}"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            command,
            cwd=path.parent,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
        )
        return done.stdout.decode("utf-8")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


_Members = list[tuple[str, Any]]


def _first(members: _Members) -> dict[str, Any]:
    """Of a key that stands twice the first."""
    return dict(reversed(members))


def _last(members: _Members) -> dict[str, Any]:
    return dict(members)


def _mended(text: str, keep: Callable[[_Members], dict[str, Any]]) -> str:
    """The text without what a merge by lines gets wrong: commas, for the last member of an object has none,
    and keys that both have added. What is wrong in another way stays so."""
    for attempt in (text, "".join(_with_commas(text.splitlines()))):
        with suppress(ValueError, RecursionError):
            return json.dumps(json.loads(attempt, object_pairs_hook=keep))
    return text


def _with_commas(lines: list[str]) -> Iterator[str]:
    """One member stands on each line, so a comma is a line's last character, and in no string."""
    kept = [line.rstrip() for line in lines if line.strip()]
    for line, after in zip(kept, [*kept[1:], ""], strict=False):
        bare = line.removesuffix(",")
        ends = after.lstrip()[:1] in {"}", "]", ""}
        opens = bare.endswith(("{", "["))
        yield f"{bare}{'' if ends or opens else ','}\n"
