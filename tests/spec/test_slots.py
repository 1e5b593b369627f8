"""References wherever the API takes an ID: every way to name a resource, and what is sent for it."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.diagnostics import Code
from agentops.domain.github import Checkout

from .conftest import DEPLOYMENT, FLEET, Outcome, Tree

MODEL = "model: claude-opus-5-5\n"
RAW = {
    "agent": "agent_011CftafA7Q9XsQ3QhMZoamB",
    "environment": "env_011CftafA7Q9XsQ3QhMZoamB",
    "vault": "vlt_011CftafA7Q9XsQ3QhMZoamB",
    "memory_store": "memstore_011CftafA7Q9XsQ3QhMZoamB",
    "skill": "skill_011CftafA7Q9XsQ3QhMZoamB",
}


def ref(address: str, attribute: str = "id") -> dict[str, Any]:
    return {"$ref": {"address": address, "attribute": attribute}}


def pinned(address: str) -> dict[str, Any]:
    """What is sent for a resource with versions: that of the last apply."""
    if address.startswith("skill/"):
        return {"type": "custom", "skill_id": ref(address), "version": ref(address, "version")}
    return {"type": "agent", "id": ref(address), "version": ref(address, "version")}


def store(id: Any, **members: Any) -> dict[str, Any]:
    return {"type": "memory_store", "memory_store_id": id, **members}


@pytest.fixture
def fleet(tree: Tree) -> Tree:
    return tree.write(FLEET)


def deployment_with(fleet: Tree, member: str, stage: str = "dev", more: str = "") -> Outcome:
    """The deployment of the fleet with one member written in another way."""
    key = member.partition(":")[0]
    kept = [line for line in DEPLOYMENT.splitlines(keepends=True) if not line.startswith(f"{key}:")]
    return fleet.write({"deployments/d.yaml": "".join(kept) + member + "\n" + more}).load(stage)


def sent(outcome: Outcome, field: str, address: str = "deployment/d") -> Any:
    assert outcome.diagnostics == (), outcome.said
    return outcome[address].body[field]


# -- one of a kind


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("../agents/a.yaml", pinned("agent/a")),
        ("./../agents/a.yaml", pinned("agent/a")),
        ("agent/a", pinned("agent/a")),
        (RAW["agent"], {"type": "agent", "id": RAW["agent"]}),
        (
            "agent_test_011CftafA7Q9XsQ3QhMZoamB",
            {"type": "agent", "id": "agent_test_011CftafA7Q9XsQ3QhMZoamB"},
        ),
        ("{path: ../agents/a.yaml}", pinned("agent/a")),
        ("{path: agent/a}", pinned("agent/a")),
        ("{type: agent, path: agent/a}", pinned("agent/a")),
        ("{path: agent/a, version: latest}", {"type": "agent", "id": ref("agent/a")}),
        ("{type: agent, id: ../agents/a.yaml}", pinned("agent/a")),
        ("{type: agent, id: agent/a, version: latest}", {"type": "agent", "id": ref("agent/a")}),
        ("{type: agent, id: agent/a, version: 3}", {"type": "agent", "id": ref("agent/a"), "version": 3}),
        ("{type: agent, id: agent_1}", {"type": "agent", "id": "agent_1"}),
        ("{type: agent, id: agent_1, version: 3}", {"type": "agent", "id": "agent_1", "version": 3}),
        ("{type: agent, id: agent_1, version: latest}", {"type": "agent", "id": "agent_1"}),
        (f"{{path: {RAW['agent']}, version: latest}}", {"type": "agent", "id": RAW["agent"]}),
    ],
)
def test_an_agent_by_every_way_to_name_one(fleet: Tree, written: str, expected: Any) -> None:
    assert sent(deployment_with(fleet, f"agent: {written}"), "agent") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("../environments/cloud.yaml", ref("environment/cloud")),
        ("environment/cloud", ref("environment/cloud")),
        ("{path: ../environments/cloud.yaml}", ref("environment/cloud")),
        (RAW["environment"], RAW["environment"]),
    ],
)
def test_an_environment_by_every_way_to_name_one(fleet: Tree, written: str, expected: Any) -> None:
    assert sent(deployment_with(fleet, f"environment_id: {written}"), "environment_id") == expected


# -- lists


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[../vaults/keys.yaml]", [ref("vault/keys")]),
        ("[vault/keys, vault/more]", [ref("vault/keys"), ref("vault/more")]),
        ("['../vaults/*']", [ref("vault/keys"), ref("vault/more")]),
        ("[vault/more, '../vaults/k*.yaml']", [ref("vault/more"), ref("vault/keys")]),
        (f"[{RAW['vault']}, vault/keys]", [RAW["vault"], ref("vault/keys")]),
        ("[{path: vault/keys}]", [ref("vault/keys")]),
        ("[]", []),
    ],
)
def test_vaults_by_every_way_to_name_them(fleet: Tree, written: str, expected: Any) -> None:
    fleet.write({"vaults/more.yaml": "display_name: More\n"})
    assert sent(deployment_with(fleet, f"vault_ids: {written}"), "vault_ids") == expected


REPOSITORY = {"type": "github_repository", "url": "https://github.com/o/r"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[../memory_stores/notes.yaml]", [store(ref("memory_store/notes"))]),
        ("[memory_store/notes]", [store(ref("memory_store/notes"))]),
        ("['../memory_stores/*']", [store(ref("memory_store/notes"))]),
        (f"[{RAW['memory_store']}]", [store(RAW["memory_store"])]),
        (
            "[{path: memory_store/notes, access: read_only, instructions: Look.}]",
            [store(ref("memory_store/notes"), access="read_only", instructions="Look.")],
        ),
        (
            "[{type: memory_store, memory_store_id: ../memory_stores/notes.yaml, access: read_only}]",
            [store(ref("memory_store/notes"), access="read_only")],
        ),
        (
            f"[{{type: memory_store, memory_store_id: {RAW['memory_store']}}}]",
            [store(RAW["memory_store"])],
        ),
        (
            "[{type: github_repository, url: 'https://github.com/o/r'}, memory_store/notes]",
            [REPOSITORY, store(ref("memory_store/notes"))],
        ),
        (
            "[{type: file, file_id: file_1, mount_path: /a}]",
            [{"type": "file", "file_id": "file_1", "mount_path": "/a"}],
        ),
    ],
)
def test_resources_by_every_way_to_name_them(fleet: Tree, written: str, expected: Any) -> None:
    assert sent(deployment_with(fleet, f"resources: {written}"), "resources") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[../skills/pdf-forms]", [pinned("skill/pdf-forms")]),
        ("[../skills/pdf-forms/]", [pinned("skill/pdf-forms")]),
        ("[../skills/pdf-forms/SKILL.md]", [pinned("skill/pdf-forms")]),
        ("[skill/pdf-forms]", [pinned("skill/pdf-forms")]),
        ("['../skills/*']", [pinned("skill/pdf-forms"), pinned("skill/tables")]),
        ("['../skills/**/SKILL.md']", [pinned("skill/pdf-forms"), pinned("skill/tables")]),
        (f"[{RAW['skill']}]", [{"type": "custom", "skill_id": RAW["skill"]}]),
        (
            "[{path: ../skills/pdf-forms, version: latest}]",
            [{"type": "custom", "skill_id": ref("skill/pdf-forms"), "version": "latest"}],
        ),
        (
            "[{path: '../skills/*', version: latest}]",
            [
                {"type": "custom", "skill_id": ref("skill/pdf-forms"), "version": "latest"},
                {"type": "custom", "skill_id": ref("skill/tables"), "version": "latest"},
            ],
        ),
        (
            "[{type: custom, skill_id: skill/pdf-forms, version: skver_1}]",
            [{"type": "custom", "skill_id": ref("skill/pdf-forms"), "version": "skver_1"}],
        ),
        (
            "[{type: custom, skill_id: skill_1, version: latest}, {type: anthropic, skill_id: xlsx}]",
            [
                {"type": "custom", "skill_id": "skill_1", "version": "latest"},
                {"type": "anthropic", "skill_id": "xlsx"},
            ],
        ),
    ],
)
def test_skills_by_every_way_to_name_them(fleet: Tree, written: str, expected: Any) -> None:
    fleet.write(
        {"skills/tables/SKILL.md": "---\nname: tables\ndescription: d\n---\n", "skills/README.md": "x"}
    )
    outcome = fleet.write({"agents/a.yaml": f"{MODEL}skills: {written}\n"}).load()
    assert sent(outcome, "skills", "agent/a") == expected


@pytest.mark.parametrize("member", ["agents", "subagents", "workflows"])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[./b.yaml, {type: self}]", [pinned("agent/b"), {"type": "self"}]),
        ("['./*.yaml']", [pinned("agent/b"), pinned("agent/c")]),
        ("[agent/c, ./b.yaml]", [pinned("agent/c"), pinned("agent/b")]),
        ("[{path: ./b.yaml, version: latest}]", [{"type": "agent", "id": ref("agent/b")}]),
        (
            "[{type: agent, id: ./b.yaml, version: 2}]",
            [{"type": "agent", "id": ref("agent/b"), "version": 2}],
        ),
        (f"[{RAW['agent']}]", [{"type": "agent", "id": RAW["agent"]}]),
    ],
)
def test_rosters_by_every_way_to_name_their_agents(
    fleet: Tree, member: str, written: str, expected: Any
) -> None:
    rest = {
        "advisor": {"type": "disabled"},
        "subagents": {"type": "disabled"},
        "workflows": {"type": "disabled"},
    }
    text = f"type: coordinator, agents: {written}"
    if member != "agents":
        others = ", ".join(f"{name}: {{type: disabled}}" for name in rest if name != member)
        text = (
            f"type: multiagent_20261001, {member}: {{type: enabled, predefined_agents: {written}}}, {others}"
        )
    fleet.write({"agents/c.yaml": MODEL, "agents/a.yaml": f"{MODEL}multiagent: {{{text}}}\n"})
    multiagent = sent(fleet.load(), "multiagent", "agent/a")
    if member == "agents":
        assert multiagent == {"type": "coordinator", "agents": expected}
    else:
        spawning = {"type": "enabled", "inline_agents": {"type": "enabled"}, "predefined_agents": expected}
        assert multiagent == {"type": "multiagent_20261001", **rest, member: spawning}


def test_what_the_api_would_enable_by_itself_is_always_sent(fleet: Tree) -> None:
    text = "multiagent: {type: multiagent_20261001, advisor: {type: enabled, model: claude-opus-5-5}}\n"
    outcome = fleet.write({"agents/a.yaml": MODEL + text}).load()
    assert outcome.errors == []
    assert {item.code for item in outcome.diagnostics} == {Code.ADVICE}
    spawning = {"type": "enabled", "inline_agents": {"type": "enabled"}, "predefined_agents": []}
    assert outcome["agent/a"].body["multiagent"] == {
        "type": "multiagent_20261001",
        "subagents": spawning,
        "workflows": spawning,
        "advisor": {"type": "enabled", "model": "claude-opus-5-5"},
    }


def test_where_it_is_referred_to_is_what_it_needs(fleet: Tree) -> None:
    text = f"{DEPLOYMENT}vault_ids: [vault/keys]\nresources: [memory_store/notes, {RAW['memory_store']}]\n"
    outcome = fleet.write({"deployments/d.yaml": text}).load()
    assert outcome["deployment/d"].needs == (
        "agent/a",
        "environment/cloud",
        "vault/keys",
        "memory_store/notes",
    )


# -- what is refused


@pytest.mark.parametrize(
    ("member", "code", "said", "column"),
    [
        ("agent: ../agents/aa.yaml", Code.BROKEN_REFERENCE, "did you mean 'a.yaml'?", 8),
        ("agent: agent/aa", Code.BROKEN_REFERENCE, "there is no agent 'agent/aa'", 8),
        ("agent: helper", Code.BROKEN_REFERENCE, "there is no agent 'helper'", 8),
        ("agent: agent_defs/x.md", Code.BROKEN_REFERENCE, "there is no file 'agent_defs/x.md'", 8),
        ("agent: {type: agent, id: agent_defs/x.md}", Code.BROKEN_REFERENCE, "there is no file 'agent_defs/x.md'", 26),
        ("agent: agent_1", Code.BROKEN_REFERENCE, "an ID is agent_ and 24 letters or digits", 8),
        (f"agent: {RAW['vault']}", Code.BROKEN_REFERENCE, "an ID of one begins with agent_", 8),
        ("agent: ../environments/cloud.yaml", Code.WRONG_REFERENCE, "declares environment/cloud, which is of the kind environment; only an agent fits here", 8),
        ("agent: environment/cloud", Code.WRONG_REFERENCE, "'environment/cloud' is of the kind environment", 8),
        ("agent: ../p.txt", Code.BROKEN_REFERENCE, "say `type: agent` in it, or put it into agents/", 8),
        ("agent: ../agents", Code.BROKEN_REFERENCE, "it is a folder; name the file of the agent", 8),
        ("agent: ../agents/*.yaml", Code.WRONG_REFERENCE, "is a pattern; one agent is named here", 8),
        ("agent: /etc/passwd", Code.OUTSIDE_PROJECT, "is not a relative path", 8),
        ("agent: ../../x.yaml", Code.OUTSIDE_PROJECT, "leads out of the project", 8),
        ("agent: https://github.com/o/r", Code.WRONG_REFERENCE, "only a skill can be named by one", 8),
        ("agent: {path: agent/a, version: 3}", Code.INVALID_VALUE, "{type: agent, id: …, version: …}", 33),
        ("agent: {path: agent/a, version: newest}", Code.INVALID_VALUE, "'version' beside 'path' can only be latest", 33),
        ("agent: {path: agent/a, id: agent_1}", Code.CONFLICTING_FIELDS, "'id' is set from 'path'", 24),
        ("agent: {path: agent/a, type: self}", Code.CONFLICTING_FIELDS, "'type' is set from 'path'", 24),
        ("agent: {path: agent/a, access: x}", Code.UNKNOWN_KEY, "'agent.access'", 24),
        ("agent: {path: [agent/a]}", Code.WRONG_TYPE, "'path' is the path of a file, not a list", 15),
        ("environment_id: {path: environment/cloud, id: env_1}", Code.UNKNOWN_KEY, "only the ID is sent", 43),
        ("environment_id: {path: environment/cloud, version: latest}", Code.INVALID_VALUE, "an environment has no version to name", 52),
        ("vault_ids: ['../agents/*']", Code.BROKEN_REFERENCE, "matches no vault / it matches agent/a, agent/b", 13),
        ("vault_ids: ['../nothing/*']", Code.BROKEN_REFERENCE, "the pattern is relative to this file", 13),
        ("vault_ids: [vault/keys, vault/keys]", Code.CONFLICTING_FIELDS, "vault/keys is named twice", 25),
        (f"vault_ids: [{RAW['vault']}, {RAW['vault']}]", Code.CONFLICTING_FIELDS, f"{RAW['vault']} is named twice", 43),
        ("resources: [{path: memory_store/notes, version: latest}]", Code.INVALID_VALUE, "a memory_store has no version to name / leave it out", 49),
        ("resources: [memory_store/notes, {type: memory_store, memory_store_id: memory_store/notes}]", Code.CONFLICTING_FIELDS, "is named twice", 33),
        ("resources: ['https://ghp_1@github.com/o/r']", Code.WRONG_REFERENCE, "'https://…@github.com/o/r' is a URL", 13),
    ],
)  # fmt: skip
def test_what_names_nothing_that_fits_is_told_what_would(
    fleet: Tree, member: str, code: Code, said: str, column: int
) -> None:
    fleet.write({"p.txt": "x"})
    outcome = deployment_with(fleet, member)
    only = outcome.only()
    assert only.code is code
    assert said in f"{only.summary} / {only.detail}"
    last = len((fleet.root / "deployments/d.yaml").read_text().splitlines())
    assert (str(only.location), only.address) == (f"deployments/d.yaml:{last}:{column}", "deployment/d")


@pytest.mark.parametrize(
    "written", ["./a.yaml", "agent/a", "{path: a.yaml}", "{type: agent, id: agent/a}", "./a.*"]
)
def test_an_agent_does_not_name_itself(fleet: Tree, written: str) -> None:
    fleet.write(
        {"agents/a.yaml": f"{MODEL}multiagent: {{type: coordinator, agents: ['agent/b', {written}]}}\n"}
    )
    only = fleet.load().only()
    assert only.code is Code.CYCLE
    assert "this agent itself" in only.summary
    assert only.detail == "write {type: self}"
    assert only.location is not None
    assert only.location.line == 2


def test_a_circle_of_agents_prints_its_way(fleet: Tree) -> None:
    text = "multiagent: {{type: multiagent_20261001, subagents: {{type: enabled, predefined_agents: [{0}]}}, workflows: {{type: disabled}}}}\n"
    fleet.write(
        {f"agents/{name}.yaml": MODEL + text.format(f"agent/{other}") for name, other in ("ab", "bc", "ca")}
    )
    only = fleet.load().only()
    assert only.code is Code.CYCLE
    assert only.summary == "these need each other: agent/a -> agent/b -> agent/c -> agent/a"


def test_a_roster_goes_one_level_deep(fleet: Tree) -> None:
    roster = "multiagent: {{type: coordinator, agents: [{0}]}}\n"
    fleet.write(
        {"agents/a.yaml": MODEL + roster.format("agent/b"), "agents/b.yaml": MODEL + roster.format("agent/c")}
    )
    only = fleet.write({"agents/c.yaml": MODEL}).load().only()
    assert only.code is Code.WRONG_REFERENCE
    assert only.summary == "the roster of agent/a names agent/b, which has `multiagent` itself"
    spawning = "multiagent: {type: multiagent_20261001, subagents: {type: enabled, predefined_agents: [agent/b]}, workflows: {type: disabled}}\n"
    assert fleet.write({"agents/a.yaml": MODEL + spawning}).load().diagnostics == ()


def test_an_entry_that_is_wrong_hides_no_other_and_repeats_itself_not(fleet: Tree) -> None:
    outcome = deployment_with(fleet, "vault_ids: [nope, vault/keys, nope, ../vaults/kees.yaml]")
    assert [item.code for item in outcome.errors] == [Code.BROKEN_REFERENCE] * 3
    assert [item.location.column for item in outcome.errors if item.location] == [13, 31, 37]


def test_a_reference_to_what_only_another_stage_has_is_dangling(tree: Tree) -> None:
    tree.write(FLEET | {"agents/a.yaml": f"{MODEL}overrides: {{prod: {{memory: {{name: m}}}}}}\n"})
    tree.write({"deployments/d.yaml": f"{DEPLOYMENT}resources: [memory_store/a-m]\n"})
    only = tree.load("dev").only()
    assert only.code is Code.BROKEN_REFERENCE
    assert only.summary == "deployment/d refers to memory_store/a-m, which no file declares in this stage"
    assert tree.load("prod").diagnostics == ()


# -- stages


EXTERNAL = """\
project: fleet
vars: {home: cloud}
stages: {dev: {vars: {home: big}}, prod: {}}
external:
  agent/theirs: {dev: agent_011CftafA7Q9XsQ3QhMZoam1, prod: agent_011CftafA7Q9XsQ3QhMZoam2}
  vault/theirs: {prod: vlt_011CftafA7Q9XsQ3QhMZoamB}
  skill/theirs: {dev: skill_1, prod: skill_2}
