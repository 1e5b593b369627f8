"""What a person is shown of a plan or a report, computed once and finished.

Unified diffs, folding, symbols, headlines and counts are made here, so that a renderer only lays out and
colours, and text, Markdown and HTML cannot disagree. Pure functions; values in, values out.
"""

from agentops.domain.view.comparison import comparison_view, diff_views
from agentops.domain.view.grid import overview_view
from agentops.domain.view.model import (
    ApplyView,
    ChangeView,
    ComparisonView,
    DiagnosticsView,
    DiagnosticView,
    DiffLine,
    DriftedView,
    DriftView,
    EndedView,
    FieldView,
    Line,
    LockEntryView,
    PlanView,
    PullView,
    Span,
    TableView,
    Tone,
)
from agentops.domain.view.plan import drift_view, plan_view
from agentops.domain.view.problem import diagnostics_view
from agentops.domain.view.pulled import pulled_view
from agentops.domain.view.rebuilt import rebuilt_view
from agentops.domain.view.report import apply_view, lock_entry_view, lock_view, status_view
from agentops.domain.view.visible import visible

__all__ = [
    "ApplyView",
    "ChangeView",
    "ComparisonView",
    "DiagnosticView",
    "DiagnosticsView",
    "DiffLine",
    "DriftView",
    "DriftedView",
    "EndedView",
    "FieldView",
    "Line",
    "LockEntryView",
    "PlanView",
    "PullView",
    "Span",
    "TableView",
    "Tone",
    "apply_view",
    "comparison_view",
    "diagnostics_view",
    "diff_views",
    "drift_view",
    "lock_entry_view",
    "lock_view",
    "overview_view",
    "plan_view",
    "pulled_view",
    "rebuilt_view",
    "status_view",
    "visible",
]
