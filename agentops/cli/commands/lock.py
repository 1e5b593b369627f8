"""``agentops lock``: what a stage's lock records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.options import Common, common, output_format, wait_option

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.state import Lock


@click.group()
def lock() -> None:
    """Read, rename, forget and mend what a stage's lock records, or take over the lock of `ant apply`."""


@lock.command("list")
@output_format("text", "json")
@common
def list_entries(form: str, **given: Any) -> int:
    """List the recorded addresses with their IDs."""
    output, recorded, name = _read(given)
    output.json(recorded) if form == "json" else output.lock(recorded, name)
    return 0


@lock.command("show")
@click.argument("address")
@output_format("text", "json")
@common
def show_entry(address: str, form: str, **given: Any) -> int:
    """Show everything recorded of one ADDRESS."""
    from agentops.domain.diagnostics import Code, Stop, did_you_mean, error

    output, recorded, name = _read(given)
    wanted = parsed(address)
    if (entry := recorded.resources.get(wanted)) is None:
        raise Stop(
            error(
                Code.BROKEN_REFERENCE,
                f"{name} has no {wanted}",
                did_you_mean(wanted, recorded.resources) or "nothing is recorded there yet",
                address=wanted,
            )
        )
    output.json(entry) if form == "json" else output.lock_entry(wanted, entry)
    return 0


@lock.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=Path("claude-lock.json"))
@common
def import_peer(file: Path, **given: Any) -> int:
    """Take over what FILE, a claude-lock.json, records: the same IDs, nothing created, nothing sent.

    Writes an agentops.yaml from that lock's origin where there is none, with one stage: --stage, or prod.
    With a credential at hand it then says what has drifted since.
    """
    from agentops.cli.output import Output
    from agentops.cli.takeover import take_over

    told = Common.of(given)
    return take_over(file, told, Output.standard(no_color=told.no_color, verbose=told.verbose))


_OFFLINE = click.option(
    "--offline",
    is_flag=True,
    help="Change the file alone: neither the stage's hold in the registry nor the lock's copy there.",
)


@lock.command("mv")
@click.argument("old")
@click.argument("new")
@click.option("--all-stages", is_flag=True, help="In the lock of every stage that has OLD.")
@_OFFLINE
@wait_option
@common
def move(old: str, new: str, all_stages: bool, offline: bool, wait: float, **given: Any) -> int:
    """Rename OLD to NEW in a stage's lock, with what lives in it: the same IDs, nothing sent.

    To rename in every clone and in CI, write `moved` into agentops.yaml instead.
    """
    from agentops.cli.relocking import How, move

    before, after = parsed(old), parsed(new)
    opened, output, told = _opened(given)
    stages = [*opened.project.stages.values()] if all_stages else [opened.stage(told.stage)]
    return move(opened, stages, output, before, after, How(wait, offline))


@lock.command("rm")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@_OFFLINE
@wait_option
@common
def remove(addresses: tuple[str, ...], yes: bool, offline: bool, wait: float, **given: Any) -> int:
    """Forget ADDRESSes in a stage's lock, with what lives in them. Nothing is sent or removed.

    What carries the stage's tag is found again by the next plan.
    """
    from agentops.cli.relocking import How, forget

    named = tuple(dict.fromkeys(map(parsed, addresses)))
    opened, output, told = _opened(given)
    return forget(opened, opened.stage(told.stage), output, named, How(wait, offline), yes=yes)


@lock.command("rebuild")
@click.option("--offline", is_flag=True, help="Ask nobody: put both sides of a merge together as they are.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@output_format("text", "json")
@wait_option
@common
def rebuild(offline: bool, yes: bool, form: str, wait: float, **given: Any) -> int:
    """Make a stage's lock anew where it has conflict markers, is damaged or lost. Nothing is sent.

    From both sides of the merge, the lock's copy in the registry, and what carries the stage's tags.
    """
    from agentops.cli.rebuilding import rebuild_lock

    opened, output, told = _opened(given)
    stage = opened.stage(told.stage)
    return rebuild_lock(opened, stage, output, form, offline=offline, yes=yes, wait=wait)


@lock.command("unlock")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@common
def unlock(yes: bool, **given: Any) -> int:
    """Show who holds a stage, and remove that hold: after a run that was lost and cannot give it back.

    A run that still works is not stopped by it at once, so look first. The hold of the lock file on this
    machine ends with its process and cannot be removed.
    """
    from agentops.cli.output import Output
    from agentops.cli.unlocking import remove_hold
    from agentops.cli.wiring import lock_file, open_project

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    stage = opened.stage(told.stage)
    return remove_hold(opened, stage, output, lock_file(opened, stage, "lock unlock"), yes=yes)


def _opened(given: dict[str, Any]) -> tuple[Opened, Output, Common]:
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    return open_project(told), output, told


def _read(given: dict[str, Any]) -> tuple[Output, Lock, str]:
    from agentops.cli.output import Output
    from agentops.cli.wiring import lock_file, open_project
    from agentops.domain.state import Lock

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    stage = opened.stage(told.stage)
    store = lock_file(opened, stage)
    return output, store.read() or Lock(project=opened.project.name, stage=stage.name), store.name
