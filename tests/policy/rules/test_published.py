"""What real projects have against the rules, and that our own have nothing."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from agentops.engine.fleets import fleet_of
from agentops.kinds import CATALOG
from agentops.policy.catalog import RULES
from agentops.policy.secrets import SECRET
from agentops.spec import load_project, load_stage
from agentops.spec.starter import starter_project
from tests.policy.rules.checking import at_least_warnings, project
from tests.spec.test_corpus import CORPUS, FILLED, PROJECTS

ROOT = Path(__file__).parents[3]

FOUND = {
    "anthropics__anthropic-cli-fixtures": {"AO102": 1, "AO105": 2, "AO110": 4, "AO130": 1},
    "anthropics__claude-api-skill-example": {"AO142": 1},
    "anthropics__docs-apply-page": {"AO102": 2, "AO104": 1, "AO142": 1},
    "duyet__aidr": {"AO110": 1},
    "eratner15__nostalogic": {"AO110": 1},
    "mikerb95__dev-portfolio": {},
    "richsak__webster": {"AO102": 10, "AO103": 9, "AO132": 1},
}
"""Rule -> how often. Each was read and is right: short prompts are those of a parser's fixtures, or of two
agents that were never published and are filled in here."""


@pytest.mark.skipif(not PROJECTS, reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("name", FOUND)
def test_published_projects_hear_what_is_true_of_them_and_no_more(name: str, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(CORPUS / name, root)
    for path, text in FILLED.get(name, {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / "claude-lock.json").unlink(missing_ok=True)
    declared, _ = load_project(root)
    fleet = fleet_of(CATALOG, load_stage(root, declared, declared.stages["local"], CATALOG).desired, {})
    assert fleet.members
    assert Counter(rule.id for rule in RULES for _ in rule.check(fleet, {})) == Counter(FOUND[name])
    assert list(SECRET.check(fleet, {})) == []


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_our_own_agents_have_no_warning_in_any_stage(stage: str) -> None:
    declared, _ = load_project(ROOT)
    found = declared.stages[stage]
    desired = load_stage(ROOT, declared, found, CATALOG).desired
    assert len(desired.resources) > 20
    assert at_least_warnings(fleet_of(CATALOG, desired, {}, protected=found.protect)) == {}


def test_the_project_that_init_writes_has_nothing_at_all(tmp_path: Path) -> None:
    for protected in (False, True):
        fleet = project(tmp_path, starter_project("x", CATALOG), protected=protected)
        assert [finding for rule in RULES for finding in rule.check(fleet, {})] == []
