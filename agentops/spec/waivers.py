"""``policy`` of a resource's file: rules that are set aside for it, each with the reason.

Like a comment it changes nothing that is sent, and unlike ``lifecycle`` nothing that is done: so it is no
part of the content that a promotion compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, did_you_mean, error
from agentops.domain.policy import Waiver
from agentops.spec.located import LocatedDict
from agentops.spec.source import describe

POLICY = "policy"
IGNORE = "ignore"
_WRITTEN = "write `policy: {ignore: {AO101: why it does not matter here}}`"

_BY_ADDRESS = (
    "write `ignore: {skill/pdf-forms: {AO101: why it does not matter here}}`; to turn a rule off for all, "
    "`rules: {AO101: off}`"
)


def read_waivers(body: LocatedDict, problems: list[Diagnostic]) -> tuple[Waiver, ...]:
    """What a file sets aside. Whether there are such rules is not known here."""
    written = body.get(POLICY)
    if written is None:
        return ()
    if not isinstance(written, LocatedDict):
        summary = f"'{POLICY}' of a file is a mapping, not {describe(written)}"
        problems.append(error(Code.WAIVER, summary, _WRITTEN, location=body.place(POLICY)))
        return ()
    for key in written.keys() - {IGNORE}:
        detail = did_you_mean(key, [IGNORE])
        if key in {"rules", "files", "waivers"}:
            detail = f"'{key}' holds for the project or a stage: it belongs into agentops.yaml"
        summary = f"unknown key '{POLICY}.{key}'"
        problems.append(error(Code.UNKNOWN_KEY, summary, detail, location=written.place(key, "key")))
    return tuple(waivers_in(written, IGNORE, problems))


def read_ignored(policy: LocatedDict, problems: list[Diagnostic]) -> dict[Address, tuple[Waiver, ...]]:
    """``policy.ignore`` of agentops.yaml: waivers by address."""
    written = policy.get(IGNORE)
    found: dict[Address, tuple[Waiver, ...]] = {}
    if not isinstance(written, LocatedDict):
        return found
    for text in written:
        try:
            address = Address.parse(text)
        except ValueError:
            summary = f"{POLICY}.{IGNORE}: '{text}' is no address"
            problems.append(error(Code.WAIVER, summary, _BY_ADDRESS, location=written.place(text, "key")))
        else:
            found[address] = tuple(waivers_in(written, text, problems))
    return found


def waivers_in(holder: LocatedDict, key: str, problems: list[Diagnostic]) -> Iterator[Waiver]:
    """Rule -> reason, as it stands under a key."""
    written = holder.get(key)
    if not isinstance(written, LocatedDict):
        if key in holder:
            summary = f"'{key}' names rules with their reasons; this is {describe(written)}"
            problems.append(error(Code.WAIVER, summary, _WRITTEN, location=holder.place(key)))
        return
    for rule, reason in written.items():
        if (fault := _fault(reason)) is not None:
            summary = f"{rule} is set aside {fault}"
            detail = "say why it does not matter here, in a sentence: whoever reviews this reads it"
            problems.append(error(Code.WAIVER, summary, detail, location=written.place(rule)))
        else:
            yield Waiver(rule, " ".join(reason.split()), written.place(rule, "key"))


def _fault(reason: Any) -> str | None:
    if reason is None or reason == "":
        return "without a reason"
    if not isinstance(reason, str):
        return f"with {describe(reason)} as its reason"
    if not reason.strip():
        return "without a reason"
    return "with a single word as its reason" if len(reason.split()) < 2 else None
