"""Diagnostics for machines that show them beside the code: annotations of a pull request, code scanning."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agentops.domain.diagnostics import Code, Diagnostic, Severity, in_order
from agentops.domain.view.model import Line, Span
from agentops.domain.view.problem import counted, diagnostics_view

_ORDER = tuple(Severity)

SHOWN_OF_EACH = 10
"""Annotations of one severity that GitHub shows of a step; the others are only in its log."""

MOST_RESULTS = 25_000
"""Results of one run that GitHub's code scanning takes: a file with more is refused as a whole."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """What a rule is called, in two to five words, and why it is one; empty where its author did not say."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """A code that was found. ``about`` is why it is one, as far as that is known here; ``help`` where to read
    on. ``severity`` is the worst it was found with."""

    id: str
    name: str
    about: str
    help: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class FindingView:
    """One problem.

    rule: the number of its rule among those of the view. title: short, without a place. lines: what is wrong,
    then what to do. file: from the top of the repository; empty where the problem is in no file, and then
    line and column are 0. fingerprint: the same wherever in its file the problem moves to.
    """

    rule: int
    code: str
    severity: Severity
    title: str
    lines: tuple[str, ...]
    address: str
    file: str
    line: int
    column: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class FindingsView:
    """The errors first, then by place. ``closing`` are ordinary lines: the count, and what will not be seen.
    ``home`` is the file that stands for the project; ``left_out`` is said where there were too many."""

    rules: tuple[RuleView, ...]
    findings: tuple[FindingView, ...]
    closing: tuple[Line, ...]
    home: str
    left_out: str = ""


def findings_view(
    diagnostics: Iterable[Diagnostic],
    *,
    files: int | None = None,
    base: str = "",
    rules: Mapping[str, RuleText] | None = None,
    most: int = MOST_RESULTS,
) -> FindingsView:
    """``base`` is the project's folder from the top of the repository, ``files`` how many were read,
    ``rules`` what is known of the rules of the policy beside their IDs, ``most`` how many to keep."""
    items = sorted(in_order(diagnostics), key=lambda item: _ORDER.index(item.severity))
    found = _rules(items, rules or {})
    places = {rule.id: number for number, rule in enumerate(found)}
    prints = _fingerprints(items)
    findings = [
        _finding(item, places[item.code], print_, base) for item, print_ in zip(items, prints, strict=True)
    ]
    more = len(findings) - most
    return FindingsView(
        rules=found,
        findings=tuple(findings[:most]),
        closing=(*_count(items, files), *_unseen(items)),
        home=_from_top("agentops.yaml", base),
        left_out=f"{counted(more, 'problem')} left out; `agentops validate` prints all" if more > 0 else "",
    )


def _finding(item: Diagnostic, rule: int, fingerprint: str, base: str) -> FindingView:
    at = item.location
    address = str(item.address or "")
    return FindingView(
        rule=rule,
        code=str(item.code),
        severity=item.severity,
        title=f"{item.code} {address}".rstrip(),
        lines=(item.summary, *(item.detail.split("\n") if item.detail else ())),
        address=address,
        file=_from_top(at.file, base) if at is not None else "",
        line=max(at.line, 1) if at is not None else 0,
        column=max(at.column, 1) if at is not None else 0,
        fingerprint=fingerprint,
    )


def _from_top(file: str, base: str) -> str:
    return f"{base}/{file}" if base else file


def _rules(items: Sequence[Diagnostic], known: Mapping[str, RuleText]) -> tuple[RuleView, ...]:
    worst: dict[str, Severity] = {}
    for item in items:  # the errors first
        worst.setdefault(item.code, item.severity)
    return tuple(_rule(code, worst[code], known.get(code)) for code in sorted(worst))


def _rule(code: str, severity: Severity, text: RuleText | None) -> RuleView:
    if text is not None:
        help = "\n".join(filter(None, (text.why, f"`agentops explain {code}` has an example and the fix.")))
        return RuleView(str(code), text.name, text.why or text.name, help, severity)
    name = Code(code).name.replace("_", " ").capitalize() if code in set(Code) else str(code)
    help = f"docs/diagnostics.md of agentops explains {code}, with an example and a fix."
    return RuleView(str(code), name, name, help, severity)


_PLACE = re.compile(r"\b(line|column) \d+")


def _fingerprints(items: Sequence[Diagnostic]) -> list[str]:
    """Of what is said of what, without lines; a number tells apart what is said twice of one file."""
    seen: Counter[str] = Counter()
    prints = []
    for item in items:
        file = item.location.file if item.location is not None else ""
        summary = _PLACE.sub(r"\1", item.summary)
        about = "\x1f".join((item.code, item.address or "", file, summary))
        digest = hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen[digest] += 1
        prints.append(f"{digest}:{seen[digest]}")
    return prints


def _count(items: Sequence[Diagnostic], files: int | None) -> tuple[Line, ...]:
    closing = diagnostics_view(items, files=files).closing
    return (closing,) if closing else ()


def _unseen(items: Sequence[Diagnostic]) -> tuple[Line, ...]:
    numbers = Counter(item.severity for item in items)
    cut = [
        f"{SHOWN_OF_EACH} of {counted(numbers[kind], kind)}"
        for kind in _ORDER
        if numbers[kind] > SHOWN_OF_EACH
    ]
    return (
        ((Span(f"GitHub shows {' and '.join(cut)} as annotations of a step; all of them are in its log."),),)
        if cut
        else ()
    )
