"""The kind ``credential``: what a vault holds, a token for an MCP server or a secret for outbound requests.

The secrets themselves are write-only, and so is every change of them. ``auth`` is updated member by member;
what names a credential (the server, the variable, the OAuth client) is settled at creation. The name is taken
while a credential of the vault has it, so a replacement is created after the old one is archived.

``expires_at`` moves whenever the platform refreshes a token. It is sent together with the token it is about
and never compared; that it has to lie ahead is left to the registry, which has a clock.

Sources: API reference, "Credentials"; SDK types ``CredentialCreateParams``, ``CredentialUpdateParams``,
``BetaManagedAgentsCredential`` and those named at the shapes. That a variable has a name a shell can read is
inferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, StringConstraints

from agentops.domain.diagnostics import Code
from agentops.domain.kind import Clear, Field, Kind, Removal, Replacement
from agentops.domain.resource import Body
from agentops.domain.surface import Surface
from agentops.kinds.network import Host, OpenUrl
from agentops.kinds.rates import MANAGED_AGENTS
from agentops.kinds.reading import mapping_of, member_of, metadata_of, secrets_of, text_of, texts_of
from agentops.kinds.schema import (
    METADATA,
    Metadata,
    NonEmpty,
    OneOf,
    Problem,
    Request,
    Secret,
    Shape,
    known_by_type,
    known_members,
    refusal,
)

_MAX_HOSTS = 16


class StaticBearer(Shape):
    """SDK type ``BetaManagedAgentsStaticBearerCreateParams``."""

    type: Literal["static_bearer"]
    mcp_server_url: OpenUrl
    token: Secret


class NoClientSecret(Shape):
    """SDK type ``BetaManagedAgentsTokenEndpointAuthNoneParam``."""

    type: Literal["none"]


class ClientSecret(Shape):
    """SDK types ``BetaManagedAgentsTokenEndpointAuthBasicParam``, ``…PostParam``."""

    type: Literal["client_secret_basic", "client_secret_post"]
    client_secret: Secret


class Refresh(Shape):
    """How to get a new access token. SDK type ``BetaManagedAgentsMCPOAuthRefreshParams``."""

    client_id: NonEmpty
    refresh_token: Secret
    token_endpoint: OpenUrl
    token_endpoint_auth: Annotated[NoClientSecret | ClientSecret, OneOf("type")]
    resource: NonEmpty | None = None
    scope: str | None = None


_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def _check_timestamp(text: str) -> str:
    try:
        if not _TIMESTAMP.fullmatch(text):
            raise ValueError
        datetime.fromisoformat(text)
    except ValueError:
        message = "this is not a time by RFC 3339; write e.g. 2030-12-31T23:59:59Z"
        raise refusal(Code.INVALID_VALUE, message) from None
    return text


class McpOAuth(Shape):
    """SDK type ``BetaManagedAgentsMCPOAuthCreateParams``."""

    type: Literal["mcp_oauth"]
    mcp_server_url: OpenUrl
    access_token: Secret
    expires_at: Annotated[str, AfterValidator(_check_timestamp)] | None = None
    refresh: Refresh | None = None


class AnyHost(Shape):
    """SDK type ``BetaManagedAgentsUnrestrictedCredentialNetworkingParams``."""

    type: Literal["unrestricted"]


class SomeHosts(Shape):
    """SDK type ``BetaManagedAgentsLimitedCredentialNetworkingParams``."""

    type: Literal["limited"]
    allowed_hosts: Annotated[list[Host], pydantic.Field(max_length=_MAX_HOSTS)]


class InjectionLocation(Shape):
    """Where the secret may be put in; what is left out is off, but both are on without the object."""

    header: bool = False
    body: bool = False

    def rules(self) -> Iterator[Problem]:
        if not self.header and not self.body:
            message = "the secret would be put in nowhere; write `header: true`, `body: true` or both"
            yield Problem((), Code.INVALID_VALUE, message)


def _check_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        # The text is not repeated: the secret itself may have been put here.
        message = "this is no name of an environment variable; it has letters, digits and '_', e.g. API_KEY"
        raise refusal(Code.INVALID_VALUE, message)
    return name


class EnvironmentVariable(Shape):
    """SDK type ``BetaManagedAgentsEnvironmentVariableCreateParams``."""

    type: Literal["environment_variable"]
    secret_name: Annotated[str, AfterValidator(_check_variable)]
    secret_value: Secret
    networking: Annotated[AnyHost | SomeHosts, OneOf("type")]
    injection_location: InjectionLocation = InjectionLocation(header=True, body=True)


class CredentialCreate(Request):
    auth: Annotated[StaticBearer | McpOAuth | EnvironmentVariable, OneOf("type", "type of credential")]
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    metadata: Metadata = pydantic.Field(default_factory=dict)


def complete(body: Body) -> Body:
    filled = known_members(body, CredentialCreate)
    if "auth" in filled:
        filled["auth"] = _auth(filled["auth"])
    return {"metadata": {}, **filled}


def _auth(auth: Any) -> Any:
    match auth:
        case {"type": "static_bearer"}:
            return known_members(auth, StaticBearer)
        case {"type": "mcp_oauth"}:
            filled = known_members(auth, McpOAuth)
            if isinstance(refresh := filled.get("refresh"), Mapping):
                filled["refresh"] = _refresh(refresh)
            return filled
        case {"type": "environment_variable"}:
            return _variable(known_members(auth, EnvironmentVariable))
    return auth


def _refresh(refresh: Mapping[str, Any]) -> Body:
    """With the empty scope that stands for none, which is what an update has to send to clear one."""
    filled = {"scope": "", **known_members(refresh, Refresh)}
    if "token_endpoint_auth" in filled:
        filled["token_endpoint_auth"] = known_by_type(filled["token_endpoint_auth"], _ENDPOINT_AUTHS)
    return filled


_ENDPOINT_AUTHS: Mapping[str, type[Shape]] = {
    "none": NoClientSecret,
    "client_secret_basic": ClientSecret,
    "client_secret_post": ClientSecret,
}


def _variable(auth: Body) -> Body:
    location = auth.get("injection_location", {"header": True, "body": True})
    if isinstance(location, Mapping):
        location = {"header": False, "body": False, **known_members(location, InjectionLocation)}
    filled = {**auth, "injection_location": location}
    if "networking" in auth:
        filled["networking"] = known_by_type(auth["networking"], _NETWORKINGS)
    return filled


_NETWORKINGS: Mapping[str, type[Shape]] = {"unrestricted": AnyHost, "limited": SomeHosts}


def surface(body: Body) -> Surface:
    return Surface(
        name=text_of(body.get("display_name")) or "",
        metadata=metadata_of(body),
        secrets=secrets_of(body.get("auth"), "auth"),
        reaches=dict(_reached(mapping_of(body.get("auth")))),
    )


def _reached(auth: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where a secret is sent: its server, the endpoint it is renewed at, the hosts that a variable may go
    to; ``*`` for any."""
    if (server := text_of(auth.get("mcp_server_url"))) is not None:
        yield "auth.mcp_server_url", server
    if (endpoint := text_of(member_of(auth, "refresh", "token_endpoint"))) is not None:
        yield "auth.refresh.token_endpoint", endpoint
    networking = mapping_of(auth.get("networking"))
    if networking.get("type") == "unrestricted":
        yield "auth.networking", "*"
    for index, host in enumerate(texts_of(networking.get("allowed_hosts"))):
        yield f"auth.networking.allowed_hosts[{index}]", host


CREDENTIAL = Kind(
    name="credential",
    directory="credentials",
    path="/v1/vaults/{parent}/credentials",
    beta="managed-agents-2026-04-01",
    id_prefix="vcrd_",
    schema=CredentialCreate,
    fields={
        "auth": Field(
            clear=Clear.NEVER,
            leaves=True,
            merges=True,
            create_only=(
                ("type",),
                ("mcp_server_url",),
                ("secret_name",),
                ("refresh",),
                ("refresh", "client_id"),
                ("refresh", "token_endpoint"),
                ("refresh", "resource"),
                ("refresh", "token_endpoint_auth"),
                ("refresh", "token_endpoint_auth", "type"),
            ),
        ),
        "display_name": Field(clear=Clear.NEVER),
        "metadata": METADATA,
    },
    label="display_name",
    removal=Removal.ARCHIVE,
    rates=MANAGED_AGENTS,
    default_name=None,
    parent="vault",
    complete=complete,
    unread=frozenset({"auth.expires_at"}),
    secrets=True,
    replacement=Replacement.AFTER,
    surface=surface,
)
