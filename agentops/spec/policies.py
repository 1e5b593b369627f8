"""``policy`` of agentops.yaml -> what holds in each stage, with the team's own rules as they were read.

Which rules there are, and which options each takes, is not known here: their places go along, so that
whoever knows can point at them. Everything is read through the project's ``Files``: agentops.yaml and the
rules that it names come from one tree, whichever that is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, Severity, did_you_mean, error
from agentops.domain.policy import Declared, Policy, RuleSetting, TeamFile, Waiver
from agentops.spec.files import Files, Refused
from agentops.spec.located import LocatedDict, LocatedList, locate, plain
from agentops.spec.policy_block import DeclaredBlock, RulesFile, path_steps
from agentops.spec.schema import schema_problems
from agentops.spec.source import YAML_SUFFIXES, read_data, suffix_of
from agentops.spec.waivers import POLICY, read_ignored

_OFF = "off"
_RULES = "write `rules: [{id: TEAM001, name: …, kinds: [agent], where: {path: …, is: missing}, message: …}]`"


@dataclass(slots=True)
class Policies:
    """Reads ``policy`` of one agentops.yaml, which has passed its schema; each file once. ``file`` is its
    name, ``stages`` are those it has."""

    files: Files
    file: str
    stages: Collection[str]
    problems: list[Diagnostic]
    _read: dict[str, tuple[tuple[TeamFile, ...], tuple[Declared, ...]]] = field(default_factory=dict)

    def of(self, project: LocatedDict, stage: Any) -> Policy:
        """What holds in a stage: what it says itself over what the project says. Files come on top: no stage
        does without the team's rules; it turns them off by their ids."""
        blocks = [it for it in (_block(project), _block(stage)) if it is not None]
        rules: dict[str, RuleSetting] = {}
        python: list[TeamFile] = []
        declared: list[Declared] = []
        ignored: dict[Address, tuple[Waiver, ...]] = {}
        waivers = True
        for block in blocks:
            for id, setting in _settings(block).items():
                rules[id] = setting.over(rules.get(id))
            for more, told in self._files(block):
                python.extend(it for it in more if it not in python)
                declared.extend(it for it in told if it not in declared)
            for address, said in read_ignored(block, self.problems).items():
                ignored[address] = (*ignored.get(address, ()), *said)
            if block.get("waivers") is not None:
                waivers = block["waivers"] in (True, "on")
        return Policy(rules, tuple(python), tuple(declared), ignored, waivers)

    def _files(self, block: LocatedDict) -> list[tuple[tuple[TeamFile, ...], tuple[Declared, ...]]]:
        written = block.get("files")
        if not isinstance(written, LocatedList):
            return []
        return [self._file(path, written.place(index)) for index, path in enumerate(written)]

    def _file(self, named: str, at: Location) -> tuple[tuple[TeamFile, ...], tuple[Declared, ...]]:
        if named not in self._read:
            try:
                self._read[named] = self._parsed(self.files.join(self.file, named, at), at)
            except Refused as refused:
                self.problems.extend(self._advised(named, item) for item in refused.diagnostics)
                self._read[named] = (), ()
        return self._read[named]

    def _parsed(self, path: str, at: Location) -> tuple[tuple[TeamFile, ...], tuple[Declared, ...]]:
        if suffix_of(path) == ".py":
            return (TeamFile(path, self.files.text(path, at)),), ()
        if suffix_of(path) in YAML_SUFFIXES:
            return (), tuple(self._declared(path, at))
        raise Refused(
            error(
                Code.POLICY,
                f"'{path}' is no file of rules",
                "rules of your own are Python (.py) or YAML (.yaml)",
                location=at,
            )
        )

    def _declared(self, path: str, at: Location) -> list[Declared]:
        tree = read_data(self.files, path, at, self.problems)
        if not isinstance(tree, LocatedDict):
            raise Refused(error(Code.POLICY, f"{path} holds no rules", _RULES, location=Location(path)))
        if wrong := schema_problems(RulesFile, tree, tree.at):
            raise Refused(*wrong)
        blocks = RulesFile.model_validate(tree).rules
        self.problems.extend(self._unknown_stages(blocks, tree))
        return [_rule(block, tree["rules"][index]) for index, block in enumerate(blocks)]

    def _unknown_stages(self, blocks: Sequence[DeclaredBlock], tree: LocatedDict) -> Iterator[Diagnostic]:
        for index, block in enumerate(blocks):
            for stage in block.where.stages:
                if stage not in self.stages:
                    at = locate(tree, ("rules", index, "where", "stage"))
                    summary = f"{block.id}: there is no stage '{stage}'"
                    yield error(Code.NO_STAGE, summary, did_you_mean(stage, self.stages), location=at)

    def _advised(self, named: str, problem: Diagnostic) -> Diagnostic:
        if problem.code is not Code.UNREADABLE or (guess := self.files.closest(named)) is None:
            return problem
        return problem.model_copy(update={"detail": problem.detail or f"did you mean '{guess}'?"})


def _block(holder: Any) -> LocatedDict | None:
    found = holder.get(POLICY) if isinstance(holder, LocatedDict) else None
    return found if isinstance(found, LocatedDict) else None


def _settings(block: LocatedDict) -> dict[str, RuleSetting]:
    written = block.get("rules")
    if not isinstance(written, LocatedDict):
        return {}
    return {id: _setting(value, written.place(id, "key")) for id, value in written.items()}


def _setting(value: Any, at: Location) -> RuleSetting:
    if not isinstance(value, LocatedDict):
        return RuleSetting(_severity(value), value == _OFF, location=at)
    options = value.without("severity")
    return RuleSetting(
        _severity(value.get("severity")),
        value.get("severity") == _OFF,
        plain(options),
        at,
        {name: options.place(name) for name in options},
    )


def _severity(word: Any) -> Severity | None:
    return Severity(word) if isinstance(word, str) and word != _OFF else None


def _rule(block: DeclaredBlock, tree: LocatedDict) -> Declared:
    check, value = block.where.check
    return Declared(
        id=block.id,
        name=block.name,
        path=path_steps(block.where.path),
        check=check,
        value=value,
        message=block.message,
        location=tree.place("id"),
        severity=Severity(block.severity),
        protected=None if block.protected is None else Severity(block.protected),
        kinds=tuple(block.kinds or ()),
        kinds_at=locate(tree, ("kinds",)) if block.kinds else None,
        stages=block.where.stages,
        fix=block.fix,
        why=block.why,
    )
