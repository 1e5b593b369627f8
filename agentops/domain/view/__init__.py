"""What a person is shown of a plan or a report, computed once and finished.

Unified diffs, folding, symbols, headlines and counts are made here, so that a renderer only lays out and
colours, and text, Markdown and HTML cannot disagree. Pure functions; values in, values out.
"""

from agentops.domain.view.comparison import comparison_view, diff_views
from agentops.domain.view.findings import FindingsView, FindingView, RuleText, RuleView, findings_view
from agentops.domain.view.graph import (
    EdgeView,
    GraphView,
    GroupView,
    NodeView,
    Relations,
    drawable,
    graph_views,
    relations,
    relations_of_plan,
)
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
from agentops.domain.view.schemas import schemas_view
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
    "EdgeView",
    "EndedView",
    "FieldView",
    "FindingView",
    "FindingsView",
    "GraphView",
    "GroupView",
    "Line",
    "LockEntryView",
    "NodeView",
    "PlanView",
    "PullView",
    "Relations",
    "RuleText",
    "RuleView",
    "Span",
    "TableView",
    "Tone",
    "apply_view",
    "comparison_view",
    "diagnostics_view",
    "diff_views",
    "drawable",
    "drift_view",
    "findings_view",
    "graph_views",
    "lock_entry_view",
    "lock_view",
    "overview_view",
    "plan_view",
    "pulled_view",
    "rebuilt_view",
    "relations",
    "relations_of_plan",
    "schemas_view",
    "status_view",
    "visible",
]
