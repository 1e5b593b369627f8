"""What is said of prompts: how much changes, what is forbidden no longer, what nobody sees."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.policy.risks.sentences import lifted, sentences

from .telling import MODEL, labels, of_agent, told

REORDERED = (
    "low prompt-changed: The lines of the prompt come in another order: "
    "check that none relies on the one before it."
)


def gone(before: str, after: str) -> list[str]:
    return [item.text for item in lifted(before, after)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Never send mail to a customer.",
        "You must not delete tickets.",
        "Do not promise a refund.",
        "Don\N{RIGHT SINGLE QUOTATION MARK}t guess.",
        "Refuse to give legal advice.",
        "Only publish with the approval of an editor.",
        "Write to customers only after a colleague has read it.",
        "Publish nothing without explicit approval.",
        "Under no circumstances share a password.",
        "**Never** show the whole solution.",
    ],
)
def test_a_prohibition_is_missed_when_it_goes(sentence: str) -> None:
    assert gone(f"You help.\n\n{sentence}\n", "You help.\n") == [sentence]


@pytest.mark.parametrize("sentence", ["Be kind.", "Answer in German.", "You are the only reviewer here."])
def test_what_forbids_nothing_is_not(sentence: str) -> None:
    assert gone(f"You help. {sentence}", "You help.") == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Never send e-mail to customers.", "Do not e-mail customers."),
        ("Never promise a refund.", "You must never, ever promise refunds to anybody."),
        ("Do not delete tickets. Do not delete files.", "Do not delete tickets or files."),
        ("Never guess.", "- never guess"),
        ("Never\nguess a number.", "Never guess a number."),
        ("Never guess. Be kind.", "Be kind. Never guess!"),
        ("Do not:\n- guess\n- shout", "Never guess. Never shout."),
    ],
)
def test_other_words_for_it_are_no_removal(before: str, after: str) -> None:
    assert gone(before, after) == []


def test_a_prohibition_that_was_there_before_is_no_rewording_of_another() -> None:
    assert gone("Never delete a ticket. Never delete a customer.", "Never delete a ticket.") == [
        "Never delete a customer."
    ]


def test_the_contrary_in_the_same_words_is_a_removal() -> None:
    assert gone("Never send mail to customers.", "Send mail to customers.") == [
        "Never send mail to customers."
    ]


def test_an_exception_is_told_with_the_sentence_that_has_it() -> None:
    (found,) = lifted("Never delete files.", "Never delete files unless asked to.")
    assert (found.text, found.instead) == ("Never delete files.", "Never delete files unless asked to.")


def test_an_item_is_forbidden_by_what_stands_above_its_list() -> None:
    prompt = "Be kind.\n\nDo not:\n\n- guess\n- shout\n\nAlways:\n\n- sign\n"
    assert [it.text for it in sentences(prompt) if it.prohibits] == [
        "Do not: guess",
        "Do not: shout",
    ]


def test_an_item_is_forbidden_by_its_heading() -> None:
    assert gone("## Never\n\n- guess\n- shout\n", "## Never\n\n- guess\n") == ["Never: shout"]


def test_a_change_tells_how_much_of_the_prompt_it_is() -> None:
    old = "".join(f"Line {number}.\n" for number in range(40))
    assert of_agent({"system": old}, {"system": old.replace("Line 3.\n", "Line three.\n")}) == [
        "low prompt-changed: 1 of the 40 lines of the prompt changes."
    ]
    assert of_agent({"system": "a\nb\n"}, {"system": "b\na\n"}) == [REORDERED]
    assert labels(of_agent({"system": "a"}, {})) == ["low prompt-changed"]


def test_a_new_agent_is_no_change_of_a_prompt() -> None:
    assert of_agent(None, {"system": "Never guess."}) == []


def test_a_long_prohibition_is_shortened() -> None:
    (line, _) = of_agent({"system": f"Never {'x ' * 200}."}, {"system": "Be kind."})
    assert line.startswith("high prohibition-removed")
    assert len(line) < 200
    assert "…”" in line


def test_many_of_them_are_counted() -> None:
    old = " ".join(f"Never do thing{number}." for number in range(9))
    lines = of_agent({"system": old}, {"system": "Be kind."})
    assert labels(lines).count("high prohibition-removed") == 4
    assert any("6 more prohibitions" in line for line in lines)


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u200b", "\u2066", "\u00ad", "\U000e0041", "\x1b[8m", "\ufeff"]
)
def test_characters_that_nobody_sees_are_told_by_number(hidden: str) -> None:
    lines = of_agent({"system": "Be kind."}, {"system": f"Be {hidden}kind."})
    assert labels(lines) == ["high hidden-text", "low prompt-changed"]
    assert f"U+{ord(hidden[0]):04X}" in lines[0]
    assert hidden[0] not in lines[0]
    assert labels(of_agent(None, {"system": f"Be {hidden}kind."})) == ["high hidden-text"]


@pytest.mark.parametrize(
    "seen",
    [
        "Grüße \N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
        "naïve",
        "Δt is the time",
        "Привет, мир",
        "π",
        "tab\there",
        "5 µs",
    ],
)
def test_what_can_be_seen_is_not_hidden(seen: str) -> None:
    assert of_agent(None, {"system": seen}) == []


def test_what_was_hidden_before_is_no_news() -> None:
    old = "Be \u200bkind."
    assert labels(of_agent({"system": old}, {"system": f"{old} Thanks."})) == ["low prompt-changed"]


def test_a_word_of_two_alphabets_is_told() -> None:
    lines = of_agent({"system": "Use payout."}, {"system": "Use p\u0430yout."})
    assert labels(lines) == ["high hidden-text", "low prompt-changed"]
    assert "U+0430" in lines[0]


def test_a_memory_and_what_sessions_begin_with_are_prompts_too() -> None:
    memory = {"memory/m/a.md": {"path": "/a.md", "content": "Never guess."}}
    assert labels(
        told(memory, {"memory/m/a.md": {"path": "/a.md", "content": "Guess."}})["memory/m/a.md"]
    ) == [
        "high prohibition-removed",
        "low prompt-changed",
    ]


def _pays(description: str) -> dict[str, Any]:
    return {"tools": [{"type": "custom", "name": "pay", "description": description, "input_schema": {}}]}


def test_the_description_of_a_tool_is_read_by_a_model_too() -> None:
    lines = of_agent(_pays("Pays. Never call it twice."), _pays("Pays. Call it often."))
    assert labels(lines) == ["high prohibition-removed", "low prompt-changed"]
    assert "The description of pay" in lines[1]
    hidden = of_agent(_pays("Pays."), _pays("Pa\u200bys."))
    assert labels(hidden) == ["high hidden-text", "low prompt-changed"]


def test_a_description_comes_and_goes_with_its_tool() -> None:
    assert labels(of_agent(_pays("Never call it twice."), {})) == ["low tool-disabled"]
    assert labels(of_agent({}, _pays("Never call it twice."))) == ["low tool-enabled"]


def test_what_is_told_of_a_store_is_read_by_whoever_has_it() -> None:
    before, after = (
        {"memory_store/m": {"name": "m", "description": it}} for it in ("Never guess.", "Guess.")
    )
    assert labels(told(before, after)["memory_store/m"]) == ["high prohibition-removed", "low prompt-changed"]


def test_that_a_store_can_be_written_is_said_where_that_is_changed_and_not_by_its_description() -> None:
    def shared(access: str, description: str) -> dict[str, Any]:
        agent = {"name": "a", "model": MODEL, "memory": {"memory_store/m": access}}
        return {"agent/a": agent, "memory_store/m": {"name": "m", "description": description}}

    found = told(shared("read_only", "Do not write to it."), shared("read_write", "Add a note."))
    assert {address: labels(lines) for address, lines in found.items()} == {
        "agent/a": ["medium memory-writable"]
    }


def test_a_rule_or_a_fence_is_no_part_of_a_sentence() -> None:
    assert gone("---\nNever guess.\n---\nBe kind.", "---\n---\nBe kind.") == ["Never guess."]
