"""Profiles on disk: what ``ant`` and the official SDKs keep below the user's configuration directory.

``configs/NAME.json`` says how to get a token, ``credentials/NAME.json`` holds it. The rules are the SDK's
(2.12): what the environment says fills only what the file leaves empty.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agentops.domain.diagnostics import Stop
from agentops.registry.concealment import one_line
from agentops.registry.credentials import stop
from agentops.registry.files import POSIX, Unusable, read_shared, read_text

DEFAULT = "default"
FEDERATION = "oidc_federation"
LOGIN = "user_oauth"

PROFILE_VARIABLE = "ANTHROPIC_PROFILE"
DIRECTORY_VARIABLE = "ANTHROPIC_CONFIG_DIR"
POINTER = "active_config"

_FILLED = {"organization_id": "ANTHROPIC_ORGANIZATION_ID", "workspace_id": "ANTHROPIC_WORKSPACE_ID"}
_FILLED_BY_RULE = {
    "federation_rule_id": "ANTHROPIC_FEDERATION_RULE_ID",
    "service_account_id": "ANTHROPIC_SERVICE_ACCOUNT_ID",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What ``configs/NAME.json`` says; None is what neither it nor the environment says.

    ``type`` is FEDERATION or LOGIN. ``path`` and what ends in ``_path`` are paths of this machine.
    """

    name: str
    path: str
    type: str
    credentials_path: str
    base_url: str | None = None
    organization_id: str | None = None
    workspace_id: str | None = None
    client_id: str | None = None
    federation_rule_id: str | None = None
    service_account_id: str | None = None
    identity_token_path: str | None = None


def directory(environ: Mapping[str, str]) -> str:
    """Where profiles are kept: ``ANTHROPIC_CONFIG_DIR``, else the platform's place."""
    if named := environ.get(DIRECTORY_VARIABLE):
        return named
    if POSIX:
        return os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config", "anthropic")
    roaming = environ.get("APPDATA") or os.path.join(os.path.expanduser("~"), "AppData", "Roaming")
    return os.path.join(roaming, "Anthropic")


def directory_told(environ: Mapping[str, str]) -> str:
    """The directory as people write it: ``~/.config/anthropic``."""
    path, home = directory(environ), environ.get("HOME") or os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path


def pointed_at(environ: Mapping[str, str]) -> str | None:
    """The name in ``active_config``; None where there is none."""
    try:
        return read_text(os.path.join(directory(environ), POINTER)).strip() or None
    except (FileNotFoundError, Unusable):
        return None


def exists(name: str, environ: Mapping[str, str]) -> bool:
    """Whether there is a file for a profile of this name, usable or not."""
    return not _fault(name) and os.path.isfile(_config_path(name, environ))


def load(name: str, origin: str, environ: Mapping[str, str]) -> Profile:
    """A profile. ``origin`` says who named it.

    Raises:
        Stop: the name, the file or what is in it cannot be used.
    """
    if fault := _fault(name):
        raise stop(f"{origin} names the profile {one_line(repr(name))}, which {fault}", "correct the name")
    path = _config_path(name, environ)
    try:
        text = read_shared(path)
    except FileNotFoundError:
        raise stop(
            f"{origin} names the profile {name}, and there is no {path}",
            f"log in, or let {PROFILE_VARIABLE} name another one and {DIRECTORY_VARIABLE} its directory",
        ) from None
    except Unusable as problem:
        raise stop(f"the profile {name} is not used: {problem.summary}", problem.advice) from None
    return _Reader(name, path, environ).read(text)


def _config_path(name: str, environ: Mapping[str, str]) -> str:
    return os.path.join(directory(environ), "configs", f"{name}.json")


def _fault(name: str) -> str | None:
    """Why a name is none: it becomes part of a path."""
    if not name or name != name.strip():
        return "is empty or has white space around it"
    if name.startswith("."):
        return "begins with a dot"
    if any(separator in name for separator in ("/", "\\", os.sep)):
        return "has a path separator in it"
    return "has a character in it that no name has" if "\x00" in name else None


class _Reader:
    """Takes the text of one profile apart."""

    def __init__(self, name: str, path: str, environ: Mapping[str, str]) -> None:
        self._name = name
        self._path = path
        self._environ = environ

    def read(self, text: str) -> Profile:
        try:
            config = json.loads(text)
        except (ValueError, RecursionError):
            raise self._stop("is no JSON") from None
        how = config.get("authentication") if isinstance(config, dict) else None
        if not isinstance(how, dict):
            raise self._stop("has no `authentication`")
        if how.get("type") not in (FEDERATION, LOGIN):
            raise self._stop(f"has an `authentication.type` that is neither {FEDERATION} nor {LOGIN}")
        top = {key: self._text(config, key, variable) for key, variable in _FILLED.items()}
        path = self._text(how, "credentials_path")
        kept = os.path.join(directory(self._environ), "credentials", f"{self._name}.json")
        return Profile(
            name=self._name,
            path=self._path,
            type=how["type"],
            credentials_path=os.path.expanduser(path) if path else kept,
            base_url=self._text(config, "base_url"),
            organization_id=top["organization_id"],
            workspace_id=top["workspace_id"],
            **(
                self._of_rule(how)
                if how["type"] == FEDERATION
                else {"client_id": self._text(how, "client_id")}
            ),
        )

    def _of_rule(self, how: Mapping[str, Any]) -> dict[str, str | None]:
        found = {key: self._text(how, key, variable) for key, variable in _FILLED_BY_RULE.items()}
        found["identity_token_path"] = None
        if token := how.get("identity_token"):
            source = token.get("source") if isinstance(token, dict) else None
            if source != "file":
                raise self._stop("has an `authentication.identity_token` whose `source` is not `file`")
            if not (path := self._text(token, "path")):
                raise self._stop("has an `authentication.identity_token` without a `path`")
            found["identity_token_path"] = os.path.expanduser(path)
        return found

    def _text(self, of: Mapping[str, Any], key: str, variable: str | None = None) -> str | None:
        value = of.get(key)
        if value and not isinstance(value, str):
            raise self._stop(f"has a `{key}` that is no text")
        return value or (self._environ.get(variable) if variable else None) or None

    def _stop(self, fault: str) -> Stop:
        return stop(
            f"the profile {self._name} is not used: {self._path} {fault}", "correct the file, or log in anew"
        )
