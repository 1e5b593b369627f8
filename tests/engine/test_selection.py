"""Selecting addresses takes what they depend on, lists who refers to them, and prunes nobody."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Stop
from agentops.domain.graph import CycleError
from agentops.domain.plan import Action
from agentops.domain.resource import Ref
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, resource

LEAF, TOP, OTHER = Address("widget/leaf"), Address("widget/top"), Address("widget/other")


def fleet(note: str = "a"):
    uses = Ref(LEAF, "version").as_json()
    return desired(
        resource(TOP, {"name": "top", "uses": uses}),
        resource(LEAF, {"name": "leaf", "note": note}),
        resource(OTHER, {"name": "other"}),
    )


def addresses(planned):
    return [change.address for change in planned.plan.changes]


def test_what_the_selected_need_comes_along(bench: Bench):
    assert addresses(bench.plan(fleet(), Choices(select=(TOP,)))) == [LEAF, TOP]


def test_referrers_left_behind_are_listed(bench: Bench):
    planned = bench.plan(fleet(), Choices(select=(LEAF,)))
    assert addresses(planned) == [LEAF]
    (said,) = planned.plan.diagnostics
    assert (said.code, TOP in said.summary) == (Code.REFERRERS_LEFT, True)


def test_referrers_come_along_when_asked(bench: Bench):
    planned = bench.plan(fleet(), Choices(select=(LEAF,), with_referrers=True))
    assert (addresses(planned), planned.plan.diagnostics) == ([LEAF, TOP], ())


def test_a_selection_reports_no_orphans_outside_of_it(bench: Bench):
    bench.apply(fleet())
    planned = bench.plan(desired(resource(LEAF, {"name": "leaf"})), Choices(select=(LEAF,)))
    assert planned.plan.orphans == ()


def test_destroying_one_takes_its_referrers_along_first(bench: Bench):
    bench.apply(fleet())
    planned = bench.plan(fleet(), Choices(select=(LEAF,), destroy=True))
    assert addresses(planned) == [TOP, LEAF]


def test_an_unknown_address_is_refused_with_the_nearest(bench: Bench):
    with pytest.raises(Stop) as refused:
        bench.plan(fleet(), Choices(select=(Address("widget/lef"),)))
    assert "widget/leaf" in refused.value.diagnostics[0].detail


def test_files_that_go_round_in_a_circle_are_refused_with_the_circle(bench: Bench):
    wanted = desired(
        resource(TOP, {"name": "top", "uses": Ref(LEAF).as_json()}),
        resource(LEAF, {"name": "leaf", "uses": Ref(TOP).as_json()}),
    )
    with pytest.raises(CycleError) as circle:
        bench.plan(wanted)
    first, second, again = circle.value.path
    assert ({first, second}, again) == ({LEAF, TOP}, first)


def test_a_referrer_of_what_moves_is_updated_too_known_after_apply(bench: Bench):
    bench.apply(fleet())
    planned = bench.plan(fleet("b"))
    leaf, top = planned.plan.changes
    assert (leaf.address, top.address, top.action) == (LEAF, TOP, Action.UPDATE)
    assert (top.reason, top.depends_on) == ("reference-moves", (LEAF,))
    assert top.body == {"uses": Ref(LEAF, "version").as_json()}
    assert [(item.path, item.before) for item in top.fields] == [("uses", 1)]
    bench.carry_out(planned)
    versions = {body["name"]: body for body in bench.registry.objects.values()}
    assert versions["top"]["uses"] == versions["leaf"]["version"] == 2
    assert bench.plan(fleet("b")).plan.changes == ()
