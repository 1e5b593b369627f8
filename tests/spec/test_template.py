"""Templates: what they may say, and what they may not do."""

from __future__ import annotations

import time

import jinja2
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


@pytest.mark.parametrize(
    ("at", "text", "line"),
    [
        (Location("a.md", 6, 1), "a\nb\n{{ vars.inbx }}", 8),  # the text under a frontmatter
        (Location("a.yaml", 3, 9), "a\nb\n{{ vars.inbx }}\n", 6),  # `system: |`: it begins a line below
        (Location("a.yaml", 3, 9), "{{ vars.inbx }}\n", 4),
        (Location("a.yaml", 3, 9), "{{ vars.inbx }}", 3),
        (Location("a.json", 3, 9), "a\n{{ vars.inbx }}", 3),  # JSON has no text of several lines
    ],
)
def test_a_mistake_in_a_member_is_placed_in_the_member_s_lines(at: Location, text: str, line: int) -> None:
    with pytest.raises(Refused) as caught:
        render(text, VARS, "dev", at, is_file=False)
    (problem,) = caught.value.diagnostics
    assert problem.location is not None
    assert (problem.location.file, problem.location.line) == (at.file, line)


_TWINS = "{% set a = [1] %}{% set b = [1] %}" + "{% set a = [a, a] %}{% set b = [b, b] %}" * 40
_LIST = "[" + "1," * 12_000 + "]"

