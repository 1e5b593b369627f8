"""How git is run: with what it needs of the user's surroundings, and with nothing else."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code
from agentops.remotes.git import Git, TimedOut

from .conftest import SKILL, World, git, stand_in

URL = "https://github.com/acme/skills"


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def in_place_of_git(world: World, text: str) -> None:
    """``$real`` in the text is git itself."""
    real = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True).stdout.strip()
    folder = program(world.root / "bin", "git", f"real={real}/git\n{text}").parent
    world.environ["PATH"] = f"{folder}{os.pathsep}{world.environ['PATH']}"


class TestProtocols:
    def test_a_path_is_allowed_only_where_the_caller_says_so(self, world: World) -> None:
        world.repository().commit({"a": "x"})
        problem = world.refusal(URL, allow_file=False)
        assert problem.code is Code.REMOTE
        assert "into one of 'file'" in problem.summary
        assert "insteadOf" in problem.detail

    @pytest.mark.parametrize(
        ("base", "protocol"),
        [("http://127.0.0.1:9/", "http"), ("git://127.0.0.1:9/", "git"), ("ext::sh -c touch% ran% ", "ext")],
    )
    def test_no_configuration_makes_it_talk_in_the_clear_or_run_a_command(
        self, world: World, base: str, protocol: str
    ) -> None:
        world.environ |= stand_in(base) | {"GIT_PROTOCOL_FROM_USER": "1"}
        (Path(world.environ["HOME"]) / ".gitconfig").write_text(
            f'[protocol]\n\tallow = always\n[protocol "{protocol}"]\n\tallow = always\n'
        )
        assert f"into one of '{protocol}'" in world.refusal(URL).summary
        assert not [path for path in world.root.rglob("ran") if path.is_file()]

    def test_a_user_may_go_over_ssh(self, world: World) -> None:
        """That is what people do whose keys are their credentials; no project can make anybody do it."""
        world.repository().commit({"a": "x"})
        ssh = program(
            world.root / "bin", "ssh", f'for last; do :; done\ncd {world.repositories} && eval "$last"'
        )
        world.environ |= stand_in("git@github.com:./") | {"GIT_SSH": str(ssh), "GIT_SSH_VARIANT": "ssh"}
        assert dict(world.remotes(allow_file=False).resolve(URL).files) == {"a": b"x"}

    def test_what_the_user_does_not_allow_stays_so(self, world: World) -> None:
        world.repository().commit({"a": "x"})
        world.environ["GIT_ALLOW_PROTOCOL"] = "https:ssh"
        assert "into one of 'file'" in world.refusal(URL).summary


class TestSurroundings:
    def test_variables_of_a_git_that_runs_us_lead_nowhere_else(self, world: World, tmp_path: Path) -> None:
        """As in a hook, or where somebody works on a repository from outside."""
        world.repository().commit({"a": "x"})
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        git(elsewhere, "init", "--quiet")
        before = sorted(path for path in elsewhere.rglob("*"))
        world.environ |= {
            "GIT_DIR": str(elsewhere / ".git"),
            "GIT_WORK_TREE": str(elsewhere),
            "GIT_INDEX_FILE": str(elsewhere / "index"),
            "GIT_OBJECT_DIRECTORY": str(elsewhere / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(elsewhere / "alternate"),
            "GIT_COMMON_DIR": str(elsewhere / "common"),
            "GIT_NAMESPACE": "other",
            "GIT_SHALLOW_FILE": str(elsewhere / "shallow"),
            "GIT_QUARANTINE_PATH": str(elsewhere / "quarantine"),
            "GIT_DEFAULT_HASH": "sha256",
            "GIT_TEMPLATE_DIR": str(elsewhere),
        }
        assert world.files(URL) == {"a": b"x"}
        assert sorted(path for path in elsewhere.rglob("*")) == before

    def test_settings_of_the_user_that_would_be_in_the_way_are_not(
        self, world: World, tmp_path: Path
    ) -> None:
        hooks = tmp_path / "hooks"
        for name in ("reference-transaction", "post-checkout", "post-merge", "pre-auto-gc"):
            program(hooks, name, f"touch {tmp_path}/ran\nexit 1")
        (Path(world.environ["HOME"]) / ".gitconfig").write_text(
            f"[core]\n\thooksPath = {hooks}\n\tautocrlf = true\n\teol = crlf\n[protocol]\n\tversion = 0\n"
            "[init]\n\tdefaultObjectFormat = sha256\n\ttemplateDir = /nowhere\n[fetch]\n\tprune = true\n"
            "\tpruneTags = true\n\twriteCommitGraph = true\n\tunpackLimit = 1\n\trecurseSubmodules = true\n"
            "[transfer]\n\tfsckObjects = true\n[safe]\n\tbareRepository = explicit\n[gc]\n\tauto = 1\n"
        )
        world.repository().commit({"a": "x\n", "s/SKILL.md": SKILL})
        assert world.files(f"{URL}/tree/main/s") == {"SKILL.md": SKILL}
        assert world.files(URL) == {"a": b"x\n", "s/SKILL.md": SKILL}
        assert not (tmp_path / "ran").exists()

    def test_configuration_in_the_environment_still_counts(self, world: World) -> None:
        world.repository().commit({"a": "x"})
        world.environ |= {
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_1": "core.compression",
            "GIT_CONFIG_VALUE_1": "0",
        }
        assert world.files(URL) == {"a": b"x"}

    def test_no_ref_and_no_path_of_a_url_is_an_argument(self, world: World) -> None:
        """So none can be taken for an option."""
        log = world.root / "log"
        in_place_of_git(world, f'printf "%s\\n" "$@" >> {log}\nexec "$real" "$@"')
        world.repository("acme/-skills").commit({"--output=x/a": "x"}, branch="--upload-pack=touch${IFS}ran")
        url = "https://github.com/acme/-skills/tree/--upload-pack=touch${IFS}ran/--output=x"
        assert world.files(url) == {"a": b"x"}
        arguments = log.read_text().splitlines()
        assert "ls-remote" in arguments
        assert not [word for word in arguments if "upload-pack" in word or "output" in word]

    def test_words_are_recognised_in_any_language(self, world: World) -> None:
        world.environ |= {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"}
        in_place_of_git(
            world, '[ "$LC_ALL" = C ] || { echo "fatal: nicht gefunden" >&2; exit 1; }\nexec "$real" "$@"'
        )
        assert "there is no repository acme/skills" in world.refusal(URL).summary


class TestTheScratchRepository:
    def test_no_hook_of_the_user_runs_whatever_is_done_in_it(self, world: World, tmp_path: Path) -> None:
        program(tmp_path / "hooks", "reference-transaction", f"touch {tmp_path}/ran")
        (Path(world.environ["HOME"]) / ".gitconfig").write_text(f"[core]\n\thooksPath = {tmp_path}/hooks\n")
        runner = Git(world.environ)
        with runner.scratch(world.cache):
            (folder,) = world.cache.iterdir()
            tree = runner.run(folder, "mktree").decode().strip()
            runner.run(folder, "update-ref", "refs/tags/x", tree)
        assert not (tmp_path / "ran").exists()

    def test_a_template_of_the_user_is_not_copied(self, world: World, tmp_path: Path) -> None:
        (tmp_path / "template").mkdir()
        (tmp_path / "template" / "marker").write_text("x")
        (Path(world.environ["HOME"]) / ".gitconfig").write_text(
            f"[init]\n\ttemplateDir = {tmp_path}/template\n"
        )
        with Git(world.environ).scratch(world.cache):
            (folder,) = world.cache.iterdir()
            assert (folder / "HEAD").exists()
            assert not (folder / "marker").exists()

    def test_what_was_not_fetched_is_not_fetched_when_it_is_read(self, world: World) -> None:
        repository = world.repository()
        commit = repository.commit({"a": "x"})
        with Git(world.environ, allow_file=True).scratch(world.cache) as scratch:
            scratch.fetch_commit(URL, commit)
            with scratch.objects() as objects:
                assert objects.read(repository.id_of("main^{tree}"), 1000) is not None
                assert objects.read(repository.id_of("main:a"), 1000) is None
            scratch.fetch_files(URL, [repository.id_of("main:a")])
            with scratch.objects() as objects:
                assert objects.read(repository.id_of("main:a"), 1000) == ("blob", b"x")

    def test_it_is_gone_afterwards_whatever_happens(self, world: World) -> None:
        scratch = Git(world.environ).scratch(world.cache)
        scratch.__enter__()
        assert len(list(world.cache.iterdir())) == 1
        problem = KeyboardInterrupt()
        assert not scratch.__exit__(KeyboardInterrupt, problem, None)
        assert list(world.cache.iterdir()) == []


class TestWhatGoesWrong:
    def test_no_git(self, world: World) -> None:
        world.environ["PATH"] = str(world.root)
        problem = world.refusal(URL)
        assert problem.code is Code.REMOTE
        assert "git cannot be run: no such file" in problem.summary
        assert "install git 2.29 or newer" in problem.detail

    def test_a_git_that_is_too_old(self, world: World) -> None:
        in_place_of_git(world, 'echo "error: unknown option \\`object-format=sha1\'" >&2; exit 129')
        problem = world.refusal(URL)
        assert problem.code is Code.REMOTE
        assert "too old" in problem.summary

    def test_what_git_says_is_shown_without_secrets_and_control_characters(self, world: World) -> None:
        world.environ["GITHUB_TOKEN"] = "token-1234"
        in_place_of_git(
            world,
            "printf 'warning: noise\\nhint: noise\\nremote: \\033[31mred token-1234\\n' >&2\n"
            "printf 'fatal: https://user:p@ss@host/x is odd\\n' >&2\nexit 128",
        )
        problem = world.refusal(URL)
        assert problem.summary.endswith(": it cannot be fetched: ?[31mred ***; https://host/x is odd")

    @pytest.mark.parametrize(
        ("complaint", "summary"),
        [
            (
                "fatal: unable to access '{url}/': Could not resolve host: github.com",
                "it cannot be fetched: ",
            ),
            (
                "fatal: unable to access '{url}/': server certificate verification failed",
                "no trusted connection",
            ),
            (
                "fatal: unable to access '{url}/': CONNECT tunnel failed, response 407",
                "the proxy does not connect",
            ),
            (
                "fatal: unable to access '{url}/': The requested URL returned error: 403",
                "GitHub refuses acme/",
            ),
            (
                "fatal: unable to access '{url}/': The requested URL returned error: 502",
                "it cannot be fetched: ",
            ),
            ("remote: Repository not found.\nfatal: repository '{url}/' not found", "there is no repository"),
            (
                "git@github.com: Permission denied (publickey).\nfatal: Could not read",
                "GitHub refuses acme/",
            ),
            ("fatal: Could not read from remote repository.", "it cannot be fetched: "),
        ],
    )
    def test_the_name_of_a_repository_does_not_decide_what_went_wrong(
        self, world: World, complaint: str, summary: str
    ) -> None:
        url = "https://github.com/acme/certificate-proxy-CONNECT"
        (world.root / "said").write_text(complaint.format(url=url) + "\n")
        in_place_of_git(world, f"cat {world.root}/said >&2; exit 128")
        assert f"{url}: {summary}" in world.refusal(url).summary

    def test_a_long_complaint_is_cut(self, world: World) -> None:
        in_place_of_git(world, "printf 'fatal: %01000d\\n' 0 >&2; exit 1")
        assert len(world.refusal(URL).summary) < 300

    def test_silence_is_told(self, world: World) -> None:
        in_place_of_git(world, "exit 1")
        assert world.refusal(URL).summary.endswith("no reason given")

    @pytest.mark.parametrize("what", ["exit 0", "echo nonsense", "echo 'x blob 5'; echo hi"])
    def test_a_git_that_answers_nonsense(self, world: World, what: str) -> None:
        world.repository().commit({"a": "x"})
        in_place_of_git(world, f'case "$*" in *cat-file*) {what};; *) exec "$real" "$@";; esac')
        assert world.refusal(URL).code in (Code.REMOTE, Code.UNREADABLE)

    def test_objects_that_are_not_what_they_are_called_are_not_kept(self, world: World) -> None:
        world.repository().commit({"a": "x"})
        in_place_of_git(
            world,
            'case "$*" in *cat-file*) while read id; do printf "%s commit 4\\nevil\\n" "$id"; done;;'
            ' *) exec "$real" "$@";; esac',
        )
        problem = world.refusal(URL)
        assert problem.code is Code.REMOTE
        assert "has it damaged" in problem.summary
        assert list(world.cache.iterdir()) == []


@dataclass(frozen=True)
class Sleeper:
    """A git that starts another process and waits for it. That one holds a pipe, which is closed only when
    it has ended."""

    environ: dict[str, str]
    running: threading.Event
    ended: threading.Event


@pytest.fixture
def sleeper(tmp_path: Path) -> Sleeper:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    folder = program(tmp_path / "bin", "git", f"sleep 60 > {pipe} &\nwait").parent
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    sleeper = Sleeper({"PATH": path}, threading.Event(), threading.Event())

    def watch() -> None:
        with pipe.open("rb") as opened:
            sleeper.running.set()
            opened.read()
        sleeper.ended.set()

    threading.Thread(target=watch, daemon=True).start()
    return sleeper


def test_what_takes_too_long_is_ended_with_all_it_has_started(sleeper: Sleeper, tmp_path: Path) -> None:
    with pytest.raises(TimedOut, match="no answer within 2 seconds"):
        Git(sleeper.environ, timeout=2).run(tmp_path, "fetch")
    assert sleeper.running.is_set()
    assert sleeper.ended.wait(20)


def test_an_interruption_ends_git_with_all_it_has_started(
    sleeper: Sleeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: subprocess.Popen[bytes], *arguments: object, **options: object) -> None:
        assert sleeper.running.wait(20)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Git(sleeper.environ).run(tmp_path, "fetch")
    assert sleeper.ended.wait(20)
