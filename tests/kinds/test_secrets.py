"""Where the API takes a secret a file has a reference; what stands there instead is never repeated."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agentops.domain.diagnostics import Code, Location
from agentops.domain.secret import secrets_in
from agentops.kinds import CATALOG
from agentops.spec.schema import schema_problems

from .illegal_credentials import BEARER, OAUTH, VARIABLE
from .illegal_deployments import DEPLOYMENT, REPOSITORY
from .strategies import BODIES

VALUE = "sk-live-0123456789"
REFERENCE = {"secret": "env:TOKEN"}

BODIES_WITH_SECRETS: list[tuple[str, dict[str, Any]]] = [
    ("credential", {"auth": BEARER}),
    ("credential", {"auth": OAUTH}),
    ("credential", {"auth": VARIABLE}),
    (
        "deployment",
        DEPLOYMENT | {"resources": [REPOSITORY | {"authorization_token": REFERENCE}]},
    ),
]
PLACES = [
    pytest.param(kind, body, path, id=".".join(map(str, path)))
    for kind, body in BODIES_WITH_SECRETS
    for path, _ in secrets_in(body)
]
WRONG: list[tuple[Any, Code]] = [
    (VALUE, Code.INVALID_VALUE),
    (f"env:{VALUE}", Code.INVALID_VALUE),
    ("", Code.INVALID_VALUE),
    (20261201, Code.INVALID_VALUE),
    (True, Code.INVALID_VALUE),
    (None, Code.WRONG_TYPE),
    ([VALUE], Code.WRONG_TYPE),
    ({}, Code.WRONG_TYPE),
    ({"secret": VALUE}, Code.WRONG_TYPE),
    ({"secret": f"env:{VALUE}"}, Code.WRONG_TYPE),
    ({"secret": "env:"}, Code.WRONG_TYPE),
    ({"secret": "file:"}, Code.WRONG_TYPE),
    ({"secret": {"secret": VALUE}}, Code.WRONG_TYPE),
    ({"secert": VALUE}, Code.WRONG_TYPE),
    ({"secret": "env:TOKEN", "value": VALUE}, Code.WRONG_TYPE),
]


def replaced(body: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return changed


def said(kind: str, body: Any) -> Iterator[str]:
    """Everything a user, a log or a traceback can get to see of a body that is refused."""
    schema = CATALOG[kind].schema
    with pytest.raises(ValidationError) as caught:
        schema.model_validate(body)
    yield str(caught.value)
    yield repr(caught.value)
    yield from (error["msg"] for error in caught.value.errors())
    yield from (item.model_dump_json() for item in schema_problems(schema, body, Location("x.yaml")))


@pytest.mark.parametrize(("kind", "body", "path"), PLACES)
@pytest.mark.parametrize(("value", "code"), WRONG)
def test_what_is_no_reference_to_a_secret_is_refused_and_not_repeated(
    kind: str, body: dict[str, Any], path: tuple[Any, ...], value: Any, code: Code
) -> None:
    wrong = replaced(body, path, value)
    with pytest.raises(ValidationError) as caught:
        CATALOG[kind].schema.model_validate(wrong)
    (error,) = caught.value.errors()
    assert (error["loc"], error["type"], error["input"]) == (path, code, None)
    assert "write {secret: env:NAME} or {secret: file:PATH}" in error["msg"]
    assert not any(VALUE in text for text in said(kind, wrong))


@pytest.mark.parametrize(("kind", "body", "path"), PLACES)
def test_a_secret_in_a_member_of_another_name_is_not_repeated(
    kind: str, body: dict[str, Any], path: tuple[Any, ...]
) -> None:
    missing = replaced(body, path, REFERENCE)
    holder: Any = missing
    for step in path[:-1]:
        holder = holder[step]
    holder[f"{path[-1]}s"] = VALUE
    assert not any(VALUE in text for text in said(kind, missing))


@pytest.mark.parametrize("member", ["mcp_server_url", "token_endpoint", "secret_name", "expires_at"])
def test_a_secret_in_the_wrong_member_is_not_repeated(member: str) -> None:
    bodies = [body for _, body in BODIES_WITH_SECRETS if f'"{member}"' in json.dumps(body)] or [
        {"auth": OAUTH | {member: ""}}
    ]
    for body in bodies:
        (path,) = [path for path in _paths(body) if path[-1] == member]
        for value in (VALUE, f"https://me:{VALUE}@mcp.example.com/", f"a {VALUE}"):
            assert not any(VALUE in text for text in said("credential", replaced(body, path, value)))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, member in members:
        yield (*path, key)
        yield from _paths(member, (*path, key))


@pytest.mark.parametrize(
    "url",
    [
        f"https://x-access-token:{VALUE}@github.com/octo/cat",
        f"https://{VALUE}@github.com/octo/cat.git",
        f"https://github.com/octo/cat?token={VALUE}",
    ],
)
def test_a_token_in_the_address_of_a_repository_is_not_repeated(url: str) -> None:
    body = DEPLOYMENT | {"resources": [REPOSITORY | {"url": url}]}
    texts = list(said("deployment", body))
    assert not any(VALUE in text for text in texts)
    assert "https://github.com/owner/repository" in "".join(texts)
    assert ("authorization_token" in "".join(texts)) == ("@" in url)


@pytest.mark.parametrize(("kind", "body", "path"), PLACES)
@given(value=st.text(min_size=1))
def test_no_text_is_taken_where_a_reference_belongs(
    kind: str, body: dict[str, Any], path: tuple[Any, ...], value: str
) -> None:
    """Whatever the value is, and be it short: errors carry none of it."""
    with pytest.raises(ValidationError) as caught:
        CATALOG[kind].schema.model_validate(replaced(body, path, value))
    assert [(error["loc"], error["input"]) for error in caught.value.errors()] == [(path, None)]


@pytest.mark.parametrize("kind", [kind.name for kind in CATALOG if kind.secrets])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_reference_to_a_secret_has_no_other_place(kind: str, data: st.DataObject) -> None:
    """References are found and looked up by their form: one that is data would send a secret anywhere."""
    body = data.draw(BODIES[kind])
    secret = {path for path, _ in secrets_in(body)}
    others = [path for path in _paths(body) if path not in secret]
    path = data.draw(st.sampled_from(others))
    with pytest.raises(ValidationError):
        CATALOG[kind].schema.model_validate(replaced(body, path, REFERENCE))
