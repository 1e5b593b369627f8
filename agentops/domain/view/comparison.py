"""What differs between two stages, or in a stage between two commits, ready to print: a plan's fields without
a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agentops.domain.comparison import Comparison, Diff, Differing, Side, Standing
from agentops.domain.diagnostics import counted
from agentops.domain.plan import Action, FieldChange
from agentops.domain.resource import as_ref
from agentops.domain.view.alike import gist
from agentops.domain.view.member import changed_field
from agentops.domain.view.model import ChangeView, ComparisonView, FieldView, Line, Span, Tone
from agentops.domain.view.overview import created_fields
from agentops.domain.view.plan import TONES, because, moves_of
from agentops.domain.view.problem import diagnostics_view
from agentops.domain.view.risk import risk_counts, risk_lines

_MARKS = {
    Side.BOTH: ("~", Tone.CHANGED),
    Side.BEFORE: ("-", Tone.REMOVED),
    Side.AFTER: ("+", Tone.ADDED),
}
_NOTHING_SENT = "·"
_ENDED = {Action.ARCHIVE: "archived", Action.DELETE: "deleted"}
_PARTS = (
    (Action.CREATE, "to create"),
    (Action.UPDATE, "to update"),
    (Action.REPLACE, "to replace"),
    (Action.ARCHIVE, "to archive"),
    (Action.DELETE, "to delete"),
    (Action.FORGET, "to forget"),
)


def comparison_view(found: Comparison, *, verbose: bool = False) -> ComparisonView:
    """Of two stages ``-`` is what only the first has, ``+`` what only the second has; of two commits the
    marks are those of a plan. ``verbose`` folds nothing."""
    return ComparisonView(
        title=f"{found.project} · {_title(found)}",
        changes=tuple(_change(item, found, verbose) for item in found.differing),
        closing=_closing(found),
        diagnostics=diagnostics_view(found.diagnostics, errors_first=True),
        settings=_settings(found, verbose),
        moves=tuple(moves_of(found.moves)),
    )


def diff_views(diff: Diff, *, verbose: bool = False) -> tuple[ComparisonView, ...]:
    """Stage by stage; those of which the same is to be said are one. What was said of one stage as a problem
    is not said again of the next, and a change that an earlier stage has alike is only named."""
    said: set[object] = set()
    shown: dict[object, str] = {}
    views = []
    for stages in _alike(diff.stages):
        first = stages[0]
        view = comparison_view(first, verbose=verbose)
        names = ", ".join(stage.stage for stage in stages)
        own = [item for item in first.diagnostics if item not in said]
        said |= {*own}
        views.append(
            replace(
                view,
                changes=view.changes if verbose else tuple(_once(view.changes, first, shown)),
                title=f"{diff.project} · {_title(first, names, len(stages))}",
                diagnostics=diagnostics_view(own, errors_first=True),
            )
        )
    return tuple(views)


def _once(changes: Sequence[ChangeView], found: Comparison, shown: dict[object, str]) -> Iterator[ChangeView]:
    """The changes of a stage; ``shown`` has the stage that each was shown of first."""
    for change, item in zip(changes, found.differing, strict=True):
        like = shown.setdefault((change.about, gist(change, item.risks)), found.stage)
        if like == found.stage or not (change.fields or change.remarks):
            yield change
        else:
            counts = risk_counts(item.risks)[1:-1]
            where = (Span(f"as in {like}{': ' if counts else ''}"), *counts)
            yield replace(change, remarks=(where,), fields=())


def _alike(stages: Sequence[Comparison]) -> Iterator[list[Comparison]]:
    """In the order of the first of each."""
    groups: dict[str, list[Comparison]] = {}
    for stage in stages:
        nameless = stage.model_copy(update={"stage": ""}) if not stage.formerly else stage
        groups.setdefault(nameless.model_dump_json(), []).append(stage)
    yield from groups.values()


def _title(found: Comparison, names: str = "", number: int = 1) -> str:
    sides = f"{found.before} → {found.after}"
    if not found.stage:
        return sides
    became = {
        Standing.KEPT: "",
        Standing.ADDED: " (new)",
        Standing.REMOVED: " (removed)",
        Standing.RENAMED: f" (was {found.formerly})",
    }
    return f"{'stage' if number == 1 else 'stages'} {names or found.stage}{became[found.standing]} · {sides}"


def _settings(found: Comparison, verbose: bool) -> ChangeView | None:
    """What agentops.yaml says of the stage, as a change of it."""
    if not found.settings:
        return None
    fields = [
        shown
        for item in found.settings
        for shown in changed_field(item.path, item.before, item.after, verbose=verbose)
    ]
    new = found.standing is Standing.ADDED
    return ChangeView(
        symbol="+" if new else "~",
        tone=Tone.ADDED if new else Tone.CHANGED,
        address="agentops.yaml",
        about="what holds in the stage",
        place="",
        remarks=tuple(risk_lines(found.settings_risks)),
        fields=tuple(fields),
    )


def _change(item: Differing, found: Comparison, verbose: bool) -> ChangeView:
    symbol, tone = _MARKS[item.side]
    if item.action is not None:
        symbol, tone = item.action.symbol, TONES[item.action]
    if item.action is Action.NO_OP:
        symbol = _NOTHING_SENT
    about = _about(item) if item.action is not None else ""
    if item.action is None and item.side is not Side.BOTH:
        about = f"only in {_name(found, item.side)}"
    return ChangeView(
        symbol=symbol,
        tone=tone,
        address=item.address,
        about=about,
        place=f"{item.location.file}:{item.location.line}" if item.location else "",
        remarks=tuple(_remarks(item)),
        fields=_fields(item, verbose),
    )


def _fields(item: Differing, verbose: bool) -> tuple[FieldView, ...]:
    if item.side is Side.BEFORE and item.action is not None:
        return ()  # as in a plan: what goes is named, and its file is in the history
    if item.side is not Side.BOTH:
        return created_fields(item.body, verbose=verbose)
    return tuple(shown for field in item.fields for shown in _field(field, item, verbose))


def _field(field: FieldChange, item: Differing, verbose: bool) -> Iterator[FieldView]:
    """What refers to what it referred to before only follows it: to its next version, or to a new one."""
    ref = as_ref(field.after) if item.action is not None else None
    if ref is None or field.before not in {str(ref), str(ref.address)}:
        yield from changed_field(field.path, field.before, field.after, verbose=verbose)
        return
    follows = f"the new {ref.address}" if ref.attribute == "id" else f"the next one of {ref.address}"
    yield FieldView(field.path, (Span(follows), Span(" (known after apply)", Tone.FAINT)))


def _about(item: Differing) -> str:
    """What the headline says behind the address."""
    match item.action:
        case Action.CREATE:
            return f"created anew, with {item.because[0]}" if item.because else ""
        case Action.UPDATE:
            return because(item.because) if item.because else ""
        case Action.REPLACE:
            return f"must be replaced: {item.forced_by} cannot be updated"
        case Action.NO_OP:
            return "nothing is sent"
        case Action.FORGET if not item.kept:
            return f"forget: goes with {item.goes_with}"
        case Action.ARCHIVE | Action.DELETE if not item.kept:
            return f"{item.action}: cannot be undone (removed from the files)"
        case _:
            return "removed from the files: it stays until a plan prunes"


def _remarks(item: Differing) -> Iterator[Line]:
    yield from risk_lines(item.risks)
    if item.action is Action.REPLACE:
        yield (Span("a new one with a new ID takes its place; the old one goes for good", Tone.FAINT),)
    if item.kept and item.action in _ENDED:
        pruned = f"with `--prune` it is {_ENDED[item.action]}, and that cannot be undone"
        yield (Span(pruned, Tone.FAINT),)
    if item.protected:
        yield (
            Span("it is protected: ", Tone.WARNING),
            Span(f"a plan that ends it stops there without `--allow-protected {item.address}`"),
        )


def _name(found: Comparison, side: Side) -> str:
    return found.before if side is Side.BEFORE else found.after


def _closing(found: Comparison) -> Line:
    """``2 resources differ, 1 only in prod; 12 alike.``; of two commits ``1 to create; 12 alike.``"""
    if found.standing is Standing.REMOVED:
        text = (
            "The stage is not in agentops.yaml any more: what it has stays as it is, and nobody manages it."
        )
        return (Span(text, Tone.STRONG),)
    alike = f"; {found.alike:,} alike" if found.alike else ""
    if not found.differing:
        text = f"No differences ({counted(found.alike, 'resource')})."
        if found.differs:
            text = f"No differences in what is sent ({counted(found.alike, 'resource')})."
        return (Span(text, Tone.ADDED), *_risks(found))
    parts = _actions(found) if any(item.action is not None for item in found.differing) else _sides(found)
    return (Span(f"{', '.join(parts)}{alike}.", Tone.STRONG), *_risks(found))


def _risks(found: Comparison) -> Line:
    """Those of the settings, too."""
    counts = risk_counts([*found.settings_risks, *(risk for item in found.differing for risk in item.risks)])
    return (Span(" "), *counts) if counts else ()


def _actions(found: Comparison) -> list[str]:
    acted = Counter(item.action for item in found.differing if not item.kept)
    parts = [f"{acted[action]:,} {text}" for action, text in _PARTS if acted[action]]
    if quiet := acted[Action.NO_OP]:
        parts.append(f"{quiet:,} of which nothing is sent")
    if kept := sum(item.kept for item in found.differing):
        parts.append(f"{kept:,} not in the files any more")
    if unknown := acted[None]:
        parts.append(f"{unknown:,} that cannot be compared")
    return parts


def _sides(found: Comparison) -> list[str]:
    numbers = Counter(item.side for item in found.differing)
    parts = []
    if both := numbers[Side.BOTH]:
        parts.append(f"{counted(both, 'resource')} {'differs' if both == 1 else 'differ'}")
    parts += [
        f"{numbers[side]:,} only in {_name(found, side)}"
        for side in (Side.BEFORE, Side.AFTER)
        if numbers[side]
    ]
    return parts
