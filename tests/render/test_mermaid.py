"""The judge is Mermaid itself in a browser, where both are at hand:

``npm install mermaid``, then ``AGENTOPS_MERMAID=node_modules/mermaid/dist/mermaid.min.js``. Without it the
text is looked at.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.risk import Level
from agentops.domain.view import EdgeView, GraphView, GroupView, NodeView, visible
from agentops.domain.view.graph import Relations, Seen, drawable, graph_views
from agentops.kinds import CATALOG
from agentops.render.mermaid import mermaid

SCRIPT = os.environ.get("AGENTOPS_MERMAID")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

HOSTILE = [
    'a"]; click n1 "javascript:alert(1)"; x["',
    'n1 --> n2\nclick n1 call alert("x")',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "%%{init: {'securityLevel': 'loose'}}%%",
    "end",
    "`**bold**`",
    "**bold** and _thin_ ~~no~~",
    "1. a list",
    "- a list",
    "#35; #quot; #lt;b#gt;",
    "style a:b #c;",
    "a & b &amp; &lt;",
    "日本語 größe 🙂",
    "a\u202eb\x1b[31m",
    "[x](https://evil.example)",
    "$$x^2$$",
    "fa:fa-car",
    "---\ntitle: x\n---",
    "```\nfence",
    "{{jinja}} {x} (y) [z] |p| /s\\",
    "@mention #123",
]


def drawn(*labels: str, **more: Any) -> GraphView:
    nodes = tuple(NodeView(f"n{number}", (label,), **more) for number, label in enumerate(labels, 1))
    edges = tuple(EdgeView(node.id, "n1", labels[0]) for node in nodes[1:])
    return GraphView("p · s", "2 resources", (GroupView("g1", 0, "agents", nodes),), edges)


SMALL = GraphView(
    "shop · dev",
    "3 resources with 2 references",
    (
        GroupView("g2", 1, "memory_stores", (NodeView("n1", ("notes",)),)),
        GroupView(
            "g7",
            6,
            "agents",
            (
                NodeView("n2", ("~ tutor", "high risk"), level=Level.HIGH, chosen=True),
                NodeView("n3", ("shared", "agent_01abc"), outside=True),
            ),
        ),
    ),
    (EdgeView("n2", "n1", "read_write", loose=True), EdgeView("n2", "n3")),
)

TEXT = """\
---
title: "shop · dev"
---
flowchart LR
  accTitle: shop · dev
  accDescr: 3 resources with 2 references
  subgraph g2["memory_stores"]
    n1[("notes")]
  end
  subgraph g7["agents"]
    n2("#126; tutor<br/>high risk")
    n3("shared<br/>agent_01abc")
  end
  n2 -.->|"read_write"| n1
  n2 --> n3
  classDef k1 stroke:#22a06b,stroke-width:2px
  class n1 k1
  classDef k6 stroke:#d97706,stroke-width:2px
  class n2,n3 k6
  classDef outside stroke-dasharray:5 5
  class n3 outside
  classDef chosen stroke-width:4px
  class n2 chosen
  classDef high stroke:#d1242f,stroke-width:4px
  class n2 high
