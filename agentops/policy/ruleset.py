"""The rules that there are for a stage, and whether what agentops.yaml says of each can be said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Severity, did_you_mean, error, nearest
from agentops.domain.policy import Declared, Policy, RuleSetting, TeamFile
from agentops.policy.declared import as_rule
from agentops.policy.rule import Rule
from agentops.policy.team import OURS, id_fault
from agentops.policy.teamfiles import rules_in

_NOTHING = RuleSetting()


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules by id. ``problems`` are those of the team's files: rules of theirs may be missing."""

    rules: Mapping[str, Rule]
    problems: tuple[Diagnostic, ...] = ()

    def unknown(self, id: str) -> str | None:
        """What to write in the place of an id that no rule has; None where one has it, or may have it."""
        if id in self.rules:
            return None
        if (upper := id.upper()) in self.rules:
            return f"write {upper}"
        names = {rule.name: rule.id for rule in self.rules.values()}
        if (guess := nearest(id.lower(), names)) is not None:
            return f"rules are called by their ids: {guess} is {names[guess]}"
        if self.problems and not id.startswith(OURS):
            return None
        if id in frozenset(Code):
            return f"{id} is no rule: what it says always holds; `agentops explain` lists the rules"
        if (near := nearest(id, self.rules)) is not None:
            return f"did you mean {near} ({self.rules[near].name})?"
        return "`agentops explain` lists them"


def ruleset(policy: Policy, built_in: Iterable[Rule], kinds: Collection[str]) -> Ruleset:
    """The built-in rules and the team's own. ``kinds`` are those that there are."""
    rules = {rule.id: rule for rule in built_in}
    problems: list[Diagnostic] = []
    for file in policy.files:
        found, wrong = _rules_in(file)
        problems.extend(wrong)
        for rule in found:
            _add(rule, rules, problems)
    for declared in policy.declared:
        problems.extend(_declared_problems(declared, kinds))
        _add(as_rule(declared), rules, problems)
    return Ruleset(rules, tuple(problems))


@lru_cache(maxsize=64)
def _rules_in(file: TeamFile) -> tuple[Sequence[Rule], Sequence[Diagnostic]]:
    """A file is run once, however many stages have it."""
    return rules_in(file)


def _add(rule: Rule, rules: dict[str, Rule], problems: list[Diagnostic]) -> None:
    if (other := rules.get(rule.id)) is None:
        rules[rule.id] = rule
        return
    there = f"{other.location.file}, line {other.location.line}" if other.location else "agentops itself"
    summary = f"the id {rule.id} is taken by {there}"
    problems.append(error(Code.POLICY, summary, "give this one another", location=rule.location))


def _declared_problems(declared: Declared, kinds: Collection[str]) -> Iterator[Diagnostic]:
    if (fault := id_fault(declared.id)) is not None:
        yield error(Code.POLICY, fault, location=declared.location)
    for kind in declared.kinds:
        if kind not in kinds:
            summary = f"there is no kind '{kind}'"
            yield error(Code.POLICY, summary, did_you_mean(kind, kinds), location=declared.kinds_at)


def severity_of(rule: Rule, policy: Policy, *, protected: bool) -> Severity | None:
    """What a finding of a rule is in a stage; None where the rule is off. What agentops.yaml says wins."""
    setting = policy.rules.get(rule.id, _NOTHING)
    if setting.off:
        return None
    own = rule.protected if protected and rule.protected is not None else rule.severity
    return setting.severity or own


def options_of(rule: Rule, policy: Policy) -> dict[str, Any]:
    """The options of a rule, with their defaults where agentops.yaml says nothing that can be used."""
    said = policy.rules.get(rule.id, _NOTHING).options
    return {
        name: said[name] if name in said and option.check(said[name]) is None else option.default
        for name, option in rule.options.items()
    }


def setting_problems(policy: Policy, known: Ruleset) -> Iterator[Diagnostic]:
    """What agentops.yaml says of rules that there are not, and of options that they do not have."""
    for id, setting in policy.rules.items():
        if (rule := known.rules.get(id)) is not None:
            yield from _option_problems(rule, setting)
        elif (advice := known.unknown(id)) is not None:
            yield error(Code.POLICY, f"there is no rule '{id}'", advice, location=setting.location)


def _option_problems(rule: Rule, setting: RuleSetting) -> Iterator[Diagnostic]:
    for name, value in setting.options.items():
        at = setting.places.get(name, setting.location)
        if (option := rule.options.get(name)) is None:
            detail = did_you_mean(name, [*rule.options, "severity"])
            yield error(Code.POLICY, f"{rule.id} ({rule.name}) has no option '{name}'", detail, location=at)
        elif (fault := option.check(value)) is not None:
            yield error(Code.POLICY, f"{name} of {rule.id} {fault}", option.meaning, location=at)
