"""Addresses of servers, taken apart. A secret may stand in any of them: only hosts are ever repeated."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Url:
    """``scheme`` and ``host`` in lower case; ``port`` None where it is the scheme's own; ``rest`` is the
    path and what follows, without a final slash."""

    scheme: str
    host: str
    port: int | None
    rest: str

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_url(text: str) -> Url | None:
    """None where it is no address with a host. Two texts that mean one server are equal once read."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not parts.scheme:
        return None
    rest = parts.path.removesuffix("/") + (f"?{parts.query}" if parts.query else "")
    return Url(parts.scheme, host, None if port == _PORTS.get(parts.scheme) else port, rest)
