"""Templates: what they may say, and what they may not do."""

from __future__ import annotations

import time

import pytest

from agentops.domain.diagnostics import Code, Location
from agentops.spec.files import Refused
from agentops.spec.template import render

VARS = {"inbox": "a@example.com", "langs": ["py", "go"], "limits": {"refund": 50}, "nothing": None}
AT = Location("prompt.md.j2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ vars.inbox }} in {{ stage }}", "a@example.com in dev"),
        ("keeps the newline\n", "keeps the newline\n"),
        ("{% for lang in vars.langs %}{{ loop.index }}{{ lang }} {% endfor %}", "1py 2go "),
        ("{{ vars.langs | join(', ') }}", "py, go"),
        ("{{ vars.limits.refund + 1 }}", "51"),
        ("{{ vars['limits']['refund'] * 2 }}", "100"),
        ("{{ vars.limits | tojson }}", '{"refund": 50}'),
        ("{% if stage == 'prod' %}live{% else %}test{% endif %}", "test"),
        ("{{ vars.missing | default('none') }}", "none"),
        ("{% if vars.missing is defined %}a{% endif %}b", "b"),
        ("{{ vars.inbox.split('@')[0] | upper }}", "A"),
        ("{{ 'a' ~ 1 ~ vars.inbox }}", "a1a@example.com"),
        ("{% raw %}{{ as is }}{% endraw %}", "{{ as is }}"),
        ("{{ vars.inbox | replace('a', 'b') }}", "b@exbmple.com"),
        ("{{ 'x\ny' | indent(2) }}", "x\n  y"),
        ("<b>{{ '<&>' }}", "<b><&>"),
    ],
)
def test_what_templates_say(text: str, expected: str) -> None:
    assert render(text, VARS, "dev", AT) == expected


def refused(text: str, **options: bool):
    with pytest.raises(Refused) as caught:
        render(text, VARS, "dev", AT, **options)
    (problem,) = caught.value.diagnostics
    assert problem.code is Code.TEMPLATE
    return problem


@pytest.mark.parametrize(
    ("text", "line", "summary", "detail"),
    [
        ("a\nb {{ vars.inbx }}", 2, "'inbx'", "did you mean 'inbox'?"),
        ("{{ vars.limits.refnd }}", 1, "'refnd'", "did you mean 'refund'?"),
        ("{{ inbox }}", 1, "'inbox' is not defined", "vars.inbox"),
        ("\n\n{{ vars.nothing }}", 3, "null", "default"),
        ("{{ vars.langs }}", 1, "list", "join"),
        ("a\n{% if %}", 2, "expression", ""),
        ("{% for x in vars.langs %}\n", 1, "end of template", ""),
        ("{{ 1 / 0 }}", 1, "division", ""),
        ("{{ vars.inbox | shout }}", 1, "shout", ""),
    ],
)
def test_a_mistake_is_placed_and_explained(text: str, line: int, summary: str, detail: str) -> None:
    problem = refused(text)
    assert problem.location is not None
    assert problem.location.line == line
    assert summary in problem.summary
    assert detail in problem.detail


def test_a_mistake_in_a_member_is_placed_at_the_member() -> None:
    assert refused("\n\n{{ vars.inbx }}", is_file=False).location == AT


BOMBS = {
    "text that doubles": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a~a~a~a~a~a~a~a~a~a %}" * 12 + "{{ a }}",
    "text added up": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a+a+a+a+a+a+a+a+a+a %}" * 12 + "{{ a }}",
    "lists of lists": "{% set a = [1] %}" + "{% set a = [a,a,a,a,a,a,a,a,a,a] %}" * 12 + "{{ a | string }}",
    "text joined": "{% set a = 'x' %}"
    + "{% set a = ['','','','','','','','','','',''] | join(a) %}" * 12
    + "{{ a }}",
    "text replaced": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a | replace('x', a) %}" * 12 + "{{ a }}",
    "loops": "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "loops one after another": "{% for i in range(9999) %}{% endfor %}" * 3,
    "a long range": "{{ range(1000000000) | list }}",
    "multiplied text": "{{ 'x' * 9999999999 }}",
    "a multiplied list": "{{ [1] * 9999999999 }}",
    "a power": "{{ 9 ** 9 ** 9 }}",
    "a wide number": "{{ '%9999999999d' % 1 }}",
    "a wide format": "{{ '{:>9999999999}'.format(1) }}",
    "justified text": "{{ 'x'.ljust(9999999999) }}",
    "numbers multiplied": "{% set a = 99999999999999999999 %}" + "{% set a = a * a %}" * 30 + "{{ a }}",
    "a captured block": "{% set a %}x{% endset %}{{ a }}",
    "deep brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "output in a loop": "{% for i in range(9999) %}" + "x" * 200 + "{% endfor %}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_no_time(name: str) -> None:
    started = time.monotonic()
    refused(BOMBS[name])
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    "text",
    [
        "{% include 'x' %}",
        "{% import 'x' as x %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block a %}{% endblock %}",
        "{% macro a() %}{% endmacro %}",
        "{% filter upper %}x{% endfilter %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ ''.__class__ }}",
        "{{ vars.__class__ }}",
        "{{ vars.update({'a': 1}) }}",
        "{{ cycler }}",
        "{{ namespace() }}",
        "{{ lipsum() }}",
        "{{ self._TemplateReference__context }}",
        "{{ ().__class__.__base__.__subclasses__() }}",
        "{{ [].append(1) }}",
        "{{ range.__self__ }}",
    ],
)
def test_what_templates_may_not_do(text: str) -> None:
    problem = refused(text)
    assert "0x" not in problem.summary
