"""``agentops diff REV``: what a change of the files means in every stage, from git alone."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from agentops.cli import wiring
from tests.projects import Project
from tests.stages import git

STAGES = """\
project: fleet
variables: {greeting: {type: string}}
stages:
  dev: {registry: local, vars: {greeting: Hi}}
  staging:
    registry: {base_url: "https://registry.example.com", api_key: {secret: env:NOWHERE}}
    vars: {greeting: Hello}
  prod: {registry: anthropic, vars: {greeting: Hello}, prune: true, protect: true}
"""
AGENT = "model: claude-opus-5-5\nprompt: prompt.md.j2\ntools: [web_search]\n"
PROTECTED = "---\nmodel: claude-opus-5-5\nlifecycle: {protect: true}\n---\nReview.\n"
VAULT = """\
credentials:
  door:
    auth: {type: static_bearer, mcp_server_url: "https://a.example", token: {secret: env:A}}
"""
OWNER = """\
from agentops.policy.team import Finding, rule


@rule("TEAM001", "agent-has-owner")
def owner(fleet):
    for it in fleet:
        if it.address.kind == "agent" and "owner" not in it.surface.metadata:
            yield Finding(it.address, f"{it.address} has no owner")
"""
REVIEWER = "---\nmodel: claude-opus-5-5\n---\nReview.\n"


class Clone:
    """A project in a repository of its own, on the branch ``change``."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.root = project.root

    def write(self, path: str, text: str) -> None:
        self.project.write(path, text)

    def commit(self, message: str = "change") -> str:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", message)
        return git(self.root, "rev-parse", "HEAD")

    def diff(self, *arguments: str, code: int = 0) -> str:
        ended = self.project.run("diff", *arguments)
        assert ended.code == code, ended.out + ended.err
        assert ended.err == "" or code == 1
        return ended.out if code != 1 else ended.err

    def stages(self, *arguments: str) -> dict[str, Any]:
        return {it["stage"]: it for it in json.loads(self.diff(*arguments, "--format", "json"))["stages"]}


