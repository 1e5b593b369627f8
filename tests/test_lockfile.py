"""The lock file: what is on the disk, what survives a crash, and what a user is told."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, Stop
from agentops.domain.resource import Attachment, Source
from agentops.domain.state import Intent, Lock, LockEntry, Origin
from agentops.lockfile import LockFile, Owner

TUTOR = Address("agent/tutor")
NOTES = Address("memory_store/tutor-notes")
OWNER = Owner(pid=4711, host="laptop", command="agentops apply", since="2026-11-22T20:00:00Z")
NAME = "locks/prod.lock.json"
INTENT = Intent(at="2026-11-22T20:00:00Z", run="run-1")


def store_in(folder: Path) -> LockFile:
    """A new process's view of the lock in this folder."""
    path, journal = folder / NAME, folder / ".agentops" / "prod.journal"
    return LockFile(path, journal, name=NAME, project="school", stage="prod", owner=OWNER)


def entry(id: str = "agent_1", **members: Any) -> LockEntry:
    return LockEntry(id=id, **members)


def lock(serial: int = 1, **resources: LockEntry) -> Lock:
    by_address = {Address(name.replace("__", "/")): value for name, value in resources.items()}
    return Lock(serial=serial, project="school", stage="prod", resources=by_address)


def full_lock() -> Lock:
    tutor = entry(
        version=3,
        path="agents/tutor/agent.yaml",
        source=Source(digest="sha256:ab", commit="c0ffee"),
        applied={"system": "f1", "metadata.team": "f2"},
        observed={"system": "f1"},
        attachments=(Attachment(memory_store=NOTES),),
        replaced=("agent_0",),
        protected=True,
    )
    origin = Origin(base_url="https://api.anthropic.com", workspace_id="wrkspc_1")
    return lock(7, agent__tutor=tutor).with_changes(origin=origin, intents={NOTES: INTENT})


def put(folder: Path, text: str | bytes) -> Path:
    path = folder / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(read: Callable[[], object]) -> Diagnostic:
    with pytest.raises(Stop) as stopped:
        read()
    assert stopped.value.diagnostics[0].code in {Code.LOCK, Code.LOCK_CONFLICT}
    assert stopped.value.diagnostics[0].detail, "says what to do"
    return stopped.value.diagnostics[0]


