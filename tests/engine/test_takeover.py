"""What the official tool managed is taken over with its IDs, and its digests tell who has moved since."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Stop
from agentops.domain.kind import Kind
from agentops.domain.peer import PeerEntry, PeerLock, PeerOrigin, answer_hash, body_hash, skill_hash
from agentops.domain.resource import Body
from agentops.domain.state import Lock, LockEntry, Origin
from agentops.engine.takeover import Key, taken_over
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, pin, resource
from tests.engine.toy_kinds import CATALOG, CREW, JOB, KIT, WIDGET

ONE, TWO = Address("widget/one"), Address("widget/two")
ORIGIN = PeerOrigin(base_url="toy://registry", organization_id="org", workspace_id="wrkspc")
EMPTY = Lock(project="p", stage="s")


def peer(**resources: PeerEntry) -> PeerLock:
    return PeerLock(version=1, origin=ORIGIN, resources=resources)


def keys(**addresses: str) -> dict[str, Key]:
    return {name: Key(Address(address), f"{name}.yaml") for name, address in addresses.items()}


def recorded(id: str, **more: Any) -> Lock:
    origin = Origin(base_url="toy://registry", organization_id="org", workspace_id="wrkspc")
    return EMPTY.with_changes(serial=4, origin=origin, resources={ONE: LockEntry(id=id)}, **more)


# -- what comes of the lock


def test_ids_versions_places_and_digests_are_taken_over(bench: Bench):
    entry = PeerEntry(kind="widget", id="w_1", version="3", hash="h", remote_hash="r")
    made, added = taken_over(peer(a=entry), keys(a=ONE), CATALOG, EMPTY)
    found = made.resources[ONE]
    assert (found.id, found.version, found.path) == ("w_1", 3, "a.yaml")
    assert found.taken_over is not None
    assert (found.taken_over.hash, found.taken_over.remote_hash) == ("h", "r")
    assert (added, made.serial) == ((ONE,), 1)
    assert made.origin is not None
    assert made.origin.workspace_id == "wrkspc"


@pytest.mark.parametrize(
    ("kind", "version", "kept"),
    [("widget", "7", 7), ("widget", "seven", None), ("widget", None, None), ("kit", "kv_1", "kv_1")],
)
def test_versions_are_numbers_where_they_count(kind: str, version: str | None, kept: object):
    made, _ = taken_over(
        peer(a=PeerEntry(kind=kind, id="x", version=version)), keys(a=f"{kind}/a"), CATALOG, EMPTY
    )
    assert made.resources[Address(f"{kind}/a")].version == kept


@pytest.mark.parametrize(("subpath", "pinned"), [("skills/a", "abc:skills/a"), (None, "abc:")])
def test_a_commit_stays_pinned(subpath: str | None, pinned: str):
    entry = PeerEntry(kind="kit", id="k_1", version="kv_1", revision="abc", subpath=subpath)
    made, _ = taken_over(peer(a=entry), keys(a="kit/a"), CATALOG, EMPTY)
    assert made.resources[Address("kit/a")].revision == pinned


def test_what_is_recorded_already_is_left_as_it_is():
    before = recorded("w_1")
    made, added = taken_over(peer(a=PeerEntry(kind="widget", id="w_1")), keys(a=ONE), CATALOG, before)
    assert (made, added) == (before, ())


def test_an_id_that_is_recorded_under_another_address_is_not_recorded_twice():
    before = recorded("w_1")
    made, added = taken_over(peer(a=PeerEntry(kind="widget", id="w_1")), keys(a=TWO), CATALOG, before)
    assert (made.resources, added) == (before.resources, ())


def test_the_rest_of_the_lock_stays_and_the_serial_grows():
    made, added = taken_over(
        peer(a=PeerEntry(kind="widget", id="w_2")), keys(a=TWO), CATALOG, recorded("w_1")
    )
    assert (set(made.resources), added, made.serial) == ({ONE, TWO}, (TWO,), 5)


def test_an_address_with_another_id_is_refused_with_both():
    with pytest.raises(Blocked) as refused:
        taken_over(peer(a=PeerEntry(kind="widget", id="w_9")), keys(a=ONE), CATALOG, recorded("w_1"))
    (said,) = refused.value.diagnostics
    assert (said.code, said.address) == (Code.LOCK, ONE)
    assert "w_1" in said.summary
    assert "w_9" in said.summary


def test_one_id_under_two_keys_is_refused_with_both():
    entries = peer(a=PeerEntry(kind="widget", id="w_1"), b=PeerEntry(kind="widget", id="w_1"))
    with pytest.raises(Blocked) as refused:
        taken_over(entries, keys(a=ONE, b=TWO), CATALOG, EMPTY)
    (said,) = refused.value.diagnostics
    assert (said.code, said.summary) == (Code.LOCK, f"{TWO} and {ONE} are both w_1 in that lock")


def test_unknown_kinds_and_two_keys_of_one_address_are_named_together():
    entries = peer(a=PeerEntry(kind="robot", id="r_1"), b=PeerEntry(kind="widget", id="w_1"))
    entries = entries.model_copy(update={"resources": {**entries.resources, "c": entries.resources["b"]}})
    with pytest.raises(Stop) as refused:
        taken_over(entries, keys(a="robot/a", b=ONE, c=ONE), CATALOG, EMPTY)
    assert [it.code for it in refused.value.diagnostics] == [Code.UNKNOWN_KIND, Code.DUPLICATE_ADDRESS]


def test_a_lock_of_another_workspace_is_refused():
    elsewhere = ORIGIN.model_copy(update={"workspace_id": "another"})
    other = peer(a=PeerEntry(kind="widget", id="w_2")).model_copy(update={"origin": elsewhere})
    with pytest.raises(Blocked, match="another"):
        taken_over(other, keys(a=TWO), CATALOG, recorded("w_1"))


# -- who has moved since


class Taken:
    """One resource as the official tool left it, taken over and not applied since."""

    def __init__(self, bench: Bench, kind: Kind, body: Body, **more: Any) -> None:
        self.bench, self.kind = bench, kind
        self.address = Address.of(kind.name, "one")
        self.id = bench.registry.put(kind, {**kind.complete(body), "metadata": {}}, **more)
        self.record(body_hash(body), answer_hash(bench.registry.objects[self.id]))

    def record(self, hash: str | None, remote_hash: str | None) -> None:
        version = str(self.bench.registry.objects[self.id]["version"]) if self.kind.version else None
        entry = PeerEntry(
            kind=self.kind.name, id=self.id, version=version, hash=hash, remote_hash=remote_hash
        )
        lock, _ = taken_over(peer(a=entry), {"a": Key(self.address, "one.yaml")}, CATALOG, EMPTY)
        self.bench.store.lock = lock

    def moved(self, body: Body) -> dict[str, str]:
        """Who has moved, leaf by leaf, by what a plan says of the file's ``body``."""
        plan = self.bench.plan(desired(resource(self.address, body))).plan
        found = {field.path: str(field.moved) for drift in plan.drift for field in drift.fields}
        for change in plan.changes:
            assert change.action == "update"
            found |= {field.path: "ours" for field in change.fields}
        assert plan.blocked == bool(plan.drift)
        return found


