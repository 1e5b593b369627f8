"""The engine knows a kind by its description alone."""

from __future__ import annotations

import ast
from pathlib import Path

import agentops.engine
from agentops.kinds import CATALOG

MODULES = sorted(Path(agentops.engine.__path__[0]).glob("*.py"))


def test_no_text_in_it_is_what_a_kind_or_a_reference_to_one_is_called():
    called = {
        text for kind in CATALOG for text in (kind.name, kind.directory, f"{kind.name}_id", kind.id_prefix)
    }
    texts = {
        node.value
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert len(texts) > 100
    assert texts & called == set()
