"""A project and its stages, as agentops.yaml declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address

LOCAL = "local"
EMBEDDED_URL = "http://embedded.localhost"
"""The base URL of the embedded registry where it runs inside the command; nothing listens there."""


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """Where a stage lives.

    ``provider`` is ``local`` (the embedded registry), ``anthropic`` (the public API) or ``custom``
    (``base_url`` is set). ``api_key`` is a secret reference, ``env:NAME`` or ``file:PATH``, never a key.
    """

    provider: str = LOCAL
    base_url: str | None = None
    workspace_id: str | None = None
    organization_id: str | None = None
    api_key: str | None = None

    @property
    def is_local(self) -> bool:
        return self.provider == LOCAL


@dataclass(frozen=True, slots=True)
class Stage:
    """One lock, one registry (base URL, organization, workspace)."""

    name: str
    registry: RegistryConfig = RegistryConfig()
    vars: Mapping[str, Any] = field(default_factory=dict)
    external: Mapping[Address, str] = field(default_factory=dict)
    protect: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """``stages`` in the order they are declared; ``explicit`` is False where there is no agentops.yaml."""

    name: str
    stages: Mapping[str, Stage]
    default_stage: str | None = None
    explicit: bool = True

    def default(self) -> Stage | None:
        """The stage meant when none is named: ``default_stage``, else the only one, else None."""
        if self.default_stage is not None:
            return self.stages.get(self.default_stage)
        return next(iter(self.stages.values())) if len(self.stages) == 1 else None
