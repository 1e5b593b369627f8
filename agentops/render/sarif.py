"""Findings as SARIF 2.1.0, as GitHub's code scanning takes it.

Followed are the OASIS standard (numbers in parentheses are its sections) and GitHub's page "SARIF support for
code scanning": every rule has the texts an alert shows, every result a place below the repository's top.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from agentops.domain.diagnostics import Severity
from agentops.domain.view import FindingsView, FindingView, RuleView, visible
from agentops.render.json import dump

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_TOP = "SRCROOT"

_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_LINK = re.compile(r"\[(?=[^\]]*\]\()")


def sarif(view: FindingsView, version: str) -> str:
    """One run; ``version`` is that of agentops."""
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "agentops",
                "semanticVersion": version,
                "rules": [_rule(rule) for rule in view.rules],
            }
        },
        "invocations": [_invocation(view)],
        "originalUriBaseIds": {_TOP: {"description": {"text": "The top of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, view.home) for finding in view.findings],
    }
    return dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _rule(rule: RuleView) -> dict[str, Any]:
    words = re.findall(r"[A-Za-z0-9]+", rule.name)
    return {
        "id": rule.id,
        "name": "".join(word[0].upper() + word[1:] for word in words),
        "shortDescription": _text([rule.name]),
        "fullDescription": _text(rule.about.split("\n")),
        "help": _text(rule.help.split("\n")),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: FindingView, home: str) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _place(finding, home)}
    if finding.address:
        location["logicalLocations"] = [
            {"fullyQualifiedName": visible(finding.address), "kind": "resource"}  # (3.33.7): any other word
        ]
    return {
        "ruleId": finding.code,
        "ruleIndex": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": _text(finding.lines),
        "locations": [location],
        "partialFingerprints": _fingerprints(finding),
    }


def _place(finding: FindingView, home: str) -> dict[str, Any]:
    """What is in no file stands at the top of the project's: an alert has to be somewhere."""
    return {
        "artifactLocation": {"uri": quote(finding.file or home, errors="surrogateescape"), "uriBaseId": _TOP},
        "region": {"startLine": finding.line or 1, "startColumn": finding.column or 1},
    }


def _fingerprints(finding: FindingView) -> dict[str, str]:
    """GitHub tells alerts apart by ``primaryLocationLineHash`` alone. Its upload action makes that of the
    line's text and warns of any other; but on what has no line of its own it would make one alert of many."""
    ours = {"agentops/v1": finding.fingerprint}
    return ours if finding.file else {**ours, "primaryLocationLineHash": finding.fingerprint}


def _invocation(view: FindingsView) -> dict[str, Any]:
    ran: dict[str, Any] = {"executionSuccessful": True}
    if view.left_out:
        ran["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": view.left_out}}]
    return ran


def _text(lines: Sequence[str]) -> dict[str, str]:
    """A message (3.11). What strangers wrote is neither a link (3.11.6) nor a placeholder (3.11.5)."""
    text = "\n".join(visible(line) for line in lines)
    return {"text": _LINK.sub(r"\\[", _PLACEHOLDER.sub(r"{{\1}}", text))}
