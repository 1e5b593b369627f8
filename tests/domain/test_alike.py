"""An edit is one edit, whatever each stage's own text is around it."""

from __future__ import annotations

from dataclasses import replace

from agentops.domain.comparison import Comparison, Diff, Differing, Side, Standing
from agentops.domain.diagnostics import Code, Location, warning
from agentops.domain.plan import Action, FieldChange
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.view.comment import comment_view
from agentops.domain.view.comparison import diff_views
from agentops.domain.view.review import review_of_diff

PROTECT = FieldChange(path="protect", before=True, after=None)
NO_PROTECTION = Risk(
    level=Level.HIGH, label=Label.STAGE_CHANGED, sentence="Is no longer protected.", path="protect"
)


def prompt(stage: str, rule: str, lines: int = 4) -> str:
    return "\n".join(
        ["# Limits", *(f"- rule {number}" for number in range(lines)), f"- {rule}", f"- You are in {stage}."]
    )


def differing(stage: str, lines: int = 4, after: str = "Refund at most 500") -> Differing:
    found = [
        Risk(
            level=Level.HIGH,
            label=Label.PROHIBITION_REMOVED,
            sentence="No longer says “never”.",
            path="system",
        ),
        Risk(
            level=Level.LOW,
            label=Label.PROMPT_CHANGED,
            sentence=f"1 of the {lines + 3} lines.",
            path="system",
        ),
    ]
    was, now = prompt(stage, "Refund at most 100", lines), prompt(stage, after, lines)
    return Differing(
        address="agent/support",
        side=Side.BOTH,
        action=Action.UPDATE,
        fields=(FieldChange(path="system", before=was, after=now),),
        risks=tuple(found),
        location=Location("agents/support.yaml", 2, 1),
    )


def compared(stage: str, *items: Differing, **more: object) -> Comparison:
    return Comparison(project="shop", stage=stage, before="main", after="head", differing=items).model_copy(
        update=more
    )


def of(*stages: Comparison) -> Diff:
    return Diff(project="shop", before="main", after="head", stages=stages)


def test_stages_whose_texts_differ_around_an_edit_have_one_block() -> None:
    found = comment_view(
        review_of_diff(of(compared("dev", differing("dev")), compared("prod", differing("prod", 9))))
    )
    (block,) = found.blocks
    assert (block.stages, block.shown_of) == (("dev", "prod"), "dev")
    assert [(it.risk.label, it.stages) for it in found.high] == [(Label.PROHIBITION_REMOVED, ("dev", "prod"))]
    assert found.headline == "1 high risk · 1 resource changes"


def test_what_changes_otherwise_has_its_own_block_and_its_risk_is_listed_once() -> None:
    other = differing("prod", after="Refund at most 900")
    found = comment_view(review_of_diff(of(compared("dev", differing("dev")), compared("prod", other))))
    assert [(it.stages, it.shown_of) for it in found.blocks] == [(("dev",), ""), (("prod",), "")]
    assert [it.stages for it in found.high] == [("dev", "prod")]
    assert found.high[0].block is found.blocks[0]


def test_another_high_risk_is_not_alike() -> None:
    one = differing("prod")
    worse = one.model_copy(
        update={"risks": (one.risks[0].model_copy(update={"sentence": "Worse."}), one.risks[1])}
    )
    found = comment_view(review_of_diff(of(compared("dev", differing("dev")), compared("prod", worse))))
    assert len(found.blocks) == len(found.high) == 2


def test_an_equal_line_below_another_heading_is_not_alike() -> None:
    elsewhere = differing("prod").fields[0]
    moved = FieldChange(
        path="system",
        before=elsewhere.before.replace("# Limits", "# Refunds of staff"),
        after=elsewhere.after.replace("# Limits", "# Refunds of staff"),
    )
    there = differing("prod").model_copy(update={"fields": (moved,)})
    found = comment_view(review_of_diff(of(compared("dev", differing("dev")), compared("prod", there))))
    assert len(found.blocks) == 2


def test_what_holds_in_a_stage_comes_first_and_is_no_resource() -> None:
    stage = compared("prod", differing("prod"), settings=(PROTECT,), settings_risks=(NO_PROTECTION,))
    found = comment_view(review_of_diff(of(stage)))
    assert [it.change.address for it in found.blocks] == ["agentops.yaml", "agent/support"]
    assert found.headline == "2 high risks · agentops.yaml changes · 1 resource changes"
    assert [span.text for span in found.table[1]][:2] == ["prod", "1"]


def test_a_block_has_what_is_said_of_its_address_in_its_stages() -> None:
    said = warning(Code.REVISION, "look at this", address="agent/support")
    other = warning(Code.REVISION, "and at that", address="agent/other")
    stages = [
        compared("dev", differing("dev")),
        compared("prod", differing("prod", after="Refund at most 900"), diagnostics=(said, other)),
    ]
    dev, prod = comment_view(review_of_diff(of(*stages))).blocks
    assert (dev.said, [it.summary for it in prod.said]) == ((), ["look at this"])


def test_printed_text_names_what_an_earlier_stage_has_alike() -> None:
    diff = of(compared("dev", differing("dev")), compared("prod", differing("prod", 9)))
    dev, prod = diff_views(diff)
    assert dev.changes[0].fields
    assert prod.changes[0] == replace(dev.changes[0], fields=(), remarks=prod.changes[0].remarks)
    assert ["".join(span.text for span in line) for line in prod.changes[0].remarks] == [
        "as in dev: 1 high, 1 low"
    ]
    assert all(view.changes[0].fields for view in diff_views(diff, verbose=True))


def test_a_new_stage_is_not_told_what_it_lost() -> None:
    stage = compared("prod", settings=(PROTECT,), standing=Standing.ADDED)
    assert comment_view(review_of_diff(of(stage))).high == ()
