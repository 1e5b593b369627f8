"""One drifted field, written where it is written: what the file is afterwards, or why it is left."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from agentops.domain.address import Address
from agentops.domain.canonical import form
from agentops.domain.diagnostics import Blocked, Code, Stop
from agentops.domain.resource import replace_refs
from agentops.domain.theirs import Theirs
from agentops.kinds import CATALOG
from agentops.spec.editing import Edits, pull, write
from agentops.spec.slots import stand_in
from tests.spec.conftest import FLEET, Tree

A = "agents/a.yaml"
Change = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Fleet:
    tree: Tree

    def pull(self, address: str, change: Change, stage: str = "dev") -> Edits:
        """Somebody changes the object in the registry, and it is pulled."""
        outcome = self.tree.load(stage)
        assert outcome.errors == [], outcome.said
        desired = outcome.loaded.desired.resources
        resource, kind = outcome[address], CATALOG[address.partition("/")[0]]

        def known(ref: Any) -> Any:
            other = CATALOG[ref.address.kind]
            return stand_in(other, ref.address) if ref.attribute == "id" or not other.versioned else 3

        body = replace_refs(resource.body, known)
        live = copy.deepcopy(body)
        change(live)
        now, then = form(kind, body).fingerprints, form(kind, live).fingerprints
        leaves = tuple(sorted(leaf for leaf in {*now, *then} if now.get(leaf) != then.get(leaf)))
        assert leaves, "nothing drifted"
        names = {stand_in(CATALOG[item.kind], item): item for item in desired}
        project = outcome.project
        theirs = Theirs(Address(address), leaves, live, known, names)
        return pull(self.tree.root, project, project.stages[stage], CATALOG, [theirs])

    def after(self, address: str, change: Change, stage: str = "dev") -> dict[str, str]:
        """The files that change."""
        edits = self.pull(address, change, stage)
        assert edits.diagnostics == ()
        return {path: new.decode() for path, (_, new) in edits.files.items()}

    def left(self, address: str, change: Change, stage: str = "dev") -> Any:
        """The one field that is left."""
        edits = self.pull(address, change, stage)
        assert dict(edits.files) == {}
        (said,) = edits.diagnostics
        return said


@pytest.fixture
def fleet(tree: Tree) -> Callable[[Mapping[str, str | bytes]], Fleet]:
    return lambda files: Fleet(tree.write({**FLEET, **files}))


def put(name: str, value: Any) -> Change:
    def change(body: dict[str, Any]) -> None:
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value

    return change


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        # the style of the value
        ('name: "a"  # said\n', put("name", "b"), 'name: "b"  # said\n'),
        ("name: 'a'\n", put("name", "it's"), "name: 'it''s'\n"),
        ("name: a\n", put("name", "true"), 'name: "true"\n'),
        ("name: a\n", put("name", "b: c"), 'name: "b: c"\n'),
        (
            "description: |\n  One.\n  Two.\n",
            put("description", "One.\nThree.\n"),
            "description: |\n  One.\n  Three.\n",
        ),
        ("description: |-\n    One.\n", put("description", "One.\n"), "description: |\n    One.\n"),
        ("description: >\n  One two\n  three.\n", put("description", "One two\nfour.\n"), None),
        (
            "description: >-\n  One two\n  three.\n",
            put("description", "One two three, four."),
            "description: >-\n  One two\n  three, four.\n",
        ),
        (
            "description: One.\n# below\n",
            put("description", "One.\nTwo.\n"),
            "description: |\n  One.\n  Two.\n# below\n",
        ),
        ("description: |\n  One.\n  Two.\n# below\n", put("description", None), "# below\n"),
        # members
        (
            "metadata:\n  team: core  # ours\n",
            put("metadata", {"team": "x", "b": "2"}),
            'metadata:\n  team: x  # ours\n  b: "2"\n',
        ),
        ("metadata: {team: core, b: c}\n", put("metadata", {"b": "c"}), "metadata: {b: c}\n"),
        ("metadata: {team: core}\n", put("metadata", {}), ""),
    ],
)
def test_a_field_in_its_own_style(fleet, before: str, change: Change, after: str | None):
    project = fleet({A: f"model: claude-opus-5-5\n{before}lifecycle: {{protect: true}}\n"})
    edits = project.pull("agent/a", change)
    assert edits.diagnostics == ()
    if after is not None:
        text = edits.files[A][1].decode()
        assert text == f"model: claude-opus-5-5\n{after}lifecycle: {{protect: true}}\n"


def model(**members: Any) -> Change:
    return put("model", {"id": "claude-opus-5-5", **members})


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("model: claude-opus-5-5\n", put("model", "claude-opus-6"), "model: claude-opus-6\n"),
        ("model: claude-opus-5-5\n", model(effort="high"), "model:\n  id: claude-opus-5-5\n  effort: high\n"),
        (
            "model: {id: claude-opus-5-5}\n",
            model(effort="high"),
            "model: {id: claude-opus-5-5, effort: high}\n",
        ),
        (
            "model: {id: claude-opus-5-5, effort: high}\n",
            model(effort="low"),
            "model: {id: claude-opus-5-5, effort: low}\n",
        ),
    ],
)
def test_a_model(fleet, before: str, change: Change, after: str):
    assert fleet({A: before}).after("agent/a", change) == {A: after}


def test_what_a_stage_overrides_is_edited_there_and_nothing_else(fleet):
    text = (
        "model: {id: claude-opus-5-5, effort: low}\ndescription: all\n"
        "overrides:\n  prod:\n    model: {effort: max}  # steady\n"
    )
    project = fleet({A: text})
    assert project.after("agent/a", model(effort="high"), "prod") == {A: text.replace("max", "high")}
    assert project.after("agent/a", put("description", "prod"), "prod") == {A: text.replace("all", "prod")}
    assert project.after("agent/a", model(effort="high")) == {A: text.replace("low", "high")}


def test_a_prompt_that_a_stage_overrides(fleet):
    text = "model: claude-opus-5-5\nsystem: Base.\noverrides: {prod: {prompt: prod.md}}\n"
    project = fleet({A: text, "agents/prod.md": "Prod.\n"})
    assert project.after("agent/a", put("system", "Other.\n"), "prod") == {"agents/prod.md": "Other.\n"}
    assert project.after("agent/a", put("system", "Other."), "dev") == {A: text.replace("Base.", "Other.")}


def test_a_template_keeps_its_expressions(fleet):
    template = "You are {{ vars.team }}.\n\n- Be kind.\n- Be {{ stage }}.\n"
    project = fleet({A: "model: claude-opus-5-5\nprompt: p.md.j2\n", "agents/p.md.j2": template})
    edited = project.after("agent/a", put("system", "You are core.\n\n- Be strict.\n- Be dev.\n"))
    assert edited == {"agents/p.md.j2": template.replace("kind", "strict")}


def test_what_comes_from_an_expression_is_left(fleet):
    template = "You are {{ vars.team }}.\n- Be kind.\n"
    project = fleet({A: "model: claude-opus-5-5\nprompt: p.md.j2\n", "agents/p.md.j2": template})
    said = project.left("agent/a", put("system", "You are mine.\n- Be kind.\n"))
    assert (said.code, "expression" in said.summary) == (Code.UNWRITABLE, True)
    assert str(said.location) == "agents/a.yaml:2:1"


def test_what_would_be_read_as_an_expression_is_left(fleet):
    project = fleet({A: "model: claude-opus-5-5\nprompt: p.md.j2\n", "agents/p.md.j2": "Hi.\n"})
    said = project.left("agent/a", put("system", "Hi.\n{{ vars.team }}\n"))
    assert said.code is Code.SIDE_EFFECT


def test_values_of_a_file_that_is_a_template(fleet):
    text = "model: claude-opus-5-5\ntemplate: true\nname: a\ndescription: |\n  For {{ stage }}.\n  Kind.\n"
    edited = fleet({A: text}).after("agent/a", put("description", "For dev.\nStrict.\n"))
    assert edited == {A: text.replace("Kind", "Strict")}


def test_a_prompt_that_others_use_is_left(fleet):
    files = {
        A: "model: claude-opus-5-5\nprompt: p.md\n",
        "agents/b.yaml": "model: claude-opus-5-5\nprompt: p.md\n",
        "agents/p.md": "Hi.\n",
    }
    said = fleet(files).left("agent/a", put("system", "Ho.\n"))
    assert (said.code, "agent/b" in said.summary) == (Code.SIDE_EFFECT, True)


CUSTOM = "- {type: custom, name: find, description: Finds., input_schema: {type: object}}\n"


def described(text: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        body["tools"][-1]["description"] = text

    return change


def test_an_include_of_one_agent_is_edited(fleet):
    files = {
        A: "model: claude-opus-5-5\ntools: [web_search, tools/find.yaml]\n",
        "agents/tools/find.yaml": CUSTOM,
    }
    edited = fleet(files).after("agent/a", described("Finds it."))
    assert edited == {"agents/tools/find.yaml": CUSTOM.replace("Finds.", "Finds it.")}


def test_an_include_of_several_agents_is_left(fleet):
    agent = "model: claude-opus-5-5\ntools: [tools/find.yaml]\n"
    said = fleet({A: agent, "agents/b.yaml": agent, "agents/tools/find.yaml": CUSTOM}).left(
        "agent/a", described("Finds it.")
    )
    assert (said.code, "agent/b" in said.summary) == (Code.SIDE_EFFECT, True)


MCP = """\
model: claude-opus-5-5
tools:
  - mcp: linear  # issues
    url: https://mcp.linear.app/mcp
    allow: [list_issues, get_issue]
