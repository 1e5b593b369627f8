"""Memory that sessions can write, so that one session decides what the next one reads."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.fleet import Member
from agentops.domain.risk import Label, Level, Risk
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.words import in_words, plural


def risks(scene: Scene) -> Iterator[Risk]:
    before = writable(scene.was) if scene.was is not None else {}
    found = [store for store in writable(scene.member) if store not in before]
    if not found:
        return
    read = [store for store in found if store in _readable(scene.was)]
    sentence = f"{in_words(found)} {plural(found, 'is', 'are')} writable to its sessions"
    if read:
        sentence += f", {in_words(read) if len(read) < len(found) else 'and'} read-only until now"
    yield Risk(
        level=Level.LOW if scene.new else Level.MEDIUM,
        label=Label.MEMORY_WRITABLE,
        sentence=f"{sentence}: what one of them writes the next ones take for true.",
        path="resources" if scene.surface.mounts else "memory",
    )


def writable(member: Member) -> dict[str, None]:
    """The stores that sessions of a deployment or of an agent can write, in order."""
    mounted = [mount.store for mount in member.surface.mounts.values() if mount.writable]
    attached = [str(it.memory_store) for it in member.attachments if it.access == "read_write"]
    return dict.fromkeys([*mounted, *attached])


def _readable(member: Member | None) -> set[str]:
    if member is None:
        return set()
    return {*member.surface.mounts, *(str(it.memory_store) for it in member.attachments)}
