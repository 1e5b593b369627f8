"""The address and the place of what is written into files: from the name that an object has.

``agents/tutor/agent.yaml``, ``environments/sandbox.yaml``, ``skills/review/``: the layout that is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from agentops.domain.address import Address
from agentops.domain.kind import Catalog, Kind
from agentops.domain.resource import Body
from agentops.spec.build import KIND_KEYS, PROMPT
from agentops.spec.walk import SKIPPED_FOLDERS

_MOST = 50
"""Characters of a name that is made: it is a part of paths and of the ownership tag."""

_HOST = re.compile(r"^[a-z]+://(?:mcp\.)?([^/:?#]+)")
_OF_WINDOWS = frozenset(
    {"con", "prn", "aux", "nul", *(f"{it}{n}" for it in ("com", "lpt") for n in range(1, 10))}
)


@dataclass(frozen=True, slots=True)
class Nameable:
    """A live object that is to get an address. given: the address that it has to get, by its tag or by what
    the user said. parent: the ID of what it belongs to."""

    kind: Kind
    id: str
    name: str
    given: Address | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """ID -> address: of what is to be written, and of what a file declares already. ``homeless`` are the IDs
    of what would have to stand in a file that is there already. ``ambiguous``: an address of a file ->
    the IDs that it may mean; they get no other address before that is said."""

    written: Mapping[str, Address]
    declared: Mapping[str, Address]
    homeless: tuple[str, ...] = ()
    ambiguous: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)


def name_of(kind: Kind, live: Body) -> str:
    """What an object is called, as far as it is; of what has no name what it is for."""
    if kind.key is not None:
        return str(live.get(kind.key, "")).removeprefix("/")
    auth = live.get("auth")
    told = [live.get(name) for name in (kind.default_name or "", "display_name", "name")]
    if isinstance(auth, Mapping):
        told += [auth.get("secret_name"), *_HOST.findall(str(auth.get("mcp_server_url")))]
    return next((text for text in told if isinstance(text, str) and slug(text)), "")


def slug(text: str) -> str:
    """Lower-case letters of ASCII, digits and ``-``; empty where nothing of that is in it."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_MOST].strip("-")


def assigned(
    found: Sequence[Nameable],
    catalog: Catalog,
    declared: Collection[Address],
    taken: Collection[Address],
    is_occupied: Callable[[str], bool],
    managed: Mapping[str, Address] = MappingProxyType({}),
) -> Assigned:
    """``managed`` is by ID what is recorded already. ``declared`` are the addresses of files that nothing is
    recorded of, ``taken`` all others that are in use; ``is_occupied`` tells of a path whether something is
    there.

    Two objects of one name get the end of their ID, and so does what would be a name that is taken, or that
    files read in another way.
    """
    roots = [item for item in found if item.kind.parent is None]
    there, ambiguous = _declared(roots, declared)
    open_ = {id for ids in ambiguous.values() for id in ids}
    rest = [item for item in roots if item.id not in there and item.id not in open_]
    written = _named(rest, catalog, {*declared, *taken}, is_occupied)
    homeless: list[str] = []
    for parent, holder in {**managed, **there, **written}.items():
        children = [item for item in found if item.kind.parent is not None and item.parent == parent]
        for id, address in _children(children, holder).items():
            if parent in written:
                written[id] = address
            elif address in declared:
                there[id] = address
            else:
                homeless.append(id)
    return Assigned(written, there, tuple(homeless), ambiguous)


def _declared(
    found: Sequence[Nameable], declared: Collection[Address]
) -> tuple[dict[str, Address], dict[Address, tuple[str, ...]]]:
    """What files declare already: by what it is given or its tag says, or because it alone has that name. And
    the addresses of files that several objects have the name of."""
    meant: dict[Address, list[Nameable]] = defaultdict(list)
    for item in found:
        meant[item.given or Address.of(item.kind.name, slug(item.name) or "?")].append(item)
    there: dict[str, Address] = {}
    ambiguous: dict[Address, tuple[str, ...]] = {}
    for address in sorted(meant.keys() & set(declared)):
        items = [item for item in meant[address] if item.given is not None] or meant[address]
        if len(items) == 1:
            there[items[0].id] = address
        else:
            ambiguous[address] = tuple(sorted(item.id for item in items))
    return there, ambiguous


def _named(
    found: Sequence[Nameable],
    catalog: Catalog,
    taken: Collection[Address],
    is_occupied: Callable[[str], bool],
) -> dict[str, Address]:
    names: dict[str, Address] = {item.id: item.given for item in found if item.given is not None}
    used = {address.lower() for address in (*taken, *names.values())}
    reserved = reserved_names(catalog)
    wanted = {item.id: slug(item.name) for item in found}
    counted = Counter((item.kind.name, wanted[item.id]) for item in found if item.given is None)
    for item in sorted(found, key=lambda it: it.id):
        if item.given is not None:
            continue
        is_single = counted[item.kind.name, wanted[item.id]] == 1
        for name in _candidates(item, wanted[item.id], is_single=is_single):
            address = Address.of(item.kind.name, name)
            if name in reserved or address.lower() in used or is_occupied(path_of(item.kind, name)):
                continue
            names[item.id] = address
            used.add(address.lower())
            break
    return names


def _children(found: Sequence[Nameable], parent: Address) -> dict[str, Address]:
    """What belongs to one parent; a document is called by its path."""
    names: dict[str, Address] = {}
    wanted = {item.id: item.name if item.kind.key is not None else slug(item.name) for item in found}
    counted = Counter(wanted.values())
    for item in sorted(found, key=lambda it: it.id):
        if item.given is not None and item.given.name.startswith(f"{parent.name}/"):
            names[item.id] = item.given
            continue
        for name in _candidates(item, wanted[item.id], is_single=counted[wanted[item.id]] == 1):
            address = Address.of(item.kind.name, f"{parent.name}/{name}")
            if address not in names.values():
                names[item.id] = address
                break
    return names


def _candidates(item: Nameable, name: str, *, is_single: bool) -> Iterator[str]:
    start = name or item.kind.name.replace("_", "-")
    tail = re.sub(r"[^a-z0-9]", "", item.id.lower()) or "x"
    if name and is_single:
        yield name
    yield from (f"{start}-{tail[-length:]}" for length in range(4, len(tail)))
    yield from (f"{start}-{tail}-{number}" for number in range(2, 1000))


def reserved_names(catalog: Catalog) -> frozenset[str]:
    """Names that mean something else as a file or a folder: kinds, their directories, and folders that are
    not looked into."""
    kinds = {part for kind in catalog for part in (kind.name, kind.directory)}
    dashed = {part.replace("_", "-") for part in kinds}
    return frozenset({*kinds, *dashed, *SKIPPED_FOLDERS, *_OF_WINDOWS, "locks", "readme"})


def path_of(kind: Kind, name: str) -> str:
    """What is written for an object: a folder of its own where it has several files, else one file."""
    if kind.bundle is not None or PROMPT in KIND_KEYS.get(kind.name, ()):
        return f"{kind.directory}/{name}"
    return f"{kind.directory}/{name}.yaml"


def file_of(kind: Kind, name: str) -> str:
    """The file that declares it; of a bundle its directory."""
    path = path_of(kind, name)
    return f"{path}/{kind.name}.yaml" if kind.bundle is None and not path.endswith(".yaml") else path
