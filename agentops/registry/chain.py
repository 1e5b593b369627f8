"""Which credential a command uses: the official SDK's chain (2.12), with two links more.

A stage's own ``api_key`` goes before all of it, and in GitHub Actions a federation rule needs no identity
token in a file: it is fetched when it is needed. An empty variable is an unset one.

Nothing is looked up for a host that is not trusted, and what was found is sent nowhere else.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx

from agentops.domain.diagnostics import Code, Diagnostic, Stop, warning
from agentops.registry import profiles
from agentops.registry.concealment import KnownSecrets, one_line
from agentops.registry.credentials import ApiKey, Credential, refuse_untrusted, resolve_api_key, stop
from agentops.registry.headers import custom_headers
from agentops.registry.identity import (
    FILE_VARIABLE,
    GITHUB_TOKEN,
    GITHUB_URL,
    LITERAL_VARIABLE,
    Identity,
    identity_of,
    of_file,
)
from agentops.registry.one_off import OneOff, OnRequest
from agentops.registry.profile_tokens import FederationTokens, LoginTokens, TokenFile
from agentops.registry.profiles import Profile
from agentops.registry.token_endpoint import FederationRule, TokenEndpoint
from agentops.registry.tokens import CachedToken, Clock, Fetch, Token, TokenCache

PUBLIC_URL = "https://api.anthropic.com"
URL_VARIABLE = "ANTHROPIC_BASE_URL"
KEY_VARIABLE = "ANTHROPIC_API_KEY"
TOKEN_VARIABLE = "ANTHROPIC_AUTH_TOKEN"  # noqa: S105
RULE_VARIABLE = "ANTHROPIC_FEDERATION_RULE_ID"
ORGANIZATION_VARIABLE = "ANTHROPIC_ORGANIZATION_ID"
ACCOUNT_VARIABLE = "ANTHROPIC_SERVICE_ACCOUNT_ID"
WORKSPACE_VARIABLE = "ANTHROPIC_WORKSPACE_ID"

DEFAULT_WORKSPACE = "default"
"""Means the organization's default workspace in an exchange; it is no workspace's ID."""


@dataclass(frozen=True, slots=True)
class Access:
    """How a registry is reached.

    ``origin`` says what is used, for people. ``selects`` is the workspace to name with every request.
    ``organization_id`` and ``workspace_id`` are what the credential is meant for, None where it does not say:
    another one that answers is a mistake. ``notes`` are warnings about the environment.
    """

    base_url: str
    credential: Credential
    origin: str
    selects: str | None = None
    organization_id: str | None = None
    workspace_id: str | None = None
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What is outside: the environment, files named by the project, the network, the time.

    ``read_file`` returns a text and may raise OSError or UnicodeDecodeError.
    """

    environ: Mapping[str, str]
    read_file: Callable[[str], str]
    on_request: OnRequest | None = None
    transport: httpx.AsyncBaseTransport | None = None
    clock: Clock = time.time


def find_access(
    base_url: str | None, reference: str | None, world: World, *, workspace_id: str | None = None
) -> Access:
    """The credential for a stage: ``reference`` where it names one (``env:NAME`` or ``file:PATH``), else the
    first of the chain. ``base_url`` and ``workspace_id`` are the stage's own, if it has them.

    Raises:
        Stop: the host is not trusted, there is no credential, or the one that is meant cannot be used.
    """
    environ = world.environ
    url = base_url or environ.get(URL_VARIABLE) or None
    if url is not None:
        refuse_untrusted(url, environ)
    headers, notes = custom_headers(environ)
    if reference is not None:
        url = url or PUBLIC_URL
        key = resolve_api_key(reference, environ, world.read_file, headers)
        scheme, _, target = reference.partition(":")
        place = f"the file {target}" if scheme == "file" else target
        return Access(url, key, f"the key from {place}", selects=workspace_id, notes=notes)
    return _Chain(url, world, headers, notes, workspace_id, named_by_stage=base_url is not None).first()


