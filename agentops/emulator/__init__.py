"""The embedded registry: the Managed Agents control plane as an ASGI application on SQLite.

It answers for agents, environments, memory stores, skills, vaults, credentials and deployments,
with the versions and runs of those that have some. It is written from the API's contract alone and
imports no other part of agentops, so that a mistake of the client is not mirrored here.
``docs/fidelity.md`` says which of its behaviours are documented and which are inferred.
"""

from agentops.emulator.app import create_app
from agentops.emulator.database import DatabaseError, NewerSchemaError, NotARegistryError

__all__ = ["DatabaseError", "NewerSchemaError", "NotARegistryError", "create_app"]
