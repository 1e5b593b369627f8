"""How every address stands, read off a plan."""

from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code
from agentops.domain.report import Standing, StatusReport, StatusRow
from agentops.domain.state import DesiredState
from agentops.engine.status import drift_report, status_report
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, resource, tag
from tests.engine.toy_kinds import CATALOG, WIDGET

TOOLS = "kit/tools"


def widgets(*names: str, note: str = "") -> DesiredState:
    return desired(*(resource(f"widget/{name}", {"name": name, "note": note}) for name in names))


def status(bench: Bench, wanted: DesiredState) -> StatusReport:
    planned = bench.plan(wanted)
    return status_report(CATALOG, planned.plan, planned.desired, planned.live, planned.lock)


def rows(bench: Bench, wanted: DesiredState) -> dict[Address, StatusRow]:
    return {row.address: row for row in status(bench, wanted).rows}


def test_each_address_stands_where_its_plan_says(bench: Bench):
    bench.apply(widgets("same", "edited", "drifted", "gone", "orphan", "foreign"))
    for name, members in (
        ("drifted", {"note": "theirs"}),
        ("foreign", {"metadata": {"agentops": "p/other/widget/foreign"}}),
    ):
        bench.registry.edit(bench.entry(f"widget/{name}").id, **members)
    del bench.registry.objects[bench.entry("widget/gone").id]
    edited = resource("widget/edited", {"name": "edited", "note": "b"})
    wanted = desired(*widgets("same", "drifted", "gone", "foreign", "new").resources.values(), edited)
    found = rows(bench, wanted)
    assert list(found) == sorted(found)
    assert {row.address.name: row.standing for row in found.values()} == {
        "drifted": Standing.DRIFTED,
        "edited": Standing.PENDING,
        "foreign": Standing.BLOCKED,
        "gone": Standing.GONE,
        "new": Standing.PENDING,
        "orphan": Standing.ORPHANED,
        "same": Standing.IN_SYNC,
    }
    assert {row.address.name: row.action for row in found.values() if row.action != "no-op"} == {
        "edited": "update",
        "new": "create",
    }


def test_a_row_has_the_live_version_the_recorded_id_and_the_file(bench: Bench):
    bench.apply(widgets("one", "gone"))
    id, gone = bench.entry("widget/one").id, bench.entry("widget/gone").id
    bench.registry.edit(id)
    del bench.registry.objects[gone]
    one, lost = rows(bench, widgets("one", "gone")).values()
    assert (lost.id, lost.version, lost.path) == (id, 2, "widget/one.yaml")
    assert (one.id, one.version, one.path) == (gone, 1, "widget/gone.yaml")


def test_versions_that_are_no_numbers_are_told_as_they_are(bench: Bench):
    files = {"READ.md": b"x"}
    bench.uploads.files[Address(TOOLS)] = files
    bench.apply(desired(kit(TOOLS, files)))
    assert rows(bench, desired(kit(TOOLS, files)))[Address(TOOLS)].version == "kv_k_1_1"


def test_what_carries_our_tag_alone_has_a_row_and_what_is_nobodys_is_counted(bench: Bench):
    ours = bench.registry.put(WIDGET, {"name": "x", "metadata": {"agentops": tag("widget/x")}})
    bench.registry.put(WIDGET, {"name": "theirs"})
    report = status(bench, widgets("new"))
    assert {row.address: row.id for row in report.rows} == {"widget/new": None, "widget/x": ours}
    assert report.unmanaged == {"widget": 1}


def test_a_status_repeats_no_errors(bench: Bench):
    bench.apply(widgets("one", "two"))
    bench.registry.edit(bench.entry("widget/one").id, note="theirs")
    assert [item.code for item in status(bench, widgets("one")).diagnostics] == [Code.ORPHAN]


def test_drift_is_what_moved_and_what_is_gone_and_nothing_else(bench: Bench):
    bench.apply(widgets("one", "gone", "orphan"))
    quiet = drift_report(bench.plan(widgets("one", "gone", note="edited")).plan)
    assert (quiet.drift, quiet.diagnostics, quiet.moved) == ((), (), False)
    bench.registry.edit(bench.entry("widget/one").id, note="theirs")
    del bench.registry.objects[bench.entry("widget/gone").id]
    report = drift_report(bench.plan(widgets("one", "gone")).plan)
    assert [item.address for item in report.drift] == ["widget/one"]
    assert {item.code for item in report.diagnostics} == {Code.DRIFT, Code.GONE}
    assert report.moved
