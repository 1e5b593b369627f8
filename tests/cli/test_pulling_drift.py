"""Drift, resolved by a diff: ``agentops pull`` writes their change into our file; then the plan is empty."""

from __future__ import annotations

import difflib
import shutil
from typing import Any

import pytest

from agentops.kinds import CATALOG
from tests.projects import AGENT, PROMPT, Project

BETA = {"anthropic-beta": "managed-agents-2026-04-01"}


@pytest.fixture
def applied(project: Project) -> Project:
    assert project.run("apply", "--yes").code == 0
    return project


def changed(project: Project, path: str, before: str) -> list[str]:
    """The lines that a file has otherwise now, as ``- old`` and ``+ new``."""
    now = (project.root / path).read_text(encoding="utf-8")
    diff = difflib.ndiff(before.splitlines(), now.splitlines())
    return [line for line in diff if line[0] in "-+"]


def nothing_left(project: Project, *options: str) -> None:
    planned = project.run("plan", *options, "--format", "json").json
    assert (planned["changes"], planned["drift"], planned["held"], planned["blocked"]) == ([], [], [], False)


def edit(project: Project, address: str, stage: str = "local", **members: Any) -> None:
    """Somebody's edit in the console."""
    from agentops.kinds import CATALOG

    kind = CATALOG[address.partition("/")[0]]
    id = project.lock(stage)["resources"][address]["id"]
    headers = {"anthropic-beta": kind.beta or ""}
    answer = project.console(lambda client: client.post(f"{kind.path}/{id}", json=members, headers=headers))
    assert answer.status_code == 200, answer.text


def test_a_prompt_goes_into_its_file(applied: Project):
    edit(applied, "agent/tutor", system=PROMPT.replace("Be kind.", "Be strict."))
    pulled = applied.run("pull", "agent/tutor")
    assert pulled.code == 0, pulled.err
    assert changed(applied, "agents/tutor/prompt.md", PROMPT) == ["- - Be kind.", "+ - Be strict."]
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == []
    assert "agents/tutor/prompt.md" in pulled.out
    nothing_left(applied)


def test_a_new_field_comes_below_its_siblings(applied: Project):
    edit(applied, "agent/tutor", description="edited: in the console")
    assert applied.run("pull").code == 0
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == ['+ description: "edited: in the console"']
    nothing_left(applied)


def test_what_moved_to_another_address_is_pulled_by_the_new_one(applied: Project):
    """As the plan advises, before any apply has written the new address into the lock."""
    edit(applied, "agent/tutor", description="edited")
    (applied.root / "agents/tutor").rename(applied.root / "agents/coach")
    settings = "project: local\nstages: {local: {}}\nmoved: [{from: agent/tutor, to: agent/coach}]\n"
    applied.write("agentops.yaml", settings)
    assert "`agentops pull agent/coach" in applied.run("plan").out
    pulled = applied.run("pull", "agent/coach")
    assert pulled.code == 0, pulled.err
    assert changed(applied, "agents/coach/agent.yaml", AGENT) == ["+ description: edited"]
    assert applied.run("plan", "--format", "json").json["drift"] == []


def test_a_dry_run_says_the_same_and_writes_nothing(applied: Project):
    edit(applied, "agent/tutor", description="edited")
    pulled = applied.run("pull", "--dry-run")
    assert "Would be pulled: 1 field in 1 file." in pulled.out
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == []


def test_what_is_held_is_pulled_by_name_only(applied: Project):
    edit(applied, "agent/tutor", description="edited")
    assert applied.run("apply", "--yes", "--on-drift", "keep").code == 0
    assert "Nothing to pull." in applied.run("pull").out
    assert applied.run("pull", "agent/tutor").code == 0
    nothing_left(applied)
    assert applied.run("apply", "--yes").code == 0
    assert "held" not in applied.lock()["resources"]["agent/tutor"]


def test_no_drift_is_said_and_nothing_written(applied: Project):
    pulled = applied.run("pull")
    assert (pulled.code, "Nothing to pull." in pulled.out) == (0, True)


def toolset(*configs: dict[str, Any], enabled: bool = False) -> list[dict[str, Any]]:
    default = {"enabled": enabled, "permission_policy": {"type": "always_allow"}}
    return [{"type": "agent_toolset_20260401", "default_config": default, "configs": list(configs)}]


ASK = {"permission_policy": {"type": "always_ask"}}


