"""The main job on the files in ``agents/``: validate, plan, apply, edit, plan, apply, drift.

``make demo`` runs it in a temporary copy, against the embedded registry, and shows each command as a person
would type it. It stops with a message as soon as a command does not end as it should.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from agentops.emulator import create_app

REPOSITORY = Path(__file__).parents[1]
PARTS = ("agentops.yaml", "agents", "environments", "skills")
AGENT = "vibe-coding-tutor"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="agentops-demo-") as folder:
        project = Path(folder)
        for part in PARTS:
            source = REPOSITORY / part
            if source.is_dir():
                shutil.copytree(source, project / part)
            elif source.exists():
                shutil.copy(source, project / part)
        say("Every file is checked, offline")
        run(project, "validate")
        say("What would change, and then it does")
        run(project, "plan")
        run(project, "apply", "--yes")
        say(f"Somebody edits the prompt of {AGENT} in its file")
        edit_prompt(project)
        run(project, "plan", "--out", "change.plan", "--detailed-exitcode", ends=2)
        run(project, "apply", "--plan", "change.plan", "--yes")
        say("Everything is in sync")
        run(project, "plan")
        run(project, "status")
        run(project, "lock", "show", f"agent/{AGENT}")
        say("Somebody edits the agent in the console, behind our back")
        asyncio.run(edit_in_console(project))
        run(project, "drift", ends=2)
        run(project, "plan", ends=3)
    say("That was the main job: nothing was overwritten, and nobody has to guess what happened.")
    return 0


def say(what: str) -> None:
    print(f"\n\033[1m# {what}\033[0m" if sys.stdout.isatty() else f"\n# {what}", flush=True)


def run(project: Path, *arguments: str, ends: int = 0) -> None:
    print(f"\n$ agentops {' '.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "agentops", *arguments], cwd=project, check=False)
    if done.returncode != ends:
        sys.exit(f"agentops {arguments[0]} ended with {done.returncode}, not with {ends}")
    if ends:
        print(f"(exit code {ends})", flush=True)


def edit_prompt(project: Path) -> None:
    """Sharpen one rule of the prompt and add another, as a person would."""
    prompt = next((project / "agents" / AGENT).glob("prompt.md*"))
    text = prompt.read_text(encoding="utf-8")
    rule = "Do not praise by default. "
    if rule not in text:
        sys.exit(f"{prompt.name} no longer has the rule this demo edits: {rule}")
    sharper = (
        "Never hand over a whole solution: give the next step, and wait.\n\nDo not praise out of habit. "
    )
    prompt.write_text(text.replace(rule, sharper), encoding="utf-8")


async def edit_in_console(project: Path) -> None:
    """What a colleague does in the console: the API's own update, past agentops and its lock."""
    transport = httpx.ASGITransport(app=create_app(project / ".agentops" / "registry.db"))
    headers = {
        "x-api-key": "console",
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "managed-agents-2026-04-01",
    }
    async with httpx.AsyncClient(transport=transport, base_url="http://console", headers=headers) as console:
        agents = (await console.get("/v1/agents", params={"limit": 100})).raise_for_status().json()["data"]
        tutor = next(item for item in agents if item["name"] == AGENT)
        edited = {
            "system": tutor["system"].replace(
                "Never hand over a whole solution", "You may hand over a solution"
            ),
            "description": "edited in the console",
        }
        (await console.post(f"/v1/agents/{tutor['id']}", json=edited)).raise_for_status()


if __name__ == "__main__":
    sys.exit(main())
