from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Location, error, note, warning
from agentops.domain.view import findings_view
from agentops.render.annotations import workflow_commands
from tests.render.cases import PROBLEMS


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


def as_the_runner_reads(text: str) -> list[Command]:
    """The commands of a log, found as the runner of GitHub Actions finds them: both forms it knows."""
    found = []
    for line in text.split("\n"):
        assert re.search(r"##\w*\[", line) is None  # its first form, and that of Azure, anywhere in a line
        if not line.lstrip().startswith("::"):
            continue
        head, end, data = line.lstrip()[2:].partition("::")
        if not end:
            continue
        name, _, rest = head.partition(" ")
        pairs = [pair.split("=", 1) for pair in rest.strip().split(",") if "=" in pair]
        found.append(Command(name, {key: plain(value) for key, value in pairs}, plain(data)))
    return found


def plain(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_a_command_for_each_severity() -> None:
    text = workflow_commands(findings_view(PROBLEMS, files=3, base="fleet"))
    commands = as_the_runner_reads(text)
    assert len(commands) == len(PROBLEMS)
    names = [it.name for it in commands]
    assert names == sorted(names, key=["error", "warning", "notice"].index)
    assert text.endswith(" in 3 files.\n")


def test_places_and_advice_arrive() -> None:
    problem = error(
        Code.UNKNOWN_TOOL,
        "there is no tool 'x'",
        "100% sure: did you mean 'y'?\nor z",
        address=Address("agent/tutor"),
        location=Location("agents/a, b: 50%.yaml", 7, 5),
    )
    (command,) = as_the_runner_reads(workflow_commands(findings_view([problem])))
    assert command == Command(
        "error",
        {"file": "agents/a, b: 50%.yaml", "line": "7", "col": "5", "title": "AO015 agent/tutor"},
        "there is no tool 'x'\n100% sure: did you mean 'y'?\nor z",
    )


def test_what_is_in_no_file_has_no_place() -> None:
    (command,) = as_the_runner_reads(workflow_commands(findings_view([warning(Code.LOCK, "the lock")])))
    assert command == Command("warning", {"title": "AO050"}, "the lock")


HOSTILE = [
    "\n::set-output name=x::y",
    "\r::add-mask::*",
    "::error::mine",
    "%0A::stop-commands::x",
    "x,file=other.yaml::done",
    "##[add-path]/tmp",
    "##vso[task.setvariable variable=x]y",
    "\u2028::error::x",
    "a\u202eb",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_stranger_becomes_a_command_or_a_property(text: str) -> None:
    assert_one_command(text)


@given(st.text(st.sampled_from("%0A:,=\n\r#[];\u202e\x1bab "), max_size=30))
def test_no_text_at_all_does(text: str) -> None:
    assert_one_command(text)


def assert_one_command(text: str) -> None:
    address = Address.of("agent", "a" + "".join(it for it in text if it.isprintable()).strip())
    problem = note(Code.ADVICE, text, text, address=address, location=Location(f"agents/{text}.yaml"))
    printed = workflow_commands(findings_view([problem], files=1))
    (command,) = as_the_runner_reads(printed)
    assert command.name == "notice"
    assert command.properties.keys() == {"file", "line", "col", "title"}
    assert command.properties["line"] == "1"
    assert len(printed.splitlines()) == 2


def test_the_count_is_no_command_either() -> None:
    lines = workflow_commands(findings_view([], files=0)).splitlines()
    assert lines == ["No problems in 0 files."]
