"""The digests of the official tool, against texts written out by hand."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from agentops.domain.peer import PeerLock, answer_hash, body_hash, skill_hash


def of_text(text: str) -> str:
    """The first 32 digits of the SHA-256 of a length, a colon and a text."""
    raw = text.encode()
    return hashlib.sha256(str(len(raw)).encode() + b":" + raw).hexdigest()[:32]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "{}"),
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"n": 2.0, "m": 2.5}, '{"m":2.5,"n":2}'),
        ({"name": "größer"}, '{"name":"größer"}'),
        ({"t": "a<b>&c"}, '{"t":"a\\u003cb\\u003e\\u0026c"}'),
        ({"t": "a\u2028b\u2029c"}, '{"t":"a\\u2028b\\u2029c"}'),
        ({"t": 'a"b\\c\n'}, '{"t":"a\\"b\\\\c\\n"}'),
        ({"z": {"y": {}, "x": []}}, '{"z":{"x":[],"y":{}}}'),
    ],
)
def test_a_body_is_hashed_as_gos_encoder_writes_it(body: dict[str, Any], text: str):
    assert body_hash(body) == of_text(text)


def test_an_answer_is_hashed_without_what_the_server_computes_and_without_what_is_empty():
    answer = {
        "id": "x_1",
        "type": "vault",
        "version": 3,
        "created_at": "now",
        "updated_at": "now",
        "archived_at": None,
        "vault_id": "v_1",
        "name": "n",
        "description": "",
        "metadata": {},
        "tools": [],
        "config": {"packages": {"pip": [], "apt": ["git"]}, "networking": {"inner": {"deeper": None}}},
        "flag": False,
        "count": 0,
    }
    assert answer_hash(answer) == of_text(
        '{"config":{"packages":{"apt":["git"]}},"count":0,"flag":false,"name":"n"}'
    )


def test_the_state_of_a_deployment_and_what_its_schedule_computes_do_not_count():
    schedule = {"type": "cron", "expression": "0 3 * * *"}
    answer = {
        "type": "deployment",
        "name": "n",
        "status": "paused",
        "paused_reason": {"type": "manual"},
        "schedule": {**schedule, "last_run_at": "then", "upcoming_runs_at": ["soon"]},
    }
    text = '{"name":"n","schedule":{"expression":"0 3 * * *","type":"cron"}}'
    assert answer_hash(answer) == of_text(text)
    assert answer_hash({**answer, "type": "agent"}) != of_text(text)


def test_a_body_that_comes_back_as_it_was_sent_has_one_digest():
    body = {"display_name": "keys", "metadata": {"team": "a"}}
    assert answer_hash({"id": "v_1", "type": "vault", **body, "archived_at": None}) == body_hash(body)


def test_a_skill_is_hashed_by_its_name_its_title_and_its_files_in_order():
    files = {"scripts/a.py": b"print()\n", "SKILL.md": b"\xff"}
    raw = b"dir:review\0title:Review\0path:SKILL.md\0size:1\0\xff\0path:scripts/a.py\0size:8\0print()\n\0"
    assert skill_hash("review", "Review", files) == hashlib.sha256(raw).hexdigest()[:32]


def test_what_a_newer_version_of_that_tool_adds_is_passed_over():
    text = """{"version": 1, "more": true, "resources":
        {"./a.md": {"kind": "agent", "id": "agent_1", "version": "2", "more": {}}}}"""
    lock = PeerLock.model_validate_json(text)
    assert (lock.origin, lock.resources["./a.md"].version, lock.resources["./a.md"].hash) == (None, "2", None)
