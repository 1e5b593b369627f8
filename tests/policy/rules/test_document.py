"""``docs/rules.md`` says of every rule what the rule says of itself.

``AGENTOPS_UPDATE_DOCS=1 pytest tests/policy/rules/test_document.py`` writes it.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from agentops.domain.diagnostics import Severity
from agentops.policy.catalog import FAMILIES, RULES
from agentops.policy.rule import Rule

DOCUMENT = Path(__file__).parents[3] / "docs" / "rules.md"

HEAD = """\
# Rules

What agentops says of agents that are valid and may still not be what a team wants. `agentops explain AO101`
prints the same as this page. How a rule is set, turned off or set aside for one file, and how to write your
own, is told in [policy.md](policy.md).

An **error** is practically always wrong. A **warning** is a combination that has hurt somebody. A **note** is
good to know. Where two are given, the second holds in stages with `protect: true`. Rules that are *silent
until asked* need an option in agentops.yaml.

"""
WIDTH = 120


def document() -> str:
    return HEAD + re.sub(r"\n{3,}", "\n\n", "\n".join(_lines())).rstrip("\n") + "\n"


def _lines() -> Iterator[str]:
    yield "| rule | | severity |"
    yield "|---|---|---|"
    for rule in RULES:
        yield f"| [{rule.id}](#{_anchor(rule)}) | {rule.name} | {_severity(rule)} |"
    for family, rules in FAMILIES.items():
        yield from ("", f"## {family}")
        for rule in rules:
            yield from _section(rule)


def _section(rule: Rule) -> Iterator[str]:
    yield from ("", f"### {rule.id} {rule.name}", "")
    told = f"{_severity(rule).capitalize()}. {rule.why}"
    yield from textwrap.wrap(told, WIDTH, break_long_words=False, break_on_hyphens=False)
    yield ""
    for name, option in rule.options.items():
        default = "" if option.default is None else f" Default: `{_value(option.default)}`."
        yield f"- `{name}`: {option.meaning}{default}"
    if rule.options:
        yield ""
    if rule.settings:
        said = ", ".join(f"{name}: {_value(value)}" for name, value in rule.settings.items())
        yield from ("With this in agentops.yaml", "", "```yaml", "policy:", "  rules:")
        yield from (f"    {rule.id}: {{{said}}}", "```", "")
    yield from ("it finds" if rule.settings else "It finds", "")
    yield from _files(rule.example)
    yield from ("Instead", "")
    yield from _files(rule.fix)


def _files(files: object) -> Iterator[str]:
    assert isinstance(files, dict)
    for path, text in files.items():
        yield from ("```yaml", f"# {path}", *text.removesuffix("\n").split("\n"), "```", "")


def _severity(rule: Rule) -> str:
    if any(option.default is None for option in rule.options.values()):
        return f"{rule.severity}, silent until asked"
    if rule.protected not in {None, rule.severity}:
        return f"{rule.severity} / {rule.protected}"
    return str(rule.severity)


def _value(value: object) -> str:
    words = [*value] if isinstance(value, tuple | list) else None
    return str(value) if words is None else f"[{', '.join(words)}]"


def _anchor(rule: Rule) -> str:
    return f"{rule.id.lower()}-{rule.name}"


def test_the_document_is_what_the_rules_say() -> None:
    told = document()
    if os.environ.get("AGENTOPS_UPDATE_DOCS"):
        DOCUMENT.write_text(told, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == told


def test_every_rule_is_there_with_its_files() -> None:
    told = document()
    for rule in RULES:
        assert f"\n### {rule.id} {rule.name}\n" in told
        assert isinstance(rule.example, dict)
        assert all(f"# {path}\n" in told for path in rule.example)
    assert _severity(RULES[0]) == Severity.WARNING
