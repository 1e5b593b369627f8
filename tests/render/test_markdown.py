"""The review as a comment: golden files a person can read, what stages share, and the cap."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.comparison import Comparison, Diff, Differing, Side
from agentops.domain.diagnostics import Code, error, warning
from agentops.domain.plan import Action, Base, Change, Held, Move, Orphan, Plan, Reason
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.state import RolledBack
from agentops.domain.view.review import review_of_diff, review_of_plans
from agentops.render.markdown import GITHUB, render_markdown
from tests.render.cases import (
    BLOCKED,
    EVERY_ACTION,
    EVERY_VALUE,
    FIRST_APPLY,
    MOVED,
    PROMPT,
    REVIEWER,
    SANDBOX,
    TUTOR,
    changed,
    plan,
    update,
)
from tests.render.reviews import rendered

GOLDEN = Path(__file__).parent / "golden"
WHERE = "https://github.com/acme/fleet/actions/runs/42"

LOOSENED = PROMPT.replace("- Run every example.\n", "- Run every example\u202e in the sandb\u043ex.\n")
TOOL = Risk(
    level=Level.HIGH,
    label=Label.CAN_RUN_COMMANDS,
    sentence="It can run `bash` without asking; make sure that its sandbox may be destroyed.",
)
WORDING = Risk(level=Level.LOW, label=Label.PROMPT_CHANGED, sentence="2 lines of its prompt change.")


def edit(version: int) -> Change:
    """One edit, as it is in every stage: only the version differs."""
    return update(
        changed("system", PROMPT, LOOSENED),
        changed("tools[agent_toolset_20260401].configs[bash].enabled", False, True),
        base=Base(id="agent_01Rev", version=version, digest="d"),
        risks=(TOOL, WORDING),
    )


def at_stage(name: str, *changes: Change, **more: object) -> Plan:
    return plan(*changes, **more).model_copy(update={"stage": name})


REPLACED = Change(
    address=SANDBOX,
    action=Action.REPLACE,
    reason=Reason.CREATE_ONLY_FIELD,
    base=Base(id="env_01Box", digest="d"),
    forced_by="config.type",
    fields=(changed("config.type", "cloud", "self_hosted"),),
    risks=(
        Risk(
            level=Level.MEDIUM,
            label=Label.IRREVERSIBLE,
            sentence="The old sandbox goes for good; see that nobody else names its ID.",
        ),
    ),
)

FIVE_STAGES = (
    at_stage("dev", edit(31)),
    at_stage("test", edit(12)),
    at_stage("staging", edit(9), REPLACED, unchanged=4),
    at_stage("prod-eu", edit(9), update(changed("description", "old", "new"), address=TUTOR)),
    at_stage(
        "prod-us",
        diagnostics=(
            error(Code.HELD, "staging was rolled back", "release it with `--on-drift revert`", address=TUTOR),
            warning(Code.ORPHAN, "agent/old is in no file"),
        ),
    ),
)

BESIDE = at_stage(
    "staging",
    drift=MOVED,
    held=(
        Held(
            address=TUTOR,
            id="agent_01Tut",
            fields=MOVED[0].fields[1:2],
            rolled_back=RolledBack(to="version 3", at="2026-03-01T08:00:00Z", by="ada"),
        ),
    ),
    moves=(Move(old=Address("agent/reviewr"), new=REVIEWER, id="agent_01Rev"),),
    orphans=(Orphan(address=Address("agent/old"), id="agent_01Oo", path="agents/old.yaml"),),
    unchanged=2,
)

OF_FILES = Diff(
    project="support-fleet",
    before="main",
    after="the working tree",
    stages=tuple(
        Comparison(
            project="support-fleet",
            stage=stage,
            before="main",
            after="the working tree",
            differing=(
                Differing(
                    address=REVIEWER,
                    side=Side.BOTH,
                    fields=(changed("system", PROMPT, LOOSENED),),
                    risks=(WORDING,),
                ),
                Differing(address=TUTOR, side=Side.AFTER, body={"name": "tutor", "system": PROMPT}),
            ),
            alike=7,
        )
        for stage in ("staging", "prod")
    ),
)

CASES = {
    "review-five-stages": review_of_plans(FIVE_STAGES),
    "review-first-apply": review_of_plans([FIRST_APPLY]),
    "review-every-value": review_of_plans([EVERY_VALUE]),
    "review-every-action": review_of_plans([EVERY_ACTION]),
    "review-blocked": review_of_plans([BLOCKED]),
    "review-beside-changes": review_of_plans([BESIDE]),
    "review-nothing": review_of_plans([at_stage("staging", unchanged=3), at_stage("prod", unchanged=3)]),
    "review-of-files": review_of_diff(OF_FILES),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    shown = render_markdown(CASES[name], marker="agentops:plan:support-fleet")
    golden = GOLDEN / f"{name}.md"
    if os.environ.get("AGENTOPS_GOLDEN") == "write":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")
    rendered(shown)


def test_no_golden_review_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.md")} == set(CASES)


def test_nothing_to_do_is_one_line() -> None:
    shown = render_markdown(CASES["review-nothing"])
    assert shown == "### support-fleet: what is planned\n\nNothing changes in staging and prod.\n"


def test_what_stages_have_alike_is_shown_once() -> None:
    shown = render_markdown(CASES["review-five-stages"])
    assert shown.count("```diff") == 1
    assert "<code>dev, test, staging, prod-eu</code>" in shown
    for line in ("- `dev`: v31 → v32", "- `staging, prod-eu`: v9 → v10"):
        assert line in shown


def test_the_riskiest_comes_first_and_stands_open() -> None:
    shown = render_markdown(CASES["review-five-stages"])
    blocks = re.findall(r"<details( open)?><summary>.*?<code>(.*?)</code>", shown)
    assert blocks[:3] == [(" open", "~ agent/reviewer"), ("", "± environment/sandbox"), ("", "~ agent/tutor")]


def test_links_lead_to_blocks_that_are_there() -> None:
    for limit in (GITHUB, 6_000):
        seen = rendered(render_markdown(review_of_plans([many(60)]), limit=limit))
        names = [value for _, name, value in seen.attributes if name == "name"]
        links = [value[1:] for _, name, value in seen.attributes if name == "href"]
        assert links
        assert set(links) <= set(names)
        assert len(names) == len(set(names))


# -- the cap


def sized(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def many(number: int, *, sign: str = "é", lines: int = 40) -> Plan:
    """Changes of every level, the riskiest among all others."""
    text = "".join(f"Line {line}: what customers are told {sign * 3}.\n" for line in range(lines))
    levels = (None, Level.LOW, Level.MEDIUM, Level.HIGH)
    return plan(
        *(
            update(
                changed("system", text, text.replace(f"Line {position % lines}:", f"Row {position}:")),
                changed("description", "a", f"{sign}{position}"),
                address=Address(f"agent/a{position:04}"),
                risks=tuple(
                    Risk(level=level, label=Label.PROMPT_CHANGED, sentence=f"Look at change {position}.")
                    for level in levels[position % 4 : position % 4 + 1]
                    if level
                ),
            )
            for position in range(number)
        )
    )


@pytest.mark.parametrize("sign", ["e", "é", "🎉"])
@pytest.mark.parametrize("limit", [GITHUB, 20_000, 2_000])
def test_a_thousand_changes_stay_below_the_cap(sign: str, limit: int) -> None:
    """``pytest -s`` tells how long it takes."""
    view = review_of_plans([many(1_000, sign=sign)])
    began = time.perf_counter()
    shown = render_markdown(view, limit=limit, where=WHERE, marker="x")
    took = time.perf_counter() - began
    print(f"1,000 changes in {sized(shown):,} of {limit:,} characters: {took:.2f} s")
    assert limit * 0.6 < sized(shown) <= limit or limit == 2_000
    seen = rendered(shown)
    kept = seen.tags["details"]
    assert kept
    assert f"{1_000 - kept:,} of 1,000 changes are not shown" in " ".join("".join(seen.plain).split())
    assert f"<{WHERE}>" in shown
    addresses = re.findall(r"<summary>.*?<code>~ agent/a(\d+)", shown)
    assert all(int(number) % 4 == 3 for number in addresses)  # 250 are high; only those are kept
    assert f"agent/a{int(addresses[-1]) + 4:04}" in shown  # the first that is not


def test_long_differences_are_shortened_before_anything_is_left_out() -> None:
    shown = render_markdown(review_of_plans([many(120, lines=60)]), limit=GITHUB, where="the artifact")
    assert sized(shown) <= GITHUB
    assert shown.count("<details") == 120
    assert "**Shortened to fit**: long differences are cut, and say so. The whole: the artifact" in shown


def test_a_difference_loses_its_context_first_and_says_how_much_was_cut() -> None:
    text = "".join(f"Line {number} of a long text that goes on.\n" for number in range(400))
    other = "".join(f"Line {number} of another text that goes on.\n" for number in range(400))
    shown = render_markdown(review_of_plans([plan(update(changed("system", text, other)))]), limit=8_000)
    assert sized(shown) <= 8_000
    (said,) = re.findall(r"\[… cut: (\d+) lines, ([\d,]+) characters …\]", shown)
    kept = [line for line in shown.splitlines() if line.startswith(("+ ", "- Line", "@@"))]
    assert int(said[0]) + len(kept) == 801


def test_one_line_as_long_as_a_book_is_cut_within_the_line() -> None:
    shown = render_markdown(review_of_plans([plan(update(changed("system", "a" * 90_000, "b" * 90_000)))]))
    assert sized(shown) <= GITHUB
    assert re.search(r"^\+ b+ \[… cut: [\d,]+ characters …\]$", shown, re.MULTILINE)


@settings(deadline=None, max_examples=30)
@given(
    st.integers(0, 30),
    st.integers(0, 40),
    st.integers(1, 6),
    st.sampled_from(["e", "🎉", "`" * 40, "|", "\u202e"]),
    st.integers(2_000, 30_000),
)
def test_no_review_is_longer_than_it_may_be(
    changes: int, said: int, stages: int, sign: str, limit: int
) -> None:
    """With every list as long as it likes; what is opened is closed."""
    problem = error(Code.DRIFT, sign * 20, f"{sign}\n" * 30, address=TUTOR)
    plans = [
        at_stage(
            f"stage-{sign * 9}-{number}",
            *many(changes, sign=sign * 10).changes,
            diagnostics=tuple(
                problem.model_copy(update={"summary": f"{sign * 20} number {it}"}) for it in range(said)
            ),
            drift=MOVED * said,
            orphans=BESIDE.orphans * said,
        )
        for number in range(stages)
    ]
    where = f"https://a.example/{'w' * 300}"
    shown = render_markdown(review_of_plans(plans), limit=limit, marker="m" * 200, where=where)
    assert sized(shown) <= limit
    rendered(shown)
