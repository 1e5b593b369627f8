"""Which tools an agent has, which of them ask, and what they newly make possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import REST, From, Permission, Power, Surface, Tool
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.words import in_words, plural

_PATH = "tools"
_STRICT = (Permission.ASK, Permission.AUTO, Permission.ALLOW)
_RUNS = {
    Permission.ASK: "asking first",
    Permission.AUTO: "asking only where the platform finds it risky",
    Permission.ALLOW: "without asking",
    None: "without asking",
}


def risks(scene: Scene) -> Iterator[Risk]:
    yield from _powers(scene)
    if scene.new:
        return
    old, new = scene.old.tools, scene.surface.tools
    pairs = [(_tool_in(old, key, tool), _tool_in(new, key, tool)) for key, tool in {**old, **new}.items()]
    yield from _enabled(scene, pairs)
    yield from _disabled(pairs)
    yield from _permissions(pairs)
    yield from _domains(pairs)


Pair = tuple[Tool | None, Tool | None]


def _tool_in(tools: Mapping[str, Tool], key: str, named: Tool) -> Tool | None:
    """The tool by its key, or the rest of its server's toolset, which it is one of."""
    if (found := tools.get(key)) is not None or named.origin is not From.MCP:
        return found
    return tools.get(f"mcp {named.server}/{REST}")


def called(tool: Tool) -> str:
    """``bash``, ``list_issues of linear``, ``the tools of linear``, ``the custom tool lookup``."""
    match tool.origin:
        case From.BUILTIN:
            return tool.name
        case From.MCP:
            if tool.name == REST:
                return f"the tools of {tool.server}"
            return f"{tool.name} of {tool.server}"
    return f"the custom tool {tool.name}"


def _verb(tools: list[Tool], one: str, many: str) -> str:
    """The verb that fits them: the rest of a toolset is one entry and many tools."""
    return plural(tools, many if tools[0].name == REST else one, many)


def _on(tool: Tool | None) -> bool:
    return tool is not None and tool.enabled


def has(surface: Surface, power: Power) -> list[Tool]:
    return [tool for tool in surface.tools.values() if tool.enabled and power in tool.powers]


# Commands and files


def _powers(scene: Scene) -> Iterator[Risk]:
    """Commands, and else files; what is only one more way to do either says nothing new."""
    runs, ran = has(scene.surface, Power.RUN), has(scene.old, Power.RUN)
    writes, wrote = has(scene.surface, Power.WRITE), has(scene.old, Power.WRITE)
    if runs and not ran:
        yield _can_run(scene, runs)
    elif writes and not wrote and not scene.new:
        how = _RUNS[_loosest(writes)]
        sentence = (
            f"Can write files in its sandbox, {how} ({in_words(map(called, writes))}).{_set_to_work(scene)}"
        )
        yield Risk(level=Level.MEDIUM, label=Label.CAN_WRITE_FILES, sentence=sentence, path=_PATH)


def _can_run(scene: Scene, tools: list[Tool]) -> Risk:
    permission = _loosest(tools)
    where = [
        (deployment.address, environment.surface.network)
        for deployment in scene.after.deployments_of(scene.address)
        if (environment := scene.after.of(deployment.surface.environment)) is not None
    ]
    open_ones = [address for address, network in where if network is not None and network.unrestricted]
    sentence = f"Can run any command in its sandbox, {_RUNS[permission]} ({in_words(map(called, tools))})"
    if open_ones:
        verb = plural(open_ones, "reaches", "reach")
        sentence += f"; its sessions of {in_words(open_ones)} {verb} the whole internet"
    loud = (not scene.new or bool(open_ones)) and permission is not Permission.ASK
    return Risk(
        level=Level.HIGH if loud else Level.MEDIUM,
        label=Label.CAN_RUN_COMMANDS,
        sentence=f"{sentence}.{_set_to_work(scene)}",
        path=_PATH,
    )


def _loosest(tools: list[Tool]) -> Permission | None:
    return max((tool.permission for tool in tools), key=_rank)


def _rank(permission: Permission | None) -> int:
    return _STRICT.index(permission) if permission is not None else len(_STRICT)


def _set_to_work(scene: Scene) -> str:
    names = scene.after.coordinators_of(scene.address)
    return f" {in_words(names)} {plural(names, 'sets', 'set')} it to work." if names else ""


# On and off


