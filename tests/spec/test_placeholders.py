"""What a template left for somebody to fill in is found where it would be sent, and never inside a text."""

from __future__ import annotations

import textwrap

import pytest

from agentops.domain.diagnostics import Code, Diagnostic
from tests.spec.conftest import Tree


def write(tree: Tree, path: str, text: str) -> None:
    tree.write({path: textwrap.dedent(text)})


def problems(tree: Tree) -> tuple[Diagnostic, ...]:
    return tree.load().diagnostics


AGENT = "name: {name}\nmodel: claude-opus-5-5\nsystem: {system}\n"


@pytest.mark.parametrize("value", ["YOUR_AGENT_NAME", "YOUR-NAME", "REPLACE_ME", "<agent name>", "'<name>'"])
def test_a_placeholder_in_a_name_is_an_error_at_its_place(tree: Tree, value: str) -> None:
    write(tree, "agents/a.yaml", AGENT.format(name=value, system="Help."))
    (problem,) = problems(tree)
    assert (problem.code, str(problem.location)) == (Code.PLACEHOLDER, "agents/a.yaml:1:7")
    assert "'name'" in problem.summary


@pytest.mark.parametrize(
    "value", ["YOUR_NAME goes here", "Your name", "YOUR", "replaceme", "a <b> c", "<a><b>", "x < y > z", "<>"]
)
def test_what_only_looks_like_one_is_a_name(tree: Tree, value: str) -> None:
    write(tree, "agents/a.yaml", AGENT.format(name=f'"{value}"', system="Help."))
    assert problems(tree) == ()


@pytest.mark.parametrize("text", ["REPLACE_ME", "<your answer>", "Write YOUR_NAME here."])
def test_a_prompt_may_say_what_it_likes(tree: Tree, text: str) -> None:
    write(tree, "agents/a.yaml", AGENT.format(name="a", system=f'"{text}"'))
    write(tree, "agents/b.md", f"---\nmodel: claude-opus-5-5\nmetadata: {{name: REPLACE_ME}}\n---\n{text}\n")
    assert problems(tree) == ()


def test_urls_and_ids_are_looked_at_wherever_they_stand(tree: Tree) -> None:
    write(
        tree,
        "agents/a.yaml",
        """\
        name: a
        model: claude-opus-5-5
        tools: [{type: mcp_toolset, mcp_server_name: crm}]
        mcp_servers:
          - {type: url, name: crm, url: <your-server-url>}
        skills:
          - {type: custom, skill_id: YOUR_SKILL_ID}
        """,
    )
    write(
        tree,
        "deployments/d.yaml",
        """\
        agent: YOUR_AGENT_ID
        environment_id: REPLACE_ME
        vault_ids: [<vault>]
        initial_events: [{type: user.message, content: [{type: text, text: REPLACE_ME}]}]
        """,
    )
    assert [(item.code, str(item.location)) for item in problems(tree)] == [
        (Code.PLACEHOLDER, "agents/a.yaml:5:33"),
        (Code.PLACEHOLDER, "agents/a.yaml:7:30"),
        (Code.PLACEHOLDER, "deployments/d.yaml:1:8"),
        (Code.PLACEHOLDER, "deployments/d.yaml:2:17"),
        (Code.PLACEHOLDER, "deployments/d.yaml:3:13"),
    ]


def test_the_schema_of_a_custom_tool_is_the_users_own(tree: Tree) -> None:
    write(
        tree,
        "agents/a.yaml",
        """\
        name: a
        model: claude-opus-5-5
        tools:
          - type: custom
            name: look_up
            description: Looks something up.
            input_schema: {type: object, properties: {id: {type: string, default: REPLACE_ME}}}
        """,
    )
    assert problems(tree) == ()
