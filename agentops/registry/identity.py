"""Identity tokens: what says who this process is, and is exchanged for an access token.

Each is read or fetched anew for every exchange: files are rotated in place, and a token of GitHub lives for
five minutes while its job goes on.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx

from agentops.domain.ports import NoToken
from agentops.registry.credentials import can_be_sent, is_loopback, stop
from agentops.registry.files import Unusable, read_text
from agentops.registry.one_off import OneOff

FILE_VARIABLE = "ANTHROPIC_IDENTITY_TOKEN_FILE"
LITERAL_VARIABLE = "ANTHROPIC_IDENTITY_TOKEN"
GITHUB_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"
GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105
AUDIENCE = "https://api.anthropic.com"

_PERMISSION = "give the job `permissions: {id-token: write}`"


@dataclass(frozen=True, slots=True)
class Identity:
    """Where identity tokens come from. ``origin`` names it in messages; ``token`` raises NoToken."""

    origin: str
    token: Callable[[], Awaitable[str]]


def identity_of(environ: Mapping[str, str], web: OneOff) -> Identity | None:
    """The environment's: a file, else a literal, else GitHub Actions. None where there is none of them.

    Raises:
        Stop: GitHub's is to be asked for in clear text.
    """
    if path := environ.get(FILE_VARIABLE):
        return of_file(path, f"the file that {FILE_VARIABLE} names")
    if environ.get(LITERAL_VARIABLE):
        return Identity(LITERAL_VARIABLE, lambda: _literal(environ))
    url, bearer = environ.get(GITHUB_URL), environ.get(GITHUB_TOKEN)
    if url and bearer:
        return of_github(url, bearer, web)
    return None


def of_file(path: str, origin: str) -> Identity:
    """What somebody else, as a cluster or a step of CI, puts into a file."""

    async def token() -> str:
        if path.startswith("eyJ") and path.count(".") == 2:  # not repeated, as it is one
            raise NoToken(
                f"there is a token where the path of a file belongs ({origin})",
                f"name the file that holds it, or set {LITERAL_VARIABLE} to the token",
            )
        advice = "check that whatever is to write the token has done so, and that this process can read it"
        try:
            text = read_text(path).strip()
        except FileNotFoundError:
            raise NoToken(f"there is no identity token at {path} ({origin})", advice) from None
        except Unusable as problem:
            raise NoToken(
                f"the identity token cannot be used: {problem.summary} ({origin})", advice
            ) from None
        if not can_be_sent(text):
            raise NoToken(f"there is no identity token in {path} ({origin})", advice)
        return text

    return Identity(origin, token)


async def _literal(environ: Mapping[str, str]) -> str:
    found = environ.get(LITERAL_VARIABLE, "").strip()
    if not can_be_sent(found):
        raise NoToken(f"{LITERAL_VARIABLE} is no token", "set it to the token as it was issued")
    return found


def of_github(url: str, bearer: str, web: OneOff) -> Identity:
    """The token of the GitHub Actions job that this process runs in.

    Raises:
        Stop: the URL is not https.
    """
    try:
        asked = httpx.URL(url).copy_merge_params({"audience": AUDIENCE})
    except httpx.InvalidURL:
        asked = httpx.URL()
    secure = asked.scheme == "https" or (asked.scheme == "http" and is_loopback(asked.host))
    if not secure or not asked.host or asked.userinfo:
        raise stop(
            f"{GITHUB_URL} is not https, so no identity token is asked for there",
            "GitHub Actions sets it; see what else does",
        )
    if not can_be_sent(bearer):
        raise stop(f"{GITHUB_TOKEN} is no token", "GitHub Actions sets it; see what else does")
    web.known.add(bearer)

    async def token() -> str:
        headers = {"authorization": f"Bearer {bearer}", "accept": "application/json"}
        response = await web.ask(httpx.Request("GET", asked, headers=headers), "try again")
        try:
            answer = json.loads(response.content) if response.status_code == 200 else None
        except (ValueError, RecursionError):
            answer = None
        found = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(found, str) or not can_be_sent(found):
            raise NoToken("GitHub Actions gave no identity token", _PERMISSION, status=response.status_code)
        return found

    return Identity("GitHub Actions OIDC", token)
