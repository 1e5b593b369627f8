"""Planning twice as many resources takes about twice as much work, whatever there is to do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from agentops.domain.address import Address
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, id_of, kit, pin, resource

FEW, MANY = 20, 80
SLACK = 1.15
"""Above what is proportional: sorting, and what a few more calls cost at the start."""


def fleet(bench: Bench, number: int, note: str = "") -> DesiredState:
    """Places with a page each, kits, crews that pin them and jobs that pin those, all of one size."""
    found = []
    for name in (f"n{index:03}" for index in range(number)):
        files = {"READ.md": f"# {name}{note}".encode()}
        bench.uploads.files[Address(f"kit/{name}")] = files
        found += [
            resource(f"widget/{name}", {"name": name, "note": note}),
            resource(f"page/{name}/a", {"path": "/a", "content": "x"}),
            kit(f"kit/{name}", files),
            resource(f"crew/{name}", {"name": name, "kits": [pin(f"kit/{name}", "own", "kit_id")]}),
            resource(
                f"job/{name}",
                {"name": name, "crew": pin(f"crew/{name}", "crew"), "place_id": id_of(f"widget/{name}")},
            ),
        ]
    return desired(*found)


def work_of(operation: Callable[[], object]) -> int:
    """How many instructions of our own it takes: the same on every machine, however busy it is."""
    count = 0

    def step(frame: FrameType, event: str, _: object) -> Callable[..., object]:
        nonlocal count
        count += event == "opcode"
        return step

    def entered(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        if "/agentops/" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return step

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        operation()
    finally:
        sys.settrace(before)
    return count


def first_plan(bench: Bench, number: int) -> Callable[[], object]:
    wanted = fleet(bench, number)
    return lambda: bench.plan(wanted)


def apply(bench: Bench, number: int) -> Callable[[], object]:
    planned = bench.plan(fleet(bench, number))
    return lambda: bench.carry_out(planned)


def nothing_to_do(bench: Bench, number: int) -> Callable[[], object]:
    wanted = fleet(bench, number)
    bench.apply(wanted)
    return lambda: bench.plan(wanted)


def everything_edited(bench: Bench, number: int) -> Callable[[], object]:
    bench.apply(fleet(bench, number))
    wanted = fleet(bench, number, "edited")
    return lambda: bench.plan(wanted)


def no_files_left(bench: Bench, number: int) -> Callable[[], object]:
    bench.apply(fleet(bench, number))
    return lambda: bench.plan(desired())


def destroy(bench: Bench, number: int) -> Callable[[], object]:
    wanted = fleet(bench, number)
    bench.apply(wanted)
    return lambda: bench.plan(wanted, Choices(destroy=True))


@pytest.mark.parametrize(
    "task",
    [first_plan, apply, nothing_to_do, everything_edited, no_files_left, destroy],
    ids=lambda task: task.__name__,
)
def test_work_grows_with_the_number_of_resources_and_not_faster(
    task: Callable[[Bench, int], Callable[[], object]],
):
    few, many = (work_of(task(Bench(), number)) for number in (FEW, MANY))
    assert few > FEW
    assert many / few < MANY / FEW * SLACK


def test_a_resource_with_nothing_to_do_is_brought_to_its_form_once_for_each_side(
    monkeypatch: pytest.MonkeyPatch,
):
    from agentops.engine import situation

    bench = Bench()
    wanted = desired(*(resource(f"widget/n{index}", {"name": f"n{index}"}) for index in range(10)))
    bench.apply(wanted)
    formed = []
    form = situation.form
    monkeypatch.setattr(situation, "form", lambda kind, body: formed.append(kind) or form(kind, body))
    bench.plan(wanted)
    assert len(formed) == 20
