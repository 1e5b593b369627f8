"""What comes out of a repository: the exact bytes of files, or a refusal that names what is in the way."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.diagnostics import Code, Stop
from agentops.remotes import trees

from .conftest import (
    SKILL,
    Repository,
    World,
    executable,
    git,
    link,
    objects_in,
    refusal,
    stand_in,
    submodule,
)

URL = "https://github.com/acme/skills"
SOME_ID = "a" * 40


def entry(mode: str, name: bytes, id: str) -> bytes:
    return f"{mode} ".encode() + name + b"\0" + bytes.fromhex(id)


class TestBytes:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0\xff\xfe\x00binary",
            b"a\r\nb\r\n",
            b"no newline",
            b"\xef\xbb\xbfmark",
            b"$Id$ \n",
            b"\x89PNG\r\n\x1a\n",
        ],
    )
    def test_any_content_comes_through(self, world: World, content: bytes) -> None:
        world.repository().commit({"a": content})
        assert world.files(URL) == {"a": content}
        assert world.files(URL) == {"a": content}, "from the cache as well"

    @pytest.mark.parametrize(
        "name",
        [
            "ünï/cödé.md",
            "日本語.md",
            "e\u0301 decomposed",
            "😀",
            "with space",
            'quo"te',
            "-rf",
            "a:b",
            "nul.txt",
            "%41",
            "#x",
        ],
    )
    def test_any_name_comes_through(self, world: World, name: str) -> None:
        world.repository().commit({f"skills/{name}": SKILL})
        assert world.files(f"{URL}/tree/main/skills") == {name: SKILL}

    def test_attributes_change_nothing(self, world: World) -> None:
        files = {
            ".gitattributes": "* text eol=crlf ident filter=evil encoding=UTF-16\nsecret export-ignore\n",
            "a.txt": "one\ntwo $Id$\n",
            "secret": "x",
        }
        world.repository().commit(files)
        assert world.files(URL) == {name: text.encode() for name, text in files.items()}

    def test_a_program_is_a_file_like_any_other(self, world: World) -> None:
        world.repository().commit({"run.sh": executable("#!/bin/sh\n")})
        assert world.files(URL) == {"run.sh": b"#!/bin/sh\n"}

    def test_files_are_sorted_by_path(self, world: World) -> None:
        world.repository().commit({"a/b": "1", "a.b": "2", "a-b": "3", "B": "4"})
        assert list(world.files(URL)) == ["B", "a-b", "a.b", "a/b"]

    @settings(max_examples=15, deadline=None)
    @given(
        st.dictionaries(
            st.lists(st.text("abü.-_ ", min_size=1, max_size=6), min_size=1, max_size=3).map("/".join),
            st.binary(max_size=300),
            max_size=6,
        )
    )
    def test_whatever_was_committed_is_what_is_read(self, files: dict[str, bytes]) -> None:
        if any(part in (".", "..") for path in files for part in path.split("/")):
            return
        if any(other.startswith(f"{path}/") for path in files for other in files):
            return
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder))
            world.environ = {"PATH": os.environ["PATH"], "HOME": folder} | stand_in(
                f"file://{folder}/github/"
            )
            world.repository().commit(files)
            assert world.files(URL) == files


class TestRefused:
    @pytest.mark.parametrize(
        ("what", "is_"),
        [(link("../../etc/passwd"), "a symbolic link"), (submodule(SOME_ID), "a submodule")],
    )
    def test_what_is_no_file_is_refused_by_name(self, world: World, what, is_: str) -> None:
        world.repository().commit({"skills/pdf/SKILL.md": SKILL, "skills/pdf/deep/odd": what})
        problem = world.refusal(f"{URL}/tree/main/skills/pdf")
        assert problem.code is Code.UNREADABLE
        assert problem.summary.endswith(f": 'skills/pdf/deep/odd' is {is_}")

    @pytest.mark.parametrize(
        ("what", "is_"), [(link("pdf"), "a symbolic link"), (submodule(SOME_ID), "a submodule")]
    )
    def test_no_link_is_followed_on_the_way(self, world: World, what, is_: str) -> None:
        world.repository().commit({"skills/pdf/SKILL.md": SKILL, "skills/odd": what})
        assert f"'skills/odd' is {is_}" in world.refusal(f"{URL}/tree/main/skills/odd").summary
        assert f"'skills/odd' is {is_}" in world.refusal(f"{URL}/tree/main/skills/odd/deep").summary

    def test_what_lies_elsewhere_is_nobodys_business(self, world: World) -> None:
        world.repository().commit(
            {"skills/pdf/SKILL.md": SKILL, "odd": link("x"), "skills/sub": submodule(SOME_ID)}
        )
        assert world.files(f"{URL}/tree/main/skills/pdf") == {"SKILL.md": SKILL}

    def test_what_is_not_wanted_may_be_anything(self, world: World) -> None:
        world.repository().commit(
            {
                "SKILL.md": SKILL,
                ".odd": link("x"),
                ".github/ci.yaml": "x",
                "node_modules/sub": submodule(SOME_ID),
                ".\x1b[31m": "x",
            }
        )
        seen: list[str] = []

        def wanted(path: str) -> bool:
            seen.append(path)
            return not path.startswith((".", "node_modules"))

        checkout = world.remotes(wanted=wanted).resolve(URL)
        assert checkout.files == {"SKILL.md": SKILL}
        assert checkout.left_out == (".?[31m", ".github", ".odd", "node_modules")
        assert set(seen) == {"SKILL.md", ".\x1b[31m", ".odd", ".github", "node_modules"}

    @pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\\b", "\x7f", "a\u202eb", "\udcff"])
    def test_names_that_could_deceive_are_refused(self, world: World, name: str) -> None:
        world.repository().commit({f"skills/{name}": "x"})
        problem = world.refusal(f"{URL}/tree/main/skills")
        assert problem.code is Code.UNREADABLE
        assert problem.summary.isprintable()
        assert problem.detail == "rename it in the repository"

    @pytest.mark.parametrize("name", [b"..", b".", b".git", b".GIT", b"a/b", b"../../x", b"/etc"])
    def test_names_that_lead_elsewhere_are_refused(self, world: World, name: bytes) -> None:
        repository = world.repository()
        repository.commit_tree(entry("100644", name, repository.write("blob", b"x")))
        assert world.refusal(URL).code is Code.UNREADABLE
        assert not [path for path in world.root.rglob("*") if path.name in ("x", "etc")]

    def test_a_name_that_stands_twice_is_refused(self, world: World) -> None:
        repository = world.repository()
        one, other = repository.write("blob", b"x"), repository.write("blob", b"y")
        repository.commit_tree(entry("100644", b"a", one) + entry("100644", b"a", other))
        assert "is damaged" in world.refusal(URL).summary

    @pytest.mark.parametrize(
        "content",
        [b"nonsense", b"100644 a\0short", b"999999 a\0" + b"x" * 20, b"100644 a", b"100644 \0" + b"x" * 20],
    )
    def test_a_folder_that_is_none_is_refused(self, world: World, content: bytes) -> None:
        """Not every version of git sends such a one; then it is git that says so."""
        world.repository().commit_tree(content)
        assert world.refusal(URL).code in (Code.UNREADABLE, Code.REMOTE)

    def test_an_entry_of_no_known_type_is_refused(self, world: World) -> None:
        repository = world.repository()
        repository.commit_tree(entry("10644", b"fifo", repository.write("blob", b"x")))
        assert world.refusal(URL).code in (Code.UNREADABLE, Code.REMOTE)

    def test_a_pointer_to_lfs_is_not_taken_for_the_file(self, world: World) -> None:
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12\n"
        world.repository().commit({"SKILL.md": SKILL, "model.bin": pointer})
        assert "'model.bin' is only a pointer" in world.refusal(URL).summary


class TestLimits:
    def test_a_thousand_files_and_no_more(self, world: World) -> None:
        repository = world.repository()
        files = {f"{index // 100}/{index}": "same" for index in range(trees.MOST_FILES)}
        repository.commit({f"skill/{name}": text for name, text in files.items()})
        assert len(world.files(f"{URL}/tree/main/skill")) == trees.MOST_FILES
        repository.commit({"skill/more": "x"} | {f"skill/{name}": text for name, text in files.items()})
        problem = world.refusal(f"{URL}/tree/main/skill")
        assert problem.code is Code.TOO_LARGE
        assert problem.summary.endswith(": the directory 'skill' has more than 1,000 files")

    def test_a_file_beyond_the_limit_is_named_and_not_read(self, world: World) -> None:
        world.repository().commit({"SKILL.md": SKILL, "zeros": bytes(trees.MOST_BYTES)})
        problem = world.refusal(URL)
        assert problem.code is Code.TOO_LARGE
        assert problem.summary.endswith(": the repository has more than 64 MiB with 'zeros'")
        assert all(path.stat().st_size < 1_000_000 for path in objects_in(world.cache))

    def test_the_limit_is_for_all_files_together(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trees, "MOST_BYTES", 100_000)
        world.repository().commit({"a": b"a" * 60_000, "b": b"b" * 40_000})
        assert len(world.files(URL)) == 2
        world.repository("acme/more").commit({"a": b"a" * 60_000, "b": b"b" * 40_001})
        assert "with 'b'" in world.refusal("https://github.com/acme/more").summary

    def test_it_holds_for_what_was_fetched_before(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.repository().commit({"a": b"a" * 60_000})
        pin = world.remotes().resolve(URL).pin
        monkeypatch.setattr(trees, "MOST_BYTES", 50_000)
        assert "with 'a'" in world.refusal(URL, pin).summary

    def test_a_download_beyond_the_limit_is_broken_off(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agentops.remotes.git.MOST_BYTES", 200_000)
        world.repository().commit({"a": os.urandom(300_000)})
        problem = world.refusal(URL)
        assert problem.code is Code.TOO_LARGE
        assert "downloaded" in problem.summary

    def test_what_is_not_needed_is_not_downloaded(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("agentops.remotes.git.MOST_BYTES", 200_000)
        world.repository().commit({"skill/SKILL.md": SKILL, "other": os.urandom(300_000)})
        assert world.files(f"{URL}/tree/main/skill") == {"SKILL.md": SKILL}

    def test_folders_that_multiply_are_not_walked_to_the_end(self, world: World) -> None:
        """Ten folders of ten folders of ten, all of them the same few objects: 10^12 folders, no file."""
        repository = world.repository()
        inner = repository.write("tree", b"")
        for _ in range(11):
            inner = repository.write(
                "tree", b"".join(entry("40000", b"%d" % digit, inner) for digit in range(10))
            )
        repository.commit_tree(b"".join(entry("40000", b"%d" % digit, inner) for digit in range(10)))
        problem = world.refusal(URL)
        assert problem.code is Code.TOO_LARGE
        assert problem.summary.endswith(": the repository has more than 1,000 folders")


class TestTheCache:
    def fetched(self, world: World) -> tuple[Repository, str]:
        repository = world.repository()
        repository.commit({"SKILL.md": SKILL, "scripts/a.py": "print(1)\n"})
        return repository, world.remotes().resolve(URL).pin

    @pytest.mark.parametrize("damage", [b"", b"blob 5\0hello", b"half"])
    def test_what_is_damaged_is_fetched_again(self, world: World, damage: bytes) -> None:
        _, pin = self.fetched(world)
        before = world.files(URL, pin)
        for path in objects_in(world.cache):
            path.write_bytes(damage)
        assert world.files(URL, pin) == before
        assert world.files(URL, pin) == before

    def test_whoever_wrote_the_cache_cannot_change_what_is_pinned(self, world: World) -> None:
        """The folder may come along with a project that somebody else has made."""
        repository, pin = self.fetched(world)
        blob = repository.id_of("main:SKILL.md")
        (world.cache / "objects" / blob[:2] / blob[2:]).write_bytes(b"blob 4\0evil")
        assert world.files(URL, pin)["SKILL.md"] == SKILL
        (world.cache / "objects" / blob[:2] / blob[2:]).write_bytes(b"blob 4\0evil")
        repository.remove()
        assert world.refusal(URL, pin).code is Code.BROKEN_REFERENCE

    def test_a_repository_planted_in_the_cache_is_not_used(self, world: World, tmp_path: Path) -> None:
        repository, _ = self.fetched(world)
        trace = tmp_path / "trace"
        git(world.cache, "init", "--quiet", "--bare")
        git(world.cache, "config", "core.fsmonitor", f"touch {trace}")
        git(world.cache, "config", "core.alternateRefsCommand", f"touch {trace}")
        git(world.cache, "config", "credential.helper", f"!touch {trace}")
        git(world.cache, "config", f"url.{tmp_path}/evil/.insteadOf", "https://github.com/acme/")
        new = repository.commit({"SKILL.md": "new"})
        assert world.remotes().resolve(URL).revision == new
        assert not trace.exists()

    def test_an_object_that_is_larger_than_any_is_as_good_as_missing(self, world: World) -> None:
        _, pin = self.fetched(world)
        with objects_in(world.cache)[0].open("wb") as file:
            file.truncate(trees.MOST_BYTES + 1000)
        assert world.files(URL, pin)["SKILL.md"] == SKILL

    def test_a_folder_that_cannot_be_written_is_told(self, world: World) -> None:
        world.repository().commit({"a": "x"})
        world.cache.parent.mkdir(parents=True)
        world.cache.write_text("in the way")
        problem = world.refusal(URL)
        assert problem.code is Code.UNREADABLE
        assert str(world.cache) in problem.summary

    def test_contents_are_shared_by_all_repositories(self, world: World) -> None:
        world.repository("acme/one").commit({"a": "same"})
        world.repository("acme/two").commit({"b": "same"})
        world.files("https://github.com/acme/one")
        before = len(objects_in(world.cache))
        world.files("https://github.com/acme/two")
        assert len(objects_in(world.cache)) == before + 2, "a commit and its folder"


SCRIPT = """
import hashlib, json, os, sys
from pathlib import Path
from agentops.remotes import Remotes
sys.stdin.readline()
files = Remotes(Path(sys.argv[1]), dict(os.environ), allow_file=True).resolve(sys.argv[2]).files
print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())
"""


def test_several_processes_fetch_into_one_cache_at_once(world: World) -> None:
    files = {f"skill/{index}": os.urandom(2_000) for index in range(200)}
    world.repository().commit(files)
    url = f"{URL}/tree/main/skill"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(world.cache), url],
            env=world.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    printed = {process.communicate(timeout=60)[0].strip() for process in running}
    here = {path.removeprefix("skill/"): content for path, content in files.items()}
    assert printed == {hashlib.sha256(repr(sorted(here.items())).encode()).hexdigest()}
    for path in objects_in(world.cache):
        assert hashlib.sha1(path.read_bytes()).hexdigest() == f"{path.parent.name}{path.name}"


def test_a_refused_directory_does_not_stop_the_next(world: World) -> None:
    world.repository().commit({"good/SKILL.md": SKILL, "bad/odd": link("x")})
    remotes = world.remotes()
    with pytest.raises(Stop):
        remotes.resolve(f"{URL}/tree/main/bad")
    assert remotes.resolve(f"{URL}/tree/main/good").files == {"SKILL.md": SKILL}
    assert refusal(remotes, f"{URL}/tree/main/bad").code is Code.UNREADABLE
