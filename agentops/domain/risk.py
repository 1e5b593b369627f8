"""What a reviewer of a change should look at: a level, a label, and one sentence to act on."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Level(StrEnum):
    """HIGH: somebody who knows the system has to agree. MEDIUM: look twice. LOW: good to know."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Label(StrEnum):
    """What kind of risk it is; stable, so that a pipeline can ask for it."""

    PROMPT_CHANGED = "prompt-changed"
    PROHIBITION_REMOVED = "prohibition-removed"
    HIDDEN_TEXT = "hidden-text"
    TOOL_ENABLED = "tool-enabled"
    TOOL_DISABLED = "tool-disabled"
    PERMISSION_LOOSENED = "permission-loosened"
    PERMISSION_TIGHTENED = "permission-tightened"
    CAN_RUN_COMMANDS = "can-run-commands"
    CAN_WRITE_FILES = "can-write-files"
    NETWORK_WIDENED = "network-widened"
    MCP_SERVER = "mcp-server"
    SECRET_REFERENCE = "secret-reference"  # noqa: S105
    MEMORY_WRITABLE = "memory-writable"
    UNTRUSTED_INPUT = "untrusted-input"
    MODEL_CHANGED = "model-changed"
    EFFORT_CHANGED = "effort-changed"
    SPEED_CHANGED = "speed-changed"
    BUDGET_RAISED = "budget-raised"
    BUDGET_REMOVED = "budget-removed"
    SCHEDULE_CHANGED = "schedule-changed"
    ROSTER_CHANGED = "roster-changed"
    SKILL_CHANGED = "skill-changed"
    IRREVERSIBLE = "irreversible"
    IDENTITY_CHANGED = "identity-changed"
    STAGE_CHANGED = "stage-changed"
    RENAMED = "renamed?"


class Risk(BaseModel):
    """``sentence`` says what becomes possible or is lost, and what to check. ``path`` is the member it stands
    in, as field changes name it; empty where it is the whole change."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level
    label: Label
    sentence: str
    path: str = ""


_ORDER = tuple(Level)
_LABELS = tuple(Label)


def riskiest_first(risks: Iterable[Risk]) -> tuple[Risk, ...]:
    """By level, then in the order of the labels; each said once."""
    return tuple(
        sorted(
            dict.fromkeys(risks),
            key=lambda it: (_ORDER.index(it.level), _LABELS.index(it.label), it.path, it.sentence),
        )
    )


def highest(risks: Iterable[Risk]) -> Level | None:
    """The level of the worst of them; None where there are none."""
    return min((it.level for it in risks), key=_ORDER.index, default=None)
