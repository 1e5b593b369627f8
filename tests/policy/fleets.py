"""Fleets written for one test, without any file."""

from __future__ import annotations

from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location
from agentops.domain.fleet import Fleet, Member
from agentops.domain.policy import Waiver
from agentops.domain.resource import Resource, Source
from agentops.domain.surface import Surface


def member(address: str, body: dict[str, Any], *waivers: Waiver) -> Member:
    at = Location(f"{address}.yaml", 1, 1)
    resource = Resource(
        Address(address),
        body,
        at.file,
        at,
        Source(digest="d"),
        waivers=waivers,
        places=lambda path: Location(at.file, 1 + len(path), 3),
    )
    return Member(Address(address), Surface(), dict(body), resource)


def fleet(*members: Member, stage: str = "dev", protected: bool = False) -> Fleet:
    return Fleet(stage, {it.address: it for it in members}, protected)


def waiver(rule: str, reason: str = "nobody is hurt", line: int = 9) -> Waiver:
    return Waiver(rule, reason, Location("agents/a.yaml", line, 5))