class TestTheFile:
    def test_nothing_there_is_no_lock(self, tmp_path: Path) -> None:
        assert store_in(tmp_path).read() is None

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        store_in(tmp_path).write(full_lock())
        assert store_in(tmp_path).read() == full_lock()

    def test_is_sorted_json_with_one_field_per_line(self, tmp_path: Path) -> None:
        store_in(tmp_path).write(
            lock(
                2,
                environment__büro=entry("env_1"),
                agent__tutor=entry(version=3, applied={"b": "2", "a": "1"}),
            )
        )
        assert (tmp_path / NAME).read_text(encoding="utf-8") == (
            "{\n"
            '  "project": "school",\n'
            '  "resources": {\n'
            '    "agent/tutor": {\n'
            '      "applied": {\n'
            '        "a": "1",\n'
            '        "b": "2"\n'
            "      },\n"
            '      "id": "agent_1",\n'
            '      "version": 3\n'
            "    },\n"
            '    "environment/büro": {\n'
            '      "id": "env_1"\n'
            "    }\n"
            "  },\n"
            '  "serial": 2,\n'
            '  "stage": "prod",\n'
            '  "version": 1\n'
            "}\n"
        )

    def test_an_empty_lock_still_has_resources(self, tmp_path: Path) -> None:
        store_in(tmp_path).write(lock())
        assert json.loads((tmp_path / NAME).read_text())["resources"] == {}

    def test_the_same_lock_is_the_same_bytes(self, tmp_path: Path) -> None:
        store_in(tmp_path).write(full_lock())
        first = (tmp_path / NAME).read_bytes()
        store_in(tmp_path).write(full_lock())
        assert (tmp_path / NAME).read_bytes() == first

    def test_members_of_a_later_minor_version_are_kept(self, tmp_path: Path) -> None:
        document = {
            "version": 1,
            "serial": 1,
            "project": "school",
            "stage": "prod",
            "later": {"x": [None]},
            "resources": {
                "agent/tutor": {"id": "agent_1", "new": {"system": "f"}},
                "agent/other": {"id": "agent_2", "new": {}},
            },
        }
        put(tmp_path, json.dumps(document))
        store = store_in(tmp_path)
        found = store.read()
        assert found is not None
        store.write(
            found.with_changes(
                serial=2,
                resources={TUTOR: entry(version=2), Address("agent/other"): entry("agent_9")},
            )
        )
        written = json.loads((tmp_path / NAME).read_text())
        assert written["later"] == {"x": [None]}
        assert written["resources"]["agent/tutor"] == {
            "id": "agent_1",
            "new": {"system": "f"},
            "version": 2,
        }
        assert written["resources"]["agent/other"] == {"id": "agent_9"}, (
            "another object: nothing carries over"
        )

    @pytest.mark.parametrize("text", ["\ufeff{}", "{}\r\n"])
    def test_an_editors_marks_are_tolerated(self, tmp_path: Path, text: str) -> None:
        put(tmp_path, text.replace("{}", '{"project": "school",\r\n"stage": "prod"}'))
        assert store_in(tmp_path).read() == lock(0)

    def test_a_lone_surrogate_from_elsewhere_is_written_as_it_was(self, tmp_path: Path) -> None:
        put(tmp_path, '{"project": "school", "stage": "prod", "later": "\\ud800"}')
        store_in(tmp_path).write(lock())
        assert '"later": "\\ud800"' in (tmp_path / NAME).read_text(encoding="utf-8")

    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
    def test_permissions_are_kept(self, tmp_path: Path) -> None:
        store_in(tmp_path).write(lock())
        (tmp_path / NAME).chmod(0o640)
        store_in(tmp_path).write(lock(2))
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o640

    def test_a_link_is_replaced_and_its_target_left_alone(self, tmp_path: Path) -> None:
        target = tmp_path / "elsewhere"
        target.write_text('{"project": "school", "stage": "prod"}')
        (tmp_path / "locks").mkdir()
        (tmp_path / NAME).symlink_to(target)
        store_in(tmp_path).write(lock(5))
        assert target.read_text() == '{"project": "school", "stage": "prod"}'
        assert store_in(tmp_path).read() == lock(5)

    def test_nothing_but_the_lock_is_left_in_its_folder(self, tmp_path: Path) -> None:
        store = store_in(tmp_path)
        with store.hold():
            store.record(TUTOR, entry())
            store.write(lock(1, agent__tutor=entry()))
        assert [path.name for path in (tmp_path / "locks").iterdir()] == ["prod.lock.json"]
        assert [path.name for path in (tmp_path / ".agentops").iterdir()] == ["prod.journal.hold"]


