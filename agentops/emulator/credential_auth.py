"""``auth`` of a credential: its three variants, what a create and an update may say, and what is kept.

SDK types ``BetaManagedAgentsStaticBearer…``, ``BetaManagedAgentsMCPOAuth…`` and
``BetaManagedAgentsEnvironmentVariable…``, each with ``CreateParams``, ``UpdateParams`` and ``AuthResponse``.

**No secret is kept**, not even a digest of one: nothing runs here that would use it. Tokens, secret values,
refresh tokens and client secrets are checked for being texts and dropped, so that what is stored is what is
returned, to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from agentops.emulator.checks import (
    Check,
    array,
    boolean,
    moment,
    nullable,
    record,
    refuse,
    tagged,
    text,
    then,
    typed,
)
from agentops.emulator.environments import host_pattern
from agentops.emulator.errors import invalid_request

MOST_HOSTS = 16

_secret = text(least=1)
_date = then(text(), moment)


def _url(value: Any, at: str) -> str:
    url: str = text(least=1)(value, at)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or re.search(r"\s", url):
        refuse(at, "Input should be an http or https URL")
    return url


def _immutable(_value: Any, at: str) -> Any:
    refuse(at, "cannot be changed after create; archive this credential and create another")


_networking = tagged(
    {
        "unrestricted": typed("unrestricted"),
        "limited": typed(
            "limited", {"allowed_hosts": array(host_pattern, most=MOST_HOSTS)}, required=("allowed_hosts",)
        ),
    }
)
_location = record({"header": boolean, "body": boolean})


def _client_auth(kind: str, *, required: bool) -> Check:
    secret = _secret if required else nullable(_secret)
    return typed(kind, {"client_secret": secret}, required=("client_secret",) if required else ())


_WITH_SECRET = ("client_secret_basic", "client_secret_post")
_refresh_create = record(
    {
        "client_id": text(least=1),
        "refresh_token": _secret,
        "token_endpoint": _url,
        "token_endpoint_auth": tagged(
            {"none": typed("none"), **{kind: _client_auth(kind, required=True) for kind in _WITH_SECRET}}
        ),
        "resource": nullable(text()),
        "scope": nullable(text()),
    },
    required=("client_id", "refresh_token", "token_endpoint", "token_endpoint_auth"),
)
_refresh_update = record(
    {
        "refresh_token": nullable(_secret),
        "scope": nullable(text()),
        "token_endpoint_auth": tagged({kind: _client_auth(kind, required=False) for kind in _WITH_SECRET}),
        **dict.fromkeys(("client_id", "token_endpoint", "resource"), _immutable),
    }
)

auth_create: Check = tagged(
    {
        "static_bearer": typed(
            "static_bearer", {"mcp_server_url": _url, "token": _secret}, required=("mcp_server_url", "token")
        ),
        "mcp_oauth": typed(
            "mcp_oauth",
            {
                "mcp_server_url": _url,
                "access_token": _secret,
                "expires_at": nullable(_date),
                "refresh": nullable(_refresh_create),
            },
            required=("mcp_server_url", "access_token"),
        ),
        "environment_variable": typed(
            "environment_variable",
            {
                "secret_name": text(least=1),
                "secret_value": _secret,
                "networking": _networking,
                "injection_location": _location,
            },
            required=("secret_name", "secret_value", "networking"),
        ),
    }
)
auth_update: Check = tagged(
    {
        "static_bearer": typed("static_bearer", {"token": nullable(_secret), "mcp_server_url": _immutable}),
        "mcp_oauth": typed(
            "mcp_oauth",
            {
                "access_token": nullable(_secret),
                "expires_at": nullable(_date),
                "refresh": nullable(_refresh_update),
                "mcp_server_url": _immutable,
            },
        ),
        "environment_variable": typed(
            "environment_variable",
            {
                "secret_value": nullable(_secret),
                "networking": nullable(_networking),
                "injection_location": _location,
                "secret_name": _immutable,
            },
        ),
    }
)


def key_of(auth: Mapping[str, Any]) -> tuple[str, str]:
    """The member that tells active credentials of one vault apart, and its value."""
    member = "secret_name" if auth["type"] == "environment_variable" else "mcp_server_url"
    return member, auth[member]


def created_auth(sent: Mapping[str, Any], now: str) -> dict[str, Any]:
    """What is kept of a create's ``auth``, in the form it is returned in."""
    if sent["type"] == "static_bearer":
        return {"type": sent["type"], "mcp_server_url": sent["mcp_server_url"]}
    if sent["type"] == "mcp_oauth":
        auth = {
            "type": sent["type"],
            "mcp_server_url": sent["mcp_server_url"],
            "refresh": _created_refresh(sent.get("refresh")),
        }
        return _with_expiry(auth, sent, now)
    location = {"header": True, "body": True}
    if "injection_location" in sent:
        location = {"header": False, "body": False, **sent["injection_location"]}
    return {
        "type": sent["type"],
        "secret_name": sent["secret_name"],
        "networking": sent["networking"],
        "injection_location": _somewhere(location),
    }


