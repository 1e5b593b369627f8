"""What signs requests, which hosts may be given it, and how it stays out of sight."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Generator, Iterable, Mapping

import httpx

from agentops.domain.diagnostics import Code, Stop, error
from agentops.domain.secret import HIDDEN
from agentops.registry.concealment import Concealer, KnownSecrets

TRUSTED_HOSTS_VARIABLE = "AGENTOPS_TRUSTED_HOSTS"

_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"[\x21-\x7e]+")
_SHORTEST_SECRET = 4
"""Characters of a header's value. Shorter ones (`1`, `on`, `dev`) keep nothing secret, and taking them out
would leave no sentence whole."""


class Credential(httpx.Auth):
    """Signs requests and never shows itself: not in ``repr``, ``str`` or an error.

    ``headers`` are sent with every request that it signs; their values are secrets as well.
    ``extra_beta`` is added to the beta header of each request, or None. ``refreshable``: where the registry
    refuses it, another one can be had.
    """

    extra_beta: str | None = None
    refreshable: bool = False

    def __init__(self, known: KnownSecrets, headers: Mapping[str, str] | None = None) -> None:
        self._known = known
        self._headers = dict(headers or {})
        known.add(*(value for value in self._headers.values() if len(value) >= _SHORTEST_SECRET))

    def concealer(self, secrets: Iterable[str] = ()) -> Concealer:
        """What takes this credential, all that it was before, and the ``secrets`` that were sent with it
        out of a text."""
        return self._known.concealer(secrets)

    def reject(self, request: httpx.Request) -> bool:
        """Take note that the registry refused what this request was signed with. Whether sending it once
        more may help."""
        return False

    def for_another_loop(self) -> Credential:
        """The same, for requests that another event loop sends meanwhile."""
        return self

    def _sign(self, request: httpx.Request, value: str) -> None:
        for name, text in self._headers.items():
            request.headers[name] = text
        request.headers["Authorization"] = f"Bearer {value}"
        betas = [word for word in re.split(r"[,\s]+", request.headers.get("anthropic-beta", "")) if word]
        if self.extra_beta is not None and self.extra_beta not in betas:
            request.headers["anthropic-beta"] = ",".join([*betas, self.extra_beta])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({HIDDEN})"


class ApiKey(Credential):
    """An API key, or a bearer token that somebody else keeps fresh.

    It is sent as ``Authorization: Bearer``, as the official SDK does since 2.12. The API takes
    ``x-api-key`` too, but ``Authorization`` is the header that HTTP libraries and proxies know to
    keep out of their logs.

    Raises:
        Stop: the value is empty or has characters that no header can carry.
    """

    def __init__(
        self, value: str, *, origin: str = "the API key", headers: Mapping[str, str] | None = None
    ) -> None:
        if not can_be_sent(value):
            fault = "is empty" if not value else "has white space or other characters that no key has"
            raise stop(f"{origin} {fault}", "put the key there as it was issued, and nothing else")
        super().__init__(KnownSecrets([value]), headers)
        self._value = value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self._sign(request, self._value)
        yield request


def can_be_sent(value: str) -> bool:
    """Whether a header can carry it: visible ASCII."""
    return _KEY.fullmatch(value) is not None


def refuse_untrusted(url: str, environ: Mapping[str, str]) -> None:
    """Whatever the credential and whoever names it: both a reference to a key and the host may come from a
    pull request, while the secret belongs to whoever runs the command.

    Raises:
        Stop: the host is not trusted.
    """
    if not trusted_host(url, environ):
        host = host_of(url)
        raise stop(
            f"no credential is sent to {host}: it is neither Anthropic's (over https) nor this machine",
            f"if this registry may have it, set {TRUSTED_HOSTS_VARIABLE}={host} in the environment",
        )


def resolve_api_key(
    reference: str,
    environ: Mapping[str, str],
    read_file: Callable[[str], str],
    headers: Mapping[str, str] | None = None,
) -> ApiKey:
    """The key that ``env:NAME`` or ``file:PATH`` names.

    ``read_file`` returns a file's text and may raise OSError or UnicodeDecodeError.

    Raises:
        Stop: the reference is malformed, or there is no usable key where it points.
    """
    scheme, _, target = reference.partition(":")
    if scheme == "env" and _VARIABLE_NAME.fullmatch(target):
        return _from_variable(target, environ, headers)
    if scheme == "file" and target:
        return _from_file(target, read_file, headers)
    # What is malformed may be the key itself: it is not repeated.
    raise stop(
        "the registry's api_key is not a secret reference",
        "write `api_key: {secret: env:NAME}` or `{secret: file:PATH}`; "
        "if a key itself stood there, revoke it: it is in the project's history",
    )


def trusted_host(url: str, environ: Mapping[str, str]) -> bool:
    """Whether a credential may be sent to this URL.

    Trusted are anthropic.com and its subdomains over https, loopback, and what
    ``AGENTOPS_TRUSTED_HOSTS`` lists: hosts separated by commas or white space, each
    ``host``, ``host:port`` or ``*.domain``. The URL is read by the library that will open it, so
    that no spelling shows one host here and another there.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    host = parsed.host.rstrip(".")
    if parsed.scheme not in ("http", "https") or not host or parsed.userinfo:
        return False
    if is_loopback(host):
        return True
    if parsed.scheme == "https" and (host == "anthropic.com" or host.endswith(".anthropic.com")):
        return True
    port = parsed.port or {"http": 80, "https": 443}[parsed.scheme]
    listed = re.split(r"[,\s]+", environ.get(TRUSTED_HOSTS_VARIABLE, "").lower())
    return any(_matches(host, port, entry) for entry in listed if entry)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _matches(host: str, port: int, entry: str) -> bool:
    name, colon, number = entry.rpartition(":")
    if colon and number.isdecimal() and (":" not in name or name.startswith("[")):
        if int(number) != port:
            return False
        entry = name
    entry = entry.strip("[]")
    if entry.startswith("*."):
        return host.endswith(entry[1:])
    return host == entry


def _from_variable(name: str, environ: Mapping[str, str], headers: Mapping[str, str] | None) -> ApiKey:
    if value := environ.get(name, "").strip():
        return ApiKey(value, origin=f"the environment variable {name}", headers=headers)
    raise stop(
        f"the stage's api_key names the environment variable {name}, which is not set",
        f"set {name}, or name another place: `api_key: {{secret: env:NAME}}` or `{{secret: file:PATH}}`",
    )


def _from_file(path: str, read_file: Callable[[str], str], headers: Mapping[str, str] | None) -> ApiKey:
    try:
        text = read_file(path)
    except (OSError, UnicodeDecodeError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
        raise stop(
            f"the file {path} that the stage's api_key names cannot be read: {reason or 'unknown reason'}",
            "correct the path or the file's permissions; the file holds the key and nothing else",
        ) from None
    return ApiKey(text.strip(), origin=f"the file {path}", headers=headers)


def host_of(url: str) -> str:
    """Host and port, nothing else: a URL may hold a password or a token."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "HOST"
    return parsed.netloc.decode("ascii") or "HOST"


def stop(summary: str, detail: str) -> Stop:
    """What ends a command for want of a credential."""
    return Stop(error(Code.CREDENTIALS, summary, detail))
