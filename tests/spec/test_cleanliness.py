"""Whether a commit holds the project as it lies here."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentops.kinds import CATALOG
from agentops.spec import load_project, uncommitted

from .conftest import PROJECT, Tree
from .test_revision import git

MODEL = "model: m\n"


@pytest.fixture
def repository(tree: Tree) -> Tree:
    tree.write(
        {
            "agentops.yaml": PROJECT,
            "agents/a.yaml": f"{MODEL}prompt: p.md\noverrides: {{prod: {{prompt: ignored.md}}}}\n",
            "agents/p.md": "hi",
            "agents/b.yaml": MODEL,
            "README.md": "About.",
            ".gitignore": "ignored*\n.agentops/\n",
            "locks/prod.lock.json": "{}",
        }
    )
    commit(tree.root)
    return tree


def commit(root: Path) -> None:
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")


def found(root: Path) -> tuple[str, ...] | None:
    return uncommitted(root, load_project(root)[0], CATALOG)


def test_a_project_that_is_checked_out_is_clean(repository: Tree) -> None:
    assert found(repository.root) == ()


@pytest.mark.parametrize(
    "path",
    ["locks/prod.lock.json", "locks/dev.lock.json", ".agentops/registry.db", "plan.json", "notes/x.md"],
)
def test_what_agentops_writes_and_what_nobody_reads_is_no_matter(repository: Tree, path: str) -> None:
    assert found(repository.write({path: "{} "}).root) == ()


@pytest.mark.parametrize(
    "path",
    ["agentops.yaml", "agents/a.yaml", "agents/p.md", "README.md", "agents/new.yaml", "agents/ignored.yaml"],
)
def test_what_is_changed_or_read_and_not_in_the_commit_is_told(repository: Tree, path: str) -> None:
    text = PROJECT + "# more\n" if path == "agentops.yaml" else f"{MODEL}name: x\n"
    assert found(repository.write({path: text}).root) == (path,)


def test_what_only_an_override_names_is_read_too(repository: Tree) -> None:
    assert found(repository.write({"agents/ignored.md": "In prod."}).root) == ("agents/ignored.md",)


def test_a_file_that_was_deleted_and_one_that_is_staged_are_told(repository: Tree) -> None:
    (repository.root / "agents/b.yaml").unlink()
    repository.write({"docs/new.md": "x"})
    git(repository.root, "add", "docs")
    assert found(repository.root) == ("agents/b.yaml", "docs/new.md")


def test_of_a_repository_only_the_project_counts(tmp_path: Path) -> None:
    inner = Tree(tmp_path / "sub").write({"agentops.yaml": PROJECT, "agents/a.yaml": MODEL})
    Tree(tmp_path).write({"other.txt": "x"})
    commit(tmp_path)
    Tree(tmp_path).write({"other.txt": "y"})
    assert found(inner.root) == ()


def test_a_project_in_a_folder_that_git_does_not_track(repository: Tree) -> None:
    inner = Tree(repository.root / "ignored-project").write(
        {"agentops.yaml": PROJECT, "agents/a.yaml": MODEL}
    )
    assert found(inner.root) == ("agentops.yaml", "agents/a.yaml")


def test_without_a_commit_nothing_is_known(tmp_path: Path) -> None:
    assert found(Tree(tmp_path).write({"agents/a.yaml": MODEL}).root) is None
