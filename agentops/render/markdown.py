"""A review as Markdown, for a comment on a pull request."""

from __future__ import annotations

from agentops.domain.view.markdown import code, fence, fenced, html_code, prose
from agentops.domain.view.model import DiffLine, FieldView
from agentops.domain.view.review import ReviewedView, ReviewView, StageReview

GITHUB = 65_536
"""Characters that GitHub takes as one comment."""


def render_markdown(view: ReviewView, *, limit: int = GITHUB, marker: str = "", where: str = "") -> str:
    """The whole review. ``marker`` is a hidden first line; ``where`` says where the whole is."""
    lines = [*([marker] if marker else []), f"### {prose(view.title)}", ""]
    for stage in view.stages:
        lines += _stage(stage)
    return "\n".join(lines).rstrip() + "\n"


def _stage(stage: StageReview) -> list[str]:
    lines = [f"**{prose(stage.title)}**", ""]
    for item in stage.changes:
        lines += _change(item)
    for line in (*stage.closing, *([stage.blocked] if stage.blocked else [])):
        lines += [prose("".join(span.text for span in line)), ""]
    return lines


def _change(item: ReviewedView) -> list[str]:
    shown = item.change
    lines = [
        "<details>",
        f"<summary>{html_code(f'{shown.symbol} {shown.address}')} {html_code(shown.about)}</summary>",
        "",
    ]
    lines += [f"- **{risk.level}** {code(risk.label)}: {prose(risk.sentence)}" for risk in item.risks]
    for field in shown.fields:
        lines += ["", *_field(field)]
    return [*lines, "", "</details>", ""]


def _field(field: FieldView) -> list[str]:
    beside = "".join(span.text for span in field.beside)
    head = f"{code(field.path)}: {code(beside)}" if beside else code(field.path)
    below = fence([_difference(line) for line in field.below]) if field.below else []
    return [head, "", *below]


def _difference(line: DiffLine) -> str:
    text = "".join(span.text for span in line.spans)
    return fenced(f"{line.mark}{text}" if line.mark == "@@" else f"{line.mark} {text}")
