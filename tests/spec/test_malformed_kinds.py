"""Malformed deployments, vaults, credentials, skills and rosters: one error, with a code and a place."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code

from .conftest import FLEET, Tree
from .test_malformed import assert_refused

DEPLOYMENT, VAULT, SKILL, AGENT = "deployments/x.yaml", "vaults/x.yaml", "skills/x/SKILL.md", "agents/x.yaml"
RUN = "agent: ../agents/a.yaml\nenvironment_id: ../environments/cloud.yaml\n"
GO = "initial_events: [{type: user.message, content: [{type: text, text: Go.}]}]\n"
D = RUN + GO
IN_CLOUD = "environment_id: environment/cloud\n" + GO
MORE = "model: m\nmultiagent: {type: multiagent_20261001, "
NAMED = "name: x\ndescription: d\n"
BEARER = "type: static_bearer, mcp_server_url: 'https://l.example/mcp', token: {secret: 'env:T'}"
BEARER_OF = "type: static_bearer, mcp_server_url: 'https://l.example', token: "
OAUTH = "type: mcp_oauth, mcp_server_url: 'https://l.example', access_token: {secret: 'env:T'}, "
VARIABLE = "type: environment_variable, secret_name: A, secret_value: {secret: 'env:T'}"
REPOSITORY = "type: github_repository, url: 'https://github.com/o/r'"


def vault(auth: str, more: str = "") -> str:
    return f"credentials:\n  l: {{auth: {{{auth}}}{more}}}\n"


def roster(entries: str) -> str:
    return f"model: m\nmultiagent: {{type: coordinator, agents: {entries}}}\n"


def skill(front: str, body: str = "How to.\n") -> str:
    return f"---\n{front}---\n{body}"


CASES: dict[str, tuple[Code, str, str, str | bytes]] = {
    # Deployments
    "a deployment of nothing": (Code.MISSING_KEY, DEPLOYMENT, ":1:1", "name: x\n"),
    "a deployment that is a list": (Code.WRONG_TYPE, DEPLOYMENT, ":1:1", "- agent: a\n"),
    "a deployment without an agent": (Code.MISSING_KEY, DEPLOYMENT, ":1:1", D.replace("agent: ../agents/a.yaml\n","")),
    "a deployment without events": (Code.MISSING_KEY, DEPLOYMENT, ":1:1", RUN),
    "no events": (Code.LIMIT, DEPLOYMENT, ":3:17", RUN + "initial_events: []\n"),
    "an event of no type": (Code.MISSING_KEY, DEPLOYMENT, ":3:18", RUN + "initial_events: [{content: []}]\n"),
    "a misspelt event": (Code.INVALID_VALUE, DEPLOYMENT, ":3:25", RUN + "initial_events: [{type: user.mesage, content: []}]\n"),
    "a text in the place of content": (Code.WRONG_TYPE, DEPLOYMENT, ":3:48", RUN + "initial_events: [{type: user.message, content: Go.}]\n"),
    "an agent that is a number": (Code.WRONG_TYPE, DEPLOYMENT, ":1:8", "agent: 3\n" + IN_CLOUD),
    "an agent that is a list": (Code.WRONG_TYPE, DEPLOYMENT, ":1:8", "agent: [agent/a]\n" + IN_CLOUD),
    "an agent by a pattern": (Code.WRONG_REFERENCE, DEPLOYMENT, ":1:8", "agent: ../agents/*.yaml\n" + IN_CLOUD),
    "an agent that is an environment": (Code.WRONG_REFERENCE, DEPLOYMENT, ":1:8", "agent: ../environments/cloud.yaml\n" + IN_CLOUD),
    "an agent that is not there": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":1:8", "agent: ../agents/aa.yaml\n" + IN_CLOUD),
    "an agent by a misspelt address": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":1:8", "agent: agent/aa\n" + IN_CLOUD),
    "an agent by a folder": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":1:8", "agent: ../agents\n" + IN_CLOUD),
    "an agent outside": (Code.OUTSIDE_PROJECT, DEPLOYMENT, ":1:8", "agent: ../../a.yaml\n" + IN_CLOUD),
    "an agent by a URL": (Code.WRONG_REFERENCE, DEPLOYMENT, ":1:8", "agent: https://github.com/o/r\n" + IN_CLOUD),
    "an agent by the ID of an environment": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":1:8", "agent: env_011CftafA7Q9XsQ3QhMZoamB\n" + IN_CLOUD),
    "an agent with overrides of a session": (Code.INVALID_VALUE, DEPLOYMENT, ":1:15", "agent: {type: agent_with_overrides, id: agent/a}\n" + IN_CLOUD),
    "an agent by number of version beside path": (Code.INVALID_VALUE, DEPLOYMENT, ":1:42", "agent: {path: ../agents/a.yaml, version: 3}\n" + IN_CLOUD),
    "an agent with an ID beside the path": (Code.CONFLICTING_FIELDS, DEPLOYMENT, ":1:33", "agent: {path: ../agents/a.yaml, id: agent_1}\n" + IN_CLOUD),
    "an environment with more than its path": (Code.UNKNOWN_KEY, DEPLOYMENT, ":2:43", "agent: agent/a\nenvironment_id: {path: environment/cloud, access: x}\n" + GO),
    "an environment as the API never takes it": (Code.WRONG_TYPE, DEPLOYMENT, ":2:17", "agent: agent/a\nenvironment_id: {type: environment, id: environment/cloud}\n" + GO),
    "a null environment": (Code.WRONG_TYPE, DEPLOYMENT, ":2:16", "agent: agent/a\nenvironment_id:\n" + GO),
    "a vault that is not there": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":4:13", D + "vault_ids: [../vaults/kees.yaml]\n"),
    "a placeholder as vault": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":4:13", D + "vault_ids: [VAULT_ID_FROM_LOCKFILE]\n"),
    "a vault named twice": (Code.CONFLICTING_FIELDS, DEPLOYMENT, ":4:25", D + "vault_ids: [vault/keys, ../vaults/keys.yaml]\n"),
    "vaults as text": (Code.WRONG_TYPE, DEPLOYMENT, ":4:12", D + "vault_ids: vault/keys\n"),
    "a pattern that finds no vault": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":4:13", D + "vault_ids: ['../agents/*.yaml']\n"),
    "a store named twice": (Code.CONFLICTING_FIELDS, DEPLOYMENT, ":4:40", D + "resources: [memory_store/notes, {path: ../memory_stores/notes.yaml, access: read_only}]\n"),
    "a store with an unknown access": (Code.INVALID_VALUE, DEPLOYMENT, ":4:48", D + "resources: [{path: memory_store/notes, access: write}]\n"),
    "a store with a version": (Code.INVALID_VALUE, DEPLOYMENT, ":4:49", D + "resources: [{path: memory_store/notes, version: latest}]\n"),
    "a store with an unknown member": (Code.UNKNOWN_KEY, DEPLOYMENT, ":4:40", D + "resources: [{path: memory_store/notes, mount: /x}]\n"),
    "a resource of no type": (Code.MISSING_KEY, DEPLOYMENT, ":4:13", D + "resources: [{memory_store_id: memory_store/notes}]\n"),
    "a repository by its URL alone": (Code.WRONG_REFERENCE, DEPLOYMENT, ":4:13", D + "resources: ['https://github.com/o/r']\n"),
    "a repository that is not on GitHub": (Code.INVALID_VALUE, DEPLOYMENT, ":4:44", D + "resources: [{type: github_repository, url: 'https://git.example/o/r'}]\n"),
    "a branch by its name alone": (Code.WRONG_TYPE, DEPLOYMENT, ":4:80", D + f"resources: [{{{REPOSITORY}, checkout: main}}]\n"),
    "a token in a file": (Code.INVALID_VALUE, DEPLOYMENT, ":4:91", D + f"resources: [{{{REPOSITORY}, authorization_token: ghp_1}}]\n"),
    "a path that is a number": (Code.WRONG_TYPE, DEPLOYMENT, ":4:20", D + "resources: [{path: 3}]\n"),
    "nine stores": (Code.LIMIT, DEPLOYMENT, ":4:12", D + "resources: [" + ", ".join(f"memstore_{i:024}" for i in range(9)) + "]\n"),
    "a schedule as text": (Code.WRONG_TYPE, DEPLOYMENT, ":4:11", D + "schedule: 0 9 * * *\n"),
    "a schedule without a time zone": (Code.MISSING_KEY, DEPLOYMENT, ":4:11", D + "schedule: {type: cron, expression: 0 9 * * *}\n"),
    "six fields of a schedule": (Code.INVALID_VALUE, DEPLOYMENT, ":4:36", D + "schedule: {type: cron, expression: 0 0 9 * * *, timezone: UTC}\n"),
    "an hour that no day has": (Code.INVALID_VALUE, DEPLOYMENT, ":4:36", D + "schedule: {type: cron, expression: 0 24 * * *, timezone: UTC}\n"),
    "a nickname of a schedule": (Code.INVALID_VALUE, DEPLOYMENT, ":4:36", D + "schedule: {type: cron, expression: '@daily', timezone: UTC}\n"),
    "a time zone nobody has": (Code.INVALID_VALUE, DEPLOYMENT, ":4:57", D + "schedule: {type: cron, expression: 0 9 * * *, timezone: Berlin}\n"),
    "a budget as a number": (Code.WRONG_TYPE, DEPLOYMENT, ":4:9", D + "budget: 25\n"),
    "a budget in dollars": (Code.INVALID_VALUE, DEPLOYMENT, ":4:47", D + "budget: {type: limit, max_list_cost: {amount: '25.00', currency: USD}}\n"),
    "a budget of a number": (Code.WRONG_TYPE, DEPLOYMENT, ":4:47", D + "budget: {type: limit, max_list_cost: {amount: 2500, currency: USD}}\n"),
    "a budget in another currency": (Code.INVALID_VALUE, DEPLOYMENT, ":4:65", D + "budget: {type: limit, max_list_cost: {amount: '2500', currency: EUR}}\n"),
    "paused by a word": (Code.WRONG_TYPE, DEPLOYMENT, ":4:9", D + "paused: on\n"),
    "a secret version of a fraction": (Code.WRONG_TYPE, DEPLOYMENT, ":4:17", D + "secret_version: 1.5\n"),
    "a secret version of a sentence": (Code.INVALID_VALUE, DEPLOYMENT, ":4:17", D + "secret_version: a new one\n"),
    "an unknown member of a deployment": (Code.UNKNOWN_KEY, DEPLOYMENT, ":4:1", D + "vaults: [vault/keys]\n"),
    "an ignored member that is compared whole": (Code.INVALID_VALUE, DEPLOYMENT, ":4:29", D + "lifecycle: {ignore_changes: [schedule.timezone]}\n"),
    "a reference of ours": (Code.RESERVED, DEPLOYMENT, ":1:8", "agent: {$ref: {address: agent/a, attribute: id}}\n" + IN_CLOUD),
    "an override of an agent that is not there": (Code.BROKEN_REFERENCE, DEPLOYMENT, ":4:26", D + "overrides: {dev: {agent: agent/aa}}\n"),
    # Vaults and credentials
    "a vault by name": (Code.FOREIGN_SHAPE, VAULT, ":2:1", "type: vault\nname: X\n"),
    "a vault of nothing but a list": (Code.WRONG_TYPE, VAULT, ":2:14", "type: vault\ncredentials: [l]\n"),
    "credentials as text": (Code.WRONG_TYPE, VAULT, ":1:14", "credentials: sk-live-1\n"),
    "a credential as text": (Code.WRONG_TYPE, VAULT, ":1:18", "credentials: {l: sk-live-1}\n"),
    "a credential without auth": (Code.MISSING_KEY, VAULT, ":1:18", "credentials: {l: {}}\n"),
    "auth as text": (Code.WRONG_TYPE, VAULT, ":1:25", "credentials: {l: {auth: sk-live-1}}\n"),
    "a credential with a slash": (Code.INVALID_VALUE, VAULT, ":1:15", f"credentials: {{a/b: {{auth: {{{BEARER}}}}}}}\n"),
    "a credential of no name": (Code.INVALID_VALUE, VAULT, ":1:15", f"credentials: {{'': {{auth: {{{BEARER}}}}}}}\n"),
    "an unknown type of credential": (Code.INVALID_VALUE, VAULT, ":2:20", vault("type: bearer, token: {secret: 'env:T'}")),
    "a credential of no type": (Code.MISSING_KEY, VAULT, ":2:13", vault("token: {secret: 'env:T'}")),
    "a secret in a file": (Code.INVALID_VALUE, VAULT, ":2:79", vault(BEARER_OF + "sk-live-1")),
    "a secret from nowhere": (Code.WRONG_TYPE, VAULT, ":2:79", vault(BEARER_OF + "{secret: T}")),
    "a secret from two places": (Code.WRONG_TYPE, VAULT, ":2:79", vault(BEARER_OF + "{secret: 'env:T', file: t}")),
    "a secret by a variable": (Code.INVALID_VALUE, VAULT, ":2:79", vault(BEARER_OF + "$T")),
    "a server without a scheme": (Code.INVALID_VALUE, VAULT, ":2:51", vault("type: static_bearer, mcp_server_url: l.example/mcp, token: {secret: 'env:T'}")),
    "a password in the address": (Code.INVALID_VALUE, VAULT, ":2:51", vault("type: static_bearer, mcp_server_url: 'https://u:sk-live-1@l.example', token: {secret: 'env:T'}")),
    "a member of another type of auth": (Code.UNKNOWN_KEY, VAULT, ":2:102", vault(BEARER + ", access_token: {secret: 'env:T'}")),
    "a variable of no name": (Code.INVALID_VALUE, VAULT, ":2:55", vault("type: environment_variable, secret_name: A-B, secret_value: {secret: 'env:T'}, networking: {type: unrestricted}")),
    "a variable without networking": (Code.MISSING_KEY, VAULT, ":2:13", vault(VARIABLE)),
    "a URL in the place of a host": (Code.INVALID_VALUE, VAULT, ":2:135", vault(VARIABLE + ", networking: {type: limited, allowed_hosts: ['https://a.example']}")),
    "a variable that goes nowhere": (Code.INVALID_VALUE, VAULT, ":2:145", vault(VARIABLE + ", networking: {type: unrestricted}, injection_location: {header: false}")),
    "a refresh without a client": (Code.MISSING_KEY, VAULT, ":2:110", vault(OAUTH + "refresh: {refresh_token: {secret: 'env:R'}, token_endpoint: 'https://l.example/t', token_endpoint_auth: {type: none}}")),
    "a time of no zone": (Code.INVALID_VALUE, VAULT, ":2:113", vault(OAUTH + "expires_at: 2030-01-01")),
    "an unknown member of a credential": (Code.UNKNOWN_KEY, VAULT, ":2:103", vault(BEARER, ", scret_version: 2")),
    "a credential of two for one server": (Code.CONFLICTING_FIELDS, VAULT, ":3:3", f"credentials:\n  a: {{auth: {{{BEARER}}}}}\n  b: {{auth: {{{BEARER}}}}}\n"),
    "the ownership key on a credential": (Code.RESERVED, VAULT, ":2:124", vault(BEARER, ", metadata: {agentops: x}")),
    "an override of a credential as text": (Code.WRONG_TYPE, VAULT, ":3:36", vault(BEARER) + "overrides: {dev: {credentials: {l: sk-live-1}}}\n"),
    "prose in a vault": (Code.CONFLICTING_FIELDS, "vaults/x.md", ":4:1", "---\ndisplay_name: X\n---\nHello\n"),
    # Skills
    "an empty SKILL.md": (Code.SYNTAX, SKILL, ":1:1", ""),
    "a SKILL.md without frontmatter": (Code.SYNTAX, SKILL, ":1:1", "# How to\n"),
    "a SKILL.md that is not closed": (Code.SYNTAX, SKILL, ":1:1", f"---\n{NAMED}"),
    "a SKILL.md closed without a newline": (Code.SYNTAX, SKILL, ":1:1", f"---\n{NAMED}---"),
    "a SKILL.md with a blank line first": (Code.SYNTAX, SKILL, ":1:1", f"\n---\n{NAMED}---\n"),
    "a SKILL.md with blanks behind the dashes": (Code.SYNTAX, SKILL, ":1:1", f"--- \n{NAMED}---\n"),
    "a SKILL.md with a byte order mark": (Code.SYNTAX, SKILL, ":1:1", f"\ufeff---\n{NAMED}---\n"),
    "a SKILL.md in Latin-1": (Code.UNREADABLE, SKILL, ":1:1", skill("name: x\ndescription: Müll\n").encode("latin-1")),
    "a SKILL.md too long": (Code.TOO_LARGE, SKILL, ":1:1", skill(NAMED, "x" * 256_000)),
    "a skill whose frontmatter is a list": (Code.WRONG_TYPE, SKILL, ":1:1", skill("- x\n")),
    "a skill whose frontmatter is broken": (Code.SYNTAX, SKILL, ":3:1", skill("name: [\n")),
    "a skill whose frontmatter is empty": (Code.WRONG_TYPE, SKILL, ":1:1", skill("")),
    "a skill with a key twice": (Code.DUPLICATE_KEY, SKILL, ":3:1", skill("name: x\nname: y\ndescription: d\n")),
    "a skill without a name": (Code.MISSING_KEY, SKILL, ":2:1", skill("description: d\n")),
    "a skill without a description": (Code.MISSING_KEY, SKILL, ":2:1", skill("name: x\n")),
    "a skill with a blank description": (Code.MISSING_KEY, SKILL, ":3:14", skill("name: x\ndescription: '  '\n")),
    "a skill with a long description": (Code.LIMIT, SKILL, ":3:14", skill(f"name: x\ndescription: {'d' * 1025}\n")),
    "a skill with tags in its description": (Code.INVALID_VALUE, SKILL, ":3:14", skill("name: x\ndescription: Use <b>this</b>.\n")),
    "a skill with a number as name": (Code.WRONG_TYPE, SKILL, ":2:7", skill("name: 3\ndescription: d\n")),
    "a skill with capitals in its name": (Code.INVALID_VALUE, SKILL, ":2:7", skill("name: PDF\ndescription: d\n")),
    "a skill with a path as name": (Code.INVALID_VALUE, SKILL, ":2:7", skill("name: a/b\ndescription: d\n")),
    "a skill with a reserved name": (Code.RESERVED, SKILL, ":2:7", skill("name: claude-pdf\ndescription: d\n")),
    "a skill with a long name": (Code.INVALID_VALUE, SKILL, ":2:7", skill(f"name: {'x' * 65}\ndescription: d\n")),
    "a skill with a title of two lines": (Code.INVALID_VALUE, SKILL, ":4:8", skill('name: x\ndescription: d\ntitle: "a\\nb"\n')),
    "a skill with a backslash in a file's name": (Code.UPLOAD, "skills/pdf-forms/a\\b.txt", ":1:1", "x"),
    "a skill with a line break in a file's name": (Code.UPLOAD, "skills/pdf-forms/a\nb.txt", "skills/pdf-forms/SKILL.md:1:1", "x"),
    "a skill that an agent names by its file's folder": (Code.BROKEN_REFERENCE, AGENT, ":2:10", "model: m\nskills: [../skills]\n"),
    "a skill that is not there": (Code.BROKEN_REFERENCE, AGENT, ":2:10", "model: m\nskills: [../skills/pdf-form]\n"),
    "a skill that is a file": (Code.BROKEN_REFERENCE, AGENT, ":2:10", "model: m\nskills: [../p.txt]\n"),
    "a skill that is an agent": (Code.WRONG_REFERENCE, AGENT, ":2:10", "model: m\nskills: [a.yaml]\n"),
    "a skill from another host": (Code.WRONG_REFERENCE, AGENT, ":2:10", "model: m\nskills: ['https://git.example/o/r']\n"),
    "a skill with a token in its URL": (Code.WRONG_REFERENCE, AGENT, ":2:10", "model: m\nskills: ['https://ghp_1@github.com/o/r']\n"),
    "a skill at a certain version beside its path": (Code.INVALID_VALUE, AGENT, ":2:47", "model: m\nskills: [{path: ../skills/pdf-forms, version: skver_1}]\n"),
    "a skill named twice": (Code.CONFLICTING_FIELDS, AGENT, ":2:31", "model: m\nskills: [../skills/pdf-forms, '../skills/*']\n"),
    "a skill of a misspelt type": (Code.INVALID_VALUE, AGENT, ":2:17", "model: m\nskills: [{type: costum, skill_id: skill_1}]\n"),
    # Rosters
    "a roster of nobody": (Code.LIMIT, AGENT, ":2:41", roster("[]")),
    "a roster that is text": (Code.WRONG_TYPE, AGENT, ":2:41", roster("a.yaml")),
    "a roster without a type": (Code.MISSING_KEY, AGENT, ":2:13", "model: m\nmultiagent: {agents: [a.yaml]}\n"),
    "a roster of an unknown type": (Code.INVALID_VALUE, AGENT, ":2:20", "model: m\nmultiagent: {type: coordinater, agents: [a.yaml]}\n"),
    "a roster alone": (Code.WRONG_TYPE, AGENT, ":2:13", "model: m\nmultiagent: [a.yaml]\n"),
    "a roster with a number": (Code.WRONG_TYPE, AGENT, ":2:42", roster("[3]")),
    "a roster with itself by path": (Code.CYCLE, AGENT, ":2:42", roster("[x.yaml]")),
    "a roster with itself by address": (Code.CYCLE, AGENT, ":2:42", roster("[agent/x]")),
    "a roster with a pattern of itself": (Code.CYCLE, AGENT, ":2:42", roster("['x.*']")),
    "a roster with itself twice": (Code.INVALID_VALUE, AGENT, ":2:56", roster("[{type: self}, {type: self}]")),
    "a roster with an agent twice": (Code.CONFLICTING_FIELDS, AGENT, ":2:50", roster("[a.yaml, agent/a]")),
    "a roster with a skill": (Code.WRONG_REFERENCE, AGENT, ":2:42", roster("[../skills/pdf-forms]")),
    "a roster with a text file": (Code.BROKEN_REFERENCE, AGENT, ":2:42", roster("[../p.txt]")),
    "a roster with an agent that is not there": (Code.BROKEN_REFERENCE, AGENT, ":2:42", roster("[aa.yaml]")),
    "a roster with a version that is text": (Code.WRONG_TYPE, AGENT, ":2:78", roster("[{type: agent, id: agent/a, version: newest}]")),
    "a roster with an unknown entry": (Code.INVALID_VALUE, AGENT, ":2:49", roster("[{type: agnt, id: agent/a}]")),
    "a roster of twenty-one": (Code.LIMIT, AGENT, ":2:41", roster("[" + ", ".join(f"agent_{i:024}" for i in range(21)) + "]")),
    "a roster of a coordinator": (Code.WRONG_REFERENCE, AGENT, ":1:1", roster("[lead.yaml]")),
    "a circle of coordinators": (Code.CYCLE, "agents/a.yaml", ":1:1", MORE + "subagents: {type: enabled, predefined_agents: [lead.yaml]}}\n"),
    "workers who cannot be set to work": (Code.INVALID_VALUE, AGENT, ":2:83", MORE + "subagents: {type: enabled, inline_agents: {type: disabled}}, workflows: {type: disabled}}\n"),
    "a roster in a member nobody has": (Code.UNKNOWN_KEY, AGENT, ":2:41", MORE + "agents: [a.yaml]}\n"),
}  # fmt: skip

SEVERAL = {"a deployment of nothing": 3, "a circle of coordinators": 2}
"""How many errors there are where it is more than one."""

AROUND = FLEET | {
    "p.txt": "x",
    "agents/lead.yaml": "model: m\nmultiagent: {type: coordinator, agents: [a.yaml]}\n",
}


@pytest.mark.parametrize("case", CASES)
def test_a_malformed_file_is_one_error_where_it_is_malformed(tree: Tree, case: str) -> None:
    code, path, place, content = CASES[case]
    tree.write(AROUND | {path: content})
    outcome = assert_refused(tree, code)
    assert len(outcome.errors) == SEVERAL.get(case, 1), outcome.said
    assert str(outcome.errors[0].location) == (place if "/" in place else path + place)
    said = " ".join(outcome.said)
    assert "sk-live" not in said
    assert "ghp_" not in said


def test_there_are_sixty_cases_and_each_is_malformed_by_itself(tree: Tree) -> None:
    assert len(CASES) >= 60
    assert tree.write(AROUND).load().diagnostics == ()
