"""What is left of a lock that git could not merge, that is damaged, or not there."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Stop
from agentops.domain.state import Intent, Lock, LockEntry
from agentops.domain.torn import Condition
from agentops.lockfile import MendableLock, Owner
from agentops.lockfile.conflict import sides_in
from agentops.lockfile.text import document_of, text_of

NAME = "locks/prod.lock.json"


def lock(serial: int, **versions: int) -> Lock:
    resources = {
        Address(f"agent/{name}"): LockEntry(
            id=f"agent_{name}", version=version, applied={"name": "a", "system": f"{version}"}
        )
        for name, version in versions.items()
    }
    return Lock(project="p", stage="prod", serial=serial, resources=resources)


def text(found: Lock) -> str:
    return text_of(document_of(found, None)).decode()


def store(folder: Path) -> MendableLock:
    return MendableLock(
        folder / NAME,
        folder / ".agentops/prod.journal",
        name=NAME,
        project="p",
        stage="prod",
        owner=Owner(1, "h", "lock rebuild", "2026-01-01T00:00:00Z"),
    )


def put(folder: Path, content: str) -> None:
    (folder / "locks").mkdir(exist_ok=True)
    (folder / NAME).write_text(content, encoding="utf-8")


def merged(folder: Path, base: Lock, ours: Lock, theirs: Lock, style: str) -> str:
    """What git makes of three locks."""
    for name, found in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text(found))
    styles = {"merge": [], "diff3": ["--diff3"], "zdiff3": ["--zdiff3"]}[style]
    done = subprocess.run(
        ["git", "merge-file", "-p", *styles, "ours", "base", "theirs"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_both_sides_are_read_from_the_markers(tmp_path: Path, style: str, newline: str):
    ours, theirs = lock(4, b=1, k=1), lock(5, c=2, k=1)
    raw = merged(tmp_path, lock(3, k=1), ours, theirs, style)
    assert "<<<<<<<" in raw
    put(tmp_path, raw.replace("\n", newline))
    torn = store(tmp_path).torn()
    assert torn.condition is Condition.CONFLICT
    assert torn.sides == (ours, theirs)
    if style != "zdiff3":  # which may leave nothing of the base that can be read
        assert (torn.base is None) == (style == "merge")


names = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 3), max_size=6)


@settings(max_examples=60, deadline=None)
@given(names, names, names, st.sampled_from(["merge", "diff3", "zdiff3"]))
def test_no_entry_is_lost_whatever_git_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    base: dict[str, int],
    ours: dict[str, int],
    theirs: dict[str, int],
    style: str,
):
    """What a side has stays in it, but for what git itself has taken from the other."""
    folder = tmp_path_factory.mktemp("merge")
    three = lock(1, **base), lock(2, **ours), lock(3, **theirs)
    raw = merged(folder, *three, style)
    put(folder, raw)
    torn = store(folder).torn()
    assert torn.condition is Condition.CONFLICT, raw  # the serials differ
    for mine, side in ((three[1], torn.sides[0]), (three[2], torn.sides[1])):
        kept = {key for key in mine.resources if key not in three[0].resources}
        assert kept <= side.resources.keys()


def test_while_the_merge_is_under_way_git_tells_each_side_whole(tmp_path: Path):
    def git(*arguments: str, fails: bool = False) -> None:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
        done = subprocess.run(["git", *identity, *arguments], cwd=tmp_path, capture_output=True, check=False)
        assert (done.returncode != 0) == fails, done.stderr

    def commit(found: Lock) -> None:
        put(tmp_path, text(found))
        git("add", "-A")
        git("commit", "-q", "-m", "x")

    base, ours, theirs = lock(1, k=1), lock(2, k=2), lock(3, k=3, z=1)
    git("init", "-q", "-b", "main")
    commit(base)
    git("switch", "-q", "-c", "other")
    commit(theirs)
    git("switch", "-q", "main")
    commit(ours)
    git("merge", "-q", "other", fails=True)
    torn = store(tmp_path).torn()
    assert (torn.sides, torn.base) == ((ours, theirs), base)


def test_markers_in_no_order_that_git_writes_are_damage(tmp_path: Path):
    whole = text(lock(1, a=1)).splitlines(keepends=True)
    for marks in itertools.permutations(["<<<<<<< a\n", "=======\n", ">>>>>>> b\n"]):
        if marks[0].startswith("<") and marks[1].startswith("="):
            continue
        put(tmp_path, "".join([whole[0], *marks, *whole[1:]]))
        assert store(tmp_path).torn().condition is Condition.DAMAGED
    assert sides_in("no markers\n") is None
    assert sides_in("<<<<<<< a\nx\n") is None


def test_what_git_has_merged_into_one_key_twice_is_both_sides(tmp_path: Path):
    """No markers, and no JSON that means one thing: the serials were equal, and both have added an entry."""
    ours, theirs = lock(2, a=1, b=1), lock(2, a=2, b=1)
    raw = merged(tmp_path, lock(2, a=1), ours, theirs, "merge")
    assert "<<<<<<<" not in raw
    put(tmp_path, raw)
    with pytest.raises(Stop, match="'agent/b' stands twice"):
        store(tmp_path).read()
    torn = store(tmp_path).torn()
    assert torn.condition is Condition.DAMAGED
    assert [side.resources.keys() for side in torn.sides] == [theirs.resources.keys()] * 2


def test_a_whole_lock_is_whole_and_none_is_missing(tmp_path: Path):
    assert store(tmp_path).torn().condition is Condition.MISSING
    put(tmp_path, text(lock(1, a=1)))
    torn = store(tmp_path).torn()
    assert (torn.condition, torn.sides) == (Condition.WHOLE, (lock(1, a=1),))


def test_a_newer_lock_is_not_for_us_to_judge(tmp_path: Path):
    put(tmp_path, '{"version": 9}')
    with pytest.raises(Stop, match="newer agentops"):
        store(tmp_path).torn()


def test_the_steps_of_the_journal_are_in_the_side_they_build_on(tmp_path: Path):
    ours, theirs = lock(4, b=1), lock(5, c=2)
    entry, intent = LockEntry(id="agent_new"), Intent(at="t", run="r")
    for built_on, other in ((ours, theirs), (theirs, ours)):
        put(tmp_path, text(built_on))
        before = store(tmp_path)
        before.record(Address("agent/new"), entry)
        before.intend(Address("agent/open"), intent)
        put(tmp_path, merged(tmp_path, lock(3), ours, theirs, "merge"))
        sides = store(tmp_path).torn().sides
        its = next(it for it in sides if it.serial == built_on.serial)
        assert its.resources[Address("agent/new")] == entry
        assert its.intents == {Address("agent/open"): intent}
        assert next(it for it in sides if it.serial == other.serial) == other
        (tmp_path / ".agentops/prod.journal").unlink()


def test_what_only_the_journal_has_is_left_of_a_damaged_lock(tmp_path: Path):
    store(tmp_path).record(Address("agent/new"), LockEntry(id="agent_new"))
    put(tmp_path, "{")
    torn = store(tmp_path).torn()
    assert torn.condition is Condition.DAMAGED
    assert [*torn.sides[0].resources] == ["agent/new"]


def test_a_stand_in_is_read_until_it_is_written(tmp_path: Path):
    put(tmp_path, merged(tmp_path, lock(3), lock(4, b=1), lock(5, c=2), "merge"))
    found = store(tmp_path)
    with pytest.raises(Stop):
        found.read()
    sides = found.torn().sides
    found.stand_in(sides[0])
    assert found.read() == sides[0]
    with found.hold():
        found.write(sides[1])
    assert found.read() == sides[1]
    assert store(tmp_path).torn().condition is Condition.WHOLE


def test_members_that_no_version_of_ours_knows_are_kept_from_both_sides(tmp_path: Path):
    ours, theirs = (document_of(it, None) for it in (lock(4, b=1), lock(5, c=2)))
    ours["resources"]["agent/b"]["later"] = "b"
    theirs["resources"]["agent/c"]["later"] = "c"
    ours["new"], theirs["other"] = 1, 2
    lines = ["<<<<<<< a", json.dumps(ours), "=======", json.dumps(theirs), ">>>>>>> b", ""]
    put(tmp_path, "\n".join(lines))
    found = store(tmp_path)
    one, other = found.torn().sides
    both = one.with_changes(resources={**one.resources, **other.resources}, serial=6)
    found.stand_in(both)
    with found.hold():
        found.write(both)
    written = json.loads((tmp_path / NAME).read_text())
    assert (written["new"], written["other"]) == (1, 2)
    assert [written["resources"][f"agent/{name}"]["later"] for name in "bc"] == ["b", "c"]
