"""Illegal deployments: what is wrong, where the error stands, of what type, saying what."""

from __future__ import annotations

from typing import Any

from agentops.domain.diagnostics import Code

TEXT = {"type": "text", "text": "Go."}
MESSAGE: dict[str, Any] = {"type": "user.message", "content": [TEXT]}
SYSTEM: dict[str, Any] = {"type": "system.message", "content": [TEXT]}
OUTCOME: dict[str, Any] = {
    "type": "user.define_outcome",
    "description": "A report.",
    "rubric": {"type": "text", "content": "It is true."},
}
DEPLOYMENT: dict[str, Any] = {
    "name": "daily",
    "agent": "agent_1",
    "environment_id": "env_1",
    "initial_events": [MESSAGE],
}
SCHEDULE = {"type": "cron", "expression": "0 9 * * 1-5", "timezone": "Europe/Berlin"}
COST = {"amount": "2500", "currency": "USD"}
REPOSITORY = {"type": "github_repository", "url": "https://github.com/octo/cat"}
FILE = {"type": "file", "file_id": "file_1"}
STORE = {"type": "memory_store", "memory_store_id": "memstore_1"}

Case = tuple[dict[str, Any], tuple[Any, ...], str, str]


def says(*blocks: Any) -> dict[str, Any]:
    """A deployment whose message has these blocks."""
    return {"initial_events": [MESSAGE | {"content": list(blocks)}]}


def image(**source: Any) -> dict[str, Any]:
    return says({"type": "image", "source": source})


def document(source: Any, **members: Any) -> dict[str, Any]:
    return says({"type": "document", "source": source, **members})


def outcome(**members: Any) -> dict[str, Any]:
    return {"initial_events": [OUTCOME | members]}


IN_EVENT = ("initial_events", 0)
IN_BLOCK = (*IN_EVENT, "content", 0)
IN_SOURCE = (*IN_BLOCK, "source")

