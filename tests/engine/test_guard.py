"""Before anything is written: the right registry, the reviewed plan, and a plan that is still true."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Severity, Stop
from agentops.domain.plan import Action, Plan
from agentops.domain.project import EMBEDDED_URL, RegistryConfig, Stage
from agentops.domain.report import Result
from agentops.domain.resource import Ref
from agentops.domain.state import Identity, Lock, LockEntry, Origin
from agentops.engine import guard
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, resource
from tests.engine.toy_kinds import WIDGET
from tests.engine.toy_registry import ToyRegistry

ONE, TWO = Address("widget/one"), Address("widget/two")


def wanted(note: str = "a"):
    return desired(resource(ONE, {"name": "one", "note": note}), resource(TWO, {"name": "two"}))


def remote(**more: str) -> Stage:
    return Stage("s", registry=RegistryConfig("custom", base_url="toy://registry", **more))


# -- the right registry


def test_another_workspace_is_refused_before_any_write(bench: Bench):
    bench.stage = remote()
    bench.apply(wanted())
    bench.registry.identity = Identity("org", "another")
    with pytest.raises(Blocked) as refused:
        bench.plan(wanted("b"))
    assert refused.value.diagnostics[0].code is Code.ORIGIN
    assert "another" in str(refused.value)


def test_another_base_url_alone_is_a_warning(bench: Bench):
    bench.stage = remote()
    bench.apply(wanted())
    bench.registry.base_url = "toy://elsewhere"
    planned = bench.plan(wanted())
    assert [(item.severity, item.code) for item in planned.plan.diagnostics] == [
        (Severity.WARNING, Code.ORIGIN)
    ]


def embedded(identity: Identity) -> ToyRegistry:
    registry = ToyRegistry(identity)
    registry.base_url = EMBEDDED_URL
    return registry


def test_a_new_embedded_database_starts_the_lock_over_with_a_note(bench: Bench):
    bench.registry = embedded(Identity("org", "old database"))
    bench.apply(wanted())
    bench.registry = embedded(Identity("org", "new database"))
    planned = bench.plan(wanted())
    assert [change.action for change in planned.plan.changes] == [Action.CREATE, Action.CREATE]
    assert [item.severity for item in planned.plan.diagnostics] == [Severity.NOTE]
    bench.carry_out(planned)
    assert bench.store.lock.origin.workspace_id == "new database"


def test_a_lock_of_a_real_registry_is_not_started_over_by_a_local_stage(bench: Bench):
    bench.stage = remote()
    bench.apply(wanted())
    before = bench.store.lock
    bench.stage = Stage("s")
    bench.registry = embedded(Identity("org", "a database"))
    with pytest.raises(Blocked, match="a database"):
        bench.plan(wanted())
    assert bench.store.lock == before


@pytest.mark.parametrize("base_url", ["toy://registry", "toy://elsewhere"])
def test_a_registry_that_does_not_say_whose_it_is_is_not_taken_for_the_recorded_one(
    bench: Bench, base_url: str
):
    bench.stage = remote()
    bench.apply(wanted())
    bench.registry = ToyRegistry(Identity(None, None))
    bench.registry.base_url = base_url
    with pytest.raises(Blocked, match="does not say whose it is"):
        bench.plan(desired())


def test_a_registry_that_never_said_is_known_by_its_url(bench: Bench):
    bench.stage = remote()
    bench.registry.identity = Identity(None, None)
    bench.apply(wanted())
    assert bench.plan(wanted()).plan.changes == ()
    bench.registry.base_url = "toy://elsewhere"
    with pytest.raises(Blocked, match="elsewhere"):
        bench.plan(wanted())


def test_the_workspace_a_stage_names_must_answer(bench: Bench):
    bench.stage = remote(workspace_id="wrkspc_prod")
    with pytest.raises(Blocked, match="wrkspc_prod"):
        bench.plan(wanted())


@pytest.mark.parametrize("asked", [{"workspace_id": "wrkspc_prod"}, {"organization_id": "org_prod"}])
def test_what_a_stage_names_is_checked_before_the_first_write_of_an_empty_lock(
    bench: Bench, asked: dict[str, str]
):
    bench.stage = remote(**asked)
    with pytest.raises(Blocked, match="answered"):
        bench.apply(wanted())
    assert bench.registry.writes == []
    assert bench.store.lock is None or bench.store.lock.resources == {}


def test_a_saved_plan_is_not_applied_where_another_workspace_answers_than_the_stage_names(bench: Bench):
    planned = bench.saved(wanted())
    bench.stage = remote(workspace_id="wrkspc_prod")
    with pytest.raises(Blocked, match="wrkspc_prod"):
        bench.apply_saved(planned)
    assert bench.registry.writes == []


def test_a_lock_of_another_stage_is_refused(bench: Bench):
    bench.store.lock = Lock(project="p", stage="other")
    with pytest.raises(Blocked, match="stage other"):
        bench.plan(wanted())


def test_a_lock_with_kinds_from_the_future_is_refused_by_name(bench: Bench):
    bench.store.lock = Lock(
        project="p",
        stage="s",
        origin=Origin(base_url="toy://registry"),
        resources={Address("gadget/x"): LockEntry(id="g_1")},
    )
    with pytest.raises(Stop, match="gadget"):
        bench.plan(wanted())


# -- the reviewed plan


def test_the_change_digest_binds_apply_to_what_was_reviewed(bench: Bench):
    reviewed = bench.plan(wanted()).plan.change_digest
    guard.refuse_unexpected_digest(bench.plan(wanted()).plan, reviewed[:12].upper())
    with pytest.raises(Blocked) as refused:
        guard.refuse_unexpected_digest(bench.plan(wanted("other")).plan, reviewed)
    assert refused.value.diagnostics[0].code is Code.DIGEST


def test_a_digest_too_short_to_mean_anything_is_refused(bench: Bench):
    plan = bench.plan(wanted()).plan
    with pytest.raises(Blocked):
        guard.refuse_unexpected_digest(plan, plan.change_digest[:6])


def test_the_change_digest_does_not_depend_on_ids(bench: Bench):
    first = bench.plan(wanted()).plan
    elsewhere = Bench()
    elsewhere.registry.made = 40
    assert elsewhere.plan(wanted()).plan.change_digest == first.change_digest


def test_a_blocked_plan_is_never_carried_out(bench: Bench):
    bench.apply(wanted())
    bench.registry.edit(bench.store.lock.resources[ONE].id, note="theirs")
    with pytest.raises(Blocked):
        bench.apply(wanted())


def test_nothing_of_a_protected_stage_is_destroyed(bench: Bench):
    bench.apply(wanted())
    bench.stage = Stage("s", protect=True)
    with pytest.raises(Blocked) as refused:
        bench.plan(wanted(), Choices(destroy=True))
    assert refused.value.diagnostics[0].code is Code.PROTECTED


def test_a_lock_that_nothing_was_asked_for_is_taken_as_it_is(bench: Bench):
    bench.registry.identity = None
    assert bench.plan(desired()).plan.changes == ()


# -- saved plans


def test_a_saved_plan_applies_without_its_files(bench: Bench):
    report = bench.apply_saved(bench.saved(wanted()))
    assert report.exit_code == 0
    assert bench.plan(wanted()).plan.changes == ()


def test_a_saved_plan_is_stale_when_what_it_touches_moved(bench: Bench):
    bench.apply(wanted())
    plan = bench.saved(wanted("b"))
    bench.registry.edit(bench.store.lock.resources[ONE].id, note="faster")
    with pytest.raises(Blocked) as refused:
        bench.apply_saved(plan)
    assert [item.code for item in refused.value.diagnostics] == [Code.STALE]


def test_a_saved_plan_is_not_stale_when_something_else_moved(bench: Bench):
    bench.apply(wanted())
    plan = bench.saved(wanted("b"))
    bench.registry.edit(bench.store.lock.resources[TWO].id, note="elsewhere")
    assert bench.apply_saved(plan).exit_code == 0


def test_a_saved_plan_is_stale_when_its_create_exists_by_now(bench: Bench):
    plan = bench.saved(wanted())
    bench.apply(desired(resource(ONE, {"name": "one", "note": "another"})))
    with pytest.raises(Blocked, match="exists by now"):
        bench.apply_saved(plan)


@pytest.mark.parametrize("how", ["gone", "another"])
def test_a_saved_plan_is_stale_when_what_it_changes_is_gone_or_another(bench: Bench, how: str):
    bench.apply(wanted())
    plan = bench.saved(wanted("b"))
    id = bench.entry(ONE).id
    del bench.registry.objects[id]
    if how == "another":
        bench.apply(wanted(), Choices(recreate=frozenset({ONE})))
        assert bench.entry(ONE).id != id
    with pytest.raises(Blocked, match="it is gone" if how == "gone" else f"it is {WIDGET.id_prefix}"):
        bench.apply_saved(plan)


def test_a_saved_plan_is_stale_when_what_it_refers_to_moved(bench: Bench):
    def referring(note: str):
        uses = Ref(TWO, "version").as_json()
        return desired(
            resource(ONE, {"name": "one", "note": note, "uses": uses}), resource(TWO, {"name": "two"})
        )

    bench.apply(referring("a"))
    plan = bench.saved(referring("b"))
    bench.registry.edit(bench.entry(TWO).id, note="moved")
    with pytest.raises(Blocked, match=TWO):
        bench.apply_saved(plan)


def test_a_saved_replacement_is_done_when_another_object_is_recorded_and_not_before(bench: Bench):
    def shaped(shape: str):
        return desired(resource(ONE, {"name": "one", "shape": {"type": shape}}))

    bench.apply(shaped("round"))
    plan = bench.saved(shaped("square"))
    assert [it.result for it in bench.apply_saved(plan).outcomes] == [Result.DONE]
    assert [it.result for it in bench.apply_saved(plan).outcomes] == [Result.ALREADY]


def test_changes_already_achieved_count_as_done(bench: Bench):
    plan = bench.saved(wanted())
    bench.apply(desired(resource(ONE, {"name": "one", "note": "a"})))
    report = bench.apply_saved(plan)
    assert {item.address: item.result for item in report.outcomes} == {
        ONE: Result.ALREADY,
        TWO: Result.DONE,
    }
    assert bench.plan(wanted()).plan.changes == ()


def test_applying_a_saved_plan_twice_changes_nothing_more(bench: Bench):
    plan = bench.saved(wanted())
    bench.apply_saved(plan)
    before = list(bench.registry.objects)
    report = bench.apply_saved(plan)
    assert {item.result for item in report.outcomes} == {Result.ALREADY}
    assert list(bench.registry.objects) == before


def test_a_saved_removal_that_happened_counts_as_done(bench: Bench):
    bench.apply(wanted())
    removal = bench.plan(wanted(), Choices(destroy=True))
    bench.apply_saved(removal)
    assert {item.result for item in bench.apply_saved(removal).outcomes} == {Result.ALREADY}


def test_a_saved_plan_of_another_stage_is_refused(bench: Bench):
    plan = bench.saved(wanted())
    bench.stage = Stage("other")
    bench.store.lock = None
    with pytest.raises(Blocked, match="stage s"):
        bench.apply_saved(plan)


def test_a_saved_plan_of_another_registry_is_refused(bench: Bench):
    plan = bench.saved(wanted())
    bench.registry.identity = Identity("org", "another")
    with pytest.raises(Blocked, match="another"):
        bench.apply_saved(plan)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"not json", "is not a saved plan"),
        (b"[]", "is not a saved plan"),
        (b"{}", "is not a saved plan"),
        (b'{"format_version": 99}', "plan format 99"),
    ],
)
def test_what_is_no_plan_is_refused_by_name(text: bytes, says: str):
    with pytest.raises(Stop, match=says):
        Plan.load(text, "p.json")


def test_a_plan_edited_after_it_was_saved_is_refused(bench: Bench):
    text = bench.plan(wanted()).plan.model_dump_json()
    with pytest.raises(Stop, match="edited"):
        Plan.load(text.replace('"note":"a"', '"note":"b"').encode(), "p.json")