def _enabled(scene: Scene, pairs: list[Pair]) -> Iterator[Risk]:
    """What the labels for commands and files have said is not said again; nor what a new server brings."""
    found = [now for was, now in pairs if now is not None and _on(now) and not _on(was)]
    if not has(scene.old, Power.RUN):
        found = [tool for tool in found if Power.RUN not in tool.powers]
    if not has(scene.old, Power.WRITE):
        found = [tool for tool in found if Power.WRITE not in tool.powers]
    found = [tool for tool in found if tool.origin is not From.MCP or tool.server in scene.old.servers]
    groups: dict[Level, list[Tool]] = defaultdict(list)
    for tool in found:
        groups[Level.MEDIUM if tool.powers else Level.LOW].append(tool)
    for level, tools in groups.items():
        strange = [tool for tool in tools if Power.UNTRUSTED in tool.powers]
        sentence = f"{in_words(map(called, tools))} {_verb(tools, 'is', 'are')} enabled"
        if tools[0].origin is not From.CUSTOM:
            sentence += f", {_RUNS[_loosest(tools)]}"
        if strange:
            sentence += "; what strangers wrote can reach the agent that way"
        yield Risk(level=level, label=Label.TOOL_ENABLED, sentence=f"{sentence}.", path=_PATH)


def _disabled(pairs: list[Pair]) -> Iterator[Risk]:
    if tools := [was for was, now in pairs if was is not None and _on(was) and not _on(now)]:
        verb = _verb(tools, "is", "are")
        sentence = f"{in_words(map(called, tools))} {verb} off: check that no instruction relies on it."
        yield Risk(level=Level.LOW, label=Label.TOOL_DISABLED, sentence=sentence, path=_PATH)


# Who asks


def _permissions(pairs: list[Pair]) -> Iterator[Risk]:
    moved: dict[tuple[Permission, Permission], list[Tool]] = defaultdict(list)
    for was, now in pairs:
        if was is None or now is None or not (was.enabled and now.enabled):
            continue
        if was.permission is not None and now.permission is not None and was.permission != now.permission:
            moved[was.permission, now.permission].append(now)
    for (was_asked, is_asked), tools in moved.items():
        if _rank(is_asked) > _rank(was_asked):
            yield _loosened(tools, was_asked, is_asked)
        else:
            yield _tightened(tools, was_asked, is_asked)


def _loosened(tools: list[Tool], was: Permission, now: Permission) -> Risk:
    names, verb = in_words(map(called, tools)), _verb(tools, "runs", "run")
    asked = "asked every time" if was is Permission.ASK else "asked where it looked risky"
    powerful = any(tool.powers for tool in tools)
    how = _RUNS[now]
    sentence = f"{names} {verb} {how} from now on, and {_verb(tools, 'has', 'have')} {asked} until now."
    level = Level.HIGH if powerful and now is Permission.ALLOW else Level.MEDIUM
    return Risk(level=level, label=Label.PERMISSION_LOOSENED, sentence=sentence, path=_PATH)


def _tightened(tools: list[Tool], was: Permission, now: Permission) -> Risk:
    names, verb = in_words(map(called, tools)), _verb(tools, "runs", "run")
    how = f"{_verb(tools, 'asks', 'ask')} first" if now is Permission.ASK else f"{verb} {_RUNS[now]}"
    sentence = f"{names} {how} from now on: a session that nobody watches waits there."
    return Risk(level=Level.LOW, label=Label.PERMISSION_TIGHTENED, sentence=sentence, path=_PATH)


# Where web tools may go


def _domains(pairs: list[Pair]) -> Iterator[Risk]:
    for was, now in pairs:
        if was is None or now is None or not (was.enabled and now.enabled):
            continue
        if sentence := _lifted(was, now):
            yield Risk(level=Level.MEDIUM, label=Label.NETWORK_WIDENED, sentence=sentence, path=_PATH)


def _lifted(was: Tool, now: Tool) -> str:
    if was.domains is not None and now.domains is None:
        return f"{now.name} goes to any domain, no longer to {in_words(was.domains)} alone."
    if was.domains is not None and now.domains is not None:
        more = [it for it in now.domains if not _covered(it, was.domains)]
        return f"{now.name} may go to {in_words(more)} as well: who can write there?" if more else ""
    less = [it for it in was.blocked if not _covered(it, now.blocked)] if now.domains is None else []
    return f"{now.name} is no longer kept from {in_words(less)}." if less else ""


def _covered(domain: str, known: tuple[str, ...]) -> bool:
    """Whether a list has it or what is above it: sub-domains are covered, and paths below a path."""
    host, _, path = domain.lower().partition("/")
    for entry in known:
        above, _, below = entry.lower().partition("/")
        below = below.rstrip("/")
        inside = not below or path == below or path.startswith(f"{below}/")
        if inside and (host == above or host.endswith(f".{above}")):
            return True
    return False
