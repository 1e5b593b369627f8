"""What a changed agentops.yaml makes possible in a stage."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.plan import FieldChange
from agentops.policy.risks.stage import stage_risks


@pytest.mark.parametrize(
    ("path", "before", "after", "told"),
    [
        ("registry", "anthropic", "local", "high: Another registry may be called"),
        ("registry.base_url", None, "https://evil.test", "high: Another registry may be called"),
        ("registry.api_key", "env:A", "env:B", "high: Another registry may be called"),
        ("registry.pacing", None, "off", "low: The registry is called at another pace"),
        ("protect", True, None, "high: Is no longer protected"),
        ("protect", None, True, "low: Is protected from now on"),
        ("prune", None, True, "high: Prunes by itself"),
        ("prune", True, None, "low: No longer prunes"),
        ("max_removals", "20%", None, "medium: Any number may be removed at once, until now at most `20%`"),
        ("max_removals", "20%", "50%", "medium: At most `50%` may be removed at once, until now `20%`"),
        ("max_removals", None, "50%", "low: At most `50%` may be removed at once."),
        ("require", ["clean_git", "soaked: 2h"], ["clean_git"], "high: No longer requires `soaked: 2h`"),
        ("require", ["soaked: 2h"], ["soaked: 1m"], "high: No longer requires `soaked: 2h`"),
        ("require", ["clean_git"], ["clean_git", "soaked: 2h"], "low: Requires `soaked: 2h` from now on."),
        ("promote_from", "staging", None, "high: No longer takes only what `staging` runs, but whatever"),
        ("promote_from", "staging", "dev", "high: No longer takes only what `staging` runs, but what `dev`"),
        ("promote_from", None, "staging", "low: Takes only what `staging` runs"),
        ("on_drift", "block", "revert", "medium: What was changed outside"),
        ("mutex", None, "off", "medium: Nothing keeps two runs apart"),
        ("external.environment/shared", "env_1", "env_2", "medium: external.environment/shared is `env_2`"),
        ("policy.AO101", None, "off", "medium: The rule AO101 is off"),
        ("policy.AO101", {"severity": "error"}, {"most": 9}, "medium: The rule AO101 is asked otherwise"),
        ("policy[rules/ours.py]", "a", "b", "medium: Rules of the team change: policy[rules/ours.py]"),
        ("whatever_comes", 1, 2, "medium: whatever_comes is set otherwise"),
    ],
)
def test_what_is_said_of_a_setting(path: str, before: Any, after: Any, told: str) -> None:
    (risk,) = stage_risks([FieldChange(path=path, before=before, after=after)])
    assert f"{risk.level}: {risk.sentence}".startswith(told)
    assert (str(risk.label), risk.path) == ("stage-changed", path)


def test_what_is_no_longer_named_is_no_risk_and_the_worst_comes_first() -> None:
    gone = FieldChange(path="external.environment/shared", before="env_1", after=None)
    assert stage_risks([gone]) == ()
    settings = [
        FieldChange(path="on_drift", before="block", after="keep"),
        FieldChange(path="protect", before=True, after=None),
    ]
    assert [it.path for it in stage_risks(settings)] == ["protect", "on_drift"]


def test_a_value_cannot_speak_to_a_terminal() -> None:
    (risk,) = stage_risks([FieldChange(path="registry.base_url", before=None, after="https://x\x1b[2J")])
    assert "\x1b" not in risk.sentence
