"""Hosts and addresses of servers, as several kinds name them."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from agentops.domain.diagnostics import Code
from agentops.kinds.schema import refusal

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*", re.IGNORECASE | re.ASCII)
_MAX_HOST_LENGTH = 255


def _check_host(host: str) -> str:
    if not host.isascii():
        raise refusal(
            Code.INVALID_VALUE, f"'{host}' is not a host as a network knows it; write its xn-- form"
        )
    if not _HOST.fullmatch(host) or len(host) > _MAX_HOST_LENGTH:
        message = (
            f"'{host}' is not a host; write a bare name (api.example.com) or a wildcard (*.example.com), "
        )
        raise refusal(Code.INVALID_VALUE, f"{message}without scheme, port or path")
    return host


Host = Annotated[str, AfterValidator(_check_host)]
"""A host of an allow list; ``*.example.com`` stands for all below ``example.com``."""


def is_url(text: str) -> bool:
    """Whether it is an http or https address."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and re.search(r"\s", text) is None
        )
    except ValueError:
        return False


def check_server(url: str) -> str:
    if not is_url(url):
        # The text is not repeated: a secret may have been put into the wrong member.
        message = "this is not the address of a server; write e.g. https://mcp.example.com/mcp"
        raise refusal(Code.INVALID_VALUE, message)
    return url


def _check_without_password(url: str) -> str:
    if urlsplit(url).username is not None:
        message = "the address has a user or password in it, which the registry shows to everybody; remove it"
        raise refusal(Code.INVALID_VALUE, message)
    return url


OpenUrl = Annotated[str, AfterValidator(check_server), AfterValidator(_check_without_password)]
"""An address beside a secret: nothing of the secret may stand in it."""