class _Chain:
    def __init__(
        self,
        url: str | None,
        world: World,
        headers: Mapping[str, str],
        notes: tuple[Diagnostic, ...],
        workspace_id: str | None,
        *,
        named_by_stage: bool,
    ) -> None:
        self._url = url
        self._world = world
        self._environ = world.environ
        self._headers = headers
        self._notes = list(notes)
        self._workspace_id = workspace_id
        self._named_by_stage = named_by_stage
        self._known = KnownSecrets()
        self._web = OneOff(self._known, world.transport, world.on_request)

    def first(self) -> Access:
        for variable, what in ((KEY_VARIABLE, "key"), (TOKEN_VARIABLE, "token")):
            if value := self._environ.get(variable, "").strip():
                self._warn_of_shadows(variable)
                key = ApiKey(value, origin=f"the environment variable {variable}", headers=self._headers)
                return Access(
                    self._url or PUBLIC_URL,
                    key,
                    f"the {what} from {variable}",
                    selects=self._workspace_id,
                    notes=tuple(self._notes),
                )
        if name := self._environ.get(profiles.PROFILE_VARIABLE):
            return self._of_profile(profiles.load(name, profiles.PROFILE_VARIABLE, self._environ))
        if self._has_rule and (identity := identity_of(self._environ, self._web)) is not None:
            return self._of_environment(identity)
        pointed = profiles.pointed_at(self._environ)
        meant = pointed is not None or bool(self._environ.get(profiles.DIRECTORY_VARIABLE))
        skipped = None
        name = pointed or profiles.DEFAULT
        if meant or profiles.exists(name, self._environ):
            origin = profiles.POINTER if pointed else "no variable is set, and the default"
            try:
                profile = profiles.load(name, origin, self._environ)
            except Stop as problem:
                if meant:
                    raise
                skipped = str(problem)
            else:
                if missing := self._missing_of_rule():
                    self._warn(
                        f"federation is set up in part, so profile {name} is used: {missing}",
                        f"complete it, or unset {RULE_VARIABLE}",
                    )
                return self._of_profile(profile)
        raise self._nothing(name, skipped)

    @property
    def _has_rule(self) -> bool:
        return bool(self._environ.get(RULE_VARIABLE) and self._environ.get(ORGANIZATION_VARIABLE))

    def _of_environment(self, identity: Identity) -> Access:
        rule = FederationRule(
            id=self._environ[RULE_VARIABLE],
            organization_id=self._environ[ORGANIZATION_VARIABLE],
            service_account_id=self._environ.get(ACCOUNT_VARIABLE) or None,
            workspace_id=self._workspace_id or self._environ.get(WORKSPACE_VARIABLE) or None,
        )
        url = self._url or PUBLIC_URL
        endpoint = TokenEndpoint.at(url, self._environ, self._web, self._world.clock)
        exchange = _exchange(endpoint, rule, identity)
        origin = f"{identity.origin} through rule {one_line(rule.id)}"
        return self._cached(url, lambda _: exchange(), origin, rule.organization_id, rule.workspace_id)

    def _of_profile(self, profile: Profile) -> Access:
        url = self._url or profile.base_url or PUBLIC_URL
        refuse_untrusted(url, self._environ)
        # A token is worth something at the deployment that the profile belongs to (SDK).
        endpoint = TokenEndpoint.at(profile.base_url or url, self._environ, self._web, self._world.clock)
        file = TokenFile(profile, self._known)
        if profile.type == profiles.FEDERATION:
            return self._of_rule(profile, url, endpoint, file)
        tokens = LoginTokens(file, profile.client_id, endpoint, self._world.clock)
        selects = self._workspace_id or profile.workspace_id
        origin = f"profile {profile.name} (login)"
        return self._cached(url, tokens.fetch, origin, profile.organization_id, selects, selects=selects)

    def _of_rule(self, profile: Profile, url: str, endpoint: TokenEndpoint, file: TokenFile) -> Access:
        if profile.federation_rule_id is None or profile.organization_id is None:
            raise stop(
                f"the profile {profile.name} has no federation rule or no organization",
                f"write `authentication.federation_rule_id` and `organization_id` into {profile.path}, "
                f"or set {RULE_VARIABLE} and {ORGANIZATION_VARIABLE}",
            )
        if profile.identity_token_path is not None:
            identity = of_file(profile.identity_token_path, f"named by the profile {profile.name}")
        elif (found := identity_of(self._environ, self._web)) is not None:
            identity = found
        else:
            raise stop(f"the profile {profile.name} has no identity token", self._missing_identity())
        rule = FederationRule(
            id=profile.federation_rule_id,
            organization_id=profile.organization_id,
            service_account_id=profile.service_account_id,
            workspace_id=self._workspace_id or profile.workspace_id,
        )
        once = _exchange(endpoint, rule, identity)
        # The profile's file holds tokens for its own workspace and deployment, whichever program uses it.
        own = rule.workspace_id == profile.workspace_id and (
            profile.base_url is not None or not self._named_by_stage
        )
        fetch: Fetch = FederationTokens(file, once, self._world.clock).fetch if own else lambda _: once()
        origin = f"profile {profile.name} (federation)"
        return self._cached(url, fetch, origin, rule.organization_id, rule.workspace_id)

    def _cached(
        self,
        url: str,
        fetch: Fetch,
        origin: str,
        organization_id: str | None,
        workspace_id: str | None,
        *,
        selects: str | None = None,
    ) -> Access:
        cache = TokenCache(fetch, self._known, self._world.clock)
        return Access(
            url,
            CachedToken(cache, self._known, self._headers),
            origin,
            selects=selects,
            organization_id=organization_id,
            workspace_id=None if workspace_id == DEFAULT_WORKSPACE else workspace_id,
            notes=tuple(self._notes),
        )

    def _warn_of_shadows(self, used: str) -> None:
        """Whoever set up something else would look for a long time why it does nothing."""
        if used == KEY_VARIABLE and self._environ.get(TOKEN_VARIABLE, "").strip():
            self._warn(
                f"{KEY_VARIABLE} and {TOKEN_VARIABLE} are both set: the key is used", "unset one of them"
            )
        shadowed = []
        if name := self._environ.get(profiles.PROFILE_VARIABLE):
            shadowed.append(f"{profiles.PROFILE_VARIABLE} ({one_line(name)})")
        if self._has_rule and self._missing_of_rule() is None:
            shadowed.append(f"{RULE_VARIABLE} ({one_line(self._environ[RULE_VARIABLE])})")
        pointed = profiles.pointed_at(self._environ)
        if pointed is not None or (
            self._environ.get(profiles.DIRECTORY_VARIABLE)
            and profiles.exists(profiles.DEFAULT, self._environ)
        ):
            shadowed.append(f"the active profile ({one_line(pointed or profiles.DEFAULT)})")
        if shadowed:
            self._warn(f"{used} is used, and not {' or '.join(shadowed)}", f"unset {used} to use the other")

    def _warn(self, summary: str, detail: str) -> None:
        self._notes.append(warning(Code.CREDENTIALS, summary, detail))

    def _missing_of_rule(self) -> str | None:
        """What is missing of a federation that the environment begins to set up; None where it does not."""
        environ = self._environ
        if not environ.get(RULE_VARIABLE):
            return None
        if not environ.get(ORGANIZATION_VARIABLE):
            return f"{ORGANIZATION_VARIABLE} is not set"
        given = environ.get(FILE_VARIABLE) or environ.get(LITERAL_VARIABLE)
        if given or (environ.get(GITHUB_URL) and environ.get(GITHUB_TOKEN)):
            return None
        return f"there is no identity token; {self._missing_identity()}"

    def _missing_identity(self) -> str:
        if self._environ.get("GITHUB_ACTIONS") == "true":
            return "give the job `permissions: {id-token: write}`"
        return f"set {FILE_VARIABLE} or {LITERAL_VARIABLE}"

    def _nothing(self, name: str, skipped: str | None) -> Stop:
        looked_for = [KEY_VARIABLE, TOKEN_VARIABLE, profiles.PROFILE_VARIABLE]
        missing = self._missing_of_rule()
        looked_for.append(f"{RULE_VARIABLE} (but {missing})" if missing else RULE_VARIABLE)
        where = f"the profile {one_line(name)} in {profiles.directory_told(self._environ)}"
        looked_for.append(f"{where} (but {skipped})" if skipped else where)
        return stop(
            f"there is no credential for this stage; looked for: {', '.join(looked_for)}",
            f"set {KEY_VARIABLE}, or give the stage `api_key: {{secret: env:NAME}}`",
        )


def _exchange(
    endpoint: TokenEndpoint, rule: FederationRule, identity: Identity
) -> Callable[[], Awaitable[Token]]:
    async def once() -> Token:
        return await endpoint.exchange(rule, await identity.token())

    return once
