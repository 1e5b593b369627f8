"""Findings become diagnostics: how severe, where, set aside or not, and what else is wrong with rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, Severity
from agentops.domain.fleet import Fleet
from agentops.domain.policy import NO_POLICY, Policy, RuleSetting, TeamFile
from agentops.policy.judge import Asked, judge
from agentops.policy.rule import Finding, Option, Options, Rule
from tests.policy.fleets import fleet, member, waiver

A = member("agent/a", {"name": "a"})
KINDS = ("agent", "skill")


def of_names(found: Fleet, options: Options) -> Iterable[Finding]:
    for it in found:
        if len(it.body.get("name", "")) < options["least"]:
            yield Finding(it.address, "its name is too short", "write a longer one", ("name",))


def whole(value: Any) -> str | None:
    return None if isinstance(value, int) else "must be a whole number"


def rule(
    check: Callable[..., Any] = of_names, id: str = "AO101", name: str = "long-names", **members: Any
) -> Rule:
    options = {"least": Option(2, "how many letters a name has", whole)}
    return Rule(id, name, Severity.WARNING, "", "", "", check, options, **members)


RULES = (rule(),)


def said(
    *fleets: Fleet, policy: Policy = NO_POLICY, rules: Iterable[Rule] = RULES, **how: Any
) -> tuple[Diagnostic, ...]:
    return judge([Asked(policy, it, how.pop("only", None)) for it in fleets], rules, KINDS, whole=True)


def setting(**members: Any) -> Policy:
    at = Location("agentops.yaml", 4, 5)
    return Policy(rules={"AO101": RuleSetting(location=at, **members)})


def test_a_finding_is_a_diagnostic_with_the_rules_id_where_the_member_is_written() -> None:
    (found,) = said(fleet(A))
    assert (found.severity, found.code, found.address) == ("warning", "AO101", "agent/a")
    assert (found.summary, found.detail) == ("its name is too short", "write a longer one")
    assert found.location == Location("agent/a.yaml", 2, 3)


@pytest.mark.parametrize(
    ("protected", "policy", "severity"),
    [
        (False, Policy(), "warning"),
        (True, Policy(), "error"),
        (True, setting(severity=Severity.NOTE), "note"),
        (False, setting(severity=Severity.ERROR), "error"),
        (True, setting(options={"least": 2}), "error"),
    ],
)
def test_agentops_yaml_wins_over_protected_over_the_default(
    protected: bool, policy: Policy, severity: str
) -> None:
    rules = [rule(protected=Severity.ERROR)]
    (found,) = said(fleet(A, protected=protected), policy=policy, rules=rules)
    assert found.severity == severity


def test_a_rule_that_is_off_is_not_run() -> None:
    def breaks(fleet: Fleet, options: Options) -> Iterable[Finding]:
        raise AssertionError

    assert said(fleet(A), policy=setting(off=True), rules=[rule(breaks)]) == ()


def test_options_are_those_of_agentops_yaml_or_the_default_where_they_are_wrong() -> None:
    assert said(fleet(A), policy=setting(options={"least": 1})) == ()
    wrong, found = sorted(said(fleet(A), policy=setting(options={"least": "1"})), key=lambda it: it.code)
    assert (wrong.code, wrong.severity) == (Code.POLICY, "error")
    assert (wrong.summary, wrong.detail) == (
        "least of AO101 must be a whole number",
        "how many letters a name has",
    )
    assert found.code == "AO101"


@pytest.mark.parametrize(
    ("id", "detail"),
    [
        ("AO102", "did you mean AO101 (long-names)?"),
        ("ao101", "write AO101"),
        ("long-names", "rules are called by their ids: long-names is AO101"),
        ("long-nmes", "rules are called by their ids: long-names is AO101"),
        ("AO021", "AO021 is no rule: what it says always holds; `agentops explain` lists the rules"),
        ("zzz", "`agentops explain` lists them"),
    ],
)
def test_an_unknown_id_is_told_with_what_was_meant(id: str, detail: str) -> None:
    policy = Policy(rules={id: RuleSetting(location=Location("agentops.yaml", 4, 5))})
    (wrong,) = said(fleet(), policy=policy)
    assert (wrong.summary, wrong.detail) == (f"there is no rule '{id}'", detail)
    assert str(wrong.location) == "agentops.yaml:4:5"
    (aside,) = said(fleet(member("agent/long", {"name": "long"}, waiver(id))))
    assert (aside.code, aside.severity, aside.detail) == (Code.WAIVER, "error", detail)


def test_an_unknown_option_is_told_with_those_there_are() -> None:
    policy = setting(options={"lest": 1}, places={"lest": Location("agentops.yaml", 4, 20)})
    wrong = next(it for it in said(fleet(A), policy=policy) if it.code is Code.POLICY)
    assert (wrong.summary, wrong.detail) == (
        "AO101 (long-names) has no option 'lest'",
        "did you mean 'least'?",
    )
    assert str(wrong.location) == "agentops.yaml:4:20"


def test_what_is_set_aside_is_said_and_blocks_nothing() -> None:
    (aside,) = said(fleet(member("agent/a", {"name": "a"}, waiver("AO101"))))
    assert (aside.severity, aside.code, str(aside.location)) == ("note", Code.WAIVER, "agents/a.yaml:9:5")
    assert aside.summary == "AO101 set aside for agent/a: nobody is hurt"
    assert aside.detail == "it finds: its name is too short"


def test_what_agentops_yaml_sets_aside_holds_for_an_address() -> None:
    policy = Policy(ignore={Address("agent/a"): (waiver("AO101"),)})
    found = said(fleet(A, member("agent/b", {"name": "b"})), policy=policy)
    assert [(it.code, it.address) for it in found] == [("AO101", "agent/b"), (Code.WAIVER, "agent/a")]


def test_what_is_set_aside_and_finds_nothing_in_any_stage_is_told_once() -> None:
    idle, used = waiver("AO101", line=8), waiver("AO101", line=9)
    long = member("agent/long", {"name": "long"}, idle)
    here, there = member("agent/b", {"name": "long"}, used), member("agent/b", {"name": "b"}, used)
    found = said(fleet(long, here), fleet(long, there, stage="prod"))
    assert [(it.severity, it.summary) for it in found if it.location and it.location.line == 8] == [
        ("warning", "AO101 is set aside here, and finds nothing")
    ]
    assert [it.summary for it in found if it.location and it.location.line == 9] == [
        "AO101 set aside for agent/b: nobody is hurt (in stage prod)"
    ]


def test_of_some_stages_nobody_says_that_something_is_set_aside_for_nothing() -> None:
    long = fleet(member("agent/long", {"name": "long"}, waiver("AO101")))
    assert judge([Asked(Policy(), long)], [rule()], KINDS, whole=False) == ()


def test_a_stage_may_have_nothing_set_aside() -> None:
    (found,) = said(fleet(member("agent/a", {"name": "a"}, waiver("AO101"))), policy=Policy(waivers=False))
    assert (found.code, found.severity) == ("AO101", "warning")
    assert "agents/a.yaml:9:5" in found.detail
    assert "waivers: off" in found.detail


def test_only_findings_in_what_is_asked_for_count() -> None:
    both = fleet(A, member("agent/b", {"name": "b"}))
    (found,) = judge([Asked(Policy(), both, {Address("agent/b")})], [rule()], KINDS, whole=False)
    assert found.address == "agent/b"


def test_what_one_stage_has_says_so() -> None:
    found = said(fleet(A), fleet(stage="prod"))
    assert [it.summary for it in found] == ["its name is too short (in stage dev)"]
    assert [it.summary for it in said(fleet(A), fleet(A, stage="prod"))] == ["its name is too short"]


def nothing(fleet: Fleet, options: Options) -> Any:
    return None


def text(fleet: Fleet, options: Options) -> Any:
    return "wrong"


def words(fleet: Fleet, options: Options) -> Any:
    return ["wrong"]


def elsewhere(fleet: Fleet, options: Options) -> Any:
    return [Finding(Address("agent/none"), "wrong")]


def silent(fleet: Fleet, options: Options) -> Any:
    return [Finding(Address("agent/a"), "")]


def path(fleet: Fleet, options: Options) -> Any:
    return [Finding(Address("agent/a"), "wrong", path="metadata")]  # type: ignore[arg-type]


def leaves(fleet: Fleet, options: Options) -> Any:
    raise SystemExit(3)


def raises(fleet: Fleet, options: Options) -> Any:
    yield Finding(Address("agent/a"), "found before")
    raise KeyError("owner")


class Unsayable(Exception):
    def __str__(self) -> str:
        raise ValueError


def unsayable(fleet: Fleet, options: Options) -> Any:
    raise Unsayable


@pytest.mark.parametrize(
    ("check", "summary"),
    [
        (nothing, "gives nothing; a rule yields findings"),
        (text, "gives a str; a rule yields findings"),
        (words, "gives a str where a Finding belongs"),
        (elsewhere, "finds something in 'agent/none', which is no address of stage dev"),
        (silent, "does not say what"),
        (path, "a path is a tuple"),
        (leaves, "failed: SystemExit: 3"),
        (raises, "failed: KeyError: 'owner'"),
        (unsayable, "failed: Unsayable"),
    ],
)
def test_a_rule_that_does_not_work_is_an_error_and_the_others_still_run(
    check: Callable[..., Any], summary: str
) -> None:
    found = said(fleet(A), rules=[rule(check, "AO102", "breaks"), rule()])
    (wrong,) = (it for it in found if it.code is Code.BROKEN_RULE)
    assert wrong.severity is Severity.ERROR
    assert wrong.summary.startswith("rule AO102 (breaks) ")
    assert summary in wrong.summary
    assert "AO102: off" in wrong.detail
    assert [it for it in found if it.code == "AO101"]
    assert bool([it for it in found if it.code == "AO102"]) == (check is raises)


def test_a_rule_that_does_not_work_leaves_nothing_set_aside_for_nothing() -> None:
    found = said(fleet(member("agent/a", {"name": "a"}, waiver("AO101"))), rules=[rule(leaves)])
    assert [it.code for it in found] == [Code.BROKEN_RULE]


@pytest.mark.parametrize("id", ["ao101", "long-names", "AO102"])
def test_an_id_of_ours_is_told_though_a_file_of_rules_is_broken(id: str) -> None:
    broken = TeamFile("rules.py", "import nosuchmodule")
    settings = {id: RuleSetting(location=Location("agentops.yaml", 4, 5)), "TEAM001": RuleSetting(off=True)}
    found = said(fleet(), policy=Policy(rules=settings, files=(broken,)))
    assert [it.summary for it in found if it.code is Code.POLICY] == [f"there is no rule '{id}'"]
