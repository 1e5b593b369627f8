"""What drifted in a stage, written into the files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.project import Stage
    from agentops.domain.pulled import PullReport
    from agentops.engine.operations import Planned


def pull_drift(
    opened: Opened, stage: Stage, planned: Planned, addresses: Sequence[Address], *, write: bool
) -> PullReport:
    """Bring what moved in the registry, or is held, on these addresses into the files that ask for it.

    addresses: of the plan; without any, whatever drifted. write: otherwise nothing is, and the report says
    what would be.

    Raises:
        Blocked: a file was changed meanwhile; nothing was written.
        Stop: a file cannot be written; all are as they were.
    """
    from agentops.domain.pulled import PullReport
    from agentops.engine.theirs import drifted, members_of, theirs
    from agentops.spec import editing

    plan = planned.plan
    asked = theirs(opened.catalog, planned.desired, planned.live, planned.lock, drifted(plan, addresses))
    edits = editing.pull(opened.root, opened.project, stage, opened.catalog, asked)
    if write:
        editing.write(opened.root, edits.files)
    return PullReport(
        project=plan.project,
        stage=plan.stage,
        dry=not write,
        files=tuple(edits.files),
        fields=tuple(
            item.model_copy(update={"members": members_of(plan, item.address, item.field)})
            for item in edits.fields
        ),
        diagnostics=edits.diagnostics,
    )
