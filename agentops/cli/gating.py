"""The facts that a stage's gates are checked against, looked up: git, other stages, the clock."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from agentops.domain.diagnostics import Code, Severity, Stop, did_you_mean
from agentops.domain.gates import CleanGit, NoDriftIn, Soaked
from agentops.domain.ports import RegistryError

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.plan import Plan
    from agentops.domain.project import Stage
    from agentops.domain.state import Lock
    from agentops.engine.copies import Newest
    from agentops.engine.gates import Facts, Unknown


def gated(opened: Opened, stage: Stage, output: Output, plan: Plan) -> Plan:
    """The plan with what the gates of its stage have to say now, which blocks it where one does not let it
    through. A saved plan says what they said when it was made; that goes. A rollback has to work when things
    go wrong, and needs no gate."""
    from agentops.engine.gates import check, with_checks

    if not stage.require or not plan.changes or plan.rolls_back or plan.stage != stage.name:
        return plan
    return with_checks(plan, check(stage, plan, _facts(opened, stage, output, plan)))


def _facts(opened: Opened, stage: Stage, output: Output, plan: Plan) -> Facts:
    from agentops.cli.wiring import now
    from agentops.engine.gates import Facts, soaks_in
    from agentops.spec import uncommitted

    kinds = {type(gate) for gate in stage.require}
    looked_at = [gate.stage for gate in stage.require if isinstance(gate, NoDriftIn)]
    soaking = [soaks_in(stage, plan)] if Soaked in kinds else []
    return Facts(
        now=datetime.fromisoformat(now()),
        uncommitted=uncommitted(opened.root, opened.project, opened.catalog) if CleanGit in kinds else (),
        unrest={name: _unrest(opened, name, output) for name in looked_at},
        locks={name: _lock(opened, name, output) for name in soaking if name is not None},
    )


def _unrest(opened: Opened, name: str, output: Output) -> tuple[str, ...] | Unknown:
    from agentops.cli.commands.plan import planned_now
    from agentops.engine.choices import NO_CHOICES
    from agentops.engine.gates import unrest

    try:
        return unrest(opened.catalog, planned_now(opened, opened.stage(name), output, NO_CHOICES))
    except (Stop, RegistryError) as failure:
        return _unknown(failure)


def _lock(opened: Opened, name: str, output: Output) -> Lock | Unknown:
    """The newest lock of another stage. Where its copy in the registry cannot be read, the file alone does
    not tell what the stage runs by now."""
    from agentops.cli.wiring import lock_file, look, target
    from agentops.domain.state import Lock
    from agentops.engine.copies import Newest
    from agentops.engine.gates import Unknown
    from agentops.engine.guard import refuse_other_lock
    from agentops.engine.recorded import newest_of

    project = opened.project.name
    if name not in opened.project.stages:
        return Unknown(f"there is no stage '{name}'", did_you_mean(name, opened.project.stages))
    stage = opened.stage(name)
    store = lock_file(opened, stage)

    async def asked() -> Newest:
        async with target(opened, stage, output, store) as there:
            return await newest_of(there)

    try:
        found = look(asked) if stage.mutex else Newest(store.read())
        lock = found.lock or Lock(project=project, stage=name)
        refuse_other_lock(lock, project, stage, store.name)
    except (Stop, RegistryError) as failure:
        return _unknown(failure)
    doubts = [item for item in found.said if item.severity is not Severity.NOTE]
    advice = f"the file alone does not tell; an apply of {name} that reaches its registry settles it"
    return Unknown(doubts[0].summary, advice) if doubts else lock


def _unknown(failure: Stop | RegistryError) -> Unknown:
    from agentops.cli.failures import as_diagnostics
    from agentops.engine.gates import Unknown

    first = min(as_diagnostics(failure), key=lambda item: item.severity is not Severity.ERROR)
    place = f"{first.location}: " if first.location else ""
    advice = "" if first.code is Code.REGISTRY else first.detail
    return Unknown(f"{place}{first.summary}", advice)
