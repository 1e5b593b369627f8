"""Shapes of other tools and of the API's other objects: named, with what to write instead.

A schema would only say "unknown key" about them. What is reported here is taken out of the body, so that
nothing is said twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error, warning
from agentops.domain.kind import EACH, Catalog, Kind
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.schema import secret_members

_ANSWER_ONLY = ("id", "version", "created_at", "updated_at", "archived_at")
_ANSWER = "only the registry sets it; remove it (IDs and versions are recorded in the lock)"

_MODEL_SETTING = (
    "a Managed Agent has no such setting; remove it. What a model can be told stands in `model`, "
    "e.g. `model: {id: …, effort: high}`"
)

_AGENT = {
    "callable_agents": "sub-agents are a roster: `multiagent: {type: coordinator, agents: [./other.md]}`",
    "agents": "one file declares one agent; put each into a file of its own under agents/",
    "output_schema": "agents have no output schema; say in the prompt what to return, or give it a custom "
    "tool whose input_schema is that shape",
    "max_turns": "agents have no turn limit; a deployment's `budget` limits what a run may cost",
    "max_tokens": _MODEL_SETTING,
    "temperature": _MODEL_SETTING,
    "top_p": _MODEL_SETTING,
    "top_k": _MODEL_SETTING,
    "thinking": "how much a model thinks is `model: {id: …, effort: high}`",
    "runtime": "where an agent runs is an environment; declare one in environments/",
    "mcpServers": "write `mcp_servers: [{type: url, name: …, url: https://…}]`, or the shorthand "
    "`tools: [{mcp: NAME, url: https://…, allow: […]}]`",
    "instructions": "the prompt is `system`, or a file named by `prompt`",
    "system_prompt": "the prompt is `system`, or a file named by `prompt`",
    "allowed_tools": "list the tools in `tools`; only what is listed is enabled",
    "memory_stores": "memory is the block `memory`",
}
_STARTS = "what a session starts with is `initial_events`, or the text of a Markdown file"
_SCHEDULE = "write `schedule: {type: cron, expression: '0 9 * * 1-5', timezone: Europe/Berlin}`"
_DEPLOYMENT = {
    "cron": _SCHEDULE,
    "timezone": _SCHEDULE,
    "prompt": _STARTS,
    "message": _STARTS,
    "messages": _STARTS,
    "memory": "name the stores in `resources`; what its agent says of its memory is mounted anyway",
    "memory_stores": "name them in `resources`",
    "enabled": "write `paused: true` for one that does not run",
    "status": "write `paused: true` for one that does not run",
    "paused_reason": _ANSWER,
}
_VAULT = {
    "name": "the name of a vault is `display_name`",
    "secrets": "write `credentials: {NAME: {auth: …}}`; the secrets are references, {secret: env:NAME}",
}
_RULES: Mapping[str, Mapping[str, str]] = {"agent": _AGENT, "deployment": _DEPLOYMENT, "vault": _VAULT}
_ENVELOPE = (
    "write the members of `spec` at the top level and the name as `name`; the directory tells the kind"
)
_SUBSTITUTION = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?:[:?+=-][^}]*)?\}")
_ERB = re.compile(r"<%[=#-]?.*?%>", re.DOTALL)
_PROSE = frozenset({"system", "prompt", "description", "content", "text", "instructions", "context"})
_FREE = frozenset({"metadata"})
_MEANT = frozenset({"url", "name", "model", "id", "mcp", "store", "path"})
_MEANT_ENDS = ("_id", "_ids", "_name", "_arn")
_PREBUILT_SKILLS = frozenset({"pdf", "docx", "xlsx", "pptx"})


def without_foreign(kind: Kind, catalog: Catalog, body: LocatedDict) -> tuple[LocatedDict, list[Diagnostic]]:
    """The body without foreign members, and what to write instead of each."""
    problems: list[Diagnostic] = []
    if {"apiVersion", "kind"} & body.keys():
        key = "apiVersion" if "apiVersion" in body else "kind"
        problems.append(_foreign(f"'{key}': files here have no envelope", _ENVELOPE, body.place(key, "key")))
        return LocatedDict(body.at), problems
    rules = {**_RULES.get(kind.name, {}), **dict.fromkeys(_ANSWER_ONLY, _ANSWER)}
    for key in body.keys() & rules.keys():
        problems.append(_foreign(f"'{key}' is no field of a file", rules[key], body.place(key, "key")))
    kept = body.without(*rules)
    if kind.name == "agent":
        kept = _without_foreign_members(kept, problems)
    problems.extend(_Substitutions.of(kind, catalog).found(kept))
    return kept, problems


def _without_foreign_members(body: LocatedDict, problems: list[Diagnostic]) -> LocatedDict:
    if isinstance(system := body.get("system"), Mapping):
        names = ", ".join(str(key) for key in system)
        problems.append(
            _foreign(
                f"'system' is text, not a mapping of {names}",
                "for a file write `prompt: path/to/prompt.md`, for text `system: |`; what is appended goes "
                "into the file",
                body.place("system"),
            )
        )
        body = body.without("system")
    if isinstance(body.get("tools"), Mapping | str):
        problems.append(
            _foreign("'tools' is a list", "write one tool a line, each after `- `", body.place("tools"))
        )
        body = body.without("tools")
    return _without_foreign_skills(body, problems)


def _without_foreign_skills(body: LocatedDict, problems: list[Diagnostic]) -> LocatedDict:
    skills = body.get("skills")
    if not isinstance(skills, LocatedList):
        return body
    kept = LocatedList(skills.at)
    for index, skill in enumerate(skills):
        if (problem := _skill_problem(skill, skills.place(index))) is not None:
            problems.append(problem)
        else:
            kept.add(skill, skills.place(index))
    changed = body.without()
    changed.put("skills", kept, body.place("skills"), body.place("skills", "key"))
    return changed


def _skill_problem(skill: Any, at: Location) -> Diagnostic | None:
    shown = skill.get("path") if isinstance(skill, Mapping) else skill
    if isinstance(shown, str) and shown in _PREBUILT_SKILLS:
        return _foreign(
            f"skills: '{shown}' is a pre-built skill, which has an ID and no path",
            f"write {{type: anthropic, skill_id: {shown}}}",
            at,
        )
    if isinstance(skill, Mapping) and (foreign := {"from_plugin", "source", "plugin"} & skill.keys()):
        return _foreign(
            f"skills: '{min(foreign)}' is no way to name a skill",
            "write the path of its directory, its URL on GitHub, or {type: anthropic, skill_id: pdf}",
            at,
        )
    return None


@dataclass(frozen=True, slots=True)
class _Substitutions:
    """Text that another tool would have replaced: ``${ENV}`` and ERB. Prompts may speak of them.

    An error where such a text cannot be the value (addresses, names, IDs, models); a warning where the API
    takes any text, as everywhere below a member that is free. Of what it replaces nothing is repeated but the
    name: the rest may be a default, and that a secret. A member for a secret is left to the schema, which
    says how a secret is named.
    """

    meant: frozenset[str]
    secret: frozenset[str]

    @classmethod
    def of(cls, kind: Kind, catalog: Catalog) -> _Substitutions:
        own = [kind, *(other for other in catalog if other.parent == kind.name)]
        named = {step for slot in kind.slots for step in slot.path if step != EACH}
        return cls(_MEANT | named, frozenset().union(*(secret_members(each.schema) for each in own)))

    def found(self, tree: Any, name: str = "", free: bool = False) -> Iterator[Diagnostic]:
        if isinstance(tree, LocatedDict):
            for key, value in tree.items():
                if key == "input_schema" or key in self.secret or (key in _PROSE and isinstance(value, str)):
                    continue
                open_below = free or key in _FREE
                yield from self._at(value, key, tree.place(key), open_below)
                yield from self.found(value, key, open_below)
        elif isinstance(tree, LocatedList):
            for index, item in enumerate(tree):
                yield from self._at(item, name, tree.place(index), free)
                yield from self.found(item, name, free)

    def _at(self, value: Any, key: str, at: Location, free: bool) -> Iterator[Diagnostic]:
        if not isinstance(value, str):
            return
        say = warning if free or not (key in self.meant or key.endswith(_MEANT_ENDS)) else error
        if _ERB.search(value) is not None:
            yield say(
                Code.FOREIGN_SHAPE,
                f"'{key}': '<%= … %>' is ERB, which is not rendered",
                "say `template: true` in this file and write {{ stage }} or {{ vars.NAME }}",
                location=at,
            )
        elif (found := _SUBSTITUTION.search(value)) is not None:
            yield say(
                Code.FOREIGN_SHAPE,
                f"'{key}': '${{{found[1]}}}' is not replaced by an environment variable",
                "what differs between stages is a variable: `vars` in agentops.yaml, `template: true` in "
                "this file and {{ vars.NAME }} here",
                location=at,
            )


def _foreign(summary: str, detail: str, at: Location) -> Diagnostic:
    return error(Code.FOREIGN_SHAPE, summary, detail, location=at)
