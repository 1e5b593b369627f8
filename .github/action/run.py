"""What a step of the action does: run agentops for each stage, and say what came of it.

Everything that a workflow says comes by the environment, INPUT_…, and is never part of a shell command.
Prompts are somebody's text: while agentops prints, GitHub takes no commands from the log. Needs only the
standard library and the `agentops` beside this Python.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ERROR, CHANGES, BLOCKED, PARTLY, INTERRUPTED = 1, 2, 3, 4, 130
REVIEWED, ANY = "reviewed", "any"
OFFLINE = ("validate", "diff", "show")
"""What needs no credential is given none: on a pull request it may run the rules that this brings along."""
CREDENTIALS = ("ACTIONS_", "ANTHROPIC_", "GH_TOKEN", "GITHUB_TOKEN")
SHORTEST = 12
"""Digits of a change digest that stand for it."""
STAGE = re.compile(r"[a-z0-9-]{1,63}")
MOST = 64_000
PLAN_LIMIT = 44_000
"""Characters; GitHub takes 65,536 in a comment, and a little is ours."""


@dataclass
class Step:
    """One step of a job. folder: where what it makes is kept, for later steps and as an artifact. name: what
    comments and issues are called by, where a repository has several projects."""

    command: str
    stages: list[str]
    arguments: list[str]
    comments: bool
    folder: Path
    expect: str = ""
    name: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    changed: bool = False

    @classmethod
    def of_environment(cls) -> Step:
        folder = Path(os.environ.get("RUNNER_TEMP", ".")) / "agentops"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(
            command=os.environ.get("INPUT_COMMAND", ""),
            stages=stages_of(os.environ.get("INPUT_STAGES", "").strip()),
            arguments=arguments_of(os.environ.get("INPUT_ARGUMENTS", "")),
            comments=os.environ.get("INPUT_COMMENT", "false").lower() == "true",
            folder=folder,
            expect=os.environ.get("INPUT_EXPECT", ""),
            name=os.environ.get("INPUT_NAME", ""),
        )

    # -- running agentops

    def agentops(
        self, *words: str, keep: bool = False, shown: bool = True, obeyed: bool = False
    ) -> tuple[int, str]:
        """Run it, with its output in the log; with ``keep`` what it printed is returned as well, and without
        ``shown`` only that. obeyed: it prints commands for GitHub, annotations, and takes care itself of what
        others wrote."""
        program = str(Path(sys.executable).with_name("agentops"))
        print(f"$ agentops {shlex.join(words)}", flush=True)
        token = secrets.token_hex(16)
        if not obeyed:
            print(f"::stop-commands::{token}", flush=True)
        try:
            environment = without_credentials() if words[0] in OFFLINE else None
            code, printed = run_to_the_end([program, *words], keep=keep, environment=environment)
            if keep and shown:
                print(printed, flush=True)
        finally:
            if not obeyed:
                print(f"::{token}::", flush=True)
        if code == INTERRUPTED:
            sys.exit(INTERRUPTED)
        return code, printed

    def plan(self, stage: str, *words: str) -> int:
        """Make a plan of a stage and the forms of it that people read."""
        saved = self.path(stage, "plan.json")
        for old in (saved, self.path(stage, "html"), self.path(stage, "md")):
            old.unlink(missing_ok=True)  # of an earlier step
        code, _ = self.agentops(*words, "--out", str(saved), "--detailed-exitcode")
        self.changed |= code == CHANGES
        if saved.exists():
            self.agentops("show", str(saved), "--format", "html", "--out", str(self.path(stage, "html")))
            self.summarize(self.review([stage]))
        return code

    def path(self, stage: str, ending: str) -> Path:
        return self.folder / f"{stage}.{ending}"

    def planned(self) -> list[str]:
        return [stage for stage in self.stages if self.path(stage, "plan.json").exists()]

    def review(self, stages: list[str]) -> str:
        """Their plans as Markdown."""
        out = self.folder / f"{'+'.join(stages)}.md"
        files = [str(self.path(stage, "plan.json")) for stage in stages]
        where = run_url() or "the artifact of the run"
        words = ["--format", "markdown", "--limit", str(PLAN_LIMIT), "--where", where]
        if len(stages) > 1 or not out.exists():
            self.agentops("show", *files, *words, "--out", str(out))
        return out.read_text(encoding="utf-8")

    def marker(self, what: str) -> str:
        return f"{self.name} {what}".strip()

    def digest(self, stage: str) -> str:
        saved = self.path(stage, "plan.json")
        return json.loads(saved.read_text(encoding="utf-8"))["change_digest"] if saved.exists() else ""

    # -- telling people

    def summarize(self, text: str) -> None:
        if path := os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(path).open("a", encoding="utf-8") as summary:
                summary.write(f"{text}\n")

    def say(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def output(self) -> int:
        """Tell later steps what came of it. Returns the code that the step ends with."""
        worst = next((code for code in (ERROR, PARTLY, BLOCKED) if code in self.codes.values()), None)
        if worst is None:
            worst = max(self.codes.values(), default=0)
        digests = {stage: digest for stage in self.stages if (digest := self.digest(stage))}
        html = [str(path) for it in (*self.stages, "diff") if (path := self.path(it, "html")).exists()]
        plans = [str(self.path(stage, "plan.json")) for stage in self.planned()]
        told = {
            "exitcode": worst,
            "changed": str(self.changed or CHANGES in self.codes.values()).lower(),
            "change-digest": next(iter(digests.values())) if len(digests) == 1 else "",
            "change-digests": json.dumps(digests),
            "plan": " ".join(plans),
            "html": " ".join(html),
            "folder": self.folder,
        }
        if path := os.environ.get("GITHUB_OUTPUT"):
            with Path(path).open("a", encoding="utf-8") as outputs:
                outputs.writelines(f"{name}={value}\n" for name, value in told.items())
        return 0 if worst in (0, CHANGES) else worst


def without_credentials() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(CREDENTIALS)}


def run_to_the_end(
    words: list[str], *, keep: bool, environment: dict[str, str] | None = None
) -> tuple[int, str]:
    """Hand a cancellation on, once, and wait: the runner interrupts this process alone, and agentops needs a
    moment to record what it has done."""
    out = subprocess.PIPE if keep else None
    with subprocess.Popen(words, stdout=out, text=True, start_new_session=True, env=environment) as child:

        def hand_on(number: int, _: object) -> None:
            child.send_signal(number)

        before = {each: signal.signal(each, hand_on) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            printed, _ = child.communicate()
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
    return child.returncode, printed or ""


# -- commands


def validate(step: Step) -> None:
    """Every problem, as an annotation at its line."""
    words = ["validate", "--format", "github", *trusted(), *step.arguments]
    step.codes["validate"], _ = step.agentops(*words, obeyed=True)


def diff(step: Step) -> None:
    """What the pull request means, from git alone: for all stages, with no key."""
    words = ["diff", os.environ["INPUT_BASE"], *trusted(), *step.arguments]
    code, text = step.agentops(*words, "--exit-code", "--format", "markdown", keep=True)
    step.codes["diff"] = code
    if code == CHANGES:
        step.say("diff.md", text)
        step.summarize(text)
        _, page = step.agentops(*words, "--format", "html", keep=True, shown=False)
        step.say("diff.html", page)


def plan(step: Step) -> None:
    for stage in step.stages:
        step.codes[stage] = step.plan(stage, "plan", "--stage", stage, *trusted(), *step.arguments)
    if step.comments:
        comment_plans(step)


def trusted() -> list[str]:
    """Settings and policies, which may be programs, as somebody has agreed to them."""
    base = os.environ.get("INPUT_CONFIG_FROM", "")
    return ["--config-from", base] if base else []


def comment_plans(step: Step) -> None:
    planned, texts = step.planned(), []
    if lost := [stage for stage in step.stages if stage not in planned]:
        texts.append(f"**No plan of {', '.join(lost)}: see [the run]({run_url()}).**")
    if planned:
        texts.append(step.review(planned))
    if (offline := step.folder / "diff.md").exists():
        texts.append(fitting(offline.read_text(encoding="utf-8"), MOST - sum(map(len, texts))))
    elif all(code == 0 for code in step.codes.values()):
        words = ["--obsolete", "agentops: this pull request changes no agent any more"]
        step.agentops("github", "comment", "--marker", step.marker("plan"), *words)
        return
    plans = [word for stage in planned for word in ("--plan", str(step.path(stage, "plan.json")))]
    words = ["--marker", step.marker("plan"), *plans, step.say("comment.md", "\n\n".join(texts))]
    code, _ = step.agentops("github", "comment", *words)
    if code:
        step.codes["comment"] = code


def fitting(text: str, most: int) -> str:
    """Whole or not at all: half of a Markdown document may end within anything."""
    if len(text) <= most:
        return text
    return f"What the change means in every stage is too long for here: see [the run]({run_url()})."


def apply(step: Step) -> None:
    """Plan again what was merged; apply it only if it is what was reviewed. What a refusal said on the pull
    request folds as soon as nothing is left to do."""
    step.expect = step.expect or REVIEWED
    for stage in step.stages:
        code = plan_again(step, stage)
        found = looked_up(step, stage)
        if code != 0:
            code = apply_planned(step, stage, code, found)
        if code == 0 and (number := found.get("pull_request")) and step.comments:
            done = ["--obsolete", f"agentops: applied to {stage}", "--marker", step.marker(f"apply {stage}")]
            step.agentops("github", "comment", "--pull-request", str(number), *done)
        step.codes[stage] = code


def plan_again(step: Step, stage: str) -> int:
    return step.plan(stage, "plan", "--stage", stage, *step.arguments)


def looked_up(step: Step, stage: str) -> dict[str, Any]:
    """The pull request of the commit, and what it showed: pull_request, digest, why there is none."""
    if step.expect != REVIEWED and not step.comments:
        return {}
    words = ["--stage", stage, "--marker", step.marker("plan"), "--format", "json"]
    _, text = step.agentops("github", "reviewed", *words, keep=True)
    return json.loads(text) if text.strip() else {"why": "GitHub did not say what was reviewed"}


def apply_planned(step: Step, stage: str, code: int, found: dict[str, Any]) -> int:
    expected, why, number = step.expect, "", found.get("pull_request")
    if expected == REVIEWED:
        expected, why = found.get("digest") or "", found["why"]
    now = step.digest(stage)
    if code != CHANGES:
        why = "its plan is blocked" if code == BLOCKED else "it could not be planned"
    elif not why and expected != ANY and not agrees(now, expected):
        why = f"it would now do something else ({now[:12]}) than what was reviewed ({expected[:12]})"
    if why:
        refuse(step, stage, f"{stage} was not applied: {why}", number, code)
        return BLOCKED if code == CHANGES else code
    words = ["--plan", str(step.path(stage, "plan.json")), "--expect", now, "--yes", "--wait", "10m"]
    code, _ = step.agentops("apply", "--stage", stage, *words)
    if code == PARTLY:
        # Its digest is not the reviewed one: a second run of this job would stop, so somebody is told now.
        rest = plan_again(step, stage)
        refuse(step, stage, f"{stage} was applied in part; the run says why", number, rest)
    elif code != 0:
        refuse(step, stage, f"{stage} was not applied: the run says why", number, code)
    return code


def agrees(digest: str, expected: str) -> bool:
    return len(expected) >= SHORTEST and digest.startswith(expected)


def refuse(step: Step, stage: str, why: str, number: int | None, code: int) -> None:
    """Say on the pull request, and in the summary, what did not happen and what to do about it. code: how
    the plan of what is left ended."""
    texts = [f"### {why}\n\n[The run]({run_url()})"]
    if code == CHANGES:
        texts.append(
            "If the plan below is what is wanted, apply it: Actions, this workflow, Run workflow, "
            f"stage `{stage}`, digest `{step.digest(stage)}`."
        )
    step.summarize("\n\n".join(texts))
    if code in (CHANGES, BLOCKED):
        texts.append(step.review([stage]))
    if step.comments and number:
        text = step.say(f"{stage}.refused.md", "\n\n".join(texts))
        words = ["--pull-request", str(number), "--marker", step.marker(f"apply {stage}"), text]
        step.agentops("github", "comment", *words)


def promote(step: Step) -> None:
    """Without ``expect`` only the plan; with it exactly that plan."""
    source, target = step.stages
    code = step.plan(target, "promote", source, target, *step.arguments)
    step.codes[target] = code
    if code != CHANGES or not step.expect:
        return
    if not agrees(step.digest(target), step.expect):
        why = "it would now get something else than what was approved; run the workflow again"
        step.summarize(f"### {target} was not changed: {why}")
        step.codes[target] = BLOCKED
        return
    words = ["--expect", step.expect, "--yes", "--wait", "10m", *step.arguments]
    step.codes[target], _ = step.agentops("promote", source, target, *words)


def drift(step: Step) -> None:
    """One issue while anything has drifted."""
    found = []
    for stage in step.stages:
        code, text = step.agentops("drift", "--stage", stage, "--no-color", *step.arguments, keep=True)
        step.codes[stage] = code
        if code == CHANGES:
            found.append(fenced(text, PLAN_LIMIT // len(step.stages)))
    lost = [stage for stage, code in step.codes.items() if code not in (0, CHANGES)]
    if found:
        step.summarize("\n\n".join(found))
    if not step.comments or (lost and not found):
        return  # a stage that could not be looked at may have drifted, too: nothing is closed
    if lost:
        found.insert(0, f"**{', '.join(lost)} could not be looked at: see [the run]({run_url()}).**")
    words = ["github", "issue", "--marker", step.marker("drift")]
    if found:
        words.append(step.say("drift.md", "\n\n".join([DRIFT, *found])))
    else:
        words += ["--close", step.say("drift.md", f"Nothing has drifted any more: {run_url()}")]
    code, _ = step.agentops(*words)
    if code:
        step.codes["issue"] = code


DRIFT = """\
Somebody changed agents outside of this repository. Take it into the files with `agentops pull`, or send what
the files say with `agentops apply --on-drift revert`. This issue is kept up to date and closes itself."""


def fenced(text: str, limit: int) -> str:
    """A block that the text cannot end, however many backticks it has in a row."""
    lines, size = [], 0
    for line in text.strip("\n").splitlines():
        size += len(line) + 1
        if size > limit:
            lines.append("… the rest is in the log of the run")
            break
        lines.append(line)
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`+", text))])
    return "\n".join([f"{fence}text", *lines, fence])


def lock(step: Step) -> None:
    for stage in step.stages:
        words = ["--branch", os.environ["INPUT_BRANCH"]] if os.environ.get("INPUT_BRANCH") else []
        step.codes[stage], _ = step.agentops("github", "lock", "--stage", stage, *words, *step.arguments)


def run_url() -> str:
    server, name = os.environ.get("GITHUB_SERVER_URL", ""), os.environ.get("GITHUB_REPOSITORY", "")
    run = os.environ.get("GITHUB_RUN_ID", "")
    return f"{server}/{name}/actions/runs/{run}" if run else ""


COMMANDS = {each.__name__: each for each in (validate, diff, plan, apply, promote, drift, lock)}


def main() -> int:
    try:
        step = Step.of_environment()
        refuse_mistakes(step)
    except ValueError as mistake:
        print(f"::error::{mistake}")
        return ERROR
    COMMANDS[step.command](step)
    return step.output()


def refuse_mistakes(step: Step) -> None:
    """Raises ValueError with a sentence for whoever wrote the workflow."""
    if step.command not in COMMANDS:
        raise ValueError(f"command is one of {', '.join(COMMANDS)}, not {step.command!r}")
    if wrong := [stage for stage in step.stages if not STAGE.fullmatch(str(stage))]:
        raise ValueError(f"no stage is called {wrong[0]!r}")
    if step.command == "promote" and len(step.stages) != 2:
        raise ValueError("say for promote which stages: SOURCE TARGET")
    if step.command not in ("validate", "diff") and not step.stages:
        raise ValueError(f"say for {step.command} which stages: stages: staging prod")
    if step.command == "diff" and not os.environ.get("INPUT_BASE"):
        raise ValueError("say for diff which base: base: ${{ github.event.pull_request.base.sha }}")


def stages_of(text: str) -> list[str]:
    """Words, or a JSON list of them. Raises ValueError."""
    if not text.startswith("["):
        return text.replace(",", " ").split()
    try:
        return list(json.loads(text))
    except ValueError:
        raise ValueError(f"stages is neither words nor a JSON list: {text!r}") from None


def arguments_of(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as wrong:
        raise ValueError(f"arguments: {wrong}") from None


if __name__ == "__main__":
    sys.exit(main())
