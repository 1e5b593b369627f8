from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, Severity, error, note, warning
from agentops.domain.view import RuleText, findings_view

TUTOR = Address("agent/tutor")


def problem(line: int, summary: str = "unknown key 'modle'", file: str = "agents/tutor.yaml") -> Diagnostic:
    return error(Code.UNKNOWN_KEY, summary, address=TUTOR, location=Location(file, line, 3))


def test_errors_come_first_then_the_order_of_the_files() -> None:
    view = findings_view(
        [note(Code.ADVICE, "a note"), warning(Code.UNUSED, "a warning"), problem(9), problem(2, "b")], files=2
    )
    assert [(item.severity, item.line) for item in view.findings] == [
        (Severity.ERROR, 2),
        (Severity.ERROR, 9),
        (Severity.WARNING, 0),
        (Severity.NOTE, 0),
    ]
    assert [rule.id for rule in view.rules] == ["AO010", "AO024", "AO025"]
    assert [view.rules[item.rule].id for item in view.findings] == [item.code for item in view.findings]


def test_a_rule_has_the_worst_severity_it_was_found_with() -> None:
    (rule,) = findings_view([note(Code.ADVICE, "a"), error(Code.ADVICE, "b")]).rules
    assert rule.severity is Severity.ERROR


def test_a_rule_of_the_policy_brings_its_own_texts() -> None:
    rules = {"AO101": RuleText("too many tools", "Nobody reviews fifty tools.")}
    view = findings_view([warning("AO101", "50 tools"), warning("TEAM001", "ours")], rules=rules)
    assert [(rule.id, rule.name) for rule in view.rules] == [
        ("AO101", "too many tools"),
        ("TEAM001", "TEAM001"),
    ]
    assert view.rules[0].help.startswith("Nobody reviews fifty tools.")


def test_a_fingerprint_stays_where_lines_move_and_nothing_else() -> None:
    before, moved = findings_view([problem(3)]), findings_view([problem(40)])
    assert before.findings[0].fingerprint == moved.findings[0].fingerprint
    others = [problem(3, "another"), problem(3, file="b.yaml"), error(Code.UNUSED, "unknown key 'modle'")]
    prints = {findings_view([item]).findings[0].fingerprint for item in (problem(3), *others)}
    assert len(prints) == 4


def test_a_fingerprint_stays_where_the_summary_names_a_line_that_moves() -> None:
    before, moved = (problem(at + 3, f"'a' stands here twice; the first is at line {at}") for at in (2, 70))
    assert findings_view([before]).findings[0].fingerprint == findings_view([moved]).findings[0].fingerprint


def test_what_is_said_twice_of_one_file_has_two_fingerprints_in_order() -> None:
    once = findings_view([problem(3), problem(8)])
    later = findings_view([problem(5), problem(10)])
    prints = [item.fingerprint for item in once.findings]
    assert len(set(prints)) == 2
    assert prints == [item.fingerprint for item in later.findings]


def test_files_are_named_from_the_top_of_the_repository() -> None:
    view = findings_view([problem(1), error(Code.LOCK, "no place")], base="teams/fleet")
    assert [item.file for item in view.findings] == ["teams/fleet/agents/tutor.yaml", ""]
    assert view.home == "teams/fleet/agentops.yaml"


def test_more_than_code_scanning_takes_are_left_out_errors_last_of_all() -> None:
    many = [problem(line) for line in range(1, 4)] + [note(Code.ADVICE, str(number)) for number in range(4)]
    view = findings_view(many, most=4)
    assert [item.severity for item in view.findings] == [Severity.ERROR] * 3 + [Severity.NOTE]
    assert view.left_out == "3 problems left out; `agentops validate` prints all"
    assert findings_view(many).left_out == ""


def test_says_what_github_will_not_show() -> None:
    eleven = [problem(line) for line in range(1, 12)]
    view = findings_view([*eleven, note(Code.ADVICE, "one")], files=1)
    assert ["".join(span.text for span in line) for line in view.closing] == [
        "11 errors, 1 note in 1 file.",
        "GitHub shows 10 of 11 errors as annotations of a step; all of them are in its log.",
    ]
