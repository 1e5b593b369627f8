"""Valid answers of the registry with something else at one place: a command works, or says what is wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.project import EMBEDDED_URL
from agentops.emulator import create_app
from agentops.registry import Access, ApiKey
from tests.projects import Project

FILES = {
    "agentops.yaml": "project: p\nstages: {dev: {}}\n",
    "environments/cloud.yaml": """\
config: {type: cloud, networking: {type: limited, allowed_hosts: [a.b, mcp.linear.app]}}
""",
    "memory_stores/house.yaml": "description: d\nmetadata: {a: b}\nseed: ../seed.txt\n",
    "seed.txt": "remember\n",
    "skills/mine/SKILL.md": "---\nname: mine\ndescription: d\n---\nDo.\n",
    "agents/critic.md": "---\nmodel: claude-haiku-5-5\n---\nJudge.\n",
    "agents/tutor/agent.yaml": """\
model: {id: claude-opus-5-5, effort: high}
system: Teach.
metadata: {team: school}
tools:
  - web_search: {allowed_domains: [a.example]}
  - mcp: linear
    url: https://mcp.linear.app/mcp
    allow: [list_issues]
  - {type: custom, name: look, description: d, input_schema: {type: object, properties: {x: {type: string}}}}
skills: [../../skills/mine]
multiagent: {type: coordinator, agents: [agent/critic]}
""",
    "vaults/keys.yaml": """\
credentials:
  linear: {auth: {type: static_bearer, mcp_server_url: 'https://l.example', token: {secret: 'env:T'}}}
""",
    "deployments/nightly.yaml": """\
agent: agent/tutor
environment_id: environment/cloud
initial_events: [{type: user.message, content: [{type: text, text: Go.}]}]
resources: [{type: memory_store, memory_store_id: memory_store/house}]
vault_ids: [vault/keys]
schedule: {type: cron, expression: 0 9 * * *, timezone: UTC}
""",
}

EDITS = {"Teach": "Teach well", "Judge": "Judge well", "Go.": "Go on.", "a.b": "a.c", "9 * * *": "8 * * *"}
"""What is different in the files once somebody worked on them."""

DEEP: Any = "x"
for _ in range(90):
    DEEP = [DEEP]
VALUES: list[Any] = [
    None,
    True,
    0,
    -1.5,
    10**400,
    1e308,
    "",
    "from_the_future",
    "\ud800",
    "\x1b[31m\x00\u202e",
    "x" * 10_000,
    [],
    [None],
    [[]],
    ["x", 1, {}],
    {},
    {"": None},
    {"type": "from_the_future", "x": [{}]},
    {"type": None},
    {"type": []},
    DEEP,
]

HOWS = ["set", "drop", "add", "twice"]
COMMANDS = [("plan",), ("plan", "--format", "json"), ("drift",), ("status",)]

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class World:
    """A project in a registry where all of it is applied, and one answer that is to be another."""

    project: Project
    answers: dict[str, Any]
    changed: dict[str, Any]

    def run(self, *arguments: str) -> None:
        """A command ends as commands do, whatever it is told."""
        ended = self.project.run(*arguments)
        assert ended.code in {0, 1, 2, 3}, ended
        said = ended.out + ended.err
        assert "Traceback" not in said, said
        assert "bug in agentops" not in said, said
        assert "\x1b[31m" not in said
        if ended.code == 1:
            assert "error[" in ended.err, ended


class Transport(httpx.AsyncBaseTransport):
    """The registry; ``changed`` are the answers to some paths, ``asked`` all answers to reads."""

    def __init__(self, app: Any, changed: dict[str, Any], asked: dict[str, Any]) -> None:
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._changed = changed
        self._asked = asked

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        answer = await self._inner.handle_async_request(request)
        content = await answer.aread()
        if request.method == "GET" and answer.headers["content-type"] == "application/json":
            self._asked[path] = json.loads(content)
            if path in self._changed:
                content = json.dumps(self._changed[path]).encode()
        return httpx.Response(200, headers={"request-id": "req_1"}, content=content)


@pytest.fixture(params=["as applied", "edited since"])
def world(
    request: pytest.FixtureRequest, empty: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> World:
    monkeypatch.setenv("T", "a-token")
    for path, text in FILES.items():
        empty.write(path, text)
    app = create_app(tmp_path / "registry.db")
    changed: dict[str, Any] = {}
    asked: dict[str, Any] = {}

    def parts(*_: Any) -> tuple[Access, Any]:
        return Access(EMBEDDED_URL, ApiKey("x"), "a key"), Transport(app, changed, asked)

    monkeypatch.setattr("agentops.cli.reaching._access", parts)
    assert empty.run("apply", "--yes").code == 0
    asked.clear()
    assert empty.run("plan", "--detailed-exitcode").code == 0
    for path, text in FILES.items() if request.param == "edited since" else ():
        for old, new in EDITS.items():
            text = text.replace(old, new)
        empty.write(path, text + "\n" * (path == "seed.txt" or path.endswith("SKILL.md")))
    return World(empty, dict(sorted(asked.items())), changed)


def places(tree: Any, at: Place = ()) -> Iterator[Place]:
    yield at
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, member in items:
        yield from places(member, (*at, step))


def changed(tree: Any, place: Place, how: str, value: Any) -> Any:
    """The tree with the value at a place: in its stead, gone, beside it, or there twice."""
    if not place:
        return value
    made = copy.deepcopy(tree)
    holder = made
    for step in place[:-1]:
        holder = holder[step]
    match how:
        case "drop":
            del holder[place[-1]]
        case "add" if isinstance(holder[place[-1]], dict):
            holder[place[-1]]["added_next_year"] = value
        case "add" if isinstance(holder[place[-1]], list):
            holder[place[-1]].append(value)
        case "twice" if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[place[-1]]))
        case _:
            holder[place[-1]] = value
    return made


def test_all_kinds_are_asked_for(world: World) -> None:
    assert {path.split("?")[0].split("/")[2] for path in world.answers} == {
        "agents",
        "environments",
        "memory_stores",
        "skills",
        "vaults",
        "deployments",
    }
    assert sum(len(list(places(body))) for body in world.answers.values()) > 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_plan_of_mutated_answers_works_or_says_what_is_wrong(world: World, data: st.DataObject) -> None:
    path = [*world.answers][data.draw(st.integers(0, len(world.answers) - 1))]
    place = data.draw(st.sampled_from([*places(world.answers[path])]))
    how = data.draw(st.sampled_from(HOWS))
    value = data.draw(st.sampled_from(VALUES))
    command = data.draw(st.sampled_from(COMMANDS))
    world.changed.clear()
    world.changed[path] = changed(world.answers[path], place, how, value)
    world.run(*command)
