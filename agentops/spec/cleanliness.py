"""Whether a commit holds the project as it lies here."""

from __future__ import annotations

from pathlib import Path

from agentops.domain.kind import Catalog
from agentops.domain.project import Project
from agentops.spec.discovery import discover
from agentops.spec.files import Files
from agentops.spec.project import PROJECT_FILE
from agentops.spec.revision import Revision, read_revision

_OURS = ("locks/", ".agentops/")
"""What agentops itself writes below the root."""


def uncommitted(root: Path, project: Project, catalog: Catalog) -> tuple[str, ...] | None:
    """The files below the root that differ from what is checked out, by path; None where no commit is.

    What git tracks counts whatever it is for, because a file that was deleted may have declared something.
    What git does not track counts where a stage is built from it or judged by it. A skill's own files are not
    looked at here: its source has no commit then.
    """
    revision = read_revision(root)
    if revision is None:
        return None
    tracked = {path for path in revision.changed - revision.loose if not path.startswith(_OURS)}
    loose = Revision(revision.head, revision.loose)
    read = {path for path in _read(root, project, catalog) if loose.commit_of([path]) is None}
    return tuple(sorted(tracked | read))


def _read(root: Path, project: Project, catalog: Catalog) -> set[str]:
    """The files that declare something in any stage, and those that they name."""
    found = discover(Files(root), project, catalog)
    own = {PROJECT_FILE} if project.explicit else set()
    for stage in project.stages.values():
        own |= {file.path for file in stage.policy.files} | {it.location.file for it in stage.policy.declared}
    return own | {item.document.path for item in found.declarations} | found.payload
