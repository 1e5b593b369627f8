"""The judge is Graphviz, where it is installed."""

from __future__ import annotations

import html
import re
import shutil
import subprocess

import pytest

from agentops.domain.view import visible
from agentops.domain.view.graph import graph_views
from agentops.kinds import CATALOG
from agentops.render.dot import dot
from tests.render.test_mermaid import HOSTILE, SMALL, drawn, fleet

TEXT = """\
// 3 resources with 2 references
digraph "shop · dev" {
  graph [rankdir=LR, label="shop · dev", labelloc=t, fontname=Helvetica]
  node [fontname=Helvetica]
  edge [fontname=Helvetica, fontsize=10]
  subgraph cluster_g2 {
    label="memory_stores"
    n1 [label="notes", shape=cylinder]
  }
  subgraph cluster_g7 {
    label="agents"
    n2 [label="~ tutor\\nhigh risk", shape=ellipse, penwidth=3, color="#d1242f"]
    n3 [label="shared\\nagent_01abc", shape=ellipse, style=dashed]
  }
  n2 -> n1 [label="read_write", style=dashed]
  n2 -> n3
}
"""


def test_a_graph_that_a_person_can_read() -> None:
    assert dot(SMALL) == TEXT


@pytest.mark.parametrize("label", [*HOSTILE, "\\N \\G \\l \\", '"', "\\"])
def test_a_label_is_one_quoted_string(label: str) -> None:
    line = dot(drawn(label)).splitlines()[7]
    found = re.fullmatch(r'    n1 \[label="((?:[^"\\]|\\["\\])*)", shape=hexagon\]', line)
    assert found is not None
    assert html.unescape(re.sub(r"\\(.)", r"\1", found[1])) == visible(label)


needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def laid_out(text: str) -> str:
    return subprocess.run(
        ["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@needs_graphviz
@pytest.mark.parametrize("label", [*HOSTILE, "\\N \\G \\l \\", '"', "\\"])
def test_graphviz_draws_the_label_as_it_is(label: str) -> None:
    texts = [
        html.unescape(it) for it in re.findall(r"<text[^>]*>([^<]*)</text>", laid_out(dot(drawn(label))))
    ]
    assert visible(label) in [it.replace("\xa0", " ") for it in texts]
    assert "n1" not in texts


@needs_graphviz
def test_graphviz_reads_a_small_and_a_large_one() -> None:
    assert laid_out(dot(SMALL)).count('<g id="edge') == 2
    whole = next(graph_views(fleet(100, 600), CATALOG))
    assert whole.folded == ""
    assert laid_out(dot(whole)).count('<g id="edge') == 700
