"""From an HTTP response to a body or an error, whoever sent it: the API, a gateway, a proxy, a web page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import httpx

from agentops.domain.kind import Kind
from agentops.domain.ports import Conflict, Exhausted, NotFound, RegistryError, Unauthorized
from agentops.domain.resource import Body
from agentops.registry.archive import UnusableArchive, looks_like_zip, unpacked
from agentops.registry.calls import LARGEST_ANSWER
from agentops.registry.concealment import Concealer, one_line
from agentops.registry.retries import LONGEST_WAIT, SPEND_CAPS, server_delay

_LONGEST_MESSAGE = 1000
_LONGEST_QUOTE = 200
_SHORTEST_ECHO = 8
_LONGEST_REFUSAL = 1_000_000  # bytes of it that are read
_DEEPEST = 100
"""Mappings and lists in one another, far more than any object of the API has; what is deeper would be a
recursion without end to everything that looks at it."""

_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of 300 and above, as far as it could be read.

    ``api_error``: it has the API's error shape. ``code``: ``error.details.error_code``, else ``error.type``.
    ``asked``: seconds the server asks to wait.
    """

    status: int
    message: str
    code: str | None
    request_id: str | None
    api_error: bool
    asked: float | None = None

    def as_error(self, base_url: str) -> RegistryError:
        """The error of the port. A 404 counts as an object that is not there only if the API itself
        says so: taken from a web server, it would report every resource as gone."""
        about: dict[str, Any] = {"status": self.status, "code": self.code, "request_id": self.request_id}
        match self.status:
            case 401 | 403:
                return Unauthorized(self.message, **about)
            case 404 if self.api_error:
                return NotFound(self.message, **about)
            case 404:
                return RegistryError(f"{foreign(base_url)}: {self.message}", **about)
            case 409:
                return Conflict(self.message, **about)
            case 429 if self.code in SPEND_CAPS or (self.asked or 0.0) > LONGEST_WAIT:
                return Exhausted(self.message, **about)
        return RegistryError(self.message, **about)


async def received(client: httpx.AsyncClient, request: httpx.Request, most: int) -> httpx.Response:
    """The answer, read to its end, or until ``most`` bytes of it are there, however it is packed.

    Raises:
        httpx.RequestError: there is none, or not all of it.
    """
    async with aclosing(await client.send(request, stream=True)) as response:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) >= most:
                break
    headers = response.headers.copy()
    headers.pop("content-encoding", None)  # it is unpacked
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=bytes(content),
        request=request,
        extensions=response.extensions,
    )


def read_body(response: httpx.Response, base_url: str, conceal: Concealer) -> Body:
    """The JSON object of a successful answer.

    Raises:
        RegistryError: it is something else.
    """
    if isinstance(body := _parsed_bytes(response.content), dict):
        return body
    raise _unexpected(response, "a JSON object", base_url, conceal)


def read_object(response: httpx.Response, of: str, base_url: str, conceal: Concealer) -> Body:
    """The same, of an object that has an ID. ``of`` is the call that it answers.

    Raises:
        RegistryError: it is something else.
    """
    body = read_body(response, base_url, conceal)
    if not _has_id(body):
        raise _strange(response, f"the answer to {of} has no `id`", base_url, conceal)
    return body


def read_files(
    response: httpx.Response, of: str, base_url: str, conceal: Concealer
) -> tuple[str, dict[str, bytes]]:
    """The top directory of a zip archive and its files, whatever content type the answer has.

    ``of`` says whose files they are.

    Raises:
        RegistryError: it is no zip archive, or one that is not to be trusted.
    """
    if not looks_like_zip(response.content):
        raise _unexpected(response, "a zip archive", base_url, conceal)
    try:
        return unpacked(response.content)
    except UnusableArchive as why:
        raise RegistryError(
            f"the files of {of} are not used: {conceal(str(why))}; upload them again as a new version",
            status=response.status_code,
            request_id=_request_id(response, None, conceal),
        ) from None


