"""A change of a rendered text, made in its template, or not at all."""

from __future__ import annotations

import pytest

from agentops.spec.editing.template import retold

TEMPLATE = "Hi {{ name }}.\n\nBe kind.\n{% if x %}\nBe slow.\n{% endif %}\nEnd.\n"
RENDERED = "Hi Ada.\n\nBe kind.\n\nBe slow.\n\nEnd.\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Be kind.\n", "Be strict.\n"),
        ("Be slow.\n", "Be slow.\nBe sure.\n"),
        ("Be slow.\n", ""),
        ("End.\n", "End.\nMore.\n"),
    ],
)
def test_lines_that_are_no_expressions(old: str, new: str):
    assert retold(TEMPLATE, RENDERED, RENDERED.replace(old, new)) == TEMPLATE.replace(old, new)


def test_a_line_that_comes_from_an_expression():
    assert retold(TEMPLATE, RENDERED, RENDERED.replace("Ada", "Bob")) is None


def test_nothing_changed():
    assert retold(TEMPLATE, RENDERED, RENDERED) == TEMPLATE
