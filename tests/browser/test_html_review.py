"""The HTML review as a person uses it: with a mouse, with keys, without a script, on a phone, in the dark."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page

from agentops.domain.address import Address
from agentops.domain.plan import Plan
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.view.review import ReviewView, review_of_plans
from tests.browser.conftest import Open
from tests.render.cases import (
    BLANKS,
    EVERY_ACTION,
    EVERY_VALUE,
    FIRST_APPLY,
    LONG_LINES,
    MOVED,
    MOVES,
    PROBLEMS,
    PROMPT,
    changed,
    plan,
    update,
)

LEVELS = (Level.HIGH, Level.MEDIUM, Level.LOW, None)
RULES = (
    PROMPT
    + "".join(f"Rule {number}: be kind, be brief and be sure of it.\n" for number in range(60))
    + "end\n"
)
EDITED = RULES.replace("Let them try first.", "Let them try first\u202e, and wait.").replace("end", "the end")


def edits(count: int, prefix: str = "agent/team") -> Plan:
    """Changes of every level in turn, none of them like another."""
    return plan(
        *(
            update(
                changed("system", RULES, EDITED.replace("wait", f"wait {number}")),
                changed("description", "old", "new"),
                address=Address(f"{prefix}-{number:04}"),
                risks=risks(LEVELS[number % 4]),
            )
            for number in range(count)
        )
    )


def risks(level: Level | None) -> tuple[Risk, ...]:
    sentence = "Three lines of the prompt change: read them as you read code."
    return (Risk(level=level, label=Label.PROMPT_CHANGED, sentence=sentence),) if level else ()


SMALL = review_of_plans([edits(8), edits(4, "agent/other").model_copy(update={"stage": "prod"})])


def everything() -> ReviewView:
    """Whatever a page can have on it, in one."""
    first = plan(
        *edits(4).changes,
        *EVERY_VALUE.changes,
        *FIRST_APPLY.changes,
        *BLANKS.changes,
        *LONG_LINES.changes,
        drift=MOVED,
        moves=MOVES,
        orphans=EVERY_ACTION.orphans,
        diagnostics=PROBLEMS,
    )
    return review_of_plans([first, EVERY_ACTION.model_copy(update={"stage": "prod"})])


def shown(page: Page) -> list[str]:
    addresses = "[...document.querySelectorAll('article.change')].filter(it => it.checkVisibility())"
    found: list[str] = page.evaluate(f"{addresses}.map(it => it.dataset.address)")
    return found


def here(page: Page) -> str | None:
    found: str | None = page.evaluate("document.activeElement.closest('article.change')?.dataset.address")
    return found


def is_open(page: Page, address: str) -> bool:
    found: bool = page.evaluate(
        "address => document.querySelector(`[data-address='${address}'] details`).open", address
    )
    return found


# -- the filter


def test_levels_are_switched_off_and_on_and_the_count_is_said(show: Open) -> None:
    page = show(SMALL)
    assert len(shown(page)) == 12
    page.click("[data-filter-level=high]")
    page.click("[data-filter-level=none]")
    levels = page.evaluate(
        "[...document.querySelectorAll('article.change:not([hidden])')].map(it => it.dataset.level)"
    )
    assert levels == ["medium"] * 2 + ["low"] * 2 + ["medium", "low"]
    status = page.locator("[role=status]")
    assert status.inner_text() == "6 of 12 shown"
    assert status.get_attribute("aria-live") == "polite"
    assert page.get_attribute("[data-filter-level=high]", "aria-pressed") == "false"
    page.click("[data-filter-level=high]")
    assert len(shown(page)) == 9


def test_a_stage_and_words_of_an_address_narrow_what_is_shown(show: Open) -> None:
    page = show(SMALL)
    page.fill("#search", "TEAM 0003")
    assert shown(page) == ["agent/team-0003"]
    assert page.locator("#stage-2 .nothing").is_visible()
    page.fill("#search", "")
    page.select_option("#stage", "stage-2")
    assert {address.partition("-")[0] for address in shown(page)} == {"agent/other"}
    assert not page.locator("#stage-1").is_visible()
    page.fill("#search", "nothing like it")
    assert shown(page) == []
    page.click("#stage-2 .reset")
    assert len(shown(page)) == 12


def test_a_link_leads_to_a_change_that_was_filtered_away(show: Open) -> None:
    page = show(everything())
    page.fill("#search", "agent/team")
    page.evaluate("location.hash = document.querySelector('.picture a').getAttribute('href')")
    page.wait_for_function("document.activeElement.closest('article.change')")
    assert len(shown(page)) == page.locator("article.change").count()
    assert is_open(page, here(page) or "")


def test_the_digest_is_copied_from_a_file(show: Open) -> None:
    page = show(SMALL, permissions=["clipboard-read", "clipboard-write"])
    page.click("[data-copy=stage-1-digest]")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == SMALL.stages[0].digest


# -- the keyboard


def test_keys_move_open_filter_and_explain(show: Open) -> None:
    page = show(SMALL)
    page.keyboard.press("j")
    assert here(page) == "agent/team-0000"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    second = here(page)
    assert second == "agent/team-0004"
    assert is_open(page, second)
    page.keyboard.press("o")
    assert not is_open(page, second)
    page.keyboard.press("Enter")
    assert is_open(page, second)
    page.keyboard.press("1")
    assert page.inner_text("[role=status]") == "9 of 12 shown"
    page.keyboard.press("j")
    assert here(page) == "agent/team-0001"
    page.keyboard.press("0")
    page.keyboard.press("/")
    page.keyboard.type("other-0002")
    assert shown(page) == ["agent/other-0002"]
    page.keyboard.press("Escape")
    assert len(shown(page)) == 12
    page.keyboard.press("c")
    assert not page.locator("article.change > details[open]").count()
    page.keyboard.press("e")
    assert page.locator("article.change > details[open]").count() == 12


def test_help_opens_closes_and_can_switch_single_keys_off(show: Open) -> None:
    page = show(SMALL)
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("j")
    assert here(page) is None
    page.uncheck("#keys")
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    page.keyboard.press("j")
    assert here(page) is None
    page.keyboard.press("?")
    assert not page.locator("#help").is_visible()
    page.click("#help-open")
    assert page.locator("#help").is_visible()


def test_what_has_the_focus_is_seen_and_the_first_stop_skips_to_the_stages(show: Open) -> None:
    page = show(SMALL)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(12):
        page.keyboard.press("Tab")
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring == "solid"
    page.keyboard.press("j")
    top = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert top >= page.evaluate("document.querySelector('.bar').getBoundingClientRect().bottom")


# -- whoever reads it, and where


def test_a_screen_reader_hears_what_each_line_and_each_change_is(show: Open) -> None:
    page = show(SMALL)
    tree = page.locator("article.change").first.aria_snapshot()
    assert 'heading "update agent/team-0000" [level=4]' in tree
    assert "deletion" in tree
    assert "insertion" in tree
    assert "removed: " in tree
    assert "added: " in tree
    assert "High" in tree
    assert "▲" not in tree


def test_without_a_script_everything_is_there_to_read(show: Open) -> None:
    page = show(everything(), java_script_enabled=False)
    assert page.locator("article.change").count() == len(everything().stages[0].changes) + len(
        EVERY_ACTION.changes
    )
    assert not page.locator(".bar").is_visible()
    assert not page.locator("[data-copy]").first.is_visible()
    first = page.locator("article.change").first
    assert first.locator("td", has_text="Let them try first").first.is_visible()
    last = page.locator("#stage-2 article.change").last
    last.locator("summary").first.click()
    assert last.locator(".body").is_visible()


def test_every_line_of_a_text_reads_back_from_the_page(show: Open) -> None:
    before = f"\n\n{PROMPT}" + "".join(f"\n rule  {number}\t.\n" for number in range(30)) + "end"
    view = review_of_plans([plan(update(changed("system", before, f"{before} of it")))])
    page = show(view)
    parts = page.evaluate(
        """[...document.querySelectorAll('.both > *')].map(it => it.matches('details')
            ? it.querySelector('pre').textContent
            : [...it.querySelectorAll('td:nth-child(2)')].map(td => td.textContent + '\\n').join(''))"""
    )
    assert "".join(parts) == f"{before}\n"


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_no_width_makes_the_page_scroll_sideways(show: Open, width: int) -> None:
    page = show(everything(), viewport={"width": width, "height": 800})
    page.click("#open-all")
    page.evaluate("document.querySelectorAll('.fold').forEach(it => it.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    beyond = page.evaluate(
        """[...document.querySelectorAll('main *, header *')].filter(it => !it.closest('.picture, .unseen')
            && it.getBoundingClientRect().right > innerWidth + 1).map(it => it.outerHTML.slice(0, 80))"""
    )
    assert beyond == []


def test_on_a_phone_both_sides_stand_below_each_other(show: Open) -> None:
    page = show(SMALL, viewport={"width": 390, "height": 800})
    row = page.locator("tr:has(td.removed):has(td.added)").first
    removed, added = (row.locator(f"td.{name}:not(.n)").bounding_box() for name in ("removed", "added"))
    assert removed is not None
    assert added is not None
    assert added["y"] >= removed["y"] + removed["height"]
    assert removed["width"] > 250
    same = page.locator("tbody tr:not(:has(td.added, td.removed))").first
    assert [it.is_visible() for it in same.locator("td:not(.n)").all()] == [False, True]


CONTRAST = """() => {
  const rgb = (css) => css.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (it) => {
    for (; it; it = it.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(it).backgroundColor);
      if (a === 1) return [r, g, b];
      if (a > 0) throw new Error(`half transparent: ${it.className}`);
    }
    return rgb(getComputedStyle(document.documentElement).backgroundColor);
  };
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const it = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || it.closest('script, title, .unseen, dialog:not([open])')) continue;
    const svg = it.closest('g.box');
    const front = rgb(svg ? getComputedStyle(it).fill : getComputedStyle(it).color);
    const back = svg ? rgb(getComputedStyle(svg.querySelector('rect')).fill) : behind(it);
    const [one, other] = [light(front), light(back)].sort((a, b) => b - a);
    const classes = [it, it.parentElement].map(it => it.getAttribute('class') || '');
    const name = `${it.tagName} ${classes.join(' in ')}`;
    found[name] = Math.min(found[name] ?? 99, (one + 0.05) / (other + 0.05));
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(show: Open, scheme: Any) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    page = show(everything(), color_scheme=scheme)
    page.click("#open-all")
    page.evaluate("document.querySelectorAll('.fold').forEach(it => it.open = true)")
    page.click("#help-open")
    found = page.evaluate(CONTRAST)
    assert {"MARK", "INS", "DEL", "H4", "KBD", "text"} <= {name.split()[0] for name in found}
    assert any("chip level-high" in name for name in found)
    assert {name: ratio for name, ratio in found.items() if ratio < 4.5} == {}


def test_light_and_dark_follow_the_system_until_somebody_says_otherwise(show: Open) -> None:
    page = show(SMALL, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.click("#theme")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.keyboard.press("t")
    assert page.evaluate(ground) == dark


def test_on_paper_everything_is_open_and_the_filter_is_not_there(show: Open) -> None:
    page = show(SMALL)
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article.change details:not([open])").count() == 0


# -- size


def test_a_thousand_changes_open_and_filter(show: Open) -> None:
    """The times are generous, for a machine may be busy."""
    begun = time.monotonic()
    page = show(review_of_plans([edits(1_000)]))
    assert time.monotonic() - begun < 60
    assert len(page.content()) < 12_000_000
    took = page.evaluate(
        """() => ['high', 'medium', 'low'].map(level => {
            const begun = performance.now();
            document.querySelector(`[data-filter-level=${level}]`).click();
            document.body.getBoundingClientRect();
            return performance.now() - begun;
        })"""
    )
    assert max(took) < 5_000
    assert page.inner_text("[role=status]") == "250 of 1000 shown"
    page.keyboard.press("/")
    page.keyboard.type("0043")
    assert shown(page) == ["agent/team-0043"]