def updated_auth(stored: Mapping[str, Any], sent: Mapping[str, Any], now: str) -> dict[str, Any]:
    """``stored`` with an update's members applied; null keeps what is stored.

    Raises 400 for another ``type``, and for secrets of a refresh or of a client that the credential has not.
    """
    if sent["type"] != stored["type"]:
        refuse("auth.type", f"cannot change from '{stored['type']}' to '{sent['type']}'")
    auth = dict(stored)
    if sent["type"] == "mcp_oauth":
        auth["refresh"] = _updated_refresh(stored["refresh"], sent.get("refresh"))
        return _with_expiry(auth, sent, now)
    if sent["type"] == "environment_variable":
        auth["networking"] = sent.get("networking") or stored["networking"]
        location = {**stored["injection_location"], **sent.get("injection_location", {})}
        auth["injection_location"] = _somewhere(location)
    return auth


def brings_secret(sent: Mapping[str, Any] | None) -> bool:
    """Whether an update's ``auth`` has a secret: a change, since nothing can tell that it is none."""
    refresh = (sent or {}).get("refresh") or {}
    places = (
        (sent or {}, ("token", "access_token", "secret_value")),
        (refresh, ("refresh_token",)),
        (refresh.get("token_endpoint_auth") or {}, ("client_secret",)),
    )
    return any(holder.get(name) is not None for holder, names in places for name in names)


def _created_refresh(sent: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if sent is None:
        return None
    return {
        "client_id": sent["client_id"],
        "token_endpoint": sent["token_endpoint"],
        "token_endpoint_auth": {"type": sent["token_endpoint_auth"]["type"]},
        "resource": sent.get("resource") or None,
        "scope": sent.get("scope") or None,
    }


def _updated_refresh(
    stored: Mapping[str, Any] | None, sent: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    if sent is None:
        return None if stored is None else dict(stored)
    if stored is None:
        raise invalid_request(
            "auth.refresh: the credential was created without; archive it and create another"
        )
    if "token_endpoint_auth" in sent and stored["token_endpoint_auth"]["type"] == "none":
        refuse("auth.refresh.token_endpoint_auth", "the credential's token endpoint takes no client secret")
    scope = stored["scope"] if sent.get("scope") is None else sent["scope"] or None
    return {**stored, "scope": scope}


def _with_expiry(auth: dict[str, Any], sent: Mapping[str, Any], now: str) -> dict[str, Any]:
    """``auth`` with the new ``expires_at``, if there is one; the member is absent while none is known."""
    expires_at = sent.get("expires_at")
    if expires_at is None:
        return auth
    if expires_at <= now:
        refuse("auth.expires_at", "Input should be in the future")
    return {**auth, "expires_at": expires_at}


def _somewhere(location: dict[str, bool]) -> dict[str, bool]:
    if not any(location.values()):
        refuse("auth.injection_location", "at least one of 'header' and 'body' has to be true")
    return location
