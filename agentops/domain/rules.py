"""What ``agentops explain`` tells: rules with what holds for them in a project, for people and machines."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from agentops.domain.diagnostics import Diagnostic, Severity
from agentops.domain.plan import FORMAT_VERSION

OFF = "off"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExplainedOption(_Frozen):
    """Something that agentops.yaml may say of a rule. ``stages``: what holds in each."""

    name: str
    default: Any
    meaning: str = ""
    stages: dict[str, Any] = {}


class ExplainedRule(_Frozen):
    """``severity`` and ``protected`` (in protected stages) are the rule's own; ``stages`` has what holds in
    each, ``off`` among it. ``place`` is where a team wrote it; empty where it is built in."""

    id: str
    name: str
    severity: Severity
    protected: Severity | None = None
    stages: dict[str, str] = {}
    place: str = ""
    why: str = ""
    example: str = ""
    fix: str = ""
    options: tuple[ExplainedOption, ...] = ()


class Explained(_Frozen):
    """All rules of a project, or the one that was asked for. ``diagnostics``: why rules may be missing."""

    format_version: int = FORMAT_VERSION
    project: str
    stages: tuple[str, ...]
    rules: tuple[ExplainedRule, ...]
    diagnostics: tuple[Diagnostic, ...] = ()


class ExplainedCode(_Frozen):
    """A diagnostic that is no rule: nothing can be said of it in agentops.yaml."""

    format_version: int = FORMAT_VERSION
    code: str
    name: str
    documented: str
