"""``external``: kinds, IDs, and what is declared as well."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code

from .conftest import Tree

MODEL = "model: claude-opus-5-5\n"


def project(external: str) -> str:
    return f"project: p\nstages: {{dev: {{}}, prod: {{}}}}\nexternal:\n  {external}\n"


@pytest.mark.parametrize(
    ("external", "code", "said", "column"),
    [
        ("bogus/x: {dev: x}", Code.UNKNOWN_KIND, "'bogus' is no kind of resource", 3),
        (
            "environment/x: {dev: agent_1}",
            Code.INVALID_VALUE,
            "'agent_1' is no ID of the kind environment",
            24,
        ),
        ("memory_store/d: {prod: memstore_1}", Code.DUPLICATE_ADDRESS, "memory_stores/d.yaml declares it", 3),
        ("memory_store/a-m: {prod: memstore_1}", Code.DUPLICATE_ADDRESS, "agents/a.yaml declares it", 3),
    ],
)
def test_what_cannot_be(tree: Tree, external: str, code: Code, said: str, column: int) -> None:
    tree.write({"agentops.yaml": project(external), "memory_stores/d.yaml": "description: x\n"})
    tree.write({"agents/a.yaml": f"{MODEL}memory: {{name: m}}\n"})
    only = tree.load("dev").only()
    assert only.code is code
    assert said in only.summary
    assert str(only.location) == f"agentops.yaml:4:{column}"


@pytest.mark.parametrize(
    "external",
    ["vault/x: {dev: vlt_1}", "environment/x: {dev: env_1, prod: env_2}", "skill/x: {prod: skill_1}"],
)
def test_right_ids_of_any_kind_pass(tree: Tree, external: str) -> None:
    assert tree.write({"agentops.yaml": project(external), "agents/a.yaml": MODEL}).load().diagnostics == ()


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_an_external_of_another_kind_is_no_memory(tree: Tree, stage: str) -> None:
    tree.write({"agentops.yaml": project("environment/e: {dev: env_1}")})
    tree.write({"agents/a.yaml": f"{MODEL}memory: [{{store: environment/e}}]\n"})
    outcome = tree.load(stage)
    assert outcome.codes == [Code.WRONG_REFERENCE]
    assert outcome["agent/a"].attachments == ()