class TestWhatCannotBeRead:
    @pytest.mark.parametrize(
        ("text", "says", "place"),
        [
            pytest.param("", "not JSON", f"{NAME}:1:1", id="empty"),
            pytest.param('{\n  "a": 1,\n}', "not JSON", f"{NAME}:3:1", id="trailing comma"),
            pytest.param("[]", "not a JSON object", f"{NAME}:1:1", id="list"),
            pytest.param("[" * 100_000, "not JSON that can be read", f"{NAME}:1:1", id="nesting bomb"),
            pytest.param(b'{\n"a": "\xff"}', "not UTF-8", f"{NAME}:2:1", id="binary"),
            pytest.param(
                '{"resources": {\n "agent/a": {"id": "1"},\n  "agent/a": {"id": "2"}}}',
                "'agent/a' stands twice",
                f"{NAME}:3:3",
                id="duplicate address",
            ),
            pytest.param(
                '{"x": {"id": 1},\n"y": [{"id": 1}, {"id": 2, "z": "{,\\"id\\":",\n "id": 3}]}',
                "'id' stands twice",
                f"{NAME}:3:2",
                id="duplicate in a list",
            ),
            pytest.param('{\n"project": "p"}', "stage: Field required", f"{NAME}:1:1", id="missing member"),
            pytest.param(
                '{"project": "p", "stage": "s", "resources": {\n "agent/a": {\n  "id": 5}}}',
                "resources.agent/a.id: Input should be a valid string",
                f"{NAME}:3:3",
                id="wrong type",
            ),
            pytest.param(
                '{"project": "p", "stage": "s", "resources": {\n "agent/a": {}}}',
                "resources.agent/a.id: Field required",
                f"{NAME}:2:2",
                id="entry without id",
            ),
            pytest.param(
                '{"project": "p", "stage": "s", "resources": {\n "nonsense": {"id": "x"}}}',
                "is not an address",
                f"{NAME}:2:2",
                id="no address",
            ),
        ],
    )
    def test_damage_is_reported_with_its_place(
        self, tmp_path: Path, text: str | bytes, says: str, place: str
    ) -> None:
        put(tmp_path, text)
        found = refusal(store_in(tmp_path).read)
        assert says in found.summary
        assert str(found.location) == place
        assert "git checkout" in found.detail

    def test_every_wrong_member_is_reported(self, tmp_path: Path) -> None:
        put(tmp_path, '{"project": 1,\n "stage": 2}')
        with pytest.raises(Stop) as stopped:
            store_in(tmp_path).read()
        assert [str(item.location) for item in stopped.value.diagnostics] == [f"{NAME}:1:2", f"{NAME}:2:2"]

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_conflict_markers_say_what_happened(self, tmp_path: Path, newline: str) -> None:
        lines = ["{", "<<<<<<< HEAD", '  "serial": 2', "=======", '  "serial": 3', ">>>>>>> theirs", "}"]
        put(tmp_path, newline.join(lines))
        found = refusal(store_in(tmp_path).read)
        assert "two branches have applied" in found.summary
        assert "`agentops lock rebuild --stage prod`" in found.detail
        assert found.code is Code.LOCK_CONFLICT
        assert found.location is not None
        assert found.location.line == 2

    def test_a_newer_version_is_refused_by_name_and_not_overwritten(self, tmp_path: Path) -> None:
        path = put(tmp_path, '{"version": 2, "anything": ["else"]}')
        for attempt in (store_in(tmp_path).read, lambda: store_in(tmp_path).write(lock())):
            found = refusal(attempt)
            assert NAME in found.summary
            assert "version 2" in found.summary
            assert "knows 1" in found.summary
            assert "upgrade agentops" in found.detail
        assert path.read_text() == '{"version": 2, "anything": ["else"]}'

    def test_a_damaged_lock_is_not_overwritten(self, tmp_path: Path) -> None:
        path = put(tmp_path, "{")
        refusal(lambda: store_in(tmp_path).write(lock()))
        assert path.read_text() == "{"

    @pytest.mark.parametrize("place", [NAME, ".agentops/prod.journal"])
    def test_a_folder_in_its_place(self, tmp_path: Path, place: str) -> None:
        (tmp_path / place).mkdir(parents=True)
        assert "is a directory" in refusal(store_in(tmp_path).read).summary
        refusal(lambda: store_in(tmp_path).write(lock()))

    def test_no_permission_to_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbid(path: Path) -> bytes:
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", forbid)
        assert "permission denied" in refusal(store_in(tmp_path).read).summary


