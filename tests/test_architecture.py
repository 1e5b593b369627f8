"""The architecture is this table: what a room may import, of ours and of others. It is exhaustive."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from agentops.kinds import CATALOG

PACKAGE = Path(__file__).parents[1] / "agentops"

# room -> (rooms it may import besides itself, third-party homes)
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "domain": (set(), {"pydantic", "pydantic_core"}),
    "kinds": ({"domain"}, {"pydantic", "pydantic_core"}),
    "spec": ({"domain"}, {"yaml", "jinja2", "pydantic", "pydantic_core"}),
    "policy": ({"domain"}, {"detect_secrets"}),
    "engine": ({"domain"}, {"anyio"}),
    "registry": ({"domain"}, {"httpx", "anyio"}),
    "emulator": (set(), {"starlette", "python_multipart", "yaml"}),
    "lockfile": ({"domain"}, set()),
    "remotes": ({"domain"}, set()),
    "render": ({"domain"}, {"rich", "pydantic", "jinja2"}),
    "github": ({"domain"}, {"httpx"}),
    "cli": (
        {
            "domain",
            "kinds",
            "spec",
            "policy",
            "engine",
            "registry",
            "emulator",
            "lockfile",
            "remotes",
            "render",
            "github",
        },
        {"click", "rich", "uvicorn", "starlette", "anyio", "httpx", "pydantic"},
    ),
    "__main__": ({"cli"}, set()),
    "__init__": (set(), set()),
}

# What a room may never touch, although the standard library has it.
FORBIDDEN: dict[str, set[str]] = {
    "domain": {"os", "pathlib", "time", "random", "subprocess", "socket", "secrets", "uuid", "tempfile"},
    "kinds": {"os", "pathlib", "time", "random", "subprocess", "socket", "secrets", "uuid", "tempfile"},
    "policy": {"os", "pathlib", "time", "random", "subprocess", "socket", "uuid", "tempfile"},
    "engine": {"os", "pathlib", "time", "random", "subprocess", "socket", "secrets", "uuid", "tempfile"},
    "render": {"os", "subprocess", "socket", "time", "random"},
    "spec": {"socket", "time", "random", "http", "urllib"},
    "registry": {"pathlib", "subprocess", "sqlite3"},
    "remotes": {"socket", "time", "random", "http", "urllib"},
}

MODULES = sorted(PACKAGE.rglob("*.py"))
LIMIT = 420


def room_of(module: Path) -> str:
    first = module.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(module: Path) -> set[str]:
    """Every imported module, the lazy ones inside functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            name = node.module or ""
            # `from agentops import x` names a room only where x is one
            if name == "agentops":
                found.update(f"agentops.{alias.name}" for alias in node.names)
            else:
                found.add(name)
    return found


def test_every_module_has_a_room():
    assert {room_of(module) for module in MODULES} <= TABLE.keys()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_the_table_allows(module: Path):
    room = room_of(module)
    rooms, homes = TABLE[room]
    for name in imports_of(module):
        parts = name.split(".")
        if parts[0] == "agentops":
            other = parts[1] if len(parts) > 1 else "__init__"
            assert other in {room, "__version__"} | rooms, f"{room} imports {name}"
        elif parts[0] in sys.stdlib_module_names:
            assert parts[0] not in FORBIDDEN.get(room, set()), f"{room} may not use {name}"
        else:
            assert parts[0] in homes, f"{room} imports {name}, which has its home elsewhere"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_small_and_named_for_what_they_hold(module: Path):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LIMIT
    assert module.stem not in {"utils", "helpers", "common", "manager", "misc"}


@pytest.mark.parametrize("room", ["domain", "engine", "kinds", "policy", "spec"])
def test_only_the_command_line_prints_and_reads_the_environment(room: str):
    for module in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"print", "input"}, f"{module} prints"
            if isinstance(node, ast.Attribute):
                # git needs the environment it is run in; nothing of a project may depend on it
                assert node.attr != "environ" or module.stem == "revision", f"{module} reads the environment"


def test_the_engine_names_no_api_path():
    for module in (PACKAGE / "engine").rglob("*.py"):
        assert "/v1" not in module.read_text(encoding="utf-8")


KINDS = {kind.name for kind in CATALOG}


@pytest.mark.parametrize("room", ["domain", "engine", "registry", "lockfile", "remotes", "render", "cli"])
def test_what_is_special_about_a_kind_is_data_and_nobody_asks_for_it_by_name(room: str):
    """A new kind is one file in ``kinds``, one in ``emulator``, and a line in each of their lists. What files
    of it may say beside the API's own fields is the business of ``spec``."""
    for module in (PACKAGE / room).rglob("*.py"):
        if module.name == "peer.py":  # the format of another tool
            continue
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            asked = isinstance(node, ast.Constant) and node.value in KINDS
            assert not asked, f"{module}:{node.lineno} names a kind"
