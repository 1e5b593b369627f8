"""Whatever the API's create types allow: plan, apply, plan ends empty; and so does taking any member away."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from agentops.kinds import CATALOG
from tests.kinds.strategies import BODIES, MODELS, deployment_bodies
from tests.laws.stage import World, in_a_world, skill_body, wanted_of

LAW = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def bodies(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Legal bodies. The SDK's types allow any string as a model; the embedded registry wants a likely one.
    What a deployment names is there, and the files of a skill hold something."""
    if kind == "skill":
        return skills()
    if kind == "deployment":
        return deployment_bodies(
            "agent/leaf",
            "environment/sandbox",
            ["vault/one", "vault/two"],
            ["memory_store/one", "memory_store/two"],
            ["file_1"],
        )
    return BODIES[kind].map(_runnable)


@st.composite
def skills(draw: st.DrawFn) -> dict[str, Any]:
    slugs = st.text("abcdefgh0123456789-", min_size=1, max_size=20)
    names = st.text("ab é.-_", min_size=1, max_size=8).filter(lambda name: name.strip(". ") == name)
    paths = st.builds(str.__add__, st.sampled_from(["", "scripts/", "a/b/"]), names)
    files = draw(
        st.dictionaries(paths.filter(lambda path: path not in {"a", "b"}), st.binary(max_size=40), max_size=3)
    )
    titles = st.fixed_dictionaries({}, optional={"display_name": st.text("abc é", min_size=1, max_size=9)})
    title = {key: value.strip() for key, value in draw(titles).items() if value.strip()}
    return skill_body(draw(slugs), files, **title)


def _runnable(body: dict[str, Any]) -> dict[str, Any]:
    unknown = isinstance(model := body.get("model"), str) and model not in MODELS
    return {**body, "model": "claude-next"} if unknown else body


def accepted(kind: str, body: dict[str, Any]) -> bool:
    """Whether our schema takes this body: taking a member away may break a rule between members."""
    try:
        CATALOG[kind].schema.model_validate(body)
    except ValueError:
        return False
    return True


def nothing_to_do(planned) -> None:
    assert [change.model_dump() for change in planned.plan.changes] == []
    assert [item.model_dump() for item in planned.plan.drift] == []
    assert not planned.plan.blocked, planned.plan.diagnostics


@pytest.mark.parametrize("kind", sorted(BODIES))
@LAW
@given(data=st.data())
def test_planning_after_apply_is_empty(kind: str, data: st.DataObject):
    body = data.draw(bodies(kind))

    async def story(here: World) -> None:
        nothing_to_do(await here.settle(wanted_of(kind, body)))

    in_a_world(story)


@pytest.mark.parametrize("kind", sorted(BODIES))
@LAW
@given(data=st.data())
def test_taking_a_member_away_is_sent_and_then_planning_is_empty(kind: str, data: st.DataObject):
    body = data.draw(bodies(kind))
    optional = [name for name in body if accepted(kind, without(body, name))]
    if not optional:
        return
    gone = data.draw(st.sampled_from(optional))
    event(f"without {gone}")

    async def story(here: World) -> None:
        nothing_to_do(await here.settle(wanted_of(kind, body)))
        nothing_to_do(await here.settle(wanted_of(kind, without(body, gone))))

    in_a_world(story)


@pytest.mark.parametrize("kind", sorted(BODIES))
@LAW
@given(data=st.data())
def test_any_body_can_become_any_other(kind: str, data: st.DataObject):
    before, after = data.draw(bodies(kind)), data.draw(bodies(kind))

    async def story(here: World) -> None:
        nothing_to_do(await here.settle(wanted_of(kind, before)))
        nothing_to_do(await here.settle(wanted_of(kind, after)))

    in_a_world(story)


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}
