"""What holds for every legal body, and for any answer of a registry."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter

from agentops.domain.canonical import ABSENT, fingerprints, form
from agentops.domain.kind import Kind
from agentops.kinds import CATALOG

from .strategies import BODIES, as_sent, odd_values, strange_answers
from .test_contract import CREATE

every_kind = pytest.mark.parametrize("kind", tuple(CATALOG), ids=lambda kind: kind.name)


class Upload(CREATE["skill"]):  # type: ignore[misc]
    """The SDK's request with its open files, of which pydantic knows nothing."""

    __pydantic_config__ = ConfigDict(arbitrary_types_allowed=True)


SDK_TYPES = {name: TypeAdapter(params) for name, params in {**CREATE, "skill": Upload}.items()}
thorough = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@every_kind
@thorough
@given(data=st.data())
def test_a_legal_body_is_accepted(kind: Kind, data: st.DataObject) -> None:
    kind.schema.model_validate(data.draw(BODIES[kind.name]))


@every_kind
@thorough
@given(data=st.data())
def test_the_sdk_accepts_the_same_body(kind: Kind, data: st.DataObject) -> None:
    """The strategies are not only legal by our own word."""
    SDK_TYPES[kind.name].validate_python(as_sent(kind, data.draw(BODIES[kind.name])))


@every_kind
@thorough
@given(data=st.data())
def test_completing_is_pure_idempotent_and_gives_a_legal_body(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(BODIES[kind.name])
    before = copy.deepcopy(body)
    completed = kind.complete(body)
    assert body == before
    assert kind.complete(completed) == completed
    kind.schema.model_validate(completed)
    assert form(kind, completed).leaves == form(kind, body).leaves


@every_kind
@thorough
@given(data=st.data())
def test_null_is_as_good_as_absent(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(BODIES[kind.name])
    assert form(kind, without_nulls(body)).leaves == form(kind, body).leaves


@every_kind
@thorough
@given(data=st.data())
def test_the_order_of_keys_and_of_unordered_lists_is_no_difference(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(BODIES[kind.name])
    shuffled = in_other_order(kind, body, data)
    assert fingerprints(kind, shuffled) == fingerprints(kind, body)


@every_kind
@thorough
@given(data=st.data())
def test_members_that_nobody_knows_are_passed_over(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(BODIES[kind.name])
    assert form(kind, {**body, "future_member": {"a": 1}}).leaves == form(kind, body).leaves


@every_kind
@settings(thorough, max_examples=150)
@given(data=st.data())
def test_no_answer_of_a_registry_is_too_strange_to_complete(kind: Kind, data: st.DataObject) -> None:
    answer = data.draw(strange_answers(BODIES[kind.name]) | odd_members(kind))
    completed = kind.complete(answer)
    assert set(completed) <= {*kind.fields, "content_sha256"}
    assert kind.complete(completed) == completed
    fingerprints(kind, answer)


def odd_members(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    members = [*kind.fields, "content_sha256", "id", "status", "paused_reason"]
    return st.fixed_dictionaries({}, optional=dict.fromkeys(members, odd_values))


@every_kind
@thorough
@given(data=st.data())
def test_a_member_that_is_not_understood_stays_a_difference(kind: Kind, data: st.DataObject) -> None:
    """A field with a value of a type the API never has must not vanish into a default.

    The files of a bundle are no part of an answer; what may come by that name one day is not about them.
    """
    bundled = None if kind.bundle is None else kind.bundle.field
    fields = [name for name, spec in kind.fields.items() if spec.digest is None and name != bundled]
    field = data.draw(st.sampled_from(fields))
    body = data.draw(BODIES[kind.name])
    strange = form(kind, {**body, field: "\N{SNOWMAN} not understood"}).leaves
    assert any(path.partition(".")[0] == field and value is not ABSENT for path, value in strange.items())


def without_nulls(value: Any) -> Any:
    """Without the nulls of the API's own members; the values in a custom tool's schema are the author's."""
    if isinstance(value, dict):
        return {
            key: member if key in {"properties", "examples"} else without_nulls(member)
            for key, member in value.items()
            if member is not None
        }
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def in_other_order(kind: Kind, value: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    def reordered(current: Any) -> Any:
        if isinstance(current, dict):
            items = data.draw(st.permutations(list(current.items())))
            return {key: reordered(member) for key, member in items}
        return [reordered(item) for item in current] if isinstance(current, list) else current

    body = reordered(value)
    for name, spec in kind.fields.items():
        if spec.identity and isinstance(body.get(name), list):
            body[name] = data.draw(st.permutations(body[name]))
    for tool in body.get("tools", []):
        if isinstance(tool.get("configs"), list):
            tool["configs"] = data.draw(st.permutations(tool["configs"]))
    return body
