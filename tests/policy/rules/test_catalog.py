"""Every rule keeps what it promises: it finds its example, says where, and is content with its fix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Severity
from agentops.domain.fleet import Fleet, Member
from agentops.domain.resource import Attachment
from agentops.kinds import CATALOG
from agentops.policy.catalog import FAMILIES, RULES, by_id
from agentops.policy.rule import Rule
from tests.kinds.strategies import BODIES
from tests.policy.rules.checking import at_least_warnings, found, project

PLACES = {
    "AO101": {"agents/triage.yaml:6:5"},
    "AO102": {"agents/triage.yaml:4:5"},
    "AO103": {"agents/triage.yaml:6:5"},
    "AO104": {"deployments/build.yaml:2:17"},
    "AO105": {"agents/clerk.yaml:6:18"},
    "AO106": {"agents/clerk.yaml:3:9"},
    "AO107": {"agents/clerk.yaml:10:65"},
    "AO110": {"agents/clerk.yaml:1:1"},
    "AO111": {"agents/clerk.yaml:3:9"},
    "AO112": {"agents/clerk.yaml:3:9"},
    "AO115": {"agents/clerk.yaml:1:1"},
    "AO116": {"agents/clerk.yaml:1:1"},
    "AO120": {"agents/triage.yaml:4:25"},
    "AO121": {"deployments/triage.yaml:2:17"},
    "AO122": {"agents/triage.yaml:5:24"},
    "AO125": {"vaults/team.yaml:6:23"},
    "AO126": {"vaults/team.yaml:8:19"},
    "AO129": {"agents/deployer.yaml:2:9"},
    "AO130": {"agents/analyst.yaml:5:5"},
    "AO131": {"agents/analyst.yaml:4:42"},
    "AO132": {"environments/sandbox.yaml:4:20"},
    "AO135": {"agents/scout.yaml:3:9"},
    "AO136": {"deployments/scout.yaml:4:5"},
    "AO137": {"agents/tutor.yaml:4:9"},
    "AO140": {"deployments/nightly.yaml:1:8"},
    "AO141": {"deployments/nightly.yaml:1:8"},
    "AO142": {"deployments/nightly.yaml:3:11"},
    "AO145": {"deployments/report.yaml:3:36"},
    "AO146": {"deployments/report.yaml:3:36"},
    "AO150": {"agents/clerk.yaml:1:8"},
    "AO151": {"agents/clerk.yaml:1:8"},
    "AO152": {"agents/clerk.yaml:1:8"},
    "AO153": {"agents/lead.yaml:3:13"},
}
"""Where each example is found."""

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@every_rule
def test_an_example_is_found_where_it_is_written(rule: Rule, tmp_path: Path) -> None:
    fleet = project(tmp_path, rule.example)
    told = found(rule, fleet, **rule.settings)
    assert told
    assert {str(fleet.members[item.address].place(item.path)) for item in told} == PLACES[rule.id]


@every_rule
def test_a_fix_satisfies_every_rule(rule: Rule, tmp_path: Path) -> None:
    fleet = project(tmp_path, {**rule.example, **rule.fix})
    assert found(rule, fleet, **rule.settings) == []
    assert at_least_warnings(fleet) == {}


@every_rule
def test_an_example_is_about_its_own_rule(rule: Rule, tmp_path: Path) -> None:
    assert set(at_least_warnings(project(tmp_path, rule.example))) <= {rule.id}


@every_rule
def test_a_fix_changes_files_of_the_example_or_adds_one(rule: Rule) -> None:
    assert rule.fix
    assert all(rule.example.get(path) != text for path, text in rule.fix.items())


def test_ids_are_stable_and_each_names_one_rule() -> None:
    assert sorted(PLACES) == [rule.id for rule in RULES] == list(by_id)
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert sum(len(rules) for rules in FAMILIES.values()) == len(RULES)


@every_rule
def test_a_rule_says_why_in_a_few_sentences(rule: Rule) -> None:
    assert 2 <= len(re.findall(r"[.?!](?=\s|$)", rule.why)) <= 4
    assert re.fullmatch(r"[a-z]+(-[a-z]+){1,4}", rule.name)


@every_rule
def test_what_a_rule_finds_says_what_to_write_instead(rule: Rule, tmp_path: Path) -> None:
    for item in found(rule, project(tmp_path, rule.example), **rule.settings):
        assert item.summary
        assert not item.summary.endswith(".")
        assert item.detail
        assert "\n" not in item.summary + item.detail


@every_rule
def test_a_rule_knows_which_values_its_options_take(rule: Rule) -> None:
    for name, option in rule.options.items():
        assert option.meaning.endswith(".")
        assert option.default is None or option.check(option.default) is None
        for wrong in ({}, [], 0, -1, True, "", [1], [""], None):
            assert option.check(wrong), name
    assert rule.settings.keys() <= rule.options.keys()
    for name, value in rule.settings.items():
        assert rule.options[name].check(value) is None


def test_only_what_is_practically_always_wrong_is_an_error() -> None:
    errors = {rule.id for rule in RULES if rule.severity is Severity.ERROR}
    assert errors == {"AO120", "AO121", "AO129", "AO153"}


def test_what_a_project_has_to_ask_for_is_silent_until_it_does(tmp_path: Path) -> None:
    asked_for = [rule for rule in RULES if any(option.default is None for option in rule.options.values())]
    assert [rule.id for rule in asked_for] == ["AO115", "AO116", "AO150"]
    for rule in asked_for:
        fleet = project(tmp_path / rule.id, rule.example)
        assert found(rule, fleet) == []
        assert found(rule, fleet, **rule.settings)


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Of any valid bodies; some of them name others by address."""
    kinds = draw(st.lists(st.sampled_from([*CATALOG]), min_size=1, max_size=5))
    addresses = [Address.of(kind.name, f"x{index}") for index, kind in enumerate(kinds)]
    members = {}
    for kind, address in zip(kinds, addresses, strict=True):
        body = dict(draw(BODIES[kind.name]))
        for member in ("agent", "environment_id"):
            if member in body and draw(st.booleans()):
                body[member] = str(draw(st.sampled_from(addresses)))
        stores = [it for it in addresses if it.kind == "memory_store"]
        attachments = tuple(Attachment(memory_store=it) for it in stores) if kind.name == "agent" else ()
        members[address] = Member(address, kind.surface(body), body, attachments=attachments)
    return Fleet("dev", members, draw(st.booleans()))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(fleet=fleets())
def test_no_fleet_makes_a_rule_fail(fleet: Fleet) -> None:
    for rule in RULES:
        told = found(rule, fleet, **rule.settings)
        assert {item.address for item in told} <= fleet.members.keys()
        assert told == found(rule, fleet, **rule.settings)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["tools", "multiagent", "auth", "config", "metadata", "schedule", "agent", "system", "model", "files"]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), JSON, max_size=6), data=st.data())
def test_no_body_that_a_registry_may_return_makes_a_rule_fail(body, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*CATALOG]))
    address = Address.of(kind.name, "x/y")
    fleet = Fleet("dev", {address: Member(address, kind.surface(body), body)})
    for rule in RULES:
        found(rule, fleet, **rule.settings)
