"""``agentops lock import``: from a project of ``ant apply`` to one of ours."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agentops.cli.choosing import chosen
from agentops.cli.commands.plan import planned_now
from agentops.cli.failures import as_diagnostics
from agentops.cli.options import Common
from agentops.cli.output import Output
from agentops.cli.wiring import Opened, find_project, lock_file
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Stop, error, has_errors, warning
from agentops.domain.ports import RegistryError
from agentops.domain.project import Project, Stage
from agentops.domain.state import Lock
from agentops.engine.status import drift_report
from agentops.engine.takeover import Key, taken_over
from agentops.lockfile import read_peer_lock
from agentops.spec import load_project, places_of_keys, project_of

if TYPE_CHECKING:
    from agentops.domain.peer import PeerLock

DEFAULT_STAGE = "prod"


def take_over(file: Path, told: Common, output: Output) -> int:
    path = told.directory / file
    peer = read_peer_lock(path, str(file))
    opened, written = _project(path, told, peer, str(file))
    stage = opened.stage(told.stage or (DEFAULT_STAGE if written else None))
    folder = _folder_of(path, opened, file)
    places = places_of_keys(opened.root, folder, opened.project, opened.catalog, peer)
    keys = {key: Key(address, where) for key, (address, where, _) in places.items()}
    store = lock_file(opened, stage, "lock import")

    def made_of_both() -> tuple[Lock, tuple[Address, ...]]:
        lock = store.read() or Lock(project=opened.project.name, stage=stage.name)
        return taken_over(peer, keys, opened.catalog, lock)

    made_of_both()  # what is refused leaves nothing behind, not even a folder
    with store.hold():
        made, added = made_of_both()
        if written:
            (opened.root / "agentops.yaml").write_text(written, encoding="utf-8")
            output.note(f"Wrote agentops.yaml: project {opened.project.name}, stage {stage.name}.")
        if added:
            store.write(made)
    output.lock(made, store.name)
    missing = sorted(where for _, where, there in places.values() if not there)
    output.diagnostics(
        warning(
            Code.ORPHAN,
            f"{where} is not there; its resource is kept in the lock",
            "bring the file back, or archive the resource with `agentops destroy`",
        )
        for where in missing
    )
    what = "1 resource" if len(added) == 1 else f"{len(added)} resources"
    if added:
        output.note(f"Took over {what} from {file} into {store.name}. Nothing was sent, nothing created.")
    else:
        output.note(f"Everything in {file} is recorded in {store.name} already.")
    _tell_drift(opened, stage, output)
    return 0


def _project(path: Path, told: Common, peer: PeerLock, name: str) -> tuple[Opened, str]:
    """The project that the lock becomes part of, and the agentops.yaml to write where there is none."""
    found = find_project(told)
    if found.project.explicit:
        if has_errors(found.diagnostics):
            raise Stop(*found.diagnostics)
        return found, ""
    root = path.parent.resolve()
    project = re.sub(r"[^a-z0-9-]+", "-", root.name.lower()).strip("-")[:63] or "project"
    stage = told.stage or DEFAULT_STAGE
    if not re.fullmatch(r"[a-z0-9-]{1,63}", stage):
        raise Stop(
            error(Code.NO_STAGE, f"'{stage}' cannot be a stage", "use lower-case letters, digits and '-'")
        )
    text = project_of(project, stage, peer.origin, Path(name).name)
    made = Project(project, {stage: Stage(stage)})
    return replace(found, root=root, project=made), text


def _folder_of(path: Path, opened: Opened, file: Path) -> str:
    try:
        return path.parent.resolve().relative_to(opened.root).as_posix()
    except ValueError:
        raise Stop(
            error(
                Code.OUTSIDE_PROJECT,
                f"{file} is not in the project at {opened.root.name}/",
                "its keys are paths from where it lies; run this in its project with `-C`",
            )
        ) from None


def _tell_drift(opened: Opened, stage: Stage, output: Output) -> None:
    """What has moved since that tool's last apply, where the registry can be asked; else how to ask it."""
    project, _ = load_project(opened.root)
    there = replace(opened, project=project, diagnostics=())
    try:
        planned = planned_now(there, there.stage(stage.name), output, chosen({}))
    except (Stop, RegistryError) as failure:
        (first, *_) = as_diagnostics(failure)
        output.note(f"What has drifted since is not known yet: {first.summary}. `agentops plan` tells.")
        return
    output.drift(drift_report(planned.plan))
