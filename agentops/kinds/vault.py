"""The kind ``vault``: a named set of credentials that sessions are given.

Both fields can be changed in place. A vault goes away by archiving, which archives its credentials and purges
their secrets; it cannot be undone, and running sessions go on.

Sources: API reference, "Vaults"; SDK types ``VaultCreateParams``, ``BetaManagedAgentsVault``.
"""

from __future__ import annotations

from typing import Annotated

import pydantic
from pydantic import StringConstraints

from agentops.domain.kind import Clear, Field, Kind, Removal
from agentops.domain.resource import Body
from agentops.domain.surface import Surface
from agentops.kinds.rates import MANAGED_AGENTS
from agentops.kinds.reading import metadata_of, text_of
from agentops.kinds.schema import METADATA, Metadata, Request, known_members


class VaultCreate(Request):
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    metadata: Metadata = pydantic.Field(default_factory=dict)


def complete(body: Body) -> Body:
    return {"metadata": {}, **known_members(body, VaultCreate)}


def surface(body: Body) -> Surface:
    return Surface(name=text_of(body.get("display_name")) or "", metadata=metadata_of(body))


VAULT = Kind(
    name="vault",
    directory="vaults",
    path="/v1/vaults",
    beta="managed-agents-2026-04-01",
    id_prefix="vlt_",
    schema=VaultCreate,
    fields={"display_name": Field(clear=Clear.NEVER), "metadata": METADATA},
    label="display_name",
    removal=Removal.ARCHIVE,
    rates=MANAGED_AGENTS,
    default_name="display_name",
    complete=complete,
    surface=surface,
)
