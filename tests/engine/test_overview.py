"""Stages side by side: by their registries where they can be asked, else by locks and files alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, error
from agentops.domain.plan import Action
from agentops.domain.report import Behind, Cell, Overview, Standing
from agentops.domain.resource import Resource, Source
from agentops.domain.state import DesiredState, Lock, LockEntry, PromotedFrom, Released, RolledBack
from agentops.engine.overview import StageSeen, overview
from agentops.engine.status import status_report
from tests.engine.conftest import Bench
from tests.engine.toy import desired, resource
from tests.engine.toy_kinds import CATALOG

OLD, NEW = "1" * 40, "2" * 40


def nothing_since(commit: str, files: Mapping[str, Sequence[str]]) -> Mapping[str, int] | None:
    raise AssertionError("nothing is behind")


def unknown(commit: str, files: Mapping[str, Sequence[str]]) -> Mapping[str, int] | None:
    return None


def built(name: str, digest: str, commit: str | None = NEW) -> Resource:
    made = resource(f"widget/{name}", {"name": name})
    return replace(made, source=Source(digest=digest, commit=commit), files=(f"{name}.yaml", f"{name}/"))


def entry(digest: str | None, commit: str | None = OLD, **more: Any) -> LockEntry:
    source = Source(digest=digest, commit=commit) if digest is not None else None
    return LockEntry(id="w_1", version=3, source=source, **more)


def stage(name: str, entries: Mapping[str, LockEntry], *files: Resource) -> StageSeen:
    wanted = DesiredState("p", name, {item.address: item for item in files})
    recorded = {Address(f"widget/{key}"): value for key, value in entries.items()}
    return StageSeen(wanted, Lock(project="p", stage=name, serial=7, resources=recorded))


def cells(report: Overview, name: str) -> dict[str, Cell]:
    return {row.address.name: row.cells[name] for row in report.rows if name in row.cells}


def test_by_lock_and_files_alone():
    prod = stage(
        "prod",
        {
            "same": entry("a"),
            "older": entry("a"),
            "removed": entry("a"),
            "held": entry("a", held=("note",)),
            "back": entry(None, held=("note",), rolled_back=RolledBack(to="version 1", at="t")),
            "url": entry("a", None, revision="9" * 40),
        },
        *(built(name, "a") for name in ("same", "held", "back", "new")),
        built("older", "b"),
    )
    report = overview("p", [prod], lambda commit, files: dict.fromkeys(files, 2))
    found = cells(report, "prod")
    assert {name: cell.standing for name, cell in found.items()} == {
        "same": Standing.IN_SYNC,
        "older": Standing.PENDING,
        "removed": Standing.ORPHANED,
        "held": Standing.HELD,
        "back": Standing.ROLLED_BACK,
        "url": Standing.IN_SYNC,
        "new": Standing.PENDING,
    }
    assert (found["new"].action, found["older"].action) == (Action.CREATE, Action.UPDATE)
    assert {name: cell.behind for name, cell in found.items() if cell.behind} == {
        "older": Behind(changes=2),
        "back": Behind(),
    }
    (column,) = report.stages
    assert (column.looked, column.lock_serial, column.behind) == (False, 7, 2)
    assert column.standings[Standing.IN_SYNC] == 2
    assert list(report.rows) == sorted(report.rows, key=lambda row: row.address)


def test_git_is_asked_once_for_each_commit_and_what_is_in_none_counts():
    asked: list[tuple[str, dict[str, Sequence[str]]]] = []

    def since(commit: str, files: Mapping[str, Sequence[str]]) -> Mapping[str, int] | None:
        asked.append((commit, dict(files)))
        return dict.fromkeys(files, 0)

    entries = {"a": entry("x"), "b": entry("x"), "c": entry("x", NEW), "d": entry("x", None)}
    files = [built("a", "y"), built("b", "y", None), built("c", "y"), built("d", "y")]
    found = cells(overview("p", [stage("prod", entries, *files)], since), "prod")
    assert [(commit, sorted(names)) for commit, names in asked] == [
        (OLD, ["widget/a", "widget/b"]),
        (NEW, ["widget/c"]),
    ]
    assert asked[0][1]["widget/a"] == ("a.yaml", "a/")
    assert {name: cell.behind for name, cell in found.items()} == {
        "a": Behind(changes=1),  # the digest says that something has changed
        "b": Behind(changes=1),
        "c": Behind(changes=1),
        "d": Behind(),
    }


def test_where_git_cannot_tell_it_is_behind_all_the_same():
    report = overview("p", [stage("prod", {"a": entry("x")}, built("a", "y"))], unknown)
    assert cells(report, "prod")["a"].behind == Behind()


def test_a_cell_says_how_the_address_came_to_what_it_runs():
    promoted = PromotedFrom(stage="staging", at="2026-03-01T10:00:00Z", by="ada", commit=OLD)
    released = Released(at="2026-03-01T10:00:00Z", by="ada", release="f" * 12)
    recorded = entry("x", promoted_from=promoted, released=released)
    report = overview("p", [stage("prod", {"a": recorded}, built("a", "x"))], nothing_since)
    cell = cells(report, "prod")["a"]
    assert (cell.promoted_from, cell.commit, cell.released_at, cell.by) == (
        promoted,
        OLD,
        "2026-03-01T10:00:00Z",
        "ada",
    )


def test_a_stage_that_cannot_be_reached_is_shown_by_its_lock_and_hides_nothing(bench: Bench):
    wanted = desired(resource("widget/a", {"name": "a"}))
    bench.apply(wanted)
    bench.registry.put(CATALOG["widget"], {"name": "by hand"})
    bench.registry.edit(bench.entry("widget/a").id, note="by hand")
    planned = bench.plan(wanted)
    status = status_report(CATALOG, planned.plan, planned.desired, planned.live, planned.lock)
    reached = StageSeen(planned.desired, planned.lock, status)
    problem = error(Code.CREDENTIALS, "there is no credential", "set one")
    unreached = replace(stage("prod", {"a": entry("x")}, built("a", "x")), problem=problem)
    report = overview("p", [reached, unreached], nothing_since)
    assert cells(report, "s")["a"].standing is Standing.DRIFTED
    assert cells(report, "prod")["a"].standing is Standing.IN_SYNC
    assert [(column.looked, column.unmanaged) for column in report.stages] == [
        (True, {"widget": 1}),
        (False, {}),
    ]
    assert report.stages[1].problem == problem
    (said,) = (item for item in report.diagnostics if item.code is Code.UNSEEN_STAGE)
    assert said.summary == "stage prod is shown by its lock alone: there is no credential"


def test_an_address_of_one_stage_has_no_cell_in_another():
    report = overview(
        "p",
        [stage("dev", {"a": entry("x")}, built("a", "x")), stage("prod", {}, built("b", "x"))],
        nothing_since,
    )
    assert [(row.address.name, list(row.cells)) for row in report.rows] == [("a", ["dev"]), ("b", ["prod"])]
