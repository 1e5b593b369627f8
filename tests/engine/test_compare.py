"""What differs between two desired states, on the toy kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agentops.domain.address import Address
from agentops.domain.comparison import Comparison, Side
from agentops.domain.diagnostics import Location, Stop
from agentops.domain.plan import FieldChange
from agentops.domain.policy import Waiver
from agentops.domain.resource import Attachment, Lifecycle, Resource
from agentops.engine.compare import Compared, compare
from tests.engine.toy import desired, id_of, kit, pin, resource
from tests.engine.toy_kinds import CATALOG

ONE, JOB, KEY = Address("widget/one"), Address("job/nightly"), Address("key/box/door")


def between(
    before: list[Resource], after: list[Resource], *addresses: Address, **names: dict[str, str]
) -> Comparison:
    sides = (
        Compared("staging", desired(*before), names.get("staging", {})),
        Compared("prod", desired(*after), names.get("prod", {})),
    )
    return compare(CATALOG, *sides, addresses)


def fields(address: Address, before: Any, after: Any, **names: dict[str, str]) -> list[tuple[str, Any, Any]]:
    found = between([resource(address, before)], [resource(address, after)], **names)
    return [(item.path, item.before, item.after) for each in found.differing for item in each.fields]


def test_what_one_side_only_has_is_told_with_its_body() -> None:
    body = {"name": "one", "uses": id_of("box/shelf")}
    found = between([resource(ONE, body)], [resource(Address("box/shelf"), {"name": "shelf"})])
    assert [(item.address, item.side, item.body) for item in found.differing] == [
        ("box/shelf", Side.AFTER, {"name": "shelf"}),
        ("widget/one", Side.BEFORE, {"name": "one", "uses": "box/shelf"}),
    ]
    assert (found.before, found.after, found.alike, found.differs) == ("staging", "prod", 0, True)


def test_what_is_the_same_in_another_spelling_does_not_differ() -> None:
    one = {
        "name": "one",
        "parts": [{"name": "a"}, {"name": "b"}],
        "metadata": {},
        "shape": {"size": "medium"},
    }
    other = {"name": "one", "parts": [{"name": "b"}, {"name": "a"}]}
    found = between([resource(ONE, one)], [resource(ONE, other)])
    assert (found.differing, found.alike, found.differs) == ((), 1, False)


def test_members_are_told_as_in_a_plan_but_whoever_moved_them() -> None:
    one = {
        "name": "one",
        "metadata": {"a": "1", "b": "2"},
        "tint": {"shade": "dark"},
        "shape": {"size": "big"},
    }
    other = {"name": "one", "metadata": {"b": "3"}, "parts": [{"name": "x"}]}
    assert fields(ONE, one, other) == [
        ("metadata.a", "1", None),
        ("metadata.b", "2", "3"),
        ("parts", None, [{"name": "x"}]),
        ("shape.size", "big", "medium"),
        ("tint.shade", "dark", None),
    ]


def test_references_and_external_ids_are_addresses() -> None:
    one = {
        "name": "n",
        "crew": pin(Address("crew/a"), "crew"),
        "place_id": "w_staging",
        "box_ids": ["b_1", "b_2"],
    }
    other = {"name": "n", "crew": pin(Address("crew/b"), "crew"), "place_id": "w_prod", "box_ids": ["b_3"]}
    names = {
        "staging": {"w_staging": "widget/shared", "b_1": "box/shared"},
        "prod": {"w_prod": "widget/shared", "b_3": "box/shared"},
    }
    assert fields(JOB, one, other, **names) == [
        ("box_ids", ["box/shared", "b_2"], ["box/shared"]),
        ("crew.id", "crew/a", "crew/b"),
        ("crew.version", "(crew/a).version", "(crew/b).version"),
    ]


def test_an_unordered_list_is_in_the_order_of_addresses_whatever_the_ids() -> None:
    def mounts(*ids: str) -> dict[str, Any]:
        return {"name": "n", "mounts": [{"type": "box", "box_id": id} for id in ids]}

    names = {"staging": {"b_1": "box/x", "b_2": "box/y"}, "prod": {"b_9": "box/x", "b_8": "box/y"}}
    assert fields(JOB, mounts("b_1", "b_2"), mounts("b_8", "b_9"), **names) == []


def test_where_a_secret_is_found_differs_and_what_goes_with_it() -> None:
    one = {"lock": {"type": "code", "token": {"secret": "env:STAGING"}, "expires": "soon"}}
    other = {"lock": {"type": "code", "token": {"secret": "env:PROD"}}}
    assert fields(KEY, one, other) == [
        ("lock.expires", "soon", None),
        ("lock.token.secret", "env:STAGING", "env:PROD"),
    ]


def test_files_of_a_bundle_are_told_by_their_text() -> None:
    one = kit("kit/tools", {"READ.md": b"# Read\n", "same.md": b"Same\n"})
    other = kit("kit/tools", {"READ.md": b"# Read me\n", "same.md": b"Same\n"})
    (found,) = between([one], [other]).differing
    assert found.fields == (FieldChange(path="files[READ.md]", before="# Read\n", after="# Read me\n"),)


def test_content_that_is_compared_by_digest_is_told_whole() -> None:
    address = Address("page/one/index.md")
    one, other = ({"path": "/index.md", "content": text} for text in ("a\n", "b\n"))
    assert fields(address, one, other) == [("content", "a\n", "b\n")]


def test_what_is_said_beside_what_is_sent_differs_too() -> None:
    one = resource(ONE, {"name": "one"})
    other = replace(
        one,
        lifecycle=Lifecycle(protect=True, ignore_changes=("note",)),
        attachments=(Attachment(memory_store=Address("memory_store/m"), access="read_only"),),
        secret_version="2",
        waivers=(Waiver("AO101", "it is a demo", Location("one.yaml", 4)),),
    )
    (found,) = between([one], [other]).differing
    assert [(item.path, item.before, item.after) for item in found.fields] == [
        ("attachments", None, ["memory_store/m (read_only)"]),
        ("lifecycle.protect", None, True),
        ("lifecycle.ignore_changes", None, ["note"]),
        ("policy.ignore", None, {"AO101": "it is a demo"}),
        ("secret_version", None, "2"),
    ]


def test_only_chosen_addresses_are_looked_at_and_an_unknown_one_is_refused() -> None:
    before = [resource(ONE, {"name": "1"}), resource(JOB, {"name": "1"})]
    after = [resource(ONE, {"name": "2"}), resource(JOB, {"name": "2"})]
    assert [item.address for item in between(before, after, JOB).differing] == [JOB]
    with pytest.raises(Stop) as refused:
        between(before, after, Address("widget/on"))
    (problem,) = refused.value.diagnostics
    assert (problem.address, problem.detail) == ("widget/on", "did you mean 'widget/one'?")
