"""One headless Chromium a module, where there is one.

A page that is caught asking for anything, or complaining of anything, fails its test.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from agentops.domain.view.review import ReviewView
from agentops.render.html import page as html_of

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a review from its file, as somebody does who downloaded it."""
    asked: list[str] = []
    complained: list[str] = []
    contexts = []

    def opened(view: ReviewView, **options: Any) -> Page:
        file = tmp_path / "review.html"
        file.write_text(html_of(view), encoding="utf-8")
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = browser.new_context(reduced_motion="reduce", **options)
        context.set_default_timeout(60_000)  # a machine that runs the whole suite is busy
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complained.append(message.text))
        page.on("pageerror", lambda error: complained.append(str(error)))
        page.route(lambda url: url != file.as_uri(), lambda route: route.abort())
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    leaves = [url for url in asked if not url.startswith(("file:", "data:"))]
    assert leaves == []
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)
    assert complained == []
