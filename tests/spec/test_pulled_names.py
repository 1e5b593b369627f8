"""The addresses that live objects get: readable, each once, and read back as what they are."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.project import Project, Stage
from agentops.kinds import CATALOG
from agentops.spec.naming import default_address
from agentops.spec.pulled_names import Nameable, assigned, file_of, name_of, slug

PROJECT = Project("fleet", {"dev": Stage("dev")})
ROOTS = [kind.name for kind in CATALOG if kind.parent is None]
NAMES = st.text(max_size=12) | st.sampled_from(
    [
        "Tutor",
        "tutor",
        "TUTOR!",
        "agent",
        "memory store",
        "skills",
        "dist",
        "CON",
        "日本語",
        "",
        "locks",
        "a/../b",
    ]
)


def nothing(path: str) -> bool:
    return False


def item(kind: str, number: int, name: str, given: str | None = None, parent: str | None = None) -> Nameable:
    address = Address(given) if given is not None else None
    return Nameable(CATALOG[kind], f"{CATALOG[kind].id_prefix}01{number:022d}", name, address, parent)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Leiter für Größe", "leiter-fur-grosse"),
        ("  PR   Review (v2) ", "pr-review-v2"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("日本語", ""),
        ("x" * 80, "x" * 50),
    ],
)
def test_a_name_becomes_a_part_of_a_path(text: str, name: str):
    assert slug(text) == name


@settings(max_examples=150, deadline=None)
@given(names=st.lists(st.tuples(st.sampled_from(ROOTS), NAMES), max_size=8))
def test_each_gets_an_address_of_its_own_that_its_file_declares(names: list[tuple[str, str]]):
    found = [item(kind, number, name) for number, (kind, name) in enumerate(names)]
    made = assigned(found, CATALOG, (), (), nothing).written
    assert made.keys() == {it.id for it in found}
    assert len({address.lower() for address in made.values()}) == len(made)
    for it in found:
        address = made[it.id]
        path = file_of(it.kind, address.name)
        assert default_address(path, it.kind, PROJECT) == address
        assert not any(part.startswith(".") for part in path.split("/"))
        assert posixpath.normpath(path) == path
    again = assigned(found[::-1], CATALOG, (), (), nothing).written
    assert again == made, "in whatever order they are listed"


def test_what_is_taken_is_not_given_again():
    found = [item("agent", 1, "Tutor"), item("environment", 2, "Box"), item("vault", 3, "Keys")]
    taken = {Address("agent/TUTOR")}
    made = assigned(found, CATALOG, (), taken, lambda path: path == "environments/box.yaml").written
    assert [*made.values()] == ["agent/tutor-0001", "environment/box-0002", "vault/keys"]


def test_a_file_that_is_there_takes_the_one_object_of_its_name():
    declared = {Address("agent/tutor"), Address("agent/twin"), Address("agent/tagged")}
    found = [
        item("agent", 1, "Tutor"),
        item("agent", 2, "Twin"),
        item("agent", 3, "Twin"),
        item("agent", 4, "x", "agent/tagged"),
    ]
    made = assigned(found, CATALOG, declared, (), nothing)
    assert made.declared == {found[0].id: "agent/tutor", found[3].id: "agent/tagged"}
    assert made.ambiguous == {"agent/twin": (found[1].id, found[2].id)}
    assert made.written == {}


def test_an_object_that_is_given_the_address_of_a_file_is_the_one():
    found = [item("agent", 1, "Twin", "agent/twin"), item("agent", 2, "Twin")]
    made = assigned(found, CATALOG, {Address("agent/twin")}, (), nothing)
    assert (made.declared, made.ambiguous) == ({found[0].id: "agent/twin"}, {})
    assert made.written == {found[1].id: "agent/twin-0002"}


def test_what_belongs_to_something_is_named_within_it():
    vault, there = item("vault", 1, "Keys"), item("vault", 2, "There")
    children = [
        item("credential", 3, "Linear", parent=vault.id),
        item("credential", 4, "linear", parent=vault.id),
        item("credential", 5, "", parent=vault.id),
        item("credential", 6, "old", parent=there.id),
        item("credential", 7, "new", parent=there.id),
    ]
    declared = {Address("vault/there"), Address("credential/there/old")}
    made = assigned([vault, there, *children], CATALOG, declared, (), nothing)
    assert [made.written[child.id] for child in children[:3]] == [
        "credential/keys/linear-0003",
        "credential/keys/linear-0004",
        "credential/keys/credential-0005",
    ]
    assert made.declared[children[3].id] == "credential/there/old"
    assert made.homeless == (children[4].id,)


@pytest.mark.parametrize(
    ("kind", "body", "name"),
    [
        ("agent", {"name": "Tutor"}, "Tutor"),
        ("vault", {"display_name": "Keys"}, "Keys"),
        ("skill", {"display_name": "How we review", "name": "review"}, "review"),
        ("memory", {"path": "/a/b.md"}, "a/b.md"),
        (
            "credential",
            {"display_name": None, "auth": {"mcp_server_url": "https://mcp.linear.app/mcp"}},
            "linear.app",
        ),
        ("credential", {"auth": {"secret_name": "API_KEY"}}, "API_KEY"),
        ("credential", {"auth": {}}, ""),
    ],
)
def test_what_an_object_is_called(kind: str, body: dict[str, object], name: str):
    assert name_of(CATALOG[kind], body) == name
