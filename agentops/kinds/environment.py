"""The kind ``environment``: the sandbox that sessions run in.

Updates merge into ``config`` member by member, so what a file no longer says has to be sent explicitly; the
completed body has every member for that purpose. ``config.type`` is settled at creation. Environments go away
by archiving, because running sessions still need them. Their names are treated as unique: a replacement can
only be created once the old one has another name.

Sources: API reference, "Environments"; SDK types ``EnvironmentCreateParams``, ``BetaCloudConfigParams``,
``BetaLimitedNetworkParams``, ``BetaPackagesParams``. That an omitted ``config`` means the cloud defaults is
inferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import BeforeValidator

from agentops.domain.diagnostics import Code
from agentops.domain.kind import Clear, Field, Kind, Removal, Replacement
from agentops.domain.resource import Body
from agentops.domain.surface import Network, Surface
from agentops.kinds.network import Host
from agentops.kinds.rates import ENVIRONMENTS
from agentops.kinds.reading import mapping_of, metadata_of, text_of, texts_of, words_of
from agentops.kinds.schema import (
    METADATA,
    Metadata,
    NonEmpty,
    OneOf,
    Problem,
    Request,
    Shape,
    known_members,
    refusal,
)

PACKAGE_MANAGERS = ("apt", "cargo", "gem", "go", "npm", "pip")


class UnrestrictedNetwork(Shape):
    type: Literal["unrestricted"]


class LimitedNetwork(Shape):
    type: Literal["limited"]
    allowed_hosts: list[Host] | None = None
    allow_mcp_servers: bool | None = None
    allow_package_managers: bool | None = None


class Packages(Shape):
    type: Literal["packages"] = "packages"
    apt: list[NonEmpty] | None = None
    cargo: list[NonEmpty] | None = None
    gem: list[NonEmpty] | None = None
    go: list[NonEmpty] | None = None
    npm: list[NonEmpty] | None = None
    pip: list[NonEmpty] | None = None

    def wanted(self) -> tuple[str, ...]:
        """The package managers that have something to install."""
        return tuple(manager for manager in PACKAGE_MANAGERS if getattr(self, manager))


class CloudConfig(Shape):
    type: Literal["cloud"]
    networking: Annotated[UnrestrictedNetwork | LimitedNetwork, OneOf("type")] | None = None
    packages: Packages | None = None

    def rules(self) -> Iterator[Problem]:
        if isinstance(self.networking, LimitedNetwork) and not self.networking.allow_package_managers:
            for manager in self.packages.wanted() if self.packages else ():
                message = "packages cannot be fetched under limited networking; "
                message += "add `allow_package_managers: true` to config.networking"
                yield Problem(("packages", manager), Code.INVALID_VALUE, message)


class SelfHostedConfig(Shape):
    type: Literal["self_hosted"]


def _api_scope(scope: Any) -> Any:
    if scope == "account":
        message = "API organizations have no account scope; write `scope: organization` or leave it out"
        raise refusal(Code.INVALID_VALUE, message)
    return scope


class EnvironmentCreate(Request):
    name: NonEmpty
    description: str | None = None
    config: Annotated[CloudConfig | SelfHostedConfig, OneOf("type")] | None = None
    scope: Annotated[Literal["organization"] | None, BeforeValidator(_api_scope)] = None
    metadata: Metadata = pydantic.Field(default_factory=dict)


def complete(body: Body) -> Body:
    filled = known_members(body, EnvironmentCreate)
    metadata = filled.get("metadata", {})
    if isinstance(metadata, Mapping):  # environments treat an empty value as no value
        metadata = {key: value for key, value in metadata.items() if value != ""}
    return {
        "description": None,
        "scope": "organization",
        **filled,
        "metadata": metadata,
        "config": _config(filled.get("config", {"type": "cloud"})),
    }


def _config(config: Any) -> Any:
    match config:
        case {"type": "cloud"}:
            filled = known_members(config, CloudConfig)
            return {
                "type": "cloud",
                "networking": _networking(filled.get("networking", {"type": "unrestricted"})),
                "packages": _packages(filled.get("packages", {})),
            }
        case {"type": "self_hosted"}:
            return known_members(config, SelfHostedConfig)
    return config


def _networking(networking: Any) -> Any:
    match networking:
        case {"type": "limited"}:
            defaults: Body = {
                "allowed_hosts": [],
                "allow_mcp_servers": False,
                "allow_package_managers": False,
            }
            return defaults | known_members(networking, LimitedNetwork)
        case {"type": "unrestricted"}:
            return known_members(networking, UnrestrictedNetwork)
    return networking


def _packages(packages: Any) -> Any:
    if not isinstance(packages, Mapping):
        return packages
    defaults: Body = {"type": "packages"} | {manager: [] for manager in PACKAGE_MANAGERS}
    return defaults | known_members(packages, Packages)


def surface(body: Body) -> Surface:
    body = complete(body)
    return Surface(
        name=text_of(body.get("name")) or "",
        description=words_of(body.get("description")),
        metadata=metadata_of(body),
        network=_network(mapping_of(body["config"])),
    )


def _network(config: Mapping[str, Any]) -> Network:
    """Of a type of network that this program does not know it takes the widest."""
    if config.get("type") == "self_hosted":
        return Network(unrestricted=True, managed=False, path=("config",))
    networking = mapping_of(config.get("networking"))
    limited = networking.get("type") == "limited"
    return Network(
        unrestricted=not limited,
        hosts=texts_of(networking.get("allowed_hosts")) if limited else (),
        mcp_servers=not limited or networking.get("allow_mcp_servers") is True,
        package_managers=not limited or networking.get("allow_package_managers") is True,
        path=("config", "networking"),
    )


ENVIRONMENT = Kind(
    name="environment",
    directory="environments",
    path="/v1/environments",
    beta="managed-agents-2026-04-01",
    id_prefix="env_",
    schema=EnvironmentCreate,
    fields={
        "name": Field(clear=Clear.NEVER),
        "description": Field(),
        "config": Field(clear=Clear.NEVER, leaves=True, merges=True, create_only=(("type",),)),
        "scope": Field(default="organization", clear=Clear.NEVER),
        "metadata": METADATA,
    },
    removal=Removal.ARCHIVE,
    rates=ENVIRONMENTS,
    text_field="description",
    complete=complete,
    replacement=Replacement.RENAMED,
    unique_name="name",
    surface=surface,
)