class TestTheJournal:
    def test_steps_are_seen_by_the_next_process(self, tmp_path: Path) -> None:
        store = store_in(tmp_path)
        store.write(lock(3, agent__tutor=entry(version=1)))
        store.intend(NOTES, INTENT)
        store.intend(Address("agent/x"), INTENT)
        store.record(NOTES, entry("memstore_1"))
        store.record(TUTOR, entry(version=2))
        store.withdraw(Address("agent/x"))
        store.intend(Address("agent/y"), INTENT)
        found = store_in(tmp_path).read()
        assert found is not None
        assert found.resources == {TUTOR: entry(version=2), NOTES: entry("memstore_1")}
        assert found.intents == {Address("agent/y"): INTENT}
        assert found.serial == 3
        assert json.loads((tmp_path / NAME).read_text())["resources"]["agent/tutor"]["version"] == 1

    def test_forgetting_an_address(self, tmp_path: Path) -> None:
        store = store_in(tmp_path)
        store.write(lock(1, agent__tutor=entry()))
        store.record(TUTOR, None)
        assert store_in(tmp_path).read() == lock(1)

    def test_a_first_apply_that_crashed_has_a_lock_all_the_same(self, tmp_path: Path) -> None:
        store_in(tmp_path).intend(TUTOR, INTENT)
        assert store_in(tmp_path).read() == lock(0).with_changes(intents={TUTOR: INTENT})

    def test_a_first_step_that_was_cut_off_leaves_no_lock(self, tmp_path: Path) -> None:
        store_in(tmp_path).intend(TUTOR, INTENT)
        journal = tmp_path / ".agentops/prod.journal"
        journal.write_bytes(journal.read_bytes()[:-10])
        assert store_in(tmp_path).read() is None

    def test_writing_empties_it(self, tmp_path: Path) -> None:
        store = store_in(tmp_path)
        store.record(TUTOR, entry())
        store.write(lock(1))
        assert store_in(tmp_path).read() == lock(1)
        assert not (tmp_path / ".agentops/prod.journal").exists()

    @pytest.mark.parametrize("cut", [1, 5, 30])
    def test_half_a_last_line_is_ignored_and_then_mended(self, tmp_path: Path, cut: int) -> None:
        store = store_in(tmp_path)
        store.record(TUTOR, entry(version=1))
        store.record(TUTOR, entry(version=2))
        journal = tmp_path / ".agentops/prod.journal"
        journal.write_bytes(journal.read_bytes()[: -1 - cut])
        assert store_in(tmp_path).read() == lock(0, agent__tutor=entry(version=1))
        store_in(tmp_path).record(NOTES, entry("memstore_1"))
        assert store_in(tmp_path).read() == lock(
            0, agent__tutor=entry(version=1), **{"memory_store__tutor-notes": entry("memstore_1")}
        )

    def test_a_last_line_that_only_lost_its_newline_counts(self, tmp_path: Path) -> None:
        store_in(tmp_path).record(TUTOR, entry())
        journal = tmp_path / ".agentops/prod.journal"
        journal.write_bytes(journal.read_bytes()[:-1])
        store_in(tmp_path).withdraw(NOTES)
        assert store_in(tmp_path).read() == lock(0, agent__tutor=entry())

    def test_zeros_that_a_power_cut_left_are_a_torn_tail(self, tmp_path: Path) -> None:
        store_in(tmp_path).record(TUTOR, entry())
        with (tmp_path / ".agentops/prod.journal").open("ab") as file:
            file.write(bytes(4096))
        assert store_in(tmp_path).read() == lock(0, agent__tutor=entry())

    @pytest.mark.parametrize(
        ("damage", "says"),
        [
            (lambda lines: [lines[0], b"{", *lines[1:]], "line 2 cannot be read"),
            (lambda lines: [lines[0], b"", *lines[1:]], "line 2 cannot be read"),
            (lambda lines: lines[1:], "does not begin with the lock"),
            (lambda lines: [*lines, b'{"op": "dance", "address": "agent/a"}'], "a line has no meaning"),
            (lambda lines: [*lines, b'{"op": "record", "address": "agent/a"}'], "a line has no meaning"),
            (lambda lines: [*lines, b'{"op": "record", "entry": null}'], "a line has no meaning"),
            (lambda lines: [*lines, b'{"op": "record", "address": "agent/a", "entry": {}}'], "no meaning"),
            (lambda lines: [*lines, b'{"op": "record", "address": 5, "entry": null}'], "no meaning"),
            (lambda lines: [lines[0].replace(b'"version": 1', b'"version": 2')], "newer agentops"),
        ],
    )
    def test_damage_is_an_error_that_says_what_to_do(
        self, tmp_path: Path, damage: Callable[[list[bytes]], list[bytes]], says: str
    ) -> None:
        store_in(tmp_path).record(TUTOR, entry())
        journal = tmp_path / ".agentops/prod.journal"
        journal.write_bytes(b"\n".join([*damage(journal.read_bytes().splitlines()), b""]))
        assert says in refusal(store_in(tmp_path).read).summary

    def test_many_steps_do_not_read_the_lock_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = store_in(tmp_path)
        store.write(full_lock())
        store.record(TUTOR, entry())
        monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("read the lock"))
        for _ in range(10):
            store.record(TUTOR, entry())


