"""Addresses, references, order among addresses, and diagnostics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Location, did_you_mean, error, in_order, note
from agentops.domain.graph import CycleError, closure, topological
from agentops.domain.resource import Ref, as_ref, refs_in, replace_refs

A, B, C = Address("agent/a"), Address("agent/b"), Address("agent/c")


@pytest.mark.parametrize("text", ["agent/tutor", "memory/notes/a/b.md", "agent/ünï code"])
def test_an_address_reads_back(text: str):
    address = Address.parse(text)
    assert Address.of(address.kind, address.name) == text


@pytest.mark.parametrize("text", ["", "agent", "agent/", "/x", "agent/a\nb", " agent/a", "agent/a\x1b[0m"])
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(ValueError, match="not an address"):
        Address.parse(text)


def test_references_are_found_and_replaced_wherever_they_stand():
    ref = Ref(A, "version")
    body = {"x": [{"y": ref.as_json()}, "z"], "$ref": "a plain string, as in a JSON schema"}
    assert list(refs_in(body)) == [ref]
    assert replace_refs(body, lambda found: 3) == {**body, "x": [{"y": 3}, "z"]}


@pytest.mark.parametrize(
    "value", [{"$ref": "#/x"}, {"$ref": {"address": "a"}}, {"$ref": {}, "x": 1}, None, []]
)
def test_what_only_looks_like_a_reference_is_none(value):
    assert as_ref(value) is None


@given(st.permutations([A, B, C]))
def test_any_order_of_input_gives_one_order(order):
    edges = {A: [B], B: [C], C: []}
    assert topological({item: edges[item] for item in order}) == (C, B, A)


def test_what_nobody_declares_is_left_out_of_the_order():
    assert topological({A: [B]}) == (A,)


def test_a_cycle_is_told_with_its_path():
    with pytest.raises(CycleError) as cycle:
        topological({A: [B], B: [C], C: [A]})
    assert cycle.value.path[0] == cycle.value.path[-1]
    for here, there in zip(cycle.value.path, cycle.value.path[1:], strict=False):
        assert there in {A: [B], B: [C], C: [A]}[here]


def test_the_closure_follows_every_edge_once():
    assert closure([A], {A: [B], B: [A, C], C: []}) == {A, B, C}


def test_diagnostics_come_in_the_order_of_the_files_and_once():
    late = error(Code.SYNTAX, "late", location=Location("b.yaml", 1, 1))
    early = error(Code.SYNTAX, "early", location=Location("a.yaml", 9, 1))
    nowhere = note(Code.DRIFT, "nowhere")
    assert in_order([late, nowhere, early, late]) == (early, late, nowhere)


def test_the_nearest_name_is_offered_else_all_of_them():
    assert did_you_mean("web_serch", ["web_search", "bash"]) == "did you mean 'web_search'?"
    assert did_you_mean("zzz", ["b", "a"]) == "known here: a, b"
