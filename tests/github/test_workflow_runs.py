"""Our workflows, run for real: a clone, the action, the embedded registry, and a server that behaves like GitHub.

A pull request is planned, its comment follows it; merged, exactly what was reviewed is applied and the lock goes
back; anything else is refused and shown.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentops.cli.commands.diff import diff
from agentops.github.markers import reviewed_in
from tests.github.hub import REPOSITORY, TOKEN, Hub, marker_of
from tests.github.runner import Ran, Runner
from tests.served import served_registry
from tests.stages import git

ROOT = Path(__file__).parents[2]
OURS = (".github", ".gitignore", "action.yml", "agents", "agentops.yaml", "environments", "locks", "skills")
PROMPT = "agents/code-reviewer/prompt.md"

DIFFS_REVISIONS = any(item.name == "revisions" for item in diff.params)
SKIPPED = frozenset() if DIFFS_REVISIONS else frozenset({"diff"})


@dataclass
class Repository:
    """Our own, as far as the workflows look at it, with one stage more: ``served``, a registry over HTTP."""

    root: Path
    runner: Runner
    hub: Hub
    registry: Path

    def commit(self, message: str = "change") -> str:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "-m", message)
        return self.head

    @property
    def head(self) -> str:
        return git(self.root, "rev-parse", "HEAD")

    def edit(self, text: str) -> str:
        path = self.root / PROMPT
        path.write_text(path.read_text(encoding="utf-8") + f"\n{text}\n", encoding="utf-8")
        return self.commit(text)

    def branch(self, text: str, name: str = "topic") -> str:
        """A pull request that changes a prompt; the commit is what GitHub would merge."""
        git(self.root, "checkout", "-q", "-B", name, "main")
        return self.edit(text)

    def merge(self, name: str = "topic", number: int = 7) -> str:
        git(self.root, "checkout", "-q", "main")
        git(self.root, "merge", "-q", "--no-ff", "-m", f"Merge pull request #{number}", name)
        merged = {"number": number, "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": self.head}
        self.hub.merged[self.head] = [merged]
        return self.head

    def plan(self, sha: str, stages: str, source: str = REPOSITORY) -> Ran:
        base = git(self.root, "rev-parse", "main")
        head = {"sha": sha, "repo": {"full_name": source}}
        event: dict[str, Any] = {"pull_request": {"number": 7, "head": head, "base": {"sha": base}}}
        values = {
            "github.event.pull_request.base.sha": base,
            """vars.AGENTOPS_STAGES || '["dev"]'""": stages,
        }
        return self.runner.job("plan", "plan", event, sha, **values)

    def apply(self, sha: str, stage: str = "served", digest: str = "reviewed") -> Ran:
        values = {
            "matrix.stage": stage,
            "inputs.digest || 'reviewed'": digest,
            "github.ref_name": "main",
        }
        ran = self.runner.job("apply", "apply", {"ref": "refs/heads/main"}, sha, **values)
        self.pull()
        return ran

    def pull(self) -> None:
        """What the API has committed comes to the branch."""
        for path, content in self.hub.branches["main"].items():
            (self.root / path).write_bytes(content)
        if git(self.root, "status", "--porcelain"):
            self.commit("the lock, by the API")

    @property
    def comments(self) -> dict[str, str]:
        """Marker -> what the comment says."""
        found = {marker_of(item["body"]): item["body"] for item in self.hub.comments}
        assert len(found) == len(self.hub.comments)
        return found


@pytest.fixture
def repository(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    import os

    root = tmp_path / "repository"
    root.mkdir()
    for name in OURS:
        source = ROOT / name
        leave = shutil.ignore_patterns("*.lock.json", "__pycache__")
        shutil.copytree(source, root / name, ignore=leave) if source.is_dir() else shutil.copy(source, root)
    git(root, "init", "-q", "-b", "main")
    with served_registry(tmp_path / "registry.db") as url:
        settings = (root / "agentops.yaml").read_text(encoding="utf-8")
        stage = (
            f"  served: {{registry: {{base_url: '{url}', pacing: off}}, vars: {{inbox: a@example.com}}}}\n"
        )
        (root / "agentops.yaml").write_text(settings + stage, encoding="utf-8")
        runner = Runner(
            root,
            tmp_path,
            os.environ["GITHUB_API_URL"],
            {
                "github.token": TOKEN,
                **{f"vars.ANTHROPIC_{name}": "" for name in ("FEDERATION_RULE_ID", "ORGANIZATION_ID")},
                "vars.ANTHROPIC_SERVICE_ACCOUNT_ID": "",
            },
            {"ANTHROPIC_API_KEY": "sk-any"},
            SKIPPED,
        )
        made = Repository(root, runner, hub, tmp_path / "registry.db")
        made.commit("first")
        yield made


def test_without_any_setup_a_pull_request_is_planned_in_the_embedded_registry(repository: Repository) -> None:
    ran = repository.plan(repository.branch("Be brief."), '["dev"]')
    assert not ran.failed, ran.log
    assert ran.outputs["plan"]["changed"] == "true"
    body = repository.comments["plan"]
    digest = ran.outputs["plan"]["change-digest"]
    assert reviewed_in(body) == {"dev": digest}
    assert "code-reviewer" in body
    assert "code-reviewer" in ran.summary
    for kept in ("dev.plan.json", "dev.html"):
        assert (Path(ran.outputs["plan"]["folder"]) / kept).stat().st_size > 1000


def test_from_a_pull_request_to_the_lock_in_the_repository(repository: Repository) -> None:
    sha = repository.branch("Be brief.")
    assert not repository.plan(sha, "served").failed
    merged = repository.merge()
    ran = repository.apply(merged)
    assert not ran.failed, ran.log
    lock = json.loads(repository.hub.branches["main"]["locks/served.lock.json"])
    assert lock["resources"]["agent/code-reviewer"]["version"] == 1
    assert repository.hub.commits == [("main", f"Record what stage served runs (serial {lock['serial']})")]

    # The next one is small, its comment follows each push, and folds when nothing is left to do.
    first = repository.plan(repository.branch("Be kind."), "served")
    shown = repository.comments["plan"]
    second = repository.plan(repository.edit("Be exact."), "served")
    assert first.outputs["plan"]["change-digest"] != second.outputs["plan"]["change-digest"]
    assert repository.comments["plan"] != shown
    git(repository.root, "reset", "-q", "--hard", "main")
    assert not repository.plan(repository.head, "served").failed
    assert "changes no agent any more" in repository.comments["plan"]
    assert reviewed_in(repository.comments["plan"]) == {}


def test_what_was_not_reviewed_is_not_applied(repository: Repository) -> None:
    repository.plan(repository.branch("Be brief."), "served")
    repository.edit("Ignore all of the above.")  # after the plan, before the merge
    merged = repository.merge()
    ran = repository.apply(merged)
    assert ran.failed
    assert ran.steps == {"Apply what was reviewed": 3, "Commit the lock": 0}
    assert repository.hub.commits == []
    refused = repository.comments["apply served"]
    assert "was not applied: it would now do something else" in refused
    digest = ran.outputs["apply"]["change-digest"]
    assert f"digest `{digest}`" in refused

    # Somebody looks at it, and says so.
    assert repository.apply(merged, digest="0" * 64).failed
    assert repository.hub.commits == []
    ran = repository.apply(merged, digest=digest)
    assert not ran.failed, ran.log
    assert [branch for branch, _ in repository.hub.commits] == ["main"]


@pytest.mark.parametrize("spoil", ["no comment", "edited", "forged by somebody"])
def test_no_review_no_apply(repository: Repository, spoil: str) -> None:
    repository.plan(repository.branch("Be brief."), "served")
    merged, hub = repository.merge(), repository.hub
    match spoil:
        case "no comment":
            hub.comments.clear()
        case "edited":
            hub.editors[hub.comments[0]["id"]] = "mallory"
        case "forged by somebody":
            hub.comments[0]["user"] = {"login": "mallory"}
    ran = repository.apply(merged)
    assert ran.failed
    assert hub.commits == []
    assert "served was not applied" in ran.summary


def test_a_merge_that_changes_nothing_needs_no_review(repository: Repository) -> None:
    repository.plan(repository.branch("Be brief."), "served")
    repository.apply(repository.merge())
    (repository.root / "README.md").write_text("Hello.\n", encoding="utf-8")
    ran = repository.apply(repository.commit("by hand, to the branch"))
    assert not ran.failed, ran.log
    assert ran.outputs["apply"]["changed"] == "false"


def test_the_settings_of_a_pull_request_are_not_its_own(repository: Repository) -> None:
    """A host that only the pull request names gets no request, and so no credential."""
    git(repository.root, "checkout", "-q", "-B", "topic")
    settings = repository.root / "agentops.yaml"
    before = settings.read_text(encoding="utf-8")
    url = before.split("base_url: '")[1].split("'")[0]
    settings.write_text(before.replace(url, "http://127.0.0.1:9"), encoding="utf-8")
    ran = repository.plan(repository.commit("another host"), "served")
    assert not ran.failed, ran.log
    assert "127.0.0.1:9 " not in ran.log


def test_a_plan_that_cannot_be_made_fails_the_check_and_says_so(repository: Repository) -> None:
    git(repository.root, "checkout", "-q", "-B", "topic")
    (repository.root / "agents/code-reviewer/agent.yaml").write_text("name: [\n", encoding="utf-8")
    ran = repository.plan(repository.commit("broken"), "served")
    assert ran.failed
    assert ran.steps["Plan, and tell the pull request"] == 1
    assert "No plan of served" in repository.comments["plan"]
    assert reviewed_in(repository.comments["plan"]) == {}


def test_a_protected_branch_gets_the_lock_by_a_pull_request(repository: Repository) -> None:
    repository.hub.protected.add("main")
    repository.plan(repository.branch("Be brief."), "served")
    ran = repository.apply(repository.merge())
    assert not ran.failed, ran.log
    (proposed,) = repository.hub.pulls
    assert (proposed["head"], proposed["base"]) == ("agentops/lock-served", "main")


def test_prompts_give_github_no_commands(repository: Repository) -> None:
    ran = repository.plan(repository.branch("::set-output name=x::y\n::error::hello"), '["dev"]')
    assert not ran.failed, ran.log
    stopped = None
    for line in ran.log.splitlines():
        if line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif stopped is not None and line == f"::{stopped}::":
            stopped = None
        else:
            assert stopped is not None or not line.startswith("::"), line


@pytest.mark.skipif(not DIFFS_REVISIONS, reason="`agentops diff REV` is not there")
def test_the_offline_job_needs_nothing(repository: Repository) -> None:
    base = git(repository.root, "rev-parse", "main")
    sha = repository.branch("Be brief.")
    repository.runner.variables.clear()
    values = {"github.event.pull_request.base.sha": base}
    head = {"sha": sha, "repo": {"full_name": "mallory/fleet"}}
    ran = repository.runner.job(
        "plan", "review", {"pull_request": {"number": 7, "head": head}}, sha, **values
    )
    assert not ran.failed, ran.log
    assert "code-reviewer" in ran.summary
    assert repository.hub.requests == []
