"""Holding a stage from the command line: who is refused, who waits, and `lock unlock`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
import httpx
import pytest

from agentops.cli.holding import holding as stage_held
from agentops.cli.options import Common, Duration
from agentops.cli.output import Output
from agentops.cli.process import this_process
from agentops.cli.wiring import lock_file, open_project
from agentops.domain.ports import Conflict, RegistryError
from agentops.domain.shared import Claim, Holder
from agentops.emulator import create_app
from agentops.engine import mutex
from agentops.engine.documents import SharedDocuments
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from tests.projects import HEADERS, Project

ELSEWHERE = Holder(
    command="apply", pid=4711, host="build-3", machine="another", began="1", user="ada", url="https://ci/7"
)


@pytest.fixture
def shop(project: Project) -> Project:
    """A project whose stage has a mutex, on the embedded registry."""
    project.write("agentops.yaml", "project: shop\nmutex: on\nstages: {dev: {}}\n")
    return project


def documents(project: Project, use: Any) -> Any:
    """What ``use`` returns, given the documents of the project."""

    async def main() -> Any:
        app = create_app(project.root / ".agentops/registry.db")
        transport = httpx.ASGITransport(app)
        async with HttpRegistry.open("http://x", ApiKey("k"), transport=transport) as registry:
            return await use(SharedDocuments(registry, CATALOG, "shop"))

    return anyio.run(main)


def held_by(project: Project, holder: Holder, run: str = "theirs") -> None:
    claim = Claim(project="shop", stage="dev", run=run, holder=holder)
    documents(project, lambda shared: shared.create("/dev/mutex", claim.text))


def is_held(project: Project) -> bool:
    return documents(project, lambda shared: shared.find("/dev/mutex")) is not None


def holding(project: Project) -> Any:
    """The file, held as a second process of this machine would."""
    opened = open_project(Common(project.root, None, False, False))
    return lock_file(opened, opened.stage(None), "apply").hold()


def test_an_apply_gives_back_what_it_held_and_keeps_the_lock(shop: Project):
    assert shop.run("apply", "--yes").code == 0
    assert not is_held(shop)
    paths = [it.path for it in documents(shop, lambda shared: shared.list("/dev/"))]
    assert len(paths) == 2, "the index of the lock, and one part"
    assert shop.run("plan", "--detailed-exitcode").code == 0


def test_an_apply_that_is_refused_gives_it_back_as_well(shop: Project):
    assert shop.run("apply").code == 3
    assert not is_held(shop)


def test_a_held_stage_is_refused_with_who_holds_it(shop: Project):
    held_by(shop, ELSEWHERE)
    for command in (["apply", "--yes"], ["destroy", "--stage", "dev", "--yes"]):
        ended = shop.run(*command)
        assert ended.code == 3
        assert (
            "error[AO054]: stage dev is held by `apply` (process 4711 of ada on build-3, https://ci/7)"
            in (ended.err)
        )
        assert "--wait" in ended.err
        assert "lock unlock" in ended.err
        assert ended.out == ""
    assert is_held(shop)


@pytest.mark.parametrize("command", [["plan"], ["drift"], ["status"], ["validate"]])
def test_who_only_looks_is_never_kept_out(shop: Project, command: list[str]):
    held_by(shop, ELSEWHERE)
    with holding(shop):
        assert shop.run(*command).code == 0


def test_a_saved_plan_is_kept_out_too(shop: Project):
    saved = str(shop.root / "plan.json")
    assert shop.run("plan", "--out", saved).code == 0
    held_by(shop, ELSEWHERE)
    assert shop.run("apply", "--plan", saved, "--yes").code == 3
    assert shop.run("lock", "unlock", "--yes").code == 0
    assert shop.run("apply", "--plan", saved, "--yes").code == 0


def test_a_dead_process_of_this_machine_holds_nothing(shop: Project):
    held_by(shop, this_process("apply").model_copy(update={"pid": 2**22 + 1}))
    ended = shop.run("apply", "--yes")
    assert ended.code == 0
    assert "Took over the hold of `apply` (process 4194305" in ended.err
    assert not is_held(shop)


def test_a_wait_that_was_not_long_enough(shop: Project):
    held_by(shop, ELSEWHERE)
    ended = shop.run("apply", "--yes", "--wait", "0.1s")
    assert ended.code == 3
    assert ended.err.startswith("Waiting: stage dev is held by `apply` (process 4711")
    assert ended.err.count("Waiting") == 1


def test_the_file_is_waited_for_as_well(shop: Project):
    with holding(shop):
        ended = shop.run("apply", "--yes", "--wait", "0.1")
    assert ended.code == 3
    assert "Waiting: locks/dev.lock.json is held by `apply` (process " in ended.err
    assert shop.run("apply", "--yes", "--wait", "0.1").code == 0


def test_where_there_are_no_memory_stores_it_is_off_with_a_note(
    shop: Project, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("agentops.emulator.app.RESOURCES", _without_stores())
    shop.write("agents/tutor/agent.yaml", "name: tutor\nmodel: claude-opus-5-5\nprompt: prompt.md\n")
    ended = shop.run("apply", "--yes")
    assert ended.code == 0, ended.err
    assert "note[AO072]: the registry of stage dev has no memory stores" in ended.err
    assert "AO071" not in ended.out + ended.err
    assert shop.run("lock", "unlock").code == 0


def _without_stores() -> tuple[Any, ...]:
    from agentops.emulator import app, memories, memory_stores, memory_versions

    return tuple(it for it in app.RESOURCES if it not in (memories, memory_stores, memory_versions))


@pytest.mark.parametrize(("status", "code"), [(403, "AO072"), (400, "AO072"), (500, "AO056")])
def test_a_registry_that_refuses_our_documents_is_told_with_the_way_out(
    shop: Project, monkeypatch: pytest.MonkeyPatch, status: int, code: str
):
    async def refuse(*_: Any, **__: Any) -> Any:
        raise RegistryError("you may not", status=status)

    monkeypatch.setattr(SharedDocuments, "create", refuse)
    ended = shop.run("apply", "--yes")
    assert ended.code == 1
    assert f"error[{code}]" in ended.err
    assert ("`mutex: off`" in ended.err) is (code == "AO072")
    assert not (shop.root / "locks/dev.lock.json").exists()


@pytest.mark.parametrize("written", ["mutex: off", "stages: {dev: {mutex: off}}"])
def test_it_can_be_switched_off(project: Project, written: str):
    stages = "" if "stages" in written else "stages: {dev: {}}"
    project.write("agentops.yaml", f"project: shop\n{written}\n{stages}\n")
    assert project.run("apply", "--yes").code == 0
    assert documents(project, lambda shared: shared.list()) == []
    assert project.run("lock", "unlock").out == "Nobody holds stage dev.\n"


def test_another_workspace_gets_no_mutex(shop: Project):
    """Whose registry it is is looked at before anything is written, the mutex included."""
    assert shop.run("apply", "--yes").code == 0
    shop.write("agentops.yaml", "project: shop\nmutex: on\nstages: {dev: {workspace_id: wrkspc_other}}\n")
    for command in (["apply", "--yes"], ["lock", "unlock", "--yes"]):
        held_by(shop, ELSEWHERE) if command[0] == "lock" else None
        ended = shop.run(*command)
        assert ended.code == 3
        assert "AO051" in ended.err
    assert is_held(shop), "nor is anything removed there"


def test_the_store_of_the_documents_is_never_counted(shop: Project):
    assert shop.run("apply", "--yes").code == 0
    assert shop.run("status", "--format", "json").json["unmanaged"] == {}
    assert shop.run("plan", "--format", "json").json["orphans"] == []
    assert shop.run("destroy", "--stage", "dev", "--yes").code == 0
    assert documents(shop, lambda shared: shared.list("/dev/")) != []

    answer = shop.console(
        lambda client: client.get(
            "/v1/memory_stores", headers={**HEADERS, "anthropic-beta": "agent-memory-2026-07-22"}
        )
    )
    assert [it["name"] for it in answer.json()["data"]] == ["agentops-shop"]


def test_a_lost_lock_comes_back_from_the_registry(shop: Project):
    assert shop.run("apply", "--yes").code == 0
    path = shop.root / "locks/dev.lock.json"
    before = json.loads(path.read_text())
    path.unlink()
    ended = shop.run("plan")
    assert "note[AO071]: the lock in the registry is newer (serial 1, file missing): it is used" in ended.out
    assert "No changes." in ended.out
    assert "AO071" in shop.run("drift").out
    assert shop.run("apply", "--yes").code == 0
    assert json.loads(path.read_text()) == before


def test_an_upload_whose_runner_was_lost_with_its_disk_is_found_by_the_next_one(
    shop: Project, monkeypatch: pytest.MonkeyPatch
):
    shop.write("skills/review/SKILL.md", "---\nname: review\ndescription: how we review\n---\n\nLook.\n")
    create = HttpRegistry.create

    async def cut_off(self: HttpRegistry, kind: Any, *arguments: Any, **keywords: Any) -> Any:
        answer = await create(self, kind, *arguments, **keywords)
        if kind.bundle is not None:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(HttpRegistry, "create", cut_off)
    assert shop.run("apply", "--yes").code == 130
    monkeypatch.setattr(HttpRegistry, "create", create)
    assert not is_held(shop)
    for path in ("locks/dev.lock.json", ".agentops/dev.journal"):
        (shop.root / path).unlink(missing_ok=True)
    assert documents(shop, lambda shared: shared.list("/dev/lock/")) == [], "nor is there a copy"

    ended = shop.run("apply", "--yes")
    assert ended.code == 0, ended.out + ended.err
    answer = shop.console(lambda client: client.get("/v1/skills"))
    ours = [it["id"] for it in answer.json()["data"] if it["source"]["type"] == "custom"]
    assert ours == [shop.lock("dev")["resources"]["skill/review"]["id"]]
    assert documents(shop, lambda shared: shared.list("/dev/intents/")) == []
    assert shop.run("plan", "--detailed-exitcode").code == 0


def test_it_is_renewed_while_this_thread_does_something_else(shop: Project, monkeypatch: pytest.MonkeyPatch):
    """A question on the terminal, or a busy loop, stops no renewal; and a hold that is gone is noticed."""
    monkeypatch.setattr(mutex, "RENEW_EVERY", 0.2)  # slower than a busy machine looks
    opened = open_project(Common(shop.root, None, False, False))
    stage = opened.stage(None)
    store = lock_file(opened, stage, "apply")

    def there() -> list[mutex.Held]:
        with suppress(Conflict):  # renewed between being listed and being read: look again
            return list(documents(shop, lambda shared: mutex.look(shared, "dev")))
        return []

    def until(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert holds()

    with stage_held(opened, stage, Output.standard(), store, "apply", 0.0) as held:
        assert held.hold is not None
        until(lambda: any(it.claim is not None and it.claim.counter > 2 for it in there()))
        assert held.hold.may_write()
        documents(shop, lambda shared: _deleted(shared))
        until(lambda: not held.hold.may_write())
        assert held.hold.lost == "somebody has removed it"
    assert not is_held(shop)


async def _deleted(shared: SharedDocuments) -> None:
    while (document := await shared.find("/dev/mutex")) is not None:
        with suppress(Conflict):  # renewed just now
            await shared.delete(document)


# -- lock unlock


def test_nobody_holds_it(shop: Project):
    ended = shop.run("lock", "unlock")
    assert (ended.code, ended.out) == (0, "Nobody holds stage dev.\n")


def test_it_shows_whose_it_is_and_asks(shop: Project):
    held_by(shop, ELSEWHERE)
    ended = shop.run("lock", "unlock")
    assert ended.code == 3
    assert "Stage dev is held by `apply` (process 4711 of ada on build-3, https://ci/7)." in ended.out
    assert "its lease runs for" in ended.out
    assert "AO059" in ended.err
    assert is_held(shop)

    ended = shop.run("lock", "unlock", "--yes")
    assert ended.code == 0
    assert ended.out.endswith("Removed. Stage dev can be applied again.\n")
    assert not is_held(shop)
    assert shop.run("apply", "--yes").code == 0


def test_a_hold_that_cannot_be_read_can_be_removed(shop: Project):
    documents(shop, lambda shared: shared.create("/dev/mutex", "not JSON"))
    ended = shop.run("lock", "unlock", "--yes")
    assert ended.code == 0
    assert "somebody who left no readable name" in ended.out


def test_a_file_that_is_held_is_shown_and_cannot_be_freed(shop: Project):
    with holding(shop):
        ended = shop.run("lock", "unlock", "--yes")
    assert ended.code == 3
    assert "locks/dev.lock.json is held by `apply` (process " in ended.out
    assert "lets go when it ends" in ended.out


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1.5m", 90), (" 5S ", 5), ("0", 0)],
)
def test_durations(text: str, seconds: float):
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "soon", "10 minutes", "-5", "5d", "1h30m", "nan"])
def test_what_is_no_duration(shop: Project, text: str):
    ended = shop.run("apply", "--wait", text)
    assert ended.code == 1
    assert "write 90s, 10m or 2h" in ended.err


def test_a_hold_that_is_removed_while_a_question_waits_is_noticed_before_anything_is_written(
    shop: Project, monkeypatch: pytest.MonkeyPatch
):
    async def removed(shared: SharedDocuments) -> None:
        (found,) = await mutex.look(shared, "dev")
        await mutex.unlock(shared, found)

    def agree(*_: object, **__: object) -> bool:
        documents(shop, removed)
        return True

    monkeypatch.setattr(Output, "interactive", property(lambda self: True))
    monkeypatch.setattr("click.confirm", agree)
    ended = shop.run("apply")
    assert (ended.code, "error[AO070]" in ended.err) == (3, True), ended.err
    assert not (shop.root / "locks/dev.lock.json").exists()
    monkeypatch.undo()
    assert shop.run("apply", "--yes").code == 0