EVENTS: list[Case] = [
    ({"initial_events": None}, ("initial_events",), "list_type", ""),
    ({"initial_events": []}, ("initial_events",), "too_short", ""),
    ({"initial_events": [MESSAGE] * 51}, ("initial_events",), "too_long", "50"),
    ({"initial_events": ["Go."]}, IN_EVENT, Code.WRONG_TYPE, "mapping with `type`"),
    (
        {"initial_events": [MESSAGE | {"type": "user.mesage"}]},
        (*IN_EVENT, "type"),
        Code.INVALID_VALUE,
        "did you mean 'user.message'",
    ),
    (
        {"initial_events": [{"type": "user.interrupt"}]},
        (*IN_EVENT, "type"),
        Code.INVALID_VALUE,
        "not a type of initial event",
    ),
    ({"initial_events": [SYSTEM]}, ("initial_events",), Code.INVALID_VALUE, "something to do"),
    ({"initial_events": [SYSTEM, SYSTEM]}, ("initial_events",), Code.INVALID_VALUE, "something to do"),
    ({"initial_events": [SYSTEM, MESSAGE]}, IN_EVENT, Code.INVALID_VALUE, "move it to the end"),
    (
        {"initial_events": [MESSAGE, SYSTEM, SYSTEM]},
        ("initial_events", 2),
        Code.INVALID_VALUE,
        "into one",
    ),
    (
        {"initial_events": [OUTCOME, SYSTEM]},
        ("initial_events", 1),
        Code.INVALID_VALUE,
        "follows the user.message",
    ),
    (
        {"initial_events": [MESSAGE, SYSTEM | {"content": [TEXT] * 1001}]},
        ("initial_events", 1, "content"),
        "too_long",
        "1000",
    ),
    (
        {"initial_events": [MESSAGE, SYSTEM | {"content": [{"type": "image", "text": "Go."}]}]},
        ("initial_events", 1, "content", 0, "type"),
        "literal_error",
        "'text'",
    ),
    ({"initial_events": [MESSAGE | {"content": "Go."}]}, (*IN_EVENT, "content"), "list_type", ""),
    ({"initial_events": [MESSAGE | {"role": "user"}]}, (*IN_EVENT, "role"), "extra_forbidden", ""),
    (says(), (*IN_EVENT, "content"), "too_short", ""),
    (says("Go."), IN_BLOCK, Code.WRONG_TYPE, "mapping with `type`"),
    (says({"type": "text", "text": ""}), (*IN_BLOCK, "text"), "string_too_short", ""),
    (says(TEXT | {"cache_control": {}}), (*IN_BLOCK, "cache_control"), "extra_forbidden", ""),
    (says({"type": "redacted"}), (*IN_BLOCK, "type"), Code.INVALID_VALUE, "document, image, text"),
    (says({"type": "image"}), IN_SOURCE, "missing", ""),
    (
        image(type="base64", media_type="image/png", data="a b"),
        (*IN_SOURCE, "data"),
        Code.INVALID_VALUE,
        "base64",
    ),
    (
        image(type="base64", media_type="image/png", data="YWI"),
        (*IN_SOURCE, "data"),
        Code.INVALID_VALUE,
        "base64",
    ),
    (image(type="base64", media_type="image/png", data=""), (*IN_SOURCE, "data"), "string_too_short", ""),
    (image(type="base64", data="YWI="), (*IN_SOURCE, "media_type"), "missing", ""),
    (image(type="url", url="a.png"), (*IN_SOURCE, "url"), Code.INVALID_VALUE, "https://"),
    (image(type="file", file_id=""), (*IN_SOURCE, "file_id"), "string_too_short", ""),
    (
        image(type="text", media_type="text/plain", data="a"),
        (*IN_SOURCE, "type"),
        Code.INVALID_VALUE,
        "not a source of an image",
    ),
    (
        document({"type": "text", "media_type": "text/html", "data": "a"}),
        (*IN_SOURCE, "media_type"),
        "literal_error",
        "'text/plain'",
    ),
    (document({"type": "url", "url": "https://a.b"}, title=3), (*IN_BLOCK, "title"), "string_type", ""),
    (outcome(description=""), (*IN_EVENT, "description"), "string_too_short", ""),
    (outcome(rubric="It is true."), (*IN_EVENT, "rubric"), Code.WRONG_TYPE, "mapping with `type`"),
    (outcome(rubric={"type": "url"}), (*IN_EVENT, "rubric", "type"), Code.INVALID_VALUE, "file, text"),
    (
        outcome(rubric={"type": "text", "content": "x" * 262_145}),
        (*IN_EVENT, "rubric", "content"),
        "string_too_long",
        "",
    ),
    (outcome(rubric={"type": "file"}), (*IN_EVENT, "rubric", "file_id"), "missing", ""),
    (outcome(max_iterations=0), (*IN_EVENT, "max_iterations"), "greater_than_equal", ""),
    (outcome(max_iterations=21), (*IN_EVENT, "max_iterations"), "less_than_equal", "20"),
    (outcome(max_iterations="3"), (*IN_EVENT, "max_iterations"), "int_type", ""),
]

IN_RESOURCE = ("resources", 0)


def mounts(*resources: Any) -> dict[str, Any]:
    return {"resources": list(resources)}


