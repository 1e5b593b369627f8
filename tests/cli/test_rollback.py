"""Back to an old version, or to what a stage ran: shown first, remembered, left alone by the next plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.projects import PROMPT, Project
from tests.stages import git

TUTOR = "agent/tutor"
SEED = "memory/tutor-episodic/start.md"
SKILL = "---\nname: essay\ndescription: Writes essays.\n---\n{}\n"


def prompt(project: Project, text: str) -> None:
    project.write("agents/tutor/prompt.md", PROMPT.replace("Be patient.", text))


def applied(project: Project, *arguments: str) -> str:
    ended = project.run("apply", "--yes", *arguments)
    assert ended.code == 0, ended.out + ended.err
    return ended.out


def rolled_back(project: Project, *arguments: str) -> str:
    ended = project.run("rollback", *arguments, "--yes")
    assert ended.code == 0, ended.out + ended.err
    return ended.out


def entry(project: Project, address: str = TUTOR) -> dict[str, Any]:
    return project.lock()["resources"][address]


def live(project: Project, path: str, beta: str | None = "managed-agents-2026-04-01") -> dict[str, Any]:
    headers = {"anthropic-beta": beta} if beta else {}
    return project.console(lambda client: client.get(path, headers=headers)).json()


def tutor(project: Project) -> dict[str, Any]:
    return live(project, f"/v1/agents/{entry(project)['id']}")


@pytest.fixture
def second(project: Project) -> Project:
    """A project whose agent is at version 2."""
    applied(project)
    prompt(project, "Be strict.")
    applied(project)
    return project


def test_the_plan_is_shown_first_and_needs_a_yes(second: Project):
    shown = second.run("rollback", TUTOR, "--to", "1", "--plan-only")
    assert shown.code == 0
    assert "back to version 1" in shown.out
    assert "v2 → v3, puts back what was there before" in shown.out
    assert "+ - Be patient." in shown.out
    refused = second.run("rollback", TUTOR, "--to", "1")
    assert (refused.code, "--yes" in refused.err) == (3, True)
    assert entry(second)["version"] == 2


def test_the_old_content_is_a_new_version_and_the_next_plan_says_so(second: Project):
    out = rolled_back(second, TUTOR, "--to", "1")
    assert "v2 → v3" in out
    assert tutor(second)["system"] == PROMPT
    assert tutor(second)["metadata"] == {"agentops": "local/local/agent/tutor"}
    back = entry(second)["rolled_back"]
    assert back["to"] == "version 1"
    assert "source" not in entry(second)

    planned = second.run("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert f"rolled back to version 1 on {back['at'][:10]}" in planned.out
    assert "No changes to apply; 2 unchanged; 1 held." in planned.out
    told = second.run("plan", "--format", "json").json
    assert told["held"][0]["rolled_back"]["to"] == "version 1"
    before = tutor(second)
    applied(second)
    assert tutor(second) == before
    assert second.run("drift").code == 0
    assert "rolled back" in second.run("lock", "show", TUTOR).out


def test_a_fix_in_the_file_takes_it_forward(second: Project):
    rolled_back(second, TUTOR, "--to", "previous")
    prompt(second, "Be fair.")
    applied(second)
    assert "Be fair." in tutor(second)["system"]
    assert "rolled_back" not in entry(second)
    assert entry(second)["source"]
    assert "No changes." in second.run("plan").out


def test_revert_takes_it_forward_and_a_stage_that_reverts_does_not(second: Project):
    rolled_back(second, TUTOR, "--to", "1")
    second.write("agentops.yaml", "project: local\nstages: {local: {registry: local, on_drift: revert}}\n")
    assert "1 held" in second.run("plan").out
    out = applied(second, "--on-drift", "revert")
    assert "takes forward what was rolled back" in out
    assert "Be strict." in tutor(second)["system"]
    assert "No changes." in second.run("plan").out


def test_twice_is_nothing_to_do(second: Project):
    rolled_back(second, TUTOR, "--to", "1")
    before = second.lock()
    out = rolled_back(second, TUTOR, "--to", "1")
    assert "No changes. The registry has what is rolled back to: version 1." in out
    assert second.lock() == before


@pytest.mark.parametrize("to", ["7", "-2", "yesterday"])
def test_an_unknown_version_is_refused_with_those_there_are(second: Project, to: str):
    refused = second.run("rollback", TUTOR, "--to", to, "--yes")
    assert (refused.code, "AO073" in refused.err) == (1, True)
    assert "newest first: 2 (" in refused.err
    assert entry(second)["version"] == 2


def test_an_unknown_address_is_refused(second: Project):
    refused = second.run("rollback", "agent/tuto", "--to", "1", "--yes")
    assert (refused.code, "did you mean 'agent/tutor'?" in refused.err) == (1, True)


def test_a_kind_without_versions_is_refused(second: Project):
    refused = second.run("rollback", "memory_store/tutor-episodic", "--to", "1", "--yes")
    assert refused.code == 3
    assert "AO074" in refused.err
    assert "the API keeps those of agents, memories, skills" in refused.err


@pytest.mark.parametrize(
    "arguments",
    [
        (TUTOR,),
        (TUTOR, "--to", "1", "--release", "HEAD"),
        ("--to", "1"),
        (TUTOR, SEED, "--to", "1"),
        (TUTOR, "--to", "1", "--plan-only", "--yes"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(second: Project, arguments: tuple[str, ...]):
    assert second.run("rollback", *arguments).code == 1


def test_a_saved_plan_and_a_digest(second: Project):
    out = second.root / "back.plan"
    assert second.run("rollback", TUTOR, "--to", "1", "--out", str(out)).code == 0
    digest = second.run("rollback", TUTOR, "--to", "1", "--plan-only", "--format", "json").json[
        "change_digest"
    ]
    refused = second.run("rollback", TUTOR, "--to", "1", "--yes", "--expect", "0" * 12)
    assert (refused.code, "AO053" in refused.err) == (3, True)
    assert second.run("rollback", TUTOR, "--to", "1", "--yes", "--expect", digest).code == 0
    again = second.run("apply", "--plan", str(out), "--yes")
    assert (again.code, "already updated" in again.out) == (0, True), again.out + again.err
    assert entry(second)["rolled_back"]["to"] == "version 1"


def test_what_was_changed_in_the_console_blocks(second: Project):
    second.edit_agent(system="By hand.")
    blocked = second.run("rollback", TUTOR, "--to", "1", "--yes")
    assert (blocked.code, "AO040" in blocked.out) == (3, True)
    rolled_back(second, TUTOR, "--to", "1", "--on-drift", "revert")
    assert tutor(second)["system"] == PROMPT


def test_an_old_version_with_a_roster_that_is_archived_by_now_is_refused(project: Project):
    project.write("agents/helper.yaml", "model: claude-opus-5-5\n")
    roster = "multiagent: {type: coordinator, agents: [helper.yaml]}\n"
    project.write("agents/lead.yaml", f"model: claude-opus-5-5\n{roster}")
    applied(project)
    project.write("agents/lead.yaml", "model: claude-opus-5-5\n")
    applied(project)
    (project.root / "agents/helper.yaml").unlink()
    applied(project, "--prune", "--confirm", "agent/helper")
    refused = project.run("rollback", "agent/lead", "--to", "1", "--yes")
    assert (refused.code, "AO075" in refused.err) == (3, True)
    assert "is archived" in refused.err


def test_a_roster_with_itself_and_another_comes_back(project: Project):
    project.write("agents/helper.yaml", "model: claude-opus-5-5\n")
    roster = "multiagent: {type: coordinator, agents: [helper.yaml, {type: self}]}\n"
    project.write("agents/lead.yaml", f"model: claude-opus-5-5\n{roster}")
    applied(project)
    was = live(project, f"/v1/agents/{entry(project, 'agent/lead')['id']}")["multiagent"]
    project.write("agents/lead.yaml", "model: claude-opus-5-5\n")
    applied(project)
    rolled_back(project, "agent/lead", "--to", "1")
    now = live(project, f"/v1/agents/{entry(project, 'agent/lead')['id']}")["multiagent"]
    assert [item["id"] for item in now["agents"]] == [item["id"] for item in was["agents"]]
    assert "1 held" in project.run("plan").out


def test_a_skill_comes_back_file_by_file(project: Project):
    project.write("skills/essay/SKILL.md", SKILL.format("One."))
    project.write("skills/essay/more.txt", "More.\n")
    applied(project)
    first = entry(project, "skill/essay")["version"]
    project.write("skills/essay/SKILL.md", SKILL.format("Two."))
    (project.root / "skills/essay/more.txt").unlink()
    applied(project)
    out = rolled_back(project, "skill/essay", "--to", first)
    assert "+ One." in out
    planned = project.run("plan")
    assert f"rolled back to version {first}" in planned.out
    assert "files[more.txt]" in planned.out
    applied(project, "--on-drift", "revert")
    assert "No changes." in project.run("plan").out


def test_a_seed_that_an_agent_wrote_over_comes_back(project: Project):
    applied(project)
    store, memory = entry(project, "memory_store/tutor-episodic")["id"], entry(project, SEED)["id"]
    beta = "agent-memory-2026-07-22"
    path = f"/v1/memory_stores/{store}/memories/{memory}"
    was = live(project, path, beta)["content"]
    project.console(
        lambda client: client.post(path, json={"content": "Nonsense."}, headers={"anthropic-beta": beta})
    )
    listed = live(project, f"/v1/memory_stores/{store}/memory_versions?memory_id={memory}", beta)["data"]
    unknown = project.run("rollback", SEED, "--to", "memver_x", "--yes")
    assert (unknown.code, listed[0]["id"] in unknown.err) == (1, True)
    rolled_back(project, SEED, "--to", "previous")
    assert live(project, path, beta)["content"] == was
    assert "No changes" in project.run("plan").out


# -- releases


@pytest.fixture
def history(project: Project) -> Project:
    """A project in git whose agent, and a second one that was removed since, were applied twice."""
    (project.root / ".git").rmdir()
    git(project.root, "init", "-q", "-b", "main")
    project.write(".gitignore", ".agentops/\n")
    project.write("skills/essay/SKILL.md", SKILL.format("One."))
    project.write("agents/old.yaml", "model: claude-opus-5-5\nskills: [../skills/essay]\n")
    commit(project, "first")
    applied(project)
    prompt(project, "Be strict.")
    project.write("skills/essay/SKILL.md", SKILL.format("Two."))
    project.write("agents/new.yaml", "model: claude-opus-5-5\n")
    commit(project, "second")
    applied(project)
    return project


def commit(project: Project, message: str) -> None:
    git(project.root, "add", "--all")
    git(project.root, "commit", "-q", "-m", message)


def live_old(project: Project) -> dict[str, Any]:
    return live(project, f"/v1/agents/{entry(project, 'agent/old')['id']}")


def test_a_stage_goes_back_to_a_commit(history: Project):
    id = git(history.root, "rev-parse", "HEAD~1")
    out = rolled_back(history, "--release", "HEAD~1")
    assert f"back to HEAD~1 (commit {id[:12]})" in out
    assert "not part of" in out
    assert "agent/new" in out
    assert tutor(history)["system"] == PROMPT
    assert entry(history)["source"]["commit"] == id
    planned = history.run("plan")
    assert "No changes to apply; 4 unchanged; 2 held." in planned.out
    assert live_old(history)["skills"][0]["version"] == entry(history, "skill/essay")["version"]
    before = history.lock()
    applied(history)
    assert history.lock() == before
    applied(history, "--on-drift", "revert")
    assert "No changes." in history.run("plan").out
    assert "Be strict." in tutor(history)["system"]


def test_a_stage_goes_back_to_what_it_ran_before(history: Project):
    out = rolled_back(history, "--release", "PREVIOUS")
    assert "back to what ran before release" in out
    assert tutor(history)["system"] == PROMPT


def test_one_address_of_a_release_with_what_it_needs(history: Project):
    rolled_back(history, "--release", "HEAD~1", "agent/old")
    assert "rolled_back" in entry(history, "skill/essay")
    assert "Be strict." in tutor(history)["system"]


def test_what_was_removed_since_is_created_again_and_named(history: Project):
    (history.root / "agents/old.yaml").unlink()
    applied(history, "--prune", "--confirm", "agent/old")
    rolled_back(history, "--release", "HEAD~1")
    assert entry(history, "agent/old")["rolled_back"]
    planned = history.run("plan", "--prune")
    assert "AO076" in planned.out
    assert "- agent/old" not in planned.out


@pytest.mark.parametrize("release", ["nowhere", "0" * 12])
def test_an_unknown_release_is_refused(history: Project, release: str):
    refused = history.run("rollback", "--release", release, "--yes")
    assert (refused.code, "AO090" in refused.err) == (1, True)
    assert "`agentops lock show ADDRESS --stage " in refused.err


def test_an_address_that_a_release_does_not_have_is_refused(history: Project):
    refused = history.run("rollback", "--release", "HEAD~1", "agent/new", "--yes")
    assert refused.code == 1
    assert "has no agent/new" in refused.err


# -- a stage that takes releases


CHAIN = """\
project: chain
stages:
  staging: {registry: local}
  prod: {registry: local, promote_from: staging}
