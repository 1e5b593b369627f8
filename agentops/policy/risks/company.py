"""Whom an agent works with and what it has learned: its roster, its skills, the agent of a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentops.domain.diagnostics import counted
from agentops.domain.fleet import Member
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import Permission, Power, Use
from agentops.domain.view.visible import visible
from agentops.policy.risks.scene import Around, Scene
from agentops.policy.risks.tools import has
from agentops.policy.risks.words import in_words, plural

_PROSE = (".md", ".txt")


def risks(scene: Scene) -> Iterator[Risk]:
    if scene.new:
        return
    yield from _roster(scene)
    yield from _skills(scene)
    yield from _files(scene)
    yield from _agent(scene)


def _roster(scene: Scene) -> Iterator[Risk]:
    old, new = scene.old.roster, scene.surface.roster
    if joins := [use for key, use in new.items() if key not in old]:
        can = _can(scene.after, joins)
        names = [it.name for it in joins]
        theirs = f"; what {plural(names, 'that one', 'those')} can do, it can have done"
        sentence = f"Can set {in_words(names)} to work{can or theirs}."
        yield _roster_risk(Level.HIGH if can else Level.MEDIUM, sentence)
    if leaves := [use for key, use in old.items() if key not in new]:
        sentence = (
            f"Can no longer set {in_words(it.name for it in leaves)} to work: check that its prompt does not."
        )
        yield _roster_risk(Level.LOW, sentence)
    for key, use in new.items():
        if key in old and (sentence := _version(old[key], use)):
            yield _roster_risk(Level.LOW if use.pinned else Level.MEDIUM, sentence)


def _roster_risk(level: Level, sentence: str) -> Risk:
    return Risk(level=level, label=Label.ROSTER_CHANGED, sentence=sentence, path="multiagent")


def _can(after: Around, uses: list[Use]) -> str:
    """What those can do who join."""
    able = [use.name for use in uses if (member := after.of(use.name)) is not None and _runs_unasked(member)]
    if len(able) == len(uses) == 1:
        return ", which runs commands without asking"
    return f"; {in_words(able)} {plural(able, 'runs', 'run')} commands without asking" if able else ""


def _runs_unasked(member: Member) -> bool:
    return any(tool.permission is not Permission.ASK for tool in has(member.surface, Power.RUN))


def _version(old: Use, new: Use) -> str:
    """What is said of another version; nothing of one that moves with what this plan changes anyway."""
    if old.version == new.version or str(new.version).startswith("("):
        return ""
    if not new.pinned:
        if not old.pinned:
            return ""
        return f"{visible(new.name)} is no longer pinned: whatever becomes of it is used unseen."
    if not old.pinned:
        return ""
    return f"Uses version {new.version} of {visible(new.name)}, until now {old.version}: read what differs."


def _skills(scene: Scene) -> Iterator[Risk]:
    old, new = scene.old.skills, scene.surface.skills
    if learns := [name for name in new if name not in old]:
        sentence = f"Follows the skill {in_words(learns)} from now on: what it says is as good as the prompt."
        yield _skill(Level.MEDIUM, sentence)
    if forgets := [name for name in old if name not in new]:
        sentence = f"No longer has the skill {in_words(forgets)}: check that nothing relies on it."
        yield _skill(Level.LOW, sentence)
    for name, use in new.items():
        if name in old and (sentence := _version(old[name], use)):
            yield _skill(Level.LOW if use.pinned else Level.MEDIUM, sentence)


def _skill(level: Level, sentence: str, path: str = "skills") -> Risk:
    return Risk(level=level, label=Label.SKILL_CHANGED, sentence=sentence, path=path)


def _files(scene: Scene) -> Iterator[Risk]:
    """Of a skill itself."""
    was, now = scene.was and scene.was.body.get("files"), scene.member.body.get("files")
    if not isinstance(was, Mapping) or not isinstance(now, Mapping):
        return
    changed = [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]
    if not changed:
        return
    programs = [name for name in changed if name in now and not name.endswith(_PROSE)]
    readers = scene.after.readers_of(scene.address)
    whose = f"; {in_words(readers)} {plural(readers, 'follows', 'follow')} it" if readers else ""
    verb = "changes" if len(changed) == 1 else "change"
    sentence = f"{counted(len(changed), 'file')} {verb}{whose}."
    if programs:
        sentence += (
            f" Agents can run {in_words(programs)}: read {'it' if len(programs) == 1 else 'them'} as code."
        )
    yield _skill(Level.MEDIUM if programs else Level.LOW, sentence, "files")


def _agent(scene: Scene) -> Iterator[Risk]:
    """Of a deployment that starts another agent from now on."""
    was, now = scene.old.agent, scene.surface.agent
    if was is None or now is None:
        return
    if was.name == now.name:
        if sentence := _version(was, now):
            yield Risk(level=Level.LOW, label=Label.ROSTER_CHANGED, sentence=sentence, path="agent")
        return
    able = _can(scene.after, [now])
    sentence = f"Starts {visible(now.name)}, until now {visible(was.name)}{able}."
    level = Level.HIGH if able and not _can(scene.before, [was]) else Level.MEDIUM
    yield Risk(level=level, label=Label.ROSTER_CHANGED, sentence=sentence, path="agent")
