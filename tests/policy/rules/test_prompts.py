"""That there is a prompt, and that a reviewer sees what the model reads."""

from __future__ import annotations

import pytest

from agentops.domain.surface import From, Surface, Tool
from agentops.policy.prompts import HIDDEN, LOOK_ALIKE, MISSING
from tests.policy.rules.checking import fleet, found, places, project, summaries


@pytest.mark.parametrize(("prompt", "path"), [(None, ()), ("", ()), ("  \n", ()), ("Be kind.", ("system",))])
def test_an_agent_needs_more_than_a_word(prompt: str | None, path) -> None:
    agents = fleet({"agent/a": Surface(prompt=prompt, prompt_field="system")})
    assert places(MISSING, agents) == [("agent/a", path)]
    assert found(MISSING, fleet({"memory/s/a.md": Surface(prompt=prompt), "deployment/d": Surface()})) == []


def test_how_much_is_enough_can_be_said() -> None:
    agents = fleet({"agent/a": Surface(prompt="Be kind.", prompt_field="system")})
    assert summaries(MISSING, agents) == ["the prompt has 8 characters"]
    assert found(MISSING, agents, least=8) == []


def prompt(text: str) -> Surface:
    return Surface(prompt=text, prompt_field="system")


HIDDEN_ONES = {
    "zero width": "\u200b",
    "right to left": "\u202e",
    "isolate": "\u2066",
    "tag": "\U000e0041",
    "soft hyphen": "\u00ad",
    "escape": "\x1b",
    "byte order mark": "\ufeff",
    "line separator": "\u2028",
    "joiner in a word": "\u200d",
}


@pytest.mark.parametrize("name", HIDDEN_ONES)
def test_what_no_editor_shows_is_pointed_out(name: str) -> None:
    character = HIDDEN_ONES[name]
    (told,) = found(HIDDEN, fleet({"agent/a": prompt(f"Be kind.\nNever re{character}fund.\nBe brief.\n")}))
    assert told.path == ("system",)
    assert told.summary.startswith(f"line 2 of system has U+{ord(character):04X}")
    assert character not in told.summary + told.detail


@pytest.mark.parametrize(
    "text",
    [
        "Plain text,\twith a tab.\r\nAnd a line.\r\n",
        "Ünïcödé – “quotes” … 100 %",
        "family: 👨‍👩‍👧, heart: ❤️, keycap: 1️⃣",
        "نمی‌خواهم",
        "क्‍ष",
        "עברית and English",
    ],
)
def test_what_scripts_and_emoji_need_is_left_alone(text: str) -> None:
    assert found(HIDDEN, fleet({"agent/a": prompt(text)})) == []


def test_descriptions_of_tools_memories_and_first_messages_are_read_too() -> None:
    tool = Tool("t", From.CUSTOM, description="Looks\u200b up.", path=("tools", 3))
    event = {"type": "user.message", "content": [{"type": "text", "text": "Go\u200b."}]}
    members = {
        "agent/a": Surface(tools={tool.key: tool}, description="A \u200bhelper."),
        "memory/s/a.md": Surface(prompt="x\u200by", prompt_field="content"),
        "deployment/d": Surface(starts={"x": "y"}),
    }
    told = places(HIDDEN, fleet(members, deployment_d={"initial_events": [event]}))
    assert told == [
        ("agent/a", ("description",)),
        ("agent/a", ("tools", 3, "description")),
        ("memory/s/a.md", ("content",)),
        ("deployment/d", ("initial_events", 0, "content", 0, "text")),
    ]


def test_the_files_of_a_skill_are_read_too(tmp_path) -> None:
    skill = "---\nname: forms\ndescription: Fills forms.\n---\nHow to.\n"
    files = {"skills/forms/SKILL.md": skill, "skills/forms/more.md": "One.\nTwo \u202e three.\n"}
    (told,) = found(HIDDEN, project(tmp_path, files))
    assert told.summary.startswith("line 2 of more.md has U+202E")


@pytest.mark.parametrize("word", ["\u0430dmin", "p\u0430yp\u0430l", "s\u0441ope", "P\u039fST", "\u0410PI2"])
def test_a_word_of_two_alphabets_that_look_alike_is_found(word: str) -> None:
    (told,) = summaries(LOOK_ALIKE, fleet({"agent/a": prompt(f"Be kind.\nNever name {word}.\n")}))
    assert told.startswith("line 2 of system has a word of Latin letters with U+")
    assert told.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "Отвечай на вопросы о заказах: API, JSON и SQL.",
        "SQLем, GPTшный, API-ключ, IT-отдел",
        "Δt, λx, µs, 5Ω, α-helix, σ2, β2, πr",
        "Привет admin",
        "caffè, naïve, Straße, Dvořák",
        "Η τιμή του API",
    ],
)
def test_languages_and_science_mix_alphabets_without_harm(text: str) -> None:
    assert found(LOOK_ALIKE, fleet({"agent/a": prompt(text)})) == []