RESOURCES: list[Case] = [
    ({"resources": None}, ("resources",), "list_type", ""),
    (mounts("notes"), IN_RESOURCE, Code.WRONG_TYPE, "mapping with `type`"),
    (mounts({"type": "github"}), (*IN_RESOURCE, "type"), Code.INVALID_VALUE, "github_repository"),
    (mounts(*[FILE] * 501), ("resources",), "too_long", "500"),
    (
        mounts(*[STORE | {"memory_store_id": f"memstore_{n}"} for n in range(9)]),
        ("resources",),
        Code.LIMIT,
        "8",
    ),
    (mounts({"type": "github_repository"}), (*IN_RESOURCE, "url"), "missing", ""),
    *(
        (
            mounts(REPOSITORY | {"url": url}),
            (*IN_RESOURCE, "url"),
            Code.INVALID_VALUE,
            "github.com/owner/repository",
        )
        for url in (
            *(
                "",
                "octo/cat",
                "http://github.com/octo/cat",
                "https://gitlab.com/octo/cat",
                "https://github.com/octo",
            ),
            *(
                "git@github.com:octo/cat.git",
                "https://github.com/octo/cat/tree/main",
                "https://github.com/octo/..",
            ),
            *(
                "https://github.com/octo/cat/",
                "https://github.com/octo/cat?x",
                "https://[github.com/octo/cat",
            ),
        )
    ),
    (
        mounts(REPOSITORY | {"url": "https://github.com/octo/cat.git"}),
        (*IN_RESOURCE, "url"),
        Code.INVALID_VALUE,
        "write 'https://github.com/octo/cat'",
    ),
    (
        mounts(REPOSITORY | {"checkout": "main"}),
        (*IN_RESOURCE, "checkout"),
        Code.WRONG_TYPE,
        "mapping with `type`",
    ),
    (
        mounts(REPOSITORY | {"checkout": {"type": "tag", "name": "v1"}}),
        (*IN_RESOURCE, "checkout", "type"),
        Code.INVALID_VALUE,
        "branch, commit",
    ),
    (
        mounts(REPOSITORY | {"checkout": {"type": "branch", "name": ""}}),
        (*IN_RESOURCE, "checkout", "name"),
        "string_too_short",
        "",
    ),
    *(
        (
            mounts(REPOSITORY | {"checkout": {"type": "commit", "sha": sha}}),
            (*IN_RESOURCE, "checkout", "sha"),
            Code.INVALID_VALUE,
            "full commit hash",
        )
        for sha in ("", "abc1234", "g" * 40, "a" * 41)
    ),
    (
        mounts(REPOSITORY | {"mount_path": "/srv/cat"}),
        (*IN_RESOURCE, "mount_path"),
        Code.INVALID_VALUE,
        "write '/workspace/srv/cat'",
    ),
    *(
        (
            mounts(FILE | {"mount_path": path}),
            (*IN_RESOURCE, "mount_path"),
            Code.INVALID_VALUE,
            "starts with '/'",
        )
        for path in ("", "data.csv", "/", "/a//b", "/a/../b", "/a/")
    ),
    (mounts({"type": "file"}), (*IN_RESOURCE, "file_id"), "missing", ""),
    (mounts({"type": "memory_store"}), (*IN_RESOURCE, "memory_store_id"), "missing", ""),
    (mounts(STORE | {"access": "write"}), (*IN_RESOURCE, "access"), "literal_error", "'read_only'"),
    (mounts(STORE | {"instructions": "x" * 4097}), (*IN_RESOURCE, "instructions"), "string_too_long", ""),
    (mounts(STORE | {"mount_path": "/x"}), (*IN_RESOURCE, "mount_path"), "extra_forbidden", ""),
]

IN_CRON = ("schedule", "expression")
CRON: list[tuple[str, str]] = [
    ("", "has 0"),
    ("* * * *", "has 4"),
    ("0 0 9 * * 1", "no seconds"),
    ("0 0 9 * * 1 2027", "has 7; there are no seconds and no years"),
    ("@daily", "write '0 0 * * *'"),
    ("@Weekly", "write '0 0 * * 0'"),
    ("@reboot", "has 1"),
    ("0 9 ? * 1", "write *"),
    ("0 9 L * *", "there is no L"),
    ("0 9 15W * *", "there is no L"),
    ("0 9 * * 5#2", "there is no L"),
    ("0 9 * * MON-FRI", "write 1-5"),
    ("0 9 * * sun", "write 0"),
    ("0 9 * JAN,7 *", "write 1"),
    ("60 * * * *", "not within 0 to 59"),
    ("0 24 * * *", "not within 0 to 23"),
    ("0 9 0 * *", "not within 1 to 31"),
    ("0 9 32 * *", "not within 1 to 31"),
    ("0 9 * 13 *", "not within 1 to 12"),
    ("0 9 * * 8", "not within 0 to 7"),
    ("0 17-9 * * *", "write 17-23,0-9"),
    ("5/15 * * * *", "write 5-59/15"),
    ("*/0 * * * *", "write 1 or more"),
    ("0 9,, * * *", "is not a number"),
    ("0 9- * * *", "is not a number"),
    ("-5 * * * *", "is not a number"),
    ("1.5 * * * *", "is not a number"),
    ("٣ * * * *", "is not a number"),
    ("H * * * *", "is not a number"),
    ("0 0 31 2 *", "never runs"),
    ("0 0 30-31 2 *", "never runs"),
    ("0 0 31 4,6,9,11 *", "never runs"),
    ("0 0 30 2 */2", "never runs"),
    (" 0 9 * * *", "space around"),
    ("0 9 * * *\n", "space around"),
]

