"""Random fleets as files, the same files written otherwise, and for each label an edit that has to get it.

Drawn by number, not by Hypothesis: fleet 17 is the same one everywhere, and so many are so many.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from agentops.domain.risk import Label

Files = dict[str, dict[str, Any]]
"""Address -> what its file says, other resources by their address."""

FORBIDS = (
    "Never send mail to customers.",
    "You must not delete a ticket.",
    "Do not promise a refund.",
    "Only publish with the approval of an editor.",
    "Refuse to give legal advice.",
    "Don't mention other clients.",
)
SAYS = (
    "You answer questions about orders.",
    "Be brief.",
    "Write in the language you are asked in.",
    "Give the number of the order first.",
    "Say who you are.",
)
HOSTS = ("api.example.com", "files.example.com", "example.org")
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-6")
BUILTIN = "agent_toolset_20260401"
ASK, ALLOW = {"type": "always_ask"}, {"type": "always_allow"}
SCHEDULES = ("0 9 * * 1-5", "*/30 8-18 * * *", "15 6 1 * *", "0 0 29 2 *")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")


def fleet(number: int) -> Files:
    """An agent that can do little, ``agent/target`` in ``deployment/target``, among others that can do
    anything."""
    rng = random.Random(number)
    files: Files = {
        "environment/target": limited(rng),
        "environment/other": {"config": {"type": "cloud", "networking": {"type": "unrestricted"}}},
        "memory_store/target": {"name": "target", "description": "Notes."},
        "vault/target": vault(rng),
        "vault/other": {"display_name": "other"},
        "agent/target": target(rng),
        "deployment/target": deployment("agent/target", "environment/target", rng)
        | {"budget": budget(500), "schedule": schedule(rng)},
    }
    for index in range(rng.randint(1, 4)):
        files[f"agent/other{index}"] = other(rng)
    if rng.random() < 0.5:
        files["agent/chief"] = {
            "model": rng.choice(MODELS),
            "multiagent": {"type": "coordinator", "agents": ["agent/target", "agent/other0"]},
        }
    for index in range(rng.randint(0, 2)):
        files[f"deployment/other{index}"] = deployment("agent/other0", "environment/other", rng)
    return files


def target(rng: random.Random) -> dict[str, Any]:
    configs = [
        {"name": "read", "enabled": True},
        {"name": "glob", "enabled": True, "permission_policy": ASK},
    ]
    told = [*rng.sample(SAYS, 3), *rng.sample(FORBIDS, 3)]
    rng.shuffle(told)
    return {
        "model": {"id": "claude-sonnet-5-5", "effort": "medium"},
        "system": "\n".join(told) + "\n",
        "tools": [{"type": BUILTIN, "default_config": {"enabled": False}, "configs": configs}],
        "metadata": {"team": rng.choice(["support", "sales"])},
    }


def other(rng: random.Random) -> dict[str, Any]:
    tools: list[Any] = [
        {
            "type": BUILTIN,
            "configs": [
                {"name": name, "permission_policy": rng.choice([ASK, ALLOW])}
                for name in rng.sample(["bash", "write", "web_fetch", "edit"], 2)
            ],
        }
    ]
    found: dict[str, Any] = {
        "model": rng.choice(MODELS),
        "system": " ".join(rng.sample(SAYS, 3)),
        "tools": tools,
    }
    if rng.random() < 0.5:
        tools.append({"type": "mcp_toolset", "mcp_server_name": "linear"})
        found["mcp_servers"] = [{"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}]
    if rng.random() < 0.5:
        found["description"] = "Writes “quotes”: and # signs.\nTwo lines."
    return found


def limited(rng: random.Random) -> dict[str, Any]:
    hosts = rng.sample(HOSTS, 2)
    return {"config": {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": hosts}}}


def vault(rng: random.Random) -> dict[str, Any]:
    auth = {
        "type": "static_bearer",
        "mcp_server_url": "https://mcp.linear.app/mcp",
        "token": {"secret": f"env:{rng.choice(['FIRST', 'SECOND'])}"},
    }
    return {"display_name": "target", "credentials": {"one": {"auth": auth}}}


def deployment(agent: str, environment: str, rng: random.Random) -> dict[str, Any]:
    text = " ".join(rng.sample(SAYS, 2))
    return {
        "agent": agent,
        "environment_id": environment,
        "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": text}]}],
        "resources": [
            {"type": "memory_store", "memory_store_id": "memory_store/target", "access": "read_only"}
        ],
    }


def budget(cents: int) -> dict[str, Any]:
    return {"type": "limit", "max_list_cost": {"amount": str(cents), "currency": "USD"}}


def schedule(rng: random.Random) -> dict[str, Any]:
    return {"type": "cron", "expression": rng.choice(SCHEDULES), "timezone": rng.choice(ZONES)}


# The same, written otherwise


UNORDERED = frozenset({"tools", "mcp_servers", "configs"})


def written(files: Files, seed: int) -> dict[str, str]:
    """Path -> text: keys and lists without order shuffled, comments, one of several styles and places."""
    rng = random.Random(seed)
    found: dict[str, str] = {}
    for address, body in rng.sample([*files.items()], len(files)):
        kind, _, name = address.partition("/")
        said = mixed(body, rng)
        if kind == "agent" and "system" in said and rng.random() < 0.5:
            file = rng.choice(["words", "prompt"])
            found[f"agents/{name}-{file}.txt"] = said.pop("system")
            said["prompt"] = f"{name}-{file}.txt"
        if rng.random() < 0.2:
            found[f"{kind}s/{name}.json"] = json.dumps(said, indent=rng.choice([None, 2]))
        else:
            found[f"{kind}s/{name}.{rng.choice(['yaml', 'yml'])}"] = yaml(said, rng)
    return found


def mixed(value: Any, rng: random.Random, name: str = "") -> Any:
    if isinstance(value, dict):
        items = rng.sample([*value.items()], len(value))
        return {key: mixed(member, rng, key) for key, member in items}
    if isinstance(value, list):
        items = [mixed(item, rng) for item in value]
        return rng.sample(items, len(items)) if name in UNORDERED else items
    return value


def yaml(value: dict[str, Any], rng: random.Random, depth: int = 0) -> str:
    lines: list[str] = []
    for key, member in value.items():
        if rng.random() < 0.3:
            lines.append(f"{'  ' * depth}# {rng.choice(['why', 'TODO: ask', 'never: {mind}'])}")
        label = f"{'  ' * depth}{rng.choice([key, json.dumps(key)])}:"
        if isinstance(member, dict) and member and rng.random() < 0.7:
            lines += [label, yaml(member, rng, depth + 1).rstrip("\n")]
        else:
            text = json.dumps(member, ensure_ascii=False)
            if rng.random() < 0.5 and max(text) <= "\uffff":  # YAML knows no pairs of surrogates
                text = json.dumps(member)
            lines.append(f"{label} {text}{rng.choice(['', '', '  # so it is'])}")
    return "\n".join(lines) + "\n" * rng.randint(1, 2)


# One dangerous edit per label


Edit = Callable[[Files, random.Random], str]
"""Makes the edit and tells at which address it has to be labelled."""


def _tool(files: Files, name: str, **entry: Any) -> str:
    files["agent/target"]["tools"][0]["configs"].append({"name": name, "enabled": True, **entry})
    return "agent/target"


def _entry(files: Files, name: str) -> dict[str, Any]:
    configs = files["agent/target"]["tools"][0]["configs"]
    return next(entry for entry in configs if entry["name"] == name)


def _prompt_changed(files: Files, rng: random.Random) -> str:
    files["agent/target"]["system"] += f"{rng.choice(['Sign with a name.', 'Use lists.', 'Thank them.'])}\n"
    return "agent/target"


def _prohibition_removed(files: Files, rng: random.Random) -> str:
    lines = files["agent/target"]["system"].splitlines()
    lines.remove(rng.choice([line for line in lines if line in FORBIDS]))
    lines.insert(rng.randrange(len(lines)), "Take your time.")
    files["agent/target"]["system"] = "\n".join(lines) + "\n"
    return "agent/target"


def _hidden_text(files: Files, rng: random.Random) -> str:
    text = files["agent/target"]["system"]
    at = rng.randrange(len(text))
    hidden = rng.choice(["\u202e", "\u200b", "\u2066", "\U000e0041", "p\u0430y", "\u00ad", "\x1b[8m"])
    files["agent/target"]["system"] = f"{text[:at]}{hidden}{text[at:]}"
    return "agent/target"


def _tool_enabled(files: Files, rng: random.Random) -> str:
    return _tool(
        files, rng.choice(["grep", "web_search", "web_fetch"]), permission_policy=rng.choice([ASK, ALLOW])
    )


def _tool_disabled(files: Files, rng: random.Random) -> str:
    _entry(files, rng.choice(["read", "glob"]))["enabled"] = False
    return "agent/target"


def _loosened(files: Files, rng: random.Random) -> str:
    _entry(files, "glob")["permission_policy"] = {"type": rng.choice(["always_allow", "auto"])}
    return "agent/target"


def _tightened(files: Files, rng: random.Random) -> str:
    _entry(files, "read")["permission_policy"] = {"type": rng.choice(["always_ask", "auto"])}
    return "agent/target"


def _commands(files: Files, rng: random.Random) -> str:
    return _tool(files, "bash", permission_policy=rng.choice([ASK, ALLOW]))


def _files(files: Files, rng: random.Random) -> str:
    return _tool(files, rng.choice(["write", "edit"]))


def _network(files: Files, rng: random.Random) -> str:
    networking = files["environment/target"]["config"]["networking"]
    match rng.randrange(4):
        case 0:
            files["environment/target"]["config"]["networking"] = {"type": "unrestricted"}
        case 1:
            networking["allowed_hosts"].append(rng.choice(["new.example.net", "*.example.com"]))
        case 2:
            networking[rng.choice(["allow_mcp_servers", "allow_package_managers"])] = True
        case _:
            files["deployment/target"]["environment_id"] = "environment/other"
            return "deployment/target"
    return "environment/target"


def _server(files: Files, rng: random.Random) -> str:
    url = rng.choice(["https://mcp.example.com/mcp", "http://mcp.example.com"])
    files["agent/target"]["mcp_servers"] = [{"type": "url", "name": "new", "url": url}]
    files["agent/target"]["tools"].append({"type": "mcp_toolset", "mcp_server_name": "new"})
    return "agent/target"


def _secret(files: Files, rng: random.Random) -> str:
    if rng.random() < 0.5:
        files["vault/target"]["credentials"]["one"]["auth"]["token"] = {"secret": "env:THIRD"}
        return "credential/target/one"
    files["deployment/target"]["vault_ids"] = ["vault/target"]
    return "deployment/target"


def _memory(files: Files, rng: random.Random) -> str:
    mount = files["deployment/target"]["resources"][0]
    if rng.random() < 0.5:
        mount["access"] = "read_write"
    else:
        del mount["access"]  # what the API makes of nothing
    return "deployment/target"


def _untrusted(files: Files, rng: random.Random) -> str:
    """Half of the combination was there before, and the other half comes; by any of three files."""
    match rng.randrange(3):
        case 0:
            files["deployment/target"]["environment_id"] = "environment/other"
            return _tool(files, "web_fetch")
        case 1:
            files["deployment/other9"] = deployment("agent/other9", "environment/other", rng)
            files["agent/other9"] = {"model": MODELS[0], "tools": [{"type": BUILTIN}]}
            return "deployment/other9"
        case _:
            files["deployment/target"]["resources"][0]["access"] = "read_write"
            _tool(files, "write")
            return _tool(files, "web_search")


def _model(files: Files, rng: random.Random) -> str:
    files["agent/target"]["model"]["id"] = rng.choice([it for it in MODELS if it != "claude-sonnet-5-5"])
    return "agent/target"


def _effort(files: Files, rng: random.Random) -> str:
    files["agent/target"]["model"]["effort"] = rng.choice(["low", "high", "max"])
    return "agent/target"


def _speed(files: Files, rng: random.Random) -> str:
    files["agent/target"]["model"]["speed"] = "fast"
    return "agent/target"


def _raised(files: Files, rng: random.Random) -> str:
    files["deployment/target"]["budget"] = budget(rng.randint(501, 9_999))
    return "deployment/target"


def _no_budget(files: Files, rng: random.Random) -> str:
    del files["deployment/target"]["budget"]
    return "deployment/target"


def _schedule(files: Files, rng: random.Random) -> str:
    given = files["deployment/target"]["schedule"]
    if rng.random() < 0.5:
        given["timezone"] = rng.choice([zone for zone in ZONES if zone != given["timezone"]])
    else:
        given["expression"] = rng.choice([it for it in SCHEDULES if it != given["expression"]])
    return "deployment/target"


def _roster(files: Files, rng: random.Random) -> str:
    files["agent/target"]["multiagent"] = {"type": "coordinator", "agents": ["agent/other0"]}
    if "agent/chief" in files:
        files["agent/chief"]["multiagent"]["agents"] = ["agent/other0"]
    return "agent/target"


def _skill(files: Files, rng: random.Random) -> str:
    files["agent/target"]["skills"] = [{"type": "anthropic", "skill_id": rng.choice(["pdf", "xlsx"])}]
    return "agent/target"


def _gone(files: Files, rng: random.Random) -> str:
    del files["deployment/target"]
    return "deployment/target"


def _identity(files: Files, rng: random.Random) -> str:
    role = f"arn:aws:iam::123456789012:role/{rng.choice(['a', 'b'])}"
    files["agent/target"]["execution_identity"] = {"type": "aws_role", "role_arn": role}
    return "agent/target"


EDITS: dict[Label, Edit] = {
    Label.PROMPT_CHANGED: _prompt_changed,
    Label.PROHIBITION_REMOVED: _prohibition_removed,
    Label.HIDDEN_TEXT: _hidden_text,
    Label.TOOL_ENABLED: _tool_enabled,
    Label.TOOL_DISABLED: _tool_disabled,
    Label.PERMISSION_LOOSENED: _loosened,
    Label.PERMISSION_TIGHTENED: _tightened,
    Label.CAN_RUN_COMMANDS: _commands,
    Label.CAN_WRITE_FILES: _files,
    Label.NETWORK_WIDENED: _network,
    Label.MCP_SERVER: _server,
    Label.SECRET_REFERENCE: _secret,
    Label.MEMORY_WRITABLE: _memory,
    Label.UNTRUSTED_INPUT: _untrusted,
    Label.MODEL_CHANGED: _model,
    Label.EFFORT_CHANGED: _effort,
    Label.SPEED_CHANGED: _speed,
    Label.BUDGET_RAISED: _raised,
    Label.BUDGET_REMOVED: _no_budget,
    Label.SCHEDULE_CHANGED: _schedule,
    Label.ROSTER_CHANGED: _roster,
    Label.SKILL_CHANGED: _skill,
    Label.IRREVERSIBLE: _gone,
    Label.IDENTITY_CHANGED: _identity,
}
"""Of every label but ``renamed?``, which a plan gets without them, and ``stage-changed``, which is in no file
of a resource."""


def edited(files: Files, label: Label, number: int) -> tuple[Files, str]:
    changed = copy.deepcopy(files)
    return changed, EDITS[label](changed, random.Random(f"{label} {number}"))
