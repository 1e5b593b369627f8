"""A state that has calls of its own: which call, what it sends, and what being switched already is."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from agentops.domain.ports import Conflict, NotFound, OutcomeUnknown, RegistryError
from tests.registry.toys import LAMP
from tests.registry.wire import Script, ok, refused

LIT = {"id": "lamp_1", "status": "lit", "archived_at": None}
DARK = {**LIT, "status": "dark"}


@pytest.mark.parametrize(("wanted", "call"), [(True, "light"), (False, "douse")])
def test_each_state_is_a_post_of_its_own_without_a_body(wanted: bool, call: str) -> None:
    script = Script(ok(LIT))
    assert script.run(lambda r: r.update(LAMP, "lamp_1", {"lit": wanted})) == LIT
    assert script.sent == [f"POST /v1/lamps/lamp_1/{call}"]
    (request,) = script.requests
    assert request.content == b""
    assert request.headers["content-length"] == "0"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["anthropic-beta"] == "lamps-2026-11-01"


def test_other_fields_are_updated_as_ever() -> None:
    script = Script(ok(LIT))
    script.run(lambda r: r.update(LAMP, "lamp_1", {"name": "desk"}))
    assert script.sent == ["POST /v1/lamps/lamp_1"]
    assert script.requests[0].content == b'{"name":"desk"}'


@pytest.mark.parametrize(
    "body",
    [{"lit": True, "name": "desk"}, {"lit": None}, {"lit": "yes"}, {"lit": 1}],
    ids=["mixed", "null", "a text", "a number"],
)
def test_a_body_that_is_no_one_switch_is_a_mistake_of_the_caller(body: dict[str, Any]) -> None:
    script = Script(ok(LIT))
    with pytest.raises(ValueError, match="lit of a lamp is true or false, in an update of its own"):
        script.run(lambda r: r.update(LAMP, "lamp_1", body))
    assert script.sent == []


def test_a_create_has_no_place_for_it() -> None:
    script = Script(ok(LIT))
    with pytest.raises(ValueError, match="lit of a lamp is no part of a create"):
        script.run(lambda r: r.create(LAMP, {"name": "desk", "lit": True}))
    assert script.sent == []


@pytest.mark.parametrize("status", [400, 409])
def test_switching_what_is_switched_is_no_error_even_if_refused(status: int) -> None:
    refusals = [refused(status)] * (3 if status == 409 else 1)
    script = Script(*refusals, ok(LIT))
    assert script.run(lambda r: r.update(LAMP, "lamp_1", {"lit": True})) == LIT
    assert script.sent[-1] == "GET /v1/lamps/lamp_1"


def test_a_refusal_after_a_lost_answer_may_be_our_own_first() -> None:
    script = Script(httpx.ReadError("reset"), refused(400), ok(LIT))
    assert script.run(lambda r: r.update(LAMP, "lamp_1", {"lit": True})) == LIT


@pytest.mark.parametrize(
    "found",
    [
        ok(DARK),
        ok({**LIT, "archived_at": "2026-11-22T20:00:00Z"}),
        ok({"id": "lamp_1"}),
        refused(404, "not_found_error"),
        refused(403, "permission_error"),
    ],
    ids=["in the other state", "archived", "silent on it", "gone", "hidden"],
)
def test_a_refusal_for_another_reason_is_an_error(found: httpx.Response) -> None:
    script = Script(refused(400, "invalid_request_error", "The bulb is missing."), found)
    with pytest.raises(RegistryError, match="The bulb is missing") as raised:
        script.run(lambda r: r.update(LAMP, "lamp_1", {"lit": True}))
    assert type(raised.value) is RegistryError


def test_a_conflict_stays_one() -> None:
    script = Script(refused(409, "conflict_error"), refused(409), refused(409), ok(DARK))
    with pytest.raises(Conflict):
        script.run(lambda r: r.update(LAMP, "lamp_1", {"lit": True}))


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429])
def test_no_other_refusal_is_looked_into(status: int) -> None:
    script = Script(refused(status))
    with pytest.raises(RegistryError):
        script.run(lambda r: r.update(LAMP, "lamp_1", {"lit": True}))
    assert {*script.sent} == {"POST /v1/lamps/lamp_1/light"}


def test_a_lamp_that_is_gone_is_not_found() -> None:
    with pytest.raises(NotFound):
        Script(refused(404, "not_found_error")).run(lambda r: r.update(LAMP, "lamp_1", {"lit": True}))


def test_a_switch_whose_answers_all_were_lost_is_in_doubt() -> None:
    with pytest.raises(OutcomeUnknown, match="POST /v1/lamps/lamp_1/douse may or may not have happened"):
        Script(httpx.ReadError("reset")).run(lambda r: r.update(LAMP, "lamp_1", {"lit": False}))
