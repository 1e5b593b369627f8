"""What a URL means: which commit, which directory, and for how long."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code

from .conftest import SKILL, World, objects_in

URL = "https://github.com/acme/skills"
TREE = {"README.md": "read me", "skills/pdf/SKILL.md": SKILL, "skills/pdf/scripts/a.py": "print(1)\n"}
PDF = {"SKILL.md": SKILL, "scripts/a.py": b"print(1)\n"}


class TestOneReading:
    def test_a_repository_is_its_default_branch(self, world: World) -> None:
        repository = world.repository()
        head = repository.commit(TREE)
        repository.commit({"other": "x"}, branch="develop")
        checkout = world.remotes().resolve(URL)
        assert (checkout.url, checkout.revision, checkout.directory) == (URL, head, "")
        assert list(checkout.files) == ["README.md", "skills/pdf/SKILL.md", "skills/pdf/scripts/a.py"]

    def test_the_default_branch_may_have_any_name(self, world: World) -> None:
        repository = world.repository()
        repository.commit(TREE)
        head = repository.commit({"a": "x"}, branch="trunk")
        (repository.path / "HEAD").write_text("ref: refs/heads/trunk\n")
        assert world.remotes().resolve(URL).revision == head
        assert world.remotes().resolve(f"{URL}/tree/HEAD").revision == head

    def test_a_directory_on_a_branch(self, world: World) -> None:
        head = world.repository().commit(TREE)
        checkout = world.remotes().resolve(f"{URL}/tree/main/skills/pdf")
        assert (checkout.revision, checkout.directory, checkout.files) == (head, "skills/pdf", PDF)

    def test_a_manifest_stands_for_its_directory(self, world: World) -> None:
        world.repository().commit(TREE)
        assert world.files(f"{URL}/blob/main/skills/pdf/SKILL.md") == PDF

    def test_a_manifest_at_the_top(self, world: World) -> None:
        world.repository().commit({"SKILL.md": SKILL})
        assert world.files(f"{URL}/blob/main/SKILL.md") == {"SKILL.md": SKILL}

    @pytest.mark.parametrize("annotated", [False, True])
    def test_a_tag_stays_where_it_was_put(self, world: World, annotated: bool) -> None:
        repository = world.repository()
        tagged = repository.commit(TREE)
        repository.tag("v1.0", annotated=annotated)
        repository.commit({"other": "x"})
        assert world.remotes().resolve(f"{URL}/tree/v1.0/skills/pdf").revision == tagged

    def test_a_tag_of_a_tag_is_followed_to_the_commit(self, world: World) -> None:
        repository = world.repository()
        tagged = repository.commit(TREE)
        repository.tag("inner", annotated=True)
        repository.tag("outer", "inner", annotated=True)
        assert world.remotes().resolve(f"{URL}/tree/outer").revision == tagged

    def test_a_commit_needs_no_branch_to_be_on(self, world: World) -> None:
        repository = world.repository()
        old = repository.commit(TREE)
        repository.commit({"other": "x"})
        assert world.remotes().resolve(f"{URL}/tree/{old}/skills/pdf").files == PDF
        assert world.remotes().resolve(f"{URL}/tree/{old.upper()}/skills/pdf").revision == old

    def test_a_commit_that_was_fetched_once_is_not_asked_for_again(self, world: World) -> None:
        repository = world.repository()
        old = repository.commit(TREE)
        world.files(f"{URL}/tree/{old}/skills/pdf")
        repository.remove()
        assert world.files(f"{URL}/tree/{old}/skills/pdf") == PDF

    def test_full_names_of_refs(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"a": "tagged"})
        repository.tag("x")
        repository.commit({"a": "branch"}, branch="x")
        assert world.files(f"{URL}/tree/refs/tags/x") == {"a": b"tagged"}
        assert world.files(f"{URL}/tree/refs/heads/x") == {"a": b"branch"}

    def test_a_branch_comes_before_a_tag_of_the_same_name(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"a": "tagged"})
        repository.tag("x")
        repository.commit({"a": "branch"}, branch="x")
        assert world.files(f"{URL}/tree/x") == {"a": b"branch"}

    def test_escapes_stand_for_what_they_escape(self, world: World) -> None:
        world.repository().commit({"my skill/ü/SKILL.md": SKILL}, branch="fix#1")
        checkout = world.remotes().resolve(f"{URL}/tree/fix%231/my%20skill/%C3%BC")
        assert (checkout.directory, checkout.files) == ("my skill/ü", {"SKILL.md": SKILL})


class TestSeveralReadings:
    def test_a_branch_with_slashes(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"x": "main"})
        head = repository.commit(TREE, branch="feature/new/pdf")
        checkout = world.remotes().resolve(f"{URL}/tree/feature/new/pdf/skills/pdf")
        assert (checkout.revision, checkout.directory) == (head, "skills/pdf")
        assert world.remotes().resolve(f"{URL}/tree/feature/new/pdf").directory == ""

    def test_the_shortest_ref_wins(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"skills/pdf/a": "short"}, branch="release")
        repository.commit({"pdf/a": "long"})
        repository.tag("release/skills")
        assert world.files(f"{URL}/tree/release/skills/pdf") == {"a": b"short"}

    def test_a_longer_ref_wins_where_only_it_has_the_directory(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"other": "short"}, branch="release")
        repository.commit({"pdf/a": "long"})
        repository.tag("release/skills")
        assert world.files(f"{URL}/tree/release/skills/pdf") == {"a": b"long"}

    def test_where_none_has_it_the_shortest_is_told_of(self, world: World) -> None:
        repository = world.repository()
        head = repository.commit({"skills/pfd/a": "short"}, branch="release")
        repository.commit({"other": "long"})
        repository.tag("release/skills")
        problem = world.refusal(f"{URL}/tree/release/skills/pdf")
        assert problem.summary.endswith(f"there is no directory 'skills/pdf' at {head[:12]}")
        assert problem.detail == "did you mean 'pfd'?"


class TestPins:
    def test_a_pinned_url_stays_while_its_branch_moves(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"a": "old"})
        url = f"{URL}/tree/main"
        pin = world.remotes().resolve(url).pin
        new = repository.commit({"a": "new"})
        assert world.files(url, pin) == {"a": b"old"}
        upgraded = world.remotes().resolve(url)
        assert (upgraded.revision, upgraded.files) == (new, {"a": b"new"})

    def test_a_pin_is_fetched_where_the_cache_is_empty(self, world: World) -> None:
        repository = world.repository()
        pin = f"{repository.commit(TREE)}:skills/pdf"
        repository.commit({"other": "x"})
        assert world.files(f"{URL}/tree/main/skills/pdf", pin) == PDF

    def test_what_is_pinned_and_fetched_needs_no_remote_and_no_git(self, world: World) -> None:
        repository = world.repository()
        repository.commit(TREE)
        url = f"{URL}/tree/main/skills/pdf"
        pin = world.remotes().resolve(url).pin
        repository.remove()
        world.environ = {"PATH": ""}
        assert world.files(url, pin) == PDF

    def test_a_pin_keeps_the_reading_that_was_chosen(self, world: World) -> None:
        repository = world.repository()
        url = f"{URL}/tree/release/skills/pdf"
        repository.commit({"pdf/a": "long", "skills/pdf/a": "short"})
        repository.tag("release/skills")
        checkout = world.remotes().resolve(url)
        assert (checkout.directory, checkout.files) == ("pdf", {"a": b"long"})
        repository.commit({"skills/pdf/a": "hijacked"}, branch="release")
        assert world.files(url, checkout.pin) == {"a": b"long"}
        assert world.files(url) == {"a": b"hijacked"}

    @pytest.mark.parametrize(
        "path", ["", "/tree/main", "/tree/main/skills/pdf", "/blob/v1/skills/pdf/SKILL.md"]
    )
    def test_a_pin_leads_back_to_the_same_checkout(self, world: World, path: str) -> None:
        repository = world.repository()
        repository.commit(TREE)
        repository.tag("v1")
        checkout = world.remotes().resolve(URL + path)
        assert world.remotes().resolve(URL + path, checkout.pin) == checkout

    @pytest.mark.parametrize(
        ("path", "directory"),
        [
            ("", ""),
            ("/tree/main", ""),
            ("/tree/main/skills/pdf", "skills/pdf"),
            ("/tree/a/b/skills", "skills"),
        ],
    )
    def test_a_commit_alone_is_read_with_the_longest_directory_there(
        self, world: World, path: str, directory: str
    ) -> None:
        commit = world.repository().commit(TREE)
        assert world.remotes().resolve(URL + path, commit).directory == directory

    @pytest.mark.parametrize(
        "pin",
        [
            "",
            "main",
            "abc1234",
            "g" * 40,
            f"{'a' * 40}:elsewhere",
            f"{'a' * 40}:skills",
            f"--upload-pack={'a' * 40}",
        ],
    )
    def test_a_pin_that_is_none_is_refused(self, world: World, pin: str) -> None:
        problem = world.refusal(f"{URL}/tree/main/skills/pdf", pin)
        assert problem.code is Code.LOCK
        assert "--upgrade" in problem.detail

    def test_a_commit_in_a_url_can_be_pinned_to_itself_only(self, world: World) -> None:
        repository = world.repository()
        old, new = repository.commit({"a": "old"}), repository.commit({"a": "new"})
        assert world.files(f"{URL}/tree/{old}", f"{old}:") == {"a": b"old"}
        assert world.refusal(f"{URL}/tree/{old}", f"{new}:").code is Code.LOCK

    def test_a_pinned_commit_that_is_gone_is_told(self, world: World) -> None:
        world.repository().commit(TREE)
        problem = world.refusal(f"{URL}/tree/main", f"{'a' * 40}:")
        assert problem.code is Code.BROKEN_REFERENCE
        assert f"acme/skills has no commit {'a' * 40}" in problem.summary
        assert "--upgrade" in problem.detail


class TestWhatIsNotThere:
    @pytest.mark.parametrize("path", ["", "/tree/main/skills/pdf"])
    def test_no_repository(self, world: World, path: str) -> None:
        problem = world.refusal(URL + path)
        assert problem.code is Code.BROKEN_REFERENCE
        assert problem.summary.endswith("there is no repository acme/skills, or it is private")
        assert "GITHUB_TOKEN" in problem.detail

    @pytest.mark.parametrize("path", ["", "/tree/main"])
    def test_an_empty_repository(self, world: World, path: str) -> None:
        world.repository()
        problem = world.refusal(URL + path)
        assert (problem.code, problem.summary) == (
            Code.BROKEN_REFERENCE,
            f"{URL}{path}: the repository has no commits yet",
        )

    @pytest.mark.parametrize(
        ("path", "detail"),
        [
            ("mian/skills/pdf", "did you mean 'main'?"),
            ("feature/nwe/skills", "did you mean 'feature/new'?"),
            ("v1", "did you mean 'v1.0'?"),
            ("zzz", "known here: feature/new, main, v1.0"),
            ("abc1234/skills", "a commit is named by all of its 40 digits"),
        ],
    )
    def test_no_such_ref(self, world: World, path: str, detail: str) -> None:
        repository = world.repository()
        repository.commit(TREE)
        repository.commit(TREE, branch="feature/new")
        repository.tag("v1.0")
        problem = world.refusal(f"{URL}/tree/{path}")
        assert problem.code is Code.BROKEN_REFERENCE
        assert problem.summary.endswith(f": there is no branch, tag or commit '{path.partition('/')[0]}'")
        assert problem.detail == detail

    @pytest.mark.parametrize(
        ("path", "missing", "detail"),
        [
            ("skills/pfd", "skills/pfd", "did you mean 'pdf'?"),
            ("skill/pdf", "skill", "did you mean 'skills'?"),
            ("skills/pdf/zzz", "skills/pdf/zzz", "known here: scripts"),
            ("skills/pdf/scripts/deep", "skills/pdf/scripts/deep", ""),
        ],
    )
    def test_no_such_directory(self, world: World, path: str, missing: str, detail: str) -> None:
        head = world.repository().commit(TREE)
        problem = world.refusal(f"{URL}/tree/main/{path}")
        assert problem.code is Code.BROKEN_REFERENCE
        assert problem.summary.endswith(f": there is no directory '{missing}' at {head[:12]}")
        assert problem.detail == detail

    def test_a_file_is_no_directory(self, world: World) -> None:
        world.repository().commit(TREE)
        problem = world.refusal(f"{URL}/tree/main/skills/pdf/SKILL.md")
        assert "'skills/pdf/SKILL.md' is a file" in problem.summary
        assert problem.detail == "name the folder that holds SKILL.md"

    @pytest.mark.parametrize("what", ["refs/heads/main^{tree}", "refs/heads/main:README.md"])
    def test_a_tag_of_something_else_than_a_commit(self, world: World, what: str) -> None:
        repository = world.repository()
        repository.commit(TREE)
        repository.tag("odd", what)
        assert "not a commit" in world.refusal(f"{URL}/tree/odd").summary

    def test_what_is_no_url_on_github_is_refused_before_anything_is_run(self, world: World) -> None:
        world.environ = {"PATH": ""}
        assert world.refusal("https://gitlab.com/acme/skills").code is Code.INVALID_VALUE


class TestWhatIsAsked:
    def test_branches_are_asked_for_once_in_a_command(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"a/x": "old", "b/x": "old"})
        remotes = world.remotes()
        assert remotes.resolve(f"{URL}/tree/main/a").files == {"x": b"old"}
        repository.commit({"a/x": "new", "b/x": "new"})
        assert remotes.resolve(f"{URL}/tree/main/b").files == {"x": b"old"}
        assert world.files(f"{URL}/tree/main/b") == {"x": b"new"}

    def test_files_outside_the_directory_are_not_kept(self, world: World) -> None:
        repository = world.repository()
        repository.commit({"skills/pdf/SKILL.md": SKILL, "other/large": b"x" * 100_000})
        world.files(f"{URL}/tree/main/skills/pdf")
        large = repository.id_of("main:other/large")
        assert f"{large[:2]}/{large[2:]}" not in {
            path.relative_to(world.cache / "objects").as_posix() for path in objects_in(world.cache)
        }
        assert objects_in(world.cache)

    def test_a_remote_without_filters_will_do(self, world: World) -> None:
        repository = world.repository()
        repository.set("uploadpack.allowFilter", "false")
        repository.commit(TREE)
        assert world.files(f"{URL}/tree/main/skills/pdf") == PDF

    def test_nothing_but_objects_is_left_behind(self, world: World) -> None:
        world.repository().commit(TREE)
        world.files(URL)
        world.refusal(f"{URL}/tree/nowhere")
        assert [path.name for path in world.cache.iterdir()] == ["objects"]
