"""``require`` of a stage -> the gates its plans have to pass, and everything that is wrong about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agentops.domain.diagnostics import Code, Diagnostic, Location, did_you_mean, error
from agentops.domain.gates import CleanGit, Gate, NoDriftIn, Soaked, duration
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.source import describe

REQUIRE = "require"
PROMOTE_FROM = "promote_from"

_GATES = ("clean_git", "no_drift_in", "soaked")
_WRITTEN = "write a list of gates: `require: [clean_git, no_drift_in: staging, soaked: 2h]`"
_LABELS = (
    "labels and reviews are GitHub's to check: run the job that applies in an environment with required "
    "reviewers, and bind it to what they saw with `apply --expect DIGEST`"
)


class GateBlock(BaseModel):
    """A gate with what it is about."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    no_drift_in: Annotated[str, Field(description="another stage, which is as its last apply left it")] = ""
    soaked: Annotated[
        str,
        Field(
            pattern=r"^\d{1,5}[smhd]$",
            description="how long it has run in the stage of promote_from: 90s, 10m, 2h, 1d",
        ),
    ] = ""


Requirements = Annotated[
    list[Literal["clean_git"] | GateBlock],
    Field(min_length=1, description="what has to hold before this stage is changed"),
]
"""For editors. What is wrong is told here, because a union can say only that nothing fits."""


def without_gates(
    tree: LocatedDict, problems: list[Diagnostic]
) -> tuple[LocatedDict, dict[str, tuple[Gate, ...]]]:
    """agentops.yaml without ``require`` of its stages, and what that says, by stage."""
    stages = tree.get("stages")
    if not isinstance(stages, LocatedDict):
        return tree, {}
    kept, gates = LocatedDict(stages.at), dict[str, tuple[Gate, ...]]()
    for name, stage in stages.items():
        kept.put_from(stages, name)
        if isinstance(stage, LocatedDict) and REQUIRE in stage:
            gates[name] = tuple(_Reading(name, stage, [*stages], problems).gates())
            kept.put(name, stage.without(REQUIRE), stages.place(name), stages.place(name, "key"))
    result = tree.without()
    result.put("stages", kept, tree.place("stages"), tree.place("stages", "key"))
    return result, gates


@dataclass(frozen=True, slots=True)
class _Written:
    """One gate as it is written. ``value`` is None where it is a word alone."""

    name: str
    value: Any
    at: Location
    value_at: Location
    alone: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    stage: str
    block: LocatedDict
    stages: Collection[str]
    problems: list[Diagnostic]

    def gates(self) -> Iterator[Gate]:
        seen: set[str] = set()
        for written in self._written():
            gate = self._gate(written)
            if gate is None:
                continue
            key = str(gate) if isinstance(gate, NoDriftIn) else written.name
            if key in seen:
                self._refuse(f"'{key}' is required twice", "keep one of them", written.at)
            else:
                seen.add(key)
                yield gate

    def _written(self) -> Iterator[_Written]:
        value, at = self.block[REQUIRE], self.block.place(REQUIRE)
        if not isinstance(value, LocatedList):
            self._refuse(f"'{REQUIRE}' must be a list, not {describe(value)}", _WRITTEN, at)
            return
        if not value:
            self._refuse(f"'{REQUIRE}' is empty", "name a gate, or leave it out", at)
        for index, item in enumerate(value):
            at = value.place(index)
            if isinstance(item, str):
                yield _Written(item, None, at, at, alone=True)
            elif isinstance(item, LocatedDict) and item:
                for name, member in item.items():
                    yield _Written(name, member, item.place(name, "key"), item.place(name), alone=False)
            else:
                self._refuse(f"a gate must be a name, not {describe(item)}", _WRITTEN, at)

    def _gate(self, it: _Written) -> Gate | None:
        match it.name:
            case "clean_git":
                return self._clean_git(it)
            case "no_drift_in":
                return self._no_drift_in(it)
            case "soaked":
                return self._soaked(it)
            case "approved_by_label":
                self._refuse(
                    f"agentops cannot check '{it.name}': it knows lock, registry and git", _LABELS, it.at
                )
            case _:
                self._refuse(f"there is no gate '{it.name}'", did_you_mean(it.name, _GATES), it.at)
        return None

    def _clean_git(self, it: _Written) -> Gate | None:
        if it.alone:
            return CleanGit(it.at)
        self._refuse("'clean_git' takes no value", "write `clean_git` alone", it.value_at)
        return None

    def _no_drift_in(self, it: _Written) -> Gate | None:
        others = [name for name in self.stages if name != self.stage]
        if not isinstance(it.value, str):
            wants = f"'no_drift_in' needs the name of a stage, not {describe(it.value)}"
            self._refuse(wants, did_you_mean("", others), it.value_at)
        elif it.value == self.stage:
            self._refuse(
                f"'no_drift_in' names {self.stage} itself",
                "every plan tells the drift of its own stage, and `on_drift` says what becomes of it; "
                "name another stage",
                it.value_at,
            )
        elif it.value not in others:
            self.problems.append(
                error(
                    Code.NO_STAGE,
                    f"no_drift_in: there is no stage '{it.value}'",
                    did_you_mean(it.value, others),
                    location=it.value_at,
                )
            )
        else:
            return NoDriftIn(it.value, it.at)
        return None

    def _soaked(self, it: _Written) -> Gate | None:
        if not isinstance(it.value, str):
            advice = "write a number and its unit: 90s, 10m, 2h or 1d"
            self._refuse(f"'soaked' needs a duration, not {describe(it.value)}", advice, it.value_at)
            return None
        if self.block.get(PROMOTE_FROM) is None:
            self._refuse(
                f"'soaked' needs '{PROMOTE_FROM}': where should it have run?",
                f"name the stage before {self.stage}: `{PROMOTE_FROM}: STAGE`",
                it.at,
            )
        try:
            return Soaked(duration(it.value), it.value.strip(), it.at)
        except ValueError as problem:
            self._refuse(f"soaked: {problem}", "", it.value_at)
            return None

    def _refuse(self, summary: str, detail: str, at: Location) -> None:
        self.problems.append(error(Code.REQUIREMENT, summary, detail, location=at))
