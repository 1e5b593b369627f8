"""The Managed Agents API over HTTP: one client, its credentials, and what it does when a call fails."""

from agentops.registry.credentials import ApiKey, credential_for, resolve_api_key, trusted_host
from agentops.registry.http import HttpRegistry, OnRequest

__all__ = [
    "ApiKey",
    "HttpRegistry",
    "OnRequest",
    "credential_for",
    "resolve_api_key",
    "trusted_host",
]
