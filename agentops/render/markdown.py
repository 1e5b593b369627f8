"""A review as Markdown, for a comment on a pull request: the riskiest first, and no longer than it may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agentops.domain.risk import Level
from agentops.domain.view.comment import CommentView, comment_view, tally
from agentops.domain.view.markdown import code, link, prose
from agentops.domain.view.review import ReviewView
from agentops.render import markdown_parts as parts
from agentops.render.fitting import size, sizes, start

GITHUB = 65_536
"""Characters that GitHub takes as one comment."""

_ROOMS = (8_000, 3_000, 1_200, 500, 250)
"""Characters for each difference and each table of members, tried one after the other until all fits."""

_LEFT = _ROOMS[-1]
"""What remains of them before whole blocks are left out."""

_SHARE = 6
"""A sixth of the room at most is for each of: the errors, the list of high risks, and so on."""

_TITLE, _GIST, _NAMED = 120, 200, 12
_MARKER = re.compile(r"<!--(?:(?!-->)[^\n])*-->")


def render_markdown(view: ReviewView, *, limit: int = GITHUB, marker: str = "", where: str = "") -> str:
    """The review in at most ``limit`` characters as UTF-16 counts them; at least 2,000.

    marker: the hidden first line, a comment of HTML or the words of one; nothing below can look like it.
    where: where the whole is, for the case that something has to be cut: an address of the web, or words.
    """
    return _Comment(comment_view(view), limit, _hidden_line(marker), link(where)).text()


def _hidden_line(marker: str) -> str:
    if not marker or _MARKER.fullmatch(marker):
        return marker
    words = re.sub(r"[<>\s]+|--+", " ", marker).strip()
    return f"<!-- {words} -->"


@dataclass(frozen=True, slots=True)
class _Comment:
    view: CommentView
    limit: int
    marker: str
    where: str

    def text(self) -> str:
        """Whole, else with less and less of each difference, else without the least risky blocks."""
        view, share = self.view, self.limit // _SHARE
        blocks = [parts.Block(it, view.every) for it in view.blocks]
        whole = self._page([it.text(self.limit) for it in blocks], share=self.limit)
        if size(whole) <= self.limit:
            return whole
        for room in _ROOMS:
            shown = [it.text(2 * room if it.view.level is Level.HIGH else room) for it in blocks]
            page = self._page(shown, share=share, note=self._shortened())
            if size(page) <= self.limit:
                return page
        high = [it for it in blocks if it.view.level is Level.HIGH]
        room = self._room_for(high)
        return self._cut([*(it.text(room) for it in high), *(it.text(_LEFT) for it in blocks[len(high) :])])

    def _room_for(self, high: Sequence[parts.Block]) -> int:
        """The most there can be of each difference so that no high risk is left out."""
        frame = size(self._page([], share=self.limit // _SHARE, note=self._left_out(0), names=self._names(0)))
        fitting = (it for it in _ROOMS if sizes([block.text(it) for block in high]) <= self.limit - frame)
        return next(fitting, _LEFT)

    def _cut(self, blocks: Sequence[str]) -> str:
        """As many blocks as there is room for, from the riskiest on; in the last resort without all else."""
        for share in (self.limit // _SHARE, self.limit // (2 * _SHARE), 0):
            frame = self._page([], share=share, note=self._left_out(0), names=self._names(0))
            kept = start(blocks, self.limit - size(frame))
            while kept >= bool(share):
                page = self._page(
                    blocks[:kept], share=share, note=self._left_out(kept), names=self._names(kept)
                )
                if size(page) <= self.limit:
                    return page
                kept -= 1
        return _pieces(self.marker, self._title(), self._gist(), self._left_out(0))

    def _page(self, blocks: Sequence[str], *, share: int, note: str = "", names: str = "") -> str:
        view = self.view
        linked = {it.anchor for it in view.blocks[: len(blocks)]}
        return _pieces(
            self.marker,
            self._title(),
            self._gist(),
            parts.table(view, share),
            note,
            parts.errors(view, share),
            parts.high(view, share, linked),
            *blocks,
            names,
            *(parts.section(it, share // len(view.sections)) for it in view.sections),
            parts.said(view, share),
            parts.remarks(view, share),
            parts.apply(view, share),
        )

    def _title(self) -> str:
        return f"### {prose(self.view.title, _TITLE)}"

    def _gist(self) -> str:
        gist = prose(self.view.headline, _GIST)
        return f"**{gist}**" if self.view.table else gist

    def _shortened(self) -> str:
        return f"> **Shortened to fit**: long differences are cut, and say so.{self._elsewhere()}"

    def _left_out(self, kept: int) -> str:
        blocks = self.view.blocks
        risky = tally(it.level for it in blocks[kept:])
        return (
            f"> **Cut to fit**: {len(blocks) - kept:,} of {len(blocks):,} changes are not shown, the least "
            f"risky ones{f' ({risky})' if risky else ''}; long differences are shortened.{self._elsewhere()}"
        )

    def _names(self, kept: int) -> str:
        left = self.view.blocks[kept:]
        names = ", ".join(code(it.change.address, 60) for it in left[:_NAMED])
        more = f" and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
        return f"**Not shown**: {names}{more}."

    def _elsewhere(self) -> str:
        return f" The whole: {self.where}" if self.where else ""


def _pieces(*pieces: str) -> str:
    return "\n\n".join(piece for piece in pieces if piece) + "\n"
