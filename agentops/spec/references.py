"""What a user writes where another resource is expected: a path, an address, or a raw ID."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Location, did_you_mean, error
from agentops.domain.kind import Kind
from agentops.domain.resource import Ref
from agentops.spec.files import Files, Refused
from agentops.spec.source import SUFFIXES


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that can be referred to: ``declared`` address -> file, and ``external`` address -> ID."""

    declared: Mapping[Address, str]
    external: Mapping[Address, str]

    def declared_in(self, path: str) -> Address | None:
        return next((address for address, file in self.declared.items() if file == path), None)


def is_raw_id(text: str, kind: Kind) -> bool:
    """The kind's prefix, at most one label in lower case, and 24 letters or digits."""
    return re.fullmatch(rf"{re.escape(kind.id_prefix)}(?:[a-z]+_)?[0-9A-Za-z]{{24}}", text) is not None


def resolve(text: str, kind: Kind, base: str, at: Location, index: Index, files: Files) -> Ref | str:
    """What ``text``, written in the file ``base``, refers to: a resource of ours, or the ID of another.

    Raises:
        Refused: nothing of that kind is there.
    """
    if is_raw_id(text, kind):
        return text
    if (address := _address(text, kind, index)) is not None:
        return index.external[address] if address in index.external else Ref(address)
    if text.lower().endswith(SUFFIXES):
        return Ref(_at_path(text, kind, base, at, index, files))
    raise Refused(
        error(
            Code.BROKEN_REFERENCE,
            f"there is no {kind.name} '{text}'",
            _known(text, kind, index),
            location=at,
        )
    )


def _address(text: str, kind: Kind, index: Index) -> Address | None:
    """The address that the text is, where it names something of the right kind that exists."""
    address = Address(text)
    return (
        address
        if address.kind == kind.name and (address in index.declared or address in index.external)
        else None
    )


def _at_path(text: str, kind: Kind, base: str, at: Location, index: Index, files: Files) -> Address:
    path = files.join(base, text, at)
    address = index.declared_in(path)
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
    if address.kind != kind.name:
        raise Refused(
            error(
                Code.WRONG_REFERENCE,
                f"'{text}' declares {address}; only {kind.name}s fit here",
                _known(text, kind, index),
                location=at,
            )
        )
    return address


def _known(text: str, kind: Kind, index: Index) -> str:
    return did_you_mean(
        text, (address for address in (*index.declared, *index.external) if address.kind == kind.name)
    )
