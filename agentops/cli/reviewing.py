"""What a change of the files means, from git alone: both sides loaded, compared stage by stage, and looked at
as a reviewer would. No registry, no lock, no network, no secret.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentops.cli.options import Common
from agentops.cli.revisions import Side
from agentops.domain.address import Address
from agentops.domain.comparison import Diff, Standing
from agentops.domain.diagnostics import (
    Code,
    Diagnostic,
    Location,
    Severity,
    Stop,
    did_you_mean,
    error,
    has_errors,
    in_order,
    note,
    warning,
)
from agentops.domain.policy import NO_POLICY, Policy
from agentops.domain.project import Project

if TYPE_CHECKING:
    from agentops.engine.revisions import Revised, StageAt
    from agentops.remotes import History
    from agentops.spec import Loaded


@dataclass(slots=True)
class _Tree:
    """One side: where its files are, and its own agentops.yaml. ``diagnostics`` are those of that; where it
    could not be read, ``borrowed``: the project is that of the other side."""

    side: Side
    root: Path
    project: Project
    diagnostics: tuple[Diagnostic, ...] = ()
    borrowed: bool = False
    loaded: dict[str, Loaded] = field(default_factory=dict)

    def load(self, names: Sequence[str]) -> None:
        """Read the files for these stages."""
        from agentops.kinds import CATALOG
        from agentops.spec import load_stages

        stages = [self.project.stages[name] for name in names]
        found = load_stages(self.root, self.project, stages, CATALOG) if stages else []
        self.loaded = dict(zip(names, found, strict=True))

    def said(self, name: str | None) -> tuple[Diagnostic, ...]:
        """Everything that loading a stage had to say."""
        return self.loaded[name].diagnostics if name is not None and name in self.loaded else ()

    def at(self, name: str | None) -> StageAt | None:
        from agentops.engine.revisions import StageAt

        if name is None:
            return None
        broken = [it for it in self.said(name) if it.severity is Severity.ERROR]
        marks = {*(it.address for it in broken), *(it.location.file for it in broken if it.location)}
        known = frozenset(mark for mark in marks if mark is not None)
        return StageAt(self.project.stages[name], self.loaded[name].desired, known)


def diff_of(told: Common, choose: Callable[[History], tuple[Side, Side, list[Address]]]) -> Diff:
    """The diff of what ``choose`` picks from the clone that the project lies in.

    Raises:
        Stop: a commit is not here, a file of the later side is wrong, or an address or stage is on neither.
    """
    from agentops.cli import wiring
    from agentops.engine.revisions import paired, refuse_unknown, revised
    from agentops.kinds import CATALOG

    with _both(told, choose) as (before, after, only):
        pairs = _chosen(paired(before.project.stages, after.project.stages), told.stage)
        after.load([name for _, name in pairs if name is not None])
        _refuse_errors(after)
        before.load([name for name, _ in pairs if name is not None])
        called = (before.side.name, after.side.name)
        found = [
            revised(CATALOG, before.at(was), after.at(now), called, after.project.moved, only)
            for was, now in pairs
        ]
        refuse_unknown(only, found)
        moment = datetime.fromisoformat(wiring.now())
        looked_at = [
            _labelled(item, moment).saying(
                [*_broken(before, was), *_told(before, after, was, now, item), *_by_url(item)]
            )
            for item, (was, now) in zip(found, pairs, strict=True)
        ]
    return Diff(
        project=after.project.name,
        before=called[0],
        after=called[1],
        stages=tuple(item.comparison for item in looked_at),
    )


def _labelled(item: Revised, now: datetime) -> Revised:
    """With what a reviewer of each difference should look at."""
    from agentops.engine.fleets import fleet_of
    from agentops.kinds import CATALOG
    from agentops.policy.risks import labelled
    from agentops.policy.risks.stage import stage_risks

    before, after = (
        fleet_of(CATALOG, side.desired, side.names, protected=item.protected)
        for side in (item.before, item.after)
    )
    found = item.comparison
    labels = found.with_risks(labelled(before, after, now, found.ending))
    kept = found.standing in {Standing.KEPT, Standing.RENAMED}
    said = {"settings_risks": stage_risks(found.settings) if kept else ()}
    return replace(item, comparison=labels.model_copy(update=said))


@contextmanager
def _both(
    told: Common, choose: Callable[[History], tuple[Side, Side, list[Address]]]
) -> Iterator[tuple[_Tree, _Tree, list[Address]]]:
    from agentops.cli.configuring import project_of
    from agentops.cli.wiring import root_of
    from agentops.remotes import History
    from agentops.spec import load_project

    root = root_of(told)
    with History(root, os.environ) as history:
        before, after, only = choose(history)
        folders = [root if side.commit is None else history.tree(side.commit) for side in (before, after)]
        if told.config_from is not None:
            project, said = project_of(root, told.config_from)
            earlier, later = _Tree(before, folders[0], project), _Tree(after, folders[1], project, said)
        else:
            earlier, later = (
                _Tree(side, folder, *load_project(folder, side.revision))
                for side, folder in zip((before, after), folders, strict=True)
            )
        if has_errors(later.diagnostics):
            raise Stop(*in_order(later.diagnostics))
        yield _earlier(earlier, later), later, only


def _earlier(before: _Tree, after: _Tree) -> _Tree:
    """The earlier side, where it can be read: without an agentops.yaml of its own it has no stages that the
    later side could have kept, and by a broken one nobody knows them."""
    if before.project.explicit or not after.project.explicit:
        return before
    if has_errors(before.diagnostics):
        before.project, before.borrowed = after.project, True
    else:
        before.project = Project(after.project.name, {}, explicit=False)
    return before


def _chosen(
    pairs: list[tuple[str | None, str | None]], wanted: str | None
) -> list[tuple[str | None, str | None]]:
    if wanted is None:
        return pairs
    if found := [pair for pair in pairs if wanted == pair[1]] or [
        pair for pair in pairs if wanted == pair[0]
    ]:
        return found
    known = [now or was or "" for was, now in pairs]
    raise Stop(error(Code.NO_STAGE, f"there is no stage '{wanted}'", did_you_mean(wanted, known)))


def _refuse_errors(after: _Tree) -> None:
    found = in_order([*after.diagnostics, *(it for name in after.loaded for it in after.said(name))])
    if has_errors(found):
        where = "" if after.side.commit is None else f"in {after.side.name}: "
        raise Stop(*(it.model_copy(update={"summary": f"{where}{it.summary}"}) for it in found))


def _broken(before: _Tree, name: str | None) -> Iterator[Diagnostic]:
    """What is wrong on the earlier side is no reason to show nothing; it has to be known all the same."""
    for item in in_order([*before.diagnostics, *before.said(name)]):
        if item.severity is Severity.ERROR:
            yield warning(
                Code.REVISION,
                f"broken in {before.side.name}, so what it was cannot be told: {item.summary}",
                item.detail,
                address=item.address,
                location=_at(before.side, item.location),
            )


def _at(side: Side, location: Location | None) -> Location | None:
    if location is None or location.file.startswith(f"{side.revision}:"):
        return location
    return Location(f"{side.revision}:{location.file}", location.line, location.column)


def _told(
    before: _Tree, after: _Tree, was: str | None, now: str | None, item: Revised
) -> Iterator[Diagnostic]:
    """What is said of the later side and was not said of the earlier one."""
    from agentops.policy.newly import newly

    policy = _agreed(before, after, was, now)
    yield from newly(
        [*before.diagnostics, *before.said(was), *_judged(before, was, policy)],
        in_order([*after.diagnostics, *after.said(now), *_judged(after, now, policy)]),
        {it.address for it in item.comparison.differing},
    )


def _agreed(before: _Tree, after: _Tree, was: str | None, now: str | None) -> Policy:
    """The rules that both sides are asked about: those of the earlier side, so that nothing is judged by what
    it brings along. Where that has no such stage, or cannot be read, what the later side says, without its
    programs: whoever may open a pull request would have them run here."""
    if was is not None and not before.borrowed:
        return before.project.stages[was].policy
    policy = after.project.stages[now].policy if now is not None else NO_POLICY
    return replace(policy, files=())


def _judged(tree: _Tree, name: str | None, policy: Policy) -> tuple[Diagnostic, ...]:
    from agentops.cli.judging import judged_by

    if name is None or name not in tree.loaded:
        return ()
    return judged_by(policy, tree.project.stages[name], tree.loaded[name])


def _by_url(item: Revised) -> Iterator[Diagnostic]:
    from agentops.spec import url_of

    needed = {need for it in item.comparison.differing for need in it.needs if url_of(need) is not None}
    if needed:
        yield note(
            Code.REVISION,
            f"compared by the URL alone, for nothing is fetched here: {', '.join(sorted(needed))}",
            "`agentops plan` looks into them",
        )
