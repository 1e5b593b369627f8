"""The Managed Agents API over HTTP: one client, its credentials, and what it does when a call fails."""

from agentops.registry.chain import PUBLIC_URL, Access, World, find_access
from agentops.registry.credentials import ApiKey, Credential, resolve_api_key, trusted_host
from agentops.registry.http import HttpRegistry
from agentops.registry.one_off import OnRequest

__all__ = [
    "PUBLIC_URL",
    "Access",
    "ApiKey",
    "Credential",
    "HttpRegistry",
    "OnRequest",
    "World",
    "find_access",
    "resolve_api_key",
    "trusted_host",
]
