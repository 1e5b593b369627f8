"""The parts of a review in Markdown, each of them whole: a table, a list, a fold that a click opens."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from agentops.domain.risk import Level
from agentops.domain.view.comment import BlockView, CommentView, SaidView, SectionView, tally
from agentops.domain.view.markdown import code, fence, fenced, html_code, html_prose, prose
from agentops.domain.view.model import DiffLine, DriftedView, FieldView, Line, Span, Tone
from agentops.render.fitting import Lines, listed

_ICONS = {Level.HIGH: "🔴 ", Level.MEDIUM: "🟠 ", Level.LOW: "🟡 "}
_SENTENCE, _VALUE, _NAME = 400, 300, 160
"""Characters of a sentence, a value and a name that are shown at most."""

_STAGES = 6
"""Names of stages that are listed."""

_EVERY = "every stage"


def table(view: CommentView, room: int) -> str:
    """A row for each stage."""
    if not view.table:
        return ""
    header, *stages = view.table
    rows = [_row([code(stage.text, _NAME, in_table=True), *map(_cell, cells)]) for stage, *cells in stages]
    shown = listed(rows, room, lambda left: _row([f"and {left:,} more", *[""] * (len(header) - 1)]))
    return (
        "\n".join([_row([span.text for span in header]), _row(["---"] * len(header)), *shown])
        if shown
        else ""
    )


def errors(view: CommentView, room: int) -> str:
    """What has to be resolved first."""
    return "\n".join(listed([_said(it, view.every) for it in view.errors], room, _more("error")))


def said(view: CommentView, room: int) -> str:
    """Warnings and notes."""
    shown = listed([_said(it, view.every) for it in view.said], room, _more("line"))
    return _fold(html_prose(view.said_heading), shown) if shown else ""


def high(view: CommentView, room: int, linked: Collection[str]) -> str:
    """The sentences of the high risks, with links to those blocks that are there."""
    rows = [
        f"- {_ICONS[it.risk.level]}{_address(it.block, linked)}{_in(it.stages, view.every)}: "
        f"{prose(it.risk.sentence, _SENTENCE)}"
        for it in view.high
    ]
    shown = listed(rows, room, _more("high risk"))
    return "\n".join(["**Look at this first**", "", *shown]) if shown else ""


def remarks(view: CommentView, room: int) -> str:
    """What else is said of the stages."""
    rows = [
        f"- {f'{code(stage)}: ' if stage else ''}{prose(text, _SENTENCE)}" for stage, text in view.remarks
    ]
    return "\n".join(listed(rows, room, _more("line")))


def apply(view: CommentView, room: int) -> str:
    """The commands that apply exactly what is shown."""
    commands = listed([fenced(command) for command in view.commands], room, lambda left: f"# {left:,} more")
    if not commands:
        return ""
    return "\n".join(
        ["To apply exactly this, with the options it was planned with:", "", *fence(commands, "sh")]
    )


def section(view: SectionView, room: int) -> str:
    """What moved, address by address, or rows."""
    pieces = [_moved(it, room // 2) for it in view.moved] or [f"- {_words(row)}" for row in view.rows]
    shown = listed(pieces, room, _more("resource"))
    return _fold(html_prose(view.heading, _SENTENCE), shown) if shown else ""


class Block:
    """One change, with everything in it that does not depend on how much room there is."""

    def __init__(self, view: BlockView, every: Sequence[str]) -> None:
        self.view = view
        self._summary = _summary(view, every)
        self._top = "\n\n".join(_top(view))
        self._fields = _Fields(view.change.fields)

    def text(self, room: int) -> str:
        """``room`` is for each difference and for the table of members."""
        body = [piece for piece in (self._top, *self._fields.texts(room)) if piece]
        if not body:
            return f"<p>{self._summary}</p>"
        is_open = self.view.level is Level.HIGH or self.view.is_settings
        return _fold(self._summary, body, is_open=is_open)


class _Fields:
    """Members: those that fit into a cell as one table, then each difference."""

    def __init__(self, fields: Sequence[FieldView]) -> None:
        path = ""
        self._rows: list[str] = []
        self._differences: list[tuple[str, Lines]] = []
        for item in fields:
            path = item.path or path
            if item.below:
                self._differences.append((_headed(path, item.beside), _lines(item.below)))
            else:
                name = code(item.path, _NAME, in_table=True) if item.path else ""
                self._rows.append(_row([name, _value(item.beside, in_table=True)]))

    def texts(self, room: int) -> Iterator[str]:
        rows = listed(self._rows, room, lambda left: _row(["…", f"and {left:,} more"]))
        if rows:
            yield "\n".join([_row(["member", ""]), _row(["---", "---"]), *rows])
        for head, lines in self._differences:
            yield head
            yield "\n".join(fence(lines.within(room), "diff"))


def _summary(view: BlockView, every: Sequence[str]) -> str:
    """The line that stands there when all else is folded."""
    icon = _ICONS[view.level] if view.level else ""
    stages = _EVERY if view.stages == every else html_code(_listed(view.stages))
    name = html_code(f"{view.change.symbol} {view.change.address}", _NAME)
    parts = [
        f'<a name="{view.anchor}"></a>{icon}{name}',
        html_prose(view.notes[0].about) if len(view.notes) == 1 else "",
        stages if view.stages else "",
        f"<b>{risks}</b>" if (risks := tally(risk.level for risk in view.risks)) else "",
    ]
    return " · ".join(part for part in parts if part)


def _top(view: BlockView) -> Iterator[str]:
    """Where it stands, and what is to be said of it."""
    lines = [
        f"- {_ICONS[risk.level]}**{code(risk.label, _NAME)}** {prose(risk.sentence, _SENTENCE)}"
        for risk in view.risks
    ]
    lines += [f"- ⚠️ {code(path.text, _NAME)} {prose(says.text, _SENTENCE)}" for path, says in view.hidden]
    said = [f"- **{code(it.label, _NAME)}** {prose(it.summary, _SENTENCE)}" for it in view.said]
    lines += listed(said, 4 * _SENTENCE, _more("line"))
    for note in view.notes:
        told = [note.about] if len(view.notes) > 1 and note.about else []
        told += ["".join(span.text for span in line) for line in note.remarks]
        names = f"{code(_listed(note.stages), _NAME)}: " if len(view.notes) > 1 else ""
        lines += [f"- {names}{prose(text, _SENTENCE)}" for text in told]
    if view.shown_of:
        lines.append(
            f"- shown as in {code(view.shown_of, _NAME)}: the same lines change in every stage named here"
        )
    if view.change.place:
        yield code(view.change.place, _NAME)
    if lines:
        yield "\n".join(lines)


def _moved(item: DriftedView, room: int) -> str:
    told = [f"**{code(item.address, _NAME)}**", code(item.id, _NAME) if item.id else "", prose(item.about)]
    head = " ".join(part for part in told if part)
    return "\n\n".join([head, *_Fields(item.fields).texts(room)])


def _said(said: SaidView, every: Sequence[str]) -> str:
    """One diagnostic: what is wrong, where, and what to do, each detail on a line of its own."""
    item = said.item
    place = f" {code(item.place, _NAME)}" if item.place else ""
    head = (
        f"- **{code(item.label, _NAME)}**{place}{_in(said.stages, every)}: {prose(item.summary, _SENTENCE)}"
    )
    details = [f"  <br>{prose(detail, _SENTENCE)}" for detail in item.details if detail.strip()]
    return "\n".join([head, *listed(details, 4 * _SENTENCE, lambda left: f"  <br>and {left:,} more lines")])


def _address(block: BlockView, linked: Collection[str]) -> str:
    name = code(block.change.address, _NAME)
    return f"[{name}](#{block.anchor})" if block.anchor in linked else name


def _in(stages: Sequence[str], every: Sequence[str]) -> str:
    if stages == every:
        return f" in {_EVERY}"
    return f" in {code(_listed(stages), _NAME)}" if stages else ""


def _listed(stages: Sequence[str]) -> str:
    more = f" and {len(stages) - _STAGES:,} more" if len(stages) > _STAGES else ""
    return f"{', '.join(stages[:_STAGES])}{more}"


def _headed(path: str, beside: Line) -> str:
    return f"{code(path, _NAME)} {_value(beside)}".strip()


def _value(spans: Line, *, in_table: bool = False) -> str:
    """Values as code, words about them as words."""
    shown = [
        prose(span.text, _NAME) if span.tone is Tone.FAINT else code(span.text, _VALUE, in_table=in_table)
        for span in spans
        if span.text.strip()
    ]
    return " ".join(shown)


def _words(spans: Sequence[Span]) -> str:
    return " ".join(prose(span.text, _NAME) for span in spans if span.text)


def _lines(below: Sequence[DiffLine]) -> Lines:
    return Lines(tuple(map(_difference, below)), tuple(line.mark == " " for line in below))


def _difference(line: DiffLine) -> str:
    text = "".join(span.text for span in line.spans)
    return fenced(f"{line.mark}{text}" if line.tone is Tone.PLACE else f"{line.mark} {text}")


def _cell(span: Span) -> str:
    return f"**{span.text}**" if span.tone is Tone.ERROR else span.text


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fold(summary: str, body: Sequence[str], *, is_open: bool = False) -> str:
    """Blank lines around what is Markdown again within the HTML."""
    start = f"<details{' open' if is_open else ''}><summary>{summary}</summary>"
    joint = "\n" if all(piece.startswith("- ") for piece in body) else "\n\n"
    return f"{start}\n\n{joint.join(body)}\n\n</details>"


def _more(noun: str) -> Callable[[int], str]:
    return lambda left: f"- and {left:,} more {noun}{'' if left == 1 else 's'}"
