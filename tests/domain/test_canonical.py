"""The one definition of equal, and who moved."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.bundle import manifest
from agentops.domain.canonical import (
    Moved,
    canonical_json,
    fingerprints,
    form,
    observed,
    same_but_floating,
)
from agentops.domain.canonical import differences as differences_of_forms
from agentops.domain.kind import Field
from agentops.domain.resource import Ref
from tests.engine.toy_kinds import CREW, JOB, KEY, KIT, PAGE, WIDGET

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def differences(kind, desired, live, applied, observed):
    return differences_of_forms(kind, form(kind, desired), form(kind, live), applied, observed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"note": None}, {}),
        ({"parts": []}, {}),
        ({"metadata": {}}, {}),
        ({"metadata": {"agentops": "p/s/widget/x"}}, {}),
        ({"shape": {"size": "medium"}}, {}),
        ({"parts": [{"name": "a"}, {"name": "b"}]}, {"parts": [{"name": "b"}, {"name": "a"}]}),
        ({"id": "w_1", "created_at": "now", "brand_new_member": 1}, {}),
    ],
)
def test_what_means_the_same_has_the_same_leaves(one, other):
    assert form(WIDGET, one).leaves == form(WIDGET, other).leaves


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"note": ""}, {}),
        ({"note": "a"}, {"note": "a "}),
        ({"uses": False}, {}),
        ({"uses": 0}, {"uses": False}),
        ({"parts": [{"name": "a"}]}, {"parts": [{"name": "a", "x": 1}]}),
    ],
)
def test_what_means_something_else_differs(one, other):
    assert fingerprints(WIDGET, one) != fingerprints(WIDGET, other)


def test_a_default_is_one_as_json_has_it():
    kind = replace(WIDGET, fields={"uses": Field(default=False)})
    assert form(kind, {"uses": False}).leaves == {}
    assert form(kind, {"uses": 0}).leaves == {"uses": 0}


def test_content_that_lists_leave_out_is_equal_by_its_digest():
    text = "é\n"
    listed = {"path": "/a", "content": None, "content_sha256": hashlib.sha256(text.encode()).hexdigest()}
    assert form(PAGE, {"path": "/a", "content": text}).leaves == form(PAGE, listed).leaves
    assert form(PAGE, {"path": "/a", "content": "e\n"}).leaves != form(PAGE, listed).leaves


def test_true_is_not_one_and_one_point_zero_is_one():
    (found,) = differences(WIDGET, {"uses": True}, {"uses": 1}, {}, {})
    assert (found.desired, found.live) == (True, 1)
    assert differences(WIDGET, {"uses": {"n": [1.0]}}, {"uses": {"n": [1]}}, {}, {}) == ()


@pytest.mark.parametrize(
    ("desired", "live", "moved"),
    [
        ("a", "a", None),
        ("b", "a", Moved.OURS),
        ("a", "b", Moved.THEIRS),
        ("b", "c", Moved.BOTH),
        ("b", "b", None),
        (None, "a", Moved.OURS),
        ("a", None, Moved.THEIRS),
    ],
)
def test_who_moved_since_a_was_applied(desired, live, moved):
    recorded = fingerprints(WIDGET, {"note": "a"})
    found = differences(WIDGET, {"note": desired}, {"note": live}, recorded, recorded)
    assert [item.moved for item in found] == ([] if moved is None else [moved])


def test_another_spelling_that_came_back_is_nobodys_move():
    applied, observed = fingerprints(WIDGET, {"note": "Ü"}), fingerprints(WIDGET, {"note": "ü"})
    (found,) = differences(WIDGET, {"note": "Ü"}, {"note": "ü"}, applied, observed)
    assert found.moved is Moved.NEITHER


def test_with_nothing_recorded_every_difference_is_ours():
    (found,) = differences(WIDGET, {"note": "a"}, {"note": "b"}, None, None)
    assert found.moved is Moved.OURS


# -- what a file may leave to others, and what a registry does not always tell


@pytest.mark.parametrize("live", [{"held": True}, {"held": False}, {}])
@pytest.mark.parametrize("recorded", [{"held": True}, {"held": False}, {}])
def test_what_a_file_may_leave_out_and_does_is_no_difference(live, recorded):
    past = fingerprints(JOB, recorded)
    assert differences(JOB, {}, live, past, past) == ()


@pytest.mark.parametrize("seen", [{"held": True}, {"held": False}, {}])
def test_what_was_never_asked_for_before_is_ours_whatever_was_seen_meanwhile(seen):
    (found,) = differences(JOB, {"held": True}, {"held": False}, {}, fingerprints(JOB, seen))
    assert found.moved is Moved.OURS


def test_what_a_registry_says_nothing_about_is_what_was_last_observed():
    past = fingerprints(JOB, {"held": True})
    assert differences(JOB, {"held": True}, {}, past, past) == ()
    (found,) = differences(JOB, {"held": False}, {}, past, past)
    assert found.moved is Moved.OURS
    assert differences(JOB, {"held": True}, {}, None, None) == (), "nor can a first look tell"


def test_files_of_a_bundle_are_compared_one_by_one():
    ours = {"name": "x", "files": manifest({"a.md": b"1", "b/c.md": b"2"})}
    theirs = {"name": "x", "files": manifest({"a.md": b"1", "b/c.md": b"3", "d": b""})}
    found = differences(KIT, ours, theirs, None, None)
    assert [item.path for item in found] == ["files.b/c.md", "files.d"]


def test_what_is_observed_of_what_is_left_to_others_is_not_kept():
    live = form(JOB, {"name": "x", "held": True})
    assert sorted(observed(JOB, live, {"name": ""}, {})) == ["name"]
    assert sorted(observed(JOB, live, {"name": "", "held": ""}, {})) == ["held", "name"]


def test_secrets_and_what_goes_with_them_are_not_compared():
    body = {"lock": {"type": "pin", "token": {"secret": "env:A"}, "expires": "soon"}}
    assert form(KEY, body).leaves == {"lock.type": "pin"}


def test_a_kind_without_secrets_is_compared_as_it_is():
    body = {"uses": {"secret": "env:A"}}
    assert form(WIDGET, body).leaves["uses"] == {"secret": "env:A"}


def test_a_reference_is_one_leaf_wherever_it_stands():
    ref = Ref(Address("widget/x"), "version").as_json()
    assert form(WIDGET, {"tint": {"hue": ref}}).leaves["tint.hue"] == ref


def mate(id: str, version: int | None = None) -> dict[str, object]:
    return {"type": "crew", "id": id, **({} if version is None else {"version": version})}


@pytest.mark.parametrize(
    ("asked", "kept", "alike"),
    [
        ([mate("a")], [mate("a", 3)], True),
        ([mate("a"), mate("b", 2)], [mate("a", 3), mate("b", 2)], True),
        ([mate("a", 2)], [mate("a", 3)], False),
        ([mate("a")], [mate("b", 3)], False),
        ([mate("a")], [mate("a", 3), mate("b", 1)], False),
        ([mate("a")], [{**mate("a", 3), "more": 1}], False),
        ([mate("a")], None, False),
    ],
)
def test_a_registry_pins_what_the_file_lets_float_and_nothing_else(asked, kept, alike):
    assert same_but_floating(CREW, "mates", asked, kept) is alike
    found = differences(CREW, {"mates": asked}, {"mates": kept}, None, None)
    assert bool(found) is not alike


def test_an_update_whose_answer_was_lost_is_no_drift_where_the_registry_pinned_what_floats():
    applied, seen = fingerprints(CREW, {"mates": [mate("a")]}), fingerprints(CREW, {"mates": [mate("a", 1)]})
    asked, kept = [mate("a"), mate("b", 2)], [mate("a", 3), mate("b", 2)]
    assert differences(CREW, {"mates": asked}, {"mates": kept}, applied, seen) == ()


def test_what_floats_and_was_pinned_anew_by_somebody_else_is_drift():
    applied, seen = fingerprints(CREW, {"mates": [mate("a")]}), fingerprints(CREW, {"mates": [mate("a", 1)]})
    (found,) = differences(CREW, {"mates": [mate("a")]}, {"mates": [mate("a", 2)]}, applied, seen)
    assert found.moved is Moved.THEIRS


def test_what_is_to_float_from_now_on_is_ours():
    past = fingerprints(CREW, {"mates": [mate("a", 1)]})
    (found,) = differences(CREW, {"mates": [mate("a")]}, {"mates": [mate("a", 1)]}, past, past)
    assert found.moved is Moved.OURS


def tinted(hue: str, *shade: str) -> dict[str, object]:
    return {"tint": {"hue": hue, **({"shade": shade[0]} if shade else {})}}


@pytest.mark.parametrize(
    ("asked", "live", "moved"),
    [
        ("red", tinted("red", "pale"), []),
        ("red", tinted("red", "dark"), [("tint.shade", Moved.THEIRS)]),
        # An update of ours, answered with another level, of which we never heard.
        ("blue", tinted("blue", "deep"), []),
        ("blue", tinted("red", "deep"), [("tint.hue", Moved.OURS), ("tint.shade", Moved.THEIRS)]),
    ],
)
def test_a_level_that_the_registry_chooses_may_move_with_an_update_of_ours(asked, live, moved):
    applied, seen = fingerprints(WIDGET, tinted("red")), fingerprints(WIDGET, tinted("red", "pale"))
    found = differences(WIDGET, tinted(asked), live, applied, seen)
    assert [(item.path, item.moved) for item in found if item.moved is not Moved.NEITHER] == moved


@given(JSON)
def test_canonical_json_has_one_spelling(value):
    again = json.loads(json.dumps(value))
    assert canonical_json(value) == canonical_json(again)


@given(st.dictionaries(st.sampled_from(sorted(WIDGET.fields)), JSON, max_size=4))
def test_a_body_never_differs_from_itself(body):
    if not isinstance(body.get("shape", {}), dict):
        body.pop("shape")
    assert differences(WIDGET, body, body, {}, {}) == ()