"""


def test_an_external_address_is_the_id_of_the_stage(fleet: Tree) -> None:
    fleet.write({"agentops.yaml": EXTERNAL, "agents/a.yaml": f"{MODEL}skills: [skill/theirs]\n"})
    for stage, number in (("dev", 1), ("prod", 2)):
        outcome = deployment_with(fleet, "agent: agent/theirs", stage)
        assert sent(outcome, "agent") == {"type": "agent", "id": f"agent_011CftafA7Q9XsQ3QhMZoam{number}"}
        assert sent(outcome, "skills", "agent/a") == [{"type": "custom", "skill_id": f"skill_{number}"}]


def test_an_external_address_without_an_id_in_this_stage_says_where_to_write_it(fleet: Tree) -> None:
    fleet.write({"agentops.yaml": EXTERNAL})
    only = deployment_with(fleet, "vault_ids: [vault/theirs]", "dev").only()
    assert only.summary == "vault/theirs has no ID for stage dev"
    assert only.detail == "write it in agentops.yaml: `external: {vault/theirs: {dev: ID}}`"
    assert sent(deployment_with(fleet, "vault_ids: [vault/theirs]", "prod"), "vault_ids") == [RAW["vault"]]


def test_an_external_address_of_another_kind_does_not_fit(fleet: Tree) -> None:
    fleet.write({"agentops.yaml": EXTERNAL})
    assert deployment_with(fleet, "vault_ids: [agent/theirs]").codes == [Code.WRONG_REFERENCE]


@pytest.mark.parametrize(
    ("base", "patch", "dev", "prod"),
    [
        ("agent: agent/a", "{agent: ../agents/b.yaml}", pinned("agent/a"), pinned("agent/b")),
        ("agent: agent/a", "{agent: {path: agent/b}}", pinned("agent/a"), pinned("agent/b")),
        ("agent: agent/a", "{agent: {version: latest}}", pinned("agent/a"), {"type": "agent", "id": ref("agent/a")}),
        ("agent: {path: agent/a, version: latest}", "{agent: {version: null}}", {"type": "agent", "id": ref("agent/a")}, pinned("agent/a")),
        ("environment_id: environment/cloud", "{environment_id: environment/big}", ref("environment/cloud"), ref("environment/big")),
        ("vault_ids: [vault/keys]", "{vault_ids: []}", [ref("vault/keys")], []),
        ("resources: [memory_store/notes]", "{resources: ['../memory_stores/*']}", [store(ref("memory_store/notes"))], [store(ref("memory_store/notes"))]),
    ],
)  # fmt: skip
def test_an_override_changes_what_is_referred_to(
    fleet: Tree, base: str, patch: str, dev: Any, prod: Any
) -> None:
    fleet.write({"environments/big.yaml": "config: {type: cloud}\n"})
    field = base.partition(":")[0]
    for stage, expected in (("dev", dev), ("prod", prod)):
        outcome = deployment_with(fleet, base, stage, f"overrides: {{prod: {patch}}}\n")
        assert sent(outcome, field) == expected


def test_a_broken_reference_of_one_stage_is_an_error_of_that_stage(fleet: Tree) -> None:
    more = "overrides: {prod: {agent: agent/nope}}\n"
    assert deployment_with(fleet, "agent: agent/a", "dev", more).diagnostics == ()
    only = deployment_with(fleet, "agent: agent/a", "prod", more).only()
    assert str(only.location) == "deployments/d.yaml:4:27"


@pytest.mark.parametrize(
    "written", ["'../environments/{{ vars.home }}.yaml'", "'environment/{{ vars.home }}'"]
)
def test_a_reference_may_be_rendered(fleet: Tree, written: str) -> None:
    fleet.write({"agentops.yaml": EXTERNAL, "environments/big.yaml": "config: {type: cloud}\n"})
    for stage, home in (("dev", "big"), ("prod", "cloud")):
        outcome = deployment_with(fleet, f"environment_id: {written}", stage, "template: true\n")
        assert sent(outcome, "environment_id") == ref(f"environment/{home}")


def test_a_reference_is_not_rendered_where_the_file_does_not_say_so(fleet: Tree) -> None:
    only = deployment_with(fleet, "environment_id: 'environment/{{ vars.home }}'").only()
    assert only.code is Code.BROKEN_REFERENCE


# -- URLs of skills


URL = "https://github.com/acme/skills/tree/main/forms"
SKILL = b"---\nname: forms\ndescription: d\n---\n"


def fetch(url: str) -> Checkout:
    return Checkout(url, "0" * 40, "forms", {"SKILL.md": SKILL})


@pytest.mark.parametrize("fetched", [True, False])
@pytest.mark.parametrize(
    ("written", "version"),
    [
        (f"'{URL}'", "pinned"),
        (f"{{path: '{URL}'}}", "pinned"),
        (f"{{path: '{URL}', version: latest}}", "latest"),
        (f"{{type: custom, skill_id: '{URL}'}}", "pinned"),
    ],
)
def test_a_url_names_a_skill_with_and_without_a_way_to_fetch_it(
    fleet: Tree, written: str, version: str, fetched: bool
) -> None:
    fleet.write({"agents/a.yaml": f"{MODEL}skills: [{written}]\n"})
    outcome = fleet.load(fetch=fetch if fetched else None)
    address = "skill/github.com/acme/skills/tree/main/forms"
    expected = pinned(address)
    if version == "latest":
        expected = {"type": "custom", "skill_id": ref(address), "version": "latest"}
    assert sent(outcome, "skills", "agent/a") == [expected]
    assert (address in outcome.addresses) is fetched


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("https://gitlab.com/o/r", "is not on github.com"),
        ("http://github.com/o/r", "is no https URL"),
        ("https://github.com/o", "names no repository"),
        ("https://github.com/o/r/tree/main/x?tab=1", "has no query and no fragment"),
        ("https://github.com/o/r/issues/1", "is not the URL of a directory"),
        ("https://ghp_1@github.com/o/r", "has no user name and no token"),
    ],
)
def test_a_url_that_names_no_directory_on_github_is_refused(fleet: Tree, written: str, said: str) -> None:
    fleet.write({"agents/a.yaml": f"{MODEL}skills: ['{written}']\n"})
    only = fleet.load(fetch=fetch).only()
    assert only.code is Code.WRONG_REFERENCE
    assert said in only.summary
    assert "ghp_1" not in f"{only.summary} {only.detail}"
    assert str(only.location) == "agents/a.yaml:2:10"