FILE = {"name": "one", "note": "a"}


@pytest.fixture(params=[WIDGET, JOB], ids=lambda kind: kind.name)
def taken(bench: Bench, request: pytest.FixtureRequest) -> Taken:
    """Of a kind that has versions, and of one that has not."""
    return Taken(bench, request.param, FILE)


def test_neither_moved_is_no_change(taken: Taken):
    assert taken.moved(FILE) == {}


def test_the_file_moved_is_a_change(taken: Taken):
    assert taken.moved({"name": "one", "note": "b"}) == {"note": "ours"}


def test_a_field_that_was_taken_out_of_the_file_is_a_change(taken: Taken):
    assert taken.moved({"name": "one"}) == {"note": "ours"}


def test_the_registry_moved_is_drift(taken: Taken):
    taken.bench.registry.edit(taken.id, note="theirs")
    assert taken.moved(FILE) == {"note": "theirs"}


def test_both_moved_is_drift_of_both(taken: Taken):
    taken.bench.registry.edit(taken.id, note="theirs")
    assert taken.moved({"name": "one", "note": "b"}) == {"note": "both"}


def test_both_moved_to_the_same_is_no_change(taken: Taken):
    taken.bench.registry.edit(taken.id, note="b")
    assert taken.moved({"name": "one", "note": "b"}) == {}