def _unexpected(response: httpx.Response, expected: str, base_url: str, conceal: Concealer) -> RegistryError:
    found = conceal(_described(response))
    return _strange(response, f"{found} where {expected} was expected", base_url, conceal)


def _strange(response: httpx.Response, what: str, base_url: str, conceal: Concealer) -> RegistryError:
    """An answer that the API would never give."""
    return RegistryError(
        f"{foreign(base_url)}: {what}",
        status=response.status_code,
        request_id=_request_id(response, None, conceal),
    )


def read_page(
    response: httpx.Response, kind: Kind, base_url: str, conceal: Concealer
) -> tuple[list[Body], str | None]:
    """A page's live objects and the cursor of the next page, None at the end.

    Raises:
        RegistryError: it is no page. A missing ``data`` is not an empty list: everything we know of
            would seem to be gone.
    """
    page = read_body(response, base_url, conceal)
    data, cursor = page.get("data"), page.get("next_page") or None
    objects: list[Body] = []
    fault = None
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        fault = "has no `data`"
    else:
        # A list of memories may hold `memory_prefix` entries, which are no objects and have no ID.
        objects = [item for item in data if "id" in item or item.get("type") in (None, kind.name)]
        if not all(map(_has_id, objects)):
            fault = "has an item without an `id`"
    if cursor is not None and not isinstance(cursor, str):
        fault = "has a `next_page` that is no text"
    if fault is not None:
        raise _strange(response, f"a list of {kind.directory} {fault}", base_url, conceal)
    return [item for item in objects if item.get("archived_at") is None], cursor


def endless(response: httpx.Response, kind: Kind, base_url: str, conceal: Concealer) -> RegistryError:
    """For a list whose last page leads nowhere new."""
    return RegistryError(
        f"{base_url} lists {kind.directory} without end: its pages lead nowhere new",
        status=response.status_code,
        request_id=_request_id(response, None, conceal),
    )


def _has_id(body: Body) -> bool:
    return isinstance(id := body.get("id"), str) and id != ""


def read_refusal(response: httpx.Response, sent: Body | None, conceal: Concealer) -> Refusal:
    """Read an answer of 300 and above.

    ``sent`` is the request's body: another server than the API may send it back, and it does not belong in
    a message. ``conceal`` hides the credential and the secrets of the body, whoever repeats them.
    """
    body = _parsed(_text(response))
    refused = body.get("error") if isinstance(body, dict) else None
    if isinstance(refused, Mapping) and isinstance(message := refused.get("message"), str):
        api_error, code = True, _code_of(refused, conceal)
    else:
        api_error, code = False, None
        message = _foreign_message(response, body, sent)
    longest = _LONGEST_MESSAGE if api_error else _LONGEST_QUOTE
    message = _cut(conceal(message), longest) or conceal(_described(response))
    if (asked := server_delay(response.headers)) is not None and asked > LONGEST_WAIT:
        message = f"{message} (the server asks to wait {asked:.0f} s; try again then)"
    return Refusal(
        status=response.status_code,
        message=message,
        code=code,
        request_id=_request_id(response, body, conceal),
        api_error=api_error,
        asked=asked,
    )


def foreign(base_url: str) -> str:
    """The sentence for an answer that the API would never give."""
    return f"{base_url} does not look like the Managed Agents API; check the registry's base_url"


def _parsed_bytes(content: bytes) -> Any:
    """The value of a JSON text, or None. JSON that is exchanged is UTF-8 (RFC 8259)."""
    try:
        return _parsed(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def _parsed(text: str) -> Any:
    """The value of a JSON text, or None: also for what Python takes for JSON, and nobody else does."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if _is_deep(value):
        return None
    return _whole(value) if _HALF_PAIR.search(text) else value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        members = (it.values() if isinstance(it, dict) else it for it in level if isinstance(it, dict | list))
        level = [it for found in members for it in found if isinstance(it, dict | list)]
        if not level:
            return False
    return True


def _whole(value: Any) -> Any:
    """Half of a surrogate pair can be escaped, and cannot be written anywhere: it is replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(key): _whole(member) for key, member in value.items()}
    return [_whole(member) for member in value] if isinstance(value, list) else value


