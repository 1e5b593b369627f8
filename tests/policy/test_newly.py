"""Of everything that is said, what a change brings."""

from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, error, warning
from agentops.policy.newly import newly

TUTOR, DESK = Address("agent/tutor"), Address("agent/desk")


def said(address: Address | None, summary: str = "it is wide open", line: int = 1) -> Diagnostic:
    where = Location("agents/x.yaml", line)
    return warning("AO101", summary, f"see line {line}", address=address, location=where)


def test_what_was_said_before_is_not_news_wherever_it_stands_now() -> None:
    assert list(newly([said(TUTOR)], [said(TUTOR, line=9)], ())) == []
    assert list(newly([], [said(TUTOR)], ())) == [said(TUTOR)]
    assert list(newly([said(TUTOR)], [], ())) == []


def test_of_what_changed_everything_is_said() -> None:
    both = [said(TUTOR), said(DESK)]
    assert list(newly(both, both, {DESK})) == [said(DESK)]


def test_another_address_severity_code_or_summary_is_news() -> None:
    before = [said(TUTOR)]
    worse = error("AO101", "it is wide open", address=TUTOR)
    other = warning(Code.ADVICE, "it is wide open", address=TUTOR)
    after = [said(DESK), worse, other, said(TUTOR, "it is closed"), said(None)]
    assert list(newly(before, after, ())) == after


def test_as_many_as_there_were_are_left_out() -> None:
    before = [said(None)]
    assert list(newly(before, [said(None, line=1), said(None, line=2)], ())) == [said(None, line=2)]