class TestGitExchangesTheLockUnderAJournal:
    """A crashed run left a journal; before the next one somebody checks out or pulls another lock."""

    @pytest.fixture
    def crashed(self, tmp_path: Path) -> Path:
        store = store_in(tmp_path)
        store.write(lock(5, agent__tutor=entry(version=1)))
        store.record(TUTOR, entry(version=2))
        store.record(NOTES, entry("memstore_1"))
        return tmp_path

    def exchange(self, folder: Path, other: Lock) -> None:
        put(folder, json.dumps(other.model_dump(mode="json")))

    def test_a_newer_lock_wins_where_it_knows_the_address(self, crashed: Path) -> None:
        self.exchange(crashed, lock(6, agent__tutor=entry(version=9)))
        found = store_in(crashed).read()
        assert found is not None
        assert found.serial == 6
        assert found.resources == {TUTOR: entry(version=9), NOTES: entry("memstore_1")}

    def test_an_older_lock_gets_every_step(self, crashed: Path) -> None:
        self.exchange(crashed, lock(4, agent__tutor=entry(version=0)))
        found = store_in(crashed).read()
        assert found is not None
        assert found.resources == {TUTOR: entry(version=2), NOTES: entry("memstore_1")}

    def test_a_deleted_lock_gets_every_step(self, crashed: Path) -> None:
        (crashed / NAME).unlink()
        found = store_in(crashed).read()
        assert found is not None
        assert set(found.resources) == {TUTOR, NOTES}

    def test_a_reformatted_lock_is_the_same_lock(self, crashed: Path) -> None:
        document = json.loads((crashed / NAME).read_text())
        put(crashed, json.dumps(document).replace(" ", "\r\n"))
        found = store_in(crashed).read()
        assert found is not None
        assert found.resources[TUTOR].version == 2

    def test_new_steps_on_an_exchanged_lock_count_in_full(self, crashed: Path) -> None:
        self.exchange(crashed, lock(6, agent__tutor=entry(version=9)))
        store_in(crashed).record(TUTOR, entry(version=10))
        found = store_in(crashed).read()
        assert found is not None
        assert found.serial == 7, "the leftover journal was folded first, as a write of its own"
        assert found.resources == {TUTOR: entry(version=10), NOTES: entry("memstore_1")}


class Crash(BaseException):
    """The process dies here."""


@contextmanager
def dying_at(step: int, *, torn: bool) -> Iterator[list[str]]:
    """Dies at the n-th call that changes the disk; ``torn``: a write gets half of its bytes out."""
    calls: list[str] = []
    real = {name: getattr(os, name) for name in ("open", "write", "fsync", "replace", "unlink", "ftruncate")}

    def wrap(name: str) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            calls.append(name)
            if len(calls) == step + 1:
                if torn and name == "write":
                    real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
                raise Crash
            return real[name](*args, **keywords)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in real:
            patch.setattr(os, name, wrap(name))
        yield calls


ADDRESSES = st.sampled_from([TUTOR, NOTES, Address("agent/a")])
ENTRIES = st.builds(entry, st.sampled_from(["id_1", "id_2"]), version=st.integers(1, 3))
STEPS = st.one_of(
    st.tuples(st.just("intend"), ADDRESSES, st.just(INTENT)),
    st.tuples(st.just("record"), ADDRESSES, st.none() | ENTRIES),
    st.tuples(st.just("withdraw"), ADDRESSES),
    st.tuples(st.just("write")),
)
CRASHES = st.none() | st.tuples(st.integers(0, 12), st.booleans())


def after(before: Lock | None, step: tuple[Any, ...]) -> Lock:
    """The model: what a lock is after one step."""
    state = before or lock(0)
    resources, intents = dict(state.resources), dict(state.intents)
    match step:
        case ("intend", address, intent):
            intents[address] = intent
        case ("record", address, value):
            intents.pop(address, None)
            resources.pop(address, None)
            if value is not None:
                resources[address] = value
        case ("withdraw", address):
            intents.pop(address, None)
        case ("write",):
            return state.with_changes(serial=state.serial + 1)
    return state.with_changes(resources=resources, intents=intents)


def perform(store: LockFile, before: Lock | None, step: tuple[Any, ...]) -> None:
    name, *arguments = step
    if name == "write":
        arguments = [after(before, step)]
    getattr(store, name)(*arguments)