def test_a_version_that_moved_and_moved_back_is_no_drift(taken: Taken):
    taken.bench.registry.edit(taken.id, note="theirs")
    taken.bench.registry.edit(taken.id, note="a")
    assert taken.moved(FILE) == {}


def test_what_the_registry_keeps_in_another_spelling_is_no_change(taken: Taken):
    taken.bench.registry.objects[taken.id]["note"] = "A"
    remote = answer_hash(taken.bench.registry.objects[taken.id])
    taken.record(body_hash(FILE), remote)
    assert taken.moved(FILE) == {}


def test_without_a_digest_of_the_answer_only_a_version_can_tell(taken: Taken):
    taken.record(body_hash(FILE), None)
    taken.bench.registry.edit(taken.id, note="theirs")
    assert taken.moved(FILE) == ({"note": "theirs"} if taken.kind is WIDGET else {})


def test_without_a_digest_of_the_file_it_counts_as_moved(taken: Taken):
    taken.record(None, answer_hash(taken.bench.registry.objects[taken.id]))
    assert taken.moved({"name": "one", "note": "b"}) == {"note": "ours"}


@pytest.mark.parametrize("edited", [False, True])
def test_a_level_the_registry_chose_is_nobodys_move(bench: Bench, edited: bool):
    body = {"name": "one", "tint": {"hue": "red"}}
    found = Taken(bench, WIDGET, body)
    enriched = {"tint": {"hue": "red", "shade": "pale"}}
    bench.registry.objects[found.id] |= enriched
    found.record(body_hash(body), answer_hash(bench.registry.objects[found.id]))
    if edited:
        bench.registry.edit(found.id, note="theirs")
    assert found.moved(body) == ({"note": "theirs"} if edited else {})


def test_metadata_of_others_is_nobodys_move(taken: Taken):
    taken.bench.registry.edit(taken.id, metadata={"theirs": "1"})
    assert taken.moved(FILE) == {}


def test_a_switch_that_the_other_tool_does_not_know_is_ours_to_set(bench: Bench):
    found = Taken(bench, JOB, FILE)
    assert found.moved({**FILE, "held": True}) == {"held": "ours"}
    assert found.moved({**FILE, "held": False}) == {}
    bench.registry.hold(found.id, "hand")
    assert found.moved(FILE) == {}


def test_a_secret_is_not_rotated_by_surprise(bench: Bench):
    mounts = [{"type": "repo", "url": "a", "token": {"secret": "env:TOKEN"}}]
    found = Taken(bench, JOB, FILE)
    bench.registry.objects[found.id]["mounts"] = [{"type": "repo", "url": "a"}]
    found.record("whatever was sent", answer_hash(bench.registry.objects[found.id]))
    assert found.moved({**FILE, "mounts": mounts}) == {}
    bench.apply(desired(resource(found.address, {**FILE, "mounts": mounts})))
    assert bench.registry.writes == []
    rotated = resource(found.address, {**FILE, "mounts": mounts}, secret_version="2")
    assert [it.reason for it in bench.plan(desired(rotated)).plan.changes] == ["secret-sent-again"]


# -- bundles


