"""Commands that write a stage's lock anew and send nothing: ``agentops lock mv`` and ``lock rm``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
from anyio import Event

from agentops.cli.failures import as_diagnostics
from agentops.cli.holding import holding
from agentops.cli.output import Output
from agentops.cli.wiring import Opened, act, lock_file, look, target
from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, Stop, error
from agentops.domain.plan import Move
from agentops.domain.ports import RegistryError
from agentops.domain.project import Stage
from agentops.domain.state import Lock
from agentops.engine.moves import move_by_hand, nowhere_recorded, without
from agentops.engine.recorded import Current, current, current_here, rewrite
from agentops.engine.rewriting import afterwards


@dataclass(frozen=True, slots=True)
class Held:
    """A stage's newest lock, held, and how to write it. name: of its file."""

    lock: Lock
    name: str
    write: Callable[[Lock], None]


@dataclass(frozen=True, slots=True)
class How:
    """wait: seconds to wait for whoever holds the stage. offline: the file alone counts."""

    wait: float = 0.0
    offline: bool = False


@contextmanager
def held_lock(opened: Opened, stage: Stage, output: Output, command: str, how: How) -> Iterator[Held]:
    """The newest lock of a stage, for the length of a change.

    Raises:
        Blocked: somebody else holds the stage.
        Stop: the lock cannot be read, or the registry that has its copy cannot be reached.
    """
    store = lock_file(opened, stage, command)
    if how.offline or not stage.mutex:
        current_here(store, opened.project.name, stage)  # what is refused leaves no folder behind
        with store.hold():
            found = current_here(store, opened.project.name, stage)
            yield Held(found.lock, store.name, store.write)
        return
    with _or_offline(), holding(opened, stage, output, store, command, how.wait) as held:

        async def read() -> Current:
            async with target(opened, stage, output, held.store, hold=held.hold) as there:
                return await current(there)

        def write(lock: Lock) -> None:
            async def carry_out(stop: Event) -> tuple[Diagnostic, ...]:
                async with target(opened, stage, output, held.store, hold=held.hold, stop=stop) as there:
                    return await rewrite(there, lock)

            held.renew()  # whoever was asked may have taken an hour over it
            output.diagnostics(act(carry_out, output))

        newest = look(read)
        output.diagnostics(newest.said)
        yield Held(newest.lock, store.name, write)


@contextmanager
def _or_offline() -> Iterator[None]:
    try:
        yield
    except RegistryError as failure:
        advice = (
            "nothing was changed. `--offline` changes the file alone: that is right where nobody has applied "
            "since it was written"
        )
        raise Stop(*(it.model_copy(update={"detail": advice}) for it in as_diagnostics(failure))) from None


def move(
    opened: Opened, stages: Sequence[Stage], output: Output, old: Address, new: Address, how: How
) -> int:
    """Rename in each stage's lock; of several stages those that do not have it are passed over."""
    known: set[Address] = set()
    done = 0
    for stage in stages:
        with held_lock(opened, stage, output, "lock mv", how) as held:
            there = held.lock.resources.keys() | held.lock.intents.keys()
            known |= there
            if old not in there and len(stages) > 1:
                has = f"has {new} already" if new in there else f"has no {old}"
                output.note(f"{held.name} {has}: left as it is.")
                done += new in there
                continue
            made, moves = move_by_hand(opened.catalog, held.lock, held.name, old, new)
            held.write(made)
            output.text("\n".join(_renamed(held.name, moves)))
            done += 1
    if not done:
        raise Stop(nowhere_recorded(old, known))
    output.note("Nothing was sent. Commit the lock with the file that has the new address.")
    return 0


def _renamed(name: str, moves: Sequence[Move]) -> Iterator[str]:
    yield f"{name}:"
    for move in moves:
        yield f"  {move.old} is now {move.new}{f'  {move.id}' if move.id else ''}"


def forget(
    opened: Opened, stage: Stage, output: Output, addresses: Sequence[Address], how: How, *, yes: bool
) -> int:
    with held_lock(opened, stage, output, "lock rm", how) as held:
        left, gone = without(opened.catalog, held.lock, held.name, addresses)
        output.text(f"{held.name} is to forget:")
        for address in gone:
            entry = held.lock.resources.get(address)
            output.text(f"  {address}{f'  {entry.id}' if entry is not None and entry.id else ''}")
        question = f"Forget {'this' if len(gone) == 1 else f'these {len(gone)}'} in stage {stage.name}?"
        if not yes and not agreed(output, question):
            return 1
        held.write(left)
    output.note("Forgotten. Nothing was sent: all of it is in the registry as before.")
    for sentence in afterwards(opened.catalog, gone):
        output.note(f"  {sentence}")
    return 0


def agreed(output: Output, question: str) -> bool:
    """Raises Blocked where nobody can be asked."""
    if not output.interactive:
        raise Blocked(unasked())
    return click.confirm(question, default=False, err=True)


def unasked() -> Diagnostic:
    return error(
        Code.NEEDS_CONFIRMATION,
        "nobody can be asked here, and nothing was changed",
        "look at what it says, and run it again with `--yes`",
    )
