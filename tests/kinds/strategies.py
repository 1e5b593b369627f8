"""Bodies of create requests, drawn from everything that is legal.

For any test that needs bodies nobody thought of::

    from .strategies import BODIES, agent_bodies

    @given(body=agent_bodies())
    def test_…(body): ...

``BODIES`` has the strategies by kind: ``agent_bodies()``, ``environment_bodies()``, ``memory_bodies()``,
``memory_store_bodies()``. A body is plain JSON: optional members are there or not, null where the API takes
null, in every spelling it takes (effort and model as text or object, URL sources likewise), with text from
all of Unicode. Rules between members hold: MCP servers and toolsets match, a domain list excludes the other,
packages under limited networking have their package managers. A feature that only some models have comes
with a model that has it, and skills with the tool that reads them, so that a registry that checks such things
takes every body. ``multiagent`` and custom skills are not drawn.
"""

from __future__ import annotations

import copy
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Json = Any
Bodies = SearchStrategy[dict[str, Json]]

BUILTIN_TOOLS = ("bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search")
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2", "claude-opus-4-6")
MODELS_WITH_EVERYTHING = ("claude-opus-5", "claude-opus-4-8")

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAME_CHARACTERS = _LETTERS + _LETTERS.upper() + "0123456789_-"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
slugs = st.text(_NAME_CHARACTERS, min_size=1, max_size=12)


def nullable(values: SearchStrategy[Json]) -> SearchStrategy[Json]:
    return st.none() | values


def shape(required: Mapping[str, SearchStrategy[Json]], /, **optional: SearchStrategy[Json]) -> Bodies:
    """An object with all required and any of the optional members, in any order."""
    members = st.fixed_dictionaries(dict(required), optional=optional)
    return members.flatmap(lambda body: st.permutations(list(body.items())).map(dict))


def typed(name: str, /, **optional: SearchStrategy[Json]) -> Bodies:
    return shape({"type": st.just(name)}, **optional)


def metadata() -> Bodies:
    keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
    return st.dictionaries(keys.filter(lambda key: key != "agentops"), texts, max_size=15)


# Agents


@st.composite
def models(draw: st.DrawFn) -> Json:
    if draw(st.booleans()):
        return draw(st.sampled_from(MODELS) | names)
    everything = draw(st.booleans())
    levels = ("low", "medium", "high", "xhigh", "max") if everything else ("low", "medium", "high")
    effort = st.sampled_from(levels) | st.sampled_from(levels).flatmap(typed)
    return draw(
        shape(
            {"id": st.sampled_from(MODELS_WITH_EVERYTHING if everything else MODELS)},
            effort=nullable(effort),
            speed=nullable(st.sampled_from(["standard", "fast"] if everything else ["standard"])),
            inference_geo=nullable(st.sampled_from(["us", "global"])),
        )
    )


policies = st.sampled_from(["always_allow", "always_ask", "auto"]).flatmap(typed)
_settings: dict[str, SearchStrategy[Json]] = {
    "enabled": nullable(st.booleans()),
    "permission_policy": nullable(policies),
}
default_configs = nullable(shape({}, **_settings))


@st.composite
def _domains(draw: st.DrawFn, *, paths: bool) -> Json:
    hosts = st.lists(st.text(_LETTERS, min_size=1, max_size=6), min_size=1, max_size=3).map(
        lambda labels: ".".join([*labels, "example", "com"])
    )
    suffixes = st.sampled_from(["", "/docs", "/a/b-c_d"]) if paths else st.just("")
    entries = st.builds(str.__add__, hosts | hosts.map(str.upper), suffixes)
    return draw(st.lists(entries, min_size=1, max_size=5, unique_by=str.lower))


@st.composite
def _web_entry(draw: st.DrawFn, name: str, extra: dict[str, SearchStrategy[Json]], *, paths: bool) -> Json:
    list_name = draw(st.sampled_from(["allowed_domains", "blocked_domains"]))
    domains = {list_name: _domains(paths=paths)}
    return draw(shape({"name": st.just(name)}, type=st.just(name), **_settings, **domains, **extra))


def _filters(known: list[str]) -> SearchStrategy[Json]:
    references = st.lists(st.sampled_from(known), min_size=1, unique=True).map(
        lambda chosen: [{"type": "tool_reference", "name": name} for name in chosen]
    )
    return st.sampled_from(["only", "except"]).flatmap(
        lambda kind: shape({"type": st.just(kind), "tools": references})
    )