def _text(response: httpx.Response) -> str:
    """As the charset says, where it is one; otherwise UTF-8, with what is none of it replaced."""
    content = response.content[:_LONGEST_REFUSAL]
    try:
        return content.decode(response.charset_encoding or "utf-8", "replace")
    except (LookupError, ValueError):  # no such charset, or a codec that makes no text
        return content.decode("utf-8", "replace")


def _code_of(refused: Mapping[str, Any], conceal: Concealer) -> str | None:
    details = refused.get("details")
    stable = details.get("error_code") if isinstance(details, Mapping) else None
    for found in (stable, refused.get("type")):
        if isinstance(found, str) and found:
            return _word(found, conceal)
    return None


def _request_id(response: httpx.Response, body: Any, conceal: Concealer) -> str | None:
    inside = body.get("request_id") if isinstance(body, dict) else None
    found = response.headers.get("request-id") or (inside if isinstance(inside, str) else "")
    return _word(found, conceal)


def _word(text: str, conceal: Concealer) -> str | None:
    found = conceal.word(text)
    return None if found is None else _cut(found, _LONGEST_QUOTE)


def _foreign_message(response: httpx.Response, body: Any, sent: Body | None) -> str:
    if response.has_redirect_location:
        # Not followed: a POST would become a GET, and the credential would go to a host nobody named.
        return f"the server redirects to {_redirect_host(response)}; write where the API is as base_url"
    quote = _quoted(body) if isinstance(body, dict) else _text(response) if _is_readable(response) else ""
    return "" if any(part in quote for part in _strings(sent)) else quote


def _redirect_host(response: httpx.Response) -> str:
    try:
        return httpx.URL(response.headers["location"]).host or "another path"
    except httpx.InvalidURL:
        return "another place"


def _quoted(body: Mapping[str, Any]) -> str:
    """The sentence in an error of another shape: ``{"detail": …}``, ``{"message": …}``, ``{"error": …}``."""
    for key in ("message", "error", "detail", "title"):
        match body.get(key):
            case str(text) if text:
                return text
            case [*items] if items:
                return "; ".join(_validation(item) for item in items if isinstance(item, Mapping))
            case {"message": str(text)} if text:
                return text
    return ""


def _validation(item: Mapping[str, Any]) -> str:
    """One entry of a 422 as web frameworks write it; its ``input`` is left out, it is what we sent."""
    place = item.get("loc")
    at = ".".join(str(step) for step in place) if isinstance(place, list) else ""
    return f"{at}: {item.get('msg', 'invalid')}" if at else str(item.get("msg", "invalid"))


def _content_type(response: httpx.Response) -> str:
    return _cut(one_line(response.headers.get("content-type", "").partition(";")[0]), 80)


def _is_markup(response: httpx.Response) -> bool:
    return _content_type(response) == "text/html" or response.content.lstrip()[:1] == b"<"


def _is_readable(response: httpx.Response) -> bool:
    kinds = ("", "text/plain", "application/json")
    return _content_type(response) in kinds and not _is_markup(response)


def _described(response: httpx.Response) -> str:
    if not response.content:
        what = "an empty answer"
    elif len(response.content) >= LARGEST_ANSWER:
        what = f"an answer of more than {LARGEST_ANSWER // 1024 // 1024} MB"
    elif _is_markup(response):
        what = "a web page"
    else:
        what = f"an answer of type {_content_type(response) or 'unknown'}"
    return f"{what} ({response.status_code} {response.reason_phrase})".replace(" )", ")")


def _strings(value: Any) -> Iterator[str]:
    """Every text of a body that is long enough to be recognised where it is repeated."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST_ECHO:
            yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 1]}…"
