"""What a reviewer of a pull request reads: all stages, the riskiest first, of saved plans or of a diff."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agentops.domain.comparison import Comparison, Diff, Differing, Side
from agentops.domain.plan import Action, Change, FieldChange, Plan
from agentops.domain.resource import Body, refs_in
from agentops.domain.risk import Level, Risk, highest
from agentops.domain.view.comparison import comparison_view
from agentops.domain.view.member import whole_field
from agentops.domain.view.model import ChangeView, DiagnosticsView, DriftedView, FieldView, Line, Tone
from agentops.domain.view.plan import plan_view
from agentops.domain.view.pointed_out import hidden_lines


@dataclass(frozen=True, slots=True)
class TextPair:
    """A text member with what it was and becomes; an empty one where it was not there."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ReviewedView:
    """One change as a reviewer sees it. ``texts`` are its long texts, for a side-by-side view; ``change`` has
    every member, texts as diffs, and no remark that only repeats a risk. ``hidden``: what its texts have that
    no reader sees, a line for each member and trick. ``is_settings``: it is what agentops.yaml says of the
    stage."""

    change: ChangeView
    risks: tuple[Risk, ...]
    texts: tuple[TextPair, ...] = ()
    hidden: tuple[Line, ...] = ()
    is_settings: bool = False

    @property
    def level(self) -> Level | None:
        return highest(self.risks)


@dataclass(frozen=True, slots=True)
class Node:
    """Of the picture: an address, what happens to it (``~``; empty where nothing does) and its level."""

    address: str
    symbol: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What refers to what: ``edges`` go from what refers to what it needs."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StageReview:
    """One stage. ``changes`` the riskiest first. ``digest``: the change digest; empty in a diff, which nobody
    can apply, and ``command`` applies exactly what it stands for. ``closing`` counts. ``blocked`` is empty
    where it can be applied."""

    name: str
    title: str
    changes: tuple[ReviewedView, ...]
    closing: tuple[Line, ...]
    picture: Picture
    diagnostics: DiagnosticsView
    blocked: Line = ()
    digest: str = ""
    command: str = ""
    drift: tuple[DriftedView, ...] = ()
    held: tuple[DriftedView, ...] = ()
    orphans: tuple[Line, ...] = ()
    orphans_heading: str = ""
    moves: tuple[Line, ...] = ()

    @property
    def errors(self) -> int:
        """How many of its diagnostics block."""
        return sum(item.tone is Tone.ERROR for item in self.diagnostics.items)

    @property
    def levels(self) -> dict[Level, int]:
        """How many changes there are of each level."""
        return _levels(self.changes)


@dataclass(frozen=True, slots=True)
class ReviewView:
    """Everything a pull request does. ``is_plan``: it can be applied; else it is a diff of files."""

    project: str
    title: str
    stages: tuple[StageReview, ...]
    is_plan: bool

    @property
    def levels(self) -> dict[Level, int]:
        return _levels(item for stage in self.stages for item in stage.changes)


def review_of_plans(plans: Sequence[Plan], *, verbose: bool = False) -> ReviewView:
    """Of one or more plans, in the order given; all of one project."""
    stages = tuple(_of_plan(plan, verbose) for plan in plans)
    return ReviewView(plans[0].project, f"{plans[0].project}: what is planned", stages, is_plan=True)


def review_of_diff(diff: Diff, *, verbose: bool = False) -> ReviewView:
    """Of what a change of the files means in each stage."""
    stages = tuple(_of_comparison(found, verbose) for found in diff.stages)
    return ReviewView(diff.project, f"{diff.project}: {diff.before} → {diff.after}", stages, is_plan=False)


def _of_plan(plan: Plan, verbose: bool) -> StageReview:
    view = plan_view(plan, verbose=verbose)
    reviewed = [
        replace(
            _reviewed(shown, change.risks, _new(change)),
            texts=tuple(_texts(change.fields, change.body)),
            hidden=hidden_lines(change.address, change.fields, change.body),
        )
        for change, shown in zip(plan.changes, view.changes, strict=True)
    ]
    return StageReview(
        name=plan.stage,
        title=view.title,
        changes=_riskiest(reviewed),
        closing=view.closing,
        picture=_picture(reviewed, [(change.address, _needs_of(change)) for change in plan.changes]),
        diagnostics=view.diagnostics,
        blocked=view.blocked,
        digest=plan.change_digest if plan.changes else "",
        command=_command(plan),
        drift=view.drift,
        held=view.held,
        orphans=view.orphans,
        orphans_heading=view.orphans_heading,
        moves=view.moves,
    )


