"""``agentops diff``: what differs, without a network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.options import Common, common, config_from, plan_format

if TYPE_CHECKING:
    from agentops.cli.revisions import Side
    from agentops.domain.address import Address
    from agentops.domain.comparison import Comparison
    from agentops.remotes import History

DIFFERENCES = 2
_BEHIND = "agentops.words_behind_dashes"


class _WithDashes(click.Command):
    """Remembers how many words stand behind ``--``, which click takes away."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_BEHIND] = len(args) - args.index("--") - 1 if "--" in args else 0
        return super().parse_args(ctx, args)


@click.command(cls=_WithDashes)
@click.argument("words", nargs=-1, metavar="REV[..REV] [--] [ADDRESS]...")
@click.option(
    "--stages", metavar="A..B", help="Compare what the files here ask for in stage A and in stage B instead."
)
@click.option("--exit-code", "--detailed-exitcode", is_flag=True, help="Exit with 2 where something differs.")
@config_from
@plan_format
@common
@click.pass_context
def diff(
    context: click.Context,
    /,
    words: tuple[str, ...],
    stages: str | None,
    exit_code: bool,
    form: str,
    **given: Any,
) -> int:
    """Show what a change means for agents, from git alone.

    No registry, no key, no network, and no program of the change is run.

    \b
    REV     from that commit to the working tree
    A..B    from commit A to commit B
    A...B   from what both come from to commit B

    Every stage, or the one of --stage, with the actions a plan would have and the risks of each. With
    ADDRESSes (kind/name), only those.

    Exits with 0 whether or not something differs, unless --exit-code says otherwise.
    """
    from agentops.cli.output import Output

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    if stages is not None:
        if form not in {"text", "json"}:
            raise click.UsageError(f"--format {form} is for revisions; --stages has text and json")
        between = _between_stages(told, *_two(stages), [parsed(word) for word in words])
        output.json(between) if form == "json" else output.comparison(between)
        return DIFFERENCES if exit_code and between.differs else 0
    from agentops.cli.reviewing import diff_of

    found = diff_of(told, _Choice(told, words, context.meta[_BEHIND]))
    output.diff(found, form)
    return DIFFERENCES if exit_code and found.differs else 0


class _Choice:
    """What the words mean in a clone; ``behind`` of them stand behind ``--``."""

    def __init__(self, told: Common, words: tuple[str, ...], behind: int) -> None:
        self._told = told
        cut = len(words) - behind
        self._words, self._behind = words[:cut], words[cut:]

    def __call__(self, history: History) -> tuple[Side, Side, list[Address]]:
        from agentops.cli.revisions import called_like_stages, sides_of, told_apart
        from agentops.cli.wiring import find_project
        from agentops.domain.diagnostics import Stop
        from agentops.kinds import CATALOG

        word, addresses = told_apart(self._words, self._behind, CATALOG.kinds, history.has)
        try:
            return (*sides_of(word, history), addresses)
        except Stop:
            stages = find_project(self._told).project.stages
            if (instead := called_like_stages(word, stages)) is not None:
                raise Stop(instead) from None
            raise


def _between_stages(told: Common, first: str, second: str, addresses: list[Address]) -> Comparison:
    from agentops.cli.wiring import open_project
    from agentops.engine.compare import Compared, compare

    opened = open_project(told)
    both = [opened.stage(name) for name in (first, second)]
    states, diagnostics = opened.desired_in(both)
    before, after = (
        Compared(stage.name, state, stage.names) for stage, state in zip(both, states, strict=True)
    )
    return compare(opened.catalog, before, after, addresses, diagnostics)


def _two(stages: str) -> tuple[str, str]:
    if (found := re.fullmatch(r"([^.]+)\.\.([^.]+)", stages.strip())) is None:
        raise click.UsageError(f"--stages: '{stages}' is not two stages; write staging..prod")
    return found[1], found[2]
