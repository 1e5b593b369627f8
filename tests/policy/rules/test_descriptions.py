"""What a project wants every resource to say of itself."""

from __future__ import annotations

from agentops.domain.surface import Surface
from agentops.policy.descriptions import DESCRIPTION, METADATA
from tests.policy.rules.checking import fleet, found, places, summaries

FLEET = fleet(
    {
        "agent/a": Surface(description="Helps.", metadata={"team": "shop"}),
        "agent/b": Surface(description=" ", metadata={"team": ""}),
        "deployment/d": Surface(metadata={"owner": "x"}),
        "memory_store/m": Surface(),
    }
)


def test_only_the_kinds_that_were_named_need_a_description() -> None:
    assert found(DESCRIPTION, FLEET) == []
    assert places(DESCRIPTION, FLEET, kinds=["agent"]) == [("agent/b", ())]
    assert [address for address, _ in places(DESCRIPTION, FLEET, kinds=["agent", "memory_store"])] == [
        "agent/b",
        "memory_store/m",
    ]


def test_agents_and_deployments_need_the_keys_unless_told_otherwise() -> None:
    assert found(METADATA, FLEET) == []
    assert places(METADATA, FLEET, keys=["team"]) == [
        ("agent/b", ("metadata",)),
        ("deployment/d", ("metadata",)),
    ]
    assert places(METADATA, FLEET, keys=["team"], kinds=["memory_store"]) == [("memory_store/m", ())]
    assert summaries(METADATA, FLEET, keys=["team", "owner"], kinds=["memory_store"]) == [
        "metadata has no team, owner, which this project requires"
    ]
