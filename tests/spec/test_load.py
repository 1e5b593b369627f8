"""What a file asks for: prompts, names, sources, and what holds between resources."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import subprocess
import sys

import pytest

from agentops.domain.diagnostics import Code
from agentops.domain.resource import Lifecycle

from .conftest import Tree

MODEL = "model: claude-opus-5-5\n"


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("p.md", "  As {it} {{ stands }} {% here %}.\n\n", "  As {it} {{ stands }} {% here %}.\n\n"),
        ("p.txt", "a\r\nb\r\n", "a\r\nb\r\n"),
        ("p.md", "\ufeffno mark\n", "no mark\n"),
        ("p.md", "---\nkept: yes\n---\n", "---\nkept: yes\n---\n"),
        (
            "p.md.j2",
            "In {{ stage }}: {{ vars.inbox }} of {{ vars.team }}.\n",
            "In dev: dev@example.com of core.\n",
        ),
        ("p", "no suffix", "no suffix"),
    ],
)
def test_a_prompt_is_its_file_and_a_template_what_it_renders(
    agent, file: str, content: str, expected: str
) -> None:
    outcome = agent(f"prompt: {file}\n", **{f"agents/{file}": content})
    assert outcome.errors == [], outcome.said
    assert outcome["agent/a"].body["system"] == expected
    assert "prompt" not in outcome["agent/a"].body


def test_text_is_rendered_only_where_the_file_says_so(agent) -> None:
    text = "name: '{{ stage }}'\nmetadata: {mail: '{{ vars.inbox }}'}\n"
    assert agent(text)["agent/a"].body["name"] == "{{ stage }}"
    body = agent(f"{text}template: true\n", "prod")["agent/a"].body
    assert (body["name"], body["metadata"]) == ("prod", {"mail": "prod@example.com"})
    assert "template" not in body


def test_prose_of_a_file_that_says_so_is_rendered(tree: Tree) -> None:
    tree.write({"agents/a.md": f"---\n{MODEL}template: true\n---\nIn {{{{ stage }}}}.\n"})
    assert tree.load()["agent/a"].body["system"] == "In dev."


def test_lifecycle_is_read_and_taken_out(agent) -> None:
    resource = agent("lifecycle: {protect: true, ignore_changes: [description, model.effort]}\n")["agent/a"]
    assert resource.lifecycle == Lifecycle(protect=True, ignore_changes=("description", "model.effort"))
    assert "lifecycle" not in resource.body


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("name: x\ndescription: y\n", "# note\ndescription: y\nname: 'x'\n", True),
        ("name: x\n", "name: y\n", False),
        ("name: x\n", "name: x\noverrides: {prod: {name: z}}\n", True),
        ("name: x\n", "name: x\nlifecycle: {protect: true}\n", False),
    ],
)
def test_a_source_is_the_content_before_overrides(agent, before: str, after: str, same: bool) -> None:
    first = agent(before)["agent/a"].source.digest
    assert (agent(after)["agent/a"].source.digest == first) is same


def test_a_source_is_the_same_in_every_stage(tree: Tree) -> None:
    tree.write(
        {
            "agents/a.yaml": f"{MODEL}prompt: p.j2\noverrides: {{prod: {{name: z}}}}\n",
            "agents/p.j2": "{{ stage }}",
        }
    )
    assert tree.load("dev")["agent/a"].source == tree.load("prod")["agent/a"].source


@pytest.mark.parametrize("path", ["agents/p.md", "agents/t.yaml"])
def test_a_source_follows_the_prompt_and_the_includes(agent, path: str) -> None:
    files = {
        "agents/p.md": "one",
        "agents/t.yaml": "{type: custom, name: t, description: d, input_schema: {type: object}}",
    }
    text = "prompt: p.md\ntools: [t.yaml]\n"
    first = agent(text, **files)["agent/a"].source.digest
    assert (
        agent(text, **files | {path: files[path].replace("one", "two").replace("d,", "e,")})[
            "agent/a"
        ].source.digest
        != first
    )


def test_a_source_covers_the_prompts_of_every_stage(agent) -> None:
    text = "template: true\nprompt: 'p-{{ stage }}.md'\n"
    files = {"agents/p-dev.md": "one", "agents/p-prod.md": "two"}
    first = agent(text, **files)["agent/a"].source.digest
    assert agent(text, **files | {"agents/p-prod.md": "three"})["agent/a"].source.digest != first


def test_a_memory_has_a_source_of_its_own(agent) -> None:
    text = "memory: {type: episodic}\nname: "
    first, second = agent(f"{text}x\n"), agent(f"{text}y\n")
    assert first["memory_store/a-episodic"].source == second["memory_store/a-episodic"].source
    third = agent("memory: {type: episodic, retention_days: 3}\nname: x\n")
    assert third["memory_store/a-episodic"].source != first["memory_store/a-episodic"].source


def test_environments_of_one_name_are_refused_for_the_registry_takes_it_once(tree: Tree) -> None:
    tree.write({"environments/a.yaml": "name: x\n", "environments/b.yaml": "name: x\n"})
    only = tree.load().only()
    assert only.code is Code.DUPLICATE_ADDRESS
    assert "environment/a" in only.summary
    assert "environment/b" in only.summary


def test_a_generated_store_and_a_declared_one_collide(agent) -> None:
    outcome = agent("memory: {type: episodic}\n", **{"memory_stores/a-episodic.yaml": "name: x\n"})
    assert outcome.codes == [Code.DUPLICATE_ADDRESS]


def test_an_address_too_long_for_its_tag(tree: Tree) -> None:
    tree.write({"agents/long.yaml": f"address: agent/{'y' * 512}\n{MODEL}"})
    assert tree.load().codes == [Code.LIMIT]


def test_files_are_counted(agent) -> None:
    assert agent("prompt: p.md\n", **{"agents/p.md": "x", "docs/other.md": "y"}).loaded.files == 2


def test_every_diagnostic_of_a_resource_names_it(agent) -> None:
    outcome = agent("nme: x\ntools: [bsh]\nprompt: nope.md\n")
    assert [item.address for item in outcome.errors] == ["agent/a"] * 3


def test_a_hundred_agents_come_in_address_order(tree: Tree) -> None:
    tree.write({f"agents/a{number}.yaml": MODEL for number in range(100)})
    outcome = tree.load()
    assert outcome.addresses == sorted(outcome.addresses)
    assert len(outcome.addresses) == 100


def test_loading_imports_no_network() -> None:
    code = "import sys, agentops.spec; sys.exit(bool({'httpx', 'anyio', 'starlette', 'click', 'rich', 'deepdiff'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("execution_identity.role_arn", "'execution_identity' is compared as a whole"),
        ("tools.web_search", "'tools' is compared as a whole"),
        ("model.efort", "'model' has no member 'efort'"),
        ("model.", "'model' has no member ''"),
        ("modle", "no field 'modle'"),
    ],
)
def test_a_path_that_would_ignore_nothing_is_refused(agent, path: str, said: str) -> None:
    only = agent(f"lifecycle: {{ignore_changes: [{path}]}}\n").only()
    assert only.code is Code.INVALID_VALUE
    assert said in only.summary
    assert only.detail


@pytest.mark.parametrize("path", ["tools", "model", "model.effort", "metadata", "metadata.team", "system"])
def test_fields_and_members_that_are_compared_by_themselves_can_be_ignored(agent, path: str) -> None:
    assert agent(f"lifecycle: {{ignore_changes: [{path}]}}\n").diagnostics == ()


def test_a_second_file_of_one_address_is_checked_too(tree: Tree) -> None:
    tree.write({"agents/a.yaml": MODEL, "agents/b.yaml": f"{MODEL}address: agent/a\nnme: x\n"})
    outcome = tree.load()
    assert outcome.codes == [Code.DUPLICATE_ADDRESS, Code.UNKNOWN_KEY]
    assert str(outcome.errors[0].location) == "agents/b.yaml:2:10"
    assert outcome["agent/a"].path == "agents/a.yaml"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("agents/a.yaml", f"{MODEL}model: y\nbar: 1\n"),
        ("agents/a.json", '{"model": "x",\n"model": "y",\n"bar": 1}'),
        ("agents/a.md", f"---\n{MODEL}model: y\nbar: 1\n---\nhi\n"),
    ],
)
def test_a_duplicate_key_hides_nothing_else(tree: Tree, path: str, text: str) -> None:
    assert tree.write({path: text}).load().codes == [Code.DUPLICATE_KEY, Code.UNKNOWN_KEY]


def test_a_duplicate_key_of_an_include_hides_nothing_else(agent) -> None:
    tool = "type: custom\nname: t\nname: u\ndescripton: d\ninput_schema: {type: object}\n"
    outcome = agent("tools: [tools/t.yaml]\n", **{"agents/tools/t.yaml": tool})
    assert set(outcome.codes) == {Code.DUPLICATE_KEY, Code.MISSING_KEY, Code.UNKNOWN_KEY}


def test_a_schema_for_editors_is_no_field(tree: Tree) -> None:
    outcome = tree.write({"agents/a.json": '{"$schema": "x.json", "model": "m"}'}).load()
    assert outcome.diagnostics == ()
    assert outcome["agent/a"].body == {"name": "a", "model": "m"}


def test_an_empty_prompt_says_so(agent) -> None:
    assert agent('prompt: ""\n').only().summary == "'prompt' is empty"


def test_a_model_by_name_takes_the_members_an_override_gives(agent) -> None:
    text = "overrides: {prod: {model: {effort: max}}}\n"
    assert agent(text)["agent/a"].body["model"] == "claude-opus-5-5"
    assert agent(text, "prod")["agent/a"].body["model"] == {"id": "claude-opus-5-5", "effort": "max"}
