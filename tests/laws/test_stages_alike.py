"""Two stages that say the same ask for the same, and a comparison tells neither more nor less than differs.

Projects are drawn as files, from legal bodies of every kind, with references between them, templates, and
overrides of a third stage only.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agentops.domain.canonical import fingerprints, same
from agentops.domain.comparison import Comparison, Side
from agentops.domain.diagnostics import has_errors
from agentops.domain.state import DesiredState
from agentops.engine.compare import Compared, compare
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stages
from tests.kinds.strategies import BODIES, agent_bodies, deployment_bodies

DIRECTORIES = {name: CATALOG[name].directory for name in ("agent", "environment", "memory_store", "vault")}
PROMPT = "You serve {{ vars.team }}{% if stage %}.{% endif %}\n"

WORDS = st.text("abcdefghij", min_size=1, max_size=5)
VARS = st.fixed_dictionaries({"team": WORDS})
AFFIXES = st.fixed_dictionaries({}, optional={"name_prefix": WORDS, "name_suffix": WORDS})
DEFAULTS = st.fixed_dictionaries({}, optional={"metadata": st.dictionaries(WORDS, WORDS, max_size=2)})


@st.composite
def stages(draw: st.DrawFn) -> dict[str, Any]:
    return {"registry": "local", "vars": draw(VARS), "defaults": draw(DEFAULTS), **draw(AFFIXES)}


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """Files by path: agents with a template or a memory, one of each other kind, some different in ``c``."""
    same_stage = draw(stages())
    files: dict[str, Any] = {
        "agentops.yaml": {"project": "p", "stages": {"a": same_stage, "b": same_stage, "c": draw(stages())}},
        "agents/prompt.md.j2": PROMPT,
    }
    for number, body in enumerate(draw(st.lists(agent_bodies(), min_size=1, max_size=2))):
        mine: dict[str, Any] = {key: value for key, value in body.items() if key != "multiagent"}
        if draw(st.booleans()):
            mine = {**{key: mine[key] for key in mine if key != "system"}, "prompt": "prompt.md.j2"}
        if draw(st.booleans()):
            mine["memory"] = {"name": "notes", "type": "semantic"}
        if draw(st.booleans()):
            mine["overrides"] = {
                "c": draw(st.sampled_from([{"description": "Other."}, {"memory": {"name": "c"}}]))
            }
        files[f"agents/a{number}.json"] = mine
    for kind in ("environment", "memory_store", "vault"):
        body = draw(BODIES[kind])  # with room for the metadata that comes by default
        files[f"{DIRECTORIES[kind]}/x.json"] = body | {
            "metadata": dict([*(body.get("metadata") or {}).items()][:10])
        }
    files["deployments/d.json"] = draw(
        deployment_bodies("agent/a0", "environment/x", ["vault/x"], ["memory_store/x"])
    )
    return files


def loaded(files: dict[str, Any]) -> dict[str, DesiredState]:
    """The stages, of projects that are valid with names and defaults, too."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            target = Path(folder) / path
            target.parent.mkdir(exist_ok=True)
            target.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        project, problems = load_project(Path(folder))
        assert problems == ()
        found = load_stages(Path(folder), project, [*project.stages.values()], CATALOG)
    assume(not any(has_errors(each.diagnostics) for each in found))
    return {each.desired.stage: each.desired for each in found}


def between(before: DesiredState, after: DesiredState) -> Comparison:
    return compare(CATALOG, Compared(before.stage, before, {}), Compared(after.stage, after, {}))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(projects())
def test_stages_that_say_the_same_differ_in_nothing_and_others_in_what_they_say(
    files: dict[str, Any],
) -> None:
    states = loaded(files)
    alike = between(states["a"], states["b"])
    assert (alike.differing, alike.alike) == ((), len(states["a"].resources))
    there, back = between(states["a"], states["c"]), between(states["c"], states["a"])
    assert [item.address for item in there.differing] == [item.address for item in back.differing]
    for one, other in zip(there.differing, back.differing, strict=True):
        assert {(item.path, json.dumps([item.before, item.after])) for item in one.fields} == {
            (item.path, json.dumps([item.after, item.before])) for item in other.fields
        }
    told = {item.address: item for item in there.differing}
    for address in states["a"].resources.keys() | states["c"].resources.keys():
        old, new = states["a"].resources.get(address), states["c"].resources.get(address)
        if old is None or new is None:
            assert told[address].side is (Side.AFTER if old is None else Side.BEFORE)
            continue
        kind = CATALOG.of_address(address)
        moved = fingerprints(kind, old.body) != fingerprints(kind, new.body)
        assert (address in told) == (moved or old.attachments != new.attachments)
        for item in told[address].fields if address in told else ():
            assert not same(item.before, item.after)
