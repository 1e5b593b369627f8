"""The HTML review as a file: its structure, what it lets through, and that it needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.comparison import Diff
from agentops.domain.plan import Plan
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.view import visible
from agentops.domain.view.review import ReviewView, review_of_diff, review_of_plans
from agentops.render.html import page
from agentops.render.json import document
from tests.render.cases import (
    BLANKS,
    BLOCKED,
    EVERY_ACTION,
    EVERY_VALUE,
    FIRST_APPLY,
    LONG_LINES,
    MOVED,
    MOVES,
    NOTES,
    PROBLEMS,
    PROMPT,
    PROMPT_EDIT,
    STAGES,
    TUTOR,
    changed,
    create,
    plan,
    update,
)

GOLDEN = Path(__file__).parent / "golden_html"
STATIC = Path(__file__).parents[2] / "agentops" / "render" / "review"
VOID = {"meta", "link", "input", "br", "col", "img"}


def risk(
    level: Level, label: Label = Label.PROMPT_CHANGED, sentence: str = "Read it.", path: str = ""
) -> Risk:
    return Risk(level=level, label=label, sentence=sentence, path=path)


ALL_LEVELS = plan(
    update(changed("system", PROMPT, PROMPT.replace("kind", "brisk")), risks=(risk(Level.LOW),)),
    update(changed("a", 1, 2), address=Address("agent/b"), risks=(risk(Level.HIGH), risk(Level.LOW))),
    create(NOTES, {"name": "notes"}),
    update(changed("a", 1, 2), address=Address("agent/c"), risks=(risk(Level.MEDIUM),)),
)

REVIEWS: dict[str, ReviewView] = {
    "first-apply": review_of_plans([FIRST_APPLY]),
    "first-apply-verbose": review_of_plans([FIRST_APPLY], verbose=True),
    "every-value": review_of_plans([EVERY_VALUE]),
    "blanks": review_of_plans([BLANKS, LONG_LINES]),
    "two-stages": review_of_plans([EVERY_ACTION, BLOCKED.model_copy(update={"stage": "prod"})]),
    "everything-else": review_of_plans(
        [plan(moves=MOVES, drift=MOVED, orphans=EVERY_ACTION.orphans, diagnostics=PROBLEMS)]
    ),
    "nothing": review_of_plans([plan(unchanged=3)]),
    "levels": review_of_plans([ALL_LEVELS]),
    "diff": review_of_diff(Diff(project="support-fleet", before="main", after="HEAD", stages=(STAGES,))),
}


class Element:
    def __init__(self, tag: str, attributes: dict[str, str | None], parent: Element | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element | str] = []

    def all(self, *tags: str) -> list[Element]:
        found = [self] if self.tag in tags else []
        return found + [
            it for child in self.children if isinstance(child, Element) for it in child.all(*tags)
        ]

    def having(self, name: str, value: str | None = None) -> list[Element]:
        found = [self] if name in self.attributes and value in {None, self.attributes[name]} else []
        return found + [it for child in self.elements for it in child.having(name, value)]

    @property
    def every(self) -> list[Element]:
        return [self] + [it for child in self.elements for it in child.every]

    @property
    def elements(self) -> list[Element]:
        return [it for it in self.children if isinstance(it, Element)]

    @property
    def text(self) -> str:
        return "".join(it if isinstance(it, str) else it.text for it in self.children)

    @property
    def said(self) -> str:
        return " ".join(self.text.split())


class Reader(HTMLParser):
    """Strict where browsers are not: every element is closed in its turn, no attribute is there twice."""

    def __init__(self) -> None:
        super().__init__()
        self.root = self.here = Element("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        element = Element(tag, dict(attrs), self.here)
        self.here.children.append(element)
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.here = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def read(shown: str) -> Element:
    reader = Reader()
    reader.feed(shown)
    reader.close()
    assert reader.here is reader.root
    return reader.root


def cards(root: Element) -> list[Element]:
    return [it for it in root.all("article") if it.attributes.get("class") == "change"]


# -- structure


@pytest.mark.parametrize("name", REVIEWS)
def test_a_page_is_well_formed_and_everything_in_it_can_be_reached(name: str) -> None:
    root = read(page(REVIEWS[name]))
    ids = Counter(it.attributes["id"] for it in root.having("id"))
    assert set(ids.values()) == {1}
    targets = [it.attributes["href"] or "" for it in root.all("a")]
    assert targets
    assert {target.removeprefix("#") for target in targets} <= set(ids)
    referred = [it.attributes["aria-labelledby"] for it in root.having("aria-labelledby")]
    assert set(referred) <= set(ids)
    assert {it.attributes["data-copy"] for it in root.having("data-copy")} <= set(ids)
    assert [it.tag for it in root.all("header", "main", "footer")] == ["header", "main", "footer"]
    assert root.all("html")[0].attributes["lang"] == "en"


@pytest.mark.parametrize("name", REVIEWS)
def test_headings_go_down_one_step_at_a_time(name: str) -> None:
    levels = [int(it.tag[1]) for it in read(page(REVIEWS[name])).all("h1", "h2", "h3", "h4", "h5")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", REVIEWS)
def test_every_button_and_field_has_a_name(name: str) -> None:
    root = read(page(REVIEWS[name]))
    for element in root.all("button", "input", "select"):
        label = element.parent if element.tag != "button" else None
        assert element.attributes.get("aria-label") or (label or element).said
    assert len(root.all("table")) == sum("aria-label" in it.attributes for it in root.all("table"))


@pytest.mark.parametrize("name", REVIEWS)
def test_nothing_is_loaded_and_only_its_own_style_and_script_count(name: str) -> None:
    root = read(page(REVIEWS[name]))
    assert not root.having("src")
    assert not root.having("style")
    assert [it.attributes["href"] for it in root.all("link")] == ["data:,"]
    (policy,) = [
        it.attributes["content"] or "" for it in root.having("http-equiv", "Content-Security-Policy")
    ]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (element,) = root.all(tag)
        hashed = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{hashed}'" in policy


def test_golden() -> None:
    """What a reviewer reads of the smallest plan there is; style and script aside."""
    found = page(review_of_plans([PROMPT_EDIT]))
    shown = re.sub(r"<(style|script)>.*?</\1>", r"<\1>…</\1>", found, flags=re.S)
    shown = re.sub(r"sha256-[\w+/=]+", "sha256-…", shown)
    golden = GOLDEN / "prompt-edit.html"
    if os.environ.get("AGENTOPS_GOLDEN") == "write":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


# -- what is said


def test_the_riskiest_stand_first_and_open() -> None:
    root = read(page(REVIEWS["levels"]))
    assert [it.attributes["data-level"] for it in cards(root)] == ["high", "medium", "low", "none"]
    many = plan(
        *(
            it.model_copy(update={"address": Address(f"agent/{n}")})
            for n, it in enumerate(3 * ALL_LEVELS.changes)
        )
    )
    found = [
        (it.attributes["data-level"], "open" in it.all("details")[0].attributes)
        for it in cards(read(page(review_of_plans([many]))))
    ]
    assert found == [
        *[("high", True)] * 3,
        *[("medium", True)] * 3,
        *[("low", False)] * 3,
        *[("none", False)] * 3,
    ]


def test_a_level_is_said_in_words_and_a_risk_once() -> None:
    card = cards(read(page(REVIEWS["levels"])))[0]
    assert [it.said for it in card.having("class", "chip level-high")] == ["▲High", "▲High"]
    assert card.said.count("Read it.") == 2  # one for each of its two risks
    assert "prompt-changed" in card.all("summary")[0].said


def test_the_header_counts_by_stage_action_and_level() -> None:
    root = read(page(REVIEWS["two-stages"]))
    header = root.all("header")[0].said
    assert "12 changes in 2 stages" in header
    assert (
        "staging ○No risks found + 1 create ~ 2 update ± 2 replace - 2 remove . 2 forget & 2 adopt" in header
    )
    assert "prod ▲Blocked · no risks found ~ 1 update" in header
    switches = {it.attributes["data-filter-level"]: it.said for it in root.having("data-filter-level")}
    assert switches == {"high": "▲High 0", "medium": "◆Medium 0", "low": "●Low 0", "none": "○No risk 12"}


def test_the_digest_is_there_whole_and_once() -> None:
    root = read(page(REVIEWS["levels"]))
    digest = ALL_LEVELS.change_digest
    assert [it.said for it in root.having("id", "stage-1-digest")] == [digest]
    command = f"agentops apply --stage staging --expect {digest}"
    assert [it.said for it in root.having("id", "stage-1-command")] == [command]
    assert root.text.count(digest[:12]) == 2


def test_a_difference_of_files_has_no_digest_and_says_what_it_is() -> None:
    root = read(page(REVIEWS["diff"]))
    assert "Difference of the files; nothing of it is applied" in root.all("header")[0].said
    assert not root.having("data-copy")
    header = root.all("header")[0].said
    assert "support-fleet · staging → prod ○No risks found + 1 added ~ 2 changed - 1 removed" in header


def test_drift_what_is_held_renamed_or_in_no_file_and_every_message_are_there() -> None:
    shown = read(page(REVIEWS["everything-else"])).all("main")[0].said
    for expected in (
        "agent/teacher is now agent/tutor",
        "memory_store/teacher-notes is now memory_store/tutor-notes, with 1 in it",
        "agent_01Tut",
        "changed in both places (file → registry)",
        "agent/old-one agent_01Oo agents/old-one.yaml",
        *(problem.summary for problem in PROBLEMS),
        "Blocked: nothing can be applied",
    ):
        assert expected in shown


def test_removed_and_added_are_said_by_elements_and_what_differs_is_marked() -> None:
    (table,) = [it for it in read(page(review_of_plans([PROMPT_EDIT]))).all("table") if "wait" in it.text][:1]
    assert "- Let them try first." in [it.text for it in table.all("del")]
    assert "- Let them try first, and wait." in [it.text for it in table.all("ins")]
    assert ", and wait" in [it.text for it in table.all("mark")]


def test_every_line_of_a_prompt_is_there_though_folded() -> None:
    before = PROMPT + "".join(f"rule {number}\n" for number in range(200)) + "end\n"
    root = read(
        page(review_of_plans([plan(update(changed("system", before, before.replace("end", "END"))))]))
    )
    (fold,) = [it for it in root.all("details") if it.attributes.get("class") == "fold"]
    assert fold.all("summary")[0].said == "213 unchanged lines · ## Tools"
    # a browser takes the newline at the start of a <pre> for none
    assert fold.all("pre")[0].text == "".join(f"\n{line}" for line in before.split("\n")[:213]) + "\n"


def test_hidden_characters_are_pointed_out_shown_and_named() -> None:
    root = read(page(review_of_plans([plan(update(changed("system", "a\nb\n", "a\nb\u202e\u200bc\n")))])))
    assert [(it.text, it.attributes["title"]) for it in root.having("class", "hidden")] == [
        ("⟨U+202E⟩", "right-to-left override"),
        ("⟨U+200B⟩", "zero width space"),
    ]
    (told,) = root.having("class", "unseen-text")
    assert told.said.startswith("system has 2 characters that nobody sees: U+202E RIGHT-TO-LEFT OVERRIDE")


@pytest.mark.parametrize("saved", [FIRST_APPLY, EVERY_VALUE, EVERY_ACTION, BLOCKED])
def test_a_saved_plan_makes_the_same_page_on_another_machine(saved: Plan) -> None:
    again = Plan.load(document(saved).encode(), "plan.json")
    assert page(review_of_plans([again])) == page(review_of_plans([saved]))


# -- what strangers wrote

PARTS = (
    "<script>alert(1)</script>",
    "</script>",
    "</style>",
    "<img src=x onerror=alert(1)>",
    '" onload="x',
    "' onclick='x",
    "javascript:alert(1)",
    "<a href=javascript:x>",
    "<!--",
    "-->",
    "]]>",
    "<svg/onload=x>",
    "&lt;",
    "&#60;script&#62;",
    "{{ 7*7 }}",
    "{% raw %}",
    "\u202e",
    "\u200b",
    "\x00",
    "\x1b[31m",
    "\r\n",
    "\n",
    "\t",
    "word ",
    "</td></tr></table>",
    "</details></article></main>",
    "<meta http-equiv=refresh content=0>",
    "<base href=//x>",
    "`",
    "=",
    "\ud800",
    "\ufffe",
)
HOSTILE = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join)
TAGS = frozenset(
    """
    html head meta link title style body a header p h1 h2 h3 h4 nav ul li span b div button label select
    option input main section code small article details summary dl dt dd ins del mark table colgroup col
    thead tbody tr th td pre svg path g rect text footer dialog kbd form script br
    """.split()  # noqa: SIM905
)
ATTRIBUTES = re.compile(r"(?!on)(?:[a-z]+|aria-[a-z]+|data-[a-z-]+|http-equiv)$")


def hostile_plan(texts: Sequence[str]) -> Plan:
    """The texts wherever a plan has room for one, also where nothing of ours would let it get."""
    one, two, three = texts
    tools = [{"type": one, "name": two}]
    body = {one: two, "system": f"{two}\n{three}", "metadata": {three: one}, "tools": tools}
    edited = update(
        changed("system", f"start\n{one}\nend", f"start\n{two}\nend"),
        changed(f"metadata.{one}", two, [three]),
        changed(three, {one: two}, {one: three}),
        changed("long", one * 30, one * 29 + two),
        risks=(risk(Level.HIGH, sentence=three, path=one),),
    )
    said = {"summary": one, "detail": f"{two}\n{three}"}
    return plan(
        create(TUTOR, body),
        edited.model_copy(update={"address": f"agent/{two}"}),
        drift=tuple(it.model_copy(update={"id": one}) for it in MOVED),
        orphans=tuple(it.model_copy(update={"path": two, "id": three}) for it in EVERY_ACTION.orphans),
        diagnostics=tuple(it.model_copy(update=said) for it in PROBLEMS),
        promotes=one,
    ).model_copy(update={"project": three, "stage": two})


@settings(max_examples=120, deadline=None)
@given(st.tuples(HOSTILE, HOSTILE, HOSTILE))
def test_no_place_of_a_page_lets_markup_through(texts: tuple[str, str, str]) -> None:
    shown = page(review_of_plans([hostile_plan(texts)]))
    root = read(shown)
    names = {name for it in root.every for name in it.attributes}
    assert all(ATTRIBUTES.match(name) for name in names), names
    assert {it.tag for it in root.every} <= {"", *TAGS}
    assert [it.text for it in root.all("script")] == [(STATIC / "page.js").read_text(encoding="utf-8")]
    assert [it.text for it in root.all("style")] == [(STATIC / "page.css").read_text(encoding="utf-8")]
    assert all((it.attributes["href"] or "").startswith(("#stage-", "#main")) for it in root.all("a"))
    assert len([it for it in root.all("meta") if "http-equiv" in it.attributes]) == 1
    assert not any(character in shown for character in "\u202e\u200b\x00\x1b\r\ud800\ufffe")
    assert shown.encode("utf-8")


@settings(max_examples=60, deadline=None)
@given(HOSTILE)
def test_and_none_of_it_is_lost(text: str) -> None:
    """As a text it reads as it was written, its hidden characters shown."""
    line = " ".join(text.split()) + "."
    root = read(page(review_of_plans([plan(update(changed("system", "a\nb\n", f"a\n{line}\n")))])))
    assert " ".join(visible(line).replace("\t", "⇥").split()) in " ".join(root.text.split())


def test_templates_use_no_filter_that_switches_escaping_off() -> None:
    for source in STATIC.glob("*.jinja"):
        text = source.read_text(encoding="utf-8")
        assert "safe" not in re.findall(r"\|\s*(\w+)", text)
        assert "autoescape" not in text