"""


@pytest.fixture
def chain(history: Project) -> Project:
    """Two releases were promoted, and the files have moved on."""
    history.write("agentops.yaml", CHAIN)
    for rule in ("Be first.", "Be second."):
        prompt(history, rule)
        commit(history, rule)
        applied(history, "--stage", "staging")
        promoted(history)
    prompt(history, "Be in the works.")
    commit(history, "more")
    return history


def promoted(project: Project, *arguments: str) -> str:
    ended = project.run("promote", "staging", "prod", "--yes", *arguments)
    assert ended.code == 0, ended.out + ended.err
    return ended.out


def in_prod(project: Project) -> dict[str, Any]:
    return project.lock("prod")["resources"][TUTOR]


def prompt_in_prod(project: Project) -> str:
    return str(live(project, f"/v1/agents/{in_prod(project)['id']}")["system"])


@pytest.mark.parametrize("how", [(TUTOR, "--to", "1"), ("--release", "PREVIOUS")])
def test_the_release_that_was_rolled_back_does_not_come_back_by_itself(chain: Project, how: tuple[str, ...]):
    rolled_back(chain, *how, "--stage", "prod")
    assert "Be first." in prompt_in_prod(chain)
    assert in_prod(chain)["rolled_back"]
    again = promoted(chain)
    assert "rolled back to" in again
    assert "Be first." in prompt_in_prod(chain)
    assert in_prod(chain)["rolled_back"], "promoting the same release is no reason to undo it"
    promoted(chain, "--on-drift", "revert")
    assert "Be second." in prompt_in_prod(chain)
    assert "rolled_back" not in in_prod(chain)


def test_the_next_release_takes_it_forward(chain: Project):
    rolled_back(chain, TUTOR, "--to", "1", "--stage", "prod")
    applied(chain, "--stage", "staging")
    promoted(chain)
    assert "Be in the works." in prompt_in_prod(chain)
    assert "rolled_back" not in in_prod(chain)
    assert "No changes." in chain.run("promote", "staging", "prod", "--plan-only").out


def test_back_to_what_the_release_has_is_no_rollback(chain: Project):
    source = in_prod(chain)["source"]
    rolled_back(chain, TUTOR, "--to", "1", "--stage", "prod")
    rolled_back(chain, TUTOR, "--to", "2", "--stage", "prod")
    assert "rolled_back" not in in_prod(chain)
    assert in_prod(chain)["source"] == source
    assert "No changes." in chain.run("promote", "staging", "prod", "--plan-only").out
