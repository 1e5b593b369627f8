"""What a registry returns for minimal bodies, and its parts, written by the API reference."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from agentops.domain.canonical import content_digest, field_of, form
from agentops.kinds import CATALOG

ALLOW, ASK, AUTO = ({"type": f"{name}"} for name in ("always_allow", "always_ask", "auto"))
BUILTIN = "agent_toolset_20260401"

AGENT_ANSWER: dict[str, Any] = {
    "id": "agent_011CZkYqphY8vELVzwCUpqiQ",
    "type": "agent",
    "version": 1,
    "name": "tutor",
    "model": {"id": "claude-opus-5-5", "speed": "standard"},
    "system": None,
    "description": None,
    "metadata": {},
    "skills": [],
    "mcp_servers": [],
    "tools": [],
    "multiagent": None,
    "execution_identity": {"type": "service_account"},
    "created_at": "2026-11-03T18:24:10.412Z",
    "updated_at": "2026-11-03T18:24:10.412Z",
    "archived_at": None,
}
ENVIRONMENT_ANSWER: dict[str, Any] = {
    "id": "env_011CZkYqphY8vELVzwCUpqiQ",
    "type": "environment",
    "name": "sandbox",
    "description": None,
    "scope": "organization",
    "metadata": {},
    "config": {
        "type": "cloud",
        "networking": {"type": "unrestricted"},
        "packages": {"type": "packages", "apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": []},
    },
    "created_at": "2026-11-03T18:24:10.412Z",
    "updated_at": "2026-11-03T18:24:10.412Z",
    "archived_at": None,
}
STORE_ANSWER: dict[str, Any] = {"id": "memstore_1", "name": "notes", "description": "", "metadata": {}}
MEMORY_ANSWER: dict[str, Any] = {
    "id": "mem_1",
    "path": "/a.md",
    "content": None,
    "content_sha256": content_digest("Grüße\n"),
    "content_size_bytes": 8,
}
SKILL_ANSWER: dict[str, Any] = {
    "id": "skill_1",
    "type": "skill",
    "display_name": "Invoices",
    "latest_version_id": "skver_1",
    "source": {"type": "custom"},
    "created_at": "2026-11-03T18:24:10.412Z",
    "updated_at": "2026-11-03T18:24:10.412Z",
}
VAULT_ANSWER: dict[str, Any] = {
    "id": "vlt_1",
    "type": "vault",
    "display_name": "Linear",
    "metadata": {},
    "archived_at": None,
}
CREDENTIAL_ANSWER: dict[str, Any] = {
    "id": "vcrd_1",
    "type": "vault_credential",
    "vault_id": "vlt_1",
    "auth": {"type": "static_bearer", "mcp_server_url": "https://mcp.linear.app/mcp"},
    "display_name": None,
    "metadata": {},
    "archived_at": None,
}
DEPLOYMENT_ANSWER: dict[str, Any] = {
    "id": "depl_1",
    "type": "deployment",
    "name": "daily",
    "agent": {"type": "agent", "id": "agent_1", "version": 3},
    "environment_id": "env_1",
    "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": "Go."}]}],
    "description": None,
    "resources": [],
    "vault_ids": [],
    "schedule": None,
    "metadata": {},
    "status": "active",
    "paused_reason": None,
    "archived_at": None,
    "created_at": "2026-11-03T18:24:10.412Z",
    "updated_at": "2026-11-03T18:24:10.412Z",
}

AGENT = {"name": "tutor", "model": "claude-opus-5-5"}
SANDBOX = {"name": "sandbox"}
TOKEN = {"secret": "env:TOKEN"}
BEARER = {"type": "static_bearer", "mcp_server_url": "https://mcp.linear.app/mcp", "token": TOKEN}
SKILL = {
    "name": "invoices",
    "display_name": "Invoices",
    "files": {"SKILL.md": {"sha256": "0" * 64, "size": 9}},
}
DEPLOYMENT = {
    "name": "daily",
    "agent": {"type": "agent", "id": "agent_1", "version": 3},
    "environment_id": "env_1",
    "initial_events": DEPLOYMENT_ANSWER["initial_events"],
}


def toolset(*configs: Any, enabled: bool = True, policy: Any = ALLOW) -> dict[str, Any]:
    """The built-in toolset as it is returned."""
    default = {"enabled": enabled, "permission_policy": policy}
    return {"type": BUILTIN, "default_config": default, "configs": list(configs)}


def entry(name: str, *, enabled: bool = True, policy: Any = ALLOW, **members: Any) -> dict[str, Any]:
    return {"type": name, "name": name, "enabled": enabled, "permission_policy": policy, **members}


def limited(**members: Any) -> dict[str, Any]:
    closed = {"allowed_hosts": [], "allow_mcp_servers": False, "allow_package_managers": False}
    return {"type": "limited"} | closed | members


def cloud(**members: Any) -> dict[str, Any]:
    return {"config": ENVIRONMENT_ANSWER["config"] | members}


MINIMAL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "agent": (AGENT, AGENT_ANSWER),
    "environment": (SANDBOX, ENVIRONMENT_ANSWER),
    "memory_store": ({"name": "notes"}, STORE_ANSWER),
    "memory": ({"path": "/a.md"}, MEMORY_ANSWER),
    "skill": (SKILL, SKILL_ANSWER),
    "vault": ({"display_name": "Linear"}, VAULT_ANSWER),
    "credential": ({"auth": BEARER}, CREDENTIAL_ANSWER),
    "deployment": (DEPLOYMENT, DEPLOYMENT_ANSWER),
}


def both_sides(kind: str, sent: dict[str, Any], returned: dict[str, Any]) -> tuple[Any, Any]:
    """The leaves of what a file says and of what is returned, as far as each is about the other: without what
    the answer is silent about, and without what is nobody's business where the file leaves it out.
    """
    file, answer = MINIMAL[kind]
    described = CATALOG[kind]
    described.schema.model_validate(file | sent)
    ours, theirs = form(described, file | sent), form(described, answer | returned)
    said = {field_of(path) for path in ours.leaves}
    left = {name for name, spec in described.fields.items() if spec.optional and name not in said}
    return _without(ours.leaves, theirs.unseen), _without(theirs.leaves, left)


def _without(leaves: dict[str, Any], fields: Set[str]) -> dict[str, Any]:
    return {path: leaf for path, leaf in leaves.items() if field_of(path) not in fields}