def _of_comparison(found: Comparison, verbose: bool) -> StageReview:
    view = comparison_view(found, verbose=verbose)
    reviewed = [
        replace(
            _reviewed(shown, item.risks, _created(item)),
            texts=tuple(_texts(item.fields, _created(item))),
            hidden=hidden_lines(item.address, item.fields, item.body),
        )
        for item, shown in zip(found.differing, view.changes, strict=True)
    ]
    settings = (
        []
        if view.settings is None
        else [replace(_reviewed(view.settings, found.settings_risks), is_settings=True)]
    )
    return StageReview(
        name=found.stage,
        title=view.title,
        changes=(*settings, *_riskiest(reviewed)),
        closing=(view.closing,),
        picture=_picture(reviewed, [(item.address, item.needs) for item in found.differing]),
        diagnostics=view.diagnostics,
        moves=view.moves,
    )


def _reviewed(shown: ChangeView, risks: tuple[Risk, ...], new: Body | None = None) -> ReviewedView:
    """``shown`` begins its remarks with a line for each risk; ``new`` is the body of what is created."""
    own = shown.remarks[len(risks) :]
    return ReviewedView(replace(shown, remarks=own, fields=_with_texts(shown.fields, new or {})), risks)


def _command(plan: Plan) -> str:
    """What applies these changes and no others, with the options that the plan was made with."""
    if not plan.changes or plan.blocked:
        return ""
    stage = shlex.quote(plan.stage)
    if plan.rolls_back:
        what = "apply --plan FILE"
    else:
        what = f"promote {shlex.quote(plan.promotes)} {stage}" if plan.promotes else f"apply --stage {stage}"
    return f"agentops {what} --expect {plan.change_digest}"


def _new(change: Change) -> Body:
    return change.body if change.action is Action.CREATE else {}


def _with_texts(fields: Iterable[FieldView], body: Body) -> tuple[FieldView, ...]:
    """Members with the texts of what is new whole: nobody has reviewed them yet."""
    return tuple(
        next(iter(whole_field(field.path, text)))
        if isinstance(text := body.get(field.path), str) and "\n" in text.strip()
        else field
        for field in fields
    )


def _created(item: Differing) -> Body:
    return item.body if item.side is Side.AFTER else {}


def _texts(fields: Iterable[FieldChange], body: Body) -> Iterator[TextPair]:
    if not fields:
        for name, value in body.items():
            if isinstance(value, str) and "\n" in value:
                yield TextPair(name, "", value)
    for field in fields:
        before, after = field.before or "", field.after or ""
        if isinstance(before, str) and isinstance(after, str) and "\n" in f"{before}{after}":
            yield TextPair(field.path, before, after)


def _needs_of(change: Change) -> list[str]:
    found = [str(ref.address) for ref in refs_in(change.body)]
    return [*found, *([str(change.parent)] if change.parent else []), *map(str, change.depends_on)]


_ORDER = (*Level, None)


def _riskiest(reviewed: Iterable[ReviewedView]) -> tuple[ReviewedView, ...]:
    return tuple(sorted(reviewed, key=lambda it: _ORDER.index(it.level)))


def _picture(reviewed: Sequence[ReviewedView], needs: Sequence[tuple[str, Sequence[str]]]) -> Picture:
    nodes = {it.change.address: Node(it.change.address, it.change.symbol, it.level) for it in reviewed}
    edges = dict.fromkeys((one, other) for one, found in needs for other in found if one != other)
    for _, other in edges:
        nodes.setdefault(other, Node(other))
    return Picture(tuple(nodes[it] for it in sorted(nodes)), tuple(sorted(edges)))


def _levels(changes: Iterable[ReviewedView]) -> dict[Level, int]:
    counts = Counter(it.level for it in changes)
    return {level: counts[level] for level in Level if counts[level]}
