"""What can be read of an agentops.yaml that is wrong somewhere, so that nothing is reported twice,
and nothing that is there is said to be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentops.domain.address import Address
from agentops.domain.project import LOCAL, Project, Stage
from agentops.spec.defaults import DEFAULTS, defaults_in, joined
from agentops.spec.located import LocatedDict
from agentops.spec.schema import schema_problems
from agentops.spec.stage_block import DefaultsBlock
from agentops.spec.variables import VARIABLES, VARS


def salvaged(tree: LocatedDict, external: Mapping[str, Mapping[Address, str]]) -> Project:
    """The names of the project and its stages, with the variables and defaults that files are built with."""
    name, written = tree.get("project"), tree.get("stages")
    stages = written if isinstance(written, LocatedDict) and written else LocatedDict(tree.at)
    return Project(
        name=name if isinstance(name, str) else LOCAL,
        stages={
            key: Stage(
                key,
                external=external.get(key, {}),
                vars={**_declared(tree), **_mapping(tree, VARS), **_mapping(stages.get(key), VARS)},
                defaults=joined(_defaults(tree), _defaults(stages.get(key))),
            )
            for key in stages or (LOCAL,)
        },
    )


def _declared(tree: LocatedDict) -> dict[str, Any]:
    """Every variable that there is meant to be, be it without its value."""
    blocks = _mapping(tree, VARIABLES)
    return {
        name: block.get("default", "") if isinstance(block, Mapping) else "" for name, block in blocks.items()
    }


def _mapping(holder: Any, key: str) -> Mapping[str, Any]:
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _defaults(holder: Any) -> LocatedDict | None:
    found = defaults_in(holder)
    return (
        found
        if found is not None and not schema_problems(DefaultsBlock, found, found.at, within=DEFAULTS)
        else None
    )