"""


def test_a_flowchart_that_a_person_can_read() -> None:
    assert mermaid(SMALL) == TEXT


def test_as_a_block_of_markdown() -> None:
    assert mermaid(SMALL, fenced=True) == f"```mermaid\n{TEXT}```\n"


@pytest.mark.parametrize("label", HOSTILE)
def test_a_label_is_letters_and_entities_alone(label: str) -> None:
    assert_harmless(label)


@given(st.text(max_size=40))
def test_so_is_any_text(label: str) -> None:
    assert_harmless(label)


def assert_harmless(label: str) -> None:
    line = mermaid(drawn(label)).split("\n")[7]
    found = re.fullmatch(r'    n1\{\{"(.*)"\}\}', line)
    assert found is not None
    assert re.fullmatch(r"(?:[\w ./·-]|#\d+;)*", found[1])
    read = re.sub(r"#(\d+);", lambda it: chr(int(it[1])), found[1])
    assert read == visible(label)


@pytest.mark.parametrize("label", HOSTILE)
def test_a_fence_ends_where_it_should(label: str) -> None:
    assert mermaid(drawn(label), fenced=True).count("```") == 2


def fleet(agents: int, notes: int) -> Relations:
    """Agents with an own store each, and notes in the first of them."""
    stores = [Address.of("memory_store", f"store-{number:04}") for number in range(agents)]
    users = [Address.of("agent", f"agent-{number:04}") for number in range(agents)]
    memories = [Address.of("memory", f"store-0000/note-{number:04}.md") for number in range(notes)]
    lines = dict.fromkeys(zip(users, stores, strict=True), "")
    lines |= {(memory, stores[0]): "" for memory in memories}
    return Relations("p · s", dict.fromkeys((*users, *stores, *memories), Seen()), lines)


def test_what_fits_is_drawn_whole() -> None:
    text, view = drawable(graph_views(fleet(100, 100), CATALOG), mermaid)
    assert view.folded == ""
    assert text.count(" --> ") == 200


def test_what_has_the_same_neighbours_is_drawn_as_one_where_it_is_too_much() -> None:
    text, view = drawable(graph_views(fleet(100, 2000), CATALOG), mermaid)
    assert "note-0000.md and 1#44;999 more" in text
    assert text.count(" --> ") == 101
    assert view.folded == (
        "2,200 resources with 2,100 references are more than Mermaid draws: 3 or more with the same "
        "neighbours are drawn as one. Name ADDRESSes to draw a part, or take `--format dot`, which has no "
        "limit."
    )


def test_at_last_each_kind_is_one() -> None:
    text, view = drawable(graph_views(fleet(2000, 10), CATALOG), mermaid)
    assert len([node for group in view.groups for node in group.nodes]) == 3
    assert "agent-0000 and 1#44;999 more" in text
    assert len(text) < 2000


# -- by Mermaid itself


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    if SCRIPT is None or CHROMIUM is None:
        pytest.skip("no Mermaid, or no browser to run it in")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content("<div id=there></div>")
        page.add_script_tag(path=Path(SCRIPT))
        page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
        yield page
        browser.close()


DRAW = """async text => {
    window.called = 0; window.alert = () => { window.called++ };
    const {svg} = await mermaid.render('picture', text);
    const there = document.getElementById('there');
    there.innerHTML = svg;
    return {
        nodes: [...there.querySelectorAll('.node')].map(node => node.textContent.trim()),
        edges: [...there.querySelectorAll('.edgePaths path')].length,
        labels: [...there.querySelectorAll('.edgeLabel')].map(it => it.textContent.trim()).filter(it => it),
        strange: there.querySelectorAll('script,img,a,iframe,b,strong,em').length,
        called: window.called,
    };
}"""


def test_mermaid_draws_it(page: Any) -> None:
    found = page.evaluate(DRAW, mermaid(SMALL))
    assert found["nodes"] == ["notes", "~ tutorhigh risk", "sharedagent_01abc"]
    assert found["edges"] == 2
    assert set(found["labels"]) == {"read_write"}


@pytest.mark.parametrize("label", HOSTILE)
def test_mermaid_draws_the_label_as_it_is_and_nothing_else(page: Any, label: str) -> None:
    found = page.evaluate(DRAW, mermaid(drawn(label, "other")))
    assert found["nodes"] == [visible(label), "other"]
    assert set(found["labels"]) == {visible(label)}
    assert (found["edges"], found["strange"], found["called"]) == (1, 0, 0)


@pytest.mark.parametrize(("agents", "notes"), [(100, 100), (100, 2000), (2000, 10)])
def test_mermaid_draws_large_fleets_within_its_limits(page: Any, agents: int, notes: int) -> None:
    text, view = drawable(graph_views(fleet(agents, notes), CATALOG), mermaid)
    assert page.evaluate(DRAW, text)["edges"] == len(view.edges)
