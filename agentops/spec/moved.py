"""``moved`` of agentops.yaml: what is recorded under another address than the files give it now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, did_you_mean, error, warning
from agentops.domain.kind import Catalog
from agentops.domain.project import Rename
from agentops.domain.resource import Resource
from agentops.spec.located import LocatedDict, LocatedList

_Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class MovedBlock(BaseModel):
    """A resource that has a new address: ``{from: agent/old, to: agent/new}``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    old: _Text = Field(alias="from", description="the address that the lock has")
    new: _Text = Field(alias="to", description="the address that the files give it now")


def read_moved(tree: LocatedDict, problems: list[Diagnostic]) -> tuple[Rename, ...]:
    """The lines of ``moved`` that mean something; what is wrong in one by itself is reported. Another shape
    than that of a list of mappings is the schema's business."""
    written = tree.get("moved")
    found: list[Rename] = []
    for index, entry in enumerate(written if isinstance(written, LocatedList) else ()):
        if not isinstance(entry, LocatedDict):
            continue
        old, new = (_address(entry, key, problems) for key in ("from", "to"))
        if old is None or new is None:
            continue
        line = Rename(old, new, written.place(index) if isinstance(written, LocatedList) else entry.at)
        if (wrong := _wrong(line, entry)) is not None:
            problems.append(wrong)
        else:
            found.append(line)
    clashes = [*_twice(found), *_circles(found)]
    problems.extend(clashes)
    return () if clashes else tuple(found)


def moved_problems(
    moved: Sequence[Rename], resources: Mapping[Address, Resource], catalog: Catalog
) -> Iterator[Diagnostic]:
    """What is wrong in ``moved`` beside what the files of a stage declare."""
    known = [line for line in moved if line.old.kind in catalog]
    for line in moved:
        if line.old.kind not in catalog:
            yield error(
                Code.UNKNOWN_KIND,
                f"moved: '{line.old.kind}' is no kind of resource",
                did_you_mean(line.old.kind, catalog.kinds),
                location=line.location,
            )
    targets = {line.old: line.new for line in known}
    for line in known:
        if line.old in resources:
            yield _declared_still(line, resources)
        elif line.new not in resources and line.new not in targets:
            yield _leads_nowhere(line, resources)
        if (wrong := _other_parent(line, targets, catalog)) is not None:
            yield wrong


def called_now(
    moved: Sequence[Rename], resources: Mapping[Address, Resource], catalog: Catalog
) -> dict[Address, Address]:
    """What files of old declare under another address than today's -> that: with what lives in it, and with
    the memory that the same file declares and names after it. Nothing takes the place of another."""
    targets = {line.old: line.new for line in moved}
    found: dict[Address, Address] = {}
    for old, resource in sorted(resources.items()):
        if (new := _followed(old, targets)[-1]) == old or new in resources:
            continue
        found[old] = new
        for item in resource.attachments:
            store, mark = item.memory_store, f"{old.name}-"
            if store in resources and resources[store].path == resource.path and store.name.startswith(mark):
                found.setdefault(store, Address.of(store.kind, f"{new.name}-{store.name.removeprefix(mark)}"))
    for address in resources.keys() - found.keys():
        parent = catalog.of_address(address).parent_of(address)
        if parent is not None and (to := found.get(parent)) is not None:
            found[address] = Address.of(address.kind, f"{to.name}/{address.name.partition('/')[2]}")
    return {old: new for old, new in found.items() if new not in resources}


def _address(entry: LocatedDict, key: str, problems: list[Diagnostic]) -> Address | None:
    text: Any = entry.get(key)
    if not isinstance(text, str) or not text:
        return None  # the schema says so
    try:
        return Address.parse(text)
    except ValueError as problem:
        problems.append(error(Code.MOVED, f"moved: {problem}", location=entry.place(key)))
        return None


def _wrong(line: Rename, entry: LocatedDict) -> Diagnostic | None:
    if line.old == line.new:
        return error(
            Code.MOVED,
            f"moved: {line.old} is moved to itself",
            "`from` is the address of old, `to` the one that the files give it now",
            location=entry.place("to"),
        )
    if line.old.kind != line.new.kind:
        return error(
            Code.MOVED,
            f"moved: {line.old} cannot become {line.new}: they are of different kinds",
            "a resource keeps its kind: remove the line, and let a plan create the one and remove the other",
            location=entry.place("to"),
        )
    return None


def _twice(lines: Iterable[Rename]) -> Iterator[Diagnostic]:
    """One address can become one other, and take over from one: else nobody could say which."""
    first: dict[tuple[str, Address], Rename] = {}
    for line in lines:
        for key, address in (("from", line.old), ("to", line.new)):
            other = first.setdefault((key, address), line)
            if other is not line:
                before = f", line {other.location.line}" if other.location is not None else ""
                yield error(
                    Code.MOVED,
                    f"moved: {address} stands twice as `{key}`{before} first",
                    "keep the line that is true",
                    location=line.location,
                )


def _circles(lines: Sequence[Rename]) -> Iterator[Diagnostic]:
    targets = {line.old: line.new for line in lines}
    for line in lines:
        way = _followed(line.old, targets)
        if targets.get(way[-1]) == line.old == min(way):  # told once
            yield error(
                Code.MOVED,
                f"moved: {' becomes '.join([*way, line.old])}: that goes round in a circle",
                "nobody can tell from a lock whether that was done. Give one of the files an `address:` that "
                "was never used, or swap them once in each lock: `agentops lock mv`",
                location=line.location,
            )


def _followed(address: Address, targets: Mapping[Address, Address]) -> list[Address]:
    """An address and what it has become, one after the other."""
    way = [address]
    while (step := targets.get(way[-1])) is not None and step not in way:
        way.append(step)
    return way


def _declared_still(line: Rename, resources: Mapping[Address, Resource]) -> Diagnostic:
    there = resources[line.old].path
    both = f"{there} declares {line.old}"
    if line.new in resources:
        both = f"{line.old} and {line.new} are both declared, by {there} and {resources[line.new].path}"
    return error(
        Code.MOVED,
        f"moved: {both}",
        "what has become another has no file any more. Once every stage was applied the line has done its "
        "work: remove it; or give the file another `address:`",
        address=line.old,
        location=line.location,
    )


def _leads_nowhere(line: Rename, resources: Mapping[Address, Resource]) -> Diagnostic:
    alike = [address for address in resources if address.kind == line.new.kind]
    return warning(
        Code.MOVED,
        f"moved: no file declares {line.new}, so the line does nothing",
        did_you_mean(line.new, alike) or "remove it",
        address=line.new,
        location=line.location,
    )


def _other_parent(line: Rename, targets: Mapping[Address, Address], catalog: Catalog) -> Diagnostic | None:
    """What lives in a parent stays in it, unless that moves along."""
    kind = catalog[line.old.kind]
    before, after = kind.parent_of(line.old), kind.parent_of(line.new)
    if before is None or after in _followed(before, targets):
        return None
    return error(
        Code.MOVED,
        f"moved: {line.old} cannot become {line.new}: it lives in {before}, not in {after}",
        f"nothing moves from one {kind.parent} to another; where that was renamed, say so: "
        f"`{{from: {before}, to: {after}}}` takes along what is in it",
        location=line.location,
    )
