"""``policy`` of agentops.yaml, of stages and of files: what is read, and every mistake where it stands."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Severity
from agentops.domain.policy import Check
from agentops.spec import load_project
from tests.spec.conftest import Tree

RULES = """\
rules:
  - id: TEAM002
    name: prod-has-owner
    severity: error
    kinds: [agent]
    where: {stage: prod, path: metadata.owner, is: missing}
    message: an agent of prod needs an owner
    fix: say who owns it
"""
PYTHON = "from agentops.policy.team import rule\n"


def project(tree: Tree, text: str, **files: str):
    found = {"policies/own.yaml": RULES, "policies/team.py": PYTHON, **files}
    tree.write({"agentops.yaml": f"project: p\n{text}", **found})
    return load_project(tree.root)


def test_a_stage_says_something_else_key_by_key(tree: Tree) -> None:
    found, problems = project(
        tree,
        """\
stages:
  dev: {}
  prod: {policy: {rules: {AO101: error, AO102: {most: 5}, AO103: warning}, waivers: off}}
policy:
  rules:
    AO101: {severity: note, models: [a]}
    AO102: {severity: error, most: 3, least: 1}
    AO103: off
""",
    )
    assert problems == ()
    dev, prod = (found.stages[name].policy for name in ("dev", "prod"))
    assert (dev.rules["AO101"].severity, dev.rules["AO101"].options) == ("note", {"models": ["a"]})
    assert (prod.rules["AO101"].severity, prod.rules["AO101"].options) == ("error", {"models": ["a"]})
    assert (prod.rules["AO102"].severity, prod.rules["AO102"].options) == ("error", {"most": 5, "least": 1})
    assert (dev.rules["AO103"].off, prod.rules["AO103"].off) == (True, False)
    assert prod.rules["AO103"].severity is Severity.WARNING
    assert (dev.waivers, prod.waivers) == (True, False)
    assert str(prod.rules["AO102"].places["most"]) == "agentops.yaml:4:55"
    assert str(prod.rules["AO102"].places["least"]) == "agentops.yaml:8:46"


def test_files_of_rules_are_read_with_the_project_and_a_stage_adds_its_own(tree: Tree) -> None:
    found, problems = project(
        tree,
        "policy: {files: [policies/own.yaml]}\n"
        "stages: {dev: {}, prod: {policy: {files: [policies/team.py, policies/own.yaml]}}}\n",
    )
    assert problems == ()
    dev, prod = (found.stages[name].policy for name in ("dev", "prod"))
    assert (dev.files, [it.id for it in dev.declared]) == ((), ["TEAM002"])
    assert [(it.path, it.text) for it in prod.files] == [("policies/team.py", PYTHON)]
    (rule,) = prod.declared
    assert (rule.path, rule.check, rule.value) == (("metadata", "owner"), Check.IS, "missing")
    assert (rule.kinds, rule.stages, rule.severity) == (("agent",), ("prod",), "error")
    assert str(rule.location) == "policies/own.yaml:2:9"


@pytest.mark.parametrize(
    ("line", "place", "code", "said"),
    [
        ("policy: []", "2:9", Code.WRONG_TYPE, "'policy' must be a mapping"),
        ("policy: {rule: {}}", "2:10", Code.UNKNOWN_KEY, "unknown key 'policy.rule'"),
        ("policy: {rules: [AO101]}", "2:17", Code.WRONG_TYPE, "'policy.rules' must be a mapping"),
        ("policy: {rules: {AO101: eror}}", "2:25", Code.INVALID_VALUE, "cannot be 'eror'"),
        ("policy: {rules: {AO101: true}}", "2:25", Code.WRONG_TYPE, "not true or false"),
        ("policy: {rules: {AO101: {severity: bad}}}", "2:36", Code.INVALID_VALUE, "cannot be 'bad'"),
        ("policy: {waivers: never}", "2:19", Code.INVALID_VALUE, "cannot be 'never'"),
        ("policy: {files: policies/team.py}", "2:17", Code.WRONG_TYPE, "must be a list"),
        ("policy: {files: [policies/teem.py]}", "2:18", Code.UNREADABLE, "policies/teem.py cannot be read"),
        ("policy: {files: [../team.py]}", "2:18", Code.OUTSIDE_PROJECT, "leads out of the project"),
        ("policy: {files: [.secret/team.py]}", "2:18", Code.OUTSIDE_PROJECT, "is hidden"),
        ("policy: {files: [policies/team.txt]}", "2:18", Code.POLICY, "is no file of rules"),
        ("policy: {ignore: {tutor: {AO101: it is fine}}}", "2:19", Code.WAIVER, "'tutor' is no address"),
        ("policy: {ignore: {agent/a: {AO101: fine}}}", "2:36", Code.WAIVER, "with a single word"),
        ("policy: {ignore: {agent/a: AO101}}", "2:28", Code.WAIVER, "names rules with their reasons"),
        ("stages: {s: {policy: {rules: {AO101: x}}}}", "2:38", Code.INVALID_VALUE, "cannot be 'x'"),
    ],
)
def test_mistakes_of_agentops_yaml_stand_where_they_are(
    tree: Tree, line: str, place: str, code: Code, said: str
) -> None:
    _, (wrong,) = project(tree, f"{line}\n")
    assert (str(wrong.location), wrong.code) == (f"agentops.yaml:{place}", code)
    assert said in wrong.summary


def test_a_mistyped_file_is_told_with_the_one_that_is_meant(tree: Tree) -> None:
    _, (wrong,) = project(tree, "policy: {files: [policies/teem.py]}\n")
    assert wrong.detail == "did you mean 'team.py'?"


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("id: TEAM002", "id: team2", "2:9", "'rules[0].id'"),
        ("name:", "nam:", "3:5", "unknown key 'rules[0].nam'"),
        ("error", "fatal", "4:15", "cannot be 'fatal'"),
        ("metadata.owner", "metadata..owner", "6:32", "no path to a member"),
        ("is: missing", "is: gone", "6:52", "cannot be 'gone'"),
        (", is: missing", "", "6:12", "exactly one of is, matches"),
        ("is: missing", "is: missing, above: 3", "6:12", "exactly one of is, matches"),
        ("is: missing", "matches: '('", "6:57", "no regular expression"),
        ("is: missing", "in: []", "6:52", "it takes at least 1"),
        ("stage: prod", "stage: prd", "6:20", "TEAM002: there is no stage 'prd'"),
        ("    message: an agent of prod needs an owner\n", "", "2:5", "'rules[0].message' is missing"),
    ],
)
def test_mistakes_of_a_declared_rule_stand_where_they_are(
    tree: Tree, old: str, new: str, place: str, said: str
) -> None:
    assert old in RULES
    text = "policy: {files: [policies/own.yaml]}\nstages: {dev: {}, prod: {}}\n"
    _, problems = project(tree, text, **{"policies/own.yaml": RULES.replace(old, new)})
    assert any(said in it.summary and str(it.location) == f"policies/own.yaml:{place}" for it in problems), [
        (str(it.location), it.summary) for it in problems
    ]


@pytest.mark.parametrize("text", ["", "[]", "just text"])
def test_a_file_without_rules_says_what_belongs_there(tree: Tree, text: str) -> None:
    _, (wrong,) = project(tree, "policy: {files: [policies/own.yaml]}\n", **{"policies/own.yaml": text})
    assert (wrong.code, wrong.severity) == (Code.POLICY, "error")
    assert "rules: [{id: TEAM001" in wrong.detail


# -- what a file sets aside


WAIVED = "model: claude-opus-5-5\npolicy: {ignore: {AO101: nobody is hurt}}\n"


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("agents/b.yaml", WAIVED, "2:19"),
        ("agents/b.md", f"---\n{WAIVED}---\nBe kind.\n", "3:19"),
        ("agents/b.json", '{"model": "m",\n"policy": {"ignore": {"AO101": "nobody is hurt"}}}', "2:23"),
    ],
)
def test_a_file_sets_rules_aside_with_a_reason(tree: Tree, path: str, text: str, place: str) -> None:
    (waiver,) = tree.write({path: text}).load()["agent/b"].waivers
    assert (waiver.rule, waiver.reason) == ("AO101", "nobody is hurt")
    assert str(waiver.location) == f"{path}:{place}"


def test_it_changes_neither_the_body_nor_the_content_that_is_promoted(agent) -> None:
    plain = agent("system: Be kind.\n")["agent/a"]
    waived = agent("system: Be kind.\npolicy: {ignore: {AO101: nobody is hurt}}\n")["agent/a"]
    assert waived.body == plain.body
    assert waived.source.digest == plain.source.digest


def test_what_a_file_declares_beside_its_own_has_its_waivers(tree: Tree) -> None:
    found = tree.write(
        {
            "agents/b.yaml": WAIVED + "memory: {name: notes, type: semantic, seed: notes/}\n",
            "agents/notes/index.md": "Nothing.\n",
            "vaults/keys.yaml": "display_name: Keys\npolicy: {ignore: {AO101: nobody is hurt}}\n"
            "credentials: {linear: {auth: {type: static_bearer, mcp_server_url: 'https://l.example/mcp', "
            "token: {secret: env:T}}}}\n",
        }
    ).load()
    assert found.errors == []
    waived = [it for it in found.addresses if found[it].waivers]
    assert waived == [
        "agent/b",
        "credential/keys/linear",
        "memory/b-notes/index.md",
        "memory_store/b-notes",
        "vault/keys",
    ]


def test_a_stage_can_set_aside_what_others_do_not(tree: Tree) -> None:
    tree.write({"agents/b.yaml": "model: m\noverrides: {prod: {policy: {ignore: {AO101: only in here}}}}\n"})
    assert (len(tree.load("dev")["agent/b"].waivers), len(tree.load("prod")["agent/b"].waivers)) == (0, 1)


@pytest.mark.parametrize(
    ("written", "place", "said"),
    [
        ("{ignore: {AO101: }}", "2:26", "AO101 is set aside without a reason"),
        ("{ignore: {AO101: ''}}", "2:26", "AO101 is set aside without a reason"),
        ("{ignore: {AO101: '  '}}", "2:26", "AO101 is set aside without a reason"),
        ("{ignore: {AO101: ok}}", "2:26", "AO101 is set aside with a single word as its reason"),
        ("{ignore: {AO101: 3}}", "2:26", "AO101 is set aside with a number as its reason"),
        ("{ignore: [AO101]}", "2:18", "'ignore' names rules with their reasons; this is a list"),
        ("off", "2:9", "'policy' of a file is a mapping, not text"),
        ("{ignor: {}}", "2:10", "unknown key 'policy.ignor'"),
        ("{rules: {AO101: off}}", "2:10", "unknown key 'policy.rules'"),
    ],
)
def test_what_is_set_aside_wrongly_is_told_where_it_stands(
    agent, written: str, place: str, said: str
) -> None:
    wrong = agent(f"policy: {written}\n").only()
    assert (wrong.severity, wrong.summary) == ("error", said)
    assert str(wrong.location) == f"agents/a.yaml:{place}"
    assert wrong.detail


# -- where members are written


def test_members_are_where_they_are_written_or_what_is_nearest(tree: Tree) -> None:
    found = tree.write(
        {
            "agents/b/agent.yaml": (
                "model: {id: claude-opus-5-5, effort: high}\nprompt: prompt.md\nmetadata:\n  team: core\n"
                "tools:\n  - web_search\n  - web_fetch: {permission: always_ask}\n  - one.yaml\n"
                "overrides:\n  prod:\n    metadata: {team: other}\n"
            ),
            "agents/b/prompt.md": "Be kind.\n",
            "agents/b/one.yaml": "type: custom\nname: one\ndescription: Looks one up.\n"
            "input_schema: {type: object, properties: {}}\n",
        }
    )
    dev = found.load("dev")
    assert dev.errors == []
    agent = dev["agent/b"]
    custom = next(i for i, it in enumerate(agent.body["tools"]) if it["type"] == "custom")
    assert {
        "": str(agent.place()),
        "model.effort": str(agent.place(("model", "effort"))),
        "system": str(agent.place(("system",))),
        "metadata.team": str(agent.place(("metadata", "team"))),
        "metadata.owner": str(agent.place(("metadata", "owner"))),
        "description": str(agent.place(("description",))),
        "custom": str(agent.place(("tools", custom, "description"))),
    } == {
        "": "agents/b/agent.yaml:1:1",
        "model.effort": "agents/b/agent.yaml:1:38",
        "system": "agents/b/prompt.md:1:1",
        "metadata.team": "agents/b/agent.yaml:4:9",
        "metadata.owner": "agents/b/agent.yaml:4:3",
        "description": "agents/b/agent.yaml:1:1",
        "custom": "agents/b/one.yaml:3:14",
    }
    toolset = agent.place(("tools", 1 - custom, "configs", 0))
    assert (toolset.file, toolset.line in {6, 7}) == ("agents/b/agent.yaml", True)
    assert str(found.load("prod")["agent/b"].place(("metadata", "team"))) == "agents/b/agent.yaml:11:22"


def test_what_lies_in_another_file_is_found_there(tree: Tree) -> None:
    found = tree.write(
        {
            "vaults/keys.yaml": "display_name: Keys\ncredentials:\n  linear:\n    auth:\n"
            "      type: static_bearer\n      mcp_server_url: https://l.example/mcp\n"
            "      token: {secret: env:T}\n"
        }
    ).load()
    assert str(found["credential/keys/linear"].place(("auth", "mcp_server_url"))) == "vaults/keys.yaml:6:23"


def test_ignored_addresses_of_agentops_yaml(tree: Tree) -> None:
    found, problems = project(tree, "policy: {ignore: {skill/pdf: {AO101: nobody is hurt}}}\n")
    assert problems == ()
    (waiver,) = found.stages["local"].policy.ignore[Address("skill/pdf")]
    assert (waiver.rule, str(waiver.location)) == ("AO101", "agentops.yaml:2:31")
