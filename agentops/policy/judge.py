"""What the rules have against a fleet: findings, what files set aside of them, and rules that do not work."""

from __future__ import annotations

from collections.abc import Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Severity, by_stages, error, in_order, note, warning
from agentops.domain.fleet import Fleet, Member
from agentops.domain.policy import Policy, Waiver
from agentops.policy.rule import Finding, Rule, as_text
from agentops.policy.ruleset import Ruleset, options_of, ruleset, setting_problems, severity_of
from agentops.policy.teamfiles import Failed, broken, guarded

_MOST = 3
"""Findings that are repeated where a rule is set aside."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage that rules are asked about. ``only``: findings in nothing else count; None where all do."""

    policy: Policy
    fleet: Fleet
    only: Collection[Address] | None = None


def judge(
    asked: Sequence[Asked], built_in: Iterable[Rule], kinds: Collection[str], *, whole: bool
) -> tuple[Diagnostic, ...]:
    """What is to be said of one or more stages of a project, each thing once.

    ``kinds`` are those that there are. ``whole``: this is everything of all stages, so that what is set aside
    and finds nothing in any of them is told.
    """
    told: dict[str, list[Diagnostic]] = {}
    seen: dict[Waiver, None] = {}
    needed: set[Waiver] = set()
    for it in asked:
        judging = _Judging(it.policy, it.fleet, ruleset(it.policy, built_in, kinds), it.only)
        told[it.fleet.stage] = judging.said()
        seen |= dict.fromkeys(judging.waivers)
        needed |= judging.needed
    left = [_left_over(it) for it in seen if it not in needed] if whole else []
    return in_order([*(it for items in by_stages(told).values() for it in items), *left])


@dataclass(slots=True)
class _Judging:
    """One stage. After ``said``: ``waivers`` are all that hold in it, ``needed`` those without which
    something would have been found, or may have been."""

    policy: Policy
    fleet: Fleet
    known: Ruleset
    only: Collection[Address] | None

    waivers: frozenset[Waiver] = frozenset()
    needed: frozenset[Waiver] = frozenset()

    def said(self) -> list[Diagnostic]:
        by_rule = self._by_rule()
        problems = [*self.known.problems, *setting_problems(self.policy, self.known)]
        problems.extend(self._unknown(by_rule))
        known = [held for id, held in by_rule.items() if id in self.known.rules]
        self.waivers = frozenset(it for held in known for waivers in held.values() for it in waivers)
        written = {it.path for it in self.policy.files}
        for rule in sorted(self.known.rules.values(), key=lambda it: it.location is not None):
            severity = severity_of(rule, self.policy, protected=self.fleet.protected)
            if severity is not None:
                runs = rule.location is not None and rule.location.file in written
                fleet = _copied(self.fleet) if runs else self.fleet
                problems.extend(self._of(rule, severity, fleet, by_rule.get(rule.id, {})))
        return problems

    def _by_rule(self) -> dict[str, dict[Address, list[Waiver]]]:
        """Rule -> address -> what sets it aside there."""
        found: dict[str, dict[Address, list[Waiver]]] = {}
        own = ((it.address, it.resource.waivers) for it in self.fleet if it.resource is not None)
        for address, waivers in (*own, *self.policy.ignore.items()):
            for waiver in waivers:
                found.setdefault(waiver.rule, {}).setdefault(address, []).append(waiver)
        return found

    def _unknown(self, by_rule: Mapping[str, Mapping[Address, Sequence[Waiver]]]) -> Iterator[Diagnostic]:
        for id, held in by_rule.items():
            if (advice := self.known.unknown(id)) is None:
                continue
            for waiver in dict.fromkeys(it for waivers in held.values() for it in waivers):
                summary = f"there is no rule '{id}' to set aside"
                yield error(Code.WAIVER, summary, advice, location=waiver.location)

    def _of(
        self, rule: Rule, severity: Severity, fleet: Fleet, waivers: Mapping[Address, Sequence[Waiver]]
    ) -> Iterator[Diagnostic]:
        found, wrong = findings(rule, fleet, _own(options_of(rule, self.policy)))
        if wrong is not None:
            self.needed |= {it for held in waivers.values() for it in held}
            yield wrong
        aside: dict[Address, list[Finding]] = {}
        for finding in found:
            held = waivers.get(finding.address, ())
            self.needed |= {*held}
            if self.only is not None and finding.address not in self.only:
                continue
            if held and self.policy.waivers:
                aside.setdefault(finding.address, []).append(finding)
            else:
                yield _finding(rule, severity, finding, self.fleet.members[finding.address], held)
        for address, those in aside.items():
            yield _set_aside(rule, address, waivers[address][0], those)