BOMBS = {
    "text that doubles": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a~a~a~a~a~a~a~a~a~a %}" * 12 + "{{ a }}",
    "text added up": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a+a+a+a+a+a+a+a+a+a %}" * 12 + "{{ a }}",
    "lists of lists": "{% set a = [1] %}" + "{% set a = [a,a,a,a,a,a,a,a,a,a] %}" * 12 + "{{ a | string }}",
    "text joined": "{% set a = 'x' %}"
    + "{% set a = ['','','','','','','','','','',''] | join(a) %}" * 12
    + "{{ a }}",
    "text replaced": "{% set a = 'xxxxxxxxxx' %}" + "{% set a = a | replace('x', a) %}" * 12 + "{{ a }}",
    "loops": "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "loops one after another": "{% for i in range(9999) %}{% endfor %}" * 30,
    "a loop of much that prints nothing": "{% for i in range(9999) %}"
    + "{% if i %}{% endif %}" * 5000
    + "{% endfor %}",
    "scopes in scopes": "{% with a=[1], b=[1] %}"
    + "{% with a=[a,a], b=[b,b] %}" * 40
    + "{{ 'x' if a == b else 'y' }}"
    + "{% endwith %}" * 41,
    "lists that are compared": _TWINS + "{{ 'x' if a == b else 'y' }}",
    "lists that are searched": _TWINS + "{{ 'x' if a in [b] else 'y' }}",
    "lists that are tested": _TWINS + "{{ 'x' if a is eq(b) else 'y' }}",
    "lists that are ordered": _TWINS + "{{ [a, b] | sort | length }}",
    "lists as keys": _TWINS + "{{ {a: 1} }}",
    "lists as text": _TWINS + "{{ a | tojson }}",
    "lists taken apart": _TWINS + "{{ a | list | length }}" * 40 + "{{ a | join }}",
    "digits before the point": "{{ 7 | round(-30000000) }}",
    "digits behind the point": '{{ 1 | round(30000000, "ceil") }}',
    "a deep margin in JSON": "{{ [1] | tojson(300000000) | length }}",
    "margins of margins": "{{ '\\n\\n\\n\\n\\n\\n\\n\\n' "
    + "| indent(100) | replace(' ', '\\n') " * 40
    + "}}",
    "a long list": "{% set a = ["
    + "1," * 400_000
    + "] %}{% for i in range(10000) %}{% set b = a %}{% endfor %}x",
    "a list walked again and again": "{% set a = " + _LIST + " %}{% for i in range(9999) %}{% for x in a %}"
    "{% endfor %}{% endfor %}",
    "a list sliced again and again": "{% set a = "
    + _LIST
    + " %}{% for i in range(9999) %}{% set b = a[1:] %}"
    "{% endfor %}",
    "a list measured again and again": "{% set a = "
    + _LIST
    + " %}{% for i in range(9999) %}{% if a | first %}"
    "{% endif %}{% endfor %}",
    "text split again and again": "{% set a = 'x ' ~ '" + "y " * 99_999 + "' %}{% for i in range(9999) %}"
    "{% if a.split() %}{% endif %}{% endfor %}",
    "a long number": "{{ " + "9" * 4_000 + " }}",
    "a number in another base": "{{ 'f' | int(base=16) }}",
    "wide brackets": "{{ " + "[" * 49 + "]" * 49 + " }}" * 40_000,
    "many expressions": "{{ 1 }}" * 1_000_000,
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
    started = time.process_time()
    refused(BOMBS[name])
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        "{% for x in [1, 2] %}{% if loop.first %}a{% elif loop.last %}b{% endif %}{% endfor %}",
        "{% for x in [] %}a{% else %}none{% endfor %}",
        "{% for x in [1, 2, 3, 4] if x is even %}{{ loop.index }}/{{ loop.length }}:{{ x }} {% endfor %}",
        "{% for key, value in vars.limits.items() %}{{ key }}={{ value }}{% endfor %}",
        "{% for key in vars.limits %}{{ key }}{% endfor %}",
        "{% for pair in {'b': 1, 'a': 2} | dictsort %}{{ pair | join('=') }};{% endfor %}",
        "{% set a = 1 %}{% for x in [1, 2] %}{% set a = a + x %}{{ a }}{% endfor %}{{ a }}",
        "{% set a = 1 %}{% if true %}{% set a = 2 %}{% endif %}{{ a }}",
        "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
        "{% for x in [1] %}{% for y in [2, 3] %}{{ x ~ y ~ loop.index0 }}{% endfor %}{% endfor %}",
        "  {%- if stage == 'dev' -%}  x  {%- endif %}\n\n{# note #}\n",
        "{{ 7 // 2 }} {{ 7 % 2 }} {{ 7 / 2 }} {{ -7 }} {{ +1 }} {{ 2 * 3 - 1 }} {{ not true }}",
        "{{ 1 < 2 < 3 }} {{ 'a' in vars.inbox }} {{ 'x' not in ['y'] }} {{ 1 and 0 }} {{ 0 or 'b' }}",
        "{{ vars.langs[0] }} {{ vars.langs[-1] }} {{ vars.inbox[2:5] }} {{ vars.langs[:1] | join }}",
        "{{ 'b,a' .split(',') | sort | join('+') }} {{ ['b', 'A', 'b'] | unique | join }}",
        "{{ [{'n': 'b'}, {'n': 'a'}] | map(attribute='n') | join(',') }}",
        "{{ [{'n': 'b'}, {'n': 'a'}] | sort(attribute='n') | map(attribute='n') | first }}",
        "{{ [3, 1, 2] | max }}{{ [3, 1, 2] | min }}{{ [3] | sum }}{{ 'abc' | reverse }}{{ [1] | last }}",
        "{{ 2.345 | round(1) }} {{ 2.345 | round(2, 'floor') }} {{ 2.1 | round(0, 'ceil') }} {{ 4 | round }}",
        "{{ '3' | int + 1 }} {{ 'x' | int }} {{ '1.5' | float }} {{ -1 | abs }} {{ 5 | string }}",
        "{{ 'hello world' | title }} {{ 'hello' | capitalize }} {{ ' a ' | trim }} {{ 'A' | lower }}",
        "{{ 'a\nb\n\nc' | indent }}|{{ 'a' | indent(2, true) }}|{{ 'aaa' | replace('a', 'b', 2) }}",
        "{{ {'b': [1, '<'], 'a': none} | tojson }} {{ [1] | tojson(indent=2) }}",
        "{{ vars.nothing | default('x', true) }}{{ vars.nope | d('y') }}{{ nope is undefined }}",
        "{{ vars.nothing is none }}{{ 1 is number }}{{ 'a' is string }}{{ 1 is mapping }}",
        "{{ 'a' if vars.langs else 'b' }}{{ 'a' if [] else 'b' }}{{ [1, 2] | length }}{{ 'abc' | count }}",
        "{{ 'a' 'b' }}{{ 'x' ~ 1.5 ~ true }}{{ ['a'] + ['b'] == ['a', 'b'] }}{{ range(2, 6, 2) | join }}",
    ],
)
def test_a_template_says_what_jinja2_would_make_of_it(text: str) -> None:
    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
    assert render(text, VARS, "dev", AT) == jinja.from_string(text).render(vars=VARS, stage="dev")


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
        "{% with a = 1 %}{{ a }}{% endwith %}",
        "{% if false %}{{ 1 | shout }}{% endif %}",
        "{{ 2 ** 3 }}",
        "{{ range(*[1]) | join }}",
        "{{ vars.items.__func__ }}",
        "{{ loop.cycle(1) }}",
        "{{ 'x'.format(1) }}",
        "{{ ['a'] | map('upper') | join }}",
        "{{ 'a' | xmlattr }}",
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
