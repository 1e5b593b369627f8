"""The risks of a change, told from what each body makes possible before and after. One file per family.

A create is told by what the new thing can do, never as a change of nothing into something. What moves only
because something else of the same plan moves is said there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from agentops.domain.address import Address
from agentops.domain.fleet import Fleet, Member
from agentops.domain.plan import Action
from agentops.domain.risk import Risk, riskiest_first
from agentops.policy.risks import company, identity, memory, model, money, prompt, reach, schedule, tools
from agentops.policy.risks.ending import ended, endings
from agentops.policy.risks.scene import Around, Scene
from agentops.policy.risks.untrusted import risks as untrusted

__all__ = ["endings", "labelled"]

_FAMILIES = (prompt, tools, reach, memory, model, money, schedule, identity, company)


def labelled(
    before: Fleet,
    after: Fleet,
    now: datetime,
    ending: Mapping[Address, Action] = MappingProxyType({}),
) -> dict[Address, tuple[Risk, ...]]:
    """The risks of every address that has any, the riskiest first.

    Only what differs between the two fleets is looked at, with what refers to it. ``now`` (aware) is when
    the next runs of schedules are counted from. ``ending`` is what goes for good; what is only in no file
    any more is not.
    """
    was, will_be = Around(before), Around(after)
    changed = {address: member for address, member in after.members.items() if differs(before, member)}
    found: dict[Address, list[Risk]] = {}
    for address, member in changed.items():
        scene = Scene(address, before.members.get(address), member, was, will_be, now)
        found[address] = [risk for family in _FAMILIES for risk in family.risks(scene)]
    for address, more in untrusted(changed, was, will_be).items():
        found[address].extend(more)
    for address in ending:
        found.setdefault(address, []).append(ended(address, ending, was))
    return {address: riskiest_first(risks) for address, risks in found.items() if risks}


def differs(before: Fleet, member: Member) -> bool:
    old = before.members.get(member.address)
    return old is not member and (
        old is None
        or old.surface != member.surface
        or old.attachments != member.attachments
        or old.body.get("files") != member.body.get("files")
    )