def _is_none(source: Json) -> bool:
    return source in ("none", {"type": "none"})


def url_sources(custom_tools: list[str]) -> Bodies:
    switches = st.sampled_from(["all", "none"]) | st.sampled_from(["all", "none"]).flatmap(typed)
    client = switches | _filters(custom_tools) if custom_tools else switches
    server = switches | _filters(["web_search", "web_fetch"])
    return shape(
        {},
        user_input=nullable(switches),
        client_tool_results=nullable(client),
        server_tool_results=nullable(server),
    ).filter(lambda sources: len(sources) < 3 or not all(map(_is_none, sources.values())))


def _builtin_entry(name: str, custom_tools: list[str]) -> SearchStrategy[Json]:
    if name == "web_fetch":
        extra = {
            "max_content_tokens": nullable(st.integers(1, 100_000)),
            "url_sources": nullable(url_sources(custom_tools)),
        }
        return _web_entry(name, extra, paths=False)
    if name == "web_search":
        location = typed(
            "approximate",
            city=nullable(names),
            country=nullable(st.sampled_from(["DE", "US"])),
            region=nullable(names),
            timezone=nullable(st.sampled_from(["Europe/Berlin", "America/Los_Angeles"])),
        )
        return _web_entry(name, {"user_location": nullable(location)}, paths=True)
    return shape({"name": st.just(name)}, type=st.just(name), **_settings)


@st.composite
def agent_toolsets(draw: st.DrawFn, custom_tools: list[str]) -> Json:
    entries = [
        draw(_builtin_entry(name, custom_tools))
        for name in draw(st.lists(st.sampled_from(BUILTIN_TOOLS), unique=True))
    ]
    return draw(typed("agent_toolset_20260401", default_config=default_configs, configs=st.just(entries)))


def mcp_toolsets(server: str) -> Bodies:
    entries = st.lists(shape({"name": names}, **_settings), max_size=3, unique_by=lambda entry: entry["name"])
    return shape(
        {"type": st.just("mcp_toolset"), "mcp_server_name": st.just(server)},
        default_config=default_configs,
        configs=entries,
    )


def json_values() -> SearchStrategy[Json]:
    """Any JSON, with keys that mean nothing to a schema."""
    scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    keys = st.text(_LETTERS, max_size=8)
    return st.recursive(
        scalars | numbers,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    )


@st.composite
def custom_tools(draw: st.DrawFn, name: str) -> Json:
    property_names = st.text(_NAME_CHARACTERS + ".", min_size=1, max_size=12)
    properties = st.dictionaries(property_names, json_values(), max_size=3)
    schema = typed(
        "object",
        properties=nullable(properties),
        required=nullable(st.lists(property_names, max_size=2, unique=True)),
        additionalProperties=st.booleans(),
        description=texts,
        examples=st.lists(json_values(), max_size=2),
    )
    members = {"type": st.just("custom"), "name": st.just(name), "description": names, "input_schema": schema}
    return draw(shape(members))


def _reads(tools: list[Json]) -> bool:
    """Whether the built-in ``read`` is on: what skills need."""
    for tool in tools:
        if tool["type"] == "agent_toolset_20260401":
            default = (tool.get("default_config") or {}).get("enabled")
            entries = [entry for entry in tool.get("configs", []) if entry["name"] == "read"]
            own = entries[0].get("enabled") if entries else None
            if own if own is not None else default in (None, True):
                return True
    return False


def _is_tool_name(name: str) -> bool:
    return name not in BUILTIN_TOOLS and not name.startswith("mcp__")


