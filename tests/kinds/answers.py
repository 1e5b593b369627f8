"""What a registry returns for minimal bodies, and its parts, written by the API reference."""

from __future__ import annotations

from typing import Any

from agentops.domain.canonical import content_digest, leaves
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

AGENT = {"name": "tutor", "model": "claude-opus-5-5"}
SANDBOX = {"name": "sandbox"}


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
}


def both_sides(kind: str, sent: dict[str, Any], returned: dict[str, Any]) -> tuple[Any, Any]:
    file, answer = MINIMAL[kind]
    described = CATALOG[kind]
    described.schema.model_validate(file | sent)
    return leaves(described, file | sent), leaves(described, answer | returned)
