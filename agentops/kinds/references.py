"""References to agents: an ID, or an object that can pin a version.

The API pins the latest version when it stores a reference without one, and returns the object either way.

Sources: SDK types ``BetaManagedAgentsAgentParams``, ``BetaManagedAgentsAgentReference``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from agentops.domain.resource import as_ref
from agentops.kinds.schema import NonEmpty, NotNull, OneOf, Shape, known_by_type, text_or_mapping


class AgentReference(Shape):
    """SDK type ``BetaManagedAgentsAgentParams``."""

    type: Literal["agent"]
    id: NonEmpty
    version: Annotated[Annotated[int, pydantic.Field(ge=1)] | None, NotNull()] = None


AgentOrId = Annotated[
    Annotated[NonEmpty, pydantic.Tag("text")] | Annotated[AgentReference, pydantic.Tag("mapping")],
    OneOf(text_or_mapping),
]


def complete_reference(reference: Any) -> Any:
    """The object, with a version only where one is pinned."""
    if isinstance(reference, str) or as_ref(reference) is not None:
        return {"type": "agent", "id": reference}
    return known_by_type(reference, {"agent": AgentReference})
