"""From a body as it is written to the request: names become references, and the schema judges the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error, has_errors, warning
from agentops.domain.kind import Kind
from agentops.domain.resource import Body, Places, as_ref
from agentops.spec.located import LocatedDict, LocatedList, locate, plain
from agentops.spec.placeholders import placeholders
from agentops.spec.schema import schema_problems
from agentops.spec.slots import Names, in_words, well_formed, with_references

_EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "deployment": {
        "agent": "write the path of its file, its address, its ID, or {path: …, version: latest}",
        "schedule": "write `{type: cron, expression: '0 9 * * 1-5', timezone: Europe/Berlin}`",
        "budget": "write `{type: limit, max_list_cost: {amount: '2500', currency: USD}}` for $25.00",
        "initial_events": "write `- {type: user.message, content: [{type: text, text: …}]}`, or the text "
        "alone in a Markdown file",
        "environment_id": "write the path of its file, its address, its ID, or {path: …}",
    },
    "credential": {
        "auth": "write e.g. `{type: static_bearer, mcp_server_url: https://…, token: {secret: env:NAME}}`"
    },
    "agent": {"multiagent": "write `{type: coordinator, agents: [./other.md]}`"},
}
"""What to write where a field is missing, or of another type than people expect."""


def request(
    kind: Kind, body: LocatedDict, names: Names, ours: Sequence[str] = (), within: str = ""
) -> tuple[Body, list[Diagnostic], Places]:
    """The request, complete where leaving a member out would say something, everything wrong with it, and
    where its members are written.

    ``ours`` are keys that a file of this kind may have beside the API's; ``within`` names the body.
    """
    problems = [
        error(
            Code.RESERVED,
            "'$ref' with an address is how agentops writes references",
            "write the other file's path",
            location=at,
        )
        for at in _reserved(body, body.at)
    ]
    unfilled = [*placeholders(kind, body)]
    blamed = {item.location for item in unfilled}
    wrong: list[Diagnostic] = []
    body = with_references(kind, body, names, wrong)
    problems += [*unfilled, *(item for item in wrong if item.location not in blamed)]
    judged = well_formed(body, names.catalog)
    for item in schema_problems(kind.schema, judged, Location(names.base), ours, within):
        if item.location in blamed:
            continue
        told = {"summary": in_words(item.summary, body, names.catalog)}
        if not item.detail:
            told["detail"] = _example(item, kind, body, within)
        problems.append(item.model_copy(update=told))
    made: Body = plain(body)
    places = partial(_place, body)
    if has_errors(problems):
        return made, problems, places
    for path, summary, detail in kind.advice(plain(judged)):
        at = locate(body, path) or Location(names.base)
        problems.append(warning(Code.ADVICE, summary, detail, location=at))
    complete = kind.complete(made) if kind.written_out else {}
    made |= {name: complete[name] for name in kind.written_out & made.keys() & complete.keys()}
    return made, problems, places


def _place(body: LocatedDict, path: Sequence[str | int]) -> Location:
    return locate(body, path) or body.at


def _example(problem: Diagnostic, kind: Kind, body: LocatedDict, within: str) -> str:
    """What to write where the problem is a whole field: nothing where there is no example of one."""
    for field, text in _EXAMPLES.get(kind.name, {}).items():
        named = f"'{within}.{field}'" if within else f"'{field}'"
        of_field = problem.location == body.place(field) if field in body else False
        if (problem.code is Code.WRONG_TYPE and of_field) or (
            problem.code is Code.MISSING_KEY and problem.summary.startswith(named)
        ):
            return text
    return ""


def _reserved(tree: Any, at: Location) -> list[Location]:
    if isinstance(tree, LocatedDict):
        if as_ref(tree) is not None:
            return [at]
        return [found for key, value in tree.items() for found in _reserved(value, tree.place(key))]
    if isinstance(tree, LocatedList):
        return [found for index, value in enumerate(tree) for found in _reserved(value, tree.place(index))]
    return []
