"""Where things are printed: results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agentops.domain.diagnostics import Code, Diagnostic, Stop, error

if TYPE_CHECKING:
    from pydantic import BaseModel
    from rich.console import Console

    from agentops.domain.address import Address
    from agentops.domain.comparison import Comparison
    from agentops.domain.plan import Plan
    from agentops.domain.pulled import PullReport
    from agentops.domain.report import ApplyReport, DriftReport, Overview, StatusReport, ValidationReport
    from agentops.domain.rules import Explained, ExplainedCode, ExplainedRule
    from agentops.domain.state import Lock, LockEntry
    from agentops.domain.torn import RebuildReport
    from agentops.render.progress import LiveProgress


@dataclass(frozen=True, slots=True)
class Output:
    """The two streams, and how much to say on them."""

    out: Console
    err: Console
    verbose: bool = False

    @classmethod
    def standard(cls, *, no_color: bool = False, verbose: bool = False) -> Output:
        from rich.console import Console

        off = True if no_color else None  # None: rich looks at NO_COLOR and at the terminal
        return cls(
            Console(file=sys.stdout, no_color=off, highlight=False),
            Console(file=sys.stderr, no_color=off, highlight=False),
            verbose,
        )

    @property
    def interactive(self) -> bool:
        return sys.stdin.isatty() and self.err.is_terminal

    def text(self, text: str) -> None:
        """A finished document: written as it is, whatever the width of the terminal."""
        self.out.file.write(text if text.endswith("\n") else text + "\n")

    def json(self, value: BaseModel) -> None:
        from agentops.render import json

        self.text(json.document(value))

    def json_list(self, values: Sequence[BaseModel]) -> None:
        from agentops.render import json

        self.text(json.documents(values))

    def save(self, value: BaseModel, path: Path) -> None:
        """Write a document beside its place and move it there, so that no half of it is ever seen."""
        from agentops.render import json

        if not path.name:
            raise Stop(error(Code.UNREADABLE, "a file to save to needs a name", "give one"))
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            beside.write_text(json.document(value), encoding="utf-8")
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def note(self, text: str) -> None:
        self.err.print(text, markup=False, soft_wrap=True)

    def request(self, method: str, path: str, status: int | None, ms: float, request_id: str | None) -> None:
        answered = "no answer" if status is None else status
        self.note(f"{method} {path} {answered} {ms:.0f} ms {request_id or ''}".rstrip())

    def wait(self, seconds: float, why: str) -> None:
        self.note(f"waiting {seconds:.1f} s: {why}")

    def diagnostics(self, found: Iterable[Diagnostic]) -> None:
        """What stopped a command."""
        from agentops.domain.view import diagnostics_view
        from agentops.render import text

        text.diagnostics(diagnostics_view(found), self.err)

    def validation(self, report: ValidationReport) -> None:
        from agentops.domain.view import diagnostics_view
        from agentops.render import text

        text.diagnostics(diagnostics_view(report.diagnostics, files=report.files), self.out)

    def plan(self, plan: Plan) -> None:
        from agentops.domain.view import plan_view
        from agentops.render import text

        text.plan(plan_view(plan, verbose=self.verbose), self.out)

    def plans(self, plans: Iterable[Plan]) -> None:
        """Several, one under the other."""
        for number, plan in enumerate(plans):
            if number:
                self.text("")
            self.plan(plan)

    def comparison(self, found: Comparison) -> None:
        from agentops.domain.view import comparison_view
        from agentops.render import text

        text.comparison(comparison_view(found, verbose=self.verbose), self.out)

    def applied(self, report: ApplyReport) -> None:
        from agentops.domain.view import apply_view
        from agentops.render import text

        text.apply_report(apply_view(report), self.out)

    def drift(self, report: DriftReport) -> None:
        from agentops.domain.view import drift_view
        from agentops.render import text

        text.drift(drift_view(report, verbose=self.verbose), self.out)

    def pulled(self, report: PullReport) -> None:
        from agentops.domain.view import pulled_view
        from agentops.render import text

        text.pulled(pulled_view(report, verbose=self.verbose), self.out)

    def status(self, report: StatusReport) -> None:
        from agentops.domain.view import status_view
        from agentops.render import text

        text.status(status_view(report), self.out)

    def overview(self, report: Overview) -> None:
        from agentops.domain.view import overview_view
        from agentops.render import text

        text.overview(overview_view(report), self.out)

    def lock(self, lock: Lock, name: str) -> None:
        from agentops.domain.view import lock_view
        from agentops.render import text

        text.lock_table(lock_view(lock, name), self.out)

    def rebuilt(self, report: RebuildReport) -> None:
        from agentops.domain.view import rebuilt_view
        from agentops.render import text

        text.lock_table(rebuilt_view(report), self.out)

    def lock_entry(self, address: Address, entry: LockEntry) -> None:
        from agentops.domain.view import lock_entry_view
        from agentops.render import text

        text.lock_entry(lock_entry_view(address, entry), self.out)

    def rules(self, found: Explained) -> None:
        from agentops.domain.view.explained import rules_view
        from agentops.render import text

        text.lock_table(rules_view(found), self.out)

    def explained_rule(self, rule: ExplainedRule) -> None:
        from agentops.domain.view.explained import rule_view
        from agentops.render.explained import explained

        explained(rule_view(rule), self.out)

    def explained_code(self, found: ExplainedCode) -> None:
        from agentops.domain.view.explained import code_view
        from agentops.render.explained import explained

        explained(code_view(found), self.out)

    def progress(self, total: int) -> LiveProgress:
        """One live line on a terminal while many resources apply; nothing elsewhere."""
        from agentops.render.progress import LiveProgress

        return LiveProgress(self.err, total)
