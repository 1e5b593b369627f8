"""A plan that creates what it lets go under another name says that it looks like a rename."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code, Diagnostic, Severity
from agentops.domain.plan import Action
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from agentops.engine.rename_hint import ALIKE, _ratio
from tests.engine.conftest import Bench
from tests.engine.toy import desired, id_of, kit, resource

BODY = {"note": "You watch the gates.", "parts": [{"name": "a"}], "tint": {"hue": "red"}}


def widget(name: str, **body: object) -> DesiredState:
    return desired(resource(f"widget/{name}", {"name": name, **BODY, **body}))


def hints(bench: Bench, wanted: DesiredState, *, prune: bool = False) -> list[Diagnostic]:
    plan = bench.plan(wanted, Choices(prune=prune)).plan
    return [it for it in plan.diagnostics if it.code is Code.RENAMED]


def test_it_names_both_and_the_exact_remedy(bench: Bench):
    bench.apply(widget("gate-keeper"))
    (hint,) = hints(bench, widget("gate-watcher"))
    assert hint.severity is Severity.WARNING
    assert (hint.address, str(hint.location)) == ("widget/gate-watcher", "widget/gate-watcher.yaml:1:1")
    assert "widget/gate-keeper (widget/gate-keeper.yaml) is in no file any more" in hint.summary
    assert "has the same content" in hint.summary
    assert "    - {from: widget/gate-keeper, to: widget/gate-watcher}\n" in hint.detail
    assert "`agentops lock mv widget/gate-keeper widget/gate-watcher --stage s`" in hint.detail


def test_with_prune_it_says_that_production_would_be_made_anew(bench: Bench):
    bench.apply(widget("a"))
    (hint,) = hints(bench, widget("b"), prune=True)
    assert "would be archived for good and widget/b created in its place, with a new ID" in hint.summary
    plan = bench.plan(widget("b"), Choices(prune=True)).plan
    risks = {it.address: [risk.label for risk in it.risks] for it in plan.changes}
    assert risks == {"widget/a": ["renamed?"], "widget/b": []}


def test_what_lives_in_it_needs_no_hint_of_its_own(bench: Bench):
    def files(name: str) -> DesiredState:
        page = resource(f"page/{name}/x", {"path": "/x", "content": "x"})
        return desired(*widget(name).resources.values(), page)

    bench.apply(files("a"))
    assert [it.address for it in hints(bench, files("b"))] == ["widget/b"]


def test_an_edited_one_is_found_as_long_as_most_of_it_is_the_same(bench: Bench):
    bench.apply(widget("gate-keeper"))
    (hint,) = hints(bench, widget("gate-watcher", note="You watch all gates."))
    assert "% of the same content" in hint.summary
    other = {"note": "other", "parts": [{"name": "z"}], "tint": {"hue": "blue"}}
    assert hints(bench, widget("gate-watcher", **other)) == []


def test_of_several_the_most_alike_are_paired_and_none_twice(bench: Bench):
    both = desired(*widget("one").resources.values(), *widget("two", note="2").resources.values())
    bench.apply(both)
    wanted = desired(*widget("uno").resources.values(), *widget("dos", note="2").resources.values())
    found = {it.address: it.summary.partition(" ")[0] for it in hints(bench, wanted)}
    assert found == {"widget/uno": "widget/one", "widget/dos": "widget/two"}


def test_a_bundle_is_known_by_its_files(bench: Bench):
    files = {"a.md": b"text\n", "b.md": b"more\n"}
    bench.uploads.files = {"kit/a": files, "kit/b": files}
    bench.apply(desired(kit("kit/a", files, label="k")))
    assert [it.address for it in hints(bench, desired(kit("kit/b", files, label="k")))] == ["kit/b"]


def test_what_refers_to_the_same_is_the_same(bench: Bench):
    def files(name: str) -> DesiredState:
        crew = {"name": name, "note": "n", "mates": [id_of("crew/lead")]}
        return desired(resource("crew/lead", {"name": "lead"}), resource(f"crew/{name}", crew))

    bench.apply(files("a"))
    assert [it.address for it in hints(bench, files("b"))] == ["crew/b"]


@pytest.mark.parametrize("prune", [False, True])
def test_nothing_is_said_where_nothing_is_created_or_nothing_let_go(bench: Bench, prune: bool):
    bench.apply(widget("a"))
    both = desired(*widget("a").resources.values(), *widget("b").resources.values())
    assert hints(bench, both, prune=prune) == []
    assert hints(bench, desired(), prune=prune) == []


def test_what_is_tagged_ours_and_in_no_lock_counts_as_well(bench: Bench):
    bench.apply(widget("a"))
    bench.store.lock = None
    assert [it.action for it in bench.plan(widget("b")).plan.changes] == [Action.CREATE]
    assert [it.address for it in hints(bench, widget("b"))] == ["widget/b"]


def test_a_whole_folder_that_was_renamed_is_paired_without_ado(bench: Bench):
    def files(mark: str, count: int = 300) -> DesiredState:
        each = ({"name": f"{mark}{number}", "note": f"n{number}"} for number in range(count))
        return desired(*(resource(f"widget/{body['name']}", body) for body in each))

    bench.apply(files("a"))
    found = {it.address: it.summary.partition(" ")[0] for it in hints(bench, files("b"))}
    assert found == {f"widget/b{number}": f"widget/a{number}" for number in range(300)}


def test_a_long_text_is_known_by_its_lines_and_by_its_words():
    lines = [f"Rule {number}: do not {number * 7} before {number * 3}." for number in range(300)]
    edited = [*lines[:20], "Another rule.", *lines[25:]]
    assert _ratio("\n".join(lines), "\n".join(edited)) > ALIKE
    assert _ratio(" ".join(lines), " ".join(edited)) > ALIKE
    others = [f"{number} is another matter: {number * 11}." for number in range(300)]
    assert _ratio("\n".join(lines), "\n".join(others)) < ALIKE
