"""No false alarm on no change, and no dangerous edit without its label: counted, on random fleets."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import has_errors
from agentops.domain.plan import Plan
from agentops.domain.risk import Label
from agentops.domain.state import DesiredState
from agentops.engine import operations
from agentops.engine.choices import Choices
from agentops.engine.compare import Compared, compare
from agentops.engine.fleets import before_and_after, fleet_of
from agentops.engine.operations import Planned
from agentops.kinds import CATALOG
from agentops.policy.risks import endings, labelled
from agentops.spec import load_project, load_stages
from tests.laws.risky import EDITS, Files, edited, fleet, written
from tests.laws.stage import World, in_a_world
from tests.sweep.counting import full

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FLEETS = 500
PLANNED_FLEETS = 500 if full() else 25
"""Those that are applied and planned again against a registry as well."""
EDITS_EACH = 200 if full() else 20
PLANNED_EDITS_EACH = 10 if full() else 1
PROJECT = "project: laws\nstages: {dev: {registry: local}}\n"
Counts = Callable[[str, object], None]
NO_NAMES: MappingProxyType[str, str] = MappingProxyType({})


def loaded(files: dict[str, str]) -> DesiredState:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in {
            "agentops.yaml": "project: laws\nstages: {dev: {registry: local}}\n",
            **files,
        }.items():
            target = Path(folder) / path
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")
        project, problems = load_project(Path(folder))
        assert problems == ()
        (found,) = load_stages(Path(folder), project, [*project.stages.values()], CATALOG)
    assert not has_errors(found.diagnostics), found.diagnostics
    return found.desired


def as_files(files: Files) -> DesiredState:
    return loaded(written(files, 0))


def of_plan(planned: Planned) -> Plan:
    before, after = before_and_after(CATALOG, planned, NO_NAMES)
    return planned.plan.with_risks(labelled(before, after, NOW, endings(planned.plan.changes)))


@pytest.mark.parametrize("first", range(0, FLEETS, 100))
def test_the_same_written_otherwise_is_an_empty_review(first: int, record_property: Counts):
    looked = 0
    for number in range(first, first + 100):
        files = fleet(number)
        one, other = (loaded(written(files, seed)) for seed in (number, -number - 1))
        found = compare(CATALOG, Compared("a", one, NO_NAMES), Compared("b", other, NO_NAMES))
        assert (found.differing, found.alike) == ((), len(one.resources)), number
        sides = (fleet_of(CATALOG, each, NO_NAMES) for each in (one, other))
        assert labelled(*sides, NOW) == {}, number
        looked += 1
    record_property("fleets without a false alarm", looked)
    assert looked == 100


def test_the_same_written_otherwise_is_an_empty_plan(record_property: Counts):
    planned_again = 0

    async def story(here: World) -> None:
        nonlocal planned_again
        assert (await here.apply(loaded(written(files, number)))).exit_code == 0
        plan = of_plan(await here.plan(loaded(written(files, -number - 1))))
        assert (plan.changes, plan.drift, plan.blocked) == ((), (), False), number
        planned_again += 1

    for number in range(PLANNED_FLEETS):
        files = fleet(number)
        in_a_world(story)
    record_property("fleets planned again without a change", planned_again)
    assert planned_again == PLANNED_FLEETS


def test_every_label_but_that_of_a_rename_has_an_edit():
    assert {*Label} - {*EDITS} == {Label.RENAMED, Label.STAGE_CHANGED}


@pytest.mark.parametrize("label", [label for label in EDITS if label is not Label.IRREVERSIBLE])
def test_every_dangerous_edit_is_labelled(label: Label, record_property: Counts):
    """From files alone, as ``agentops diff`` does."""
    found: Counter[bool] = Counter()
    for number in range(EDITS_EACH):
        files = fleet(number)
        changed, address = edited(files, label, number)
        before, after = (fleet_of(CATALOG, as_files(each), NO_NAMES) for each in (files, changed))
        risks = labelled(before, after, NOW)
        found[label in {risk.label for risk in risks.get(Address(address), ())}] += 1
    record_property(f"edits with {label}", found[True])
    assert found == {True: EDITS_EACH}


@pytest.mark.parametrize("label", EDITS)
def test_every_dangerous_edit_is_labelled_in_a_plan(label: Label, record_property: Counts):
    """From what the registry has, and what is sent to it."""
    planned = 0

    async def story(here: World) -> None:
        nonlocal planned
        assert (await here.apply(as_files(files))).exit_code == 0
        choices = Choices(prune=True)
        plan = of_plan(await operations.plan(here.at, as_files(changed), choices))
        labels = {change.address: {risk.label for risk in change.risks} for change in plan.changes}
        assert label in labels.get(Address(address), set()), (number, address, labels)
        planned += 1

    for number in range(PLANNED_EDITS_EACH):
        files = fleet(number)
        changed, address = edited(files, label, number)
        in_a_world(story)
    record_property(f"planned edits with {label}", planned)
    assert planned == PLANNED_EDITS_EACH


def test_what_says_nothing_about_what_an_agent_can_do_has_no_risk():
    for number in range(20):
        files = fleet(number)
        changed, _ = edited(files, Label.PROMPT_CHANGED, number)
        changed["agent/target"] = {
            **files["agent/target"],
            "description": "Another one.",
            "metadata": {"team": "new"},
        }
        before, after = (fleet_of(CATALOG, as_files(each), NO_NAMES) for each in (files, changed))
        assert before.members != after.members
        assert labelled(before, after, NOW) == {}
