"""The judges are the standard's schema and the validator of its editors, where they are at hand:

``npm install @microsoft/sarif-multitool-linux``, then ``AGENTOPS_SARIF_MULTITOOL=<its folder>``, which has
both. Without them what code scanning needs is looked at here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Location, Severity, error, note, warning
from agentops.domain.view import RuleText, findings_view
from agentops.render.sarif import sarif
from tests.render.cases import PROBLEMS

MULTITOOL = os.environ.get("AGENTOPS_SARIF_MULTITOOL")

HOSTILE = [
    error(
        Code.UNKNOWN_KEY,
        "unknown key '[click](https://evil.example) {0} \x1b[31m\u202e'",
        "line one\nline two",
        address=Address("agent/tutor"),
        location=Location("agents/größe #1 50%/a b.yaml", 7, 5),
    ),
    warning(Code.LOCK, "the lock is of nobody"),
    note("AO101", "50 tools", address=Address("agent/tutor")),
]
RULES = {"AO101": RuleText("too many tools", "Nobody reviews fifty tools.")}


def log(*found: Any, **how: Any) -> dict[str, Any]:
    return json.loads(sarif(findings_view(found, rules=RULES, **how), "1.2.3"))


def run(*found: Any, **how: Any) -> dict[str, Any]:
    (only,) = log(*found, **how)["runs"]
    return only


def test_every_rule_has_what_an_alert_shows() -> None:
    driver = run(*HOSTILE)["tool"]["driver"]
    assert driver["name"] == "agentops"
    assert driver["semanticVersion"] == "1.2.3"
    assert [rule["id"] for rule in driver["rules"]] == ["AO010", "AO050", "AO101"]
    for rule in driver["rules"]:
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", rule["name"])
        assert all(rule[text]["text"] for text in ("shortDescription", "fullDescription", "help"))
        assert len(rule["shortDescription"]["text"]) <= 1024
    assert driver["rules"][2]["fullDescription"]["text"] == "Nobody reviews fifty tools."
    assert [rule["defaultConfiguration"]["level"] for rule in driver["rules"]] == ["error", "warning", "note"]


def test_every_result_has_a_rule_a_level_and_a_place_in_the_repository() -> None:
    found = run(*HOSTILE, base="fleet")
    rules = found["tool"]["driver"]["rules"]
    assert [item["level"] for item in found["results"]] == ["error", "warning", "note"]
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uriBaseId"] in found["originalUriBaseIds"]
        assert re.fullmatch(r"fleet/[A-Za-z0-9._~/%-]+", artifact["uri"])
        assert result["partialFingerprints"]
    first = found["results"][0]["locations"][0]
    assert first["physicalLocation"]["artifactLocation"]["uri"] == (
        "fleet/agents/gr%C3%B6%C3%9Fe%20%231%2050%25/a%20b.yaml"
    )
    assert first["physicalLocation"]["region"] == {"startLine": 7, "startColumn": 5}
    assert first["logicalLocations"][0]["fullyQualifiedName"] == "agent/tutor"


def test_what_is_in_no_file_stands_at_the_project_and_brings_the_fingerprint_github_looks_at() -> None:
    with_place, without, _ = run(*HOSTILE)["results"]
    physical = without["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "agentops.yaml", "uriBaseId": "SRCROOT"}
    assert physical["region"]["startLine"] == 1
    assert "primaryLocationLineHash" in without["partialFingerprints"]
    assert "primaryLocationLineHash" not in with_place["partialFingerprints"]


def test_what_strangers_wrote_is_neither_link_nor_placeholder_nor_control() -> None:
    text = run(*HOSTILE)["results"][0]["message"]["text"]
    assert text == ("unknown key '\\[click](https://evil.example) {{0}} ␛[31m⟨U+202E⟩'\nline one\nline two")


def test_what_was_left_out_is_said() -> None:
    ran = run(*HOSTILE, most=1)
    assert len(ran["results"]) == 1
    (said,) = ran["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"].startswith("2 problems left out")


def test_no_problem_is_a_log_without_results() -> None:
    found = run()
    assert found["results"] == []
    assert found["tool"]["driver"]["rules"] == []


@pytest.mark.skipif(MULTITOOL is None, reason="the validator of SARIF's editors is not installed")
@pytest.mark.parametrize("found", [(), tuple(PROBLEMS), tuple(HOSTILE)], ids=["none", "problems", "hostile"])
def test_the_validator_of_its_editors_has_nothing_against_it(found: Any, tmp_path: Path) -> None:
    tool, file = Path(str(MULTITOOL)), tmp_path / "found.sarif"
    file.write_text(sarif(findings_view(found, rules=RULES), "1.2.3"), encoding="utf-8")
    schema = json.loads((tool / "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
    Draft202012Validator(schema).validate(json.loads(file.read_text(encoding="utf-8")))
    said = subprocess.run(
        [tool / "Sarif.Multitool", "validate", file, "--rule-kind", "Sarif;Ghas"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    ).stdout
    assert "Analysis completed successfully" in said
    complaints = re.findall(r": (error|warning) (\w+): (.*)", said)
    assert [it for it in complaints if it[1] != "SARIF2005"] == []  # agentops has no home page to name


def test_severities_have_a_level_each() -> None:
    assert len({item["level"] for item in run(*HOSTILE)["results"]}) == len(Severity)


def test_a_file_name_that_is_no_text_is_named_by_its_bytes() -> None:
    odd = error(
        Code.UNREADABLE, "not UTF-8", location=Location(b"agents/\xff.yaml".decode(errors="surrogateescape"))
    )
    (result,) = run(odd)["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "agents/%FF.yaml"
