"""``agent.model``: which models there are, and how effort, speed and geography are resolved.

Shapes are SDK type ``BetaManagedAgentsModelConfigParams`` in and ``BetaManagedAgentsModelConfig`` out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agentops.emulator.checks import Check, child, nullable, one_of, record, refuse, tagged, text, typed

EFFORTS = ("low", "medium", "high", "xhigh", "max")
DEFAULT_EFFORT = "high"

# In August 2026 fast mode was documented for Opus 4.8 and Opus 5 alone. Nothing is said about newer models,
# so only the others of that time are refused.
_WITHOUT_FAST = re.compile(r"claude-(?:opus-4-[567]|sonnet-4-[56]|haiku-4-5|sonnet-5|fable-5)(?:-\d{8})?")

# Managed Agents run Claude 4.5 or later, a pinned inference_geo needs 4.6 or later. Ids this
# pattern does not know are taken for newer models: the SDK types allow any string.
_BEFORE_4_5 = re.compile(
    r"claude-(?:instant|[123](?:[.-]|$)|(?:opus|sonnet|haiku)-(?:3(?!\d)|4(?:-[01](?!\d)|-\d{8}|$)))"
)
_EXACTLY_4_5 = re.compile(r"claude-(?:opus|sonnet|haiku)-4-5(?:-\d{8})?")


def model_id(value: Any, at: str) -> str:
    name: str = text(least=1)(value, at)
    if not name.startswith("claude-") or _BEFORE_4_5.match(name):
        refuse(at, f"'{name}' is not a model that Managed Agents support; Claude 4.5 or later is required")
    return name


_effort_object = tagged({level: typed(level) for level in EFFORTS})


def _effort(value: Any, at: str) -> str:
    if isinstance(value, dict):
        return str(_effort_object(value, at)["type"])
    return str(one_of(*EFFORTS)(value, at))


_model_object: Check = record(
    {
        "id": model_id,
        "effort": nullable(_effort),
        "speed": nullable(one_of("standard", "fast")),
        "inference_geo": nullable(text(least=1)),
    },
    required=("id",),
)


def model(value: Any, at: str) -> dict[str, Any]:
    """A model id or model object; returns the object with the members that were sent."""
    config: dict[str, Any] = (
        {"id": model_id(value, at)} if isinstance(value, str) else _model_object(value, at)
    )
    if config.get("speed") == "fast" and _WITHOUT_FAST.fullmatch(config["id"]):
        refuse(child(at, "speed"), f"'fast' is not available on {config['id']}")
    if config.get("inference_geo") is not None and _EXACTLY_4_5.fullmatch(config["id"]):
        refuse(
            child(at, "inference_geo"),
            f"{config['id']} does not support inference_geo; Claude 4.6 or later does",
        )
    return config


def resolve_model(sent: Mapping[str, Any], stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is stored and returned for ``sent``.

    The object replaces the stored one, except that an omitted ``effort`` keeps the stored level
    while the id stays the same. An explicit null is treated as omitted.
    """
    effort = sent.get("effort")
    if effort is None:
        same_model = stored is not None and stored["id"] == sent["id"]
        effort = stored["effort"]["type"] if stored is not None and same_model else DEFAULT_EFFORT
    resolved = {"id": sent["id"], "effort": {"type": effort}, "speed": sent.get("speed") or "standard"}
    if sent.get("inference_geo") is not None:
        resolved["inference_geo"] = sent["inference_geo"]
    return resolved
