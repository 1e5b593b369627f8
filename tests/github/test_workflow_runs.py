"""Our workflows, run for real: a clone, the action, the embedded registry, and a server that behaves like
GitHub.

A pull request is planned, its comment follows it; merged, exactly what was reviewed is applied and the lock
goes back; anything else is refused and shown.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentops.github.markers import reviewed_in
from tests.github.hub import REPOSITORY, TOKEN, Hub, marker_of
from tests.github.runner import Ran, Runner
from tests.projects import HEADERS
from tests.stages import git, registries

ROOT = Path(__file__).parents[2]
OURS = (".github", ".gitignore", "action.yml", "agentops.yaml", "locks", "agents/code-reviewer")
AGENTS = ("agents", "environments", "skills")
PROMPT = "agents/code-reviewer/prompt.md"


@dataclass
class Repository:
    """Our own, as far as the workflows look at it, with one of its agents and two stages more, ``served``
    and ``after``, each a registry over HTTP at ``url``."""

    root: Path
    runner: Runner
    hub: Hub
    url: str
    _before: str = ""

    def add_all_agents(self) -> None:
        for name in AGENTS:
            shutil.copytree(ROOT / name, self.root / name, dirs_exist_ok=True)
        self.commit("all of our agents")

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
        merged = {"merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": self.head, "base": {"ref": "main"}}
        self.hub.merged[self.head] = [{"number": number, **merged}]
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

    def edit_in_the_console(self, description: str | None) -> None:
        lock = json.loads(self.hub.branches["main"]["locks/served.lock.json"])
        path = f"/v1/agents/{lock['resources']['agent/code-reviewer']['id']}"
        headers = {**HEADERS, "anthropic-beta": "managed-agents-2026-04-01"}
        with httpx.Client(base_url=self.url, headers=headers, trust_env=False) as console:
            self._before = self._before or console.get(path).json()["description"]
            text = description or self._before
            assert console.post(path, json={"description": text}).status_code == 200

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


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Stage -> its registry, for all tests; each has a project of its own there."""
    with registries(tmp_path_factory.mktemp("registries"), "served", "after") as made:
        yield made


@pytest.fixture
def repository(hub: Hub, urls: dict[str, str], tmp_path: Path) -> Repository:
    root = tmp_path / "repository"
    root.mkdir()
    for name in OURS:
        source = ROOT / name
        leave = shutil.ignore_patterns("*.lock.json", "__pycache__")
        shutil.copytree(source, root / name, ignore=leave) if source.is_dir() else shutil.copy(source, root)
    git(root, "init", "-q", "-b", "main")
    settings = (root / "agentops.yaml").read_text(encoding="utf-8")
    assert "project: agent-fleet\n" in settings
    said = [
        f"  {name}: {{registry: {{base_url: '{url}', pacing: off}}, mutex: off, vars: {{inbox: a@b.io}}}}\n"
        for name, url in urls.items()
    ]
    own = settings.replace("agent-fleet", f"fleet-{uuid.uuid4().hex[:8]}") + "".join(said)
    (root / "agentops.yaml").write_text(own, encoding="utf-8")
    values = {
        "github.token": TOKEN,
        **{f"vars.ANTHROPIC_{name}": "" for name in ("FEDERATION_RULE_ID", "ORGANIZATION_ID")},
        "vars.ANTHROPIC_SERVICE_ACCOUNT_ID": "",
    }
    runner = Runner(root, tmp_path, os.environ["GITHUB_API_URL"], values, {"ANTHROPIC_API_KEY": "sk-any"})
    made = Repository(root, runner, hub, urls["served"])
    made.commit("first")
    return made


def test_without_any_setup_a_pull_request_is_planned_in_the_embedded_registry(repository: Repository) -> None:
    repository.add_all_agents()
    sha = repository.branch("Be brief.\n::set-output name=x::y\n::error::hello")
    ran = repository.plan(sha, '["dev"]')
    assert not ran.failed, ran.log
    assert ran.outputs["plan"]["changed"] == "true"
    body = repository.comments["plan"]
    digest = ran.outputs["plan"]["change-digest"]
    assert reviewed_in(body) == {"dev": digest}
    assert "code-reviewer" in body
    assert "code-reviewer" in ran.summary
    assert Path(ran.outputs["plan"]["plan"]).name == "dev.plan.json"
    page, offline = map(Path, ran.outputs["plan"]["html"].split())
    assert (page.name, offline.name) == ("dev.html", "diff.html")
    assert "Be brief." in page.read_text(encoding="utf-8")
    assert "Be brief." in offline.read_text(encoding="utf-8")
    assert_no_commands(ran.log)


def test_from_a_pull_request_to_the_lock_in_the_repository(repository: Repository) -> None:
    sha = repository.branch("Be brief.")
    assert not repository.plan(sha, "served").failed
    merged = repository.merge()
    ran = repository.apply(merged)
    assert not ran.failed, ran.log
    assert ran.outputs["apply"]["changed"] == "true"
    lock = json.loads(repository.hub.branches["main"]["locks/served.lock.json"])
    assert lock["resources"]["agent/code-reviewer"]["version"] == 1
    recorded = [("main", f"Record what stage served runs (serial {lock['serial']})")]
    assert repository.hub.commits == recorded

    # A merge that changes no agent: nothing to do, nothing to record, and nobody need have reviewed it.
    ran = repository.apply(repository.head)
    assert not ran.failed, ran.log
    assert ran.outputs["apply"]["changed"] == "false"
    assert repository.hub.commits == recorded

    # The next one is small, its comment follows each push, and folds when nothing is left to do.
    shown = repository.comments["plan"]
    ran = repository.plan(repository.branch("Be kind."), "served")
    assert repository.comments["plan"] != shown
    assert reviewed_in(repository.comments["plan"]) == {"served": ran.outputs["plan"]["change-digest"]}
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
    ran = repository.apply(merged, digest=digest)
    assert not ran.failed, ran.log
    assert "applied to served" in repository.comments["apply served"]
    assert [branch for branch, _ in repository.hub.commits] == ["main"]