@pytest.fixture
def clone(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Nothing may be asked on the way: there is no network, no registry and no key."""

    def refuse(*_: object, **__: object) -> Any:
        raise AssertionError("a diff asks nobody")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(wiring, "target", refuse)
    (empty.root / ".git").rmdir()
    git(empty.root, "init", "-q", "-b", "main")
    made = Clone(empty)
    made.write("agentops.yaml", STAGES)
    made.write("agents/tutor/agent.yaml", AGENT)
    made.write("agents/tutor/prompt.md.j2", "# Tutor\n\n{{ vars.greeting }}.\nTeach.\n")
    made.write("agents/reviewer.md", REVIEWER)
    made.write("environments/sandbox.yaml", "config: {type: cloud}\n")
    made.commit("first")
    git(empty.root, "checkout", "-q", "-b", "change")
    return made


def actions(stage: dict[str, Any]) -> dict[str, Any]:
    return {it["address"]: it["action"] for it in stage["differing"]}


def test_all_stages_are_shown_and_those_that_are_the_same_once(clone: Clone) -> None:
    clone.write("agents/tutor/prompt.md.j2", "# Tutor\n\n{{ vars.greeting }}.\nTeach well.\n")
    clone.write("agents/extra.md", REVIEWER)
    clone.write("environments/sandbox.yaml", "config: {type: self_hosted}\n")
    (clone.root / "agents/reviewer.md").unlink()
    told = clone.diff("main")
    headings = [line for line in told.splitlines() if line.startswith("fleet")]
    assert headings == [
        "fleet · stage dev · main → working tree",  # another greeting stands around the line that changes
        "fleet · stage staging · main → working tree",
        "fleet · stage prod · main → working tree",
    ]
    assert "  + agent/extra " in told
    assert "  ± environment/sandbox  must be replaced: config.type cannot be updated" in told
    assert "  - agent/reviewer  removed from the files: it stays until a plan prunes" in told
    assert "1 to create, 1 to update, 1 to replace, 1 not in the files any more." in told
    assert "  - agent/reviewer  archive: cannot be undone (removed from the files)" in told
    assert "it is protected: a plan that ends it stops there without" in told
    assert "1 to create, 1 to update, 1 to replace, 1 to archive." in told

    one = clone.diff("main", "environment/sandbox", "--stage", "dev")
    assert one.count("fleet ·") == 1
    assert "1 to replace." in one
    both = clone.diff("main", "agent/extra")
    assert "fleet · stages dev, staging, prod · main → working tree" in both


def test_json_has_every_stage_with_actions_and_the_exit_code_is_2_where_asked(clone: Clone) -> None:
    clone.write("agents/extra.md", REVIEWER)
    found = clone.stages("main")
    assert [*found] == ["dev", "staging", "prod"]
    assert {name: actions(it) for name, it in found.items()} == {
        it: {"agent/extra": "create"} for it in found
    }
    for option in ("--exit-code", "--detailed-exitcode"):
        clone.diff("main", option, code=2)
        clone.diff("HEAD..main", option)


def test_ranges_mean_what_they_mean_in_git(clone: Clone) -> None:
    clone.write("agents/mine.md", REVIEWER)
    clone.commit("mine")
    git(clone.root, "checkout", "-q", "main")
    clone.write("agents/theirs.md", REVIEWER)
    clone.commit("theirs")
    git(clone.root, "checkout", "-q", "change")
    clone.write("agents/lying.md", REVIEWER)

    def told(*words: str) -> dict[str, Any]:
        return actions(clone.stages(*words, "--stage", "dev")["dev"])

    gone, mine, lying = {"agent/theirs": "archive"}, {"agent/mine": "create"}, {"agent/lying": "create"}
    assert told("main") == gone | mine | lying
    assert told("HEAD") == lying
    for words in (["main..change"], ["main.."], ["main", "change"], ["main..HEAD"]):
        assert told(*words) == gone | mine
    assert told("..main") == {"agent/theirs": "create", "agent/mine": "archive"}
    assert told("main...change") == told("main...") == mine
    assert "merge base " in clone.diff("main...change")
    full = git(clone.root, "rev-parse", "main")
    assert f"fleet · stage dev · {full[:12]} → HEAD" in clone.diff(f"{full}..HEAD", "--stage", "dev")
    assert told("HEAD~1..HEAD", "agent/mine") == mine


def test_the_working_tree_does_not_matter_between_commits(clone: Clone) -> None:
    clone.write("agents/extra.md", REVIEWER)
    clone.commit()
    clone.write("agentops.yaml", "project: [\n")
    clone.write("agents/broken.md", "no\n")
    assert "+ agent/extra" in clone.diff("main..HEAD")
    assert "agentops.yaml:" in clone.diff("main", code=1)


def test_each_side_has_its_own_stages(clone: Clone) -> None:
    text = STAGES.replace(
        "  dev: {", "  qa: {registry: local, name_suffix: -qa, vars: {greeting: Hi}}\n  dev: {"
    )
    text = text.replace("  prod: {", "  live: {renamed_from: prod, ")
    start, end = text.index("  staging:"), text.index("  live:")
    clone.write("agentops.yaml", text[:start] + text[end:])
    found = clone.stages("main")
    assert {name: (it["standing"], it["formerly"]) for name, it in found.items()} == {
        "qa": ("added", ""),
        "dev": ("kept", ""),
        "live": ("renamed", "prod"),
        "staging": ("removed", ""),
    }
    assert set(actions(found["qa"]).values()) == {"create"}
    told = clone.diff("main")
    assert "fleet · stage qa (new) · main → working tree" in told
    assert "fleet · stage live (was prod) · main → working tree" in told
    assert "fleet · stage staging (removed) · main → working tree" in told
    assert "what it has stays as it is, and nobody manages it." in told
    clone.diff("main", "--stage", "staging", "--exit-code", code=2)
    assert "did you mean 'staging'?" in clone.diff("main", "--stage", "stagin", code=1)


def test_who_is_called_and_what_holds_is_shown_beside_what_is_sent(clone: Clone) -> None:
    changed = STAGES.replace("registry.example.com", "evil.example.com").replace(", protect: true", "")
    clone.write("agentops.yaml", changed)
    told = clone.diff("main")
    assert 'registry.base_url  "https://registry.example.com" → "https://evil.example.com"' in told
    assert "protect  true → (absent)" in told
    assert told.count("No differences in what is sent") == 2
    markdown = clone.diff("main", "--format", "markdown")
    assert "evil.example.com" in markdown


def test_a_rename_is_a_rename(clone: Clone) -> None:
    git(clone.root, "mv", "agents/reviewer.md", "agents/critic.md")
    assert {**actions(clone.stages("main")["dev"])} == {"agent/critic": "create", "agent/reviewer": "archive"}
    clone.write("agentops.yaml", f"{STAGES}moved: [{{from: agent/reviewer, to: agent/critic}}]\n")
    found = clone.stages("main")["dev"]
    assert found["moves"] == [{"from": "agent/reviewer", "to": "agent/critic", "id": ""}]
    assert actions(found) == {"agent/critic": "update"}
    assert "agent/reviewer  is now agent/critic" in clone.diff("main")
    for name in ("agent/critic", "agent/reviewer"):
        assert "is now agent/critic" in clone.diff("main", name)


def test_a_commit_that_is_broken_is_named_and_the_rest_is_shown(clone: Clone) -> None:
    clone.write("agents/reviewer.md", REVIEWER.replace("---\nReview", "tools: [bsh]\n---\nReview"))
    clone.write("agents/tutor/agent.yaml", "model: [\n")
    broken = clone.commit()
    clone.write("agents/reviewer.md", REVIEWER)
    clone.write("agents/tutor/agent.yaml", AGENT)
    clone.write("agents/extra.md", REVIEWER)
    told = clone.diff(broken)
    short = broken[:12]
    assert f"warning[AO097] {short}:agents/reviewer.md:3:9: broken in {short}, so what it was" in told
    assert "there is no tool 'bsh'" in told
    assert f"{short}:agents/tutor/agent.yaml:" in told
    assert actions(clone.stages(broken)["dev"]) == {
        "agent/extra": "create",
        "agent/reviewer": None,
        "agent/tutor": None,
    }
    assert "1 to create, 2 that cannot be compared; 1 alike." in told
    assert "in main: " not in told

    clone.commit("mended")
    there = clone.diff(f"HEAD..{broken}", code=1)
    assert f"in {short}: there is no tool 'bsh'" in there


def test_a_commit_before_the_project_was_one_or_with_a_broken_one(clone: Clone) -> None:
    git(clone.root, "checkout", "-q", "--orphan", "before")
    git(clone.root, "rm", "-q", "-rf", ".")
    clone.write("README.md", "Soon.\n")
    clone.commit()
    clone.write("agentops.yaml", "stages: [\n")
    clone.commit()
    git(clone.root, "checkout", "-q", "change")
    found = clone.stages("before~1")
    assert {it["standing"] for it in found.values()} == {"added"}
    told = clone.stages("before")["dev"]
    assert told["standing"] == "kept"
    assert told["diagnostics"][0]["location"]["file"] == "before:agentops.yaml"
    gone = clone.diff("HEAD..before~1", "--stage", "dev")
    assert "(removed)" in gone


def test_what_was_said_before_is_not_said_again(clone: Clone) -> None:
    # A warning: that line leads nowhere.
    clone.write("agentops.yaml", f"{STAGES}moved: [{{from: agent/a, to: agent/b}}]\n")
    assert "AO037" in clone.diff("main")
    clone.commit()
    clone.write("agents/extra.md", REVIEWER)
    assert "AO037" not in clone.diff("HEAD")


EVIL_POLICY = "policy: {files: [policies/evil.py]}\n"
EVIL_STAGE = "  extra: {registry: local, vars: {greeting: Hi}, policy: {files: [policies/evil.py]}}\n"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param(STAGES, STAGES + EVIL_POLICY, id="in a stage that is there"),
        pytest.param(STAGES, STAGES + EVIL_STAGE, id="in a new stage"),
        pytest.param(STAGES, STAGES.replace("  dev:", "  test:") + EVIL_POLICY, id="in a renamed stage"),
        pytest.param("stages: [\n", STAGES + EVIL_POLICY, id="where the earlier file is broken"),
        pytest.param(None, STAGES + EVIL_POLICY, id="where there was no file"),
    ],
)
def test_no_program_that_a_change_brings_is_run(clone: Clone, earlier: str | None, later: str) -> None:
    if earlier is None:
        (clone.root / "agentops.yaml").unlink()
    else:
        clone.write("agentops.yaml", earlier)
    git(clone.root, "checkout", "-q", "-B", "main")
    clone.commit()
    git(clone.root, "checkout", "-q", "-B", "change")
    clone.write("agentops.yaml", later)
    mark = clone.root / "ran"
    clone.write("policies/evil.py", f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    clone.commit()
    for words in (["main"], ["main..HEAD"], ["main...HEAD"]):
        clone.diff(*words)
    if earlier == STAGES:
        clone.diff("main", "--config-from", "main")
    assert not mark.exists()

    clone.project.run("validate")  # so that it would be seen
    assert mark.exists()


def test_the_programs_of_the_earlier_side_are_asked_about_both(clone: Clone) -> None:
    clone.write("policies/owner.py", OWNER)
    clone.write("agentops.yaml", f"{STAGES}policy: {{files: [policies/owner.py]}}\n")
    clone.commit()
    clone.write("agents/extra.md", REVIEWER)
    clone.write("policies/owner.py", "raise SystemExit\n")  # whatever becomes of the file
    for more in ([], ["--config-from", "HEAD"]):
        told = clone.diff("HEAD", "--stage", "dev", *more)
        assert "warning[TEAM001] agents/extra.md:2:1: agent/extra has no owner" in told
        assert "agent/reviewer has no owner" not in told  # that is how it was


def test_skills_by_url_are_compared_by_the_url_and_that_is_said_once(clone: Clone) -> None:
    url = "https://github.com/acme/skills/tree/main/essay"
    clone.write("agents/writer.md", f"---\nmodel: claude-opus-5-5\nskills: ['{url}']\n---\nWrite.\n")
    told = clone.diff("main")
    assert told.count("compared by the URL alone") == 1
    clone.commit()
    assert "by the URL alone" not in clone.diff("HEAD")
    clone.write("agents/writer.md", f"---\nmodel: claude-opus-5-5\nskills: ['{url}s']\n---\nWrite.\n")
    assert actions(clone.stages("HEAD")["dev"]) == {"agent/writer": "update"}


def test_secrets_and_what_only_files_say(clone: Clone) -> None:
    clone.write("vaults/keys.yaml", VAULT)
    clone.commit()
    clone.write("vaults/keys.yaml", VAULT.replace("env:A", "env:B"))
    clone.write("agents/reviewer.md", PROTECTED)
    found = clone.stages("HEAD", "--stage", "dev")["dev"]
    assert actions(found) == {"agent/reviewer": "no-op", "credential/keys/door": "update"}
    told = clone.diff("HEAD", "--stage", "dev")
    assert 'auth.token.secret  "env:A" → "env:B"' in told
    assert "  · agent/reviewer  nothing is sent " in told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "say from which revision: agentops diff main; or which stages"),
        (["agent/tutor"], "agentops diff main agent/tutor"),
        (["mian"], "the commit mian is not in this clone"),
        (["origin/main"], "fetch-depth: 0"),
        (["main..mian"], "the commit mian is not in this clone"),
        (["agnt/tutor"], "did you mean 'agent/tutor'?"),
        (["main", "agents/reviewer.md"], "did you mean 'agent/reviewer'?"),
        (["main", "agents/tutor/agent.yaml"], "did you mean 'agent/tutor'?"),
        (["main", "agent/tutr"], "did you mean 'agent/tutor'?"),
        (["main", "--", "tutor"], "'tutor' is not an address"),
        (["main..HEAD", "main"], "too many revisions"),
        (["main", "change", "HEAD"], "too many revisions"),
        (["main", "--stages", "dev..prod"], "'main' is not an address"),
        (["--stages", "dev..prod", "--format", "markdown"], "--stages has text and json"),
        (["dev", "prod"], "dev and prod are stages, and no commits\n  `agentops diff --stages dev..prod`"),
        (["dev...prod"], "`agentops diff --stages dev..prod`"),
        (["prod"], "prod is a stage, and no commit\n  `agentops diff main --stage prod`"),
        ([""], "a revision is empty; is a variable of your script not set?"),
        (["--end-of-options"], "No such option"),
    ],
)
def test_mistakes_say_what_to_write(clone: Clone, words: list[str], says: str) -> None:
    assert says in clone.diff(*words, code=1)


def test_a_branch_that_is_called_like_an_address_has_to_be_spelt_out(clone: Clone) -> None:
    clone.write("agents/extra.md", REVIEWER)
    clone.commit()
    git(clone.root, "branch", "agent/tutor")
    for words in (["agent/tutor"], ["main", "agent/tutor"]):
        told = clone.diff(*words, code=1)
        assert "error[AO097]: agent/tutor is an address, and a revision of this clone" in told
        assert "refs/heads/agent/tutor" in told
    assert "No differences" in clone.diff("main", "--", "agent/tutor")
    assert "+ agent/extra" in clone.diff("main..refs/heads/agent/tutor")
    assert "+ agent/extra" in clone.diff("main..agent/tutor")
    assert "- agent/extra" in clone.diff("agent/tutor..main")


def test_a_shallow_clone_and_a_fork_without_remotes(clone: Clone, tmp_path: Path) -> None:
    clone.write("agents/extra.md", REVIEWER)
    clone.commit()
    shallow = Clone(Project(tmp_path / "shallow", clone.project._capsys))
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{clone.root}", "shallow")
    told = shallow.diff("HEAD~1", code=1)
    assert "the commit HEAD~1 is not in this clone" in told
    assert "fetch-depth: 0" in told
    fork = Clone(Project(tmp_path / "fork", clone.project._capsys))
    git(tmp_path, "clone", "-q", str(clone.root), "fork")
    git(fork.root, "remote", "remove", "origin")
    assert "+ agent/extra" in fork.diff("HEAD~1")


def test_histories_without_a_common_commit(clone: Clone) -> None:
    git(clone.root, "checkout", "-q", "--orphan", "other")
    clone.commit()
    assert "have no commit in common in this clone" in clone.diff("main...other", code=1)


def test_outside_of_a_repository_it_says_so(project: Project) -> None:
    ended = project.run("diff", "main")
    assert (ended.code, ended.out) == (1, "")
    assert "this is no repository of it" in ended.err


def test_a_project_in_a_folder_of_the_repository(clone: Clone) -> None:
    clone.write("sub/agentops.yaml", "project: inner\n")
    clone.write("sub/agents/a.md", REVIEWER)
    clone.commit()
    clone.write("sub/agents/b.md", REVIEWER)
    inner = Clone(Project(clone.root / "sub", clone.project._capsys))
    told = inner.diff("HEAD")
    assert told.startswith("inner · stage local · HEAD → working tree")
    assert "1 to create; 1 alike." in told


def test_config_from_is_the_configuration_of_both_sides(clone: Clone) -> None:
    clone.write("agentops.yaml", STAGES.replace("greeting: Hello}", "greeting: Welcome}"))
    clone.write("agents/extra.md", REVIEWER)
    found = clone.stages("main", "--config-from", "main")
    assert {name: actions(it) for name, it in found.items()} == {
        it: {"agent/extra": "create"} for it in ("dev", "staging", "prod")
    }
    assert "stages.staging.vars.greeting" in clone.diff("main", "--config-from", "main")