class TestCrashes:
    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.tuples(STEPS, CRASHES), max_size=10))
    def test_a_crash_at_any_moment_leaves_the_state_before_or_after(
        self, steps: list[tuple[tuple[Any, ...], tuple[int, bool] | None]]
    ) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store, state = store_in(Path(folder)), None
            for step, crash in steps:
                expected = after(state, step)
                if crash is None:
                    perform(store, state, step)
                    state = expected
                else:
                    try:
                        with dying_at(crash[0], torn=crash[1]):
                            perform(store, state, step)
                    except Crash:
                        store = store_in(Path(folder))
                        found = store.read()
                        assert found in (state, expected)
                        state = found
                    else:
                        state = expected
                assert store_in(Path(folder)).read() == state

    @pytest.mark.parametrize("torn", [False, True])
    def test_every_step_of_a_write(self, tmp_path: Path, torn: bool) -> None:
        old, new = lock(1, agent__tutor=entry(version=1)), lock(2, agent__tutor=entry(version=2))
        died = 0
        while True:
            store = store_in(tmp_path)
            store.write(old)
            store.intend(NOTES, INTENT)
            pending = old.with_changes(intents={NOTES: INTENT})
            try:
                with dying_at(died, torn=torn):
                    store.write(new)
            except Crash:
                assert store_in(tmp_path).read() in (pending, new)
                died += 1
                (tmp_path / ".agentops/prod.journal").unlink(missing_ok=True)
                continue
            assert store_in(tmp_path).read() == new
            break
        assert died >= 8, "open, write, sync of journal, file and folder, replace, unlink"

    def test_the_new_lock_is_on_the_disk_before_it_takes_the_name(self, tmp_path: Path) -> None:
        with dying_at(99, torn=False) as calls:
            store_in(tmp_path).write(lock())
        assert calls[:6] == ["open", "write", "fsync", "replace", "open", "fsync"]

    @pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
    def test_a_disk_that_fails_is_told_and_changes_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        def fail(*args: Any, **keywords: Any) -> Any:
            raise OSError(errno.ENOSPC, "No space left on device")

        store_in(tmp_path).write(lock(1))
        with monkeypatch.context() as patch:
            patch.setattr(os, call, fail)
            found = refusal(lambda: store_in(tmp_path).write(lock(2)))
        assert "no space left on device" in found.summary
        assert store_in(tmp_path).read() == lock(1)
        assert [path.name for path in (tmp_path / "locks").iterdir()] == ["prod.lock.json"]

    def test_a_step_that_failed_can_be_repeated(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = store_in(tmp_path)
        store.record(TUTOR, entry(version=1))
        write = os.write

        def half(descriptor: int, data: bytes) -> int:
            write(descriptor, bytes(data)[:20])
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", half)
            refusal(lambda: store.record(TUTOR, entry(version=2)))
        store.record(TUTOR, entry(version=2))
        assert store_in(tmp_path).read() == lock(0, agent__tutor=entry(version=2))


class TestHold:
    def test_a_second_holder_is_told_who_and_since_when(self, tmp_path: Path) -> None:
        with store_in(tmp_path).hold(), pytest.raises(Blocked) as blocked, store_in(tmp_path).hold():
            pytest.fail("two writers")
        found = blocked.value.diagnostics[0]
        assert found.code is Code.HELD
        assert found.summary == (
            "locks/prod.lock.json is held by `agentops apply` (process 4711 on laptop) "
            "since 2026-11-22T20:00:00Z (0 s ago)"
        )

    def test_is_free_again_afterwards_and_after_an_error(self, tmp_path: Path) -> None:
        store = store_in(tmp_path)
        with pytest.raises(ZeroDivisionError), store.hold():
            raise ZeroDivisionError
        with store.hold(), pytest.raises(Blocked), store_in(tmp_path).hold():
            pass
        with store_in(tmp_path).hold():
            pass

    def test_stages_do_not_hold_each_other(self, tmp_path: Path) -> None:
        other = LockFile(
            tmp_path / "locks/dev.lock.json",
            tmp_path / ".agentops/dev.journal",
            name="locks/dev.lock.json",
            project="school",
            stage="dev",
            owner=OWNER,
        )
        with store_in(tmp_path).hold(), other.hold():
            pass

    def test_an_owner_that_cannot_be_read_is_another_process(self, tmp_path: Path) -> None:
        with store_in(tmp_path).hold():
            (tmp_path / ".agentops/prod.journal.hold").write_text("")
            with pytest.raises(Blocked) as blocked, store_in(tmp_path).hold():
                pass
        assert "another process" in blocked.value.diagnostics[0].summary

    def test_a_process_that_dies_lets_go(self, tmp_path: Path) -> None:
        script = (
            "import sys; from pathlib import Path; from agentops.lockfile import LockFile, Owner\n"
            "root = Path(sys.argv[1])\n"
            "owner = Owner(1, 'ci', 'agentops destroy', 'noon')\n"
            "store = LockFile(root / sys.argv[2], root / '.agentops/prod.journal', name=sys.argv[2],\n"
            "                 project='school', stage='prod', owner=owner)\n"
            "with store.hold():\n"
            "    print('held', flush=True)\n"
            "    sys.stdin.read()\n"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), NAME],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"held\n"
            with pytest.raises(Blocked) as blocked, store_in(tmp_path).hold():
                pass
            assert "`agentops destroy` (process 1 on ci) since noon" in blocked.value.diagnostics[0].summary
        finally:
            child.kill()
            child.communicate(timeout=10)
        with store_in(tmp_path).hold():
            pass

    def test_refuses_before_anything_happens_where_the_lock_could_not_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locks")
        with pytest.raises(Stop) as stopped, store_in(tmp_path).hold():
            pytest.fail("later")
        assert stopped.value.diagnostics[0].summary == (
            "locks/prod.lock.json cannot be written: the folder 'locks' is read-only"
        )

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_is_really_read_only(self, tmp_path: Path) -> None:
        (tmp_path / "locks").mkdir(mode=0o555)
        with pytest.raises(Stop), store_in(tmp_path).hold():
            pytest.fail("later")

    def test_what_happens_while_held_is_not_mistaken_for_ours(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="theirs"), store_in(tmp_path).hold():
            raise OSError("theirs")


