"""``agentops github``: what a job of GitHub Actions tells a pull request, an issue and the repository."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.options import Common, common, output_format

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.github.client import Client
    from agentops.github.comments import Outcome
    from agentops.lockfile import LockFile

BLOCKED = 3

PLAN = "plan"
"""The marker of the comment that shows what would be applied."""


@click.group()
def github() -> None:
    """Tell GitHub: one comment on a pull request, one issue, the lock in the repository.

    The token comes from GITHUB_TOKEN or GH_TOKEN and is sent to GITHUB_API_URL only.
    """


def _on_github(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every command here takes."""
    for option in (
        click.option(
            "--author",
            metavar="LOGIN",
            help="Who the token writes as, where it is another app's than GitHub Actions: 'my-app[bot]'.",
        ),
        click.option(
            "--repository", metavar="OWNER/NAME", help="The repository (default: GITHUB_REPOSITORY)."
        ),
    ):
        command = option(command)
    return common(command)


@github.command("comment")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), nargs=-1)
@click.option("--pull-request", type=click.IntRange(1), metavar="N", help="Default: the event's.")
@click.option("--marker", default=PLAN, show_default=True, help="Names the comment, to find it again.")
@click.option(
    "--plan",
    "plans",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="A saved plan that the comment shows: its change digest counts as reviewed; repeatable.",
)
@click.option(
    "--obsolete",
    metavar="TEXT",
    help="Fold the comment to this line, if there is one; FILEs are its details.",
)
@_on_github
def comment(
    file: tuple[Path, ...],
    pull_request: int | None,
    marker: str,
    plans: tuple[Path, ...],
    obsolete: str | None,
    **given: Any,
) -> int:
    """Let one comment on the pull request say what is in FILEs (- is standard input).

    It is made once and then changed in place. Where the job may only read, as on a pull request from a fork,
    the text goes to the job's summary instead.
    """
    from agentops.github import comments

    told, output, author = _told(given)
    if not file and obsolete is None:
        raise click.UsageError("say what to write: FILE, or --obsolete TEXT")
    text = _texts(told, file)
    with _client(given, output) as client:
        if why := client.place.read_only:
            output.note(f"No comment: {why}, so GitHub lets this job only read. See the job's summary.")
            _summarize(client, "" if obsolete is not None else text)
            return 0
        number = client.place.pull_request(pull_request)
        if obsolete is not None:
            result = comments.collapse(client, number, marker, obsolete, text, author=author)
        else:
            result = comments.show(
                client, number, marker, text, reviewed=_digests(told, plans), author=author
            )
    return _said(output, f"comment on #{number}", *result)


@github.command("issue")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), nargs=-1)
@click.option("--marker", required=True, help="Names the issue, to find it again.")
@click.option("--title", default="Agents have drifted", show_default=True)
@click.option("--label", default="agentops", show_default=True, help="Every such issue has it.")
@click.option("--close", is_flag=True, help="Close the issue, if there is one; FILEs say why.")
@_on_github
def issue(file: tuple[Path, ...], marker: str, title: str, label: str, close: bool, **given: Any) -> int:
    """Let one open issue say what is in FILEs (- is standard input)."""
    from agentops.github import issues

    told, output, author = _told(given)
    if not file and not close:
        raise click.UsageError("say what to write: FILE, or --close")
    text = _texts(told, file)
    with _client(given, output) as client:
        if close:
            result = issues.close(client, marker, text or "It is gone.", label=label, author=author)
        else:
            result = issues.show(client, marker, title, text, label=label, author=author)
    return _said(output, "issue", *result)


@github.command("reviewed")
@output_format("text", "json")
@click.option("--commit", metavar="SHA", help="On the branch, after the merge (default: GITHUB_SHA).")
@click.option("--branch", metavar="NAME", help="That branch (default: GITHUB_REF_NAME, else main).")
@click.option("--marker", default=PLAN, show_default=True, help="Of the comment that was reviewed.")
@_on_github
def reviewed(form: str, commit: str | None, branch: str | None, marker: str, **given: Any) -> int:
    """Print the change digest that the pull request of a commit showed for the stage.

    Exits with 3 where none was reviewed, or where somebody has edited the comment.
    """
    from agentops.cli.wiring import open_project
    from agentops.github import reviews

    told, output, author = _told(given)
    stage = open_project(told).stage(told.stage)
    with _client(given, output) as client:
        sha = commit or client.place.commit
        if not sha:
            raise click.UsageError("say which commit: --commit SHA")
        into = branch or client.place.branch or "main"
        found = reviews.reviewed(client, sha, into, stage.name, marker, author=author)
    if form == "json":
        output.json(found)
        return 0 if found.digest else BLOCKED
    output.text(reviews.required(found))
    return 0


@github.command("lock")
@click.option("--branch", default="main", show_default=True, help="Where the lock belongs.")
@_on_github
def lock(branch: str, **given: Any) -> int:
    """Commit the lock of the stage to the branch, or open a pull request where that is protected.

    What a killed apply left in its journal is taken into the lock first.
    """
    from agentops.cli.wiring import lock_file, open_project
    from agentops.github import recording
    from agentops.spec import folder_in_repository

    told, output, _ = _told(given)
    opened = open_project(told)
    stage = opened.stage(told.stage)
    if stage.registry.is_local:
        output.note(f"Stage {stage.name} is on the embedded registry: its lock belongs to one machine.")
        return 0
    store = lock_file(opened, stage, "github lock")
    _fold(store)
    path = opened.root / store.name
    if not path.is_file():
        output.note(f"Stage {stage.name} has no lock yet: nothing to commit.")
        return 0
    place = posixpath.join(folder_in_repository(opened.root), store.name)
    text = recording.LockText(stage.name, place, path.read_bytes())
    with _client(given, output) as client:
        done = recording.record(client, text, branch)
    output.text(f"{place}: {done.what} {done.url}".rstrip())
    return 0


def _told(given: dict[str, Any]) -> tuple[Common, Output, str | None]:
    from agentops.cli.output import Output

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    return told, output, given.pop("author")


def _client(given: dict[str, Any], output: Output) -> Client:
    import os

    from agentops.github.client import Client
    from agentops.github.place import Place

    return Client(Place.of(os.environ, given["repository"]), output.note)


def _fold(store: LockFile) -> None:
    with store.hold():
        if store.pending and (recorded := store.read()) is not None:
            store.write(recorded.with_changes(serial=recorded.serial + 1))


def _texts(told: Common, files: tuple[Path, ...]) -> str:
    """The files one under the other."""
    read = [
        (sys.stdin.buffer.read() if str(path) == "-" else (told.directory / path).read_bytes()).decode(
            errors="replace"
        )
        for path in files
    ]
    return "\n\n".join(text.strip("\n") for text in read)


def _digests(told: Common, plans: tuple[Path, ...]) -> dict[str, str]:
    """Stage -> change digest of the saved plans."""
    from agentops.domain.plan import Plan

    read = [Plan.load((told.directory / path).read_bytes(), str(path)) for path in plans]
    return {plan.stage: plan.change_digest for plan in read}


def _summarize(client: Client, text: str) -> None:
    if text and (path := client.place.summary) is not None:
        with path.open("a", encoding="utf-8") as summary:
            summary.write(f"{text}\n")


def _said(output: Output, what: str, outcome: Outcome, url: str) -> int:
    output.text(f"{what}: {outcome.value} {url}".rstrip())
    return 0
