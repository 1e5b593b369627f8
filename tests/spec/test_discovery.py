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
    ],
)
def test_kind_address_and_name_of_a_file(tree: Tree, path: str, text: str, address: str, name: str) -> None:
    outcome = tree.write({path: text}).load()
    assert outcome.addresses == [address], outcome.said
    assert outcome.errors == []
    assert outcome[address].body["name"] == name
    assert outcome[address].path == path
    assert not {"type", "address"} & outcome[address].body.keys()


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
        ("skills/pdf/agents/x.yaml", MODEL),
    ],
)
def test_what_only_looks_like_ours_is_left_alone(tree: Tree, path: str, text: str) -> None:
    if path.startswith("skills/"):
        tree.write({"skills/pdf/SKILL.md": "---\nname: pdf\n---\nhi"})
    outcome = tree.write({path: text}).load()
    assert outcome.addresses == []
    assert {item.code for item in outcome.diagnostics} <= {Code.LATER_KIND, Code.NOTHING_DECLARED}


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("deployments/daily.yaml", "agent: a\n", "deployment/daily: deployments are"),
        ("agents/tutor/deployment-daily.yaml", "agent: a\n", "deployment/tutor-daily: deployments are"),
        ("vaults/keys.yaml", "display_name: Keys\n", "vault/keys: vaults are"),
        ("agents/tutor/vault.yaml", "type: vault\n", "vault/tutor: vaults are"),
        ("skills/pdf/SKILL.md", "---\nname: pdf\n---\nhi", "skill/pdf: skills are"),
        ("agents/tutor/skills/pdf/SKILL.md", "hi", "skill/pdf: skills are"),
    ],
)
def test_what_comes_later_is_one_warning(tree: Tree, path: str, text: str, what: str) -> None:
    only = tree.write({path: text}).load().only()
    assert only.severity is Severity.WARNING
    assert only.code is Code.LATER_KIND
    assert only.summary == f"{what} not supported yet; they come with the next release"
    assert only.location is not None
    assert only.location.file == path


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
