"""What ``agentops pull`` says: what it has written, what it has left where it is, and what is still to do."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from agentops.cli.output import Output
from agentops.cli.wiring import Opened
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, error, note, warning
from agentops.domain.kind import Kind
from agentops.domain.project import Stage

if TYPE_CHECKING:
    from agentops.cli.adopting_choice import Asked, Pulling


def homeless(kind: Kind, id: str) -> Diagnostic:
    return note(
        Code.LEFT_UNMANAGED,
        f"{kind.name} {id} is left where it is: what it belongs to has a file already",
        "write it there, then `agentops import ADDRESS ID`",
    )


def kept(address: Address, path: str) -> Diagnostic:
    return warning(
        Code.NOT_WRITTEN,
        f"its {path} is another than its files say, and no update changes it",
        "what is there is kept, and every plan lists it; another registry gets what the files say",
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


def tell(opened: Opened, stage: Stage, output: Output, asked: Asked, work: Pulling) -> None:
    output.diagnostics((*work.said, *_references(stage, work), *_secrets(work), *work.left))
    if not work.entries:
        output.text(
            _nothing(opened, stage) if not work.left else f"Nothing of stage {stage.name} was pulled."
        )
        return
    verb = "Would pull" if asked.dry_run else "Pulled"
    output.text(f"{verb} from stage {stage.name}:\n\n")
    width = max(map(len, work.entries))
    places = work.written.places
    for address, entry in sorted(work.entries.items()):
        where = _where(places[address]) if address in places else f"{entry.path}, which was there"
        output.text(f"  {address:<{width}}  {where}")
    files = len(work.written.files)
    what = f"{_count(len(work.entries), 'resource')}, {_count(files, 'file')}"
    end = (
        "Nothing was written."
        if asked.dry_run
        else f"Recorded in locks/{stage.name}.lock.json. Nothing was sent."
    )
    output.text(f"\n{what}. {end}")


def _nothing(opened: Opened, stage: Stage) -> str:
    told = f"Nothing to pull: stage {stage.name} has nothing that is not managed already."
    if opened.project.explicit:
        return told
    return (
        f"{told}\nThere is no agentops.yaml, so this is the embedded registry. For a workspace write one:\n\n"
        "project: NAME\nstages:\n  prod: {registry: anthropic, workspace_id: wrkspc_…}\n"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _where(paths: Sequence[str]) -> str:
    if len(paths) == 1:
        return paths[0]
    return f"{posixpath.commonpath(paths)}/ ({_count(len(paths), 'file')})"


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
