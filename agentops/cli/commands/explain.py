"""``agentops explain``: rules, without a network."""

from __future__ import annotations

from typing import Any

import click

from agentops.cli.options import Common, common, output_format


@click.command()
@click.argument("rule", required=False, metavar="[RULE]")
@output_format("text", "json")
@common
def explain(rule: str | None, form: str, **given: Any) -> int:
    """List the rules, or explain one: why it is there, what to write.

    Without RULE all rules are listed, the team's own among them, with what holds in each stage. RULE may be a
    diagnostic's code, too.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import find_project
    from agentops.policy.catalog import RULES
    from agentops.policy.explain import explained, explained_code

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    if rule is not None and (code := explained_code(rule)) is not None:
        output.json(code) if form == "json" else output.explained_code(code)
        return 0
    opened = find_project(told)
    stages = {told.stage: opened.stage(told.stage)} if told.stage else opened.project.stages
    found = explained(
        opened.project.name, stages, RULES, opened.catalog.kinds, rule, wrong=opened.diagnostics
    )
    if form == "json":
        output.json(found)
    elif rule is None:
        output.rules(found)
    else:
        output.explained_rule(found.rules[0])
    return 0
