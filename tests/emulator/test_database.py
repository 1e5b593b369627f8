"""The file: its identity, what else may lie there, and several processes at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from agentops.emulator import DatabaseError, NewerSchemaError, NotARegistryError, create_app
from tests.emulator.conftest import MANAGED_AGENTS, Registry


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "below" / "registry.db"


def test_content_and_identity_stay(file: Path) -> None:
    first = create_app(file)
    agent = Registry(first).agent()
    workspace = Registry(first).send("GET", "/agents").headers["anthropic-workspace-id"]
    first.state.database.close()

    second = create_app(str(file))
    assert Registry(second).get(f"/agents/{agent['id']}") == agent
    assert Registry(second).send("GET", "/agents").headers["anthropic-workspace-id"] == workspace
    second.state.database.close()


def test_the_server_closes_the_database(file: Path) -> None:
    with Registry(create_app(file)).client:
        assert file.with_name("registry.db-wal").exists()
    assert not file.with_name("registry.db-wal").exists()


def test_a_newer_schema_is_refused(file: Path) -> None:
    create_app(file).state.database.close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE registry SET schema_version = 99")
    connection.close()
    with pytest.raises(NewerSchemaError, match=r"schema version 99.*Upgrade agentops"):
        create_app(file)


def test_another_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to have a header" * 20)
    with pytest.raises(NotARegistryError, match="not a SQLite database"):
        create_app(text)
    assert text.read_text().startswith("not a database")


def test_another_program_s_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE things (id)")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(NotARegistryError, match="another program"):
        create_app(file)
    assert file.read_bytes() == before


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="unable to open"):
        create_app(tmp_path)


def test_a_failed_request_leaves_nothing_behind(registry: Registry) -> None:
    leaf = registry.agent()
    registry.refused_agent(multiagent={"type": "coordinator", "agents": [leaf["id"], "agent_x"]})
    assert len(registry.get("/agents")["data"]) == 1


# Reads the version, then writes with it, and prints how many of its writes were let through.
_WRITER = """
import sys
from starlette.testclient import TestClient
from agentops.emulator import create_app

app = create_app(sys.argv[1])
client = TestClient(app, headers={
    "x-api-key": "k", "anthropic-version": "2026-10-21", "anthropic-beta": "managed-agents-2026-04-01"})
path = "/v1/agents/" + sys.argv[2]
accepted = 0
for number in range(40):
    version = client.get(path).json()["version"]
    answer = client.post(path, json={"version": version, "system": f"{sys.argv[3]} {number}"})
    assert answer.status_code in (200, 409), answer.text
    accepted += answer.status_code == 200
app.state.database.close()
print(accepted)
"""


def test_two_processes_compare_and_write_atomically(file: Path) -> None:
    app = create_app(file)
    registry = Registry(app)
    agent = registry.agent()["id"]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, file, agent, name], stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    accepted = [int(writer.communicate(timeout=120)[0]) for writer in writers]
    assert all(accepted)
    assert registry.get(f"/agents/{agent}")["version"] == 1 + sum(accepted)
    app.state.database.close()


_OPENER = """
import sys
from agentops.emulator import create_app

print(create_app(sys.argv[1]).state.database.identity.workspace_id)
"""


def test_processes_that_create_the_file_together_agree(file: Path) -> None:
    openers = [
        subprocess.Popen([sys.executable, "-c", _OPENER, file], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    workspaces = {opener.communicate(timeout=120)[0] for opener in openers}
    assert len(workspaces) == 1
    assert workspaces.pop().startswith("wrkspc_")


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_threads_of_one_process(file: Path, kind: str) -> None:
    app = create_app(file if kind == "file" else ":memory:")
    agent = Registry(app).agent()["id"]
    statuses: list[int] = []

    def write(name: str) -> None:
        registry = Registry(app)
        for number in range(10):
            version = registry.get(f"/agents/{agent}")["version"]
            body = {"version": version, "system": f"{name} {number}"}
            statuses.append(registry.send("POST", f"/agents/{agent}", body).status_code)

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    assert len(statuses) == 40
    assert Registry(app).get(f"/agents/{agent}")["version"] == 1 + statuses.count(200)
    app.state.database.close()


def test_a_database_that_stays_locked_is_overloaded(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentops.emulator.database._BUSY_SECONDS", 0.05)
    app = create_app(file)
    registry = Registry(app)
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        error = registry.refused("POST", "/environments", {"name": "e"}, status=529)
        assert error["type"] == "overloaded_error"
        assert registry.get("/environments")["data"] == []
        other.execute("ROLLBACK")
    other.close()
    registry.post("/environments", {"name": "e"})
    app.state.database.close()


def test_a_defect_is_answered_in_the_api_s_shape(file: Path) -> None:
    app = create_app(file)
    with app.state.database.transaction(write=True) as tx:
        tx.execute("DROP TABLE environments")
    registry = Registry(app)
    with pytest.raises(sqlite3.OperationalError):
        registry.send("GET", "/environments")
    quiet = TestClient(app, raise_server_exceptions=False)
    headers = {"x-api-key": "k", "anthropic-version": "2026-10-21", "anthropic-beta": MANAGED_AGENTS}
    answer = quiet.get("/v1/environments", headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "api_error")
    assert answer.headers["request-id"] == answer.json()["request_id"]
    app.state.database.close()


def test_a_file_of_an_earlier_version_gets_the_tables_it_lacks_and_keeps_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "registry.db"
    earlier = Registry(create_app(file))
    agent = earlier.agent()
    earlier.client.app.state.database.close()
    with sqlite3.connect(file) as database:
        for table in ("skill_versions", "skills", "deployment_runs", "deployments", "credentials", "vaults"):
            database.execute(f"DROP TABLE {table}")

    now = Registry(create_app(file))

    assert now.get(f"/agents/{agent['id']}") == agent
    assert now.post("/vaults", {"display_name": "keys"})["display_name"] == "keys"
    assert now.get("/deployments")["data"] == []
