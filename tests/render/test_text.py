"""Golden texts: one readable file a case. ``AGENTOPS_GOLDEN=write pytest tests/render`` writes them anew."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from agentops.domain.plan import Action, Plan
from agentops.domain.view import DiagnosticsView, DiagnosticView, Tone, diagnostics_view, plan_view
from agentops.render import json as as_json
from agentops.render import text
from tests.render.cases import (
    BLOCKED,
    CASES,
    EVERY_ACTION,
    EVERY_VALUE,
    FIRST_APPLY,
    PROBLEMS,
    PROMPT,
    PROMPT_EDIT,
    TUTOR,
    changed,
    create,
    plan,
    update,
)

GOLDEN = Path(__file__).parent / "golden"


def printed(show: Callable[[Console], None], **console: object) -> str:
    out = io.StringIO()
    show(Console(file=out, **{"width": 80, "color_system": None, **console}))
    return out.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    shown = printed(CASES[name])
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("AGENTOPS_GOLDEN") == "write":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


def test_no_golden_text_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)


def test_every_action_is_shown_with_its_symbol() -> None:
    shown = printed(CASES["plan-every-action"])
    planned = {change.action for change in EVERY_ACTION.changes}
    assert planned == set(Action) - {Action.NO_OP}
    for change in EVERY_ACTION.changes:
        assert f"  {change.action.symbol} {change.address}" in shown


@pytest.mark.parametrize("name", CASES)
def test_no_colour_and_no_cut_without_a_terminal(name: str) -> None:
    wide, narrow = (printed(CASES[name], width=width) for width in (400, 20))
    assert wide == narrow
    assert "\x1b" not in wide
    assert not any(line.endswith(" ") for line in wide.splitlines())


@pytest.mark.parametrize("name", CASES)
def test_a_terminal_gets_the_same_text_in_colour(name: str) -> None:
    options = {"force_terminal": True, "color_system": "truecolor", "legacy_windows": False, "width": 400}
    coloured = printed(CASES[name], **options)
    assert "\x1b[" in coloured
    assert without_style(coloured) == printed(CASES[name])
    assert not any(
        code in printed(CASES[name], no_color=True, **options) for code in ("[31m", "[32m", "[33m")
    )


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("name", CASES)
def test_a_terminal_breaks_sentences_between_words_and_loses_none(name: str, width: int) -> None:
    shown = printed(CASES[name], force_terminal=True, width=width)
    assert shown.split() == printed(CASES[name]).split()


def test_a_sentence_on_a_narrow_terminal() -> None:
    said = DiagnosticView(
        "warning[AO137]",
        Tone.WARNING,
        "agents/a.yaml:1:1",
        "nothing ::set-output says how long",
        ("write it",),
    )

    def show(console: Console) -> None:
        text.diagnostics(DiagnosticsView((said,)), console)

    assert printed(show, force_terminal=True, width=44).splitlines() == [
        "warning[AO137] agents/a.yaml:1:1: nothing",
        "  ⟨U+003A⟩:set-output says how long",
        "  write it",
    ]
    assert len(printed(show, width=44).splitlines()) == 2


def without_style(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def test_colours_say_what_is_added_and_removed() -> None:
    shown = printed(
        CASES["plan-prompt-edit"], force_terminal=True, color_system="standard", legacy_windows=False
    )
    assert "\x1b[31m- Let them try first\x1b[0m" in shown
    assert "\x1b[1;4;32m, and wait\x1b[0m" in shown


@pytest.mark.parametrize("name", CASES)
def test_a_console_that_knows_only_ascii_is_served(name: str) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    CASES[name](Console(file=out, color_system=None))
    out.flush()
    shown = raw.getvalue().decode("ascii")
    assert "\\u" not in shown


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        (
            "[bold red]hi[/] [link=https://x.example]y[/link]",
            "[bold red]hi[/] [link=https://x.example]y[/link]",
        ),
        ("[/unbalanced]", "[/unbalanced]"),
        (":smile: https://x.example 'quoted' 12", ":smile: https://x.example 'quoted' 12"),
        ("\x1b[2J\x1b]0;title\x07", "␛[2J␛]0;title␇"),
        ("a\x08\x08b\x7f", "a␈␈b␡"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("\u202eevil\u202c \u2066x\u2069", "⟨U+202E⟩evil⟨U+202C⟩ ⟨U+2066⟩x⟨U+2069⟩"),
        ("zero\u200bwidth\ufeff\u00ad", "zero⟨U+200B⟩width⟨U+FEFF⟩⟨U+00AD⟩"),
        ("\U000e0041\U000e0042", "⟨U+E0041⟩⟨U+E0042⟩"),
        ("a\u2028b\x85c", "a⟨U+2028⟩b⟨U+0085⟩c"),
        ("lone \udc80", "lone ⟨U+DC80⟩"),
        ("##[add-path]x ##vso[task]", "#⟨U+0023⟩[add-path]x #⟨U+0023⟩vso[task]"),
    ],
)
def test_strangers_text_is_shown_and_never_obeyed(hostile: str, shown: str) -> None:
    changes = plan(update(changed("system", "one\ntwo\n", f"one\n{hostile}\n")))
    assert f"        + {shown}\n" in printed(lambda out: text.plan(plan_view(changes), out))


@pytest.mark.parametrize("value", ["\x1b[31mred", "\u202edrow", "[bold]", "a\nPlan: 0 to create.", "\r\n"])
def test_no_place_of_a_plan_lets_text_through(value: str) -> None:
    hostile = plan(
        create(TUTOR, {value: value, "metadata": {value: value}, "tools": [{"type": value, "name": value}]}),
        update(
            changed(f"metadata.{value}", value, [value]), changed(value, {value: value}, {value: value + "x"})
        ),
        drift=BLOCKED.drift,
        diagnostics=tuple(item.model_copy(update={"summary": value, "detail": value}) for item in PROBLEMS),
    )
    for verbose in (False, True):
        shown = printed(lambda out, v=verbose: text.plan(plan_view(hostile, verbose=v), out))
        assert not any(character in shown for character in "\x1b\u202e\r")
        assert "\nPlan: 0 to create." not in shown
        assert "[bold]" in shown or value != "[bold]"


def test_a_context_line_is_no_command_of_a_ci_runner() -> None:
    changes = plan(
        update(
            changed(
                "system",
                "::add-mask::x\n  ::stop-commands::y\nend\n",
                "::add-mask::x\n  ::stop-commands::y\nEnd\n",
            )
        )
    )
    shown = printed(lambda out: text.plan(plan_view(changes), out))
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())
    assert "⟨U+003A⟩:add-mask::x" in shown


def test_what_has_no_place_in_the_encoding_is_shown_by_number() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="latin-1")
    changes = plan(update(changed("description", "naïve → 你", "x")))
    text.plan(plan_view(changes), Console(file=out, color_system=None))
    out.flush()
    assert '"naïve -> \\u4f60" -> "x"' in raw.getvalue().decode("latin-1")


@pytest.mark.parametrize("saved", [FIRST_APPLY, PROMPT_EDIT, EVERY_VALUE, EVERY_ACTION, BLOCKED])
def test_a_saved_plan_reads_the_same_on_another_machine(saved: Plan) -> None:
    read = Plan.load(as_json.document(saved).encode(), "plan.json")
    assert read == saved
    show = [printed(lambda out, p=p: text.plan(plan_view(p), out)) for p in (saved, read)]
    assert show[0] == show[1]


def test_wide_characters_keep_columns_aligned() -> None:
    changes = plan(
        create(TUTOR, {"name": "x", "metadata": {"a": 1}}),
        update(changed("metadata.名前", 1, 2), changed("bb", 1, 2)),
    )
    lines = printed(lambda out: text.plan(plan_view(changes), out)).splitlines()
    assert "      metadata.名前  1 → 2" in lines
    assert "      bb             1 → 2" in lines


def test_a_thousand_changes_print_quickly() -> None:
    edited = PROMPT.replace("Run", "Always run")
    many = plan(
        *(update(changed("system", PROMPT, edited), changed("description", "a", "b")) for _ in range(1_000))
    )
    shown = printed(lambda out: text.plan(plan_view(many), out), force_terminal=True, color_system="standard")
    assert shown.count("Always") >= 1_000


def test_problems_without_a_count_when_no_file_was_read() -> None:
    assert "errors" not in printed(lambda out: text.diagnostics(diagnostics_view(PROBLEMS), out))
