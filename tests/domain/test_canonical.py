"""The one definition of equal, and who moved."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.canonical import Moved, canonical_json, fingerprints, form, leaves
from agentops.domain.canonical import differences as differences_of_forms
from tests.engine.toy import PAGE, WIDGET

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
    assert leaves(WIDGET, one) == leaves(WIDGET, other)


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


def test_content_that_lists_leave_out_is_equal_by_its_digest():
    text = "é\n"
    listed = {"path": "/a", "content": None, "content_sha256": hashlib.sha256(text.encode()).hexdigest()}
    assert leaves(PAGE, {"path": "/a", "content": text}) == leaves(PAGE, listed)
    assert leaves(PAGE, {"path": "/a", "content": "e\n"}) != leaves(PAGE, listed)


def test_true_is_not_one_and_one_point_zero_is_one():
    (found,) = differences(WIDGET, {"uses": True}, {"uses": 1}, {}, {})
    assert (found.desired, found.live) == (True, 1)
    assert differences(WIDGET, {"uses": {"n": 1.0}}, {"uses": {"n": 1}}, {}, {}) == ()


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


@given(JSON)
def test_canonical_json_has_one_spelling(value):
    again = json.loads(json.dumps(value))
    assert canonical_json(value) == canonical_json(again)


@given(st.dictionaries(st.sampled_from(sorted(WIDGET.fields)), JSON, max_size=4))
def test_a_body_never_differs_from_itself(body):
    if not isinstance(body.get("shape", {}), dict):
        body.pop("shape")
    assert differences(WIDGET, body, body, {}, {}) == ()
