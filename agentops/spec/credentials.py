"""``credentials`` of a vault's file -> what lies in the vault. Secrets are references; none stands here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.spec.located import LocatedDict
from agentops.spec.source import describe

CREDENTIALS = "credentials"
SECRET_VERSION = "secret_version"  # noqa: S105
_VERSION = re.compile(r"[A-Za-z0-9._:+-]{1,40}")


@dataclass(frozen=True, slots=True)
class Credential:
    """``body`` is the create request as it is written; ``before`` the same before overrides."""

    name: str
    body: LocatedDict
    before: Any
    at: Location
    secret_version: str | None


def read_credentials(
    body: LocatedDict, written: LocatedDict, problems: list[Diagnostic]
) -> Iterator[Credential]:
    """The credentials of a vault by name. ``written`` is the file before overrides."""
    found = body.get(CREDENTIALS)
    if found is None:
        return
    if not isinstance(found, LocatedDict):
        problems.append(
            error(
                Code.WRONG_TYPE,
                f"'{CREDENTIALS}' is a mapping of names, not {describe(found)}",
                "write `credentials: {linear: {auth: {type: static_bearer, …}}}`",
                location=body.place(CREDENTIALS),
            )
        )
        return
    former = written.get(CREDENTIALS)
    for name, entry in found.items():
        at = found.place(name, "key")
        if not isinstance(entry, LocatedDict):
            problems.append(
                error(
                    Code.WRONG_TYPE,
                    f"the credential '{name}' is a mapping, not {describe(entry)}",
                    f"write `{name}: {{auth: {{type: static_bearer, …}}}}`",
                    location=found.place(name),
                )
            )
        elif not name or "/" in name or not name.isprintable() or name != name.strip():
            problems.append(
                error(
                    Code.INVALID_VALUE,
                    f"{name!r} cannot be the name of a credential",
                    "use letters, digits, '.', '_' and '-': it becomes a part of an address",
                    location=at,
                )
            )
        else:
            before = former.get(name) if isinstance(former, LocatedDict) else None
            yield Credential(
                name,
                entry.without(SECRET_VERSION),
                before if before is not None else {"name": name},
                at,
                read_secret_version(entry, problems),
            )


def read_secret_version(holder: LocatedDict, problems: list[Diagnostic]) -> str | None:
    """``secret_version: 2``: a secret is sent again where this is another than last time."""
    value = holder.get(SECRET_VERSION)
    if value is None:
        return None
    at, instead = holder.place(SECRET_VERSION), "write `secret_version: 2`, and another one when it changed"
    if isinstance(value, bool) or not isinstance(value, int | str):
        what = f"'{SECRET_VERSION}' is a whole number or a word, not {_described(value)}"
        problems.append(error(Code.WRONG_TYPE, what, instead, location=at))
        return None
    if _VERSION.fullmatch(str(value)) is None:
        # The text is not repeated: somebody may take this for the place of the secret.
        what = f"'{SECRET_VERSION}' is 1 to 40 letters, digits and '.', '_', ':', '+', '-', never the secret"
        problems.append(error(Code.INVALID_VALUE, what, instead, location=at))
        return None
    return str(value)


def _described(value: Any) -> str:
    return "a fraction" if isinstance(value, float) else describe(value)
