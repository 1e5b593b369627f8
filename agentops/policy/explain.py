"""Rules, told to whoever has to live with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from agentops.domain.diagnostics import Code, Stop, error, in_order
from agentops.domain.project import Stage
from agentops.domain.rules import OFF, Explained, ExplainedCode, ExplainedOption, ExplainedRule
from agentops.policy.rule import Rule, as_text
from agentops.policy.ruleset import Ruleset, options_of, ruleset, severity_of

_DOCUMENTED = "docs/diagnostics.md"


def explained(
    project: str,
    stages: Mapping[str, Stage],
    built_in: Iterable[Rule],
    kinds: Collection[str],
    id: str | None = None,
) -> Explained:
    """All rules by their ids, or the one that is asked for, as they are in these stages.

    Raises:
        Stop: no stage has such a rule.
    """
    built_in = tuple(built_in)
    known = {name: ruleset(stage.policy, built_in, kinds) for name, stage in stages.items()}
    problems = in_order(item for it in known.values() for item in it.problems)
    rules = {it: rule for each in known.values() for it, rule in each.rules.items()}
    if id is not None:
        found = _of(id, Ruleset(rules, problems))
        rules = {found.id: found}
    order = sorted(rules.values(), key=lambda it: (it.location is not None, it.id))
    shown = tuple(_rule(it, stages, known) for it in order)
    said = problems if id is None else ()
    return Explained(project=project, stages=tuple(stages), rules=shown, diagnostics=said)


def _of(id: str, known: Ruleset) -> Rule:
    if (rule := known.rules.get(id) or known.rules.get(id.upper())) is not None:
        return rule
    named = [rule for rule in known.rules.values() if rule.name == id.lower()]
    if len(named) == 1:
        return named[0]
    advice = known.unknown(id) or "rules of a file may be missing"
    raise Stop(error(Code.POLICY, f"there is no rule '{id}'", advice), *known.problems)


def explained_code(text: str) -> ExplainedCode | None:
    """Where a diagnostic that is no rule is explained; None where there is none of that code."""
    if text.upper() not in frozenset(Code):
        return None
    code = Code(text.upper())
    name = code.name.lower().replace("_", " ")
    return ExplainedCode(code=code, name=name, documented=f"{_DOCUMENTED}, section {code}")


def _rule(rule: Rule, stages: Mapping[str, Stage], known: Mapping[str, Ruleset]) -> ExplainedRule:
    held = {name: stage for name, stage in stages.items() if rule.id in known[name].rules}
    return ExplainedRule(
        id=rule.id,
        name=rule.name,
        severity=rule.severity,
        protected=rule.protected,
        stages={name: severity_of(rule, it.policy, protected=it.protect) or OFF for name, it in held.items()},
        place=str(rule.location or ""),
        why=rule.why.strip(),
        example=as_text(rule.example).strip("\n"),
        fix=as_text(rule.fix).strip("\n"),
        options=tuple(
            ExplainedOption(
                name=name,
                default=option.default,
                meaning=option.meaning,
                stages={stage: options_of(rule, it.policy)[name] for stage, it in held.items()},
            )
            for name, option in rule.options.items()
        ),
    )
