"""Several stages at once: each problem said once, with the stages where it does not hold in all."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import in_order
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stage, load_stages

from .conftest import Tree

MODEL = "model: claude-opus-5-5\n"
STAGES = "project: p\nstages: {dev: {vars: {x: 1}}, staging: {}, prod: {}}\n"
EXTERNAL = f"{STAGES}external: {{memory_store/e: {{dev: memstore_1, prod: memstore_2}}}}\n"


def told(tree: Tree) -> list[str]:
    project, _ = load_project(tree.root)
    loaded = load_stages(tree.root, project, list(project.stages.values()), CATALOG)
    return [item.summary for item in in_order(item for each in loaded for item in each.diagnostics)]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"agents/a.yaml": f"{MODEL}nme: x\n"}, "unknown key 'nme'"),
        (
            {"agents/a.yaml": f"{MODEL}overrides: {{prod: {{tools: [bsh]}}}}\n"},
            "there is no tool 'bsh' (in stage prod)",
        ),
        (
            {"agents/a.yaml": f"{MODEL}prompt: p.j2\n", "agents/p.j2": "{{ vars.x }}"},
            "template: there is no variable 'x' (in stages staging, prod)",
        ),
        (
            {"agents/a.yaml": f"{MODEL}template: true\nname: '{{{{ vars.y }}}}'\n"},
            "template: there is no variable 'y'",
        ),
        (
            {
                "agentops.yaml": EXTERNAL,
                "agents/a.yaml": f"{MODEL}memory: {{store: memory_store/e}}\n",
            },
            "memory_store/e has no ID for stage staging",
        ),
        ({"agents/a.yaml": f"address: 3\n{MODEL}", "agents/b.yaml": MODEL}, "'address' must be text"),
    ],
)
def test_a_problem_is_said_once_with_its_stages(tree: Tree, files: dict[str, str], said: str) -> None:
    assert told(tree.write({"agentops.yaml": STAGES, **files})) == [said]


def test_one_stage_is_not_named(tree: Tree) -> None:
    tree.write({"agentops.yaml": STAGES, "agents/a.yaml": f"{MODEL}overrides: {{prod: {{tools: [bsh]}}}}\n"})
    assert tree.load("prod").only().summary == "there is no tool 'bsh'"


def test_stages_together_are_what_they_are_alone(tree: Tree) -> None:
    tree.write(
        {
            "agentops.yaml": EXTERNAL,
            "agents/plain.yaml": f"{MODEL}memory: {{name: m, seed: s.md}}\nlifecycle: {{protect: true}}\n",
            "agents/s.md": "seed",
            "agents/patched.yaml": f"{MODEL}overrides: {{prod: {{model: {{effort: max}}}}}}\n",
            "agents/rendered.yaml": f"{MODEL}template: true\nname: 'n-{{{{ stage }}}}'\n",
            "agents/prompted.yaml": f"{MODEL}prompt: p.j2\nmemory: {{store: memory_store/e}}\n",
            "agents/p.j2": "In {{ stage }}.",
            "environments/c.yaml": "config: {type: cloud}\n",
        }
    )
    project, _ = load_project(tree.root)
    together = load_stages(tree.root, project, list(project.stages.values()), CATALOG)
    for stage, loaded in zip(project.stages.values(), together, strict=True):
        alone = load_stage(tree.root, project, stage, CATALOG)
        assert alone.desired == loaded.desired
        assert alone.files == loaded.files
    names = [each.desired.resources["agent/rendered"].body["name"] for each in together]
    assert names == ["n-dev", "n-staging", "n-prod"]


def test_a_file_is_read_once_for_all_stages(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    import agentops.spec.source as source

    read: list[str] = []
    parse = source.parse_yaml

    def counted(text: str, file: str, *rest: object, **more: object) -> object:
        read.append(file)
        return parse(text, file, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(source, "parse_yaml", counted)
    tool = "{type: custom, name: t, description: d, input_schema: {type: object}}"
    tree.write(
        {"agentops.yaml": STAGES, "agents/a.yaml": f"{MODEL}tools: [t/t.yaml]\n", "agents/t/t.yaml": tool}
    )
    project, _ = load_project(tree.root)
    read.clear()
    load_stages(tree.root, project, list(project.stages.values()), CATALOG)
    assert sorted(read) == ["agents/a.yaml", "agents/t/t.yaml"]


@pytest.mark.parametrize(
    "wrong",
    [
        "name_sufix: -x",
        "defaults: {metadata: {a: 1}}",
        "renamed_from: 5",
        "vars: {team: x, other: y}, proteckt: true",
    ],
)
def test_a_mistake_in_the_project_file_is_no_mistake_of_the_files(tree: Tree, wrong: str) -> None:
    project = "project: p\nvariables: {team: {type: string}, tier: {default: basic}}\nvars: {team: x}\n"
    stages = f"defaults: {{model: claude-opus-5-5}}\nstages: {{dev: {{{wrong}}}}}\n"
    agent = "template: true\nsystem: '{{ vars.team }}, {{ vars.tier }}'\n"
    tree.write({"agentops.yaml": project + stages, "agents/a.yaml": agent})
    _, problems = load_project(tree.root)
    assert len(problems) == 1
    assert told(tree) == []
