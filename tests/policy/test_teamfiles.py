"""Rules of a team's own in Python: what works, and that whatever does not is told with its line."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code, Diagnostic
from agentops.domain.policy import Policy, TeamFile
from agentops.policy.judge import Asked, judge
from agentops.policy.rule import Rule
from agentops.policy.team import Fleet, rule
from agentops.policy.teamfiles import rules_in
from tests.policy.fleets import fleet, member

HEAD = "from agentops.policy.team import Finding, Fleet, rule\n"
A = member("agent/a", {"name": "a", "metadata": {}})


def judged(text: str, *more: str) -> tuple[Diagnostic, ...]:
    files = [TeamFile(f"policies/team{number or ''}.py", it) for number, it in enumerate((text, *more))]
    return judge([Asked(Policy(files=tuple(files)), fleet(A))], (), ("agent",), whole=True)


def test_a_function_of_the_fleet_is_a_rule() -> None:
    (found,) = judged(
        HEAD
        + """
@rule("TEAM001", "has-owner", severity="error", fix="add an owner")
def has_owner(fleet: Fleet):
    for member in fleet:
        yield Finding(member.address, "nobody owns it", path=("metadata",))
"""
    )
    assert (found.code, found.severity, found.summary) == ("TEAM001", "error", "nobody owns it")
    assert found.detail == "add an owner"
    assert str(found.location) == "agent/a.yaml:2:3"


def test_a_rule_can_take_options_and_say_why_in_its_docstring() -> None:
    (found,), problems = rules_in(
        TeamFile(
            "p.py",
            HEAD
            + '@rule("TEAM001", "few", options={"most": 3})\ndef few(fleet, options):\n'
            + '    """Why so."""\n    return []\n',
        )
    )
    assert problems == []
    assert (found.options["most"].default, found.why, found.severity) == (3, "Why so.", "warning")
    assert found.options["most"].check(4) is None
    assert found.options["most"].check("4") == "must be like its default, 3"
    assert found.options["most"].check(True) is not None
    assert str(found.location) == "p.py:2:1"


def test_every_rule_that_is_made_counts_whatever_its_function_is_called() -> None:
    text = HEAD + (
        'for number in (1, 2):\n    @rule(f"TEAM00{number}", f"rule-{number}")\n'
        '    def check(fleet):\n        return [Finding("agent/a", "found")]\n'
    )
    assert [it.code for it in judged(text)] == ["TEAM001", "TEAM002"]


def test_dataclasses_and_annotations_as_text_work() -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass, field\n"
        + HEAD
        + "@dataclass\nclass Limit:\n    most: int = field(default=1)\n"
        + '@rule("TEAM001", "x")\ndef check(fleet: Fleet):\n    return []\n'
    )
    assert judged(text) == ()


@pytest.mark.parametrize(
    ("text", "place", "summary"),
    [
        ("def x(:\n", "policies/team.py:1:7", "policies/team.py is not Python"),
        ("import nowhere\n", "policies/team.py:1:1", "cannot be used: ModuleNotFoundError"),
        (HEAD + "x = 1\n", "policies/team.py:1:1", "policies/team.py has no rule"),
        (
            HEAD + '\n@rule("TEAM1", "x")\ndef x(fleet):\n    return []\n',
            "policies/team.py:3:1",
            "'TEAM1' is no id",
        ),
        (HEAD + '\n@rule("AO101", "x")\ndef x(fleet):\n    return []\n', "policies/team.py:3:1", "own ids"),
        (
            HEAD + '\n@rule("TEAM001", "x", severity="fatal")\ndef x(fleet):\n    return []\n',
            "policies/team.py:3:1",
            "'fatal' is not a valid Severity",
        ),
        (HEAD + "import sys\nsys.exit(0)\n", "policies/team.py:3:1", "SystemExit"),
        (
            HEAD + '@rule("TEAM001", "x")\ndef x(fleet):\n    for member in fleet:\n        inner(member)\n'
            "def inner(member):\n    return member.body['owner']\n",
            "policies/team.py:7:1",
            "rule TEAM001 (x) failed: KeyError: 'owner'",
        ),
        (
            HEAD + '@rule("TEAM001", "x")\ndef x(fleet):\n    return x.check(fleet, {})\n',
            "policies/team.py:4:1",
            "RecursionError",
        ),
    ],
)
def test_what_does_not_work_is_told_with_file_and_line(text: str, place: str, summary: str) -> None:
    (wrong,) = judged(text)
    assert (wrong.code, wrong.severity, str(wrong.location)) == (Code.BROKEN_RULE, "error", place)
    assert summary in wrong.summary
    assert "Traceback" not in wrong.summary + wrong.detail


def test_a_long_message_is_cut_and_stays_on_one_line() -> None:
    (wrong,) = judged(HEAD + "raise ValueError('a\\n' * 500)\n")
    assert "\n" not in wrong.summary
    assert len(wrong.summary) < 300


def test_a_file_that_is_broken_leaves_the_rules_of_others() -> None:
    good = HEAD + '@rule("TEAM002", "x")\ndef x(fleet):\n    return [Finding("agent/a", "found")]\n'
    assert {it.code for it in judged("oops(", good)} == {Code.BROKEN_RULE, "TEAM002"}


def test_an_id_is_given_once() -> None:
    text = HEAD + '@rule("TEAM001", "x")\ndef x(fleet):\n    return []\n'
    (wrong,) = judged(text, text)
    assert (wrong.code, wrong.summary) == (Code.POLICY, "the id TEAM001 is taken by policies/team.py, line 2")
    assert str(wrong.location) == "policies/team1.py:2:1"


def test_what_a_rule_prints_is_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    judged(
        "print('loading')\n"
        + HEAD
        + '@rule("TEAM001", "x")\ndef x(fleet):\n    print("looking")\n    return []\n'
    )
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.split() == ["loading", "looking"]


def test_a_rule_changes_nothing_that_is_sent() -> None:
    body = {"name": "a", "tools": [{"type": "custom"}]}
    there = fleet(member("agent/a", body))
    text = HEAD + (
        '@rule("TEAM001", "x")\ndef x(fleet):\n    for it in fleet:\n'
        '        it.resource.body["tools"][0]["type"] = "other"\n'
        "        it.resource.body.clear()\n    return []\n"
    )
    judge([Asked(Policy(files=(TeamFile("p.py", text),)), there)], (), ("agent",), whole=True)
    assert body == {"name": "a", "tools": [{"type": "custom"}]}


def test_a_rule_is_tried_by_its_own_tests_without_agentops() -> None:
    @rule("TEAM001", "x")
    def mine(fleet: Fleet) -> list[object]:
        return [*fleet]

    assert isinstance(mine, Rule)
    assert [*mine.check(fleet(A), {})] == [A]


def test_a_rule_that_changes_what_it_gets_hides_nothing_from_the_others() -> None:
    text = (
        HEAD
        + """
@rule("TEAM001", "owns-everything")
def everything(fleet):
    for member in fleet:
        member.body["metadata"] = {"owner": "me"}
    fleet.members.clear()
    return []

@rule("TEAM002", "has-owner")
def owner(fleet):
    for member in fleet:
        if "metadata" not in member.body:
            yield Finding(member.address, "nobody owns it")
"""
    )
    found = judge(
        [Asked(Policy(files=(TeamFile("rules.py", text),)), fleet(member("agent/a", {"name": "a"})))],
        (),
        ("agent",),
        whole=True,
    )
    assert [(it.code, it.address) for it in found] == [("TEAM002", "agent/a")]
