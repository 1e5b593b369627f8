"""What an update of a credential or a deployment sends is what the API's update takes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from typing_extensions import is_typeddict

from agentops.domain.canonical import Difference, differences, field_of, form
from agentops.domain.secret import without_secrets
from agentops.engine.diff import update_body, with_secrets
from agentops.kinds import CATALOG

from .illegal_credentials import BEARER, LIMITED, OAUTH, REFRESH, SECRET, VARIABLE
from .strategies import BODIES
from .test_contract import UPDATE, alternatives

CREDENTIAL, DEPLOYMENT = CATALOG["credential"], CATALOG["deployment"]
LAW = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def found_between(kind: Any, live: dict[str, Any], desired: dict[str, Any]) -> tuple[Difference, ...]:
    return differences(kind, form(kind, desired), form(kind, without_secrets(live)), None, None)


def update_of(live: dict[str, Any], desired: dict[str, Any]) -> dict[str, Any]:
    """What is sent to turn one credential into the other, without secrets that are to be sent again."""
    found = found_between(CREDENTIAL, live, desired)
    body, _ = update_body(CREDENTIAL, desired, without_secrets(live), found)
    return body


def forces_replacement(live: dict[str, Any], desired: dict[str, Any]) -> bool:
    paths = [tuple(item.path.split(".")[1:]) for item in found_between(CREDENTIAL, live, desired)]
    return bool(set(paths) & set(CREDENTIAL.fields["auth"].create_only))


def strangers(value: Any, annotation: Any, path: str = "") -> Iterator[str]:
    """The members of a request that its SDK type does not have, at any depth."""
    choices = list(alternatives(annotation))
    if isinstance(value, list):
        for argument in (argument for choice in choices for argument in get_args(choice)):
            for index, item in enumerate(value):
                yield from strangers(item, argument, f"{path}[{index}]")
    if not isinstance(value, Mapping):
        return
    shapes = [choice for choice in choices if is_typeddict(choice)]
    if not shapes:
        return
    fitting = [shape for shape in shapes if value.get("type") in types_of(shape)] or shapes
    for name, member in value.items():
        holders = [
            hints for shape in fitting if name in (hints := get_type_hints(shape, include_extras=True))
        ]
        if not holders:
            yield f"{path}.{name}"
        for hints in holders[:1]:
            yield from strangers(member, hints[name], f"{path}.{name}")


def types_of(shape: Any) -> set[Any]:
    hint = get_type_hints(shape, include_extras=True).get("type")
    literals = (choice for choice in alternatives(hint) if get_origin(choice) is Literal)
    return {value for choice in literals for value in get_args(choice)} or {None}


def test_strangers_are_seen_at_any_depth() -> None:
    """The witness itself: an update with what only a create takes is no update."""
    for auth in (
        {"type": "mcp_oauth", "mcp_server_url": "x"},
        {"type": "mcp_oauth", "refresh": {"client_id": "c"}},
    ):
        assert list(strangers({"auth": auth}, UPDATE["credential"]))
    auth = {"type": "mcp_oauth", "refresh": {"scope": "", "token_endpoint_auth": {"type": "none"}}}
    assert list(strangers({"auth": auth, "metadata": {"a": None}}, UPDATE["credential"])) == []


@LAW
@given(live=BODIES["credential"], desired=BODIES["credential"], rotate=st.booleans())
def test_an_update_of_a_credential_has_nothing_that_is_settled_at_creation(
    live: dict[str, Any], desired: dict[str, Any], rotate: bool
) -> None:
    assume(live["auth"]["type"] == desired["auth"]["type"])
    if forces_replacement(live, desired):
        event("replaced")
        return
    body = update_of(live, desired)
    if rotate:
        body = with_secrets(CREDENTIAL, desired, body)
    event(f"updated, {'with' if rotate else 'without'} secrets")
    assert list(strangers(body, UPDATE["credential"])) == []
    assert "auth" not in body or body["auth"]["type"] == desired["auth"]["type"]


@pytest.mark.parametrize(
    ("live", "desired", "sent"),
    [
        # Scope: set, changed, taken out of the file.
        (REFRESH, REFRESH | {"scope": "read"}, {"refresh": {"scope": "read"}}),
        (REFRESH | {"scope": "read"}, REFRESH | {"scope": "write"}, {"refresh": {"scope": "write"}}),
        (REFRESH | {"scope": "read"}, REFRESH, {"refresh": {"scope": ""}}),
        (REFRESH | {"scope": "read"}, REFRESH | {"scope": None}, {"refresh": {"scope": ""}}),
    ],
)
def test_a_scope_is_cleared_by_an_empty_one(
    live: dict[str, Any], desired: dict[str, Any], sent: dict[str, Any]
) -> None:
    body = update_of({"auth": OAUTH | {"refresh": live}}, {"auth": OAUTH | {"refresh": desired}})
    assert body == {"auth": {"type": "mcp_oauth", **sent}}


ANYWHERE = {"type": "unrestricted"}
MORE = LIMITED | {"allowed_hosts": ["api.example.com", "*.example.org"]}


@pytest.mark.parametrize(
    ("live", "desired", "sent"),
    [
        ({"networking": LIMITED}, {"networking": MORE}, {"networking": MORE}),
        ({"networking": LIMITED}, {"networking": ANYWHERE}, {"networking": ANYWHERE}),
        ({"networking": ANYWHERE}, {"networking": LIMITED}, {"networking": LIMITED}),
        (
            {"injection_location": {"header": True}},
            {},
            {"injection_location": {"body": True}},
        ),
        (
            {},
            {"injection_location": {"header": True}},
            {"injection_location": {"body": False}},
        ),
        (
            {"injection_location": {"header": True}},
            {"injection_location": {"body": True}},
            {"injection_location": {"header": False, "body": True}},
        ),
    ],
)
def test_an_update_of_a_variable_sends_what_changes_and_the_type(
    live: dict[str, Any], desired: dict[str, Any], sent: dict[str, Any]
) -> None:
    body = update_of({"auth": VARIABLE | live}, {"auth": VARIABLE | desired})
    assert body == {"auth": {"type": "environment_variable", **sent}}


@pytest.mark.parametrize(
    ("live", "desired"),
    [
        (BEARER, BEARER | {"mcp_server_url": "https://other.example/mcp"}),
        (BEARER, OAUTH),
        (VARIABLE, VARIABLE | {"secret_name": "OTHER"}),
        (OAUTH, OAUTH | {"refresh": None}),
        (OAUTH | {"refresh": None}, OAUTH),
        (OAUTH, OAUTH | {"refresh": REFRESH | {"client_id": "d"}}),
        (OAUTH, OAUTH | {"refresh": REFRESH | {"token_endpoint": "https://other.example"}}),
        (OAUTH, OAUTH | {"refresh": REFRESH | {"resource": "urn:a"}}),
        (OAUTH | {"refresh": REFRESH | {"resource": "urn:a"}}, OAUTH),
        (OAUTH, OAUTH | {"refresh": REFRESH | {"token_endpoint_auth": {"type": "none"}}}),
        (
            OAUTH,
            OAUTH
            | {
                "refresh": REFRESH
                | {"token_endpoint_auth": {"type": "client_secret_post", "client_secret": SECRET}}
            },
        ),
    ],
)
def test_what_no_update_can_change_makes_a_new_credential(
    live: dict[str, Any], desired: dict[str, Any]
) -> None:
    assert forces_replacement({"auth": live}, {"auth": desired})


def test_a_token_goes_with_its_expiry_and_nothing_settled() -> None:
    """A new token without an expiry would keep the old one."""
    desired = {"auth": OAUTH | {"expires_at": "2999-12-31T23:59:59Z"}}
    assert found_between(CREDENTIAL, {"auth": OAUTH}, desired) == ()
    assert with_secrets(CREDENTIAL, desired, {}) == {
        "auth": {
            "type": "mcp_oauth",
            "access_token": SECRET,
            "expires_at": "2999-12-31T23:59:59Z",
            "refresh": {
                "refresh_token": SECRET,
                "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRET},
            },
        }
    }


def test_a_display_name_that_is_taken_out_of_the_file_stays() -> None:
    """No way to clear it is documented, so none is tried."""
    live, desired = {"auth": BEARER, "display_name": "x"}, {"auth": BEARER}
    body, stuck = update_body(
        CREDENTIAL, desired, without_secrets(live), found_between(CREDENTIAL, live, desired)
    )
    assert (body, stuck) == ({}, ("display_name",))


@LAW
@given(live=BODIES["deployment"], desired=BODIES["deployment"])
def test_an_update_of_a_deployment_has_only_what_the_api_updates(
    live: dict[str, Any], desired: dict[str, Any]
) -> None:
    found = [item for item in found_between(DEPLOYMENT, live, desired) if field_of(item.path) != "paused"]
    body, stuck = update_body(DEPLOYMENT, desired, without_secrets(live), found)
    assert stuck == ()
    assert list(strangers(body, UPDATE["deployment"])) == []
    if body.get("resources") is not None:  # replaced as a whole, so every token goes with them
        assert body["resources"] == desired["resources"]
