"""Bundles: content that is fetched only to be looked at, compared file by file, and pinned by its version."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.bundle import manifest, sha256
from agentops.domain.diagnostics import Code, Stop
from agentops.domain.plan import Action, Reason
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, only, pin, refusal, resource
from tests.engine.toy_kinds import KIT

TOOLS, USER = Address("kit/tools"), Address("crew/user")
READ, MORE = b"# Read\n", b"# More\n"
BLOB = b"\0\1\2"


def tools(bench: Bench, *, pinned: bool | None = None, name: str = "tools", **files: bytes) -> DesiredState:
    """The kit, whose files lie where they are uploaded from, and with ``pinned`` a crew that has it."""
    content = {f"{path}.md": data for path, data in files.items()}
    bench.uploads.files[TOOLS] = content
    found = [kit(TOOLS, content, name=name)]
    if pinned is not None:
        body = {"name": "user", "kits": [pin(TOOLS, "own", "kit_id", floating=not pinned)]}
        found.append(resource(USER, body))
    return desired(*found)


def fetched(bench: Bench) -> list[str]:
    found = [call for call in bench.registry.calls if call.startswith("content")]
    bench.registry.calls.clear()
    return found


def empty(planned) -> bool:
    plan = planned.plan
    return (plan.changes, plan.drift, plan.diagnostics) == ((), (), ())


def shown(change) -> list[tuple[str, object, object]]:
    return [(it.path, it.before, it.after) for it in change.fields]


# -- what is sent


def test_it_is_created_with_the_bytes_of_its_files_and_planned_without_them(bench: Bench):
    wanted = tools(bench, READ=READ, blob=BLOB)
    change = only(bench.plan(wanted))
    assert change.body["files"] == manifest({"READ.md": READ, "blob.md": BLOB})
    assert shown(change) == [
        ("name", None, "tools"),
        ("files[READ.md]", None, "# Read\n"),
        ("files[blob.md]", None, {"sha256": sha256(BLOB), "size": 3}),
    ]
    bench.apply(wanted)
    assert bench.registry.sent == [
        ("create kit", {"name": "tools", "files": {"READ.md": READ, "blob.md": BLOB}})
    ]
    assert bench.entry(TOOLS).version == bench.there(TOOLS)["latest"]


def test_a_new_version_holds_every_file_and_the_name_of_their_directory(bench: Bench):
    bench.apply(tools(bench, READ=READ, more=MORE))
    bench.registry.sent.clear()
    bench.apply(tools(bench, READ=READ, more=b"edited"))
    assert bench.registry.sent == [
        (
            f"update {bench.entry(TOOLS).id}",
            {"name": "tools", "files": {"READ.md": READ, "more.md": b"edited"}},
        )
    ]
    assert bench.entry(TOOLS).version == "kv_k_1_2"
    assert empty(bench.plan(tools(bench, READ=READ, more=b"edited")))


def test_every_file_is_verified_before_anything_is_sent(bench: Bench):
    other = Address("kit/other")
    wanted = desired(
        *tools(bench, READ=READ, more=MORE).resources.values(), kit(other, {"READ.md": READ, "x.md": b"x"})
    )
    bench.uploads.files = {TOOLS: {"READ.md": READ, "more.md": b"touched"}, other: {"READ.md": READ}}
    planned = bench.plan(wanted)
    bench.registry.calls.clear()
    with pytest.raises(Stop) as refused:
        bench.carry_out(planned)
    assert [(it.code, it.address, it.summary) for it in refused.value.diagnostics] == [
        (Code.UPLOAD, other, "x.md is not what was planned"),
        (Code.UPLOAD, TOOLS, "more.md is not what was planned"),
    ]
    assert (bench.registry.calls, bench.store.log) == ([], [])


# -- what is fetched


def test_nothing_is_fetched_where_version_and_files_are_as_recorded(bench: Bench):
    wanted = tools(bench, READ=READ)
    bench.apply(wanted)
    fetched(bench)
    planned = bench.plan(wanted)
    assert empty(planned)
    assert planned.plan.records == {}
    assert fetched(bench) == []


def test_the_recorded_version_is_fetched_to_show_what_an_edit_changes(bench: Bench):
    bench.apply(tools(bench, READ=READ, gone=b"gone", same=b"same"))
    fetched(bench)
    change = only(bench.plan(tools(bench, READ=b"# Read it\n", new=MORE, same=b"same")))
    assert fetched(bench) == ["content kv_k_1_1"]
    assert (change.action, change.reason) == (Action.UPDATE, Reason.CHANGED)
    assert shown(change) == [
        ("files[READ.md]", "# Read\n", "# Read it\n"),
        ("files[gone.md]", "gone", None),
        ("files[new.md]", None, "# More\n"),
    ]


def test_equal_content_under_another_version_is_no_change_and_is_recorded(bench: Bench):
    wanted = tools(bench, READ=READ)
    bench.apply(wanted)
    version = bench.registry.upload(bench.entry(TOOLS).id, {"READ.md": READ})
    fetched(bench)
    planned = bench.plan(wanted)
    assert (fetched(bench), empty(planned)) == ([f"content {version}"], True)
    bench.carry_out(planned)
    assert bench.entry(TOOLS).version == version
    fetched(bench)
    bench.plan(wanted)
    assert fetched(bench) == []


def test_equal_content_under_another_version_moves_what_pins_it(bench: Bench):
    wanted = tools(bench, pinned=True, READ=READ)
    bench.apply(wanted)
    version = bench.registry.upload(bench.entry(TOOLS).id, {"READ.md": READ})
    change = only(bench.plan(wanted))
    assert (change.address, change.reason) == (USER, Reason.REFERENCE_MOVES)
    assert change.body["kits"][0]["version"] == version
    assert bench.settle(wanted).changes == ()


def test_what_was_edited_elsewhere_is_drift_that_shows_the_texts(bench: Bench):
    wanted = tools(bench, READ=READ, more=MORE)
    bench.apply(wanted)
    bench.registry.upload(bench.entry(TOOLS).id, {"READ.md": b"# Theirs\n", "theirs.md": b"new"})
    plan = bench.plan(wanted).plan
    assert [(it.path, it.moved, it.ours, it.theirs) for it in plan.drift[0].fields] == [
        ("files[READ.md]", "theirs", "# Read\n", "# Theirs\n"),
        ("files[more.md]", "theirs", "# More\n", None),
        ("files[theirs.md]", "theirs", None, "new"),
    ]
    assert (plan.blocked, plan.changes, plan.records) == (True, (), {})


def test_both_edited_is_drift_of_both(bench: Bench):
    bench.apply(tools(bench, READ=READ))
    bench.registry.upload(bench.entry(TOOLS).id, {"READ.md": b"theirs"})
    assert bench.plan(tools(bench, READ=b"ours")).plan.drift[0].fields[0].moved == "both"


def test_a_version_uploaded_between_plan_and_apply_makes_the_plan_stale(bench: Bench):
    bench.apply(tools(bench, READ=READ))
    planned = bench.plan(tools(bench, READ=b"ours"))
    bench.registry.upload(bench.entry(TOOLS).id, {"READ.md": b"theirs"})
    assert bench.carry_out(planned).outcomes[0].problem.code is Code.STALE
    assert bench.there(TOOLS)["latest"] == "kv_k_1_2"


def test_a_saved_edit_is_applied_and_then_counts_as_done(bench: Bench):
    bench.apply(tools(bench, READ=READ))
    planned = bench.plan(tools(bench, READ=b"ours"))
    assert [it.result for it in bench.apply_saved(planned).outcomes] == ["done"]
    assert [it.result for it in bench.apply_saved(planned).outcomes] == ["already"]
    assert bench.there(TOOLS)["latest"] == "kv_k_1_2"


# -- content that cannot be read at present


def test_what_cannot_be_read_is_taken_to_be_what_was_recorded(bench: Bench):
    wanted = tools(bench, pinned=True, READ=READ)
    bench.apply(wanted)
    id = bench.entry(TOOLS).id
    bench.registry.upload(id, {"READ.md": b"theirs"})
    bench.registry.sealed.add(id)
    planned = bench.plan(wanted)
    assert empty(planned), "nobody knows that anything is another"
    bench.carry_out(planned)
    assert bench.entry(TOOLS).version == "kv_k_1_1", "and nobody has seen what the new version holds"
    bench.registry.sealed.clear()
    assert bench.plan(wanted).plan.drift[0].address == TOOLS


def test_an_edit_of_what_cannot_be_read_is_still_sent(bench: Bench):
    bench.apply(tools(bench, READ=READ))
    bench.registry.sealed.add(bench.entry(TOOLS).id)
    edited = tools(bench, READ=b"ours")
    assert shown(only(bench.plan(edited))) == [("files[READ.md]", None, "ours")]
    assert bench.settle(edited).changes == ()


def test_any_other_failure_to_read_it_stops_the_plan(bench: Bench):
    bench.apply(tools(bench, READ=READ))
    bench.registry.fail["content"] = refusal(500)
    with pytest.raises(type(refusal())):
        bench.plan(tools(bench, READ=b"ours"))


def test_an_answer_without_a_version_is_compared_by_what_was_recorded(bench: Bench):
    wanted = tools(bench, READ=READ)
    bench.apply(wanted)
    bench.there(TOOLS)["latest"] = None
    fetched(bench)
    assert bench.plan(wanted).plan.changes == ()
    assert fetched(bench) == []


# -- what no version can change


def test_another_name_of_its_directory_replaces_it_without_fetching_anything_else(bench: Bench):
    bench.apply(tools(bench, pinned=True, READ=READ))
    old = bench.entry(TOOLS).id
    wanted = tools(bench, pinned=True, name="gear", READ=READ)
    first, second = bench.plan(wanted).plan.changes
    assert (first.action, first.forced_by) == (Action.REPLACE, "label")
    assert (second.address, second.action) == (USER, Action.UPDATE)
    assert bench.settle(wanted).changes == ()
    assert old not in bench.registry.objects
    assert bench.there(USER)["kits"][0] == {
        "type": "own",
        "kit_id": bench.entry(TOOLS).id,
        "version": bench.entry(TOOLS).version,
    }


def test_another_label_replaces_it(bench: Bench):
    bench.apply(tools(bench, READ=READ))
    wanted = desired(kit(TOOLS, {"READ.md": READ}, label="The tools"))
    change = only(bench.plan(wanted))
    assert (change.action, change.forced_by) == (Action.REPLACE, "label")
    assert shown(change) == [("label", "tools", "The tools")]


def test_a_directory_renamed_under_the_same_label_replaces_it_too(bench: Bench):
    def labelled(name: str) -> DesiredState:
        bench.uploads.files[TOOLS] = {"READ.md": READ}
        return desired(kit(TOOLS, {"READ.md": READ}, label="Tools", name=name))

    bench.apply(labelled("tools"))
    change = only(bench.plan(labelled("gear")))
    assert (change.action, change.forced_by) == (Action.REPLACE, "name")
    bench.apply(labelled("gear"))
    assert empty(bench.plan(labelled("gear")))
    assert len(bench.registry.live(KIT)) == 1


# -- what follows it


def test_a_new_version_is_pinned_in_the_same_run(bench: Bench):
    bench.apply(tools(bench, pinned=True, READ=READ))
    wanted = tools(bench, pinned=True, READ=b"edited")
    changes = bench.plan(wanted).plan.changes
    assert [(it.address, it.reason) for it in changes] == [
        (TOOLS, Reason.CHANGED),
        (USER, Reason.REFERENCE_MOVES),
    ]
    assert bench.settle(wanted).changes == ()
    assert bench.there(USER)["kits"][0]["version"] == bench.entry(TOOLS).version == "kv_k_1_2"


def test_what_floats_is_left_alone(bench: Bench):
    bench.apply(tools(bench, pinned=False, READ=READ))
    assert only(bench.plan(tools(bench, pinned=False, READ=b"edited"))).address == TOOLS


def test_a_file_that_is_ignored_is_no_reason_for_a_version_and_is_in_every_version(bench: Bench):
    def state(**files: bytes) -> DesiredState:
        content = {f"{path}.md": data for path, data in files.items()}
        bench.uploads.files[TOOLS] = content
        body = {"name": "tools", "files": manifest(content)}
        return desired(resource(TOOLS, body, files=content, ignore_changes=("files.log.md",)))

    bench.apply(state(READ=READ, log=b"a"))
    assert empty(bench.plan(state(READ=READ, log=b"b")))
    assert bench.apply(state(READ=b"edited", log=b"b")).exit_code == 0
    assert bench.registry.sent[-1][1]["files"] == {"READ.md": b"edited", "log.md": b"b"}


def test_destroying_it_deletes_it(bench: Bench):
    wanted = tools(bench, pinned=True, READ=READ)
    bench.apply(wanted)
    planned = bench.plan(wanted, Choices(destroy=True))
    assert [(it.address, it.action) for it in planned.plan.changes] == [
        (USER, Action.ARCHIVE),
        (TOOLS, Action.DELETE),
    ]
    assert bench.carry_out(planned).exit_code == 0


# -- an upload whose answer was lost


def uploaded(bench: Bench, text: bytes) -> str:
    """A kit that somebody else made, of the same name."""
    id = bench.registry.put(KIT, {"name": "tools"})
    bench.registry.upload(id, {"READ.md": text}, "tools")
    return id


def test_an_upload_whose_answer_was_lost_is_found_by_its_bytes_and_not_sent_again(bench: Bench):
    wanted = tools(bench, READ=READ, blob=BLOB)
    bench.killed_at(wanted, "create kit")
    assert bench.store.lock is not None
    assert TOOLS in bench.store.lock.intents
    (there,) = bench.registry.live(KIT)

    change = only(bench.plan(wanted))
    assert (change.action, change.base.id, change.body) == (Action.ADOPT, there["id"], {})
    assert bench.apply(wanted).exit_code == 0
    assert [it["id"] for it in bench.registry.live(KIT)] == [there["id"]]
    assert bench.at_rest(wanted)
    assert bench.store.lock.intents == {}


def test_what_was_there_before_is_never_taken_for_a_lost_upload_although_it_is_the_same(bench: Bench):
    wanted = tools(bench, READ=READ)
    strangers = uploaded(bench, READ)
    bench.killed_at(wanted, "create kit", carried_out=False)

    assert only(bench.plan(wanted)).action is Action.CREATE
    assert bench.apply(wanted).exit_code == 0
    assert bench.entry(TOOLS).id != strangers
    assert len(bench.registry.live(KIT)) == 2


def test_what_came_since_and_holds_something_else_is_not_ours(bench: Bench):
    wanted = tools(bench, READ=READ)
    bench.killed_at(wanted, "create kit", carried_out=False)
    uploaded(bench, MORE)

    assert only(bench.plan(wanted)).action is Action.CREATE


def test_two_that_could_both_be_the_lost_upload_block_by_name(bench: Bench):
    wanted = tools(bench, READ=READ)
    bench.killed_at(wanted, "create kit")
    twin = uploaded(bench, READ)

    planned = bench.plan(wanted).plan
    (problem,) = [item for item in planned.diagnostics if item.code is Code.SEVERAL_CARRIERS]
    assert planned.blocked
    assert twin in problem.summary
