"""Which tree every address of a release comes from, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Severity, Stop, error
from agentops.domain.github import Checkout
from agentops.domain.resource import Resource, Source
from agentops.kinds import CATALOG
from agentops.spec import load_project
from agentops.spec.release import Release, load_release, sources_of_tree

from .conftest import PROJECT, Tree
from .test_revision import git

MODEL = "model: claude-opus-5-5\n"
SKILL = "---\nname: pdf\ndescription: Reads.\n---\n{}\n"
URL = "https://github.com/acme/skills/tree/main/pdf"


class History:
    """Commits as copies of the tree; ``dev`` is the stage that runs a release, ``prod`` gets it."""

    def __init__(self, tree: Tree, folder: Path) -> None:
        self.tree = tree
        self.folder = folder
        self.commits: dict[str, Path] = {}
        self.running: dict[Address, Source | None] = {}

    def apply(self, *addresses: str, committed: bool = True) -> None:
        """Stage dev runs what the files say now, all or some addresses, and that is a commit of its own."""
        commit = f"{len(self.commits) + 1:040x}"
        copy = self.folder / commit
        for path in sorted(self.tree.root.rglob("*")):
            if path.is_file():
                target = copy / path.relative_to(self.tree.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        self.commits[commit] = copy
        for address, resource in self.tree.load("dev").loaded.desired.resources.items():
            if addresses and str(address) not in addresses:
                continue
            known = self.running.get(address)
            if known is None or known.digest != resource.source.digest:
                source = Source(digest=resource.source.digest, commit=commit if committed else None)
                self.running[address] = source

    def release(self, only: tuple[str, ...] = (), fetch=None) -> tuple[dict[str, Resource], list[Diagnostic]]:
        project, _ = load_project(self.tree.root)
        asked = Release(project.stages["dev"], self.running, tuple(map(Address, only)))
        (found,) = load_release(
            self.tree.root, project, [project.stages["prod"]], CATALOG, asked, self.at, fetch
        )
        return {str(key): value for key, value in found.desired.resources.items()}, [
            item for item in found.diagnostics if item.severity is Severity.ERROR
        ]

    def at(self, commit: str) -> Path:
        try:
            return self.commits[commit]
        except KeyError:
            raise Stop(error(Code.COMMIT, f"the commit {commit} is not in this clone")) from None


@pytest.fixture
def history(tree: Tree, tmp_path: Path) -> History:
    return History(tree, tmp_path / "commits")


def written(history: History, files: Mapping[str, str]) -> History:
    history.tree.write(files)
    return history


def test_each_address_comes_from_the_working_tree_or_from_its_own_commit(history: History):
    files = {"agents/a.yaml": f"{MODEL}system: one\n", "agents/b.yaml": f"{MODEL}system: one\n"}
    written(history, files | {"agents/c.yaml": f"{MODEL}system: one\n"}).apply()
    written(history, {"agents/b.yaml": f"{MODEL}system: two\n"}).apply()
    written(history, {"agents/a.yaml": f"{MODEL}system: x\n", "agents/b.yaml": f"{MODEL}system: x\n"})
    found, problems = history.release()
    assert not problems
    assert [found[f"agent/{name}"].body["system"] for name in "abc"] == ["one", "two", "one"]
    assert [found[f"agent/{name}"].source.commit for name in "abc"] == [f"{it:040x}" for it in (1, 2, 1)]


def test_references_between_commits_hold(history: History):
    team = "multiagent: {type: coordinator, agents: [b.yaml]}\n"
    written(history, {"agents/a.yaml": f"{MODEL}{team}", "agents/b.yaml": MODEL}).apply()
    written(history, {"agents/b.yaml": f"{MODEL}system: two\n"}).apply()
    written(history, {"agents/a.yaml": f"{MODEL}system: x\n", "agents/b.yaml": f"{MODEL}system: x\n"})
    found, problems = history.release()
    assert not problems
    assert Address("agent/b") in found["agent/a"].needs
    assert found["agent/b"].body["system"] == "two"


def test_a_circle_that_only_the_release_has_is_told(history: History):
    team = "multiagent: {{type: coordinator, agents: [{}.yaml]}}\n"
    written(history, {"agents/a.yaml": MODEL, "agents/b.yaml": f"{MODEL}{team.format('a')}"}).apply()
    written(history, {"agents/a.yaml": f"{MODEL}{team.format('b')}", "agents/b.yaml": MODEL}).apply("agent/a")
    _, problems = history.release()
    assert Code.CYCLE in {item.code for item in problems}


def test_memory_that_deployments_mount_is_that_of_the_release(history: History):
    files = {
        "agents/a.yaml": f"{MODEL}memory: {{name: notes}}\n",
        "environments/e.yaml": "config: {type: cloud}\n",
        "deployments/d.yaml": "agent: ../agents/a.yaml\nenvironment_id: ../environments/e.yaml\n"
        "initial_events: [{type: user.message, content: [{type: text, text: Go.}]}]\n",
    }
    written(history, files).apply()
    written(history, {"agents/a.yaml": f"{MODEL}memory: [{{name: notes}}, {{name: more}}]\n"})
    found, problems = history.release()
    assert not problems
    assert len(found["deployment/d"].body["resources"]) == 1
    assert "memory_store/a-more" not in found


def test_a_file_that_was_moved_to_another_address_is_not_what_a_path_meant(history: History):
    team = "multiagent: {type: coordinator, agents: [b.yaml]}\n"
    written(history, {"agents/a.yaml": f"{MODEL}{team}", "agents/b.yaml": f"{MODEL}name: b\n"}).apply()
    written(history, {"agents/b.yaml": f"{MODEL}name: b\naddress: agent/renamed\n"})
    found, problems = history.release()
    assert not problems
    assert set(found) == {"agent/a", "agent/b"}
    assert Address("agent/b") in found["agent/a"].needs


def test_problems_of_other_files_do_not_matter_here_nor_there(history: History):
    written(history, {"agents/a.yaml": f"{MODEL}system: one\n", "agents/other.yaml": f"{MODEL}x: 1\n"})
    history.apply("agent/a")
    written(history, {"agents/a.yaml": f"{MODEL}system: x\n", "agents/new.yaml": "model: [\n"})
    found, problems = history.release()
    assert not problems
    assert found["agent/a"].body["system"] == "one"


def test_what_agentops_yaml_lacks_by_now_is_told_with_the_commit(history: History):
    written(history, {"agents/a.yaml": f"{MODEL}prompt: p.md.j2\n", "agents/p.md.j2": "{{ vars.inbox }}"})
    history.apply()
    written(history, {"agents/p.md.j2": "x", "agentops.yaml": PROJECT.replace("prod@example.com", "p")})
    assert history.release()[0]["agent/a"].body["system"] == "p"
    written(history, {"agentops.yaml": PROJECT.replace("inbox", "mail")})
    _, (problem,) = history.release()
    assert problem.summary.startswith("at commit 000000000000: ")
    assert problem.location is not None
    assert problem.location.file == "agents/p.md.j2"
    assert "agentops.yaml is that of today" in problem.detail


def test_overrides_alone_are_those_of_the_working_tree(history: History):
    written(history, {"agents/a.yaml": MODEL}).apply()
    written(history, {"agents/a.yaml": f"{MODEL}overrides: {{prod: {{description: new}}}}\n"})
    assert history.release()[0]["agent/a"].body["description"] == "new"


def test_what_belongs_to_a_file_comes_from_the_same_commit(history: History):
    """Whether a seed is created only once is said by the file that seeds it."""
    text = f"{MODEL}memory: {{name: n, access: read_only, seed: s/}}\n"
    written(history, {"agents/a.yaml": text, "agents/s/x.md": "one"}).apply()
    written(history, {"agents/a.yaml": text.replace("read_only", "read_write")})
    found, problems = history.release()
    assert not problems
    assert found["memory/a-n/x.md"].lifecycle.create_only is False
    assert found["agent/a"].attachments[0].access == "read_only"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (None, Code.UNKNOWN_SOURCE, "what stage dev runs was never applied from a file"),
        (Source(digest="x"), Code.UNKNOWN_SOURCE, "stage dev runs it from files that were not committed"),
        (Source(digest="x", commit="e" * 40), Code.COMMIT, f"the commit {'e' * 40} is not in this clone"),
        (
            Source(digest="x", commit=f"{1:040x}"),
            Code.OTHER_SOURCE,
            "than commit 000000000000 has in agents/a",
        ),
    ],
    ids=["imported", "dirty", "no commit", "another content"],
)
def test_what_cannot_be_had_is_refused(history: History, source: Source | None, code: Code, said: str):
    written(history, {"agents/a.yaml": MODEL, "agents/b.yaml": MODEL}).apply()
    history.running[Address("agent/a")] = source
    _, (problem,) = history.release()
    assert (problem.code, problem.address) == (code, "agent/a")
    assert said in problem.summary
    assert problem.detail or code is Code.COMMIT
    assert history.release(only=("agent/b",))[1] == []
    assert len(history.release(only=("agent/a",))[1]) == 1


def test_what_cannot_be_had_of_a_release_of_before_is_told_as_such(history: History):
    written(history, {"agents/a.yaml": MODEL}).apply()
    history.running[Address("agent/z")] = Source(digest="x", commit=f"{1:040x}")
    history.running[Address("agent/y")] = Source(digest="x")
    project, _ = load_project(history.tree.root)
    asked = Release(project.stages["dev"], history.running, is_past=True)
    (found,) = load_release(history.tree.root, project, [asked.of], CATALOG, asked, history.at)
    problems = [item for item in found.diagnostics if item.severity is Severity.ERROR]
    assert len(problems) == 2
    for problem in problems:
        assert "stage dev ran it" in problem.summary
        assert "promote" not in problem.detail
        assert "`agentops rollback --release RELEASE ADDRESS... --stage dev`" in problem.detail


def test_files_of_before_a_renaming_are_read_under_the_addresses_of_today(history: History):
    team = "multiagent: {type: coordinator, agents: [b.yaml]}\n"
    memory = "name: b\nmemory: {name: b-notes, seed: s/}\n"
    written(
        history, {"agents/a.yaml": f"{MODEL}{team}", "agents/b.yaml": MODEL + memory, "agents/s/x.md": "one"}
    ).apply()
    moved = "moved: [{from: agent/b, to: agent/c}]\n"
    (history.tree.root / "agents/b.yaml").unlink()
    written(history, {"agents/c.yaml": MODEL, "agents/a.yaml": MODEL, "agentops.yaml": f"{PROJECT}{moved}"})
    before = dict(history.running)
    now = {"agent/b": "agent/c", "memory_store/b-b-notes": "memory_store/c-b-notes"}
    history.running = {
        Address(now.get(key, key.replace("memory/b-", "memory/c-"))): source for key, source in before.items()
    }
    found, problems = history.release()
    assert not problems
    assert set(found) == set(history.running)
    assert Address("agent/c") in found["agent/a"].needs
    assert found["agent/c"].body["name"] == "b"
    assert found["agent/c"].attachments[0].memory_store == "memory_store/c-b-notes"
    assert found["memory/c-b-notes/x.md"].parent == "memory_store/c-b-notes"
    history.running = before
    assert set(history.release()[0]) == set(before), "where the release has the old address, that counts"


def test_an_address_that_a_commit_does_not_declare_is_refused(history: History):
    written(history, {"agents/a.yaml": MODEL}).apply()
    history.running[Address("agent/z")] = Source(digest="x", commit=f"{1:040x}")
    _, (problem,) = history.release()
    assert problem.code is Code.OTHER_SOURCE
    assert "which declares nothing of that address" in problem.summary


def test_a_part_needs_what_it_refers_to(history: History):
    team = "multiagent: {type: coordinator, agents: [b.yaml]}\n"
    written(history, {"agents/a.yaml": f"{MODEL}{team}", "agents/b.yaml": MODEL}).apply()
    history.running[Address("agent/b")] = Source(digest="x")
    assert [item.address for item in history.release(only=("agent/a",))[1]] == ["agent/b"]


def test_a_pointer_of_lfs_is_recognised(history: History):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    written(history, {"agents/a.yaml": f"{MODEL}prompt: p.md\n", "agents/p.md": "Text."})
    written(history, {"skills/pdf/SKILL.md": SKILL.format("x"), "skills/pdf/more.md": "More."}).apply()
    for path in ("agents/p.md", "skills/pdf/more.md"):
        (history.commits[f"{1:040x}"] / path).write_text(pointer)
        written(history, {path: "Later."})
    _, problems = history.release()
    assert [item.address for item in problems] == ["agent/a", "skill/pdf"]
    assert all("Git LFS" in item.detail for item in problems)


def test_skills_at_a_url_are_what_was_pinned(history: History):
    def fetch(url: str) -> Checkout:
        return Checkout(url, "c" * 40, "pdf", {"SKILL.md": SKILL.format("one").encode()})

    written(history, {"agents/a.yaml": f"{MODEL}skills: [{URL}]\n"}).apply()
    address = Address(f"skill/{URL.removeprefix('https://')}")
    found, problems = history.release(fetch=fetch)
    assert not problems
    history.running[address] = found[str(address)].source
    assert found[str(address)].source.revision == f"{'c' * 40}:pdf"
    assert not history.release(fetch=fetch)[1]
    history.running[address] = replace_digest(found[str(address)].source)
    _, (problem,) = history.release(fetch=fetch)
    assert (problem.code, problem.address) == (Code.OTHER_SOURCE, address)


def replace_digest(source: Source) -> Source:
    return source.model_copy(update={"digest": "x"})


def test_the_sources_of_a_commit_are_those_of_its_files(history: History):
    written(history, {"agents/a.yaml": MODEL, "skills/pdf/SKILL.md": SKILL.format("one")}).apply()
    running = dict(history.running)
    written(history, {"agents/a.yaml": f"{MODEL}system: x\n"})
    project, _ = load_project(history.tree.root)
    found = sources_of_tree(
        history.commits[f"{1:040x}"], project, project.stages["prod"], CATALOG, f"{1:040x}"
    )
    assert found == running


def test_the_sources_of_a_broken_commit_are_refused(history: History):
    written(history, {"agents/a.yaml": f"{MODEL}nonsense: 1\n"}).apply()
    project, _ = load_project(history.tree.root)
    with pytest.raises(Stop) as stop:
        sources_of_tree(history.commits[f"{1:040x}"], project, project.stages["prod"], CATALOG, f"{1:040x}")
    assert stop.value.diagnostics[0].summary.startswith("at commit 000000000000: ")


# -- what a source is


def sources(tree: Tree) -> dict[str, Source]:
    return {str(key): item.source for key, item in tree.load().loaded.desired.resources.items()}


def test_a_pattern_is_part_of_the_source_with_what_it_names(tree: Tree):
    tree.write({"agents/a.yaml": f"{MODEL}multiagent: {{type: coordinator, agents: ['b*.yaml']}}\n"})
    tree.write({"agents/b1.yaml": MODEL, ".gitignore": "locks/\n"})
    git(tree.root, "init", "-q")
    git(tree.root, "add", ".")
    git(tree.root, "commit", "-q", "-m", "one")
    one = sources(tree)["agent/a"]
    assert one.commit is not None
    tree.write({"agents/b2.yaml": MODEL})
    two = sources(tree)["agent/a"]
    assert two.digest != one.digest
    assert two.commit is None, "the commit does not have what the pattern names"
    (tree.root / "agents/b2.yaml").unlink()
    (tree.root / "agents/b1.yaml").unlink()
    tree.write({"agents/b3.yaml": MODEL})
    assert sources(tree)["agent/a"].commit is None


def test_a_skill_without_a_file_that_the_commit_has_is_not_that_of_the_commit(tree: Tree):
    tree.write({"skills/pdf/SKILL.md": SKILL.format("x"), "skills/pdf/more.md": "More."})
    git(tree.root, "init", "-q")
    git(tree.root, "add", ".")
    git(tree.root, "commit", "-q", "-m", "one")
    assert sources(tree)["skill/pdf"].commit is not None
    (tree.root / "skills/pdf/more.md").unlink()
    assert sources(tree)["skill/pdf"].commit is None
