"""What a stage runs, or ran, as the files of the working tree and of earlier commits have it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from agentops.cli.wiring import Opened, lock_name, newest_lock, resolver
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Stop, error, has_errors, in_order

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.domain.github import Checkout
    from agentops.domain.project import Stage
    from agentops.domain.resource import Source
    from agentops.domain.state import DesiredState, Lock
    from agentops.lockfile import LockFile
    from agentops.remotes import History

PREVIOUS = "PREVIOUS"

Sources = Mapping[Address, "Source | None"]
Desired = tuple["DesiredState", tuple[Diagnostic, ...]]
"""What to bring a stage to, and what loading it had to say."""

_RELEASE = re.compile(r"[0-9a-f]{12}")
_SHOWN = 12


def recorded_lock(opened: Opened, stage: Stage, output: Output, store: LockFile) -> Lock:
    """The newest lock of a stage that something is to be taken from, under today's addresses.

    Raises:
        Stop: nothing is recorded for it.
    """
    from agentops.engine.moves import called_now

    lock = newest_lock(opened, stage, output, store)
    if lock is None or not any(entry.id for entry in lock.resources.values()):
        raise Stop(
            error(
                Code.UNKNOWN_SOURCE,
                f"{store.name} records nothing that stage {stage.name} runs",
                f"apply the stage first: `agentops apply --stage {stage.name}`",
            )
        )
    return called_now(opened.catalog, opened.project.moved, lock)


def load_sources(
    opened: Opened,
    stages: Sequence[Stage],
    of: Stage,
    sources: Sources,
    pins: Mapping[str, str],
    only: Sequence[Address] = (),
) -> list[Desired]:
    """What ``sources``, of stage ``of``, are in each of ``stages``. ``pins`` are URLs of skills with what
    they are pinned to. ``only``: nothing but these addresses and what they need has to be found.

    Raises:
        Stop: with everything that cannot be had, or is wrong there.
    """
    from agentops.remotes import History
    from agentops.spec import Release, load_release

    with History(opened.root, os.environ) as history:
        found = load_release(
            opened.root,
            opened.project,
            stages,
            opened.catalog,
            Release(of, sources, tuple(only), is_past=[*stages] == [of]),
            history.tree,
            _pinned(opened, pins),
        )
    said = [in_order([*opened.diagnostics, *loaded.diagnostics]) for loaded in found]
    if wrong := [item for items in said for item in items if has_errors([item])]:
        raise Stop(*in_order(wrong))
    return [(loaded.desired, items) for loaded, items in zip(found, said, strict=True)]


def sources_at(opened: Opened, stage: Stage, lock: Lock, release: str) -> dict[Address, Source]:
    """The sources of an earlier release of a stage, whose lock is ``lock``.

    ``release`` is ``PREVIOUS``: what the stage ran until its newest release; 12 digits of a release: what the
    stage ran when that was its newest, by the history of the lock in git; or anything that names a commit:
    what the files of that commit ask for. Skills that are named by a URL have sources in the first two.

    Raises:
        Stop: there is no such release or commit here, or what it had cannot be told.
    """
    from agentops.engine.promotion import before_release, newest_release
    from agentops.remotes import History
    from agentops.spec import sources_of_tree

    with History(opened.root, os.environ) as history:
        if release == PREVIOUS:
            newest = newest_release(lock)
            locks = _former_locks(opened, stage, history)
            former = next((it for it in locks if newest_release(it) not in {None, newest}), None)
            return _with_source(before_release(lock, former), stage, release)
        if _RELEASE.fullmatch(release):
            recorded = _recorded_at(opened, stage, lock, release, history)
            if recorded is not None:
                return recorded
        try:
            commit = history.commit(release)
        except Stop as stop:
            telling = f"; `agentops lock show ADDRESS --stage {stage.name}` tells releases, `git log` commits"
            raise Stop(
                *(it.model_copy(update={"detail": f"{it.detail}{telling}"}) for it in stop.diagnostics)
            ) from None
        return sources_of_tree(history.tree(commit), opened.project, stage, opened.catalog, commit)


def pins_of_sources(sources: Sources) -> dict[str, str]:
    """The URLs of skills among the sources -> what they were pinned to."""
    return {
        f"https://{address.name}": source.revision
        for address, source in sources.items()
        if source is not None and source.revision is not None
    }


def _pinned(opened: Opened, pins: Mapping[str, str]) -> Callable[[str], Checkout]:
    resolve = resolver(opened)
    return lambda url: resolve(url, pins.get(url))


def _with_source(sources: Sources, stage: Stage, release: str) -> dict[Address, Source]:
    unknown = [address for address, source in sources.items() if source is None]
    if unknown:
        raise Stop(
            error(
                Code.UNKNOWN_SOURCE,
                f"what stage {stage.name} ran before as {', '.join(unknown)} was never applied from a file",
                "name a commit that has their files, or single addresses",
            )
        )
    if not sources:
        raise Stop(
            error(
                Code.UNKNOWN_SOURCE,
                f"the lock of stage {stage.name} records no release before its newest: {release}",
                "name a commit whose files it should run",
            )
        )
    return {address: source for address, source in sources.items() if source is not None}


def _recorded_at(
    opened: Opened, stage: Stage, lock: Lock, release: str, history: History
) -> dict[Address, Source] | None:
    """What the stage ran when that release was its newest; None where no lock in git says so."""
    from agentops.engine.promotion import newest_release, released

    for former in itertools.chain([lock], _former_locks(opened, stage, history)):
        if newest_release(former) == release:
            return _with_source(released(former), stage, release)
    return None


def _former_locks(opened: Opened, stage: Stage, history: History) -> Iterator[Lock]:
    """The locks of a stage that were committed, the newest first, under today's addresses."""
    from agentops.engine.moves import called_now
    from agentops.lockfile.text import parse

    name = lock_name(stage)
    for text in history.versions(name):
        try:
            former = parse(text, name).lock
        except Stop:  # a lock with conflict markers was committed once
            continue
        yield called_now(opened.catalog, opened.project.moved, former)


def words_of(opened: Opened, lock: Lock, release: str) -> str:
    """What to call a release in a sentence: what was typed may mean another one tomorrow."""
    from agentops.engine.promotion import newest_release
    from agentops.remotes import History

    if release == PREVIOUS:
        return f"what ran before release {newest_release(lock)}"
    if _RELEASE.fullmatch(release):
        return f"release {release}"
    with History(opened.root, os.environ) as history:
        commit = history.commit(release)[:_SHOWN]
    return f"commit {commit}" if commit.startswith(release[:_SHOWN]) else f"{release} (commit {commit})"
