"""Bodies of create requests, drawn from everything that is legal.

For any test that needs bodies nobody thought of::

    from .strategies import BODIES, agent_bodies

    @given(body=agent_bodies())
    def test_…(body): ...

``BODIES`` has the strategies by kind: ``agent_bodies()``, ``environment_bodies()``, ``memory_bodies()``,
``memory_store_bodies()``, ``skill_bodies()``, ``vault_bodies()``, ``credential_bodies()``,
``deployment_bodies()``. A body is plain JSON: optional members are there or not, null where the API takes
null, in every spelling it takes (effort and model as text or object, URL sources likewise), with text from
all of Unicode. Rules between members hold: MCP servers and toolsets match, a domain list excludes the other,
packages under limited networking have their package managers. A feature that only some models have comes
with a model that has it, and skills with the tool that reads them, so that a registry that checks such things
takes every body.

What a body refers to has to exist before a registry takes it. ``agent_bodies(agents=…)`` puts these IDs into
rosters, without any there is nobody in them but the agent itself and an advisor; ``deployment_bodies(agent=…,
environment=…, vaults=…, stores=…, files=…)`` names those it is given. A body is as a file declares it;
``as_sent(kind, body)`` is the request that becomes of it.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import unicodedata
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from agentops.domain.kind import Kind
from agentops.domain.secret import replace_secrets

from .contract_table import OUR_FIELDS

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


def secrets() -> SearchStrategy[Json]:
    return st.sampled_from(["env:TOKEN", "env:_t0", "file:secrets/token", "file:/run/secrets/a b"]).map(
        lambda reference: {"secret": reference}
    )


def as_sent(kind: Kind, body: dict[str, Json]) -> dict[str, Json]:
    """The request: without what is ours alone, with text for secrets and bytes for files."""
    ours = OUR_FIELDS.get(kind.name, {})
    sent = replace_secrets(body, lambda reference: f"the value of {reference}")
    sent = {name: value for name, value in sent.items() if name not in ours}
    if kind.bundle is not None:
        sent[kind.bundle.field] = [(path, b"x") for path in body[kind.bundle.field]]
    return sent


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


advisor_models = st.sampled_from(MODELS)
_switches = st.sampled_from(["enabled", "disabled"]).flatmap(typed)


@st.composite
def rosters(draw: st.DrawFn, agents: Sequence[str], *, advisors: bool, least: int) -> list[Json]:
    """Entries of a roster or a list of predefined agents, in every spelling, nobody twice."""
    named: list[SearchStrategy[Json]] = [
        st.just(agent) | shape({"type": st.just("agent"), "id": st.just(agent)}, version=st.just(1))
        for agent in draw(
            st.lists(st.sampled_from(agents), unique=True, max_size=3) if agents else st.just([])
        )
    ]
    if draw(st.booleans()) or len(named) < least:
        named.append(typed("self"))
    if advisors and draw(st.booleans()):
        named.append(shape({"type": st.just("advisor"), "model": advisor_models}))
    return draw(st.permutations([draw(entry) for entry in named]).map(list))


@st.composite
def spawnings(draw: st.DrawFn, agents: Sequence[str]) -> Json:
    if draw(st.booleans()):
        return {"type": "disabled"}
    if draw(st.booleans()):
        inline, predefined = nullable(typed("enabled")), nullable(rosters(agents, advisors=False, least=0))
        return draw(typed("enabled", inline_agents=inline, predefined_agents=predefined))
    alone = rosters(agents, advisors=False, least=1)
    required = {"type": st.just("enabled"), "predefined_agents": alone}
    return draw(shape(required, inline_agents=nullable(_switches)))


def multiagents(agents: Sequence[str] = ()) -> SearchStrategy[Json]:
    roster = rosters(agents, advisors=True, least=1)
    advisor = typed("disabled") | shape({"type": st.just("enabled"), "model": advisor_models})
    return shape({"type": st.just("coordinator"), "agents": roster}) | typed(
        "multiagent_20261001",
        subagents=nullable(spawnings(agents)),
        workflows=nullable(spawnings(agents)),
        advisor=nullable(advisor),
    )


def skills() -> SearchStrategy[list[Json]]:
    published = shape(
        {"type": st.just("anthropic"), "skill_id": st.sampled_from(["pdf", "docx", "xlsx", "pptx"])},
        version=nullable(st.sampled_from(["latest", "20251013"])),
    )
    custom = shape(
        {"type": st.just("custom"), "skill_id": st.sampled_from(["skill_01a", "skill_01b"])},
        version=nullable(st.sampled_from(["latest", "skver_01a"])),
    )
    return st.lists(published | custom, max_size=3, unique_by=lambda skill: skill["skill_id"])


@st.composite
def agent_bodies(draw: st.DrawFn, agents: Sequence[str] = ()) -> dict[str, Json]:
    """Create requests of agents. ``agents`` are IDs of others that are no coordinators themselves."""
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
    identities = typed("service_account") | shape(
        {"type": st.just("aws_role"), "role_arn": st.just("arn:aws:iam::123456789012:role/agent")}
    )
    optional: dict[str, SearchStrategy[Json]] = {
        "description": nullable(texts),
        "system": nullable(texts),
        "execution_identity": nullable(identities),
        "metadata": metadata(),
        "multiagent": nullable(multiagents(agents)),
    }
    required: dict[str, SearchStrategy[Json]] = {"name": names, "model": models()}
    (required if tools else optional)["tools"] = st.permutations(tools).map(list)
    (required if servers else optional)["mcp_servers"] = st.just(servers)
    if _reads(tools):
        optional["skills"] = skills()
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


# Skills


def manifest_entries() -> SearchStrategy[Json]:
    return st.binary(max_size=40).map(
        lambda content: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    )


@st.composite
def skill_bodies(draw: st.DrawFn) -> dict[str, Json]:
    """Skills as they are declared: the hash and size of every file, not its bytes."""
    characters = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters='/\\"')
    file_names = st.text(characters, min_size=1, max_size=8).filter(lambda name: name not in {".", ".."})
    paths = st.builds(str.__add__, st.sampled_from(["", "scripts/", "references/deep/"]), file_names)
    others = draw(st.dictionaries(paths, manifest_entries(), max_size=3))
    taken = {"scripts", "references", "SKILL.md"}
    files = {
        path: entry for path, entry in others.items() if path.partition("/")[0] not in taken or "/" in path
    }
    files["SKILL.md"] = draw(manifest_entries())
    display_names = st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40
    )
    slug = st.text("abcdefghij0123456789-", min_size=1, max_size=20)
    return draw(shape({"name": slug, "files": st.just(files)}, display_name=nullable(display_names)))


# Vaults and credentials


def vault_bodies() -> Bodies:
    """Create requests of vaults."""
    return shape({"display_name": names}, metadata=metadata())


def _credential_auths() -> SearchStrategy[Json]:
    servers = st.sampled_from(["https://mcp.linear.app/mcp", "https://mcp.example.com:8443/a?b=c"])
    endpoint_auth = typed("none") | st.sampled_from(["client_secret_basic", "client_secret_post"]).flatmap(
        lambda kind: shape({"type": st.just(kind), "client_secret": secrets()})
    )
    refresh = shape(
        {
            "client_id": names,
            "refresh_token": secrets(),
            "token_endpoint": st.sampled_from(["https://auth.example.com/token", "https://linear.app/t"]),
            "token_endpoint_auth": endpoint_auth,
        },
        resource=nullable(st.sampled_from(["https://mcp.example.com", "urn:a"])),
        scope=nullable(st.sampled_from(["", "read", "read write"])),
    )
    hosts = st.sampled_from(["api.example.com", "*.example.org", "192.0.2.1"])
    locations = st.sampled_from([{"header": True}, {"body": True}, {"header": True, "body": True}])
    networking = typed("unrestricted") | shape(
        {"type": st.just("limited"), "allowed_hosts": st.lists(hosts, min_size=1, max_size=3, unique=True)}
    )
    bearer = {"type": st.just("static_bearer"), "mcp_server_url": servers, "token": secrets()}
    oauth = {"type": st.just("mcp_oauth"), "mcp_server_url": servers, "access_token": secrets()}
    variable = {
        "type": st.just("environment_variable"),
        "secret_name": st.sampled_from(["API_KEY", "_token2"]),
        "secret_value": secrets(),
        "networking": networking,
    }
    expiries = st.sampled_from(["2999-12-31T23:59:59Z", "2999-01-01T00:00:00.5+02:00"])
    return st.one_of(
        shape(bearer),
        shape(oauth, expires_at=nullable(expiries), refresh=nullable(refresh)),
        shape(variable, injection_location=locations),
    )


def credential_bodies() -> Bodies:
    """Create requests of credentials, with references to secrets."""
    return shape({"auth": _credential_auths()}, display_name=nullable(names), metadata=metadata())


# Deployments


def _sources(kind: str) -> SearchStrategy[Json]:
    data = st.binary(min_size=1, max_size=9).map(lambda content: base64.b64encode(content).decode())
    media = "image/png" if kind == "image" else "application/pdf"
    plain = shape({"type": st.just("text"), "media_type": st.just("text/plain"), "data": names})
    sources = st.one_of(
        shape({"type": st.just("base64"), "media_type": st.just(media), "data": data}),
        shape({"type": st.just("url"), "url": st.just("https://example.com/a.png")}),
    )
    return sources if kind == "image" else sources | plain


def _messages() -> Bodies:
    text = shape({"type": st.just("text"), "text": names})
    image = shape({"type": st.just("image"), "source": _sources("image")})
    document = shape(
        {"type": st.just("document"), "source": _sources("document")},
        title=nullable(texts),
        context=nullable(texts),
    )
    content = st.lists(st.one_of(text, image, document), min_size=1, max_size=3)
    return shape({"type": st.just("user.message"), "content": content})


@st.composite
def initial_events(draw: st.DrawFn, files: Sequence[str]) -> list[Json]:
    rubric = shape({"type": st.just("text"), "content": names})
    if files:
        rubric |= shape({"type": st.just("file"), "file_id": st.sampled_from(files)})
    outcome = shape(
        {"type": st.just("user.define_outcome"), "description": names, "rubric": rubric},
        max_iterations=nullable(st.integers(1, 20)),
    )
    events = draw(st.lists(_messages(), max_size=3))
    if draw(st.booleans()) or not events:
        events.insert(draw(st.integers(0, len(events))), draw(outcome))
    if events[-1]["type"] == "user.message" and draw(st.booleans()):
        text = shape({"type": st.just("text"), "text": names})
        content = st.lists(text, min_size=1, max_size=2)
        events.append(draw(shape({"type": st.just("system.message"), "content": content})))
    return events


@st.composite
def _resources(draw: st.DrawFn, stores: Sequence[str], files: Sequence[str]) -> list[Json]:
    checkout = shape({"type": st.just("branch"), "name": st.just("main")}) | shape(
        {"type": st.just("commit"), "sha": st.text("0123456789abcdef", min_size=40, max_size=40)}
    )
    repository = shape(
        {
            "type": st.just("github_repository"),
            "url": st.sampled_from(["https://github.com/octo/cat", "https://github.com/o-1/r_2.x"]),
        },
        authorization_token=secrets(),
        checkout=nullable(checkout),
        mount_path=nullable(st.sampled_from(["/workspace/cat", "/workspace/a/b"])),
    )
    found = draw(st.lists(repository, max_size=2, unique_by=lambda item: item["url"]))
    for store in draw(st.lists(st.sampled_from(stores), unique=True, max_size=3)) if stores else ():
        mounted = shape(
            {"type": st.just("memory_store"), "memory_store_id": st.just(store)},
            access=nullable(st.sampled_from(["read_write", "read_only"])),
            instructions=nullable(texts),
        )
        found.append(draw(mounted))
    for file in draw(st.lists(st.sampled_from(files), unique=True, max_size=2)) if files else ():
        mounted = shape(
            {"type": st.just("file"), "file_id": st.just(file)},
            mount_path=nullable(st.just(f"/data/{file}")),
        )
        found.append(draw(mounted))
    return draw(st.permutations(found).map(list))


@st.composite
def cron_expressions(draw: st.DrawFn) -> str:
    """Five fields with numbers, ranges, steps and lists; some day of the months is always among them."""

    def numbers(least: int, most: int) -> SearchStrategy[str]:
        single = st.integers(least, most).map(str)
        spans = st.tuples(st.integers(least, most), st.integers(least, most)).map(sorted)
        ranges = spans.map(lambda span: f"{span[0]}-{span[1]}")
        items = single | ranges | st.builds("{}/{}".format, ranges | st.just("*"), st.integers(1, 30))
        return st.just("*") | st.lists(items, min_size=1, max_size=3).map(",".join)

    limits = ((0, 59), (0, 23), (1, 28), (1, 12), (0, 7))
    return " ".join(draw(numbers(least, most)) for least, most in limits)


time_zones = st.sampled_from(sorted(zoneinfo.available_timezones()))


@st.composite
def deployment_bodies(
    draw: st.DrawFn,
    agent: str = "agent_011CZkYqphY8vELVzwCUpqiQ",
    environment: str = "env_011CZkYqphY8vELVzwCUpqiQ",
    vaults: Sequence[str] = ("vlt_01a", "vlt_01b"),
    stores: Sequence[str] = ("memstore_01a", "memstore_01b"),
    files: Sequence[str] = (),
) -> dict[str, Json]:
    """Create requests of deployments that name these IDs. A registry that holds them takes every body."""
    agents = st.just(agent) | shape({"type": st.just("agent"), "id": st.just(agent)}, version=st.just(1))
    schedule = shape({"type": st.just("cron"), "expression": cron_expressions(), "timezone": time_zones})
    amount = shape({"amount": st.integers(1, 10**7).map(str), "currency": st.just("USD")})
    vault_ids = st.lists(st.sampled_from(vaults), unique=True) if vaults else st.just([])
    return draw(
        shape(
            {
                "name": names,
                "agent": agents,
                "environment_id": st.just(environment),
                "initial_events": initial_events(files),
            },
            description=nullable(texts),
            resources=_resources(stores, files),
            vault_ids=vault_ids,
            schedule=nullable(schedule),
            budget=nullable(shape({"type": st.just("limit"), "max_list_cost": amount})),
            metadata=metadata(),
            paused=nullable(st.booleans()),
        )
    )


BODIES: Mapping[str, Bodies] = {
    "agent": agent_bodies(),
    "environment": environment_bodies(),
    "memory_store": memory_store_bodies(),
    "memory": memory_bodies(),
    "skill": skill_bodies(),
    "vault": vault_bodies(),
    "credential": credential_bodies(),
    "deployment": deployment_bodies(),
}


_WORDS = (
    *("type", "name", "id", "model", "effort", "high", "tools", "configs", "default_config", "enabled"),
    *("permission_policy", "custom", "agent_toolset_20260401", "mcp_toolset", "web_fetch", "all", "only"),
    *("url_sources", "user_input", "config", "cloud", "limited", "networking", "packages", "content_sha256"),
    *("multiagent", "coordinator", "agents", "self", "subagents", "predefined_agents", "auth", "mcp_oauth"),
    *("refresh", "environment_variable", "injection_location", "token_endpoint_auth", "secret", "status"),
    *("paused", "paused_reason", "error", "schedule", "cron", "resources", "memory_store", "content", "text"),
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