@pytest.mark.parametrize(
    ("written", "configs", "now"),
    [
        (
            "tools:\n  - web_search  # needs it\n  - web_fetch\n",
            [{"name": "web_search", "enabled": True, **ASK}, {"name": "web_fetch", "enabled": True}],
            "tools:\n  - web_search: {permission: always_ask}  # needs it\n  - web_fetch\n",
        ),
        (
            "tools:\n  - web_search  # needs it\n  - web_fetch\n",
            [{"name": "web_search", "enabled": True}],
            "tools:\n  - web_search  # needs it\n",
        ),
        (
            "tools: [web_search]\n",
            [{"name": "web_search", "enabled": True}, {"name": "bash", "enabled": True, **ASK}],
            "tools: [web_search, {bash: {permission: always_ask}}]\n",
        ),
        (
            "tools:\n  - web_fetch: {allowed_domains: [docs.python.org], permission: always_ask}\n",
            [{"name": "web_fetch", "enabled": True, "allowed_domains": ["docs.python.org", "x.org"], **ASK}],
            "tools:\n  - web_fetch: {allowed_domains: [docs.python.org, x.org], permission: always_ask}\n",
        ),
        (
            "tools:\n  - code_execution\n",
            [
                {"name": name, "enabled": True, **(ASK if name == "bash" else {})}
                for name in ("bash", "read", "write", "edit", "glob", "grep")
            ],
            "tools:\n  - code_execution\n  - bash: {permission: always_ask}\n",
        ),
        (
            "tools:\n  - code_execution\n",
            [
                {"name": name, "enabled": True, **ASK}
                for name in ("bash", "read", "write", "edit", "glob", "grep")
            ],
            "tools:\n  - code_execution: {permission: always_ask}\n",
        ),
        (
            "tools:\n  - code_execution\n",
            [{"name": name, "enabled": True} for name in ("bash", "read", "glob", "grep")],
            "tools:\n  - bash\n  - read\n  - glob\n  - grep\n",
        ),
    ],
)
def test_tools_stay_shorthands(project: Project, written: str, configs: list[dict[str, Any]], now: str):
    agent = f"name: tutor\nmodel: claude-opus-5-5\n{written}# the end\n"
    project.write("agents/tutor/agent.yaml", agent)
    assert project.run("apply", "--yes").code == 0
    edit(project, "agent/tutor", tools=toolset(*configs))
    pulled = project.run("pull", "agent/tutor")
    assert pulled.code == 0, pulled.out + pulled.err
    text = (project.root / "agents/tutor/agent.yaml").read_text(encoding="utf-8")
    assert text == f"name: tutor\nmodel: claude-opus-5-5\n{now}# the end\n"
    nothing_left(project)


def test_what_a_shorthand_cannot_say_is_left_and_the_rest_done(applied: Project):
    edit(applied, "agent/tutor", tools=toolset(enabled=True), description="edited")
    pulled = applied.run("pull", "agent/tutor")
    assert pulled.code == 4
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == ["+ description: edited"]
    assert "AO033" in pulled.out
    assert "agents/tutor/agent.yaml:5:1" in pulled.out
    assert "agent_toolset_20260401" in pulled.out


def test_each_stage_pulls_into_what_it_overrides(project: Project):
    project.write(
        "agentops.yaml",
        "project: demo\nstages: {dev: {registry: local}, prod: {registry: local, mutex: off}}\n",
    )
    agent = (
        "name: tutor\nmodel: claude-opus-5-5\ndescription: Everywhere.\n"
        "overrides:\n  prod:\n    description: In prod.  # said differently\n"
    )
    project.write("agents/tutor/agent.yaml", agent)
    assert project.run("apply", "--yes", "--stage", "prod").code == 0
    edit(project, "agent/tutor", "prod", description="Edited.")
    pulled = project.run("pull", "--stage", "prod")
    assert pulled.code == 0, pulled.out + pulled.err
    text = (project.root / "agents/tutor/agent.yaml").read_text(encoding="utf-8")
    assert text == agent.replace("In prod.", "Edited.")
    nothing_left(project, "--stage", "prod")


def test_nothing_comes_along_with_what_moved_beside_it(project: Project):
    """The registry fills in the whole of a field."""
    box = "name: box\nconfig: {type: cloud, networking: {type: limited, allowed_hosts: [a.example.com]}}\n"
    project.write("environments/box.yaml", box)
    assert project.run("apply", "--yes").code == 0
    edit(project, "environment/box", config={"type": "cloud", "networking": {"type": "unrestricted"}})
    assert project.run("pull").code == 0
    added = [line for line in changed(project, "environments/box.yaml", box) if line[0] == "+"]
    assert added == ["+ config: {type: cloud, networking: {type: unrestricted}}"]
    nothing_left(project)


