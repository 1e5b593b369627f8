from __future__ import annotations

from itertools import permutations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location
from agentops.domain.resource import Attachment, Ref, Resource, Source
from agentops.domain.risk import Level
from agentops.domain.state import DesiredState
from agentops.domain.view import GraphView, graph_views, relations, relations_of_plan
from agentops.domain.view.graph import Relations
from agentops.domain.view.review import Node, Picture
from agentops.kinds import CATALOG

TUTOR, HELPER, OTHER = (Address.of("agent", it) for it in ("tutor", "helper", "other"))
NOTES, FIRST = Address("memory_store/notes"), Address("memory/notes/first.md")
DAILY, SHARED = Address("deployment/daily"), Address("environment/shared")
ID, RAW = "env_01Rv7mQ2rT9vB4nW8cY6dZ3f", "vlt_01Rv7mQ2rT9vB4nW8cY6dZ3f"


def resource(address: Address, body: dict | None = None, **more) -> Resource:
    return Resource(address, body or {}, "x.yaml", Location("x.yaml"), Source(digest="0"), **more)


def ref(address: Address) -> dict:
    return Ref(address).as_json()


RESOURCES = (
    resource(
        TUTOR,
        {"multiagent": {"agents": [{"type": "agent", "id": ref(HELPER)}]}},
        attachments=(Attachment(memory_store=NOTES, access="read_only"),),
    ),
    resource(HELPER),
    resource(OTHER),
    resource(NOTES),
    resource(FIRST, parent=NOTES),
    resource(DAILY, {"agent": {"type": "agent", "id": ref(TUTOR)}, "environment_id": ID, "vault_ids": [RAW]}),
)


def found(*resources: Resource) -> Relations:
    desired = DesiredState("shop", "dev", {it.address: it for it in resources or RESOURCES})
    return relations(desired, CATALOG, {SHARED: ID})


def whole(of: Relations, *chosen: Address) -> GraphView:
    return next(graph_views(of, CATALOG, chosen))


def named(view: GraphView) -> dict[str, str]:
    return {node.id: node.lines[0] for group in view.groups for node in group.nodes}


def test_references_parents_memory_and_what_is_not_managed_here() -> None:
    view = whole(found())
    names = named(view)
    assert {(names[it.start], names[it.end], it.label, it.loose) for it in view.edges} == {
        ("tutor", "helper", "", False),
        ("tutor", "notes", "read_only", True),
        ("first.md", "notes", "", False),
        ("daily", "tutor", "", False),
        ("daily", "shared", "", False),
        ("daily", RAW, "", False),
    }
    outside = {node.lines for group in view.groups for node in group.nodes if node.outside}
    assert outside == {("shared", ID), (RAW,)}


def test_kinds_are_together_who_refers_first() -> None:
    headings = [group.heading for group in whole(found()).groups]
    assert headings == ["deployments", "agents", "vaults", "memories", "memory_stores", "environments"]


def test_memory_that_a_body_names_is_drawn_once() -> None:
    attached = resource(DAILY, {"resources": [ref(NOTES)]}, attachments=(Attachment(memory_store=NOTES),))
    view = whole(found(attached, resource(NOTES)))
    assert [(it.label, it.loose) for it in view.edges] == [("", False)]


def test_any_order_of_files_gives_one_picture() -> None:
    pictures = {whole(found(*order)) for order in permutations(RESOURCES)}
    assert len(pictures) == 1


def test_around_an_address_is_what_it_needs_and_who_refers_to_it() -> None:
    around = found().around([TUTOR])
    assert set(around.seen) == {TUTOR, HELPER, NOTES, DAILY}
    assert {line for line in around.lines if OTHER in line or FIRST in line} == set()
    view = whole(around, TUTOR)
    assert [node.lines[0] for group in view.groups for node in group.nodes if node.chosen] == ["tutor"]


def test_an_id_without_a_name_can_be_asked_for_too() -> None:
    raw = Address.of("vault", RAW)
    assert set(found().around([raw]).seen) == {raw, DAILY}


def test_twins_are_one_and_what_was_asked_for_is_itself() -> None:
    notes = [resource(Address(f"memory/notes/{number}.md"), parent=NOTES) for number in range(5)]
    chosen = notes[2].address
    _, twins, kinds = graph_views(found(*RESOURCES, *notes), CATALOG, [chosen])
    assert {"0.md and 4 more", "2.md", "other"} <= set(named(twins).values())
    assert "0.md and 5 more" in named(kinds).values()
    assert len(kinds.groups) == len(named(kinds))


def test_of_a_plan_nodes_say_what_happens_and_how_risky_it_is() -> None:
    picture = Picture((Node(TUTOR, "~", Level.HIGH), Node(NOTES)), ((TUTOR, NOTES),))
    view = whole(relations_of_plan("shop · dev", picture))
    assert [node.lines for group in view.groups for node in group.nodes] == [
        ("~ tutor", "high risk"),
        ("notes",),
    ]
