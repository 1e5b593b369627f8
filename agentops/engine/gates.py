"""Whether what a stage requires holds: checked over facts that were found before, for a plan that changes
something. Each refusal says which gate, why, and what satisfies it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, error, in_order, listed
from agentops.domain.gates import CleanGit, Gate, NoDriftIn, Soaked
from agentops.domain.kind import Catalog
from agentops.domain.plan import Plan
from agentops.domain.project import Stage
from agentops.domain.state import Lock, LockEntry
from agentops.engine.operations import Planned
from agentops.engine.record import moved_since
from agentops.engine.status import drift_report

_CODES = frozenset({Code.NOT_CLEAN, Code.DRIFT_ELSEWHERE, Code.NOT_SOAKED})
_NAMED = 10
_REACH = "its registry has to answer here, and take the credential that this command has for it"
_TOLD_BY_FIELDS = frozenset({Code.DRIFT, Code.GONE})


@dataclass(frozen=True, slots=True)
class Unknown:
    """What could not be found out. ``why`` is a clause, ``advice`` what to do about it."""

    why: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What gates are checked against.

    now: in UTC. uncommitted: files that no commit holds as they are; None where there is no commit.
    unrest: by stage, what is not as its last apply left it, a clause each. locks: by stage, the newest.
    """

    now: datetime
    uncommitted: tuple[str, ...] | None = ()
    unrest: Mapping[str, tuple[str, ...] | Unknown] = field(default_factory=dict)
    locks: Mapping[str, Lock | Unknown] = field(default_factory=dict)


def soaks_in(stage: Stage, plan: Plan) -> str | None:
    """The stage in which what a plan brings has to have run."""
    return plan.promotes or stage.promote_from


def check(stage: Stage, plan: Plan, facts: Facts) -> tuple[Diagnostic, ...]:
    """The gates of ``stage`` that do not let the plan through. One without changes passes them all."""
    if not plan.changes:
        return ()
    return tuple(found for gate in stage.require for found in _Check(stage, plan, facts).refused(gate))


def with_checks(plan: Plan, found: Sequence[Diagnostic]) -> Plan:
    """The plan with what was found now, in the place of what was found when it was made."""
    kept = (item for item in plan.diagnostics if item.code not in _CODES)
    return plan.model_copy(update={"diagnostics": in_order([*kept, *found])})


def unrest(catalog: Catalog, planned: Planned) -> tuple[str, ...]:
    """What of a stage is not as its last apply left it, whatever its files say by now: a clause each, by
    address."""
    report = drift_report(planned.plan)
    found: dict[Address, str] = {}
    for item in report.drift:
        found[item.address] = f"{item.address} has drifted ({_fields(each.path for each in item.fields)})"
    for kept in report.held:
        found.setdefault(
            kept.address, f"drift of {kept.address} is held ({_fields(each.path for each in kept.fields)})"
        )
    others = [item for item in report.diagnostics if item.severity == "error"]
    for problem in others:
        if problem.address is not None and problem.code is Code.GONE:
            found.setdefault(problem.address, f"{problem.address} is gone")
    for address, entry in planned.lock.resources.items():
        if entry.rolled_back is not None:
            found.setdefault(address, f"{address} is rolled back (to {entry.rolled_back.to})")
        elif address not in planned.desired.resources and (how := _moved(catalog, planned, address, entry)):
            found.setdefault(address, f"{address} {how}")
    said = [item.summary for item in others if item.code not in _TOLD_BY_FIELDS]
    return (*said, *(found[address] for address in sorted(found)))


def _moved(catalog: Catalog, planned: Planned, address: Address, entry: LockEntry) -> str | None:
    """How something differs from what was recorded that no file describes any more."""
    if not entry.id:
        return None
    live = planned.live.objects.get(address)
    if live is None:
        return "is gone"
    if live.archived:
        return "is archived"
    return "has drifted" if moved_since(catalog.of_address(address), entry, live) else None


