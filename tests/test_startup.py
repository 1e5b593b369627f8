"""Commands start fast because they load only what they need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, sys
from agentops.cli import main
code = main({arguments!r})
print(json.dumps([code, sorted(name for name in sys.modules if "." not in name)]), file=sys.stderr)
"""


def loaded_by(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


def test_the_version_is_told_before_click_is_loaded():
    assert not {"click", "pydantic", "httpx", "rich"} & loaded_by("--version")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["plan", "--help"], ["lock", "--help"], ["github", "--help"]]
)
def test_help_loads_neither_client_nor_schemas(arguments: list[str]):
    assert not {"httpx", "deepdiff", "pydantic", "rich", "yaml", "jinja2"} & loaded_by(*arguments)


def test_validate_loads_no_http_client():
    assert not {"httpx", "starlette", "uvicorn"} & loaded_by("validate")


def test_the_official_sdk_is_never_loaded():
    assert "anthropic" not in loaded_by("plan")


def test_the_official_sdk_is_named_nowhere_in_the_package():
    package = Path(__file__).parents[1] / "agentops"
    for module in package.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert "import anthropic" not in text
        assert "from anthropic" not in text
