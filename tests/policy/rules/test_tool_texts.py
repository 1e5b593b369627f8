"""What the model is told of its tools."""

from __future__ import annotations

import pytest

from agentops.domain.surface import From, Surface, Tool
from agentops.policy.tool_texts import FORBIDDEN, NULL, VAGUE
from tests.policy.rules.checking import fleet, found, places, summaries


def told(*descriptions: str, **members) -> Surface:
    tools = (
        Tool(f"tool_{index}", From.CUSTOM, description=text, path=("tools", index), **members)
        for index, text in enumerate(descriptions)
    )
    return Surface(tools={tool.key: tool for tool in tools})


@pytest.mark.parametrize("text", ["", " ", "Gets order.", "get order data", "ISO-8601", "查订单"])
def test_a_few_words_are_too_few(text: str) -> None:
    assert places(VAGUE, fleet({"agent/a": told(text)})) == [("agent/a", ("tools", 0, "description"))]


@pytest.mark.parametrize(
    "text",
    [
        "Look up one order.",
        "Sucht eine Bestellung heraus.",
        "查询一个订单的当前状态",
        "주문 하나를 찾아서 보여 준다",
    ],
)
def test_a_sentence_is_enough(text: str) -> None:
    assert found(VAGUE, fleet({"agent/a": told(text)})) == []
    assert found(VAGUE, fleet({"agent/a": told(text)}), least=40)


def test_two_tools_with_one_description_leave_the_model_guessing() -> None:
    twins = fleet(
        {"agent/a": told("Look up one order.", "look up  one\norder.", "Cancel one order for good.")}
    )
    assert places(VAGUE, twins) == [("agent/a", ("tools", 1, "description"))]
    assert "'tool_1' and 'tool_0'" in summaries(VAGUE, twins)[0]
    apart = fleet({"agent/a": told("Look up one order."), "agent/b": told("Look up one order.")})
    assert found(VAGUE, apart) == []


def test_only_custom_tools_that_are_on_are_looked_at() -> None:
    assert found(VAGUE, fleet({"agent/a": told("", enabled=False)})) == []
    assert found(VAGUE, fleet({"agent/a": Surface(tools={"bash": Tool("bash", From.BUILTIN)})})) == []


def prompted(prompt: str, *names: str) -> Surface:
    return Surface(
        prompt=prompt,
        tools={name: Tool(name, From.BUILTIN, path=("tools", 0, "configs", 0)) for name in names},
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "Never use bash.",
        "You are a clerk. Do not use `bash`.",
        "You are a clerk.\n\n- Don't run the bash tool.\n- Be kind.",
        "You are a clerk.\n\nYou must not use bash",
        "**Never call bash.**",
        "1. Be kind.\n2. Never use bash!\n",
    ],
)
def test_a_tool_that_the_prompt_forbids_altogether_is_not_needed(prompt: str) -> None:
    assert places(FORBIDDEN, fleet({"agent/a": prompted(prompt, "bash")})) == [
        ("agent/a", ("tools", 0, "configs", 0))
    ]


@pytest.mark.parametrize(
    "prompt",
    [
        "Never use bash for network access.",
        "When a user is watching, never use bash.",
        "Never use bash\nto delete anything.",
        "Never use bash.sh from the internet.",
        "Never use bash without saying so first.",
        "Never use sed.",
        "If in doubt: do not use bash, ask.",
        "Use bash.",
    ],
)
def test_a_prohibition_with_a_condition_is_left_alone(prompt: str) -> None:
    assert found(FORBIDDEN, fleet({"agent/a": prompted(prompt, "bash")})) == []


def test_a_tool_that_is_off_is_as_good_as_forbidden() -> None:
    off = Surface(prompt="Never use bash.", tools={"bash": Tool("bash", From.BUILTIN, enabled=False)})
    assert found(FORBIDDEN, fleet({"agent/a": off})) == []


def with_schema(schema) -> list[tuple[str, tuple[str | int, ...]]]:
    tools = [{"type": "agent_toolset_20260401"}, {"type": "custom", "name": "t", "input_schema": schema}]
    return places(NULL, fleet({"agent/a": Surface()}, agent_a={"tools": tools}))


def test_half_a_sentence_between_braces_is_found_where_it_is() -> None:
    schema = {"type": "object", "properties": {"amount": {"description": "In euros", "with cents": None}}}
    path = ("tools", 1, "input_schema", "properties", "amount", "with cents")
    assert with_schema(schema) == [("agent/a", path)]
    nested = {"type": "object", "properties": {"lines": {"type": "array", "items": {"a": 1, "b c": None}}}}
    assert with_schema(nested) == [
        ("agent/a", ("tools", 1, "input_schema", "properties", "lines", "items", "b c"))
    ]


def test_a_property_that_is_null_is_found_whatever_it_is_called() -> None:
    for name in ("note", "default", "const"):
        assert with_schema({"type": "object", "properties": {name: None}}) == [
            ("agent/a", ("tools", 1, "input_schema", "properties", name))
        ]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": None, "required": None},
        {"type": "object", "properties": {"a": {"default": None}}},
        {"type": "object", "properties": {"a": {"const": None, "enum": ["x", None]}}},
        {"type": "object", "properties": {"a": {"examples": [{"b": None}]}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}},
        None,
        [],
    ],
)
def test_null_as_a_value_is_meant(schema) -> None:
    assert with_schema(schema) == []
