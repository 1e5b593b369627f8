"""What two commits ask for in a stage, on the toy kinds: actions, and what stands beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agentops.domain.address import Address
from agentops.domain.comparison import Differing, Side, Standing
from agentops.domain.diagnostics import Location, Severity, Stop
from agentops.domain.gates import CleanGit
from agentops.domain.plan import Action, FieldChange
from agentops.domain.policy import Check, Declared, Policy, RuleSetting, TeamFile, Waiver
from agentops.domain.project import MaxRemovals, Name, OnDrift, Pacing, RegistryConfig, Rename, Stage
from agentops.domain.resource import Lifecycle, Resource
from agentops.engine.fleets import fleet_of
from agentops.engine.revisions import Revised, StageAt, paired, refuse_unknown, revised
from agentops.engine.settings import settings_of
from tests.engine.toy import desired, id_of, pin, resource
from tests.engine.toy_kinds import CATALOG

ONE, BOX = Address("widget/one"), Address("box/shelf")
DEV = Stage("dev")
PRUNES = Stage("dev", prune=True)


def between(
    before: list[Resource],
    after: list[Resource],
    stage: Stage = DEV,
    was: Stage | None = None,
    **options: Any,
) -> Revised:
    broken = options.pop("broken", frozenset())
    sides = (
        StageAt(was or stage, desired(*before), frozenset(broken)),
        StageAt(stage, desired(*after)),
    )
    return revised(CATALOG, *sides, ("main", "working tree"), **options)


def told(found: Revised) -> list[tuple[str, str | None, bool]]:
    return [(it.address, it.action and str(it.action), it.kept) for it in found.comparison.differing]


def only(found: Revised) -> Differing:
    (item,) = found.comparison.differing
    return item


def test_what_comes_is_created_and_what_changes_updated_or_replaced() -> None:
    item = only(between([], [resource(ONE, {"name": "one"})]))
    assert (item.action, item.side, item.body) == (Action.CREATE, Side.AFTER, {"name": "one"})
    one = resource(ONE, {"name": "one", "shape": {"type": "round", "size": "big"}})
    small = resource(ONE, {"name": "one", "shape": {"type": "round", "size": "small"}})
    assert only(between([one], [small])).action is Action.UPDATE
    square = resource(ONE, {"name": "one", "shape": {"type": "square"}})
    item = only(between([one], [square]))
    assert (item.action, item.forced_by, item.protected) == (Action.REPLACE, "shape.type", False)
    kept = replace(square, lifecycle=Lifecycle(protect=True))
    assert only(between([replace(one, lifecycle=Lifecycle(protect=True))], [kept])).protected


def test_what_goes_stays_until_a_plan_prunes() -> None:
    box, child = resource(BOX, {"name": "shelf"}), resource("key/shelf/door", {"door": "a"})
    assert told(between([box], [])) == [(BOX, "archive", True)]
    assert told(between([box], [], PRUNES)) == [(BOX, "archive", False)]
    found = between([box, child], [], PRUNES)
    assert told(found) == [(BOX, "archive", False), (child.address, "forget", False)]
    assert found.comparison.differing[1].goes_with == BOX
    guarded = replace(child, lifecycle=Lifecycle(protect=True))
    assert all(it.protected for it in between([box, guarded], [], PRUNES).comparison.differing)


def test_what_only_a_file_says_is_told_and_nothing_is_sent() -> None:
    one = resource(ONE, {"name": "one"})
    item = only(between([replace(one, lifecycle=Lifecycle(protect=True))], [one]))
    assert (item.action, item.fields) == (
        Action.NO_OP,
        (FieldChange(path="lifecycle.protect", before=True, after=None),),
    )
    left = Lifecycle(ignore_changes=("tint",))
    before, after = (
        replace(resource(ONE, {"name": "one", "tint": {"shade": shade}}), lifecycle=left)
        for shade in ("dark", "light")
    )
    assert only(between([before], [after])).action is Action.NO_OP


def test_what_refers_to_something_that_moves_is_updated_because_of_it() -> None:
    crew = Address("crew/a")
    job = resource("job/nightly", {"name": "n", "crew": pin(crew, "crew")})
    before, after = (resource(crew, {"name": "a", "charter": text}) for text in ("one", "two"))
    found = between([job, before], [job, after])
    assert told(found) == [(crew, "replace", False), ("job/nightly", "update", False)]
    assert found.comparison.differing[1].because == (crew,)


def test_what_is_named_by_another_id_shows_both() -> None:
    body = {"name": "one", "uses": "box_1"}
    shelf = Address("box/ours")
    was, now = (Stage("dev", external={shelf: id}) for id in ("box_1", "box_2"))
    one, other = resource(ONE, body), resource(ONE, {**body, "uses": "box_2"})
    found = between([one], [other], now, was)
    assert only(found).fields == (
        FieldChange(path="uses", before="box/ours (box_1)", after="box/ours (box_2)"),
    )
    assert [it.path for it in found.comparison.settings] == ["external.box/ours"]
    assert not between([one], [one], was, was).comparison.differs


def test_a_rename_is_no_removal_and_takes_along_what_refers_to_it() -> None:
    new, uses = Address("box/rack"), Address("widget/one")
    before = [resource(BOX, {"name": "s"}), resource(uses, {"name": "one", "uses": id_of(BOX)})]
    after = [resource(new, {"name": "s"}), resource(uses, {"name": "one", "uses": id_of(new)})]
    found = between(before, after, moved=[Rename(BOX, new)])
    assert (told(found), [(it.old, it.new) for it in found.comparison.moves]) == ([], [(BOX, new)])
    assert found.before.desired.resources.keys() == {new, uses}
    assert found.comparison.differs
    assert len(told(between(before, after))) == 3


def test_the_fleets_of_both_sides_are_under_todays_addresses() -> None:
    new = Address("box/rack")
    before, after = [resource(BOX, {"name": "s"})], [resource(new, {"name": "s"}), resource(ONE, {})]
    found = between(before, after, Stage("dev", protect=True), moved=[Rename(BOX, new)])
    sides = [
        fleet_of(CATALOG, it.desired, it.names, protected=found.protected)
        for it in (found.before, found.after)
    ]
    assert [sorted(it.members) for it in sides] == [[new], [new, ONE]]
    assert all(it.protected for it in sides)


def test_of_what_was_broken_nobody_can_tell_what_happens_to_it() -> None:
    one = resource(ONE, {"name": "one"})
    for mark in (ONE, one.path):
        item = only(between([], [one], broken={mark}))
        assert (item.action, item.side) == (None, Side.AFTER)


def test_only_what_was_asked_for_is_told_also_by_its_former_name() -> None:
    new = Address("box/rack")
    before = [resource(BOX, {"name": "s"}), resource(ONE, {"name": "one"})]
    after = [resource(new, {"name": "t"}), resource(ONE, {"name": "two"})]
    asked = between(before, after, moved=[Rename(BOX, new)], only=[ONE])
    assert (told(asked), asked.comparison.moves, asked.comparison.alike) == ([(ONE, "update", False)], (), 0)
    found = between(before, after, moved=[Rename(BOX, new)], only=[new])
    assert (told(found), len(found.comparison.moves)) == ([(new, "update", False)], 1)
    assert told(between(before, after, moved=[Rename(BOX, new)], only=[BOX])) == told(found)
    refuse_unknown([BOX, new, ONE], [found])
    with pytest.raises(Stop) as refused:
        refuse_unknown([Address("widget/on")], [found])
    (problem,) = refused.value.diagnostics
    assert (problem.severity, problem.detail) == (Severity.ERROR, "did you mean 'widget/one'?")


def test_stages_come_go_and_get_other_names() -> None:
    old = {"dev": Stage("dev"), "production": Stage("production"), "lab": Stage("lab")}
    new = {
        "qa": Stage("qa"),
        "prod": Stage("prod", formerly=(Name("p", "production"),)),
        "dev": Stage("dev", formerly=(Name("older", "dev"),)),
    }
    assert paired(old, new) == [(None, "qa"), ("production", "prod"), ("dev", "dev"), ("lab", None)]
    one = desired(resource(ONE, {"name": "one"}))
    added = revised(CATALOG, None, StageAt(new["qa"], one), ("a", "b")).comparison
    assert (added.standing, [it.action for it in added.differing]) == (Standing.ADDED, [Action.CREATE])
    gone = revised(CATALOG, StageAt(old["lab"], one), None, ("a", "b")).comparison
    assert (gone.standing, gone.differing, gone.differs, gone.stage) == (Standing.REMOVED, (), True, "lab")
    sides = StageAt(old["production"], one), StageAt(new["prod"], one)
    same = revised(CATALOG, *sides, ("a", "b")).comparison
    assert (same.standing, same.formerly, same.differing) == (Standing.RENAMED, "production", ())


def test_what_agentops_yaml_says_beside_what_is_sent_is_told_member_by_member() -> None:
    assert settings_of(Stage("a"), Stage("b", name_suffix="-b", vars={"x": 1})) == ()
    there = RegistryConfig("custom", "https://a.example", "w", "o", "env:KEY", Pacing(reads_per_minute=5))
    now = Stage(
        "a",
        registry=there,
        protect=True,
        on_drift=OnDrift.KEEP,
        prune=True,
        max_removals=MaxRemovals(20, is_percent=True),
        promote_from="b",
        require=(CleanGit(),),
        policy=Policy({"AO101": RuleSetting(off=True)}, (TeamFile("rules/a.py", "x = 1\n"),)),
    )
    assert {it.path: (it.before, it.after) for it in settings_of(Stage("a"), now)} == {
        "registry": ("local", "custom"),
        "registry.base_url": (None, "https://a.example"),
        "registry.workspace_id": (None, "w"),
        "registry.organization_id": (None, "o"),
        "registry.api_key": (None, "env:KEY"),
        "registry.pacing": (None, {"reads_per_minute": 5}),
        "protect": (None, True),
        "on_drift": ("block", "keep"),
        "prune": (None, True),
        "max_removals": (None, "20%"),
        "mutex": (None, "off"),
        "promote_from": (None, "b"),
        "require": (None, ["clean_git"]),
        "policy.AO101": (None, "off"),
        "policy[rules/a.py]": (None, "x = 1\n"),
    }


def test_what_weakens_a_policy_is_told_and_where_it_is_written_is_not() -> None:
    def rule(line: int, check: Check, value: object) -> Declared:
        at = Location("rules/a.yaml", line)
        return Declared("TEAM001", "an owner", ("metadata", "owner"), check, value, "nobody owns it", at)

    def told(before: Policy, after: Policy) -> dict[str, tuple[object, object]]:
        found = settings_of(Stage("a", policy=before), Stage("a", policy=after))
        return {it.path: (it.before, it.after) for it in found}

    said = {
        "name": "an owner",
        "severity": "warning",
        "path": "metadata.owner",
        "message": "nobody owns it",
    }
    missing, lower = Policy(declared=(rule(3, Check.IS, "missing"),)), rule(9, Check.LONGER, 0)
    path = "policy[rules/a.yaml].TEAM001"
    assert told(missing, Policy()) == {path: ({**said, "is": "missing"}, None)}
    assert told(missing, Policy(declared=(lower,))) == {
        path: ({**said, "is": "missing"}, {**said, "longer": 0})
    }
    assert told(missing, Policy(declared=(replace(missing.declared[0], location=lower.location),))) == {}
    waiver = Waiver("AO101", "it is a demo", Location("agentops.yaml", 5))
    aside = Policy(ignore={ONE: (waiver,)})
    assert told(Policy(), aside) == {f"policy.ignore.{ONE}": (None, {"AO101": "it is a demo"})}
    assert told(aside, Policy(ignore={ONE: (replace(waiver, location=Location("x")),)})) == {}
    assert told(Policy(waivers=False), Policy()) == {"policy.waivers": ("off", None)}
