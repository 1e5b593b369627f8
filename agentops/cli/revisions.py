"""Which commits a command line means, and which of its words are addresses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Stop, error, nearest

if TYPE_CHECKING:
    from agentops.remotes import History

HERE = "working tree"
"""What the files that lie here are called."""

_HEAD = "HEAD"
_SHOWN = 12
_FULL_IDS = (40, 64)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a diff. ``commit`` is a full ID; None for the working tree. ``name`` is what to call it,
    ``revision`` what was typed."""

    name: str
    revision: str = ""
    commit: str | None = None


def told_apart(
    words: Sequence[str],
    after_dashes: Sequence[str],
    kinds: Collection[str],
    is_revision: Callable[[str], bool],
) -> tuple[str, list[Address]]:
    """The revision or range, and the addresses. An address begins with a known kind and a slash; what comes
    after ``--`` is one in any case.

    Raises:
        Stop: a word means both, or neither.
        click.UsageError: no word is a revision, or too many are.
    """
    from agentops.cli.choosing import parsed

    revisions: list[str] = []
    addresses: list[Address] = []
    problems: list[Diagnostic] = []
    for word in words:
        if not word:
            raise click.UsageError("a revision is empty; is a variable of your script not set?")
        means = all(map(is_revision, _ends(word)))
        if word.partition("/")[0] not in kinds:
            revisions.append(word)
            if not means and (guess := _neither(word, kinds)) is not None:
                problems.append(guess)
        elif means and ".." in word:
            revisions.append(word)
        elif means:
            problems.append(_both(word))
        else:
            addresses.append(parsed(word))
    if problems:
        raise Stop(*problems)
    addresses += map(parsed, after_dashes)
    if len(revisions) == 2 and not any(".." in word for word in revisions):
        revisions = ["..".join(revisions)]
    if not revisions:
        more = f" {addresses[0]}" if addresses else ""
        raise click.UsageError(
            f"say from which revision: agentops diff main{more}; or which stages: --stages staging..prod"
        )
    if len(revisions) > 1:
        raise click.UsageError(
            f"'{revisions[0]}' and '{revisions[1]}' are too many revisions; write one range, main..HEAD"
        )
    return revisions[0], addresses


def sides_of(word: str, history: History) -> tuple[Side, Side]:
    """``REV``: from it to the working tree. ``A..B``: from A to B. ``A...B``: from what both come from to B.
    An end that is left out is HEAD, as git has it.

    Raises:
        Stop: there is no such commit in this clone.
    """
    ends = _ends(word)
    if len(ends) == 1:
        return _at(word, history), Side(HERE)
    before, after = (_at(end, history) for end in ends)
    if "..." not in word:
        return before, after
    assert before.commit is not None
    assert after.commit is not None
    base = history.merge_base(before.commit, after.commit)
    name = f"merge base {base[:_SHOWN]} of {before.name}"
    return Side(name, base[:_SHOWN], base), after


def called_like_stages(word: str, stages: Collection[str]) -> Diagnostic | None:
    """What to say of a range, or one end, that no commits are called by and stages are; else None."""
    ends = [end for end in word.replace("...", "..").split("..") if end]
    if not ends or not {*ends} <= {*stages}:
        return None
    if len(ends) > 1:
        said, write = f"{' and '.join(ends)} are stages, and no commits", f"--stages {'..'.join(ends)}"
    else:
        said, write = f"{ends[0]} is a stage, and no commit", f"main --stage {ends[0]}"
    return error(Code.REVISION, said, f"`agentops diff {write}`")


def _at(revision: str, history: History) -> Side:
    commit = history.commit(revision)
    is_id = len(revision) in _FULL_IDS and revision == commit
    return Side(revision[:_SHOWN] if is_id else revision, revision[:_SHOWN] if is_id else revision, commit)


def _ends(word: str) -> list[str]:
    """What stands on both sides of the dots; the word itself where there are none."""
    dots = "..." if "..." in word else ".."
    before, found, after = word.partition(dots)
    return [before or _HEAD, after or _HEAD] if found else [word]


def _both(word: str) -> Diagnostic:
    return error(
        Code.REVISION,
        f"{word} is an address, and a revision of this clone is called so, too",
        f"for the revision write refs/heads/{word}; an address comes after `--`: "
        f"`agentops diff main -- {word}`",
    )


def _neither(word: str, kinds: Collection[str]) -> Diagnostic | None:
    """What to say of a word that no commit is called by and that looks like an address."""
    kind, slash, name = word.partition("/")
    if not slash or (guess := nearest(kind, kinds)) is None:
        return None
    if "." in name:  # a file: agents/tutor.yaml, agents/tutor/agent.yaml
        name = name.partition("/")[0].partition(".")[0]
    return error(
        Code.REVISION,
        f"'{word}' is no revision of this clone, and '{kind}' is no kind",
        f"did you mean '{guess}/{name}'?",
    )