STAGES = """\
project: demo
stages:
  dev:
    registry: local
    name_prefix: "x "
    name_suffix: -dev
    defaults: {metadata: {tier: low, team: core}, model: {id: claude-opus-5-5, effort: low}}
  prod: {registry: local, mutex: off, defaults: {metadata: {team: core}, model: claude-opus-5-5}}
"""


@pytest.fixture
def in_dev(project: Project) -> Project:
    """The tutor in a stage that names things in its own way, and has defaults of its own."""
    project.write("agentops.yaml", STAGES)
    project.write("agents/tutor/agent.yaml", "name: tutor\nprompt: prompt.md\n")
    assert project.run("apply", "--yes", "--stage", "dev").code == 0
    return project


def test_a_name_is_pulled_without_what_the_stage_puts_around_it(in_dev: Project):
    edit(in_dev, "agent/tutor", "dev", name="x coach-dev")
    pulled = in_dev.run("pull", "--stage", "dev")
    assert pulled.code == 0, pulled.out
    text = (in_dev.root / "agents/tutor/agent.yaml").read_text(encoding="utf-8")
    assert text == "name: coach\nprompt: prompt.md\n"
    nothing_left(in_dev, "--stage", "dev")


def test_a_name_that_no_file_gives_in_a_stage_is_left_with_the_reason(in_dev: Project):
    edit(in_dev, "agent/tutor", "dev", name="coach")
    pulled = in_dev.run("pull", "--stage", "dev")
    assert pulled.code == 3
    assert "stage dev calls everything 'x …-dev', not 'coach'" in " ".join(pulled.out.split())


def test_what_the_defaults_of_a_stage_bring_is_pulled_into_what_it_overrides(in_dev: Project):
    in_prod = in_dev.run("render", "agent/tutor", "--stage", "prod").out
    model = {"id": "claude-opus-5-5", "effort": "high"}
    edit(in_dev, "agent/tutor", "dev", metadata={"tier": "high"}, model=model)
    pulled = in_dev.run("pull", "--stage", "dev")
    assert pulled.code == 0, pulled.out
    assert (in_dev.root / "agents/tutor/agent.yaml").read_text(encoding="utf-8") == (
        "name: tutor\nprompt: prompt.md\n"
        "overrides:\n  dev:\n    metadata: {tier: high}\n"
        "    model: {id: claude-opus-5-5, effort: high}\n"
    )
    nothing_left(in_dev, "--stage", "dev")
    assert in_dev.run("render", "agent/tutor", "--stage", "prod").out == in_prod


def test_what_all_stages_have_by_default_is_pulled_for_all(in_dev: Project):
    edit(in_dev, "agent/tutor", "dev", metadata={"team": "edited"})
    assert in_dev.run("pull", "--stage", "dev").code == 0
    text = (in_dev.root / "agents/tutor/agent.yaml").read_text(encoding="utf-8")
    assert text == "name: tutor\nprompt: prompt.md\nmetadata:\n  team: edited\n"
    nothing_left(in_dev, "--stage", "dev")


def test_no_file_takes_back_what_the_defaults_bring(in_dev: Project):
    edit(in_dev, "agent/tutor", "dev", metadata={"tier": None})
    pulled = in_dev.run("pull", "--stage", "dev")
    assert pulled.code == 3
    assert "`defaults` of agentops.yaml bring 'tier'" in pulled.out


@pytest.mark.parametrize(
    ("configs", "now"),
    [
        ("[{name: read, permission_policy: {type: always_ask}}]", {"name": "read", "enabled": True, **ASK}),
        ("[{name: bash, enabled: false}]", {"name": "grep", "enabled": True, **ASK}),
    ],
)
def test_a_toolset_of_which_the_default_moved(project: Project, configs: str, now: dict[str, Any]):
    """What an entry had from the default it then says itself."""
    tools = f"tools:\n  - type: agent_toolset_20260401\n    configs: {configs}\n"
    agent = f"name: tutor\nmodel: claude-opus-5-5\n{tools}"
    project.write("agents/tutor/agent.yaml", agent)
    assert project.run("apply", "--yes").code == 0
    edit(project, "agent/tutor", tools=toolset(now))
    pulled = project.run("pull")
    assert pulled.code == 0, pulled.out
    added = [line for line in changed(project, "agents/tutor/agent.yaml", agent) if line[0] == "+"]
    assert "enabled: true" in added[0]
    assert added[0].startswith(f"+     configs: [{{name: {now['name']}, ")
    assert added[1:] == ["+     default_config:", "+       enabled: false"]
    nothing_left(project)


