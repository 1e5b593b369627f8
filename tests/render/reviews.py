"""What a browser would make of a comment, for tests: GitHub's own renderer, and the text that is left."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options


class Seen(HTMLParser):
    """The elements of a page, its attributes, and its text: in code, and elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.comments: list[str] = []
        self.coded: list[str] = []
        self.plain: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in {"br", "hr", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} is closed out of order"

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        (self.coded if "code" in self.open else self.plain).append(data)

    @property
    def text(self) -> str:
        return "".join(self.coded)


def rendered(markdown: str) -> Seen:
    """With raw HTML kept as GitHub keeps the tags that it allows; every element is closed in order."""
    seen = Seen(cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
    assert seen.open == []
    return seen


OURS = {
    "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "details", "summary",
    "a", "b", "br", "ul", "li", "blockquote",
}  # fmt: skip

LINKED = re.compile(
    r"(?<![\w/])@[\w-]|#\d|\bGH-\d|\b[0-9a-f]{7,40}\b|://|www\.|:[a-z0-9_+-]+:|^\s*/[a-z]|::\w|##\[|\$",
    re.IGNORECASE | re.MULTILINE,
)
"""What GitHub, a bot or a runner would make something of, outside of code."""
