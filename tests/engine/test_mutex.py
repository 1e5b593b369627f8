"""One apply at a time: every race and every loss, with all clocks in our hands.

Each story is told twice: on a dict that keeps the promises of the port, and on the embedded registry.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import pytest

from agentops.domain.diagnostics import Blocked, Code
from agentops.domain.ports import Conflict, NoDocuments, OutcomeUnknown, RegistryError
from agentops.engine import mutex as lib
from agentops.engine.mutex import LEASE, RENEW_EVERY, STOP_AFTER
from tests.shared_world import HERE, Run, World, told

Story = Callable[[World], Awaitable[object]]


@pytest.fixture(params=["dict", "registry"])
def tell(request: pytest.FixtureRequest) -> Callable[[Story], None]:
    return partial(told, real=request.param)


async def holder(world: World) -> str | None:
    """The run that the document names."""
    there = await lib.look(await world.documents(), "s")
    assert len(there) <= 1
    return there[0].claim.run if there and there[0].claim is not None else None


async def refused(run: Run) -> Blocked:
    with pytest.raises(Blocked) as blocked:
        await run.mutex.acquire()
    assert not run.mutex.may_write()
    return blocked.value


async def both(*runs: Run) -> list[Run]:
    """Those that got it, of several that try at once."""
    got: list[Run] = []

    async def attempt(run: Run) -> None:
        try:
            await run.mutex.acquire()
        except Blocked:
            return
        got.append(run)

    async with anyio.create_task_group() as tasks:
        for run in runs:
            tasks.start_soon(attempt, run)
    return got


def test_who_holds_it_writes_and_gives_it_back(tell):
    async def story(world: World) -> None:
        one = await world.run("one")
        assert not one.mutex.may_write(), "not before it is held"
        await one.mutex.acquire()
        assert one.mutex.may_write()
        assert await holder(world) == "one"
        await one.mutex.release()
        assert not one.mutex.may_write()
        assert await holder(world) is None
        await one.mutex.release()

    tell(story)


def test_who_comes_second_is_told_who_holds_it_and_what_to_do(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one", pid=4711, host="build-3"), await world.run("two")
        await one.mutex.acquire()
        world.advance(20)
        (said,) = (await refused(two)).diagnostics
        assert said.code is Code.HELD
        assert said.summary == "stage s has been held for 20 s by `apply` (process 4711 on build-3)"
        assert "--wait" in said.detail
        assert "lock unlock" in said.detail
        assert one.mutex.may_write()

    tell(story)


@pytest.mark.parametrize("runs", [2, 8])
def test_of_first_runs_that_start_together_one_works(tell, runs: int):
    async def story(world: World) -> None:
        those = [await world.run(f"run {number}") for number in range(runs)]
        got = await both(*those)
        assert len(got) == 1
        assert [run for run in those if run.mutex.may_write()] == got

    tell(story)


def test_who_waits_follows_and_says_once_whom_for(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        world.during_sleep = [one.mutex.renew, one.mutex.renew, one.mutex.release]
        await two.mutex.acquire(wait=60)
        assert two.mutex.may_write()
        assert two.said == ["Waiting: stage s has been held for 0 s by `apply` (process 1 on h)."]

    tell(story)


def test_a_wait_ends(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        before = world.passed
        with pytest.raises(Blocked):
            await two.mutex.acquire(wait=60)
        assert world.passed - before == pytest.approx(60)

    tell(story)


# -- answers that are lost


@pytest.mark.parametrize("call", ["create", "list", "read"])
def test_a_lost_answer_while_taking_it(tell, call: str):
    """It is ours all the same, or it is not taken: never held by nobody."""

    async def story(world: World) -> None:
        one = await world.run("one")
        one.documents.lose = [call]
        await one.mutex.acquire()
        assert one.mutex.may_write()
        assert await holder(world) == "one"
        await one.mutex.release()
        assert await holder(world) is None

    tell(story)


def test_an_answer_that_was_lost_and_nobody_can_look(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")

        async def cut() -> None:
            one.documents.fail = ["list", "read", "find"]

        one.documents.lose = ["create"]
        one.documents.before["create"] = cut
        with pytest.raises(RegistryError):
            await one.mutex.acquire()
        assert not one.mutex.may_write()
        one.documents.fail = []
        await one.mutex.release()
        await two.mutex.acquire()

    tell(story)


def test_a_lost_answer_of_a_takeover_is_known_for_our_own(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        world.advance(LEASE + 2)
        two.documents.lose = ["replace"]
        await two.mutex.acquire()
        assert two.mutex.may_write()
        assert await holder(world) == "two"

    tell(story)


def test_a_lost_answer_of_a_renewal_loses_nothing(tell):
    async def story(world: World) -> None:
        one = await world.run("one")
        await one.mutex.acquire()
        world.advance(RENEW_EVERY)
        one.documents.lose = ["replace"]
        assert not await one.mutex.renew()
        await one.mutex.renew()  # finds its own
        assert await one.mutex.renew()
        world.advance(STOP_AFTER - 1)
        assert one.mutex.may_write()
        await one.mutex.release()
        assert await holder(world) is None

    tell(story)


def test_a_renewal_counts_from_when_it_was_sent_and_was_seen(tell):
    """The server counts from the write; a later look at our own old write renews nothing."""

    async def story(world: World) -> None:
        one = await world.run("one")
        await one.mutex.acquire()
        world.advance(20)
        one.documents.lose = ["replace"]
        assert not await one.mutex.renew()
        world.advance(20)
        await one.mutex.renew()
        world.advance(STOP_AFTER - 40)
        assert not one.mutex.may_write()

    tell(story)


@pytest.mark.parametrize("gone", [False, True])
def test_a_lost_answer_of_a_release(tell, gone: bool):
    async def story(world: World) -> None:
        one = await world.run("one")
        await one.mutex.acquire()
        if gone:  # 404 is success
            await lib.unlock(await world.documents(), (await lib.look(one.documents, "s"))[0])
        one.documents.lose = ["delete"]
        with pytest.raises(OutcomeUnknown):
            await one.mutex.release()
        assert await holder(world) is None
        await one.mutex.release()

    tell(story)


def test_a_renewal_whose_answer_was_lost_is_still_ours_to_release(tell):
    async def story(world: World) -> None:
        one = await world.run("one")
        await one.mutex.acquire()
        one.documents.lose = ["replace"]
        await one.mutex.renew()
        await one.mutex.release()
        assert await holder(world) is None

    tell(story)


# -- leases and clocks


@pytest.mark.parametrize("ours", [-7200.0, 0.0, 86_400.0])
@pytest.mark.parametrize("theirs", [-86_400.0, 7200.0])
def test_clocks_that_differ_by_hours_say_nothing_about_a_lease(tell, ours: float, theirs: float):
    async def story(world: World) -> None:
        one, two = await world.run("one", offset=ours), await world.run("two", offset=theirs)
        await one.mutex.acquire()
        for _ in range(5):
            world.advance(RENEW_EVERY)
            assert await one.mutex.renew()
            await refused(two)
        world.advance(LEASE - 2)
        await refused(two)
        world.advance(4)
        await two.mutex.acquire()
        assert "was last renewed" in two.said[0]
        assert not one.mutex.may_write()

    tell(story)


def test_expiry_is_the_servers_business(tell):
    """The registry's clock is set forward: by it the lease is over, whatever went by."""

    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        world.passed += 3600
        await refused(two)
        world.server += LEASE + 2
        await two.mutex.acquire()

    tell(story)


