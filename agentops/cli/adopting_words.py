"""What is told of an adoption: what was written, what was left where it is, and what is still to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from agentops.cli.wiring import Opened
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, error, listed, note, warning
from agentops.domain.kind import Kind
from agentops.domain.project import Stage
from agentops.domain.pulled import Adopted, PullReport

if TYPE_CHECKING:
    from agentops.cli.adopting_choice import Asked, Pulling


_SHOWN = 3


def homeless(kind: Kind, id: str) -> Diagnostic:
    return note(
        Code.LEFT_UNMANAGED,
        f"{kind.name} {id} is left where it is: what it belongs to has a file already",
        "write it there, then `agentops import ADDRESS ID`",
    )


def ambiguous(address: Address, ids: Sequence[str]) -> Diagnostic:
    return error(
        Code.NOT_WRITTEN,
        f"its file may mean {' or '.join(ids[:3])}{f' or {len(ids) - 3} more' if len(ids) > 3 else ''}, "
        "which are all called so; none of them is pulled",
        f"say which it is, `agentops import {address} ID`; then pull again",
        address=address,
    )


def kept(address: Address, path: str) -> Diagnostic:
    return warning(
        Code.NOT_WRITTEN,
        f"its {path} is another than its files say, and no update changes it",
        "what is there is kept, and every plan lists it; another registry gets what the files say",
        address=address,
    )


def unlike(address: Address, paths: Sequence[str]) -> Iterator[Diagnostic]:
    """A file that was there is not written over: what it says is what counts from then on."""
    if paths:
        yield note(
            Code.NOT_WRITTEN,
            f"its file was there and says another {listed(paths, _SHOWN)} than the registry has",
            "the next apply sends what the file says; to have theirs, write it into the file before",
            address=address,
        )


def left_out(address: Address, id: str, why: str) -> Diagnostic:
    return error(
        Code.NOT_WRITTEN,
        f"{id} is left where it is: {why}",
        "the rest is pulled; change it in the registry and pull again, or write its file and "
        f"`agentops import {address} {id}`",
        address=address,
    )


def report(opened: Opened, stage: Stage, asked: Asked, work: Pulling, lock: str) -> PullReport:
    """What was taken over, or would be."""
    ids = {address: id for id, address in (*work.addresses.items(), *work.declared.items())}
    places = work.written.places
    return PullReport(
        project=opened.project.name,
        stage=stage.name,
        dry=asked.dry_run,
        files=tuple(work.written.files),
        adopted=tuple(
            Adopted(
                address=address,
                id=ids[address],
                files=places.get(address, (entry.path or "",)),
                there=address not in places,
            )
            for address, entry in sorted(work.entries.items())
        ),
        lock=lock if work.entries else None,
        diagnostics=(*work.said, *_references(stage, work), *_secrets(work), *work.left),
    )


def _references(stage: Stage, work: Pulling) -> Iterator[Diagnostic]:
    for address, raw in sorted(work.written.raw.items()):
        for kind, id in raw:
            yield warning(
                Code.RAW_ID,
                f"it refers to {id}, which is in no file: it is named by its ID",
                f"to promote it, write `external: {{{kind}/NAME: {{{stage.name}: {id}}}}}` in agentops.yaml, "
                f"and {kind}/NAME in the file",
                address=address,
            )


def _secrets(work: Pulling) -> Iterator[Diagnostic]:
    for address, names in sorted(work.written.secrets.items()):
        yield note(
            Code.SECRET,
            f"the registry tells no secret; the file takes it from {', '.join(names)}",
            "nothing is sent until the file changes or another registry needs it: set it then, or name "
            "another place",
            address=address,
        )
