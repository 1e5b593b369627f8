"""Illegal bodies: the error stands at the member at fault and says what to write instead."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agentops.domain.diagnostics import Location
from agentops.kinds import CATALOG
from agentops.spec.schema import schema_problems

from .illegal_bodies import AGENT, BASES, BUILTIN, CASES, IN_ENTRY, custom, fetch, search


def errors_of(kind: str, body: Any) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        CATALOG[kind].schema.model_validate(body)
    return caught.value.errors()


@pytest.mark.parametrize(("kind", "members", "place", "error", "says"), CASES)
def test_an_illegal_body_has_one_error_at_its_place(
    kind: str, members: dict[str, Any], place: tuple[Any, ...], error: str, says: str
) -> None:
    found = errors_of(kind, BASES[kind] | members)
    assert [(item["loc"], item["type"]) for item in found] == [(place, error)]
    assert says in found[0]["msg"]


@pytest.mark.parametrize("kind", BASES)
def test_every_required_field_is_asked_for(kind: str) -> None:
    missing = {item["loc"] for item in errors_of(kind, {}) if item["type"] == "missing"}
    assert missing == {(name,) for name in BASES[kind]}


@pytest.mark.parametrize(("kind", "base"), tuple(BASES.items()))
def test_the_smallest_body_is_legal(kind: str, base: dict[str, Any]) -> None:
    CATALOG[kind].schema.model_validate(base)


def test_a_vault_with_a_name_is_told_what_it_has_instead() -> None:
    body = {"name": "linear", "display_name": "Linear"}
    (problem,) = schema_problems(CATALOG["vault"].schema, body, Location("vaults/linear.yaml"))
    assert problem.summary == "unknown key 'name'"
    assert "display_name" in problem.detail


def test_all_problems_are_reported_together() -> None:
    body = AGENT | {
        "name": "",
        "tools": [custom("bash"), {"type": BUILTIN, "configs": [{"name": "grp"}, {"name": "bash", "x": 1}]}],
        "metadata": {"agentops": "x", "k": "x" * 513},
    }
    assert {item["loc"] for item in errors_of("agent", body)} == {
        ("name",),
        ("tools", 0, "name"),
        ("tools", 1, "configs", 0, "name"),
        ("tools", 1, "configs", 1, "x"),
        ("metadata", "agentops"),
        ("metadata", "k"),
    }


@pytest.mark.parametrize(
    ("domain", "says"),
    [
        ("https://docs.example.com", "write 'docs.example.com'"),
        ("*.example.com", "write 'example.com'"),
        ("example.com:443", "write 'example.com'"),
        ("10.0.0.1", "IP address"),
        ("localhost", "full host name"),
        ("example..com", "full host name"),
        ("-a.example.com", "full host name"),
        ("a" * 64 + ".example.com", "63 characters"),
        ("bücher.example", "xn--"),
        ("", "1 to 255"),
        ("a." * 127 + "example", "1 to 255"),
    ],
)
@pytest.mark.parametrize("tool", [fetch, search])
def test_a_domain_is_a_plain_host_name(tool: Any, domain: str, says: str) -> None:
    (error,) = errors_of("agent", AGENT | tool(allowed_domains=[domain]))
    assert error["loc"] == (*IN_ENTRY, "allowed_domains", 0)
    assert says in error["msg"]


def test_only_web_search_takes_a_path() -> None:
    CATALOG["agent"].schema.model_validate(AGENT | search(allowed_domains=["example.com/docs/a"]))
    (error,) = errors_of("agent", AGENT | fetch(allowed_domains=["example.com/docs"]))
    assert "write 'example.com'" in error["msg"]


@pytest.mark.parametrize("path", ["a b", "a?b", "a#b", "$", "a,b", "a|b", "^", "!"])
def test_a_path_has_no_characters_with_a_meaning(path: str) -> None:
    (error,) = errors_of("agent", AGENT | search(blocked_domains=[f"example.com/{path}"]))
    assert "its path" in error["msg"]


@pytest.mark.parametrize("kind", BASES)
def test_editors_get_a_json_schema(kind: str) -> None:
    schema = CATALOG[kind].schema.model_json_schema()
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == set(CATALOG[kind].fields)
