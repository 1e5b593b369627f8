"""Any day: people edit files and the Console, applies come and go, processes die, locks get lost.

Whatever happens in whatever order, three things hold: nothing is ever written to what is not ours, nothing
that somebody changed outside is overwritten unless a plan said so first, and it all converges: told what
holds, a few applies bring the registry to exactly what the files ask for, and then a plan is empty.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agentops.domain.address import Address
from agentops.domain.canonical import field_of
from agentops.domain.diagnostics import Code
from agentops.domain.kind import OWNER_KEY
from agentops.domain.plan import Plan
from agentops.domain.ports import OutcomeUnknown
from agentops.domain.project import OnDrift
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from agentops.engine.operations import Planned
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, pin, resource
from tests.engine.toy_kinds import CATALOG, CREW, WIDGET
from tests.sweep.counting import full

WIDGETS = [Address(f"widget/{name}") for name in "abc"]
PAGE, SEED = Address("page/a/x.md"), Address("page/a/seed.md")
KIT, BOX, KEY = Address("kit/k"), Address("box/b"), Address("key/b/door")
CREWS = [Address("crew/m"), Address("crew/n")]
JOB = Address("job/j")
FILES = [*WIDGETS, PAGE, SEED, KIT, BOX, KEY, *CREWS, JOB]
CONSOLE = st.sampled_from(["note", "parts", "tint", "content"])
WRITTEN_BY_PEOPLE = {"note", "parts", "tint", "content"}

numbers = st.integers(0, 3)
answers = st.sampled_from([*OnDrift, None])


class AnyDay(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.files: dict[Address, int] = {}
        self.foreign: dict[str, Body] = {}
        self.edited: set[tuple[str, str]] = set()  # by hand since we last wrote or saw it

    # -- the files

    @initialize(chosen=st.sets(st.sampled_from(FILES), min_size=2))
    def begin(self, chosen: set[Address]) -> None:
        self.files = dict.fromkeys(sorted(chosen), 0)
        self.bench.apply(self.wanted())

    @rule(address=st.sampled_from(FILES), edit=numbers)
    def write_a_file(self, address: Address, edit: int) -> None:
        self.files[address] = edit

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def remove_a_file(self, data: st.DataObject) -> None:
        del self.files[data.draw(st.sampled_from(sorted(self.files)))]

    @precondition(lambda self: any(address.kind == "widget" for address in self.files))
    @rule(data=st.data(), to=st.sampled_from(WIDGETS))
    def rename_a_file(self, data: st.DataObject, to: Address) -> None:
        address = data.draw(st.sampled_from(sorted(it for it in self.files if it.kind == "widget")))
        self.files[to] = self.files.pop(address)

    # -- the Console

    @rule(data=st.data(), name=CONSOLE, value=numbers)
    def edit_in_the_console(self, data: st.DataObject, name: str, value: int) -> None:
        ours = [id for id in self.live() if id not in self.foreign and name in self.fields(id)]
        if ours:
            id = data.draw(st.sampled_from(sorted(ours)))
            self.bench.registry.edit(id, **{name: by_hand(name, value)})
            self.edited.add((id, name))

    @rule(data=st.data())
    def archive_in_the_console(self, data: st.DataObject) -> None:
        ours = [id for id in self.live() if id not in self.foreign and not self.is_seed(id)]
        if ours:
            self.bench.registry._archive(data.draw(st.sampled_from(sorted(ours))))

    @rule(number=numbers)
    def somebody_elses(self, number: int) -> None:
        """Created by hand, or by another stage, under a name that may once have been ours."""
        owner = {} if number % 2 else {"metadata": {OWNER_KEY: "p/other/crew/m"}}
        kind = CREW if number < 2 else WIDGET
        id = self.bench.registry.put(kind, {"name": f"theirs {len(self.foreign)}", "note": "theirs", **owner})
        self.foreign[id] = copy.deepcopy(self.bench.registry.objects[id])

    # -- runs

    @rule(on_drift=answers, prune=st.booleans())
    def apply(self, on_drift: OnDrift | None, prune: bool) -> None:
        planned = self.planned(on_drift, prune)
        if not planned.plan.blocked:
            self.carried_out(planned.plan, lambda: self.bench.carry_out(planned))

    @rule(on_drift=answers, prune=st.booleans())
    def apply_a_saved_plan(self, on_drift: OnDrift | None, prune: bool) -> None:
        planned = self.planned(on_drift, prune)
        saved = replace(planned, plan=Plan.load(planned.plan.model_dump_json().encode(), "p.json"))
        if not saved.plan.blocked:
            self.carried_out(saved.plan, lambda: self.bench.apply_saved(saved))

    @rule(data=st.data(), on_drift=answers, name=CONSOLE, value=numbers)
    def edit_between_plan_and_apply(
        self, data: st.DataObject, on_drift: OnDrift | None, name: str, value: int
    ) -> None:
        planned = self.planned(on_drift, False)
        before = set(self.edited)
        self.edit_in_the_console(data, name, value)
        late = self.edited - before
        if not planned.plan.blocked:
            there = {id: copy.deepcopy(self.bench.registry.objects[id][name]) for id, _ in late}
            self.carried_out(planned.plan, lambda: self.bench.carry_out(planned))
            for id, found in there.items():
                assert self.is_removed(planned.plan, id) or self.bench.registry.objects[id][name] == found

    @rule(at=st.integers(0, 12), carried_out=st.booleans(), on_drift=answers, prune=st.booleans())
    def die_in_the_middle(self, at: int, carried_out: bool, on_drift: OnDrift | None, prune: bool) -> None:
        choices = Choices(on_drift=on_drift, prune=prune)
        planned = self.planned(on_drift, prune)
        if planned.plan.blocked:
            return
        calls = iter(range(10**6))
        self.carried_out(
            planned.plan,
            lambda: self.bench.killed(
                self.wanted(),
                lambda _: next(calls) == at,
                carried_out=carried_out,
                maybe=True,
                choices=choices,
            ),
        )

    @rule(kind=st.sampled_from(["widget", "crew", "box", "job", "kit"]))
    def lose_the_answer_to_a_create(self, kind: str) -> None:
        planned = self.planned(OnDrift.KEEP, False)
        if planned.plan.blocked:
            return
        self.bench.registry.lose[f"create {kind}"] = OutcomeUnknown("the connection was closed")
        try:
            self.carried_out(planned.plan, lambda: self.bench.carry_out(planned))
        finally:
            self.bench.registry.lose.clear()

    # -- what holds

    @invariant()
    def nothing_is_written_to_what_is_not_ours(self) -> None:
        for id, found in self.foreign.items():
            assert self.bench.registry.objects[id] == found
            assert not any(id in call.split() for call in self.bench.registry.writes)

    @invariant()
    def nothing_of_ours_is_there_twice(self) -> None:
        tags = [(it.get("metadata") or {}).get(OWNER_KEY) for it in self.live().values()]
        ours = [tag for tag in tags if tag and tag.startswith("p/s/")]
        assert len(ours) == len(set(ours))

    def teardown(self) -> None:
        for _ in range(4):
            planned = self.planned(OnDrift.REVERT, True, recreate=True)
            assert not planned.plan.blocked, [item.summary for item in planned.plan.diagnostics]
            if not planned.plan.changes and not planned.plan.records:
                break
            self.carried_out(planned.plan, lambda planned=planned: self.bench.carry_out(planned))
        plan = self.planned(OnDrift.BLOCK, True).plan
        assert (plan.changes, plan.drift, plan.held, plan.orphans) == ((), (), (), ())
        recorded = self.bench.store.lock.resources if self.bench.store.lock else {}
        wanted = self.wanted().resources
        assert recorded.keys() - {SEED} == wanted.keys() - {SEED}
        live = {id for id in self.live() if id not in self.foreign}
        assert live == {entry.id for entry in recorded.values() if entry.id in live or not entry.id}
        self.nothing_is_written_to_what_is_not_ours()

    # -- how it is told

    def wanted(self) -> DesiredState:
        found = []
        for address, edit in sorted(self.files.items()):
            parent = CATALOG.of_address(address).parent_of(address)
            if parent is not None and parent not in self.files:
                continue
            if address == JOB and CREWS[0] not in self.files:
                continue
            if address == KIT:
                content = {"a.md": f"text {edit}\n".encode()}
                self.bench.uploads.files[KIT] = content
                found.append(kit(KIT, content))
            else:
                found.append(resource(address, self.body(address, edit), create_only=address == SEED))
        return desired(*found)

    def body(self, address: Address, edit: int) -> Body:
        name, note = address.name, f"note {edit}"
        match address.kind:
            case "widget":
                return {"name": name, "note": note, "tint": {"hue": f"hue {edit}"}}
            case "page":
                return {"path": f"/{name.partition('/')[2]}", "content": f"text {edit}"}
            case "box":
                return {"name": f"{name} {edit}"}
            case "key":
                lock = {"type": "plain", "door": "front", "token": {"secret": "env:TOKEN"}}
                return {"lock": lock, "note": note}
            case "job":
                return {"name": name, "note": note, "crew": pin(CREWS[0], "crew")}
        kits = [pin(KIT, "own", "kit_id")] if KIT in self.files and edit % 2 else []
        return {"name": name, "note": note, "kits": kits}

    def planned(self, on_drift: OnDrift | None, prune: bool, *, recreate: bool = False) -> Planned:
        choices = Choices(on_drift=on_drift, prune=prune)
        planned = self.bench.plan(self.wanted(), choices)
        gone = [item.address for item in planned.plan.diagnostics if item.code is Code.GONE]
        if recreate and gone:
            planned = self.bench.plan(self.wanted(), replace(choices, recreate=frozenset(gone)))
        return planned

    def carried_out(self, plan: Plan, act: Any) -> None:
        """Whatever changed that somebody had edited by hand stands in the plan."""
        before = copy.deepcopy(self.bench.registry.objects)
        held = {address: entry.held for address, entry in self.locked().items()}
        act()
        for id, name in sorted(self.edited):
            now = self.bench.registry.objects.get(id)
            if now is not None and now.get(name) == before.get(id, {}).get(name):
                continue
            self.edited.discard((id, name))
            if now is None or now["archived_at"] is not None:
                assert self.is_removed(plan, id), f"{id} was removed, and no plan said so"
                continue
            (change,) = [item for item in plan.changes if item.base is not None and item.base.id == id]
            told = {field_of(item.path) for item in change.fields}
            assert name in told, f"{name} of {change.address} was overwritten, and the plan did not show it"
            drift = [item for item in plan.drift if item.address == change.address]
            of_drift = {field_of(item.path) for found in drift for item in found.fields}
            if name in of_drift:
                assert drift[0].resolution is OnDrift.REVERT
            else:  # held until the file changed or it was taken back, or nothing was recorded
                was_held = {field_of(path) for path in held.get(change.address, ())}
                assert name in was_held or change.action == "adopt" or change.address not in held

    def locked(self) -> dict[Address, Any]:
        return dict(self.bench.store.lock.resources) if self.bench.store.lock else {}

    def is_removed(self, plan: Plan, id: str) -> bool:
        """With what lies below it."""
        parents = {id, self.bench.registry.parents.get(id)}
        return any(
            change.action.ends and change.base is not None and change.base.id in parents
            for change in plan.changes
        )

    def live(self) -> dict[str, Body]:
        return {id: it for id, it in self.bench.registry.objects.items() if it["archived_at"] is None}

    def fields(self, id: str) -> set[str]:
        kind = CATALOG[self.bench.registry.objects[id]["kind"]]
        return WRITTEN_BY_PEOPLE & kind.fields.keys()

    def is_seed(self, id: str) -> bool:
        return self.bench.registry.objects[id].get("path") == "/seed.md"


def by_hand(name: str, value: int) -> Any:
    match name:
        case "parts":
            return [{"name": f"part {value}"}] if value else []
        case "tint":
            return {"hue": f"hue by hand {value}"}
    return f"by hand {value}"


TestAnyDay = AnyDay.TestCase
TestAnyDay.settings = settings(
    max_examples=1500 if full() else 150,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
