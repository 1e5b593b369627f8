"""The members that only ``web_search`` and ``web_fetch`` have: domains, location, URL sources.

SDK types ``BetaManagedAgentsWebSearchToolConfigParams`` and ``BetaManagedAgentsWebFetchToolConfigParams``.
"""

from __future__ import annotations

import ipaddress
import re
import zoneinfo
from collections.abc import Iterable
from typing import Any

from agentops.emulator.checks import (
    Check,
    array,
    child,
    nullable,
    one_of,
    record,
    refuse,
    tagged,
    text,
    then,
    typed,
)

# Names with underscores exist, whatever a registrar says; the documentation does not speak of them.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_PATH_SUFFIX = re.compile(r"/[^\s?#$,|^!]*")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _domain(*, path_allowed: bool) -> Check:
    def check(value: Any, at: str) -> str:
        entry: str = text(least=1, most=255)(value, at)
        host, slash, rest = entry.lower().partition("/")
        if not _HOST.fullmatch(host) or _is_address(host):
            refuse(
                at,
                f"'{entry}' is not a plain domain name such as docs.example.com "
                "(no scheme, port, wildcard or address)",
            )
        if slash and not path_allowed:
            refuse(at, f"'{entry}' has a path; web_fetch takes host names only")
        if slash and not _PATH_SUFFIX.fullmatch(slash + rest):
            refuse(at, f"'{entry}' has characters that a path suffix may not have")
        return entry

    return check


def domain_list(*, path_allowed: bool) -> Check:
    """1 to 64 domains, different when compared without case; returned as written."""

    def distinct(domains: list[str], at: str) -> list[str]:
        folded = [domain.lower() for domain in domains]
        for index, domain in enumerate(folded):
            if domain in folded[:index]:
                refuse(child(at, index), f"'{domains[index]}' is listed twice")
        return domains

    return then(array(_domain(path_allowed=path_allowed), least=1, most=64), distinct)


def one_domain_list(config: dict[str, Any], at: str) -> dict[str, Any]:
    if config.get("allowed_domains") is not None and config.get("blocked_domains") is not None:
        refuse(at, "allowed_domains and blocked_domains cannot be combined")
    return config


def _timezone(value: Any, at: str) -> str:
    name: str = text(least=1)(value, at)
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        # A machine without a time zone database knows no zone at all; it cannot judge.
        if zoneinfo.available_timezones():
            refuse(at, f"'{name}' is not an IANA time zone")
    return name


def _fill_location(location: dict[str, Any], _at: str) -> dict[str, Any]:
    return {"city": None, "country": None, "region": None, "timezone": None, **location}


user_location: Check = then(
    typed(
        "approximate",
        {
            "city": nullable(text(least=1)),
            "country": nullable(
                text(pattern="[A-Z]{2}", hint="Input should be a two-letter upper-case country code")
            ),
            "region": nullable(text(least=1)),
            "timezone": nullable(_timezone),
        },
    ),
    _fill_location,
)


def _shorthand_or(variants: Check) -> Check:
    """``"all"`` and ``"none"`` may be sent as strings; answers always hold the object form."""
    words = one_of("all", "none")
    return lambda value, at: {"type": words(value, at)} if isinstance(value, str) else variants(value, at)


def _distinct_names(source: dict[str, Any], at: str) -> dict[str, Any]:
    names = [reference["name"] for reference in source["tools"]]
    for index, name in enumerate(names):
        if name in names[:index]:
            refuse(child(at, f"tools.{index}.name"), f"'{name}' is listed twice")
    return source


_references = array(
    typed("tool_reference", {"name": text(least=1, most=128)}, required=("name",)), least=1, most=128
)
_all_or_none = {"all": typed("all"), "none": typed("none")}
_tool_filter = {
    word: then(typed(word, {"tools": _references}, required=("tools",)), _distinct_names)
    for word in ("only", "except")
}
_SOURCES = ("user_input", "client_tool_results", "server_tool_results")


def _resolve_sources(sources: dict[str, Any], at: str) -> dict[str, Any]:
    resolved = {name: sources.get(name) for name in _SOURCES}
    if all(source == {"type": "none"} for source in resolved.values()):
        refuse(at, "at least one source has to stay; all three are 'none'")
    _check_names(
        resolved["server_tool_results"], ("web_search", "web_fetch"), child(at, "server_tool_results")
    )
    return resolved


url_sources: Check = then(
    record(
        {
            "user_input": nullable(_shorthand_or(tagged(_all_or_none))),
            "client_tool_results": nullable(_shorthand_or(tagged({**_all_or_none, **_tool_filter}))),
            "server_tool_results": nullable(_shorthand_or(tagged({**_all_or_none, **_tool_filter}))),
        }
    ),
    _resolve_sources,
)


def check_client_tools(sources: dict[str, Any], custom_tools: Iterable[str], at: str) -> None:
    """``client_tool_results`` may name only custom tools of the same ``tools`` array."""
    _check_names(sources["client_tool_results"], tuple(custom_tools), child(at, "client_tool_results"))


def _check_names(source: dict[str, Any] | None, known: tuple[str, ...], at: str) -> None:
    for index, reference in enumerate((source or {}).get("tools", ())):
        if reference["name"] not in known:
            refuse(
                child(at, f"tools.{index}.name"),
                f"'{reference['name']}' is not one of the tools that may stand here: "
                f"{', '.join(known) or 'none'}",
            )