class TestUnderAFormerName:
    """The stage was called ``prod`` and is called ``live`` now."""

    @staticmethod
    def renamed(folder: Path) -> LockFile:
        name = "locks/live.lock.json"
        former = [(folder / NAME, folder / ".agentops" / "prod.journal")]
        return LockFile(
            folder / name,
            folder / ".agentops" / "live.journal",
            name=name,
            project="school",
            stage="live",
            owner=OWNER,
            former=former,
        )

    def test_what_was_recorded_is_read_with_its_journal(self, tmp_path: Path) -> None:
        assert self.renamed(tmp_path).read() is None
        before = store_in(tmp_path)
        before.write(full_lock())
        before.record(NOTES, entry("memstore_1"))
        read = self.renamed(tmp_path).read()
        assert read == store_in(tmp_path).read()
        assert read is not None
        assert read.resources[NOTES].id == "memstore_1"
        assert self.renamed(tmp_path).pending

    def test_a_first_apply_that_crashed_before_is_read_as_well(self, tmp_path: Path) -> None:
        store_in(tmp_path).record(TUTOR, entry())
        read = self.renamed(tmp_path).read()
        assert read is not None
        assert read.resources == {TUTOR: entry()}

    def test_once_written_it_is_under_the_new_name_alone(self, tmp_path: Path) -> None:
        store_in(tmp_path).write(full_lock())
        store_in(tmp_path).record(NOTES, entry("memstore_1"))
        now = self.renamed(tmp_path)
        read = now.read()
        assert read is not None
        now.write(read.with_changes(stage="live"))
        now.record(TUTOR, entry("agent_2"))
        again = self.renamed(tmp_path).read()
        assert again is not None
        assert {address: found.id for address, found in again.resources.items()} == {
            TUTOR: "agent_2",
            NOTES: "memstore_1",
        }
        assert store_in(tmp_path).read() is None

    def test_a_lock_under_the_new_name_is_the_one_that_counts(self, tmp_path: Path) -> None:
        self.renamed(tmp_path).write(lock(9, agent__tutor=entry("agent_9")))
        store_in(tmp_path).write(full_lock())
        read = self.renamed(tmp_path).read()
        assert read is not None
        assert read.serial == 9

    def test_damage_is_told_of_the_file_that_has_it(self, tmp_path: Path) -> None:
        put(tmp_path, "{")
        told = refusal(self.renamed(tmp_path).read)
        assert "prod.lock.json" in f"{told.summary} {told.location}"