class TakenKit:
    def __init__(self, bench: Bench, files: dict[str, bytes]) -> None:
        self.bench = bench
        self.id = bench.registry.put(KIT, {"label": "one"})
        version = bench.registry.upload(self.id, files, "one")
        entry = PeerEntry(kind="kit", id=self.id, version=version, hash=skill_hash("one", "one", files))
        bench.store.lock, _ = taken_over(peer(a=entry), keys(a="kit/one"), CATALOG, EMPTY)

    def moved(self, files: dict[str, bytes]) -> dict[str, str]:
        plan = self.bench.plan(desired(kit("kit/one", files))).plan
        found = {field.path: str(field.moved) for drift in plan.drift for field in drift.fields}
        return found | {field.path: "ours" for change in plan.changes for field in change.fields}


@pytest.mark.parametrize(
    ("file", "theirs", "moved"),
    [
        (b"a", None, None),
        (b"b", None, "ours"),
        (b"a", b"c", "theirs"),
        (b"b", b"c", "both"),
        (b"c", b"c", None),
    ],
)
def test_a_kit_is_told_by_its_version_and_the_digest_of_its_directory(
    bench: Bench, file: bytes, theirs: bytes | None, moved: str | None
):
    found = TakenKit(bench, {"READ.md": b"a", "same.md": b"same"})
    if theirs is not None:
        bench.registry.upload(found.id, {"READ.md": theirs, "same.md": b"same"})
    expected = {"files[READ.md]": moved} if moved else {}
    assert found.moved({"READ.md": file, "same.md": b"same"}) == expected


def test_a_kit_with_files_that_cannot_be_told_counts_as_moved(bench: Bench):
    found = TakenKit(bench, {"READ.md": b"a", "blob": b"\0"})
    bench.registry.upload(found.id, {"READ.md": b"c", "blob": b"\0"})
    assert found.moved({"READ.md": b"a", "blob": b"\0"}) == {"files[READ.md]": "both"}


# -- and then it is ours


def test_the_first_apply_puts_fingerprints_in_the_place_of_the_mark(taken: Taken):
    wanted = desired(resource(taken.address, FILE))
    planned = taken.bench.plan(wanted)
    assert (planned.plan.changes, list(planned.plan.records)) == ((), [taken.address])
    taken.bench.carry_out(planned)
    entry = taken.bench.entry(taken.address)
    assert entry.taken_over is None
    assert (entry.applied.keys() >= {"name", "note"}, entry.id) == (True, taken.id)
    assert taken.bench.plan(wanted).plan.records == {}
    assert taken.bench.registry.writes == []


def test_so_does_an_update_which_also_marks_it_as_ours(taken: Taken):
    wanted = desired(resource(taken.address, {"name": "one", "note": "b"}))
    assert taken.bench.settle(wanted).changes == ()
    assert taken.bench.entry(taken.address).taken_over is None
    assert taken.bench.there(taken.address)["metadata"] == {"agentops": f"p/s/{taken.address}"}


def test_the_mark_stays_while_drift_blocks(taken: Taken):
    taken.bench.registry.edit(taken.id, note="theirs")
    assert taken.bench.plan(desired(resource(taken.address, FILE))).plan.records == {}


def test_what_pins_what_was_taken_over_is_at_rest(bench: Bench):
    crew = bench.registry.put(CREW, {"name": "one"})
    body = {"name": "one", "crew": {"type": "crew", "id": crew, "version": 1}}
    job = bench.registry.put(JOB, body)
    entries = peer(
        c=PeerEntry(kind="crew", id=crew, version="1", hash=body_hash({"name": "one"})),
        j=PeerEntry(kind="job", id=job, hash=body_hash(body)),
    )
    bench.store.lock, _ = taken_over(entries, keys(c="crew/one", j="job/one"), CATALOG, EMPTY)
    wanted = desired(
        resource("crew/one", {"name": "one"}),
        resource("job/one", {"name": "one", "crew": pin("crew/one", "crew")}),
    )
    plan = bench.plan(wanted).plan
    assert (plan.changes, plan.drift, plan.diagnostics) == ((), (), ())
