"""agentops.yaml of a commit over the resources of the working tree: what ``--config-from`` asks for.

A pull request may change any file. Which hosts are called with which credential, which gates hold and which
rules are checked is then said by a commit that somebody else has agreed to.
"""

from __future__ import annotations

import os
from pathlib import Path

from agentops.domain.diagnostics import Code, Diagnostic, Location, Stop, error, in_order, listed, note
from agentops.domain.project import PROJECT_FILE, Project

_NAMED = 8
"""Members that are named; of more there is a number."""


def project_of(root: Path, revision: str) -> tuple[Project, tuple[Diagnostic, ...]]:
    """agentops.yaml as a commit of this repository has it, and all that it names; with a note on what the one
    below ``root`` says otherwise. Of that one nothing is used.

    Raises:
        Stop: there is no such commit in this clone, or it has no agentops.yaml here.
    """
    from agentops.remotes import History
    from agentops.spec import differing_settings, load_project

    with History(root, os.environ) as history:
        folder = history.tree(history.commit(revision))
        project, problems = load_project(folder, revision)
        if not project.explicit and not problems:
            raise Stop(_nothing_there(revision))
        differing = differing_settings(folder, root)
    if differing is None:
        return project, in_order([*problems, _none_here(revision)])
    return project, in_order([*problems, *([_otherwise(revision, differing)] if differing else [])])


def _nothing_there(revision: str) -> Diagnostic:
    return error(
        Code.REVISION,
        f"--config-from: {revision} has no {PROJECT_FILE} in this folder",
        "name a commit that has one, and with `-C` the folder that it lies in",
    )


def _none_here(revision: str) -> Diagnostic:
    return note(
        Code.REVISION,
        f"{PROJECT_FILE} is that of {revision}; the one of the working tree is missing or cannot be read",
        "`agentops validate` tells what is wrong in it",
        location=Location(PROJECT_FILE),
    )


def _otherwise(revision: str, differing: tuple[str, ...]) -> Diagnostic:
    return note(
        Code.REVISION,
        f"{PROJECT_FILE} is that of {revision}; what the working tree says otherwise is not in force: "
        f"{listed(differing, _NAMED)}",
        f"what it would do is not shown here; offline it is: `agentops diff {revision}`",
        location=Location(PROJECT_FILE),
    )
