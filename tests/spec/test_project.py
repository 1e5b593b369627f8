"""agentops.yaml: project, stages, variables, what is used but not managed."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code
from agentops.domain.project import MaxRemovals, OnDrift, RegistryConfig
from agentops.spec import find_root, load_project


def load(root: Path, text: str):
    (root / "agentops.yaml").write_text(text)
    return load_project(root)


def test_without_a_file_there_is_one_local_stage(tmp_path: Path) -> None:
    project, problems = load_project(tmp_path)
    assert (project.name, list(project.stages), project.explicit, problems) == ("local", ["local"], False, ())
    assert project.stages["local"].registry.is_local


def test_without_stages_there_is_one_local_stage(tmp_path: Path) -> None:
    project, problems = load(tmp_path, "project: p\nvars: {a: 1}\n")
    assert (project.name, list(project.stages), project.explicit, problems) == ("p", ["local"], True, ())
    assert project.stages["local"].vars == {"a": 1}


@pytest.mark.parametrize(
    ("stage", "registry"),
    [
        ("{}", RegistryConfig()),
        ("", RegistryConfig()),
        ("{registry: local}", RegistryConfig()),
        (
            "{registry: anthropic, workspace_id: w, organization_id: o}",
            RegistryConfig("anthropic", None, "w", "o"),
        ),
        (
            "{registry: {base_url: 'http://127.0.0.1:8000/', api_key: {secret: env:KEY}}}",
            RegistryConfig("custom", "http://127.0.0.1:8000", None, None, "env:KEY"),
        ),
        (
            "{registry: {base_url: 'https://r.example', workspace_id: w, api_key: {secret: file:k.txt}}}",
            RegistryConfig("custom", "https://r.example", "w", None, "file:k.txt"),
        ),
    ],
)
def test_registries(tmp_path: Path, stage: str, registry: RegistryConfig) -> None:
    project, problems = load(tmp_path, f"project: p\nstages:\n  s: {stage}\n")
    assert problems == ()
    assert project.stages["s"].registry == registry


def test_variables_of_a_stage_come_over_those_of_the_project(tmp_path: Path) -> None:
    text = (
        "project: p\nvars: {a: 1, b: 1}\nstages: {x: {vars: {b: 2}}, y: {protect: true}}\ndefault_stage: y\n"
    )
    project, problems = load(tmp_path, text)
    assert problems == ()
    assert project.stages["x"].vars == {"a": 1, "b": 2}
    assert (project.stages["y"].vars, project.stages["y"].protect) == ({"a": 1, "b": 1}, True)
    assert project.default_stage == "y"


def test_what_a_stage_does_by_itself_is_said_for_all_or_for_one(tmp_path: Path) -> None:
    text = (
        "project: p\non_drift: keep\nprune: true\nmax_removals: 20%\n"
        "stages: {x: {}, y: {on_drift: revert, prune: false, max_removals: 3}}\n"
    )
    project, problems = load(tmp_path, text)
    assert problems == ()
    x, y = project.stages["x"], project.stages["y"]
    assert (x.on_drift, x.prune, x.max_removals) == (OnDrift.KEEP, True, MaxRemovals(20, is_percent=True))
    assert (y.on_drift, y.prune, y.max_removals) == (OnDrift.REVERT, False, MaxRemovals(3))


def test_unless_somebody_says_so_drift_blocks_and_nothing_is_pruned(tmp_path: Path) -> None:
    stage = load(tmp_path, "project: p\n")[0].stages["local"]
    assert (stage.on_drift, stage.prune, stage.max_removals) == (OnDrift.BLOCK, False, None)


@pytest.mark.parametrize(
    "line",
    ["on_drift: overwrite", "prune: 'yes'", "max_removals: many", "max_removals: 101%", "max_removals: -1"],
)
def test_what_a_stage_cannot_be_told(tmp_path: Path, line: str) -> None:
    for text in (f"project: p\nstages:\n  s:\n    {line}\n", f"project: p\n{line}\n"):
        _, (problem,) = load(tmp_path, text)
        assert (problem.severity, problem.location is not None) == ("error", True)
        assert line.partition(":")[0] in problem.summary


def test_what_a_template_left_open_is_told_with_its_place(tmp_path: Path) -> None:
    text = """project: p