def test_no_pull_request_no_apply(repository: Repository) -> None:
    repository.branch("Be brief.")
    merged = repository.merge()
    repository.hub.merged.clear()
    ran = repository.apply(merged)
    assert ran.failed
    assert repository.hub.commits == []
    assert "was not merged into main by a pull request" in ran.summary
    assert f"digest `{ran.outputs['apply']['change-digest']}`" in ran.summary


def test_the_settings_of_a_pull_request_are_not_its_own(repository: Repository) -> None:
    """A host that only the pull request names gets no request, and so no credential; a program that only it
    has does not run."""
    git(repository.root, "checkout", "-q", "-B", "topic")
    settings = repository.root / "agentops.yaml"
    before = settings.read_text(encoding="utf-8")
    url = before.split("base_url: '")[1].split("'")[0]
    ran_here = repository.root.parent / "ran"
    (repository.root / "rules.py").write_text(f"open({str(ran_here)!r}, 'w').close()\n", encoding="utf-8")
    changed = before.replace(url, "http://127.0.0.1:9") + "policy: {files: [rules.py]}\n"
    settings.write_text(changed, encoding="utf-8")
    ran = repository.plan(repository.commit("another host"), "served")
    assert not ran.failed, ran.log
    assert "127.0.0.1:9 " not in ran.log
    assert not ran_here.exists()


def test_a_plan_that_cannot_be_made_fails_the_check_and_says_so(repository: Repository) -> None:
    git(repository.root, "checkout", "-q", "-B", "topic")
    (repository.root / "agents/code-reviewer/agent.yaml").write_text("name: [\n", encoding="utf-8")
    ran = repository.plan(repository.commit("broken"), "served")
    assert ran.failed
    assert ran.steps["Plan, and tell the pull request"] == 1
    assert "No plan of served" in repository.comments["plan"]
    assert reviewed_in(repository.comments["plan"]) == {}


def assert_no_commands(log: str) -> None:
    """No line of a prompt is obeyed."""
    stopped = None
    for line in log.splitlines():
        if line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif stopped is not None and line == f"::{stopped}::":
            stopped = None
        else:
            assert stopped is not None or not line.startswith("::"), line


def test_the_offline_job_needs_nothing(repository: Repository) -> None:
    repository.add_all_agents()
    base = git(repository.root, "rev-parse", "main")
    sha = repository.branch("Be brief.")
    repository.runner.variables.clear()
    values = {"github.event.pull_request.base.sha || github.event.merge_group.base_sha": base}
    event = {"pull_request": {"number": 7, "head": {"sha": sha, "repo": {"full_name": "mallory/fleet"}}}}
    ran = repository.runner.job("plan", "review", event, sha, **values)
    assert not ran.failed, ran.log
    assert "code-reviewer" in ran.summary
    assert "::notice file=" in ran.log  # findings stand at their lines
    assert "Be brief." in Path(ran.outputs["diff"]["html"]).read_text(encoding="utf-8")
    assert repository.hub.requests == []


def test_drift_has_one_issue_as_long_as_it_lasts(repository: Repository) -> None:
    hub = repository.hub
    repository.apply(repository.head, digest="any")
    stages = {"vars.AGENTOPS_DRIFT_STAGES || vars.AGENTOPS_STAGES || '[\"dev\"]'": "served"}

    def look() -> Ran:
        return repository.runner.job("drift", "drift", {}, repository.head, **stages)

    repository.edit_in_the_console("```\n@everyone #1 look")
    ran = look()
    assert not ran.failed, ran.log
    (issue,) = hub.issues
    assert "agent/code-reviewer" in issue["body"]
    assert "````text" in issue["body"]  # nothing in it ends the block
    assert "description" in ran.summary
    repository.edit_in_the_console(None)
    assert not look().failed
    assert issue["state"] == "closed"


def test_a_promotion_is_planned_then_that_plan_is_promoted(repository: Repository) -> None:
    repository.apply(repository.head, digest="any")
    values = {"inputs.source": "served", "inputs.target": "after", "github.ref_name": "main"}

    def promote(job: str, **more: str) -> Ran:
        return repository.runner.job("promote", job, {}, repository.head, **values, **more)

    planned = promote("plan")
    assert not planned.failed, planned.log
    assert planned.outputs["plan"]["changed"] == "true"
    digest = planned.outputs["plan"]["change-digest"]
    done = promote("promote", **{"needs.plan.outputs.change-digest": digest})
    assert not done.failed, done.log
    lock = json.loads(repository.hub.branches["main"]["locks/after.lock.json"])
    assert lock["resources"]["agent/code-reviewer"]["promoted_from"]["stage"] == "served"