def test_a_holder_stops_long_before_anybody_takes_over(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        one.documents.down = True
        for _ in range(200):
            writes, free = one.mutex.may_write(), True
            try:
                await two.mutex.acquire()
            except Blocked:
                free = False
            assert not (writes and free)
            if free:
                break
            world.advance(1)
        assert LEASE <= world.passed <= LEASE + 3
        assert one.mutex.lost == "it could not be renewed for 45 s"

    tell(story)


def test_it_is_renewed_by_itself_and_tried_again_sooner(tell):
    async def story(world: World) -> None:
        one, seen = await world.run("one"), []

        async def note(down: bool) -> None:
            seen.append(world.passed)
            one.documents.down = down
            assert one.mutex.may_write()

        await one.mutex.acquire()
        world.during_sleep = [partial(note, down) for down in (False, True, True, False, True)]
        await one.mutex.keep()
        assert seen == [30, 60, 65, 70, 100]
        assert one.mutex.lost == "it could not be renewed for 45 s"
        assert world.passed == 115, "45 s after the last that came through"

    tell(story)


def test_no_renewal_is_a_no_op(tell):
    async def story(world: World) -> None:
        one, texts = await world.run("one"), set()
        await one.mutex.acquire()
        for _ in range(5):
            (there,) = await lib.look(one.documents, "s")
            texts.add((there.document.sha256, there.document.changed))
            world.advance(RENEW_EVERY)
            await one.mutex.renew()
        assert len(texts) == 5

    tell(story)


@pytest.mark.parametrize("asleep", [STOP_AFTER, LEASE + 5, 3600.0])
def test_a_holder_that_was_paused_notices_before_its_next_write(tell, asleep: float):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        world.advance(asleep)
        if asleep > LEASE:
            await two.mutex.acquire()
        assert not one.mutex.may_write()
        # It stays so, even where nobody took it: what it has planned on may be old by now.
        await one.mutex.keep()
        assert not one.mutex.may_write()
        await one.mutex.release()
        assert await holder(world) == ("two" if asleep > LEASE else None)

    tell(story)


# -- processes of one machine


def test_a_dead_process_of_this_machine_is_taken_over_at_once(tell):
    async def story(world: World) -> None:
        one = await world.run("one", pid=7, machine=HERE)
        two = await world.run("two", pid=8, machine=HERE)
        await one.mutex.acquire()
        await refused(two)
        del world.alive[7]
        await two.mutex.acquire()
        assert two.said == ["Took over the hold of `apply` (process 7 on h): that process is gone."]

    tell(story)


def test_a_number_that_another_process_has_by_now_is_no_life(tell):
    async def story(world: World) -> None:
        one = await world.run("one", pid=7, machine=HERE)
        await one.mutex.acquire()
        two = await world.run("two", pid=7, machine=HERE)
        await two.mutex.acquire()
        assert await holder(world) == "two"

    tell(story)


@pytest.mark.parametrize("machine", ["elsewhere", None])
def test_the_same_host_name_is_not_the_same_machine(tell, machine: str | None):
    async def story(world: World) -> None:
        one = await world.run("one", pid=7, machine=machine)
        two = await world.run("two", pid=8, machine=HERE)
        await one.mutex.acquire()
        await refused(two)

    tell(story)


# -- taking over


def test_of_two_that_take_over_one_wins(tell):
    async def story(world: World) -> None:
        one, two, three = [await world.run(name) for name in ("one", "two", "three")]
        await one.mutex.acquire()
        world.advance(LEASE + 2)
        two.documents.before["replace"] = three.mutex.acquire
        await refused(two)
        assert three.mutex.may_write()
        assert await holder(world) == "three"

    tell(story)


def test_of_many_that_take_over_one_wins(tell):
    async def story(world: World) -> None:
        one = await world.run("one")
        await one.mutex.acquire()
        world.advance(LEASE + 2)
        got = await both(*[await world.run(f"run {number}") for number in range(5)])
        assert len(got) == 1

    tell(story)


def test_a_holder_that_was_taken_over_stops_and_leaves_the_other_alone(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two", pid=12, host="other")
        await one.mutex.acquire()
        world.server += LEASE + 2  # by the server's clock it is over
        await two.mutex.acquire()
        assert one.mutex.may_write(), "it cannot know yet"
        assert not await one.mutex.renew()
        assert not one.mutex.may_write()
        assert one.mutex.lost == "`apply` (process 12 on other) took it over"
        await one.mutex.release()
        assert await holder(world) == "two"
        assert two.mutex.may_write()

    tell(story)


def test_a_release_after_a_takeover_that_nobody_has_noticed_deletes_nothing(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        world.server += LEASE + 2
        await two.mutex.acquire()
        await one.mutex.release()
        assert await holder(world) == "two"

    tell(story)


def test_a_holder_that_releases_while_another_looks(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        two.documents.before["read"] = one.mutex.release
        await two.mutex.acquire()
        assert await holder(world) == "two"

    tell(story)


def test_a_holder_that_releases_while_another_takes_over(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        world.advance(LEASE + 2)
        two.documents.before["replace"] = one.mutex.release
        await two.mutex.acquire()
        assert await holder(world) == "two"

    tell(story)


# -- unlocking


def test_what_is_unlocked_is_lost_to_its_holder(tell):
    async def story(world: World) -> None:
        one, two = await world.run("one"), await world.run("two")
        await one.mutex.acquire()
        (there,) = await lib.look(two.documents, "s")
        await lib.unlock(two.documents, there)
        await two.mutex.acquire()
        await two.mutex.release()
        assert not await one.mutex.renew()
        assert one.mutex.lost == "somebody has removed it"
        assert not one.mutex.may_write()

    tell(story)


@pytest.mark.parametrize("meanwhile", ["renewed", "taken over"])
def test_unlocking_removes_what_was_shown_and_nothing_else(tell, meanwhile: str):
    async def story(world: World) -> None:
        one, two, three = [await world.run(name) for name in ("one", "two", "three")]
        await one.mutex.acquire()
        (shown,) = await lib.look(three.documents, "s")
        if meanwhile == "renewed":
            await one.mutex.renew()
        else:
            world.advance(LEASE + 2)
            await two.mutex.acquire()
        with pytest.raises(Conflict):
            await lib.unlock(three.documents, shown)
        assert await holder(world) == ("one" if meanwhile == "renewed" else "two")

    tell(story)


def test_two_that_unlock_the_same(tell):
    async def story(world: World) -> None:
        one = await world.run("one")
        await one.mutex.acquire()
        (shown,) = await lib.look(one.documents, "s")
        for _ in range(2):
            await lib.unlock(await world.documents(), shown)
        assert await holder(world) is None

    tell(story)


# -- what others have written there


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("not JSON", "somebody who left no readable name"),
        ("[1]", "somebody who left no readable name"),
        ('{"version": 1, "run": 3}', "somebody who left no readable name"),
        ('{"version": 2}', "a newer version of agentops"),
    ],
)
def test_what_cannot_be_read_holds_as_long_as_a_lease(tell, text: str, who: str):
    async def story(world: World) -> None:
        await (await world.documents()).create("/s/mutex", text)
        one = await world.run("one")
        assert f"is held by {who}" in (await refused(one)).diagnostics[0].summary
        world.advance(LEASE + 2)
        if "newer" in who:
            await refused(one)  # it may know other leases
        else:
            await one.mutex.acquire()

    tell(story)


def test_stages_do_not_keep_each_other_out(tell):
    async def story(world: World) -> None:
        one = await world.run("one")
        await (await world.documents()).create("/other/mutex", "theirs")
        await one.mutex.acquire()

    tell(story)


def test_a_registry_without_a_place_for_documents_is_told_from_one_that_fails():
    async def story(world: World) -> None:
        one = await world.run("one")

        async def none() -> None:
            raise NoDocuments("no endpoint", status=404)

        one.documents.before["list"] = none
        with pytest.raises(NoDocuments):
            await one.mutex.acquire()
        one.documents.fail = ["list"]
        with pytest.raises(RegistryError):
            await one.mutex.acquire()

    told(story, "dict")


def test_another_registry_is_refused_before_anything_is_written(tell):
    async def story(world: World) -> None:
        one = await world.run("one")

        def wrong() -> None:
            raise Blocked

        one.mutex._check = wrong
        with pytest.raises(Blocked):
            await one.mutex.acquire()
        assert set(one.documents.calls) == {"list"}

    tell(story)
