"""What the registry makes of a body is no difference, and what somebody changed there is one."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.address import Address
from agentops.domain.canonical import content_digest, form
from agentops.domain.resource import Ref
from agentops.kinds import CATALOG

from .answers import (
    AGENT,
    AGENT_ANSWER,
    ALLOW,
    ASK,
    AUTO,
    BUILTIN,
    ENVIRONMENT_ANSWER,
    TOKEN,
    both_sides,
    cloud,
    entry,
    limited,
    toolset,
)

SOURCES_UNSET = {
    "url_sources": None,
    "allowed_domains": None,
    "blocked_domains": None,
    "max_content_tokens": None,
}

OWN_ID = AGENT_ANSWER["id"]
ADVISOR = {"type": "advisor", "model": "claude-opus-5-5"}
OFF = {"type": "disabled"}
OPEN = {"type": "enabled", "inline_agents": {"type": "enabled"}, "predefined_agents": []}

OAUTH_ANSWER = {"type": "mcp_oauth", "mcp_server_url": "https://mcp.linear.app/mcp"}
OAUTH = OAUTH_ANSWER | {"access_token": TOKEN}
REFRESH_ANSWER = {
    "client_id": "c",
    "token_endpoint": "https://auth.example.com/token",
    "token_endpoint_auth": {"type": "client_secret_post"},
}
REFRESH = REFRESH_ANSWER | {
    "refresh_token": TOKEN,
    "token_endpoint_auth": {"type": "client_secret_post", "client_secret": TOKEN},
}
VARIABLE = {
    "type": "environment_variable",
    "secret_name": "API_KEY",
    "secret_value": TOKEN,
    "networking": {"type": "unrestricted"},
}
VARIABLE_ANSWER = {
    "type": "environment_variable",
    "secret_name": "API_KEY",
    "networking": {"type": "unrestricted"},
    "injection_location": {"header": True, "body": True},
}

SCHEDULE = {"type": "cron", "expression": "0 9 * * 1-5", "timezone": "Europe/Berlin"}
REPOSITORY = {"type": "github_repository", "url": "https://github.com/octo/cat"}
FILE = {"type": "file", "file_id": "file_1"}
STORE = {"type": "memory_store", "memory_store_id": "memstore_1"}
OUTCOME = {"type": "user.define_outcome", "description": "d", "rubric": {"type": "text", "content": "c"}}
DOCUMENT = {"type": "document", "source": {"type": "url", "url": "https://a.example/b.pdf"}}


def shown(block: Any) -> dict[str, Any]:
    return {"type": "user.message", "content": [block]}


SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # kind, what a file says beyond the minimum, what of the answer is not its minimum
    ("agent", {}, {}),
    ("agent", {"model": {"id": "claude-opus-5-5"}}, {}),
    ("agent", {"model": {"id": "claude-opus-5-5", "speed": None, "inference_geo": None, "effort": None}}, {}),
    (
        "agent",
        {"model": {"id": "claude-opus-5-5", "effort": "high"}},
        {
            "model": {
                "id": "claude-opus-5-5",
                "effort": {"type": "high"},
                "speed": "standard",
                "inference_geo": None,
            }
        },
    ),
    (
        "agent",
        {"model": {"id": "claude-opus-5-5", "effort": {"type": "low"}}},
        {"model": {"id": "claude-opus-5-5", "effort": {"type": "low"}, "speed": "standard"}},
    ),
    ("agent", {"description": "", "system": ""}, {}),
    ("agent", {}, {"description": "", "system": ""}),
    ("agent", {"tools": [], "skills": [], "mcp_servers": [], "metadata": {}, "multiagent": None}, {}),
    ("agent", {"execution_identity": None}, {}),
    ("agent", {"execution_identity": {"type": "service_account"}}, {}),
    ("agent", {"metadata": {"team": "a"}}, {"metadata": {"team": "a", "agentops": "shop/prod/agent/tutor"}}),
    (
        "agent",
        {"skills": [{"type": "anthropic", "skill_id": "pdf"}]},
        {"skills": [{"type": "anthropic", "skill_id": "pdf", "version": "latest"}]},
    ),
    ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset()]}),
    ("agent", {"tools": [{"type": BUILTIN, "default_config": None, "configs": []}]}, {"tools": [toolset()]}),
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "default_config": {"enabled": False, "permission_policy": AUTO},
                    "configs": [{"name": "bash", "enabled": True}],
                }
            ]
        },
        {"tools": [toolset(entry("bash", policy=AUTO), enabled=False, policy=AUTO)]},
    ),
    # An entry that restates what it inherits, on either side.
    ("agent", {"tools": [{"type": BUILTIN, "configs": [{"name": "bash"}]}]}, {"tools": [toolset()]}),
    (
        "agent",
        {"tools": [{"type": BUILTIN}]},
        {"tools": [toolset(entry("bash"), entry("web_fetch", **SOURCES_UNSET))]},
    ),
    ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset(entry("tool_of_next_year"))]}),
    # Entries in another order.
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "configs": [{"name": "read", "enabled": False}, {"name": "bash", "enabled": False}],
                }
            ]
        },
        {"tools": [toolset(entry("bash", enabled=False), entry("read", enabled=False))]},
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "configs": [
                        {
                            "name": "web_fetch",
                            "url_sources": {"user_input": "none", "client_tool_results": "all"},
                        }
                    ],
                }
            ]
        },
        {
            "tools": [
                toolset(
                    entry(
                        "web_fetch",
                        url_sources={
                            "user_input": {"type": "none"},
                            "client_tool_results": {"type": "all"},
                            "server_tool_results": None,
                        },
                    )
                )
            ]
        },
    ),
    (
        "agent",
        {
            "tools": [
                {"type": BUILTIN, "configs": [{"name": "web_fetch", "url_sources": {"user_input": "all"}}]}
            ]
        },
        {"tools": [toolset()]},
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "configs": [
                        {"name": "web_search", "user_location": {"type": "approximate", "city": "Bonn"}}
                    ],
                }
            ]
        },
        {
            "tools": [
                toolset(
                    entry(
                        "web_search",
                        user_location={
                            "type": "approximate",
                            "city": "Bonn",
                            "country": None,
                            "region": None,
                            "timezone": None,
                        },
                    )
                )
            ]
        },
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": "mcp_toolset",
                    "mcp_server_name": "linear",
                    "configs": [{"name": "list", "permission_policy": ALLOW}, {"name": "get"}],
                }
            ],
            "mcp_servers": [{"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}],
        },
        {
            "tools": [
                {
                    "type": "mcp_toolset",
                    "mcp_server_name": "linear",
                    "default_config": {"enabled": True, "permission_policy": ASK},
                    "configs": [
                        {"name": "list", "enabled": True, "permission_policy": ALLOW},
                        {"name": "get", "enabled": True, "permission_policy": ASK},
                    ],
                }
            ],
            "mcp_servers": [{"name": "linear", "type": "url", "url": "https://mcp.linear.app/mcp"}],
        },
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": "custom",
                    "name": "look",
                    "description": "d",
                    "input_schema": {"type": "object", "title": None},
                }
            ]
        },
        {
            "tools": [
                {
                    "type": "custom",
                    "name": "look",
                    "description": "d",
                    "input_schema": {"type": "object", "title": None, "properties": None, "required": None},
                }
            ]
        },
    ),
    # Rosters: references become objects, the owner stays itself, the advisor goes to the end.
    (
        "agent",
        {
            "multiagent": {
                "type": "coordinator",
                "agents": [ADVISOR, {"type": "agent", "id": "agent_a", "version": 2}],
            }
        },
        {
            "multiagent": {
                "type": "coordinator",
                "agents": [{"id": "agent_a", "type": "agent", "version": 2}, ADVISOR],
            }
        },
    ),
    (
        "agent",
        {"multiagent": {"type": "coordinator", "agents": [{"type": "self"}]}},
        {"multiagent": {"type": "coordinator", "agents": [{"type": "agent", "id": OWN_ID, "version": 7}]}},
    ),
    (
        "agent",
        {"multiagent": {"type": "multiagent_20261001"}},
        {"multiagent": {"type": "multiagent_20261001", "subagents": OPEN, "workflows": OPEN, "advisor": OFF}},
    ),
    (
        "agent",
        {
            "multiagent": {
                "type": "multiagent_20261001",
                "subagents": None,
                "workflows": None,
                "advisor": None,
            }
        },
        {"multiagent": {"type": "multiagent_20261001", "subagents": OPEN, "workflows": OPEN, "advisor": OFF}},
    ),
    (
        "agent",
        {
            "multiagent": {
                "type": "multiagent_20261001",
                "subagents": OFF,
                "workflows": {
                    "type": "enabled",
                    "inline_agents": OFF,
                    "predefined_agents": [{"type": "self"}, {"type": "agent", "id": "agent_a", "version": 2}],
                },
                "advisor": {"type": "enabled", "model": "claude-opus-5-5"},
            }
        },
        {
            "multiagent": {
                "type": "multiagent_20261001",
                "subagents": OFF,
                "workflows": {
                    "type": "enabled",
                    "inline_agents": OFF,
                    "predefined_agents": [
                        {"type": "agent", "id": OWN_ID, "version": 1},
                        {"type": "agent", "id": "agent_a", "version": 2},
                    ],
                },
                "advisor": {"type": "enabled", "model": "claude-opus-5-5"},
            }
        },
    ),
    (
        "agent",
        {"skills": [{"type": "custom", "skill_id": "skill_1"}]},
        {"skills": [{"type": "custom", "skill_id": "skill_1", "version": "latest"}]},
    ),
    ("skill", {}, {}),
    ("skill", {"display_name": None, "name": "invoices"}, {"display_name": "invoices"}),
    ("skill", {}, {"latest_version_id": "skver_2", "updated_at": "2027-01-01T00:00:00Z"}),
    ("vault", {}, {}),
    ("vault", {"metadata": {"team": "a"}}, {"metadata": {"team": "a", "agentops": "shop/prod/vault/linear"}}),
    ("credential", {}, {}),
    ("credential", {"display_name": None}, {}),
    (
        "credential",
        {"auth": OAUTH | {"expires_at": "2030-12-31T23:59:59Z"}},
        {"auth": OAUTH_ANSWER | {"expires_at": "2026-12-01T00:00:00Z"}},
    ),
    ("credential", {"auth": OAUTH | {"refresh": None}}, {"auth": OAUTH_ANSWER | {"refresh": None}}),
    (
        "credential",
        {"auth": OAUTH | {"refresh": REFRESH}},
        {"auth": OAUTH_ANSWER | {"refresh": REFRESH_ANSWER}},
    ),
    (
        "credential",
        {"auth": OAUTH | {"refresh": REFRESH | {"scope": None, "resource": None}}},
        {"auth": OAUTH_ANSWER | {"refresh": REFRESH_ANSWER | {"scope": None}}},
    ),
    (
        "credential",
        {"auth": OAUTH | {"refresh": REFRESH | {"scope": ""}}},
        {"auth": OAUTH_ANSWER | {"refresh": REFRESH_ANSWER}},
    ),
    ("credential", {"auth": VARIABLE}, {"auth": VARIABLE_ANSWER}),
    (
        "credential",
        {"auth": VARIABLE | {"injection_location": {"header": True}}},
        {"auth": VARIABLE_ANSWER | {"injection_location": {"header": True, "body": False}}},
    ),
    (
        "credential",
        {"auth": VARIABLE | {"injection_location": {"body": True, "header": True}}},
        {"auth": VARIABLE_ANSWER},
    ),
    ("deployment", {}, {}),
    ("deployment", {"description": "", "schedule": None, "budget": None, "paused": None}, {}),
    ("deployment", {}, {"budget": None, "description": ""}),
    ("deployment", {"paused": False}, {}),
    ("deployment", {"paused": True}, {"status": "paused", "paused_reason": {"type": "manual"}}),
    # The platform paused it: neither what the file says nor the opposite is true.
    *(
        (
            "deployment",
            {"paused": paused},
            {"status": "paused", "paused_reason": {"type": "error", "error": {}}},
        )
        for paused in (True, False, None)
    ),
    (
        "deployment",
        {"schedule": SCHEDULE},
        {"schedule": SCHEDULE | {"last_run_at": None, "upcoming_runs_at": ["2026-11-04T08:00:00Z"]}},
    ),
    (
        "deployment",
        {"budget": {"type": "limit", "max_list_cost": {"amount": "2500", "currency": "USD"}}},
        {"budget": {"type": "limit", "max_list_cost": {"currency": "USD", "amount": "2500"}}},
    ),
    *(
        ("deployment", {"resources": [sent]}, {"resources": [returned]})
        for sent, returned in (
            (REPOSITORY, REPOSITORY | {"checkout": None, "mount_path": None}),
            (REPOSITORY, REPOSITORY | {"mount_path": "/workspace/cat"}),
            (REPOSITORY | {"authorization_token": TOKEN, "mount_path": "/workspace/cat"}, REPOSITORY),
            (FILE, FILE | {"mount_path": None}),
            (FILE, FILE | {"mount_path": "/mnt/session/uploads/file_1"}),
            (STORE, STORE | {"access": None, "instructions": None}),
            (STORE | {"instructions": ""}, STORE | {"access": "read_write"}),
        )
    ),
    ("deployment", {"resources": [REPOSITORY, STORE, FILE]}, {"resources": [STORE, FILE, REPOSITORY]}),
    *(
        ("deployment", {"initial_events": [OUTCOME | sent]}, {"initial_events": [OUTCOME | returned]})
        for sent in ({}, {"max_iterations": None}, {"max_iterations": 3})
        for returned in ({}, {"max_iterations": None}, {"max_iterations": 3})
    ),
    (
        "deployment",
        {"initial_events": [shown(DOCUMENT)]},
        {"initial_events": [shown(DOCUMENT | {"title": None, "context": None})]},
    ),
    ("environment", {}, {}),
    ("environment", {"config": None, "scope": None, "description": None}, {}),
    ("environment", {"config": {"type": "cloud", "packages": {}}}, {}),
    ("environment", {"config": {"type": "cloud", "packages": {"pip": None, "apt": []}}}, {}),
    ("environment", {}, cloud(packages=ENVIRONMENT_ANSWER["config"]["packages"] | {"type": None})),
    (
        "environment",
        {"config": {"type": "cloud", "networking": {"type": "limited"}}},
        cloud(networking=limited()),
    ),
    (
        "environment",
        {
            "config": {
                "type": "cloud",
                "networking": {"type": "limited", "allow_mcp_servers": True, "allowed_hosts": None},
            }
        },
        cloud(networking=limited(allow_mcp_servers=True)),
    ),
    ("environment", {"config": {"type": "self_hosted"}}, {"config": {"type": "self_hosted"}}),
    ("environment", {"description": ""}, {"description": ""}),
    ("environment", {"metadata": {"team": ""}}, {}),
    ("memory_store", {}, {}),
    ("memory_store", {"description": ""}, {}),
    ("memory", {"content": "Grüße\n"}, {}),
    ("memory", {"content": "Grüße\n"}, {"content": "Grüße\n"}),
    ("memory", {"content": ""}, {"content_sha256": content_digest("")}),
    ("memory", {"content": None}, {"content_sha256": content_digest("")}),
]


@pytest.mark.parametrize(("kind", "sent", "returned"), SAME)
def test_an_answer_that_was_only_enriched_is_the_same(
    kind: str, sent: dict[str, Any], returned: dict[str, Any]
) -> None:
    ours, theirs = both_sides(kind, sent, returned)
    assert ours == theirs


@pytest.mark.parametrize(
    ("kind", "sent", "returned", "paths"),
    [
        ("agent", {}, {"model": {"id": "claude-opus-5-5", "speed": "fast"}}, {"model.speed"}),
        (
            "agent",
            {},
            {"model": {"id": "claude-opus-5-5", "speed": "standard", "inference_geo": "eu"}},
            {"model.inference_geo"},
        ),
        (
            "agent",
            {},
            {"model": {"id": "claude-opus-5-5", "speed": "standard", "effort": {"type": "max"}}},
            {"model.effort"},
        ),
        ("agent", {}, {"multiagent": {"type": "coordinator", "agents": []}}, {"multiagent"}),
        # A console edit that enables what the file disables, and one that changes the roster.
        (
            "agent",
            {"multiagent": {"type": "multiagent_20261001", "subagents": OFF, "workflows": OFF}},
            {
                "multiagent": {
                    "type": "multiagent_20261001",
                    "subagents": OFF,
                    "workflows": OPEN,
                    "advisor": OFF,
                }
            },
            {"multiagent"},
        ),
        (
            "agent",
            {"multiagent": {"type": "coordinator", "agents": ["agent_a", "agent_b"]}},
            {"multiagent": {"type": "coordinator", "agents": [{"type": "agent", "id": "agent_a"}]}},
            {"multiagent"},
        ),
        (
            "agent",
            {
                "multiagent": {
                    "type": "coordinator",
                    "agents": [{"type": "agent", "id": "agent_a", "version": 1}],
                }
            },
            {
                "multiagent": {
                    "type": "coordinator",
                    "agents": [{"type": "agent", "id": "agent_a", "version": 2}],
                }
            },
            {"multiagent"},
        ),
        (
            "agent",
            {"skills": [{"type": "custom", "skill_id": "skill_1", "version": "skver_1"}]},
            {"skills": [{"type": "custom", "skill_id": "skill_1", "version": "skver_2"}]},
            {"skills"},
        ),
        ("skill", {}, {"display_name": "Bills"}, {"display_name"}),
        ("vault", {}, {"display_name": "Jira"}, {"display_name"}),
        (
            "credential",
            {},
            {"auth": {"type": "static_bearer", "mcp_server_url": "https://other.example"}},
            {"auth.mcp_server_url"},
        ),
        ("credential", {}, {"display_name": "x"}, {"display_name"}),
        (
            "credential",
            {"auth": OAUTH | {"refresh": REFRESH}},
            {"auth": OAUTH_ANSWER | {"refresh": REFRESH_ANSWER | {"scope": "read"}}},
            {"auth.refresh.scope"},
        ),
        (
            "credential",
            {"auth": OAUTH | {"refresh": REFRESH}},
            {"auth": OAUTH_ANSWER},
            {
                "auth.refresh.client_id",
                "auth.refresh.token_endpoint",
                "auth.refresh.token_endpoint_auth.type",
                "auth.refresh.scope",
            },
        ),
        (
            "credential",
            {"auth": VARIABLE},
            {"auth": VARIABLE_ANSWER | {"injection_location": {"header": True, "body": False}}},
            {"auth.injection_location.body"},
        ),
        (
            "credential",
            {"auth": VARIABLE},
            {"auth": VARIABLE_ANSWER | {"networking": {"type": "limited", "allowed_hosts": ["a.example"]}}},
            {"auth.networking.type", "auth.networking.allowed_hosts"},
        ),
        ("deployment", {}, {"agent": {"type": "agent", "id": "agent_1", "version": 4}}, {"agent"}),
        ("deployment", {}, {"environment_id": "env_2"}, {"environment_id"}),
        ("deployment", {"paused": True}, {}, {"paused"}),
        (
            "deployment",
            {"paused": False},
            {"status": "paused", "paused_reason": {"type": "manual"}},
            {"paused"},
        ),
        ("deployment", {"schedule": SCHEDULE}, {}, {"schedule"}),
        ("deployment", {"schedule": SCHEDULE}, {"schedule": SCHEDULE | {"timezone": "UTC"}}, {"schedule"}),
        (
            "deployment",
            {"resources": [STORE]},
            {"resources": [STORE | {"access": "read_only"}]},
            {"resources"},
        ),
        (
            "deployment",
            {"resources": [REPOSITORY]},
            {"resources": [REPOSITORY | {"checkout": {"type": "branch", "name": "main"}}]},
            {"resources"},
        ),
        (
            "deployment",
            {"resources": [FILE]},
            {"resources": [FILE | {"mount_path": "/data.csv"}]},
            {"resources"},
        ),
        # The first vault that has a credential wins, and the order of events is that of a talk.
        ("deployment", {"vault_ids": ["vlt_1", "vlt_2"]}, {"vault_ids": ["vlt_2", "vlt_1"]}, {"vault_ids"}),
        (
            "deployment",
            {"initial_events": [OUTCOME]},
            {"initial_events": [OUTCOME | {"max_iterations": 4}]},
            {"initial_events"},
        ),
        ("deployment", {}, {"initial_events": [shown({"type": "redacted"})]}, {"initial_events"}),
        (
            "agent",
            {},
            {"execution_identity": {"type": "aws_role", "role_arn": "arn:aws:iam::1:role/a"}},
            {"execution_identity"},
        ),
        ("agent", {}, {"tools": [toolset()]}, {"tools"}),
        ("agent", {}, {"metadata": {"team": "b"}}, {"metadata.team"}),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(entry("bash") | {"enabled": 1})]},
            {"tools"},
        ),
        # A console edit that opens what the file never mentions.
        ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset(entry("bash", policy=ASK))]}, {"tools"}),
        (
            "agent",
            {"tools": [{"type": BUILTIN, "default_config": {"enabled": False}}]},
            {"tools": [toolset(entry("bash"), enabled=False)]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(entry("next_year", enabled=False))]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(entry("web_fetch", max_content_tokens=5))]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(policy={"type": "future", "level": 3})]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(), {"type": "toolset_of_next_year"}]},
            {"tools"},
        ),
        (
            "environment",
            {},
            cloud(networking=limited()),
            {
                "config.networking.type",
                "config.networking.allow_mcp_servers",
                "config.networking.allow_package_managers",
            },
        ),
        ("environment", {}, cloud(networking={"type": "future"}), {"config.networking.type"}),
        (
            "environment",
            {},
            cloud(packages=ENVIRONMENT_ANSWER["config"]["packages"] | {"pip": ["x"]}),
            {"config.packages.pip"},
        ),
        ("environment", {}, {"description": ""}, {"description"}),
        ("environment", {}, {"scope": "account"}, {"scope"}),
        ("memory_store", {}, {"description": "what"}, {"description"}),
        ("memory", {"content": "other"}, {}, {"content"}),
    ],
)
def test_what_somebody_changed_is_a_difference(
    kind: str, sent: dict[str, Any], returned: dict[str, Any], paths: set[str]
) -> None:
    ours, theirs = both_sides(kind, sent, returned)
    assert {path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)} == paths


def test_an_input_schema_keeps_every_keyword() -> None:
    schema = {"type": "object", "additionalProperties": False, "x-note": [1]}
    tool = {"type": "custom", "name": "t", "description": "d", "input_schema": schema}
    assert form(CATALOG["agent"], AGENT | {"tools": [tool]}).leaves["tools"] == [tool]


def test_an_absent_effort_is_left_to_the_registry() -> None:
    agent = CATALOG["agent"]
    assert "effort" not in agent.complete(AGENT)["model"]
    assert agent.undetermined == {"model.effort"}


def test_order_is_kept_where_it_may_mean_something() -> None:
    one = search_domains("a.example", "b.example")
    two = search_domains("b.example", "a.example")
    assert form(CATALOG["agent"], one).leaves != form(CATALOG["agent"], two).leaves


def search_domains(*domains: str) -> dict[str, Any]:
    config = {"name": "web_search", "allowed_domains": list(domains)}
    return AGENT | {"tools": [{"type": BUILTIN, "configs": [config]}]}


def test_references_to_what_is_not_there_yet_are_kept() -> None:
    """A body that is planned has addresses where IDs will be; they are completed like IDs."""
    leaf, version = Ref(Address("agent/leaf")).as_json(), Ref(Address("agent/leaf"), "version").as_json()
    reference = {"type": "agent", "id": leaf}
    roster = {"type": "coordinator", "agents": [leaf, {**reference, "version": version}]}
    completed = CATALOG["agent"].complete(AGENT | {"multiagent": roster})["multiagent"]
    assert completed["agents"] == [reference, {**reference, "version": version}]
    body = {"agent": leaf, "environment_id": leaf, "vault_ids": [leaf]}
    completed = CATALOG["deployment"].complete(body)
    assert (completed["agent"], completed["environment_id"], completed["vault_ids"]) == (
        reference,
        leaf,
        [leaf],
    )


def test_only_its_own_id_makes_an_entry_the_agent_itself() -> None:
    roster = {"type": "coordinator", "agents": [{"type": "agent", "id": OWN_ID}]}
    agent = CATALOG["agent"]
    assert agent.complete(AGENT | {"multiagent": roster})["multiagent"] == roster
    other = AGENT_ANSWER | {"id": "agent_other", "multiagent": roster}
    assert agent.complete(other)["multiagent"] == roster


def test_references_to_secrets_are_kept_and_never_compared() -> None:
    credential = CATALOG["credential"]
    body = {"auth": OAUTH | {"refresh": REFRESH}}
    completed = credential.complete(body)["auth"]
    assert completed["access_token"] == completed["refresh"]["refresh_token"] == TOKEN
    assert completed["refresh"]["token_endpoint_auth"]["client_secret"] == TOKEN
    assert not [path for path in form(credential, body).leaves if "secret" in path or path.endswith("_token")]


def test_the_version_of_an_agent_stays_open_where_none_is_pinned() -> None:
    completed = CATALOG["deployment"].complete({"agent": "agent_1"})
    assert completed["agent"] == {"type": "agent", "id": "agent_1"}


def test_a_listing_of_files_that_is_not_ours_says_nothing() -> None:
    """The registry tells no files today; what may come by that name is not compared with hashes of ours."""
    skill = CATALOG["skill"]
    for told in (["SKILL.md"], {"SKILL.md": "text"}, "SKILL.md", 3):
        assert "files" not in skill.complete({"display_name": "x", "files": told})
    ours = {"SKILL.md": {"sha256": "0" * 64, "size": 1}}
    assert skill.complete({"display_name": "x", "files": ours})["files"] == ours


def test_prose_becomes_what_a_session_starts_with() -> None:
    deployment = CATALOG["deployment"]
    assert deployment.text_field == "initial_events"
    events = deployment.prose("Go.")
    assert events == [{"type": "user.message", "content": [{"type": "text", "text": "Go."}]}]
