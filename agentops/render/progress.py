"""One live line while many resources apply; nothing off a terminal."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from agentops.domain.address import Address
from agentops.domain.plan import Action
from agentops.domain.view import visible


class LiveProgress(AbstractContextManager["LiveProgress"]):
    """An Observer. ``console`` is standard error's; the line is gone when the block ends."""

    def __init__(self, console: Console, total: int) -> None:
        self._progress = Progress(
            SpinnerColumn("line" if console.options.ascii_only else "dots"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            # Last, in what room is left: an address is a stranger's text, never markup.
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)),
            console=console,
            transient=True,
            expand=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)

    def started(self, address: Address, action: Action) -> None:
        self._progress.update(self._task, description=visible(f"{action} {address}"))

    def finished(self, address: Address, action: Action, *, ok: bool) -> None:
        self._progress.advance(self._task)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