"""


def allowed(*entries: tuple[str, str]) -> Change:
    def change(body: dict[str, Any]) -> None:
        body["tools"][0]["configs"] = [
            {"name": name, "enabled": True, "permission_policy": {"type": policy}} for name, policy in entries
        ]

    return change


def test_the_tools_of_a_server_stay_a_shorthand(fleet):
    project = fleet({A: MCP})
    more = allowed(("list_issues", "always_ask"), ("get_issue", "always_allow"), ("x", "always_ask"))
    assert project.after("agent/a", more) == {
        A: MCP.replace("[list_issues, get_issue]", "[list_issues, {get_issue: always_allow}, x]")
    }
    assert project.after("agent/a", allowed(("get_issue", "always_ask"))) == {
        A: MCP.replace("list_issues, ", "")
    }


def test_a_server_comes_with_its_tools(fleet):
    def change(body: dict[str, Any]) -> None:
        body["mcp_servers"].append({"type": "url", "name": "docs", "url": "https://docs.example.com/mcp"})
        body["tools"].append({"type": "mcp_toolset", "mcp_server_name": "docs"})

    (text,) = fleet({A: MCP}).after("agent/a", change).values()
    assert text == (
        MCP
        + "  - type: mcp_toolset\n    mcp_server_name: docs\n"
        + "mcp_servers:\n  - type: url\n    name: docs\n    url: https://docs.example.com/mcp\n"
    )


def test_a_server_goes_with_its_tools(fleet):
    def change(body: dict[str, Any]) -> None:
        body["mcp_servers"].clear()
        body["tools"] = [tool for tool in body["tools"] if tool["type"] != "mcp_toolset"]

    text = MCP.replace("tools:\n", "tools:\n  - web_search\n")
    assert fleet({A: text}).after("agent/a", change) == {
        A: "model: claude-opus-5-5\ntools:\n  - web_search\n"
    }


ENVIRONMENT = "# Sandbox.\nconfig:\n  type: cloud\n  packages: {pip: [numpy]}  # pinned below\n"


def test_the_config_of_an_environment_leaf_by_leaf(fleet):
    project = fleet({"environments/cloud.yaml": ENVIRONMENT})

    def more(body: dict[str, Any]) -> None:
        body["config"]["packages"]["pip"].append("pandas==2.2.0")
        body["config"]["packages"]["npm"] = ["express"]

    assert project.after("environment/cloud", more) == {
        "environments/cloud.yaml": ENVIRONMENT.replace(
            "{pip: [numpy]}", "{pip: [numpy, pandas==2.2.0], npm: [express]}"
        )
    }

    def limited(body: dict[str, Any]) -> None:
        body["config"]["networking"] = {
            "type": "limited",
            "allowed_hosts": ["example.com"],
            "allow_package_managers": True,
        }

    assert project.after("environment/cloud", limited) == {
        "environments/cloud.yaml": ENVIRONMENT
        + "  networking: {type: limited, allow_package_managers: true, allowed_hosts: [example.com]}\n"
    }


def test_what_one_type_has_as_null_goes_with_it(fleet):
    networking = "  networking: {type: limited, allowed_hosts: null}\n"
    project = fleet({"environments/cloud.yaml": f"config:\n  type: cloud\n{networking}"})

    def opened(body: dict[str, Any]) -> None:
        body["config"]["networking"] = {"type": "unrestricted"}

    (text,) = project.after("environment/cloud", opened).values()
    assert text in {
        "config:\n  type: cloud\n",
        "config:\n  type: cloud\n  networking: {type: unrestricted}\n",
    }


def agents(*names: str) -> Change:
    def change(body: dict[str, Any]) -> None:
        roster = [stand_in(CATALOG["agent"], f"agent/{name}") for name in names]
        body["multiagent"]["agents"] = [{"type": "agent", "id": id, "version": 3} for id in roster]

    return change


ROSTER = "model: claude-opus-5-5\nmultiagent:\n  type: coordinator\n  agents:\n    - ./b.yaml  # reviews\n"


def test_what_refers_to_others_is_written_as_the_file_writes_it(fleet):
    project = fleet({A: ROSTER, "agents/more/c.yaml": "type: agent\nmodel: claude-opus-5-5\n"})
    assert project.after("agent/a", agents("b", "c")) == {A: ROSTER + "    - ./more/c.yaml\n"}
    by_address = ROSTER.replace("./b.yaml", "agent/b")
    project = fleet({A: by_address})
    assert project.after("agent/a", agents("b", "c")) == {A: by_address + "    - agent/c\n"}


def test_another_version_is_pinned(fleet):
    def older(body: dict[str, Any]) -> None:
        body["multiagent"]["agents"][0]["version"] = 2

    (text,) = fleet({A: ROSTER}).after("agent/a", older).values()
    assert "type: agent" in text
    assert "id: agent/b" in text
    assert "version: 2" in text


def test_an_id_that_nobody_manages_is_left_with_advice(fleet):
    said = fleet({A: ROSTER}).left("agent/a", agents("b", "stranger"))
    assert said.code is Code.UNWRITABLE
    assert stand_in(CATALOG["agent"], "agent/stranger") in said.summary
    assert "external" in said.summary


def test_the_agent_of_a_deployment(fleet):
    def change(body: dict[str, Any]) -> None:
        body["agent"]["id"] = stand_in(CATALOG["agent"], "agent/b")

    edited = fleet({}).after("deployment/d", change)
    assert edited == {"deployments/d.yaml": FLEET["deployments/d.yaml"].replace("a.yaml", "b.yaml")}


MARKDOWN = "---\nmodel: claude-opus-5-5  # fast\nname: a\n---\n\n# Prompt\n\nBe kind.\n\n"


def test_markdown(fleet):
    project = fleet({"agents/m.md": MARKDOWN})
    assert project.after("agent/m", put("system", "# Prompt\n\nBe strict.")) == {
        "agents/m.md": MARKDOWN.replace("kind", "strict")
    }
    assert project.after("agent/m", put("description", "d")) == {
        "agents/m.md": MARKDOWN.replace("name: a\n", "name: a\ndescription: d\n")
    }
    said = project.left("agent/m", put("system", "# Prompt\n"))
    assert said.code is Code.UNWRITABLE


def test_json(fleet):
    text = '{\n  "model": "claude-opus-5-5",\n  "metadata": { "team": "core" }\n}\n'
    project = fleet({"agents/j.json": text})
    (new,) = project.after("agent/j", put("description", 'say "hi"\n')).values()
    assert new == text.replace(" }\n}", ' },\n  "description": "say \\"hi\\"\\n"\n}')
    (new,) = project.after("agent/j", put("metadata", {"team": "x", "b": "1"})).values()
    assert new == text.replace('"core"', '"x", "b": "1"')


def test_bytes_that_are_not_ours_stay(fleet):
    text = "\ufeffmodel: claude-opus-5-5\r\ndescription: ünï\t# tab\r\nname: a"
    (new,) = fleet({A: text}).after("agent/a", put("description", "öther")).values()
    assert new == text.replace("ünï", "öther")
    (new,) = fleet({A: text}).after("agent/a", put("metadata", {"a": "b"})).values()
    assert new == f"{text}\r\nmetadata:\r\n  a: b"


def test_anchors_and_merge_keys(fleet):
    text = "model: claude-opus-5-5\ndescription: &d Text\nmetadata: {d: *d, e: f}\n"
    project = fleet({A: text})
    (new,) = project.after("agent/a", put("metadata", {"d": "x", "e": "f"})).values()
    assert new == text.replace("*d", "x")
    said = project.left("agent/a", put("description", "Other"))
    assert said.code is Code.UNWRITABLE


def test_the_store_of_a_memory(fleet):
    text = "model: claude-opus-5-5\nmemory:\n  - {type: episodic, retention_days: 30}\n  - type: semantic\n"
    project = fleet({A: text})

    def days(body: dict[str, Any]) -> None:
        body["metadata"]["retention_days"] = "60"

    said = project.left("memory_store/a-episodic", days)
    assert "description" in said.summary  # it tells the days as well
    (new,) = project.after("memory_store/a-semantic", put("description", "What is known.")).values()
    assert new == f"{text}    description: What is known.\n"


def test_a_seed_that_agents_only_read(fleet):
    files = {
        A: "model: claude-opus-5-5\nmemory: {type: semantic, access: read_only, seed: seed/}\n",
        "agents/seed/x.md": "One.\n",
    }
    edited = fleet(files).after("memory/a-semantic/x.md", put("content", "Two.\n"))
    assert edited == {"agents/seed/x.md": "Two.\n"}


VAULT = """\
display_name: Keys
credentials:
  linear:  # issues
    display_name: Linear
    auth: {type: static_bearer, mcp_server_url: https://mcp.linear.app/mcp, token: {secret: env:TOKEN}}
"""


def test_a_credential_never_takes_a_secret(fleet):
    project = fleet({"vaults/keys.yaml": VAULT})
    (new,) = project.after("credential/keys/linear", put("display_name", "Issues")).values()
    assert new == VAULT.replace("Linear\n", "Issues\n")


# -- writing


def test_what_was_changed_meanwhile_is_refused_and_nothing_written(fleet):
    project = fleet({A: "model: claude-opus-5-5\nprompt: p.md\n", "agents/p.md": "Hi.\n"})
    edits = project.pull("agent/a", lambda body: body.update(system="Ho.\n", description="d"))
    assert set(edits.files) == {A, "agents/p.md"}
    project.tree.write({"agents/p.md": "Mine.\n"})
    with pytest.raises(Blocked) as refused:
        write(project.tree.root, edits.files)
    assert refused.value.diagnostics[0].code is Code.FILE_MOVED
    assert (project.tree.root / A).read_text() == "model: claude-opus-5-5\nprompt: p.md\n"
    assert (project.tree.root / "agents/p.md").read_text() == "Mine.\n"


def test_a_link_within_the_project_is_followed_and_stays_one(fleet):
    project = fleet({"real/a.yaml.txt": "model: claude-opus-5-5\n"})
    (project.tree.root / A).unlink()
    (project.tree.root / A).symlink_to("../real/a.yaml.txt")
    write(project.tree.root, project.pull("agent/a", put("description", "d")).files)
    assert (project.tree.root / A).is_symlink()
    assert (project.tree.root / "real/a.yaml.txt").read_text().endswith("description: d\n")


def test_where_one_file_cannot_be_written_all_are_as_they_were(fleet, monkeypatch: pytest.MonkeyPatch):
    from pathlib import Path

    project = fleet({A: "model: claude-opus-5-5\nprompt: p.md\n", "agents/p.md": "Hi.\n"})
    edits = project.pull("agent/a", lambda body: body.update(system="Ho.\n", description="d"))
    before = {path: (project.tree.root / path).read_bytes() for path in edits.files}
    replace, calls = Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(Stop):
        write(project.tree.root, edits.files)
    assert {path: (project.tree.root / path).read_bytes() for path in edits.files} == before
    assert not [item for item in (project.tree.root / "agents").iterdir() if item.name.startswith(".")]


VERBATIM = """\
model: claude-opus-5-5
tools:
  - type: agent_toolset_20260401
    configs:
      - {name: write, permission_policy: {type: always_ask}}  # it writes
      - {name: bash}
      - {name: edit, enabled: false}
"""


def test_a_toolset_that_is_written_out_is_edited_entry_by_entry(fleet):
    def change(body: dict[str, Any]) -> None:
        body["tools"][0]["configs"] = [
            {"name": "edit", "enabled": True, "permission_policy": {"type": "always_ask"}},
            {"name": "write", "enabled": False, "permission_policy": {"type": "always_ask"}},
        ]

    (text,) = fleet({A: VERBATIM}).after("agent/a", change).values()
    then = "{name: edit, enabled: true, permission_policy: {type: always_ask}}"
    assert text == VERBATIM.replace("type: always_ask}}", "type: always_ask}, enabled: false}").replace(
        "{name: edit, enabled: false}", then
    )


def test_the_text_of_a_deployment_is_its_message(fleet):
    text = (
        "---\nagent: ../agents/a.yaml\nenvironment_id: ../environments/cloud.yaml\n---\n\nReview, please.\n"
    )

    def change(body: dict[str, Any]) -> None:
        body["initial_events"][0]["content"][0]["text"] = "Review it."

    edited = fleet({"deployments/m.md": text}).after("deployment/m", change)
    assert edited == {"deployments/m.md": text.replace("Review, please.", "Review it.")}
