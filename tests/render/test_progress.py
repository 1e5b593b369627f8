from __future__ import annotations

import io

import pytest
from rich.console import Console

from agentops.domain.address import Address
from agentops.domain.plan import Action
from agentops.domain.ports import Observer
from agentops.render.progress import LiveProgress


def applied(console: Console) -> str:
    live = LiveProgress(console, total=2)
    observer: Observer = live
    with live:
        for name in ("[red]a[/]", "b\u202e"):
            address = Address("agent/x")
            observer.started(Address.of("agent", name) if name.isprintable() else address, Action.CREATE)
            live._progress.refresh()
            observer.finished(address, Action.CREATE, ok=True)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_nothing_is_printed_without_a_terminal() -> None:
    assert applied(Console(file=io.StringIO(), width=80)) == ""


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_one_line_on_a_terminal_that_is_gone_in_the_end(encoding: str) -> None:
    class Terminal(io.StringIO):
        pass

    Terminal.encoding = encoding  # type: ignore[assignment]
    shown = applied(Console(file=Terminal(), width=80, force_terminal=True, legacy_windows=False))
    assert "create agent/[red]a[/]" in shown
    assert "1/2" in shown
    assert shown.count("\n") <= 1
    assert "\x1b[2K" in shown.rpartition("2/2")[2]
    if encoding == "ascii":
        assert shown.isascii()


def test_an_error_ends_the_line_too() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    with pytest.raises(KeyError), LiveProgress(console, total=1):
        raise KeyError
    assert "\x1b[?25h" in console.file.getvalue()  # the cursor is back
