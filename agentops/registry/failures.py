"""Calls that got no answer or none that counts: whether something was sent, and what to say of it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Any

import httpx

from agentops.domain.ports import Exhausted, OutcomeUnknown, RegistryError
from agentops.registry.pacing import PATIENCE

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


def may_have_been_sent(failure: httpx.RequestError) -> bool:
    """False where the failure came before the first byte of the request went out."""
    return not isinstance(failure, _UNSENT)


def sentence(failure: httpx.RequestError, call: str, base_url: httpx.URL) -> str:
    """What happened and what to check. Names the host, never a header, a query or a body.

    ``call`` is the method and path.
    """
    host = base_url.netloc.decode("ascii")
    if may_have_been_sent(failure):
        return _lost(failure, call, host)
    return f"{_not_connected(failure, host)} (for {call})"


def unknown(call: object, error: RegistryError) -> OutcomeUnknown:
    """For a write whose answer is missing or cannot be read. ``call`` is shown as method and path."""
    return OutcomeUnknown(f"{call} may or may not have happened: {error.message}", **_about(error))


def again(told: Exhausted) -> Exhausted:
    """For a call that is not sent, because an earlier one was told so."""
    return Exhausted(told.message, **_about(told))


def worn_out(refused: RegistryError | None) -> Exhausted:
    """For the last of many calls that were told to wait and refused again."""
    refused = refused or RegistryError("no answer")
    why = f"all calls like it were refused for {PATIENCE / 60:.0f} minutes; that is not waited for longer"
    return Exhausted(f"{refused.message} ({why})", **_about(refused))


def _about(error: RegistryError) -> dict[str, Any]:
    return {"status": error.status, "code": error.code, "request_id": error.request_id}


def _lost(failure: httpx.RequestError, call: str, host: str) -> str:
    match failure:
        case httpx.TimeoutException():
            what = "did not answer in time"
        case httpx.DecodingError():
            what = "answered with a body that cannot be decoded"
        case _:
            what = "closed the connection without an answer"
    return f"{host} {what}: {call}"


def _not_connected(failure: httpx.RequestError, host: str) -> str:
    match failure:
        case httpx.ProxyError():
            return f"the proxy does not connect to {host}: check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
        case httpx.PoolTimeout():
            return f"all connections to {host} stayed busy: apply fewer resources at a time"
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            return f"{host} cannot be asked: check the registry's base_url and workspace_id"
        case httpx.ConnectTimeout():
            return f"{host} does not accept connections: check the registry's base_url, network and proxy"
    for cause in _causes(failure):
        match cause:
            case ssl.SSLCertVerificationError():
                return (
                    f"the certificate of {host} is not trusted: "
                    "where a proxy signs anew, let SSL_CERT_FILE name its authority"
                )
            case ssl.SSLError():
                return f"{host} does not speak TLS as expected: check whether base_url is http or https"
            case socket.gaierror():
                return f"the name of {host} does not resolve: check the registry's base_url and the network"
            case ConnectionRefusedError():
                return f"nothing listens at {host}: check the registry's base_url and that it is running"
    return f"{host} cannot be reached: check the registry's base_url, network and proxy"


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """The failure and everything it came from, groups included."""
    waiting: list[BaseException] = [failure]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [found for found in (current.__cause__, current.__context__) if found is not None]
        if isinstance(current, BaseExceptionGroup):
            waiting += current.exceptions
