"""What sandboxes and agents can reach: networks, MCP servers, where secrets are sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from agentops.domain.address import Address
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import From, Network, Permission, Server, Surface
from agentops.domain.view.visible import visible
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.words import in_words, plural


def risks(scene: Scene) -> Iterator[Risk]:
    yield from _network(scene)
    yield from _moved(scene)
    yield from _servers(scene)
    yield from _sent_to(scene)


# Networks of sandboxes


def _network(scene: Scene) -> Iterator[Risk]:
    now, was = scene.surface.network, scene.old.network
    if now is None:
        return
    users = [it.address for it in scene.after.deployments_in(scene.address)]
    if was is None:
        if now.managed and now.unrestricted:
            sentence = (
                "Its sandboxes reach the whole internet: list hosts under `networking` if they need few."
            )
            yield Risk(
                level=Level.LOW, label=Label.NETWORK_WIDENED, sentence=sentence, path="config.networking"
            )
        return
    yield from _widened(was, now, users, "config.networking")


def _moved(scene: Scene) -> Iterator[Risk]:
    """Of a deployment that starts in another sandbox from now on."""
    if scene.new or scene.old.environment == scene.surface.environment:
        return
    was, now = scene.before.of(scene.old.environment), scene.after.of(scene.surface.environment)
    if now is None and scene.surface.environment is not None and was is not None:
        sentence = (
            f"It starts in {visible(scene.surface.environment)}, not in {was.address}: this project does not "
            "manage it, so look up what it reaches."
        )
        yield _wider(Level.MEDIUM, sentence, "environment_id")
    if was is None or now is None or was.surface.network is None or now.surface.network is None:
        return
    for risk in _widened(was.surface.network, now.surface.network, (), "environment_id"):
        sentence = f"It starts in {now.address}, not in {was.address}: {_lowered(risk.sentence)}"
        yield risk.model_copy(update={"sentence": sentence})


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _widened(was: Network, now: Network, users: Sequence[Address], path: str) -> Iterator[Risk]:
    if not now.managed:
        if was.managed:
            sentence = "Runs on hosts of your own: what they reach is up to their own network."
            yield _wider(Level.MEDIUM, sentence, path)
        return
    of = f" of {in_words(users)}" if users else ""
    if now.unrestricted:
        if was.managed and not was.unrestricted:
            limit = f"{in_words(was.hosts)} alone" if was.hosts else "no host at all"
            sentence = f"Sandboxes{of} reach the whole internet, until now {limit}."
            yield _wider(Level.HIGH, sentence, path)
        return
    if was.managed and was.unrestricted:
        return
    if more := [host for host in now.hosts if not was.reaches(host)]:
        level = Level.HIGH if any(host.startswith("*.") for host in more) else Level.MEDIUM
        wild = ": whoever has a host below it can be reached" if level is Level.HIGH else ""
        yield _wider(level, f"Sandboxes{of} reach {in_words(more)} as well{wild}.", path)
    if now.mcp_servers and not was.mcp_servers:
        yield _wider(Level.MEDIUM, f"Sandboxes{of} reach every MCP server of their agents as well.", path)
    if now.package_managers and not was.package_managers:
        sentence = f"Sandboxes{of} reach the package registries, where anybody can publish, as well."
        yield _wider(Level.MEDIUM, sentence, path)


def _wider(level: Level, sentence: str, path: str) -> Risk:
    return Risk(level=level, label=Label.NETWORK_WIDENED, sentence=sentence, path=path)


# MCP servers


def _servers(scene: Scene) -> Iterator[Risk]:
    for name, server in scene.surface.servers.items():
        old = scene.old.servers.get(name)
        if old is None:
            yield _server(_new(server, scene.surface), _level_of(server, scene.surface), name)
        elif old.url != server.url:
            yield _server(*_other(old, server), name)


def _server(sentence: str, level: Level, name: str) -> Risk:
    return Risk(level=level, label=Label.MCP_SERVER, sentence=sentence, path=f"mcp_servers[{name}]")


def _level_of(server: Server, surface: Surface) -> Level:
    return Level.HIGH if _open(server) or _unasked(server, surface) else Level.MEDIUM


def _new(server: Server, surface: Surface) -> str:
    how = "without asking" if _unasked(server, surface) else "asking first"
    sentence = f"Uses tools of the MCP server {server.name} at {visible(server.url)}, {how}"
    return f"{sentence}{_in_the_clear(server)}."


def _other(old: Server, new: Server) -> tuple[str, Level]:
    sentence = f"The MCP server {new.name} is at {visible(new.url)}, until now at {visible(old.url)}"
    if _host(old) != _host(new):
        sentence += ": another host gets what the agent sends, and answers it"
    return f"{sentence}{_in_the_clear(new)}.", Level.HIGH if _host(old) != _host(new) or _open(
        new
    ) else Level.MEDIUM


def _unasked(server: Server, surface: Surface) -> bool:
    return any(
        tool.enabled and tool.permission is not Permission.ASK
        for tool in surface.tools.values()
        if tool.origin is From.MCP and tool.server == server.name
    )


def _open(server: Server) -> bool:
    return server.url.lower().startswith("http:")


def _in_the_clear(server: Server) -> str:
    return "; by http everybody on the way reads and changes it" if _open(server) else ""


def _host(server: Server) -> str:
    try:
        return urlsplit(server.url).netloc.lower()
    except ValueError:
        return server.url


# Where the secret of a credential is sent


def _sent_to(scene: Scene) -> Iterator[Risk]:
    if scene.new or not scene.old.reaches:
        return
    if scene.surface.agent is not None:
        yield from _other_repositories(scene)
        return
    old, new = set(scene.old.reaches.values()), [*scene.surface.reaches.values()]
    if "*" in new and "*" not in old:
        yield _wider(Level.HIGH, "Its secret may be sent to any host.", "auth.networking")
    server = "auth.mcp_server_url"
    before, now = scene.old.reaches.get(server), scene.surface.reaches.get(server)
    if before is not None and now is not None and before != now:
        sentence = f"Its secret is sent to {visible(now)}, until now to {visible(before)}: whose is that?"
        yield Risk(level=Level.HIGH, label=Label.SECRET_REFERENCE, sentence=sentence, path=server)
    elif "*" not in old and "*" not in new and (more := [host for host in new if host not in old]):
        whose = plural(more, "that is", "those are")
        sentence = f"Its secret may be sent to {in_words(more)}: check whose {whose}."
        yield _wider(Level.HIGH, sentence, "auth")


def _other_repositories(scene: Scene) -> Iterator[Risk]:
    """Of a deployment that uses the secret of one repository for another one."""
    for path, secret in scene.surface.secrets.items():
        entry, _, _ = path.rpartition(".")
        before, now = (side.reaches.get(f"{entry}.url") for side in (scene.old, scene.surface))
        if before is not None and now is not None and before != now and path in scene.old.secrets:
            sentence = (
                f"The secret in {visible(secret)} opens {visible(now)} to its sessions, until now "
                f"{visible(before)}: check that they need it."
            )
            yield Risk(level=Level.HIGH, label=Label.SECRET_REFERENCE, sentence=sentence, path=f"{entry}.url")
