"""What a user writes where another resource is expected: a path, a glob, an address, an ID, a skill's URL."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, did_you_mean, error
from agentops.domain.github import HOST, GitHubUrl
from agentops.domain.kind import Kind
from agentops.spec.files import Files, Refused, is_pattern, without_password
from agentops.spec.paths import missing_file
from agentops.spec.walk import SKILL_FILE

_SOME_ID = re.compile(r"[a-z]+_(?:[a-z]+_)?[0-9A-Za-z]{24}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that can be referred to in one stage.

    ``declared`` is file or directory -> address, ``made`` are addresses that a file declares beside its own
    (the memory of an agent), ``external`` is address -> ID, ``elsewhere`` are the external addresses that
    have an ID in other stages only.
    """

    declared: Mapping[str, Address]
    external: Mapping[Address, str]
    elsewhere: frozenset[Address] = frozenset()
    stage: str = ""
    made: frozenset[Address] = frozenset()
    addresses: frozenset[Address] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "addresses", self.made.union(self.declared.values()))


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
    if is_url(text):
        return Referred(_at_url(text, kind, at))
    address = Address(text)
    if address in index.addresses or address in index.external:
        _refuse_other_kind(text, address, kind, at, index)
        return Referred(address, index.external.get(address))
    if address in index.elsewhere:
        _refuse_other_kind(text, address, kind, at, index)
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
                "write its path, its address or its ID",
                location=at,
            )
        )
    return Referred(_at_path(text, kind, base, at, index, files))


def matching(pattern: str, kind: Kind, base: str, at: Location, index: Index, files: Files) -> list[Referred]:
    """The resources of the kind that a glob finds, by path; what else it finds is passed over.

    Raises:
        Refused: it finds none.
    """
    paths = files.matching(files.join(base, pattern, at))
    found = dict.fromkeys(index.declared[path] for path in paths if path in index.declared)
    kept = [address for address in found if address.kind == kind.name]
    if not kept:
        what = f"'{pattern}' matches no {kind.name}"
        others = ", ".join(sorted(found))
        raise Refused(
            error(
                Code.BROKEN_REFERENCE,
                what,
                f"it matches {others}" if others else "the pattern is relative to this file",
                location=at,
            )
        )
    return [Referred(address) for address in kept]


def _at_url(text: str, kind: Kind, at: Location) -> Address:
    if kind.bundle is None:
        raise Refused(
            error(
                Code.WRONG_REFERENCE,
                f"'{without_password(text)}' is a URL; only a skill can be named by one",
                f"write the path of the {kind.name}'s file, its address or its ID; what is no {kind.name} "
                "goes there as the API has it, {type: …}",
                location=at,
            )
        )
    try:
        GitHubUrl.parse(text)
    except ValueError as problem:
        raise Refused(error(Code.WRONG_REFERENCE, str(problem), location=at)) from None
    return address_of_url(kind, text)


def is_url(text: str) -> bool:
    return _URL.match(text) is not None


def address_of_url(kind: Kind, url: str) -> Address:
    """``https://github.com/o/r/tree/main/x`` is ``skill/github.com/o/r/tree/main/x``. Spellings that mean one
    URL whatever lies behind it (the host in capitals, a final slash) have one address."""
    host, _, path = url.partition("://")[2].partition("/")
    return Address.of(kind.name, f"{host.lower()}/{path.rstrip('/')}")


def url_of(address: Address) -> str | None:
    """The URL that an address stands for, or None for what is declared in the project."""
    return f"https://{address.name}" if address.name.startswith(f"{HOST}/") else None


def _refuse_other_kind(text: str, address: Address, kind: Kind, at: Location, index: Index) -> None:
    if address.kind == kind.name:
        return
    told = "is" if text == address else f"declares {address}, which is"
    raise Refused(
        error(
            Code.WRONG_REFERENCE,
            f"'{text}' {told} of the kind {address.kind}; only {a(kind.name)} fits here",
            _known(text, kind, index),
            location=at,
        )
    )


def a(kind: str) -> str:
    """The kind's name with its article."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _at_path(text: str, kind: Kind, base: str, at: Location, index: Index, files: Files) -> Address:
    path = files.join(base, text, at)
    if (address := index.declared.get(path)) is None:
        raise Refused(_nothing_at(text, path, kind, at, index, files))
    _refuse_other_kind(text, address, kind, at, index)
    return address


def _nothing_at(text: str, path: str, kind: Kind, at: Location, index: Index, files: Files) -> Diagnostic:
    if files.is_there(path):
        return error(
            Code.BROKEN_REFERENCE,
            f"'{text}' declares no {kind.name}",
            _why_nothing(path, kind, files),
            location=at,
        )
    is_name = "/" not in text and not posixpath.splitext(text)[1]
    if is_name or text.partition("/")[0] == kind.name:
        instead = _known(text, kind, index)
        if _SOME_ID.fullmatch(text):
            instead = f"an ID of one begins with {kind.id_prefix}"
        elif text.startswith(kind.id_prefix):
            instead = f"an ID is {kind.id_prefix} and 24 letters or digits; {instead}".removesuffix("; ")
        return error(
            Code.BROKEN_REFERENCE,
            f"there is no {kind.name} '{text}'",
            instead or f"write its path, its address {kind.name}/NAME, or its ID",
            location=at,
        )
    missing = missing_file(text, path, at, files)
    if kind.bundle is None:
        return missing
    return missing.model_copy(update={"summary": f"there is no {kind.name} at '{text}'"})


def _why_nothing(path: str, kind: Kind, files: Files) -> str:
    """Why what is there declares nothing of the kind, as what to do."""
    if kind.bundle is not None:
        if files.is_there(posixpath.join(path, SKILL_FILE)):
            return "links and hidden or tool folders are not walked; name the directory where it really is"
        return f"a {kind.name} is a directory with a {SKILL_FILE}"
    if files.is_folder(path):
        return f"it is a folder; name the file of the {kind.name}"
    return f"say `type: {kind.name}` in it, or put it into {kind.directory}/"


def _known(text: str, kind: Kind, index: Index) -> str:
    return did_you_mean(
        text, (address for address in {*index.addresses, *index.external} if address.kind == kind.name)
    )