@st.composite
def agent_bodies(draw: st.DrawFn) -> dict[str, Json]:
    """Create requests of agents."""
    tool_names = draw(st.lists(slugs.filter(_is_tool_name), max_size=3, unique=True))
    server_names = draw(st.lists(names, max_size=3, unique=True))
    tools = [draw(custom_tools(name)) for name in tool_names]
    tools += [draw(mcp_toolsets(name)) for name in server_names]
    if draw(st.booleans()):
        tools.append(draw(agent_toolsets(tool_names)))
    servers = [
        draw(
            shape(
                {
                    "type": st.just("url"),
                    "name": st.just(name),
                    "url": st.just(f"https://mcp.example.com/{n}"),
                }
            )
        )
        for n, name in enumerate(server_names)
    ]
    skills = st.lists(
        shape(
            {"type": st.just("anthropic"), "skill_id": st.sampled_from(["pdf", "docx", "xlsx", "pptx"])},
            version=nullable(st.sampled_from(["latest", "20251013"])),
        ),
        max_size=3,
        unique_by=lambda skill: skill["skill_id"],
    )
    identities = typed("service_account") | shape(
        {"type": st.just("aws_role"), "role_arn": st.just("arn:aws:iam::123456789012:role/agent")}
    )
    optional: dict[str, SearchStrategy[Json]] = {
        "description": nullable(texts),
        "system": nullable(texts),
        "execution_identity": nullable(identities),
        "metadata": metadata(),
        "multiagent": st.none(),
    }
    required: dict[str, SearchStrategy[Json]] = {"name": names, "model": models()}
    (required if tools else optional)["tools"] = st.permutations(tools).map(list)
    (required if servers else optional)["mcp_servers"] = st.just(servers)
    if _reads(tools):
        optional["skills"] = skills
    return draw(shape(required, **optional))


# Environments


@st.composite
def environment_bodies(draw: st.DrawFn) -> dict[str, Json]:
    """Create requests of environments."""
    hosts = st.sampled_from(["api.example.com", "*.example.org", "pypi.org", "localhost", "10.0.0.1"])
    wanted = nullable(st.lists(st.sampled_from(["one", "two==1.0", "scope/three@2"]), max_size=3))
    managers = dict.fromkeys(("apt", "cargo", "gem", "go", "npm", "pip"), wanted)
    packages = draw(nullable(shape({}, type=st.just("packages"), **managers)))
    installs = any(isinstance(value, list) and value for value in (packages or {}).values())
    fetches = {"allow_package_managers": st.just(True)} if installs else {}
    limited = shape(
        {"type": st.just("limited"), **fetches},
        allowed_hosts=nullable(st.lists(hosts, max_size=3, unique=True)),
        allow_mcp_servers=nullable(st.booleans()),
        **({} if installs else {"allow_package_managers": nullable(st.booleans())}),
    )
    cloud = typed("cloud", networking=nullable(typed("unrestricted") | limited), packages=st.just(packages))
    config = nullable(cloud | typed("self_hosted"))
    return draw(
        shape(
            {"name": names},
            description=nullable(texts),
            config=config,
            scope=nullable(st.just("organization")),
            metadata=metadata(),
        )
    )


# Memory stores and memories


def memory_store_bodies() -> Bodies:
    """Create requests of memory stores."""
    store_names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)
    return shape({"name": store_names}, description=texts, metadata=metadata())


def memory_paths() -> SearchStrategy[str]:
    characters = st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"], exclude_characters="/")
    segments = st.text(characters, min_size=1, max_size=10)
    return (
        st.lists(segments, min_size=1, max_size=5)
        .map(lambda parts: unicodedata.normalize("NFC", "/" + "/".join(parts)))
        .filter(lambda path: not {"", ".", ".."} & set(path[1:].split("/")))
    )


def memory_bodies() -> Bodies:
    """Create requests of memories."""
    return shape({"path": memory_paths(), "content": nullable(texts)})


BODIES: Mapping[str, Bodies] = {
    "agent": agent_bodies(),
    "environment": environment_bodies(),
    "memory_store": memory_store_bodies(),
    "memory": memory_bodies(),
}


_WORDS = (
    *("type", "name", "id", "model", "effort", "high", "tools", "configs", "default_config", "enabled"),
    *("permission_policy", "custom", "agent_toolset_20260401", "mcp_toolset", "web_fetch", "all", "only"),
    *("url_sources", "user_input", "config", "cloud", "limited", "networking", "packages", "content_sha256"),
)
_odd_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(_WORDS) | texts
odd_values = st.recursive(
    _odd_scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=3),
    max_leaves=4,
)
"""JSON with a taste for the words of the API, in places where nobody expects them."""


@st.composite
def strange_answers(draw: st.DrawFn, bodies: Bodies) -> dict[str, Json]:
    """A body after a registry of the future had its way with it: odd values anywhere, members missing."""
    body = copy.deepcopy(draw(bodies))
    for _ in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(list(_places(body))))
        if draw(st.integers(0, 4)) == 0:
            del holder[key]
            if not body:
                break
        else:
            holder[key] = draw(odd_values)
    return body


def _places(value: Json) -> Iterator[tuple[Json, Any]]:
    """Every member and item below a value: what holds it, and its key or index."""
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
