"""What a user writes where another resource is expected: a path, an address, or a raw ID."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Location, did_you_mean, error
from agentops.domain.kind import Kind
from agentops.spec.files import Files, Refused, is_pattern
from agentops.spec.source import SUFFIXES


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that can be referred to in one stage.

    ``declared`` is file -> address, ``external`` address -> ID, ``elsewhere`` the external addresses that
    have an ID in other stages only.
    """

    declared: Mapping[str, Address]
    external: Mapping[Address, str]
    elsewhere: frozenset[Address] = frozenset()
    stage: str = ""
    addresses: frozenset[Address] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "addresses", frozenset(self.declared.values()))


@dataclass(frozen=True, slots=True)
class Referred:
    """What a reference means. ``id`` is known where it is not a resource of ours; ``address`` is None where
    only a raw ID is written."""

    address: Address | None
    id: str | None = None


def is_raw_id(text: str, kind: Kind) -> bool:
    """The kind's prefix, at most one label in lower case, and 24 letters or digits."""
    return re.fullmatch(rf"{re.escape(kind.id_prefix)}(?:[a-z]+_)?[0-9A-Za-z]{{24}}", text) is not None


def resolve(text: str, kind: Kind, base: str, at: Location, index: Index, files: Files) -> Referred:
    """What ``text``, written in the file ``base``, refers to: a resource of ours, or the ID of another.

    Raises:
        Refused: nothing of that kind is there.
    """
    if is_raw_id(text, kind):
        return Referred(None, text)
    address = Address(text)
    known = address in index.addresses or address in index.external
    if known or address in index.elsewhere:
        _refuse_other_kind(text, address, kind, at, index)
    if known:
        return Referred(address, index.external.get(address))
    if address in index.elsewhere:
        raise Refused(
            error(
                Code.BROKEN_REFERENCE,
                f"{address} has no ID for stage {index.stage}",
                f"write it in agentops.yaml: `external: {{{address}: {{{index.stage}: ID}}}}`",
                location=at,
            )
        )
    if is_pattern(text):
        raise Refused(
            error(
                Code.WRONG_REFERENCE,
                f"'{text}' is a pattern; one {kind.name} is named here",
                "write its path or its address",
                location=at,
            )
        )
    if text.lower().endswith(SUFFIXES):
        return Referred(_at_path(text, kind, base, at, index, files))
    raise Refused(
        error(
            Code.BROKEN_REFERENCE,
            f"there is no {kind.name} '{text}'",
            _known(text, kind, index),
            location=at,
        )
    )


def _refuse_other_kind(text: str, address: Address, kind: Kind, at: Location, index: Index) -> None:
    if address.kind == kind.name:
        return
    told = "is" if text == address else f"declares {address}, which is"
    raise Refused(
        error(
            Code.WRONG_REFERENCE,
            f"'{text}' {told} of the kind {address.kind}; only a {kind.name} fits here",
            _known(text, kind, index),
            location=at,
        )
    )


def _at_path(text: str, kind: Kind, base: str, at: Location, index: Index, files: Files) -> Address:
    path = files.join(base, text, at)
    address = index.declared.get(path)
    if address is None:
        close = files.closest(path)
        raise Refused(
            error(
                Code.BROKEN_REFERENCE,
                f"'{text}' declares no {kind.name}" if files.is_file(path) else f"there is no file '{text}'",
                f"did you mean '{close}'?"
                if close and not files.is_file(path)
                else _known(text, kind, index),
                location=at,
            )
        )
    _refuse_other_kind(text, address, kind, at, index)
    return address


def _known(text: str, kind: Kind, index: Index) -> str:
    return did_you_mean(
        text, (address for address in {*index.addresses, *index.external} if address.kind == kind.name)
    )
