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

ERROR, CHANGES, BLOCKED, PARTLY, INTERRUPTED = 1, 2, 3, 4, 130
REVIEWED, ANY = "reviewed", "any"
SHORTEST = 12
"""Digits of a change digest that stand for it."""
STAGE = re.compile(r"[a-z0-9-]{1,63}")
MOST = 64_000
PLAN_LIMIT = 44_000
"""Characters; GitHub takes 65,536 in a comment, and a little is ours."""


@dataclass
class Step:
    """One step of a job. folder: where what it makes is kept, for later steps and as an artifact."""

    command: str
    stages: list[str]
    arguments: list[str]
    comments: bool
    folder: Path
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
        )

    # -- running agentops

    def agentops(self, *words: str, keep: bool = False, obeyed: bool = False) -> tuple[int, str]:
        """Run it, with its output in the log; with ``keep`` what it printed is returned as well. obeyed: it
        prints commands for GitHub, annotations, and takes care itself of what others wrote."""
        program = str(Path(sys.executable).with_name("agentops"))
        print(f"$ agentops {shlex.join(words)}", flush=True)
        token = secrets.token_hex(16)
        if not obeyed:
            print(f"::stop-commands::{token}", flush=True)
        try:
            code, printed = run_to_the_end([program, *words], keep=keep)
            if keep:
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
        out = self.folder / f"{'-'.join(stages)}.md"
        files = [str(self.path(stage, "plan.json")) for stage in stages]
        where = run_url() or "the artifact of the run"
        words = ["--format", "markdown", "--limit", str(PLAN_LIMIT), "--where", where]
        if not out.exists():
            self.agentops("show", *files, *words, "--out", str(out))
        return out.read_text(encoding="utf-8")

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
        html = [str(path) for stage in self.stages if (path := self.path(stage, "html")).exists()]
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


def run_to_the_end(words: list[str], *, keep: bool) -> tuple[int, str]:
    """Hand a cancellation on, once, and wait: the runner interrupts this process alone, and agentops needs a
    moment to record what it has done."""
    out = subprocess.PIPE if keep else None
    with subprocess.Popen(words, stdout=out, text=True, start_new_session=True) as child:

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
    obeyed = "github" in step.arguments
    step.codes["validate"], _ = step.agentops("validate", *step.arguments, obeyed=obeyed)


def diff(step: Step) -> None:
    """What the pull request means, from git alone: for all stages, with no key."""
    revision = os.environ["INPUT_BASE"]
    words = ["diff", revision, "--exit-code", "--format", "markdown", *trusted()]
    code, text = step.agentops(*words, *step.arguments, keep=True)
    step.codes["diff"] = code
    if code == CHANGES:
        step.say("diff.md", text)
        step.summarize(text)


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
        step.agentops(
            "github", "comment", "--obsolete", "agentops: this pull request changes no agent any more"
        )
        return
    plans = [word for stage in planned for word in ("--plan", str(step.path(stage, "plan.json")))]
    code, _ = step.agentops("github", "comment", *plans, step.say("comment.md", "\n\n".join(texts)))
    if code:
        step.codes["comment"] = code


def fitting(text: str, most: int) -> str:
    """Whole or not at all: half of a Markdown document may end within anything."""
    if len(text) <= most:
        return text
    return f"What the change means in every stage is too long for here: see [the run]({run_url()})."


def apply(step: Step) -> None:
    """Plan again what was merged; apply it only if it is what was reviewed."""
    for stage in step.stages:
        code = step.plan(stage, "plan", "--stage", stage, *step.arguments)
        if code != 0:
            code = apply_planned(step, stage, code)
        step.codes[stage] = code


def apply_planned(step: Step, stage: str, code: int) -> int:
    expected = os.environ.get("INPUT_EXPECT") or REVIEWED
    number, why = None, ""
    if expected == REVIEWED:
        _, text = step.agentops("github", "reviewed", "--stage", stage, "--format", "json", keep=True)
        found = json.loads(text) if text.strip() else {"why": "GitHub did not say what was reviewed"}
        number, why, expected = found.get("pull_request"), found["why"], found.get("digest") or ""
    now = step.digest(stage)
    if code != CHANGES:
        why = "its plan is blocked" if code == BLOCKED else "it could not be planned"
    elif not why and expected != ANY and not (len(expected) >= SHORTEST and now.startswith(expected)):
        why = f"it would now do something else ({now[:12]}) than what was reviewed ({expected[:12]})"
    if why:
        refuse(step, stage, f"{stage} was not applied: {why}", number)
        return BLOCKED if code == CHANGES else code
    words = ["--plan", str(step.path(stage, "plan.json")), "--expect", now, "--yes", "--wait", "10m"]
    code, _ = step.agentops("apply", "--stage", stage, *words)
    if code != 0:
        refuse(
            step, stage, f"{stage} was not applied in full: the run says what is missing", number, plan=False
        )
    elif step.comments and number:
        done = ["--obsolete", f"agentops: applied to {stage}", "--marker", f"apply {stage}"]
        step.agentops("github", "comment", "--pull-request", str(number), *done)
    return code


def refuse(step: Step, stage: str, why: str, number: int | None, *, plan: bool = True) -> None:
    """Say on the pull request, and in the summary, what did not happen and what to do about it."""
    now = step.digest(stage)
    texts = [f"### {why}\n\n[The run]({run_url()})"]
    if plan and now:
        texts.append(
            "If the plan below is what is wanted, apply it: Actions, this workflow, Run workflow, "
            f"stage `{stage}`, digest `{now}`."
        )
        texts.append(step.review([stage]))
    text = step.say(f"{stage}.refused.md", "\n\n".join(texts))
    step.summarize(texts[0])
    if step.comments and number:
        words = ["--pull-request", str(number), "--marker", f"apply {stage}", text]
        step.agentops("github", "comment", *words)


def promote(step: Step) -> None:
    """Without ``expect`` only the plan; with it exactly that plan."""
    source, target = step.stages
    expected = os.environ.get("INPUT_EXPECT", "")
    code = step.plan(target, "promote", source, target, *step.arguments)
    step.codes[target] = code
    if code != CHANGES or not expected:
        return
    if not (len(expected) >= SHORTEST and step.digest(target).startswith(expected)):
        refuse(
            step,
            target,
            f"{target} was not changed: it would now get something else than what was seen",
            None,
        )
        step.codes[target] = BLOCKED
        return
    words = ["--expect", expected, "--yes", "--wait", "10m", *step.arguments]
    step.codes[target], _ = step.agentops("promote", source, target, *words)


def drift(step: Step) -> None:
    """One issue while anything has drifted."""
    found = []
    for stage in step.stages:
        code, text = step.agentops("drift", "--stage", stage, "--no-color", *step.arguments, keep=True)
        step.codes[stage] = code
        if code == CHANGES:
            found.append(fenced(text, PLAN_LIMIT // len(step.stages)))
    if found:
        step.summarize("\n\n".join(found))
    if not step.comments or not set(step.codes.values()) <= {0, CHANGES}:
        return  # a stage that could not be looked at may have drifted, too
    if found:
        body = step.say("drift.md", "\n\n".join([DRIFT, *found]))
        code, _ = step.agentops("github", "issue", "--marker", "drift", body)
    else:
        why = step.say("drift.md", f"Nothing has drifted any more: {run_url()}")
        code, _ = step.agentops("github", "issue", "--marker", "drift", "--close", why)
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