@pytest.mark.parametrize("text", ["Hi.\r\n\r\nBye.\r\nGo.", "Hi.\n\nBye.\nGo.", "Hi.\r\nBye.\nGo."])
def test_a_text_under_a_frontmatter_has_its_own_line_breaks(project: Project, text: str):
    """The file is one of another machine; what is a text there is part of the prompt."""
    shutil.rmtree(project.root / "agents/tutor")
    front = "---\r\nname: tutor\r\nmodel: claude-opus-5-5\r\n---\r\n\r\n"
    path = project.root / "agents/tutor.md"
    path.write_bytes(f"{front}Hi.\r\n\r\nBye.\r\n".encode())
    assert project.run("apply", "--yes").code == 0
    edit(project, "agent/tutor", system=text)
    pulled = project.run("pull")
    assert pulled.code == 0, pulled.out
    assert path.read_bytes() == f"{front}{text}\r\n".encode()
    nothing_left(project)


def test_where_both_sides_moved_theirs_is_written_and_ours_is_shown(applied: Project):
    ours = PROMPT.replace("Be patient.", "Be quick.")
    applied.write("agents/tutor/prompt.md", ours)
    edit(applied, "agent/tutor", system=PROMPT.replace("Be kind.", "Be strict."))
    pulled = applied.run("pull", "agent/tutor")
    assert pulled.code == 0
    assert "AO036" in pulled.out
    assert "- - Be quick." in pulled.out
    assert (applied.root / "agents/tutor/prompt.md").read_text() == PROMPT.replace("Be kind.", "Be strict.")
    nothing_left(applied)


def test_what_is_ours_to_send_stays_and_is_sent(applied: Project):
    applied.write("agents/tutor/prompt.md", PROMPT + "- Be brief.\n")
    edit(applied, "agent/tutor", description="Theirs.")
    assert applied.run("pull").code == 0
    planned = applied.run("plan", "--format", "json").json
    (change,) = planned["changes"]
    assert (planned["drift"], [item["path"] for item in change["fields"]]) == ([], ["system"])
    assert applied.run("apply", "--yes").code == 0
    nothing_left(applied)


def test_the_report_as_json(applied: Project):
    edit(applied, "agent/tutor", description="Theirs.")
    report = applied.run("pull", "--format", "json").json
    (field,) = report["fields"]
    assert (field["file"], field["line"]) == ("agents/tutor/agent.yaml", 7)
    assert (field["address"], field["field"]) == ("agent/tutor", "description")
    assert field["members"] == [{"path": "description", "moved": "theirs", "ours": None, "theirs": "Theirs."}]
    assert (report["files"], report["dry"], report["exit_code"]) == (["agents/tutor/agent.yaml"], False, 0)


def test_an_address_that_is_none_is_a_usage_error(applied: Project):
    assert applied.run("pull", "agent/nobody").code == 1


def test_the_lock_is_not_touched_by_a_pull(applied: Project):
    edit(applied, "agent/tutor", description="Theirs.")
    before = (applied.root / "locks/local.lock.json").read_bytes()
    assert applied.run("pull").code == 0
    assert (applied.root / "locks/local.lock.json").read_bytes() == before


def test_what_no_file_declares_any_more_is_told_with_the_way_back(applied: Project):
    shutil.rmtree(applied.root / "agents/tutor")
    pulled = applied.run("pull", "agent/tutor")
    assert pulled.code == 1
    assert "agent/tutor: agent/tutor is managed as agent_" in pulled.err
    assert applied.run("lock", "rm", "agent/tutor", "--yes").code == 0
    again = applied.run("pull", "agent/tutor")
    assert (again.code, "Pulled: 1 resource in " in again.out) == (0, True), again.err


def test_what_was_written_is_told_where_the_rest_is_refused(applied: Project):
    edit(applied, "agent/tutor", description="edited")
    pulled = applied.run("pull", "agent/tutor", "agent/nobody")
    assert pulled.code == 4
    assert "Pulled: 1 field in 1 file." in pulled.out
    assert "nothing that this stage does not manage would be called agent/nobody" in pulled.out
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == ["+ description: edited"]


def test_drift_and_what_no_file_has_come_in_one_command(applied: Project):
    edit(applied, "agent/tutor", description="edited")
    applied.console(
        lambda client: client.post(
            "/v1/environments",
            json={"name": "lab"},
            headers={"anthropic-beta": CATALOG["environment"].beta or ""},
        )
    )
    report = applied.run("pull", "--all", "--format", "json").json
    assert [item["address"] for item in report["fields"]] == ["agent/tutor"]
    assert [item["address"] for item in report["adopted"]] == ["environment/lab"]
    nothing_left(applied)
