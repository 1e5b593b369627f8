"""Nothing that a stranger wrote is obeyed by what reads a comment, and all of it can be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.canonical import Moved
from agentops.domain.diagnostics import Code, Location, error, warning
from agentops.domain.plan import Action, Base, Change, Drift, DriftedField, Move, Orphan, Plan, Reason
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.view import visible
from agentops.domain.view.markdown import code, fence, fenced, html_code, html_prose, link, prose
from agentops.domain.view.review import review_of_plans
from agentops.render.markdown import render_markdown
from tests.render.cases import changed, plan
from tests.render.reviews import LINKED, OURS, Seen, rendered

MARKER = "<!-- agentops:plan:support-fleet -->"

NASTY = [
    "@torvalds and @github/security, cc @dependabot",
    "see #123, GH-123, octo/repo#1, octo/repo@1f2e3d4c5b, 1f2e3d4c5b6a7f8e",
    "https://evil.example/?q=1 www.evil.example mailto:a@b.example a@b.example ftp://x.example",
    "![pixel](https://evil.example/p.png) [link](https://evil.example) [ref][1]\n\n[1]: https://evil.example",
    "<img src=x onerror=alert(1)><script>alert(1)</script><a href=javascript:1>x</a>",
    "</summary></details></code></pre><h1>Approved</h1>",
    "<!-- agentops:plan:support-fleet --> <!-- x",
    "&lt;b&gt; &#64;torvalds &#x3C;i&#x3E; &nbsp;",
    "**bold** _em_ ~~gone~~ `code` ``co`de`` ` a\\`b\\",
    "# Heading\n## Another\n- item\n1. one\n> quote\n---\n***\n===",
    "| a | b |\n|---|---|\n| x \\| y | z |",
    "```\nout\n```\n~~~\n````````\n   ```\n```diff",
    "`" * 70,
    ":tada: :+1: :shipit: $E=mc^2$ $$x$$",
    "/close\n/deploy prod\n  /approve\n@bot merge",
    "::set-output name=x::y\n  ::error::no\n##[error]x\n##vso[task.setvariable]x",
    "\u202eevil\u202c \u200bzero\u200d \u2066iso\u2069 \ufeff \u00ad \U000e0041\U000e0042",
    "p\u0430yp\u0430l.com",
    "\x1b[31mred\x1b[0m \x07 \x00 \r\n\r \x85 \u2028 \u2029",
    " \t ",
    "",
    "\ud800 lone",
    "🎉" * 40,
    "a" * 5_000,
    "word " * 400,
]
"""What people tried on comments, and what a reader does not see."""

PIECES = st.sampled_from([*"`~|<>&\\[]()!*_#@:/$-+=.\n\t \"'", "```", "<!--", "-->", "@a", "#1"])
WORDS = st.sampled_from(["www.", "http://", "a", "1", "é", "\u202e", "</details>", "<b>", "&#64;", "\\|"])
ANY = st.text(max_size=30)
TEXTS = st.one_of(
    st.sampled_from(NASTY), st.lists(PIECES | WORDS, max_size=12).map("".join), st.text(max_size=30)
)


def address_of(text: str) -> Address:
    """What of it an address can be."""
    kept = "".join(sign for sign in text if sign.isprintable()).strip()
    return Address(f"agent/{kept or 'x'}")


def hostile(text: str) -> Plan:
    """A plan with this in every place that a stranger can write into."""
    address, place = address_of(text), Location(text, 3, 1)
    risks = tuple(
        Risk(level=level, label=label, sentence=sentence)
        for level, label, sentence in (
            (Level.HIGH, Label.PROMPT_CHANGED, f"It no longer says “{text}”; look."),
            (Level.LOW, Label.MCP_SERVER, text),
        )
    )
    base = Base(id=text, version=1, digest="d")
    return plan(
        Change(
            address=address,
            action=Action.UPDATE,
            reason=Reason.CHANGED,
            base=base,
            risks=risks,
            location=place,
            fields=(
                changed(text, "a", "b"),
                changed("system", "# One\nsame\n" + text, f"# One\nsame\n{text}\nmore"),
                changed("swapped", f"{text}\nfirst\n", f"second\n{text}\n"),
                changed("short", text, "x"),
                changed("list", [text], ["y", text]),
                changed("map", {text: 1}, {text: 2}),
                changed("gone", {"name": text, "inner": [text]}),
            ),
        ),
        Change(
            address=address, action=Action.REPLACE, reason=Reason.CREATE_ONLY_FIELD, base=base, forced_by=text
        ),
        Change(
            address=address_of(f"n{text}"),
            action=Action.CREATE,
            reason=Reason.NEW,
            body={"name": text, "tools": [{"name": text, "type": "custom"}], text: text},
        ),
        drift=(
            Drift(
                address=address,
                id=text,
                fields=(DriftedField(path=text, moved=Moved.BOTH, ours=text, theirs=f"{text}\nx"),),
                location=place,
            ),
        ),
        orphans=(Orphan(address=address, id=text, path=text),),
        moves=(Move(old=address, new=address, id=text),),
        diagnostics=(
            error(Code.DRIFT, text, f"{text}\n{text}", address=address, location=place),
            warning(Code.ORPHAN, f"about {text}", text, address=address),
        ),
    ).model_copy(update={"project": f"p {text}", "promotes": text})


def harmless(markdown: str) -> Seen:
    """What is rendered, after what must hold of any comment."""
    assert markdown.startswith(f"{MARKER}\n")
    assert markdown.count("<!--") == 1
    seen = rendered(markdown)
    assert seen.tags.keys() <= OURS
    assert [it.strip() for it in seen.comments] == ["agentops:plan:support-fleet"]
    for tag, name, value in seen.attributes:
        allowed = {
            "a": {"name", "href"}, "details": {"open"}, "pre": {"lang"}, "th": {"align"}, "td": {"align"},
        }[tag]  # fmt: skip
        assert name in allowed
        if name == "href":
            assert value.startswith("#")
    assert all(LINKED.search(line) is None for line in "".join(seen.plain).splitlines())
    for line in markdown.splitlines():
        assert not re.match(r"\s*(::|/[a-z])", line, re.IGNORECASE), line
        assert "##[" not in line
        assert visible(line) == line
    return seen


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_nasty_text_in_every_place(text: str) -> None:
    plain, nasty = (
        harmless(render_markdown(review_of_plans([hostile(it)]), marker=MARKER)) for it in ("plain", text)
    )
    same = ("details", "summary", "table", "h3", "blockquote")
    assert {tag: nasty.tags[tag] for tag in same} == {tag: plain.tags[tag] for tag in same}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(TEXTS, st.sampled_from([65_536, 6_000, 2_000]))
def test_any_text_in_every_place(text: str, limit: int) -> None:
    shown = render_markdown(review_of_plans([hostile(text)]), marker=MARKER, limit=limit)
    harmless(shown)
    assert len(shown.encode("utf-16-le")) // 2 <= limit


@given(TEXTS)
def test_a_code_span_is_read_as_it_was_written(text: str) -> None:
    for markdown, is_row in ((code(text), False), (code(text, in_table=True), True)):
        page = f"| a |\n|---|\n| {markdown} |\n" if is_row else f"x {markdown} y\n"
        seen = rendered(page)
        assert seen.tags["code"] == 1
        assert seen.tags.keys() <= {"code", "p", "table", "thead", "tbody", "tr", "th", "td"}
        if text.strip():
            assert readable(seen.text) == readable(shortened(text))


@given(TEXTS)
def test_a_sentence_keeps_its_words(text: str) -> None:
    seen = rendered(f"- **x** {prose(text, 200)}\n")
    assert seen.tags.keys() <= {"code", "p", "ul", "li", "strong"}
    words = readable("".join([*seen.plain, *seen.coded]))
    assert sorted(words.replace("`", "")) == sorted(readable(f"x{shortened(text)}").replace("`", ""))


@given(TEXTS)
def test_within_html_too(text: str) -> None:
    seen = rendered(f"<details><summary>{html_code(text)} {html_prose(text)}</summary>\n\nx\n\n</details>\n")
    assert seen.tags.keys() <= {"code", "p", "details", "summary"}
    assert LINKED.search("".join(seen.plain)) is None


@given(st.lists(TEXTS, max_size=6), st.sampled_from(["+ ", "- ", "  ", "@@"]))
def test_a_fence_holds_its_lines(texts: list[str], mark: str) -> None:
    lines = [fenced(f"{mark}{line}") for text in texts for line in text.split("\n")]
    markdown = "\n".join([*fence(lines, "diff"), "", "after"])
    seen = rendered(markdown)
    assert seen.tags == {"pre": 1, "code": 1, "p": 1}
    assert seen.text == "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It can now approve pull requests by itself.", "It can now approve pull requests by itself."),
        ("from v3 to v4 (twice), 20% or 1,000.5", "from v3 to v4 (twice), 20% or 1,000.5"),
        ("ask @torvalds, or see #12.", "ask `@torvalds`, or see `#12`."),
        ("run `agentops plan --out FILE`; then", "run `agentops plan --out FILE`; then"),
        ("1. Not a list", "`1.` Not a list"),
        ("`a``b`", "`a` `b`"),
        ("it defaced 1234567 things", "it `defaced 1234567` things"),
        ("a lone ` backtick", "a lone `` ` `` backtick"),
    ],
)
def test_a_sentence_reads_well(text: str, shown: str) -> None:
    assert prose(text) == shown


def test_where_is_a_link_only_if_it_is_one() -> None:
    assert (
        link("https://github.com/o/r/actions/runs/1#artifacts")
        == "<https://github.com/o/r/actions/runs/1#artifacts>"
    )
    assert link("the artifact of https://a.b/c>![x](y)") == "the artifact of `https://a.b/c>![x](y`)"


def readable(text: str) -> str:
    """Without the blanks, which HTML does not keep."""
    return re.sub(r"\s+", "", text)


def shortened(text: str) -> str:
    shown = visible(text)
    shown = shown if len(shown) <= 200 else f"{shown[:199]}…"
    shown = re.sub("<!(?=--)", "<⟨U+0021⟩", shown)
    return re.sub(r"`{33,}", lambda run: f"⟨{len(run[0])} × U+0060⟩", shown)
