"""A project of thirty resources with every kind and every sort of reference, and an edit of it that updates
and replaces."""

from __future__ import annotations

from pathlib import Path

RESOURCES = 30
SECRETS = {"LINEAR_TOKEN": "linear-of-the-sweep", "NOTION_TOKEN": "notion-of-the-sweep", "API_KEY": "api"}

_SCHEDULE = 'schedule: {type: cron, expression: "30 4 * * 1-5", timezone: Europe/Berlin}\n'
_EVENTS = "initial_events:\n  - type: user.message\n    content: [{type: text, text: Go on.}]\n"

FILES: dict[str, str] = {
    # six agents: one coordinates three, one has memories with seeds, one has a skill of its own
    "agents/lead.yaml": (
        "model: claude-opus-5-5\nprompt: lead.md\n"
        "multiagent: {type: coordinator, agents: [./scout.yaml, ./analyst.yaml, ./editor.yaml]}\n"
        "skills: [../skills/evidence]\n"
        "memory: {name: notes, type: episodic, seed: notes/}\n"
    ),
    "agents/lead.md": "You lead.\n",
    "agents/notes/index.md": "Nothing yet.\n",
    "agents/notes/rules.md": "Write short.\n",
    "agents/scout.yaml": (
        "model: claude-opus-5-5\nsystem: You look.\ntools: [web_search]\nskills: [../skills/evidence]\n"
    ),
    "agents/analyst.yaml": "model: {id: claude-opus-5-5, effort: high}\nsystem: You count.\n",
    "agents/editor.yaml": "model: claude-opus-5-5\nsystem: You write.\nskills: [../skills/style]\n",
    "agents/tutor/agent.yaml": (
        "model: claude-opus-5-5\nsystem: You teach.\n"
        "memory: {name: progress, type: episodic, seed: memory/}\nskills: [skills/drill]\n"
    ),
    "agents/tutor/memory/a.md": "A\n",
    "agents/tutor/memory/b.md": "B\n",
    "agents/tutor/memory/c.md": "C\n",
    "agents/helper.yaml": "model: claude-opus-5-5\nsystem: You help.\ntools: [read, write]\n",
    "environments/sandbox.yaml": "description: For everybody.\n",
    "environments/heavy.yaml": "config: {type: cloud, packages: {pip: [pytest]}}\n",
    "memory_stores/handbook.yaml": "description: How we work.\nseed: handbook/\n",
    "memory_stores/handbook/one.md": "One\n",
    "memory_stores/handbook/two.md": "Two\n",
    "memory_stores/handbook/three.md": "Three\n",
    "skills/evidence/SKILL.md": "---\nname: evidence\ndescription: Evidence.\n---\nWrite it down.\n",
    "skills/evidence/scripts/check.py": "print('ok')\n",
    "skills/style/SKILL.md": "---\nname: style\ndescription: Style.\n---\nShort.\n",
    "agents/tutor/skills/drill/SKILL.md": "---\nname: drill\ndescription: Drill.\n---\nAgain.\n",
    "vaults/keys.yaml": (
        "display_name: Keys\ncredentials:\n"
        "  linear: {auth: {type: static_bearer, mcp_server_url: 'https://mcp.linear.app/mcp', "
        "token: {secret: 'env:LINEAR_TOKEN'}}}\n"
        "  notion: {auth: {type: static_bearer, mcp_server_url: 'https://mcp.notion.com/mcp', "
        "token: {secret: 'env:NOTION_TOKEN'}}}\n"
    ),
    "vaults/spare.yaml": (
        "display_name: Spare\ncredentials:\n"
        "  api: {auth: {type: environment_variable, secret_name: API_KEY, "
        "secret_value: {secret: 'env:API_KEY'}, networking: {type: unrestricted}}}\n"
    ),
    "deployments/nightly.yaml": (
        "agent: ../agents/lead.yaml\nenvironment_id: ../environments/sandbox.yaml\n"
        f"vault_ids: [../vaults/keys.yaml, ../vaults/spare.yaml]\npaused: true\n{_SCHEDULE}{_EVENTS}"
    ),
    "deployments/lessons.yaml": (
        "agent: ../agents/tutor/agent.yaml\nenvironment_id: ../environments/heavy.yaml\n"
        f"resources: [{{path: ../memory_stores/handbook.yaml, access: read_only}}]\n{_SCHEDULE}{_EVENTS}"
    ),
    "deployments/by-hand.yaml": (
        f"agent: ../agents/helper.yaml\nenvironment_id: ../environments/sandbox.yaml\n{_EVENTS}"
    ),
}

EDITS: dict[str, str] = {
    # an agent that a coordinator pins, a prompt, and what is merged or replaced as a whole
    "agents/scout.yaml": FILES["agents/scout.yaml"].replace("You look.", "You look twice."),
    "agents/lead.md": "You lead, and listen.\n",
    "environments/sandbox.yaml": "description: For everybody, from now on.\nmetadata: {team: research}\n",
    "memory_stores/handbook.yaml": FILES["memory_stores/handbook.yaml"].replace("How we work", "How"),
    # a new version of a skill, which agents pin
    "skills/evidence/SKILL.md": FILES["skills/evidence/SKILL.md"] + "Twice.\n",
    # replaced: renamed first; created beside; created after the old one is gone
    "environments/heavy.yaml": "config: {type: self_hosted}\n",
    "skills/style/SKILL.md": FILES["skills/style/SKILL.md"].replace("name: style", "name: new-style"),
    "vaults/keys.yaml": FILES["vaults/keys.yaml"]
    .replace("mcp.notion.com", "mcp2.notion.com")
    .replace("env:LINEAR_TOKEN'}}}", "env:LINEAR_TOKEN'}}, secret_version: 2}"),
    "vaults/spare.yaml": FILES["vaults/spare.yaml"].replace("Spare", "Spare keys"),
    # unpaused, and another hour
    "deployments/nightly.yaml": FILES["deployments/nightly.yaml"]
    .replace("paused: true", "paused: false")
    .replace("30 4", "45 4"),
}

REPLACED_UPLOAD = "skills/style/SKILL.md"


def write(root: Path, base_url: str, files: dict[str, str] = FILES) -> None:
    """The project below ``root``, with one stage ``prod`` at ``base_url``."""
    (root / ".git").mkdir(parents=True, exist_ok=True)
    stage = f"{{registry: {{base_url: '{base_url}', api_key: {{secret: 'env:SWEEP_KEY'}}}}}}"
    whole = {"agentops.yaml": f"project: sweep\nstages:\n  prod: {stage}\n", **files}
    for path, text in whole.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
