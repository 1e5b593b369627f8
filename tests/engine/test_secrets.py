"""Secrets: sent when they are to be, in place, and never to be found in anything that is shown or kept."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Stop
from agentops.domain.plan import Action, Reason
from agentops.domain.report import Result
from agentops.domain.resource import Body, Resource
from agentops.domain.secret import SecretText
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import SENTINEL, desired, kit, only, refusal, resource
from tests.engine.toy_kinds import KEY

FRONT, NIGHTLY = Address("key/hall/front"), Address("job/nightly")
ROTATE = Choices(rotate=frozenset({FRONT}))


def secret(name: str = "TOKEN") -> Body:
    return {"secret": f"env:{name}"}


def lock(**members: object) -> Body:
    return {"type": "pin", "door": "front", "token": secret(), **members}


def hall(*, version: str | None = None, note: str | None = None, **members: object) -> DesiredState:
    body = {"lock": lock(**members), **({"note": note} if note else {})}
    return desired(resource("box/hall", {"name": "hall"}), resource(FRONT, body, secret_version=version))


def job(*mounts: Body, **body: object) -> DesiredState:
    return desired(resource(NIGHTLY, {"name": "nightly", "mounts": list(mounts), **body}))


def repo(url: str, *token: str) -> Body:
    return {"type": "repo", "url": url, **({"token": secret(token[0])} if token else {})}


def sent(bench: Bench) -> list[Body]:
    """The bodies of updates since last asked."""
    found = [body for call, body in bench.registry.sent if call.startswith("update")]
    bench.registry.sent.clear()
    return found


# -- never shown, never kept


def test_a_value_is_in_no_plan_no_lock_no_report_and_no_repr(bench: Bench):
    for state, choices in (
        (hall(), Choices()),
        (hall(note="edited"), Choices()),
        (hall(note="edited", door="back"), Choices()),
        (hall(note="edited", door="back"), ROTATE),
        (job(repo("a", "TOKEN"), held=True), Choices()),
    ):
        planned = bench.plan(state, choices)
        assert planned.plan.changes
        report = bench.carry_out(planned)
        assert report.exit_code == 0
        for kept in (planned.plan, report, bench.store.lock):
            assert SENTINEL not in kept.model_dump_json()
            assert SENTINEL not in repr(kept)
    assert SENTINEL in "".join(map(str.__str__, bench.secrets.values.values()))


def test_a_value_is_in_no_diagnostic_of_a_refusal(bench: Bench):
    planned = bench.plan(hall())
    bench.registry.fail["create key"] = refusal(422)
    report = bench.carry_out(planned)
    assert report.exit_code == 4
    assert SENTINEL not in report.model_dump_json()


def test_the_change_digest_does_not_depend_on_a_value(bench: Bench):
    before = bench.plan(hall()).plan.change_digest
    bench.secrets.values["env:TOKEN"] = "another"
    assert bench.plan(hall()).plan.change_digest == before
    assert bench.plan(hall(token=secret("OTHER"))).plan.change_digest != before


def test_the_registry_is_given_the_value_in_a_text_that_hides_itself(bench: Bench):
    bench.apply(hall())
    token = next(body for call, body in bench.registry.sent if call == "create key")["lock"]["token"]
    assert isinstance(token, SecretText)
    assert token == f"token-{SENTINEL}"


def test_no_value_is_looked_up_for_a_plan(bench: Bench):
    bench.plan(hall())
    assert bench.secrets.asked == []


# -- when it is sent again


def test_planning_after_apply_is_empty(bench: Bench):
    plan = bench.settle(hall(expires="soon"))
    assert (plan.changes, plan.records, plan.diagnostics) == ((), {}, ())


@pytest.mark.parametrize(
    ("again", "choices"),
    [
        (hall(version="2"), Choices()),
        (hall(token=secret("OTHER")), Choices()),
        (hall(), ROTATE),
    ],
    ids=["secret_version", "another reference", "--rotate"],
)
def test_a_rotation_sends_the_secret_in_place(bench: Bench, again: DesiredState, choices: Choices):
    bench.apply(hall())
    id = bench.entry(FRONT).id
    change = only(bench.plan(again, choices))
    assert (change.action, change.reason) == (Action.UPDATE, Reason.SECRET_SENT_AGAIN)
    assert [(it.path, it.before) for it in change.fields] == [("lock.token", None)]
    assert set(change.fields[0].after) == {"secret"}
    sent(bench)
    plan = bench.settle(again, choices)
    assert (plan.changes, bench.entry(FRONT).id) == ((), id)
    assert [set(body["lock"]) for body in sent(bench)] == [{"type", "token"}]


def test_another_value_behind_the_same_reference_is_nobodys_to_know(bench: Bench):
    bench.apply(hall())
    bench.secrets.values["env:TOKEN"] = "rotated"
    assert bench.plan(hall()).plan.changes == ()


def test_it_is_not_sent_along_with_other_members_of_a_field_that_is_merged(bench: Bench):
    bench.apply(hall(reach={"far": True}))
    bench.secrets.asked.clear()
    bench.registry.sent.clear()
    bench.apply(hall(reach={"far": False}))
    assert sent(bench) == [{"lock": {"type": "pin", "reach": {"far": False}}}]
    assert bench.secrets.asked == []


def test_a_change_and_a_rotation_travel_together(bench: Bench):
    bench.apply(hall(reach={"far": True}))
    change = only(bench.plan(hall(reach={"far": False}, token=secret("OTHER"))))
    assert change.reason is Reason.CHANGED
    assert change.body["lock"] == {"type": "pin", "reach": {"far": False}, "token": secret("OTHER")}
    assert [it.path for it in change.fields] == ["lock.reach.far", "lock.token"]


def test_every_secret_of_a_resource_is_sent_by_a_rotation(bench: Bench):
    spare = {"maker": "acme", "token": secret("SPARE"), "colour": "red"}
    bench.apply(hall(spare=spare))
    change = only(bench.plan(hall(spare=spare), ROTATE))
    assert change.body["lock"] == {"type": "pin", "token": secret(), "spare": {"token": secret("SPARE")}}


def test_a_secret_that_is_added_is_sent(bench: Bench):
    spare = {"maker": "acme"}
    bench.apply(hall(spare=spare))
    sent(bench)
    bench.apply(hall(spare={**spare, "token": secret("SPARE")}))
    assert [body["lock"]["spare"] for body in sent(bench)] == [{"token": f"spare-{SENTINEL}"}]


def test_the_first_secret_of_a_resource_that_had_none_is_sent(bench: Bench):
    bench.apply(job(repo("a")))
    assert bench.entry(NIGHTLY).secrets is None
    sent(bench)
    plan = bench.settle(job(repo("a", "TOKEN")))
    assert sent(bench) == [{"mounts": [{"type": "repo", "url": "a", "token": f"token-{SENTINEL}"}]}]
    assert plan.changes == ()


def test_a_list_that_is_replaced_takes_its_secrets_along(bench: Bench):
    bench.apply(job(repo("a", "TOKEN")))
    sent(bench)
    change = only(bench.plan(job(repo("a", "TOKEN"), repo("b"))))
    assert change.reason is Reason.CHANGED
    bench.apply(job(repo("a", "TOKEN"), repo("b")))
    assert [it.get("token") for it in sent(bench)[0]["mounts"]] == [f"token-{SENTINEL}", None]


def test_another_order_of_a_list_that_has_none_is_no_rotation(bench: Bench):
    bench.apply(job(repo("a", "TOKEN"), repo("b", "OTHER")))
    assert bench.plan(job(repo("b", "OTHER"), repo("a", "TOKEN"))).plan.changes == ()


def test_another_field_of_the_same_resource_sends_no_secret(bench: Bench):
    bench.apply(job(repo("a", "TOKEN")))
    bench.secrets.asked.clear()
    bench.apply(job(repo("a", "TOKEN"), note="edited"))
    assert bench.secrets.asked == []


def test_what_is_told_of_a_secret_goes_with_it(bench: Bench):
    bench.apply(hall(expires="soon"))
    change = only(bench.plan(hall(expires="late")))
    assert change.reason is Reason.SECRET_SENT_AGAIN
    assert change.body["lock"] == {"type": "pin", "token": secret(), "expires": "late"}


def test_what_the_registry_moves_by_itself_is_no_drift(bench: Bench):
    bench.apply(hall(expires="soon"))
    found = bench.there(FRONT)
    bench.registry.edit(found["id"], lock={**found["lock"], "expires": "refreshed"})
    plan = bench.plan(hall(expires="soon")).plan
    assert (plan.changes, plan.drift, plan.records) == ((), (), {})


def test_a_rotation_that_failed_is_planned_again(bench: Bench):
    bench.apply(hall())
    bench.registry.fail["update"] = refusal(503)
    assert bench.apply(hall(version="2")).exit_code == 4
    bench.registry.fail.clear()
    assert only(bench.plan(hall(version="2"))).reason is Reason.SECRET_SENT_AGAIN


@pytest.mark.parametrize("step", ["hold", "update"])
def test_a_rotation_that_was_cut_off_by_another_step_of_its_change_is_planned_again(bench: Bench, step: str):
    def state(version: str | None = None, **body: object) -> DesiredState:
        mounts = [repo("a", "TOKEN")]
        return desired(resource(NIGHTLY, {"name": "n", "mounts": mounts, **body}, secret_version=version))

    bench.apply(state())
    bench.killed_at(state("2", held=True), step, carried_out=step == "hold")
    sent(bench)
    assert bench.settle(state("2", held=True)).changes == ()
    assert [body["mounts"][0]["token"] for body in sent(bench)] == [f"token-{SENTINEL}"]


def test_what_no_file_asks_for_cannot_be_rotated(bench: Bench):
    bench.apply(hall())
    with pytest.raises(Stop, match="no secrets"):
        bench.plan(desired(), ROTATE)


@pytest.mark.parametrize("address", ["box/hall", "kit/tools"])
def test_what_has_no_secrets_cannot_be_rotated(bench: Bench, address: str):
    wanted = desired(resource("box/hall", {"name": "hall"}), kit("kit/tools", {"READ.md": b"x"}))
    with pytest.raises(Stop) as refused:
        bench.plan(wanted, Choices(rotate=frozenset({Address(address)})))
    assert refused.value.diagnostics[0].code is Code.SECRET


def test_what_only_looks_like_a_secret_is_none_where_a_kind_has_none(bench: Bench):
    wanted = desired(resource("widget/one", {"name": "one", "uses": {"secret": "env:NOWHERE"}}))
    assert bench.settle(wanted).changes == ()
    with pytest.raises(Stop, match="no secrets"):
        bench.plan(wanted, Choices(rotate=frozenset({Address("widget/one")})))


def test_a_rotation_is_part_of_what_is_selected(bench: Bench):
    wanted = desired(*hall().resources.values(), resource("widget/one", {"name": "one"}))
    bench.apply(wanted)
    picked = Choices(select=(Address("widget/one"),), rotate=frozenset({FRONT}))
    assert only(bench.plan(wanted, picked)).address == FRONT


# -- what is not there


def test_all_that_are_missing_are_named_before_anything_is_sent(bench: Bench):
    bench.secrets.values = {}
    wanted = desired(*hall().resources.values(), *job(repo("a", "OTHER")).resources.values())
    planned = bench.plan(wanted)
    bench.registry.calls.clear()
    with pytest.raises(Stop) as missing:
        bench.carry_out(planned)
    named = {(it.address, it.summary, it.location.file) for it in missing.value.diagnostics}
    assert named == {
        (FRONT, "env:TOKEN is not set", f"{FRONT}.yaml"),
        (NIGHTLY, "env:OTHER is not set", f"{NIGHTLY}.yaml"),
    }
    assert bench.registry.calls == []
    assert bench.store.log == []


def test_one_that_is_gone_by_the_time_it_is_sent_fails_its_change_alone(bench: Bench):
    planned = bench.plan(hall())
    bench.registry.before = lambda call: bench.secrets.values.clear()
    report = bench.carry_out(planned)
    assert [(it.result, it.problem and it.problem.code) for it in report.outcomes] == [
        (Result.DONE, None),
        (Result.FAILED, Code.SECRET),
    ]
    assert bench.store.lock.intents == {}


# -- saved plans


@pytest.mark.parametrize(
    ("again", "choices"),
    [(hall(version="2"), Choices()), (hall(), ROTATE)],
    ids=["secret_version", "--rotate"],
)
def test_a_saved_rotation_is_not_taken_for_done(bench: Bench, again: DesiredState, choices: Choices):
    bench.apply(hall())
    plan = bench.saved(again, choices)
    sent(bench)
    assert [it.result for it in bench.apply_saved(plan).outcomes] == [Result.DONE]
    assert [body["lock"]["token"] for body in sent(bench)] == [f"token-{SENTINEL}"]


def test_a_saved_rotation_is_not_taken_for_done_where_what_travels_with_it_is(bench: Bench):
    bench.apply(hall())
    plan = bench.saved(hall(note="edited"), ROTATE)
    bench.apply(hall(note="edited"))
    with pytest.raises(Stop, match="stale"):
        bench.apply_saved(plan)


def test_a_saved_create_that_was_done_counts_as_done(bench: Bench):
    plan = bench.saved(hall())
    bench.apply(hall())
    assert {it.result for it in bench.apply_saved(plan).outcomes} == {Result.ALREADY}


def test_a_saved_create_that_was_done_with_another_secret_is_stale(bench: Bench):
    plan = bench.saved(hall())
    bench.apply(hall(token=secret("OTHER")))
    with pytest.raises(Stop, match="exists by now"):
        bench.apply_saved(plan)


# -- taken over, adopted, replaced


def test_what_is_adopted_is_not_rotated_by_surprise(bench: Bench):
    bench.apply(hall())
    bench.store.lock = None
    change = bench.plan(hall()).plan.changes[-1]
    assert (change.address, change.action, change.body) == (FRONT, Action.ADOPT, {})
    assert bench.settle(hall()).changes == ()


def test_what_is_adopted_is_rotated_when_told(bench: Bench):
    bench.apply(hall())
    bench.store.lock = None
    change = bench.plan(hall(), ROTATE).plan.changes[-1]
    assert (change.action, change.body) == (Action.ADOPT, {"lock": {"type": "pin", "token": secret()}})


def replaced(bench: Bench, wanted: DesiredState) -> list[str]:
    bench.registry.calls.clear()
    bench.secrets.asked.clear()
    assert bench.apply(wanted).exit_code == 0
    return [call.split()[0] for call in bench.registry.writes]


def test_a_replaced_key_is_archived_and_then_created(bench: Bench):
    bench.apply(hall())
    id = bench.entry(FRONT).id
    assert only(bench.plan(hall(type="card"))).action is Action.REPLACE
    assert replaced(bench, hall(type="card")) == ["remove", "create"]
    assert bench.registry.objects[id]["archived_at"] is not None
    assert bench.entry(FRONT).replaced == ()
    plan = bench.plan(hall(type="card")).plan
    assert (plan.changes, plan.records) == ((), {})


def test_a_secret_that_is_missing_is_found_out_before_the_old_key_is_archived(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    bench.apply(hall())
    planned = bench.plan(hall(type="card"))
    monkeypatch.setattr(bench.observer, "started", lambda *what: bench.secrets.values.clear())
    bench.registry.calls.clear()
    report = bench.carry_out(planned)
    assert report.outcomes[0].problem.code is Code.SECRET
    assert bench.registry.writes == []
    assert (bench.plan(hall()).plan.changes, len(bench.registry.live(KEY))) == ((), 1)


def test_what_was_looked_up_before_the_old_key_is_archived_is_what_is_sent(bench: Bench):
    bench.apply(hall())
    planned = bench.plan(hall(type="card"))
    bench.registry.before = lambda call: bench.secrets.values.clear()
    assert bench.carry_out(planned).exit_code == 0
    assert bench.registry.sent[-1][1]["lock"]["token"] == f"token-{SENTINEL}"


def other(resource_: Resource) -> DesiredState:
    return desired(resource("box/hall", {"name": "hall"}), resource_)


def test_a_protected_key_is_not_replaced(bench: Bench):
    bench.apply(hall())
    plan = bench.plan(other(resource(FRONT, {"lock": lock(type="card")}, protect=True))).plan
    assert (plan.changes, [it.code for it in plan.diagnostics]) == ((), [Code.PROTECTED])