@dataclass(frozen=True, slots=True)
class _Check:
    stage: Stage
    plan: Plan
    facts: Facts

    def refused(self, gate: Gate) -> Iterator[Diagnostic]:
        match gate:
            case CleanGit():
                return self._clean_git(gate)
            case NoDriftIn():
                return self._no_drift_in(gate)
            case Soaked():
                return self._soaked(gate)

    def _refuse(self, code: Code, gate: Gate, why: str, advice: str) -> Diagnostic:
        return error(code, f"{self.stage.name} requires {gate}: {why}", advice, location=gate.location)

    def _clean_git(self, gate: CleanGit) -> Iterator[Diagnostic]:
        files = self.facts.uncommitted
        if files is None:
            why = "no git commit holds this project"
            advice = "commit it, or plan in a clone of its repository; git has to be installed"
            yield self._refuse(Code.NOT_CLEAN, gate, why, advice)
        elif files:
            why = f"not committed as it is here: {_listed(files)}"
            advice = "commit that, or put it back (`git stash -u`), and plan again"
            yield self._refuse(Code.NOT_CLEAN, gate, why, advice)
        else:
            without = {address: entry for address, entry in self._brought().items() if _has_no_commit(entry)}
            why = "no commit holds what is planned for"
            yield from self._behind(Code.NOT_CLEAN, gate, why, without, "commit its files and plan again")

    def _behind(
        self, code: Code, gate: Gate, why: str, found: Mapping[Address, LockEntry], advice: str
    ) -> Iterator[Diagnostic]:
        """What a gate does not let through, ``why``, and what to do about it. What stays rolled back in part
        is neither what its file says nor what another stage runs, so it has a way out of its own."""
        held = sorted(address for address, entry in found.items() if entry.rolled_back is not None)
        if others := sorted(found.keys() - {*held}):
            yield self._refuse(code, gate, f"{why} {_listed(others)}", advice)
        if held:
            why = f"{why} {_listed(held)}, of which a part stays rolled back"
            advice = "take it forward to what the file says: `--on-drift revert`"
            yield self._refuse(code, gate, why, advice)

    def _no_drift_in(self, gate: NoDriftIn) -> Iterator[Diagnostic]:
        found = self.facts.unrest.get(gate.stage, Unknown("nobody has looked"))
        if isinstance(found, Unknown):
            why = f"stage {gate.stage} cannot be looked at: {found.why}"
            yield self._refuse(Code.DRIFT_ELSEWHERE, gate, why, found.advice or _REACH)
        elif found:
            yield self._refuse(
                Code.DRIFT_ELSEWHERE,
                gate,
                _listed(found),
                f"`agentops drift --stage {gate.stage}` shows it; put it into the files and apply those, "
                f"or take it back: `agentops apply --stage {gate.stage} --on-drift revert`",
            )

    # -- soaked

    def _soaked(self, gate: Soaked) -> Iterator[Diagnostic]:
        if not (brought := self._brought()):
            return
        source = soaks_in(self.stage, self.plan)
        unknown = Unknown("nothing says in which stage", f"name it: `promote_from` of {self.stage.name}")
        lock = (
            unknown
            if source is None
            else self.facts.locks.get(source, Unknown(f"nobody read the lock of {source}"))
        )
        if isinstance(lock, Unknown):
            why = f"it is not known what {source} runs: {lock.why}" if source else lock.why
            yield self._refuse(Code.NOT_SOAKED, gate, why, lock.advice or _REACH)
            return
        recorded = {address: lock.resources.get(address) for address in brought}
        same = {
            address: entry
            for address, entry in recorded.items()
            if entry is not None and _runs_the_same(entry, brought[address])
        }
        yield from self._behind(
            Code.NOT_SOAKED,
            gate,
            f"{source} does not run what is planned for",
            {address: entry for address, entry in brought.items() if address not in same},
            f"bring it to {source} first, and leave it there for {gate.text}; "
            f"or promote what {source} runs: `agentops promote {source} {self.stage.name}`",
        )
        since = {address: _since(entry) for address, entry in same.items()}
        if untold := sorted(address for address, at in since.items() if at is None):
            yield self._refuse(
                Code.NOT_SOAKED,
                gate,
                f"the lock of {source} does not tell since when it runs {_listed(untold)}",
                "it was adopted, or an older version recorded it: from its next change there on it is told; "
                f"to go ahead before that, take `soaked` out of `require` of {self.stage.name}",
            )
        yield from self._too_young(gate, source, {address: at for address, at in since.items() if at})

    def _too_young(
        self, gate: Soaked, source: str | None, since: Mapping[Address, datetime]
    ) -> Iterator[Diagnostic]:
        now = self.facts.now
        young = sorted((at, address) for address, at in since.items() if at + gate.duration > now)
        if not young:
            return
        last = young[-1][0]
        names = [address for _, address in reversed(young)]
        done = last + gate.duration
        yield self._refuse(
            Code.NOT_SOAKED,
            gate,
            f"{_span(now - last)} in {source} so far: {_listed(names)}",
            f"satisfied at {_minute(done)} UTC, in {_span(done - now, up=True)}, if {source} stays as it is",
        )

    def _brought(self) -> dict[Address, LockEntry]:
        """What the plan brings: nothing of what it removes has to run anywhere."""
        return {
            change.address: change.record
            for change in self.plan.changes
            if change.record is not None and not change.action.removes
        }


def _has_no_commit(entry: LockEntry) -> bool:
    """Content from a URL is pinned to a commit of its own."""
    return entry.revision is None and (entry.source is None or entry.source.commit is None)


def _runs_the_same(there: LockEntry, planned: LockEntry) -> bool:
    ours, theirs = planned.source, there.source
    return ours is not None and theirs is not None and ours.digest == theirs.digest


def _since(entry: LockEntry) -> datetime | None:
    """When it came to what it runs; None where the lock does not tell."""
    try:
        at = datetime.fromisoformat(entry.released.at) if entry.released is not None else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


# -- words


def _listed(items: Sequence[str]) -> str:
    return listed(items, _NAMED)


def _fields(paths: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(paths))


def _minute(at: datetime) -> str:
    """The first full minute that is not before."""
    whole = at.astimezone(UTC).replace(second=0, microsecond=0)
    return f"{whole if whole == at else whole + timedelta(minutes=1):%Y-%m-%d %H:%M}"


def _span(span: timedelta, *, up: bool = False) -> str:
    """The two largest units, ``1 h 13 min``, rounded down or ``up``; seconds alone below a minute."""
    seconds = max(0, -int(-span.total_seconds() // 1) if up else int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = -(-seconds // 60) if up else seconds // 60
    if minutes < 24 * 60:
        hours, minutes = divmod(minutes, 60)
        parts = [(hours, "h"), (minutes, "min")]
    else:
        hours = -(-minutes // 60) if up else minutes // 60
        parts = [(hours // 24, "d"), (hours % 24, "h")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