stages:
  x: {registry: anthropic, workspace_id: YOUR_WORKSPACE_ID}
  y:
    registry: {base_url: "https://r.example", organization_id: <your-organization>}
external:
  environment/shared: {x: REPLACE_ME, y: env_1}
"""
    _, problems = load(tmp_path, text)
    assert {item.code for item in problems} == {Code.PLACEHOLDER}
    assert [(item.location.line, item.location.column) for item in problems] == [(3, 42), (5, 64), (7, 27)]


def test_external_addresses_are_per_stage(tmp_path: Path) -> None:
    text = "project: p\nstages: {x: {}, y: {}}\nexternal: {environment/s: {x: env_1}, memory_store/m: {x: m1, y: m2}}\n"
    project, problems = load(tmp_path, text)
    assert problems == ()
    assert project.stages["x"].external == {"environment/s": "env_1", "memory_store/m": "m1"}
    assert project.stages["y"].external == {"memory_store/m": "m2"}


@pytest.mark.parametrize(
    "pacing",
    ["on", "60", "{creates_per_minute: 0}", "{reads_per_minute: 1.5}", "{writes_per_minute: 5}", "false"],
)
def test_a_pace_that_is_none_is_refused_by_name(tmp_path: Path, pacing: str) -> None:
    _, problems = load(tmp_path, f"project: p\nstages:\n  s: {{registry: anthropic, pacing: {pacing}}}\n")
    assert problems
    assert {item.location.line for item in problems if item.location} == {3}
    assert all("pacing" in item.summary or "_per_minute" in item.summary for item in problems), problems


def test_what_comes_later_says_so_in_a_sentence(tmp_path: Path) -> None:
    project, (problem,) = load(tmp_path, "project: p\nrequire: '>=1'\nstages: {s: {}}\n")
    assert problem.code is Code.LATER_FIELD
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == (2, 1)
    assert list(project.stages) == ["s"]


@pytest.mark.parametrize(
    ("text", "where", "detail"),
    [
        ("name_suffix: -x", (2, 1), "it belongs to a stage: `stages.NAME.name_suffix`"),
        ("protect: true", (2, 1), "it belongs to a stage: `stages.NAME.protect`"),
        (
            "stages: {s: {moved: []}}",
            (2, 14),
            "it holds for all stages: write `moved` at the top of the file",
        ),
        ("variables: {a: string}", (2, 16), "`variables` declares: `team: {type: string}`"),
        ("variables: {a: {defualt: 1}}", (2, 17), "did you mean 'default'?"),
        ("variables: {my-var: {}}", (2, 21), "letters, digits and _ make a name"),
        ("moved: {from: agent/a, to: agent/b}", (2, 8), "write `moved: [{from: agent/old, to: agent/new}]`"),
    ],
)
def test_what_stands_in_another_place_is_told_where_it_belongs(
    tmp_path: Path, text: str, where: tuple[int, int], detail: str
) -> None:
    _, (problem,) = load(tmp_path, f"project: p\n{text}\n")
    assert problem.location is not None
    assert (problem.location.line, problem.location.column) == where
    assert problem.detail.startswith(detail)


@pytest.mark.parametrize(
    "text",
    [
        "api_key: sk-ant-secret",
        "api_key: {secret: sk-ant-secret}",
        "registry: {base_url: 'https://r.example', api_key: sk-ant-secret}",
        "registry: {base_url: 'https://r.example', api_key: {secret: sk-ant-secret}}",
    ],
)
def test_a_written_key_is_refused_without_repeating_it(tmp_path: Path, text: str) -> None:
    _, problems = load(tmp_path, f"project: p\nstages:\n  s:\n    {text}\n")
    assert Code.RESERVED in [item.code for item in problems]
    assert "sk-ant" not in str(problems)


def test_the_stages_of_a_file_that_is_wrong_elsewhere_are_still_known(tmp_path: Path) -> None:
    project, problems = load(tmp_path, "project: p\nstagse: x\nstages: {dev: {}, prod: {registry: nope}}\n")
    assert {item.code for item in problems} == {Code.UNKNOWN_KEY, Code.INVALID_VALUE}
    assert list(project.stages) == ["dev", "prod"]


def test_the_root_is_the_nearest_folder_upward_with_a_project(tmp_path: Path) -> None:
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    (tmp_path / "agentops.yaml").touch()
    assert find_root(inner) == tmp_path.resolve()


def test_a_repository_ends_the_search(tmp_path: Path) -> None:
    inner = tmp_path / "repo/b"
    inner.mkdir(parents=True)
    (tmp_path / "agentops.yaml").touch()
    (tmp_path / "repo/.git").mkdir()
    assert find_root(inner) == inner.resolve()


def test_a_written_key_hides_no_other_problem(tmp_path: Path) -> None:
    text = "project: P P\nfoo: 1\nstages: {Dev: {registry: {base_url: 'https://h.example', api_key: sk-ant-x, bar: 1}}}\n"
    _, problems = load(tmp_path, text)
    assert [item.code for item in problems] == [
        Code.PROJECT,
        Code.UNKNOWN_KEY,
        Code.PROJECT,
        Code.RESERVED,
        Code.UNKNOWN_KEY,
    ]
    assert "sk-ant" not in str(problems)


def test_a_duplicate_key_hides_no_other_problem(tmp_path: Path) -> None:
    _, problems = load(tmp_path, "project: p\nproject: q\nfoo: 1\n")
    assert [item.code for item in problems] == [Code.DUPLICATE_KEY, Code.UNKNOWN_KEY]


def test_external_ids_of_a_file_that_is_wrong_elsewhere_are_still_known(tmp_path: Path) -> None:
    project, _ = load(
        tmp_path, "project: p\nfoo: 1\nstages: {x: {}}\nexternal: {environment/s: {x: env_1}}\n"
    )
    assert project.stages["x"].external == {"environment/s": "env_1"}


@pytest.mark.parametrize(
    ("project", "stage", "on"),
    [
        ("", "", True),
        ("", "registry: local", False),
        ("mutex: off", "", False),
        ("mutex: off", "mutex: on", True),
        ("mutex: on", "registry: local", True),
        ("mutex: true", "mutex: false", False),
        ("", "registry: local, mutex: on", True),
    ],
)
def test_a_stage_has_a_mutex_unless_it_is_local_or_told_otherwise(
    tmp_path: Path, project: str, stage: str, on: bool
) -> None:
    registry = "" if "registry" in stage else "registry: anthropic, "
    read, said = load(tmp_path, f"project: p\n{project}\nstages: {{s: {{{registry}{stage}}}}}\n")
    assert said == ()
    assert read.stages["s"].mutex is on


@pytest.mark.parametrize("value", ["maybe", "1", "[]", "'yes'"])
def test_a_mutex_is_on_or_off(tmp_path: Path, value: str) -> None:
    _, problems = load(tmp_path, f"project: p\nmutex: {value}\n")
    assert problems
    assert problems[0].location is not None
    assert problems[0].location.line == 2


CHAIN = "project: p\nstages:\n  dev: {}\n  staging: {promote_from: dev}\n  prod: {promote_from: staging}\n"


def test_a_stage_gets_its_releases_from_another(tmp_path: Path) -> None:
    project, problems = load(tmp_path, CHAIN)
    assert not problems
    assert [stage.promote_from for stage in project.stages.values()] == [None, "dev", "staging"]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        (CHAIN.replace("from: dev", "from: stagin"), "promote_from: there is no stage 'stagin'", 4),
        (CHAIN.replace("from: dev", "from: staging"), "stage 'staging' gets its releases from itself", 4),
        (
            CHAIN.replace("dev: {}", "dev: {promote_from: prod}"),
            "stage 'dev' gets its releases from itself: dev <- prod <- staging <- dev",
            3,
        ),
    ],
    ids=["unknown", "itself", "a circle"],
)
def test_a_chain_of_stages_begins_somewhere(tmp_path: Path, text: str, said: str, line: int) -> None:
    _, (problem,) = load(tmp_path, text)
    assert problem.summary == said
    assert problem.detail
    assert problem.location is not None
    assert problem.location.line == line
