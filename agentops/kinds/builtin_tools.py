"""The entries of the built-in toolset: one shape per tool, and what the two web tools add.

Sources: API reference, "Tools"; SDK types ``BetaManagedAgents…ToolConfigParams``,
``BetaManagedAgentsWebFetchURLSourcesParams``, ``BetaManagedAgentsUserLocationParam``. That a domain must not
be a public suffix is left to the registry, which has the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, BeforeValidator

from agentops.domain.diagnostics import Code
from agentops.domain.resource import Body
from agentops.kinds.schema import (
    NonEmpty,
    OneOf,
    Path,
    Problem,
    Shape,
    completed_each,
    known_members,
    refusal,
    text_or_mapping,
)


def _policy_as_mapping(policy: Any) -> Any:
    if isinstance(policy, str):
        raise refusal(Code.WRONG_TYPE, f"a permission policy is a mapping; write {{type: {policy}}}")
    return policy


class PermissionPolicy(Shape):
    """SDK types ``BetaManagedAgents…PolicyParam``, one per policy."""

    type: Literal["always_allow", "always_ask", "auto"]


class ToolSettings(Shape):
    """What can be said of every tool, and of a toolset for all its tools."""

    enabled: bool | None = None
    permission_policy: Annotated[PermissionPolicy | None, BeforeValidator(_policy_as_mapping)] = None


class Bash(ToolSettings):
    name: Literal["bash"]
    type: Literal["bash"] = "bash"


class Read(ToolSettings):
    name: Literal["read"]
    type: Literal["read"] = "read"


class Write(ToolSettings):
    name: Literal["write"]
    type: Literal["write"] = "write"


class Edit(ToolSettings):
    name: Literal["edit"]
    type: Literal["edit"] = "edit"


class Glob(ToolSettings):
    name: Literal["glob"]
    type: Literal["glob"] = "glob"


class Grep(ToolSettings):
    name: Literal["grep"]
    type: Literal["grep"] = "grep"


_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE | re.ASCII)
_NOT_IN_PATHS = re.compile(r"[\s?#$,|^!]")
_MAX_DOMAINS = 64
_MAX_LABEL = 63
_MAX_DOMAIN_LENGTH = 255


def _domain_fault(domain: str, *, takes_path: bool) -> str | None:
    """What is wrong with an entry of a domain list, as the end of a sentence; None where nothing is."""
    host, slash, path = domain.partition("/")
    labels = host.split(".")
    if not 1 <= len(domain) <= _MAX_DOMAIN_LENGTH:
        return f"it has 1 to {_MAX_DOMAIN_LENGTH} characters, not {len(domain)}"
    if not domain.isascii():
        return "it is ASCII; write its xn-- form"
    if "://" in domain:
        return f"it has no scheme; write '{domain.partition('://')[2]}'"
    if "*" in host:
        return f"it has no wildcard, sub-domains are covered anyway; write '{host.lstrip('*.')}'"
    if slash and not takes_path:
        return f"it has no path here; write '{host}'"
    if _NOT_IN_PATHS.search(path):
        return "its path has no spaces and none of ? # $ , | ^ !"
    if ":" in host:
        return f"it has no port; write '{host.partition(':')[0]}'"
    if any(len(label) > _MAX_LABEL for label in labels):
        return f"a part between dots has at most {_MAX_LABEL} characters"
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return "it is a full host name such as docs.example.com"
    if labels[-1].isdigit():
        return "it is a host name, not an IP address"
    return None


def _check_host(domain: str) -> str:
    if fault := _domain_fault(domain, takes_path=False):
        raise refusal(Code.INVALID_VALUE, f"'{domain}' is not a domain: {fault}")
    return domain


def _check_host_with_path(domain: str) -> str:
    if fault := _domain_fault(domain, takes_path=True):
        raise refusal(Code.INVALID_VALUE, f"'{domain}' is not a domain: {fault}")
    return domain


Host = Annotated[str, AfterValidator(_check_host)]
HostWithPath = Annotated[str, AfterValidator(_check_host_with_path)]


def domain_list_problems(allowed: list[str] | None, blocked: list[str] | None) -> Iterator[Problem]:
    """The lists of one tool: not empty, not too long, nothing twice, and only one of them."""
    for member, domains in (("allowed_domains", allowed), ("blocked_domains", blocked)):
        if domains is None:
            continue
        if not domains:
            message = f"the API refuses an empty list; leave `{member}` out instead"
            yield Problem((member,), Code.INVALID_VALUE, message)
        if len(domains) > _MAX_DOMAINS:
            message = f"a domain list has at most {_MAX_DOMAINS} entries, this one has {len(domains)}"
            yield Problem((member,), Code.LIMIT, message)
        lowered = [domain.lower() for domain in domains]
        for index, domain in enumerate(lowered):
            if domain in lowered[:index]:
                yield Problem((member, index), Code.INVALID_VALUE, f"'{domain}' is listed twice; remove one")
    if allowed is not None and blocked is not None:
        message = "a tool has allowed_domains or blocked_domains, not both; remove one of them"
        yield Problem(("blocked_domains",), Code.INVALID_VALUE, message)


class ToolReference(Shape):
    type: Literal["tool_reference"]
    name: NonEmpty


class SourceSwitch(Shape):
    """SDK types ``BetaManagedAgentsWebFetchURLSourceAllParam``, ``…NoneParam``."""

    type: Literal["all", "none"]


class SourceFilter(Shape):
    """SDK types ``BetaManagedAgentsWebFetchURLSourceOnlyParam``, ``…ExceptParam``."""

    type: Literal["only", "except"]
    tools: Annotated[list[ToolReference], pydantic.Field(min_length=1, max_length=128)]

    def rules(self) -> Iterator[Problem]:
        names = [tool.name for tool in self.tools]
        for index, name in enumerate(names):
            if name in names[:index]:
                place: Path = ("tools", index, "name")
                yield Problem(place, Code.INVALID_VALUE, f"'{name}' is listed twice; remove one")


Switch = Literal["all", "none"]
UserInput = Annotated[
    Annotated[Switch, pydantic.Tag("text")] | Annotated[SourceSwitch, pydantic.Tag("mapping")],
    OneOf(text_or_mapping),
]
ToolResults = Annotated[
    Annotated[Switch, pydantic.Tag("text")]
    | Annotated[Annotated[SourceSwitch | SourceFilter, OneOf("type")], pydantic.Tag("mapping")],
    OneOf(text_or_mapping),
]
WEB_TOOLS = ("web_search", "web_fetch")


class UrlSources(Shape):
    """Where the URLs may come from that web_fetch fetches; what is left out is ``all``."""

    user_input: UserInput | None = None
    client_tool_results: ToolResults | None = None
    server_tool_results: ToolResults | None = None

    def rules(self) -> Iterator[Problem]:
        sources = (self.user_input, self.client_tool_results, self.server_tool_results)
        if all(source is not None and _switch_of(source) == "none" for source in sources):
            message = "with all three sources set to none nothing can be fetched; disable web_fetch instead"
            yield Problem((), Code.INVALID_VALUE, message)
        for path, name in named_sources(self.server_tool_results):
            if name not in WEB_TOOLS:
                message = f"'{name}' is no server tool with URLs; write web_search or web_fetch"
                yield Problem(("server_tool_results", *path), Code.UNKNOWN_TOOL, message)


def _switch_of(source: str | SourceSwitch | SourceFilter) -> str:
    return source if isinstance(source, str) else source.type


def named_sources(source: object) -> Iterator[tuple[Path, str]]:
    """The tools that a filter names, with their paths below it."""
    if isinstance(source, SourceFilter):
        for index, tool in enumerate(source.tools):
            yield ("tools", index, "name"), tool.name


class WebFetch(ToolSettings):
    name: Literal["web_fetch"]
    type: Literal["web_fetch"] = "web_fetch"
    allowed_domains: list[Host] = pydantic.Field(default_factory=list)
    blocked_domains: list[Host] = pydantic.Field(default_factory=list)
    max_content_tokens: Annotated[int, pydantic.Field(gt=0)] | None = None
    url_sources: UrlSources | None = None

    def rules(self) -> Iterator[Problem]:
        yield from domain_list_problems(*_written_lists(self))


def _check_country(country: str) -> str:
    if not re.fullmatch("[A-Z]{2}", country):
        message = f"'{country}' is not a country code; write two capitals (ISO 3166-1), e.g. DE"
        raise refusal(Code.INVALID_VALUE, message)
    return country


class UserLocation(Shape):
    type: Literal["approximate"]
    city: NonEmpty | None = None
    country: Annotated[str, AfterValidator(_check_country)] | None = None
    region: NonEmpty | None = None
    timezone: NonEmpty | None = None


class WebSearch(ToolSettings):
    name: Literal["web_search"]
    type: Literal["web_search"] = "web_search"
    allowed_domains: list[HostWithPath] = pydantic.Field(default_factory=list)
    blocked_domains: list[HostWithPath] = pydantic.Field(default_factory=list)
    user_location: UserLocation | None = None

    def rules(self) -> Iterator[Problem]:
        yield from domain_list_problems(*_written_lists(self))


def _written_lists(tool: WebFetch | WebSearch) -> tuple[list[str] | None, list[str] | None]:
    """The domain lists, None where the file has none: an empty one is refused, an absent one is not."""
    written = tool.model_fields_set
    return (
        tool.allowed_domains if "allowed_domains" in written else None,
        tool.blocked_domains if "blocked_domains" in written else None,
    )


BuiltinTool = Bash | Read | Write | Edit | Glob | Grep | WebFetch | WebSearch

BUILTIN_TOOLS: Mapping[str, type[ToolSettings]] = {
    "bash": Bash,
    "read": Read,
    "write": Write,
    "edit": Edit,
    "glob": Glob,
    "grep": Grep,
    "web_fetch": WebFetch,
    "web_search": WebSearch,
}


def complete_builtin(entry: Mapping[str, Any]) -> Body:
    """An entry with its own members in their one form, without what it inherits from its toolset.

    A tool nobody knows keeps all its members.
    """
    name = entry.get("name")
    shape = BUILTIN_TOOLS.get(name) if isinstance(name, str) else None
    if shape is None:
        return {key: member for key, member in entry.items() if member is not None}
    filled = {"type": name, **known_members(entry, shape)}
    if isinstance(location := filled.get("user_location"), Mapping):
        filled["user_location"] = known_members(location, UserLocation)
    if isinstance(sources := filled.get("url_sources"), Mapping):
        filled["url_sources"] = _narrowed_sources(sources)
        if not filled["url_sources"]:
            del filled["url_sources"]
    return filled


def _narrowed_sources(sources: Mapping[str, Any]) -> Body:
    """Only what narrows: a source that is ``all`` is as good as absent."""
    every = {"type": "all"}
    filled = {name: _source(source) for name, source in known_members(sources, UrlSources).items()}
    return {name: source for name, source in filled.items() if source != every}


def _source(source: Any) -> Any:
    match source:
        case "all" | "none":
            return {"type": source}
        case {"type": "all" | "none"}:
            return known_members(source, SourceSwitch)
        case {"type": "only" | "except"}:
            filled = known_members(source, SourceFilter)
            return {**filled, "tools": completed_each(filled.get("tools"), _tool_reference)}
    return source


def _tool_reference(tool: Any) -> Any:
    return known_members(tool, ToolReference) if isinstance(tool, Mapping) else tool


def complete_policy(policy: Any) -> Any:
    match policy:
        case {"type": "always_allow" | "always_ask" | "auto"}:
            return known_members(policy, PermissionPolicy)
    return policy