OTHERS: list[Case] = [
    ({"name": ""}, ("name",), "string_too_short", ""),
    ({"agent": ""}, ("agent",), "string_too_short", ""),
    ({"agent": None}, ("agent",), Code.WRONG_TYPE, "text or a mapping"),
    ({"agent": {"type": "agent"}}, ("agent", "id"), "missing", ""),
    ({"agent": {"id": "agent_1"}}, ("agent", "type"), "missing", ""),
    (
        {"agent": {"type": "agent_with_overrides", "id": "agent_1"}},
        ("agent", "type"),
        "literal_error",
        "'agent'",
    ),
    ({"agent": {"type": "agent", "id": "agent_1", "version": None}}, ("agent", "version"), "int_type", ""),
    (
        {"agent": {"type": "agent", "id": "agent_1", "version": 0}},
        ("agent", "version"),
        "greater_than_equal",
        "",
    ),
    ({"environment_id": ""}, ("environment_id",), "string_too_short", ""),
    ({"environment_id": {"id": "env_1"}}, ("environment_id",), "string_type", ""),
    ({"vault_ids": None}, ("vault_ids",), "list_type", ""),
    ({"vault_ids": [""]}, ("vault_ids", 0), "string_too_short", ""),
    ({"vault_ids": [f"vlt_{n}" for n in range(51)]}, ("vault_ids",), "too_long", "50"),
    ({"paused": "yes"}, ("paused",), "bool_type", ""),
    ({"status": "paused"}, ("status",), "extra_forbidden", ""),
    ({"metadata": {"agentops": "x"}}, ("metadata", "agentops"), Code.RESERVED, "another name"),
    ({"schedule": "0 9 * * *"}, ("schedule",), "model_type", ""),
    ({"schedule": {"expression": "0 9 * * *", "timezone": "UTC"}}, ("schedule", "type"), "missing", ""),
    ({"schedule": SCHEDULE | {"type": "interval"}}, ("schedule", "type"), "literal_error", "'cron'"),
    ({"schedule": {"type": "cron", "expression": "0 9 * * *"}}, ("schedule", "timezone"), "missing", ""),
    (
        {"schedule": SCHEDULE | {"upcoming_runs_at": []}},
        ("schedule", "upcoming_runs_at"),
        "extra_forbidden",
        "",
    ),
    *(
        ({"schedule": SCHEDULE | {"timezone": zone}}, ("schedule", "timezone"), Code.INVALID_VALUE, says)
        for zone, says in (
            ("Europe/Berln", "did you mean 'Europe/Berlin'"),
            ("europe/berlin", "'Europe/Berlin'"),
            ("", "not an IANA time zone"),
            ("+02:00", "write e.g. Europe/Berlin or UTC"),
            ("../etc/passwd", "not an IANA time zone"),
            ("America", "not an IANA time zone"),
        )
    ),
    *(
        ({"schedule": SCHEDULE | {"expression": cron}}, IN_CRON, Code.INVALID_VALUE, says)
        for cron, says in CRON
    ),
    ({"budget": "2500"}, ("budget",), "model_type", ""),
    ({"budget": {"max_list_cost": COST}}, ("budget", "type"), "missing", ""),
    ({"budget": {"type": "limit"}}, ("budget", "max_list_cost"), "missing", ""),
    (
        {"budget": {"type": "limit", "max_list_cost": COST | {"currency": "EUR"}}},
        ("budget", "max_list_cost", "currency"),
        "literal_error",
        "'USD'",
    ),
    *(
        (
            {"budget": {"type": "limit", "max_list_cost": COST | {"amount": amount}}},
            ("budget", "max_list_cost", "amount"),
            code,
            "'2500' for $25.00",
        )
        for amount, code in (
            *((text, Code.INVALID_VALUE) for text in ("", "0", "-5", "025", "25.00", "$25", "1e3", "٣")),
            *((number, Code.WRONG_TYPE) for number in (2500, 25.0, 0)),
        )
    ),
]

DEPLOYMENTS: list[Case] = [*EVENTS, *RESOURCES, *OTHERS]
