"""The second copy of a lock: written whole or not at all, and taken only where it is newer and ours."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Severity, Stop
from agentops.domain.ports import RegistryError
from agentops.domain.shared import KeptIntent
from agentops.domain.state import Intent, Lock, LockEntry, Origin
from agentops.engine import copies
from agentops.engine.copies import index_path, intent_path, keep, newest
from agentops.engine.shared_intents import SharedIntents
from agentops.kinds import CATALOG
from agentops.lockfile import LockFile, Owner
from tests.shared_world import Unlucky, World, told

Story = Callable[[World], Awaitable[object]]
ORIGIN = Origin(base_url="https://x", organization_id="o", workspace_id="w")


@pytest.fixture(params=["dict", "registry"])
def tell(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    return partial(told, real=request.param)


@pytest.fixture
def clone(tmp_path: Path) -> Callable[[str], LockFile]:
    """The lock store of a clone of the project, on a machine of its own."""

    def store(name: str) -> LockFile:
        folder = tmp_path / name
        return LockFile(
            folder / "locks/s.lock.json",
            folder / ".agentops/s.journal",
            name="locks/s.lock.json",
            project="p",
            stage="s",
            owner=Owner(1, "h", "apply", "2026-01-01T00:00:00Z"),
        )

    return store


def lock(serial: int, *names: str, **members: object) -> Lock:
    entries = {Address(f"agent/{name}"): LockEntry(id=f"agent_{name}") for name in names}
    return Lock(project="p", stage="s", serial=serial, origin=ORIGIN, resources=entries, **members)


def large(serial: int, letter: str = "ä") -> Lock:
    entries = {
        Address(f"agent/{letter}{number:04}"): LockEntry(id=f"agent_{number}", applied={"name": letter * 30})
        for number in range(2000)
    }
    return Lock(project="p", stage="s", serial=serial, resources=entries)


async def look(documents: Unlucky, store: LockFile) -> copies.Newest:
    return await newest(documents, store, "p", "s")


async def parts(documents: Unlucky) -> list[str]:
    return [it.path for it in await documents.list("/s/lock/") if it.path != index_path("s")]


def test_what_one_clone_wrote_another_uses_and_says_so(tell, clone):
    async def story(world: World) -> None:
        documents, ours, theirs = await world.documents(), clone("a"), clone("b")
        theirs.write(lock(5, "old"))
        ours.write(lock(8, "old", "new"))
        await keep(documents, ours, "p", "s")
        found = await look(documents, theirs)
        assert found.lock == ours.read()
        assert not found.ours
        (said,) = found.said
        assert (said.code, said.severity) == (Code.LOCK_COPY, Severity.NOTE)
        assert said.summary == "the lock in the registry is newer (serial 8, file 5): it is used"
        assert "commit locks/s.lock.json" in said.detail
        assert "file missing" in (await look(documents, clone("c"))).said[0].summary

    tell(story)


@pytest.mark.parametrize("serial", [8, 9])
def test_a_lock_that_is_as_new_is_used_without_reading_the_copy(tell, clone, serial: int):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(lock(8, "x"))
        await keep(documents, ours, "p", "s")
        ours.write(lock(serial, "x"))
        documents.calls.clear()
        assert await look(documents, ours) == copies.Newest(ours.read())
        assert documents.calls == ["list", "read"]

    tell(story)


def test_the_same_serial_with_another_content_is_told(tell, clone):
    async def story(world: World) -> None:
        documents, ours, theirs = await world.documents(), clone("a"), clone("b")
        ours.write(lock(8, "x"))
        theirs.write(lock(8, "y"))
        await keep(documents, ours, "p", "s")
        found = await look(documents, theirs)
        assert (found.lock, found.ours) == (theirs.read(), True)
        assert "same serial" in found.said[0].summary

    tell(story)


def test_another_layout_of_the_file_is_no_other_lock(tell, clone, tmp_path: Path):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(lock(8, "x"))
        await keep(documents, ours, "p", "s")
        path = tmp_path / "a/locks/s.lock.json"
        path.write_text(json.dumps(json.loads(path.read_text())))
        assert (await look(documents, ours)).said == ()

    tell(story)


def test_a_large_lock_is_cut_into_documents_that_the_registry_takes(tell, clone):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(large(1))
        assert len((ours.text() or "").encode()) > 3 * copies.PART_BYTES
        await keep(documents, ours, "p", "s")
        assert len(await parts(documents)) >= 4
        assert (await look(documents, clone("b"))).lock == ours.read()

    tell(story)


def test_what_is_kept_already_is_not_written_again_and_what_is_old_goes(tell, clone):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(large(1))
        await keep(documents, ours, "p", "s")
        before = await parts(documents)
        documents.calls.clear()
        await keep(documents, ours, "p", "s")
        assert set(documents.calls) == {"list", "read"}
        ours.write(lock(2, "x"))
        await keep(documents, ours, "p", "s")
        assert len(await parts(documents)) == 1
        assert not set(before) & set(await parts(documents))

    tell(story)


def test_a_write_that_ends_anywhere_leaves_a_whole_copy(tell, clone):
    """The old one or the new one, and never a mixture; the next write makes it new."""

    async def story(world: World) -> None:
        ours, fresh = clone("a"), clone("b")
        old, new = large(1), large(2, "ö")
        calls = 0
        while True:
            documents = await world.documents()
            ours.write(old)
            for path in await documents.list("/s/"):
                await documents.delete(path)
            await keep(documents, ours, "p", "s")
            ours.write(new)
            torn, left = await world.documents(), calls

            async def cut(torn: Unlucky = torn) -> None:
                nonlocal left
                left -= 1
                if left < 0:
                    torn.down = True
                for name in ("create", "replace", "delete"):
                    torn.before[name] = cut

            for name in ("create", "replace", "delete"):
                torn.before[name] = cut
            try:
                await keep(torn, ours, "p", "s")
            except RegistryError:
                found = await look(documents, fresh)
                assert found.lock in (old, new)
                assert len(found.said) == 1
                await keep(documents, ours, "p", "s")
                assert (await look(documents, fresh)).lock == new
                calls += 1
                continue
            assert calls > 6, "every write was cut off once"
            return

    told(story, "dict")


def test_a_copy_that_is_replaced_while_it_is_read_is_read_again(tell, clone):
    async def story(world: World) -> None:
        documents, ours, fresh = await world.documents(), clone("a"), clone("b")
        ours.write(large(1))
        await keep(documents, ours, "p", "s")
        ours.write(large(2, "ö"))
        reading = await world.documents()

        async def replaced() -> None:
            await keep(documents, ours, "p", "s")

        async def after_the_index() -> None:
            reading.before["read"] = replaced

        reading.before["read"] = after_the_index
        found = await look(reading, fresh)
        assert found.lock == large(2, "ö")
        assert [it.severity for it in found.said] == [Severity.NOTE]

    tell(story)


async def spoil(documents: Unlucky, path: str, text: str) -> None:
    there = await documents.find(path)
    assert there is not None
    await documents.replace(there, text)


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ("not JSON", "no index that can be read"),
        ("[]", "no index that can be read"),
        ('{"version": 1, "project": "p", "stage": "s"}', "no index that can be read"),
    ],
)
def test_an_index_that_cannot_be_read_is_told_and_mended(tell, clone, spoilt: str, why: str):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(lock(8, "x"))
        await keep(documents, ours, "p", "s")
        await spoil(documents, index_path("s"), spoilt)
        found = await look(documents, clone("b"))
        assert found.lock is None
        (said,) = found.said
        assert (said.severity, said.code) == (Severity.WARNING, Code.LOCK_COPY)
        assert why in said.summary
        await keep(documents, ours, "p", "s")
        assert (await look(documents, clone("b"))).lock == ours.read()

    tell(story)


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_part_that_is_not_what_it_was_is_never_used(tell, clone, damage: str):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(large(8))
        await keep(documents, ours, "p", "s")
        path = (await parts(documents))[1]
        if damage == "changed":
            await spoil(documents, path, "agent_of_somebody_else")
        else:
            there = await documents.find(path)
            assert there is not None
            await documents.delete(there)
        found = await look(documents, clone("b"))
        assert found.lock is None
        assert "it is not whole" in found.said[0].summary
        await keep(documents, ours, "p", "s")
        assert (await look(documents, clone("b"))).lock == ours.read()

    tell(story)


@pytest.mark.parametrize("member", [{"project": "q"}, {"stage": "t"}])
def test_a_copy_of_another_project_or_stage_is_never_used(tell, clone, member: dict[str, str]):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(lock(8, "x"))
        await keep(documents, ours, "p", "s")
        there = await documents.find(index_path("s"))
        assert there is not None
        await spoil(documents, index_path("s"), json.dumps(json.loads(await documents.read(there)) | member))
        found = await look(documents, clone("b"))
        assert found.lock is None
        assert "it is that of" in found.said[0].summary

    tell(story)


@pytest.mark.parametrize("member", [{"version": 2}, {"lock_version": 2}])
def test_a_copy_of_a_newer_version_is_refused_by_name(tell, clone, member: dict[str, int]):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(lock(8, "x"))
        await keep(documents, ours, "p", "s")
        there = await documents.find(index_path("s"))
        assert there is not None
        await spoil(documents, index_path("s"), json.dumps(json.loads(await documents.read(there)) | member))
        for refused in (look(documents, ours), keep(documents, ours, "p", "s")):
            with pytest.raises(Stop) as stopped:
                await refused
            (said,) = stopped.value.diagnostics
            assert said.code is Code.LOCK_COPY
            assert "newer agentops" in said.summary
            assert "upgrade" in said.detail

    tell(story)


def test_a_copy_that_belongs_to_another_workspace_is_not_used(tell, clone):
    async def story(world: World) -> None:
        documents, ours, theirs = await world.documents(), clone("a"), clone("b")
        ours.write(lock(5, "x"))
        elsewhere = ORIGIN.model_copy(update={"workspace_id": "other"})
        theirs.write(lock(8, "y").with_changes(origin=elsewhere))
        await keep(documents, theirs, "p", "s")
        found = await look(documents, ours)
        assert found.lock == ours.read()
        assert "it belongs to https://x workspace other" in found.said[0].summary

    tell(story)


def test_a_newer_copy_is_not_replaced_by_an_older_lock(tell, clone):
    async def story(world: World) -> None:
        documents, ours, theirs = await world.documents(), clone("a"), clone("b")
        theirs.write(lock(8, "x"))
        await keep(documents, theirs, "p", "s")
        ours.write(lock(6, "y"))
        (said,) = await keep(documents, ours, "p", "s")
        assert "newer (serial 8)" in said.summary
        assert (await look(documents, clone("c"))).lock == theirs.read()

    tell(story)


def test_a_registry_that_fails_leaves_the_file(tell, clone):
    async def story(world: World) -> None:
        documents, ours = await world.documents(), clone("a")
        ours.write(lock(8, "x"))
        documents.down = True
        found = await look(documents, ours)
        assert (found.lock, found.ours) == (ours.read(), True)
        assert "not used: nothing listens there" in found.said[0].summary

    tell(story)


def test_a_journal_is_folded_into_a_newer_copy_where_that_knows_nothing_of_it(tell, clone):
    """As into a lock that git has exchanged: what another run has recorded since stands."""

    async def story(world: World) -> None:
        documents, ours, theirs = await world.documents(), clone("a"), clone("b")
        ours.write(lock(5, "old"))
        ours.record(Address("agent/mine"), LockEntry(id="agent_mine"))
        ours.record(Address("agent/both"), LockEntry(id="agent_early"))
        ours.intend(Address("agent/sent"), Intent(at="2026-01-01T00:00:00Z", run="r"))
        theirs.write(lock(8, "old", "both"))
        await keep(documents, theirs, "p", "s")
        found = await look(documents, clone("a"))
        assert found.lock is not None
        ids = {str(address): it.id for address, it in found.lock.resources.items()}
        assert ids == {"agent/old": "agent_old", "agent/both": "agent_both", "agent/mine": "agent_mine"}
        assert list(found.lock.intents) == [Address("agent/sent")]
        assert found.lock.serial == 9, "no lock of serial 8 says that"

    tell(story)


# -- uploads that were about to be sent

SKILL = Address("skill/review")
INTENT = Intent(at="2026-01-01T00:00:00Z", run="r", known=("skill_1", "skill_2"))


async def recorder(world: World, store: LockFile) -> tuple[SharedIntents, Unlucky, list[object]]:
    documents, waiting = await world.documents(), []
    return SharedIntents(store, CATALOG, documents, "p", "s", waiting.append), documents, waiting


async def settle(waiting: list[object]) -> None:
    while waiting:
        await waiting.pop(0)()  # type: ignore[operator]


def test_an_upload_is_told_to_the_registry_and_known_to_a_fresh_runner(tell, clone):
    async def story(world: World) -> None:
        shared, documents, waiting = await recorder(world, clone("a"))
        shared.intend(SKILL, INTENT)
        await settle(waiting)
        found = await look(documents, clone("fresh"))
        assert found.lock is not None
        assert found.lock.intents == {SKILL: INTENT}
        assert not found.ours

        shared.record(SKILL, LockEntry(id="skill_3"))
        await settle(waiting)
        assert (await look(documents, clone("fresh"))).lock is None

    tell(story)


def test_an_upload_that_did_not_happen_is_forgotten(tell, clone):
    async def story(world: World) -> None:
        shared, documents, waiting = await recorder(world, clone("a"))
        shared.intend(SKILL, INTENT)
        await settle(waiting)
        shared.withdraw(SKILL)
        await settle(waiting)
        assert list(await documents.list("/s/")) == []

    tell(story)


@pytest.mark.parametrize("address", ["agent/tutor", "memory/notes/a.md"])
def test_what_is_found_by_its_tag_or_path_is_not_told(tell, clone, address: str):
    async def story(world: World) -> None:
        shared, _, waiting = await recorder(world, clone("a"))
        shared.intend(Address(address), Intent(at="t", run="r"))
        assert waiting == []
        assert shared.read() == clone("a").read()

    tell(story)


def test_an_upload_that_cannot_be_told_is_not_begun(clone):
    async def story(world: World) -> None:
        def refuse(_: object) -> None:
            raise RegistryError("nothing listens there")

        shared = SharedIntents(clone("a"), CATALOG, await world.documents(), "p", "s", refuse)
        with pytest.raises(RegistryError):
            shared.intend(SKILL, INTENT)
        assert clone("a").read() is None, "no intent of a create that is never sent"

    told(story, "dict")


def test_a_replacement_under_way_is_told_along(tell, clone):
    async def story(world: World) -> None:
        shared, documents, waiting = await recorder(world, clone("a"))
        shared.record(SKILL, LockEntry(id="", replaced=("skill_1",)))
        shared.intend(SKILL, INTENT)
        await settle(waiting)
        before = clone("fresh")
        before.write(lock(3).with_changes(resources={SKILL: LockEntry(id="skill_1")}))
        found = (await look(documents, before)).lock
        assert found is not None
        assert found.resources[SKILL] == LockEntry(id="", replaced=("skill_1",))
        assert found.intents == {SKILL: INTENT}

    tell(story)


def test_what_was_recorded_since_outweighs_what_was_told_before(tell, clone):
    async def story(world: World) -> None:
        shared, documents, waiting = await recorder(world, clone("a"))
        shared.intend(SKILL, INTENT)
        await settle(waiting)
        since = clone("b")
        since.write(lock(3).with_changes(resources={SKILL: LockEntry(id="skill_3")}))
        assert await look(documents, since) == copies.Newest(since.read())
        await keep(documents, since, "p", "s")
        assert await documents.find(intent_path("s", SKILL)) is None

    tell(story)


def test_an_unsettled_upload_stays_until_the_lock_has_settled_it(tell, clone):
    async def story(world: World) -> None:
        store = clone("a")
        shared, documents, waiting = await recorder(world, store)
        shared.intend(SKILL, INTENT)
        await settle(waiting)
        store.write(lock(4).with_changes(intents={SKILL: INTENT}))
        await keep(documents, store, "p", "s")
        assert await documents.find(intent_path("s", SKILL)) is not None
        store.write(lock(5).with_changes(resources={SKILL: LockEntry(id="skill_3")}))
        await keep(documents, store, "p", "s")
        assert await documents.find(intent_path("s", SKILL)) is None

    tell(story)


def test_a_lost_answer_while_an_upload_is_told(tell, clone):
    async def story(world: World) -> None:
        shared, documents, waiting = await recorder(world, clone("a"))
        documents.lose = ["create"]
        shared.intend(SKILL, INTENT)
        await settle(waiting)
        there = await documents.find(intent_path("s", SKILL))
        assert there is not None
        assert KeptIntent.parse(await documents.read(there)).intent == INTENT

    tell(story)


def test_what_another_run_left_and_nobody_can_read_is_told(tell, clone):
    async def story(world: World) -> None:
        documents = await world.documents()
        await documents.create("/s/intents/x", "not JSON")
        found = await look(documents, clone("a"))
        assert found.lock is None
        assert "cannot be read" in found.said[0].summary

    tell(story)
