"""Which files declare what, and under which address."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import os

import pytest

from agentops.domain.diagnostics import Code, Severity

from .conftest import Tree

MODEL = "model: claude-opus-5-5\n"
CLOUD = "config: {type: cloud}\n"


@pytest.mark.parametrize(
    ("path", "text", "address", "name"),
    [
        ("agents/tutor.yaml", MODEL, "agent/tutor", "tutor"),
        ("agents/tutor.yml", MODEL, "agent/tutor", "tutor"),
        ("agents/tutor.json", '{"model": "m"}', "agent/tutor", "tutor"),
        ("agents/tutor.md", f"---\n{MODEL}---\nhi", "agent/tutor", "tutor"),
        ("agents/tutor.markdown", f"---\n{MODEL}---\nhi", "agent/tutor", "tutor"),
        ("agents/tutor/agent.yaml", MODEL, "agent/tutor", "tutor"),
        ("agents/tutor/agent.md", f"---\n{MODEL}---\nhi", "agent/tutor", "tutor"),
        ("agents/tutor/environment.yaml", CLOUD, "environment/tutor", "tutor"),
        ("agents/tutor/memory_store.md", "Notes.", "memory_store/tutor", "tutor"),
        ("agents/tutor/memory_store-notes.yaml", "description: x", "memory_store/tutor-notes", "notes"),
        ("agents/tutor/environment_big.yaml", CLOUD, "environment/tutor-big", "big"),
        ("agents/tutor/environment.big.yaml", CLOUD, "environment/tutor-big", "big"),
        ("team/deep/agents/x.yaml", MODEL, "agent/x", "x"),
        ("team/agent.yaml", MODEL, "agent/team", "team"),
        ("agent.yaml", MODEL, "agent/fleet", "fleet"),
        ("agent-helper.yaml", MODEL, "agent/helper", "helper"),
        ("bots/helper.yaml", f"type: agent\n{MODEL}", "agent/helper", "helper"),
        ("bots/helper.yaml", f"{MODEL}type: agent\n", "agent/helper", "helper"),
        ("bots/helper.yaml", "{model: m, type: agent}\n", "agent/helper", "helper"),
        ("bots/helper.json", '{"model": "m", "type": "agent"}', "agent/helper", "helper"),
        ("bots/helper.md", f"---\ntype: agent\n{MODEL}---\nhi", "agent/helper", "helper"),
        ("agents/cloud.yaml", f"type: environment\n{CLOUD}", "environment/cloud", "cloud"),
        ("environments/environment-big.yaml", CLOUD, "environment/environment-big", "big"),
        ("memory_stores/a b.yaml", "description: x", "memory_store/a b", "a b"),
        ("agents/v1.2.yaml", MODEL, "agent/v1.2", "v1.2"),
        ("agents/x.yaml", f"address: agent/y\n{MODEL}", "agent/y", "x"),
        ("vaults/keys.yaml", "display_name: keys\n", "vault/keys", "keys"),
        ("vaults/keys.yaml", "metadata: {a: b}\n", "vault/keys", "keys"),
        ("vaults/keys.yaml", "type: vault\n", "vault/keys", "keys"),
        ("vaults/keys.yaml", "credentials: {}\n", "vault/keys", "keys"),
        ("vaults/keys.md", "---\ntype: vault\n---\n", "vault/keys", "keys"),
        ("vaults/vault-keys.yaml", "metadata: {}\n", "vault/vault-keys", "keys"),
        ("team/deep/vaults/keys.json", '{"metadata": {}}', "vault/keys", "keys"),
        ("agents/tutor/vault.yaml", "type: vault\n", "vault/tutor", "tutor"),
        ("agents/tutor/vault-keys.yaml", "type: vault\n", "vault/tutor-keys", "keys"),
        ("ops/secrets.yaml", "type: vault\n", "vault/secrets", "secrets"),
    ],
)
def test_kind_address_and_name_of_a_file(tree: Tree, path: str, text: str, address: str, name: str) -> None:
    outcome = tree.write({path: text}).load()
    assert outcome.addresses == [address], outcome.said
    assert outcome.diagnostics == ()
    assert outcome[address].body["display_name" if address.startswith("vault/") else "name"] == name
    assert outcome[address].path == path
    assert not {"type", "address"} & outcome[address].body.keys()


RUN = "agent: {type: agent, id: agent_1}\nenvironment_id: env_011CftafA7Q9XsQ3QhMZoamB\n"
GO = "initial_events: [{type: user.message, content: [{type: text, text: Go.}]}]\n"


@pytest.mark.parametrize(
    ("path", "address", "name"),
    [
        ("deployments/daily.yaml", "deployment/daily", "daily"),
        ("deployments/deployment-daily.yaml", "deployment/deployment-daily", "daily"),
        ("agents/tutor/deployment-daily.yaml", "deployment/tutor-daily", "daily"),
        ("agents/tutor/deployment.yaml", "deployment/tutor", "tutor"),
        ("deployment.yaml", "deployment/fleet", "fleet"),
        ("team/deployment_x.yml", "deployment/team-x", "x"),
        ("ops/daily.yaml", "deployment/daily", "daily"),
    ],
)
def test_kind_address_and_name_of_a_deployment(tree: Tree, path: str, address: str, name: str) -> None:
    kind = "type: deployment\n" if path.startswith("ops/") else ""
    outcome = tree.write({path: f"{kind}{RUN}{GO}"}).load()
    assert outcome.addresses == [address], outcome.said
    assert outcome.diagnostics == ()
    assert outcome[address].body["name"] == name


def test_prose_of_a_deployment_is_what_its_sessions_start_with(tree: Tree) -> None:
    outcome = tree.write({"deployments/d.md": f"---\n{RUN}---\n\n Go on.\n\n"}).load()
    assert outcome.diagnostics == ()
    assert outcome["deployment/d"].body["initial_events"] == [
        {"type": "user.message", "content": [{"type": "text", "text": "Go on."}]}
    ]


def test_prose_of_a_deployment_and_its_events_are_one_too_many(tree: Tree) -> None:
    only = tree.write({"deployments/d.md": f"---\n{RUN}{GO}---\nGo.\n"}).load().only()
    assert only.code is Code.CONFLICTING_FIELDS
    assert "also sets 'initial_events'" in only.summary
    assert str(only.location) == "deployments/d.md:4:1"


def test_empty_prose_leaves_the_events_of_the_frontmatter(tree: Tree) -> None:
    outcome = tree.write({"deployments/d.md": f"---\n{RUN}{GO}---\n\n"}).load()
    assert outcome.diagnostics == ()
    assert outcome["deployment/d"].body["initial_events"][0]["content"][0]["text"] == "Go."


def test_prose_of_a_vault_would_go_nowhere(tree: Tree) -> None:
    only = tree.write({"vaults/v.md": "---\ndisplay_name: V\n---\n\nNotes.\n"}).load().only()
    assert only.code is Code.CONFLICTING_FIELDS
    assert only.summary == "a vault has no text, so what stands under the frontmatter goes nowhere"
    assert str(only.location) == "vaults/v.md:5:1"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/guide.md", "# Guide\n"),
        ("docs/agent-guide.md", "# About agents\n"),
        ("agents/README.md", "# Our agents\n"),
        ("environments/README.md", "# Our environments\n"),
        ("config/app.yaml", "type: service\nname: x\n"),
        ("config/broken.yaml", "a: [\n"),
        ("config/nested.yaml", "properties:\n  type: agent\n"),
        ("environment.yml", "name: conda\ndependencies: [python]\n"),
        ("deployments/web.yaml", "apiVersion: apps/v1\nkind: Deployment\n"),
        ("vault.yaml", "server: x\n"),
        ("vaults/ansible.yaml", "password: x\n"),
        ("vaults/notes.md", "# Notes\n"),
        ("vaults/secret.yml", "$ANSIBLE_VAULT;1.1;AES256\n61626364\n"),
        ("vaults/partly.yml", "password: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n"),
        (
            "deployments/web.yaml",
            "apiVersion: apps/v1\nkind: Deployment\n---\napiVersion: v1\nkind: Service\n",
        ),
        ("deployments/helm.yaml", "apiVersion: apps/v1\nmetadata: {{- .Values.meta }}\n"),
        ("vaults/README.md", "# Our vaults\n"),
        ("vaults/helm.yaml", "name: x\nmetadata: {a: b}\n"),
        ("deployments/README.md", "# Our deployments\n"),
        ("daily-deployment.yaml", RUN),
        ("plugins/marketplace.yaml", "type: skill\nname: x\n"),
        ("SKILL.md", "---\nname: fleet\ndescription: d\n---\nHow to.\n"),
        ("skills/notes.md", "# Notes\n"),
        ("skills/README.md", "# Our skills\n"),
        ("agents/tutor.txt", "hi"),
        ("daily-agent.yaml", MODEL),
        (".claude/agents/x.md", "hi"),
        ("node_modules/agents/x.yaml", MODEL),
        ("venv/agents/x.yaml", MODEL),
        ("build/agents/x.yaml", MODEL),
        ("vendor/agents/x.yaml", MODEL),
        ("dist/agents/x.yaml", MODEL),
        ("locks/agents/x.yaml", MODEL),
        ("agents/.hidden.yaml", MODEL),
        ("memories/x.md", "hi"),
        ("claude-lock.json", '{"version": 1, "type": "agent"}'),
    ],
)
def test_what_only_looks_like_ours_is_left_alone(tree: Tree, path: str, text: str) -> None:
    assert tree.write({path: text}).load().only().code is Code.NOTHING_DECLARED


SKILL = "---\nname: pdf\ndescription: Reads PDF.\n---\nHow to.\n"


@pytest.mark.parametrize(
    "path",
    [
        "agents/x.yaml",
        "agent.md",
        "deployments/d.yaml",
        "deep/skills/other/SKILL.md",
        "environments/e.yaml",
        "x.yaml",
    ],
)
def test_what_lies_in_a_skill_is_payload(tree: Tree, path: str) -> None:
    outcome = tree.write({"skills/pdf/SKILL.md": SKILL, f"skills/pdf/{path}": "type: agent\n"}).load()
    assert outcome.addresses == ["skill/pdf"]
    assert outcome.diagnostics == ()
    assert path in outcome["skill/pdf"].body["files"]


@pytest.mark.parametrize("path", ["skills/pdf.yaml", "agents/pdf.yaml"])
def test_a_file_that_says_it_is_a_skill_is_told_what_one_is(tree: Tree, path: str) -> None:
    only = tree.write({path: "type: skill\nname: pdf\n"}).load().only()
    assert only.code is Code.UNKNOWN_KIND
    assert only.summary == "a skill is a directory with a SKILL.md, not a file"
    assert only.detail == "put its text into skills/NAME/SKILL.md"
    assert str(only.location) == f"{path}:1:7"


@pytest.mark.parametrize("members", ["display_name: V\nmetdata: {a: b}\n", "credentials: {}\nname: V\n"])
def test_a_vault_with_a_misspelt_member_is_not_passed_over(tree: Tree, members: str) -> None:
    outcome = tree.write({"vaults/v.yaml": members}).load()
    assert outcome.addresses == ["vault/v"]
    assert len(outcome.errors) == 1


@pytest.mark.parametrize(
    "named",
    [
        "agents: [./team/critic.md]",
        "agents: [{path: team/critic.md}]",
        "agents: [{type: agent, id: team/critic.md}]",
    ],
)
def test_a_markdown_file_that_only_a_roster_names_is_an_agent(tree: Tree, named: str) -> None:
    tree.write({"agents/a/agent.yaml": f"{MODEL}multiagent: {{type: coordinator, {named}}}\n"})
    tree.write({"agents/a/team/critic.md": f"---\n{MODEL}---\nYou judge.\n", "agents/a/team/notes.md": "x"})
    outcome = tree.load()
    assert outcome.addresses == ["agent/a", "agent/critic"]
    assert outcome.diagnostics == ()
    assert outcome["agent/critic"].body["system"] == "You judge."


def test_an_agent_that_only_such_an_agent_names_is_one_too(tree: Tree) -> None:
    tree.write(
        {"deployments/d.yaml": f"agent: ../bots/lead.md\nenvironment_id: env_011CftafA7Q9XsQ3QhMZoamB\n{GO}"}
    )
    tree.write(
        {"bots/lead.md": f"---\n{MODEL}multiagent: {{type: coordinator, agents: [critic.md]}}\n---\nx\n"}
    )
    tree.write({"bots/critic.md": f"---\n{MODEL}---\nx\n"})
    outcome = tree.load()
    assert outcome.addresses == ["agent/critic", "agent/lead", "deployment/d"]
    assert outcome.diagnostics == ()


def test_an_agent_that_only_an_override_names_is_there_in_every_stage(tree: Tree) -> None:
    tree.write({"agents/a.yaml": MODEL, "bots/big.md": f"---\n{MODEL}---\nx\n"})
    tree.write({"deployments/d.yaml": f"{RUN}{GO}overrides: {{prod: {{agent: {{id: ../bots/big.md}}}}}}\n"})
    for stage, id in (("dev", "agent_1"), ("prod", {"$ref": {"address": "agent/big", "attribute": "id"}})):
        outcome = tree.load(stage)
        assert outcome.addresses == ["agent/a", "agent/big", "deployment/d"]
        assert outcome.diagnostics == ()
        assert outcome["deployment/d"].body["agent"]["id"] == id


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("vaults/v.yaml", "display_name: [\n"),
        ("vaults/v.yaml", "metadata: {}\ncredentials: {\n"),
        ("vaults/v.json", '{"display_name": }'),
        ("deployments/d.yaml", "agent: [\n"),
        ("deployments/d.yaml", f"{RUN}---\n{RUN}"),
        ("environments/e.yaml", "config: [\n"),
    ],
)
def test_a_broken_file_that_is_ours_is_an_error(tree: Tree, path: str, text: str) -> None:
    only = tree.write({path: text}).load().only()
    assert only.code is Code.SYNTAX
    assert only.location is not None
    assert only.location.file == path


@pytest.mark.parametrize("text", ["model: [\n", "", "- x\n"])
def test_what_refers_to_a_broken_file_is_not_wrong_itself(tree: Tree, text: str) -> None:
    tree.write(
        {
            "agents/a.yaml": text,
            "deployments/d.yaml": f"agent: ../agents/a.yaml\n{RUN.split(chr(10))[1]}\n{GO}",
        }
    )
    only = tree.load().only()
    assert only.location is not None
    assert only.location.file == "agents/a.yaml"


def test_two_files_of_one_address_are_both_named(tree: Tree) -> None:
    only = tree.write({"agents/a.yaml": MODEL, "agents/a/agent.yaml": MODEL}).load().only()
    assert only.code is Code.DUPLICATE_ADDRESS
    assert "agents/a.yaml" in only.summary
    assert "agents/a/agent.yaml" in only.summary


@pytest.mark.parametrize(
    ("agent", "files"),
    [
        ("prompt: prompt.md\n", {"agents/prompt.md": "---\nnot: closed\n"}),
        ("prompt: ../environments/p.md\n", {"environments/p.md": "You are."}),
        ("tools: [tools/*.yaml]\n", {"agents/tools/agent.yaml": "type: custom\nname: t\ndescription: d\ninput_schema: {type: object}\n"}),
        ("tools: [t.json]\n", {"agents/t.json": '[{"type": "custom", "name": "t", "description": "d", "input_schema": {"type": "object"}}]'}),
        ("memory: {type: episodic, seed: notes/}\n", {"agents/notes/agent.md": "x", "agents/notes/agents/y.yaml": "a: ["}),
        ("overrides: {prod: {prompt: prod.md}}\n", {"agents/prod.md": "You are."}),
        ("template: true\nprompt: 'p-{{ stage }}.md'\n", {"agents/p-dev.md": "dev", "agents/p-prod.md": "prod"}),
    ],
    ids=["a prompt", "a prompt in a kind's directory", "tools", "a list of tools", "seeds", "an override", "a template"],
)  # fmt: skip
def test_payload_declares_nothing_wherever_it_lies(tree: Tree, agent: str, files: dict[str, str]) -> None:
    outcome = tree.write({"agents/a.yaml": MODEL + agent, **files}).load()
    assert [address for address in outcome.addresses if address.startswith(("agent/", "environment/"))] == [
        "agent/a"
    ]
    assert outcome.errors == [], outcome.said


def test_files_that_name_each_other_as_prompts_stay_resources(tree: Tree) -> None:
    text = "---\nmodel: m\nprompt: {}\n---\n"
    outcome = tree.write({"agents/a.md": text.format("b.md"), "agents/b.md": text.format("a.md")}).load()
    assert outcome.addresses == ["agent/a", "agent/b"]


def test_a_forgotten_tool_beside_an_agent_is_noticed(tree: Tree) -> None:
    tree.write(
        {"agents/a/agent.yaml": MODEL, "agents/a/tools/t.yaml": "type: custom\n", "agents/a/NOTES.md": "x"}
    )
    only = tree.load().only()
    assert only.severity is Severity.WARNING
    assert only.code is Code.UNUSED
    assert only.location is not None
    assert only.location.file == "agents/a/tools/t.yaml"


def test_a_link_inside_the_project_is_followed_to_a_file(tree: Tree) -> None:
    tree.write({"shared/a.yaml": MODEL, "agents/b.yaml": MODEL})
    (tree.root / "agents/a.yaml").symlink_to("../shared/a.yaml")
    assert tree.load().addresses == ["agent/a", "agent/b"]


def test_a_link_out_of_the_project_elsewhere_is_nobodys_business(tree: Tree) -> None:
    (tree.root / "result").symlink_to("/")
    assert tree.load().only().code is Code.NOTHING_DECLARED


def test_a_project_inside_the_project_is_another_one(tree: Tree) -> None:
    tree.write({"examples/one/agentops.yaml": "project: one\n", "examples/one/agents/x.yaml": MODEL})
    assert tree.load().addresses == []


def test_a_name_that_no_address_can_have_is_refused(tree: Tree) -> None:
    outcome = tree.write({"agents/a\nb.yaml": MODEL}).load()
    assert outcome.codes == [Code.INVALID_VALUE]


def test_texts_that_lead_back_to_themselves_are_a_circle(tree: Tree) -> None:
    text = "---\nmodel: m\nprompt: {}\n---\n"
    tree.write({"agents/a.md": text.format("b.md"), "agents/b.md": text.format("a.md")})
    tree.write({"agents/c.md": text.format("c.md"), "agents/d.md": text.format("../p.txt"), "p.txt": "x"})
    outcome = tree.load()
    assert outcome.codes == [Code.CYCLE] * 3
    assert [str(item.location) for item in outcome.errors] == [f"agents/{name}.md:3:9" for name in "abc"]


@pytest.mark.parametrize("seed", [".", "./", "'*'", "[., notes.md]"])
def test_a_file_is_no_seed_of_its_own(tree: Tree, seed: str) -> None:
    tree.write(
        {"agents/t/agent.yaml": f"{MODEL}memory: {{name: m, seed: {seed}}}\n", "agents/t/notes.md": "x"}
    )
    outcome = tree.load()
    assert outcome.errors == [], outcome.said
    assert outcome.addresses == ["agent/t", "memory/t-m/notes.md", "memory_store/t-m"]


@pytest.mark.parametrize(
    ("link", "target", "seed", "told"),
    [
        ("agents/b", "../shared", "", "is a link to a folder; it is not followed"),
        ("agents/loop", "loop", "", "leads to itself"),
        ("docs/b", "../shared", "", None),
        ("agents/b", "../shared", "memory: {name: m, seed: b}\n", None),
    ],
)
def test_a_link_that_is_not_followed_says_so(
    tree: Tree, link: str, target: str, seed: str, told: str | None
) -> None:
    tree.write({"agents/a.yaml": MODEL + seed, "shared/x.txt": "x", "docs/y.txt": "y"})
    (tree.root / link).symlink_to(target)
    found = tree.load().diagnostics
    assert [told in item.summary for item in found] == ([] if told is None else [True])


def test_a_memory_declared_like_elsewhere_is_told_where_memories_go(tree: Tree) -> None:
    tree.write(
        {"agents/a.yaml": MODEL, "memories/x.yaml": "memory_store_id: ../memory_stores/s.yaml\npath: /a\n"}
    )
    only = tree.load().only()
    assert only.severity is Severity.WARNING
    assert "memories are declared as `seed`" in only.summary


def test_a_credential_declared_like_elsewhere_is_told_where_credentials_go(tree: Tree) -> None:
    tree.write({"agents/a.yaml": MODEL, "credentials/x.yaml": "vault_id: ../vaults/v.yaml\nauth: {}\n"})
    only = tree.load().only()
    assert only.severity is Severity.WARNING
    assert "credentials are declared as `credentials` of their vault" in only.summary
    assert only.detail == "write `credentials: {NAME: {auth: …}}` in the file of the vault"


@pytest.mark.parametrize(("written", "said"), [("", "nothing"), ("1", "a number"), ("[agent]", "a list")])
def test_a_type_that_is_no_text_is_described(tree: Tree, written: str, said: str) -> None:
    only = tree.write({"agents/a.yaml": f"type: {written}\n{MODEL}"}).load().only()
    assert only.code is Code.UNKNOWN_KIND
    assert only.summary == f"'type' is the kind of the resource, not {said}"


@pytest.mark.parametrize(("reference", "said"), [("pipe.md", "not a regular file"), ("d", "a folder")])
def test_a_prompt_that_is_no_file_is_told_what_it_is(tree: Tree, reference: str, said: str) -> None:
    tree.write({"agents/a.yaml": f"{MODEL}prompt: {reference}\n", "agents/d/x": "x"})
    os.mkfifo(tree.root / "agents/pipe.md")
    assert any(f"'{reference}' is {said}" == item.summary for item in tree.load().errors)


@pytest.mark.parametrize(
    ("path", "number"), [("agents/\udcff.yaml", 1), ("skills/\udcff/SKILL.md", 1), ("docs/\udcff.yaml", 0)]
)
def test_a_name_that_is_no_text_is_refused_where_resources_are(tree: Tree, path: str, number: int) -> None:
    tree.write({"agents/a.yaml": MODEL})
    target = tree.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(SKILL)
    outcome = tree.load()
    assert outcome.addresses == ["agent/a"]
    assert outcome.codes == [Code.UNREADABLE] * number
    for item in outcome.diagnostics:
        assert r"\udcff" in item.summary
        assert item.model_dump_json()


@pytest.mark.parametrize("inside", [True, False])
def test_a_skill_behind_a_link_is_named_where_it_really_is(tree: Tree, inside: bool) -> None:
    target = tree.root / "shared/pdf" if inside else tree.root.parent / "pdf"
    target.mkdir(parents=True)
    (target / "SKILL.md").write_text(SKILL)
    tree.write({"agents/a.yaml": f"{MODEL}skills: [../skills/pdf]\n", "skills/README.md": "x"})
    (tree.root / "skills/pdf").symlink_to(target)
    found = {item.location.file: item for item in tree.load().diagnostics if item.location is not None}
    assert found.keys() == {"agents/a.yaml", "skills/pdf"}
    link, named = found["skills/pdf"], found["agents/a.yaml"]
    assert link.severity is (Severity.WARNING if inside else Severity.ERROR)
    assert ("is not followed" if inside else "leads out of the project") in link.summary
    assert "name the directory where it really is" in named.detail
