"""What cannot be undone: archiving, deleting, replacing. That it is final the plan says itself; here is what
goes with it, and what to look for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentops.domain.address import Address
from agentops.domain.diagnostics import counted
from agentops.domain.plan import Action, Change
from agentops.domain.risk import Label, Level, Risk
from agentops.policy.risks.scene import Around
from agentops.policy.risks.words import in_words, plural


def endings(changes: Sequence[Change]) -> dict[Address, Action]:
    """What goes for good with a plan, and how."""
    return {change.address: change.action for change in changes if change.action.ends}


def ended(address: Address, endings: Mapping[Address, Action], before: Around) -> Risk:
    """What is said where it stands; ``endings`` are all that go."""
    if endings[address] is Action.REPLACE:
        sentence, level = _REPLACED.get(address.kind, _OTHER_ID), Level.MEDIUM
    else:
        along = _along(address, before, endings)
        sentence, level = f"{_GOES.get(address.kind, 'It goes for good')}{along}", Level.HIGH
    return Risk(level=level, label=Label.IRREVERSIBLE, sentence=f"{sentence}.")


_OTHER_ID = "Whatever outside this project names its ID finds it no more: check who does"
_REPLACED: Mapping[str, str] = {
    "credential": "The old one is archived first: until the new one is there, its sessions have no secret",
    "memory_store": "The new one is empty but for its seeds: save first what agents have written",
}
_GOES: Mapping[str, str] = {
    "agent": "No session of it can start any more",
    "environment": "No session can start in it any more",
    "memory_store": "What is in it can still be read, and never be written again",
    "memory": "What agents have written there goes as well",
    "skill": "All its versions go: an agent that pins one of them loses it",
    "vault": "The secrets of its credentials are purged",
    "credential": "Its secret is purged",
    "deployment": "It starts no session any more, and no file can bring it back with the same ID",
}


def _along(address: Address, before: Around, endings: Mapping[Address, Action]) -> str:
    """What of this project goes with it, but for what the plan ends by its own name."""
    deployments = [it.address for it in before.deployments_of(address) if it.address not in endings]
    if deployments:
        return f"; {in_words(deployments)} {plural(deployments, 'is', 'are')} archived with it"
    if inside := before.children_of(address):
        number = counted(len(inside), *_INSIDE[address.kind])
        return f"; {number} of this project {plural(inside, 'is', 'are')} in it"
    return ""


_INSIDE = {"memory_store": ("memory", "memories"), "vault": ("credential", "credentials")}