def findings(
    rule: Rule, fleet: Fleet, options: Mapping[str, object]
) -> tuple[list[Finding], Diagnostic | None]:
    """What a rule finds, and how it failed if it did. What it found before it failed counts."""
    found: list[Finding] = []
    known = frozenset(fleet.members)
    path = rule.location.file if rule.location is not None else None

    def run() -> Diagnostic | None:
        given = rule.check(fleet, options)
        if isinstance(given, Coroutine):
            given.close()  # Python warns of one that nobody waits for
        if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
            return broken(
                rule, f"gives {_named(given)}; a rule yields findings, or returns a list of them", None
            )
        for item in given:
            if (fault := _fault(item, known, fleet.stage)) is not None:
                return broken(rule, fault, None)
            found.append(replace(item, address=Address(item.address), path=tuple(item.path)))
        return None

    ended = guarded(run, path)
    if isinstance(ended, Failed):
        return found, broken(rule, f"failed: {ended.said}", ended.at)
    return found, ended


def _fault(item: object, known: Collection[Address], stage: str) -> str | None:
    """What is wrong with what a rule gives as a finding."""
    if not isinstance(item, Finding):
        return f"gives {_named(item)} where a Finding belongs"
    if not isinstance(item.address, str) or item.address not in known:
        return f"finds something in {item.address!r}, which is no address of stage {stage}"
    if not isinstance(item.summary, str) or not item.summary.strip() or not isinstance(item.detail, str):
        return f"finds something in {item.address} and does not say what: summary and detail are texts"
    if not isinstance(item.path, tuple | list) or not all(isinstance(it, str | int) for it in item.path):
        return f"finds something in {item.address} at {item.path!r}; a path is a tuple of names and numbers"
    return None


def _named(value: object) -> str:
    name = type(value).__name__
    return "nothing" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _finding(
    rule: Rule, severity: Severity, found: Finding, member: Member, held: Sequence[Waiver]
) -> Diagnostic:
    detail = found.detail or (as_text(rule.fix) if rule.location is not None else "")
    if held:
        void = f"set aside at {held[0].location}, which does not hold in this stage: `waivers: off`"
        detail = f"{detail}\n{void}" if detail else void
    return Diagnostic(
        severity=severity,
        code=rule.id,
        summary=found.summary,
        detail=detail,
        address=found.address,
        location=member.place(found.path),
    )


def _set_aside(rule: Rule, address: Address, waiver: Waiver, found: Sequence[Finding]) -> Diagnostic:
    said = [*dict.fromkeys(it.summary for it in found)]
    more = [f"and {len(said) - _MOST} more"] if len(said) > _MOST else []
    return note(
        Code.WAIVER,
        f"{rule.id} set aside for {address}: {waiver.reason}",
        "\n".join(["it finds: " + it for it in said[:_MOST]] + more),
        address=address,
        location=waiver.location,
    )


def _left_over(waiver: Waiver) -> Diagnostic:
    summary = f"{waiver.rule} is set aside here, and finds nothing"
    return warning(
        Code.WAIVER, summary, "remove it: it would hide what comes later", location=waiver.location
    )


def _copied(fleet: Fleet) -> Fleet:
    """The same, for one rule that others wrote: what it changes is neither sent nor seen by another rule."""
    return replace(fleet, members={address: _copy(it) for address, it in fleet.members.items()})


def _copy(member: Member) -> Member:
    surface, resource = member.surface, member.resource
    facts = {it.name: getattr(surface, it.name) for it in fields(surface)}
    return replace(
        member,
        body=_own(member.body),
        surface=replace(surface, **{name: _own(it) for name, it in facts.items()}),
        resource=replace(resource, body=_own(resource.body)) if resource is not None else None,
    )


def _own(value: Any) -> Any:
    """With mappings and lists of its own. All else in them is frozen; to copy that, too, takes ten times as
    long."""
    if isinstance(value, Mapping):
        return {key: _own(it) for key, it in value.items()}
    return [_own(it) for it in value] if isinstance(value, list) else value
