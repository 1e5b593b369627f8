"""``renamed_from``: a project or a stage goes on under another name with everything it has."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from agentops.domain.shared import Claim, Holder
from agentops.emulator import create_app
from agentops.engine.documents import SharedDocuments
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from tests.projects import Project

BEFORE = "project: shop\nmutex: {mutex}\nstages: {{dev: {{}}}}\n"
RENAMED = {
    "stage": ("shop", "test", "project: shop\nmutex: {mutex}\nstages: {{test: {{renamed_from: dev}}}}\n"),
    "project": (
        "store",
        "dev",
        "project: store\nrenamed_from: shop\nmutex: {mutex}\nstages: {{dev: {{}}}}\n",
    ),
    "both": (
        "store",
        "test",
        "project: store\nrenamed_from: [stall, shop]\nmutex: {mutex}\nstages: {{test: {{renamed_from: dev}}}}\n",
    ),
}
SKILL = "---\nname: review\ndescription: How we review.\n---\nLook twice.\n"
ELSEWHERE = Holder(
    command="apply", pid=4711, host="build-3", machine="another", began="1", user="ada", url=""
)


@pytest.fixture(params=["on", "off"])
def mutex(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def applied(project: Project, mutex: str) -> Project:
    """Applied under the former names, with a skill, which carries no tag."""
    project.write("agentops.yaml", BEFORE.format(mutex=mutex))
    project.write("skills/review/SKILL.md", SKILL)
    assert project.run("apply", "--yes").code == 0
    return project


def ids(project: Project, stage: str) -> dict[str, str]:
    return {address: entry["id"] for address, entry in project.lock(stage)["resources"].items()}


def tags(project: Project) -> set[str]:
    """Every ownership tag in the registry, but those of what runs share."""

    def read(client: Any) -> set[str]:
        found = set()
        for path, beta in (
            ("agents", "managed-agents-2026-04-01"),
            ("memory_stores", "agent-memory-2026-07-22"),
        ):
            answer = client.get(f"/v1/{path}", headers={"anthropic-beta": beta})
            found |= {item["metadata"].get("agentops", "") for item in answer.json()["data"]}
        return {tag for tag in found if not tag.startswith("agentops/")}

    return project.console(read)


def documents(project: Project, name: str, use: Any) -> Any:
    async def main() -> Any:
        transport = httpx.ASGITransport(create_app(project.root / ".agentops/registry.db"))
        async with HttpRegistry.open("http://x", ApiKey("k"), transport=transport) as registry:
            return await use(SharedDocuments(registry, CATALOG, name))

    return anyio.run(main)


@pytest.mark.parametrize("what", RENAMED)
def test_everything_is_kept_and_the_lock_goes_on_under_the_new_name(
    applied: Project, mutex: str, what: str
) -> None:
    name, stage, text = RENAMED[what]
    before = ids(applied, "dev")
    applied.write("agentops.yaml", text.format(mutex=mutex))
    planned = applied.run("plan", "--detailed-exitcode")
    assert (planned.code, "AO" in planned.out) == (0, False), planned.out
    assert applied.run("apply", "--yes").code == 0
    assert [path.name for path in (applied.root / "locks").iterdir()] == [f"{stage}.lock.json"]
    assert (applied.lock(stage)["project"], applied.lock(stage)["stage"]) == (name, stage)
    assert ids(applied, stage) == before
    assert tags(applied) == {"shop/dev/agent/tutor", "shop/dev/memory_store/tutor-episodic"}

    applied.write("agents/tutor/prompt.md", "You teach.\n")
    assert applied.run("apply", "--yes").code == 0
    assert tags(applied) == {f"{name}/{stage}/agent/tutor", "shop/dev/memory_store/tutor-episodic"}
    assert ids(applied, stage) == before
    assert applied.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("what", RENAMED)
def test_without_the_lock_the_tags_of_the_former_name_count(project: Project, what: str) -> None:
    project.write("agentops.yaml", BEFORE.format(mutex="off"))
    assert project.run("apply", "--yes").code == 0
    before = ids(project, "dev")
    _, stage, text = RENAMED[what]
    project.write("agentops.yaml", text.format(mutex="off"))
    (project.root / "locks/dev.lock.json").unlink()
    found = project.run("plan", "--format", "json").json
    assert {change["action"] for change in found["changes"]} == {"adopt"}
    assert project.run("apply", "--yes").code == 0
    assert ids(project, stage) == before


@pytest.mark.parametrize("what", RENAMED)
@pytest.mark.parametrize("mutex", ["on"], indirect=True)
def test_without_the_lock_its_copy_under_the_former_name_counts(applied: Project, what: str) -> None:
    before = ids(applied, "dev")
    _, stage, text = RENAMED[what]
    applied.write("agentops.yaml", text.format(mutex="on"))
    (applied.root / "locks/dev.lock.json").unlink()
    planned = applied.run("plan", "--detailed-exitcode")
    assert (planned.code, "the lock in the registry is newer" in planned.out) == (0, True), planned.out
    assert applied.run("apply", "--yes").code == 0
    assert ids(applied, stage) == before
    (applied.root / f"locks/{stage}.lock.json").unlink()
    assert applied.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("what", RENAMED)
def test_a_lock_is_rebuilt_from_what_has_the_former_name(applied: Project, mutex: str, what: str) -> None:
    """The lock itself, its copy where there is one, or else the tags, which skills do not have."""
    before = ids(applied, "dev")
    _, stage, text = RENAMED[what]
    applied.write("agentops.yaml", text.format(mutex=mutex))
    whole = applied.run("lock", "rebuild", "--yes")
    assert (whole.code, "nothing to do" in whole.err) == (0, True), whole.err
    (applied.root / "locks/dev.lock.json").unlink()
    lost = applied.run("lock", "rebuild", "--yes")
    assert (lost.code, "is not found again" in lost.out) == (0, False), lost.out + lost.err
    assert ids(applied, stage) == before
    assert applied.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("what", RENAMED)
@pytest.mark.parametrize("mutex", ["off"], indirect=True)
def test_what_has_a_former_tag_is_pulled(applied: Project, what: str) -> None:
    before = ids(applied, "dev")
    _, stage, text = RENAMED[what]
    applied.write("agentops.yaml", text.format(mutex="off"))
    (applied.root / "locks/dev.lock.json").unlink()
    pulled = applied.run("pull", "--all")
    assert (pulled.code, "left alone" in pulled.out) == (0, False), pulled.out + pulled.err
    assert ids(applied, stage)["agent/tutor"] == before["agent/tutor"]


@pytest.mark.parametrize("what", RENAMED)
@pytest.mark.parametrize("mutex", ["on"], indirect=True)
def test_a_run_that_still_has_the_former_name_is_waited_for(applied: Project, what: str) -> None:
    applied.write("agentops.yaml", RENAMED[what][2].format(mutex="on"))
    claim = Claim(project="shop", stage="dev", run="theirs", holder=ELSEWHERE)
    documents(applied, "shop", lambda shared: shared.create("/dev/mutex", claim.text))
    ended = applied.run("apply", "--yes")
    assert (ended.code, "AO054" in ended.err, "build-3" in ended.err) == (3, True, True)
    assert (applied.root / "locks/dev.lock.json").exists()


def test_who_does_not_say_the_former_name_is_refused_or_blocked(applied: Project, mutex: str) -> None:
    applied.write(
        "agentops.yaml", RENAMED["project"][2].format(mutex=mutex).replace("renamed_from: shop\n", "")
    )
    ended = applied.run("plan")
    assert (ended.code, "AO050" in ended.err) == (3, True)


def retag(project: Project, tag: str) -> None:
    def write(client: Any) -> None:
        id = ids(project, "dev")["agent/tutor"]
        answer = client.post(
            f"/v1/agents/{id}",
            json={"metadata": {"agentops": tag}},
            headers={"anthropic-beta": "managed-agents-2026-04-01"},
        )
        assert answer.status_code == 200, answer.text

    project.console(write)


@pytest.mark.parametrize("mutex", ["off"], indirect=True)
def test_a_former_tag_of_another_address_is_no_other_than_one_of_the_present_name(
    applied: Project, mutex: str
) -> None:
    """The lock knows better: it may have been renamed in there."""
    retag(applied, "shop/dev/agent/another")
    assert "AO042" not in applied.run("plan").out
    applied.write("agentops.yaml", RENAMED["stage"][2].format(mutex=mutex))
    ended = applied.run("plan")
    assert (ended.code, "AO042" in ended.out) == (0, False), ended.out


@pytest.mark.parametrize("mutex", ["off"], indirect=True)
def test_a_tag_of_yet_another_stage_is_not_ours(applied: Project, mutex: str) -> None:
    retag(applied, "shop/live/agent/tutor")
    applied.write("agentops.yaml", RENAMED["stage"][2].format(mutex=mutex))
    ended = applied.run("plan")
    assert (ended.code, "AO042" in ended.out) == (3, True), ended.out


@pytest.mark.parametrize("has_lock", [True, False])
@pytest.mark.parametrize("mutex", ["off"], indirect=True)
def test_a_stage_and_an_address_are_renamed_at_once(applied: Project, mutex: str, has_lock: bool) -> None:
    before = ids(applied, "dev")
    applied.write(
        "agentops.yaml",
        RENAMED["stage"][2].format(mutex=mutex) + "moved: [{from: agent/tutor, to: agent/coach}]\n",
    )
    (applied.root / "agents/tutor").rename(applied.root / "agents/coach")
    if not has_lock:
        (applied.root / "locks/dev.lock.json").unlink()
    ended = applied.run("apply", "--yes")
    assert ended.code == 0, ended.out
    after = ids(applied, "test")
    assert (after["agent/coach"], "agent/tutor" in after) == (before["agent/tutor"], False)
    assert after["memory_store/coach-episodic"] == before["memory_store/tutor-episodic"]
