"""Over TLS, with credentials, as github.com is reached: what is sent to whom, and what is told of it."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Diagnostic, Stop
from agentops.remotes import Remotes

from .conftest import SKILL, World, refusal
from .hub import Hub, make_certificate, serving

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="a certificate is made with openssl")

URL = "https://github.com/acme/skills"
PDF = f"{URL}/tree/main/skills/pdf"
TOKEN = "github_pat_11ABCDEFG0123456789_secret"
FILES = {"skills/pdf/SKILL.md": SKILL, "other/large": b"x" * 1000}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "github.pem")


@pytest.fixture
def hub(world: World, certificate: Path, plain_environ: dict[str, str]) -> Iterator[Hub]:
    """Serves acme/skills to everybody, until a test says otherwise."""
    world.repository().commit(FILES)
    with serving(Hub(world.repositories, certificate, token=TOKEN)) as hub:
        world.environ = plain_environ | hub.environ()
        yield hub


def remotes(world: World, **environ: str) -> Remotes:
    return Remotes(world.cache, world.environ | environ)


def told(stopped: Diagnostic) -> str:
    return f"{stopped.summary} {stopped.detail}"


class TestPublicRepositories:
    def test_one_is_read_over_https(self, world: World, hub: Hub) -> None:
        assert remotes(world).resolve(PDF).files == {"SKILL.md": SKILL}
        assert set(hub.hosts) == {"github.com:443"}

    def test_no_token_is_sent_where_none_is_asked_for(self, world: World, hub: Hub) -> None:
        """So one that has expired does no harm."""
        assert remotes(world, GITHUB_TOKEN="expired").resolve(PDF).files == {"SKILL.md": SKILL}
        assert hub.credentials == {None}

    def test_one_that_was_renamed_is_found_where_it_is_now(self, world: World, hub: Hub) -> None:
        hub.moved["acme/old"] = "https://github.com/acme/skills"
        assert remotes(world).resolve(PDF.replace("acme/skills", "acme/old")).files == {"SKILL.md": SKILL}

    def test_what_is_pinned_and_fetched_is_not_asked_for(self, world: World, hub: Hub) -> None:
        pin = remotes(world).resolve(PDF).pin
        hub.asked.clear()
        assert remotes(world).resolve(PDF, pin).files == {"SKILL.md": SKILL}
        assert hub.asked == []


class TestPrivateRepositories:
    @pytest.fixture(autouse=True)
    def private(self, hub: Hub) -> None:
        hub.private.add("acme/skills")

    @pytest.mark.parametrize(
        "environ",
        [
            {"GITHUB_TOKEN": TOKEN},
            {"GH_TOKEN": TOKEN},
            {"GITHUB_TOKEN": "", "GH_TOKEN": TOKEN},
            {"GITHUB_TOKEN": f" {TOKEN}\n"},
            {"GITHUB_TOKEN": TOKEN, "GH_TOKEN": "other"},
        ],
    )
    def test_one_is_read_with_a_token(self, world: World, hub: Hub, environ: dict[str, str]) -> None:
        assert remotes(world, **environ).resolve(PDF).files == {"SKILL.md": SKILL}
        assert hub.credentials == {None, TOKEN}

    def test_a_token_may_have_any_characters_that_a_shell_would_read(self, world: World, hub: Hub) -> None:
        hub.token = "a'b\"c$(id)`id`\\n%s;&|\\e"
        assert remotes(world, GITHUB_TOKEN=hub.token).resolve(PDF).files == {"SKILL.md": SKILL}
        assert hub.credentials == {None, hub.token}

    def test_a_token_comes_before_the_users_own_helpers(self, world: World, hub: Hub) -> None:
        config = Path(world.environ["HOME"]) / ".gitconfig"
        helper = '\thelper = "!f() { echo username=u; echo password=helper; }; f"\n'
        config.write_text(f'[credential]\n{helper}[credential "https://github.com"]\n{helper}')
        assert remotes(world, GITHUB_TOKEN=TOKEN).resolve(PDF).files == {"SKILL.md": SKILL}
        assert hub.credentials == {None, TOKEN}

    def test_without_a_token_the_users_own_helpers_are_asked(self, world: World, hub: Hub) -> None:
        config = Path(world.environ["HOME"]) / ".gitconfig"
        config.write_text(
            f'[credential]\n\thelper = "!f() {{ echo username=u; echo password={TOKEN}; }}; f"\n'
        )
        assert remotes(world).resolve(PDF).files == {"SKILL.md": SKILL}

    def test_without_a_token_it_says_how_to_give_one(self, world: World) -> None:
        problem = refusal(remotes(world), PDF)
        assert problem.code is Code.BROKEN_REFERENCE
        assert "there is no repository acme/skills, or it is private" in problem.summary
        assert "set GITHUB_TOKEN or GH_TOKEN" in problem.detail

    def test_nobody_is_asked_for_a_password(self, world: World, tmp_path: Path) -> None:
        asked = tmp_path / "asked"
        ask = tmp_path / "ask"
        ask.write_text(f"#!/bin/sh\ntouch {asked}\necho x\n")
        ask.chmod(0o755)
        (Path(world.environ["HOME"]) / ".gitconfig").write_text(f"[core]\n\taskPass = {ask}\n")
        environ = {
            "GIT_ASKPASS": str(ask),
            "SSH_ASKPASS": str(ask),
            "GIT_TERMINAL_PROMPT": "1",
            "DISPLAY": ":0",
        }
        assert refusal(remotes(world, **environ), PDF).code is Code.BROKEN_REFERENCE
        assert not asked.exists()

    def test_a_token_that_is_not_accepted_is_told_and_not_shown(self, world: World) -> None:
        problem = refusal(remotes(world, GITHUB_TOKEN="wrong-token-123"), PDF)
        assert problem.code is Code.CREDENTIALS
        assert "wrong-token-123" not in told(problem)

    def test_with_a_token_a_repository_that_is_not_there_is_told(self, world: World) -> None:
        problem = refusal(remotes(world, GITHUB_TOKEN=TOKEN), "https://github.com/acme/nothing")
        assert problem.code is Code.BROKEN_REFERENCE
        assert "there is no repository acme/nothing, or the token may not read it" in problem.summary
        assert TOKEN not in told(problem)

    @pytest.mark.parametrize("token", ["two words", "a\nhost=evil.example", "nö", "a\0b"])
    def test_what_cannot_be_a_token_is_refused_and_not_shown(
        self, world: World, hub: Hub, token: str
    ) -> None:
        with pytest.raises(Stop) as stopped:
            remotes(world, GITHUB_TOKEN=token).resolve(PDF)
        (problem,) = stopped.value.diagnostics
        assert problem.code is Code.CREDENTIALS
        assert "GITHUB_TOKEN" in problem.summary
        assert token not in told(problem)
        assert hub.asked == []


class TestWhereATokenIs:
    @pytest.fixture(autouse=True)
    def private(self, hub: Hub) -> None:
        hub.private.add("acme/skills")

    @pytest.mark.skipif(
        not Path("/proc/self/cmdline").exists(), reason="the arguments of processes are read there"
    )
    def test_it_stands_in_no_argument_of_any_process(self, world: World, hub: Hub) -> None:
        arguments: list[bytes] = []

        def look() -> None:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    arguments.append(path.read_bytes())
                except OSError:
                    continue  # it has ended meanwhile

        hub.authorised = look
        remotes(world, GITHUB_TOKEN=TOKEN).resolve(PDF)
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode())
        assert any(b"git-remote-https" in line or b"remote-https" in line for line in arguments)
        assert not [line for line in arguments if TOKEN.encode() in line or basic in line]

    def test_it_stands_in_no_file(self, world: World, hub: Hub) -> None:
        kept: list[str] = []

        def look() -> None:
            for path in world.cache.rglob("*"):
                if path.is_file():
                    kept.append(path.read_bytes().decode("latin-1"))

        hub.authorised = look
        remotes(world, GITHUB_TOKEN=TOKEN).resolve(PDF)
        assert any("bare = true" in text for text in kept), "the scratch repository was looked into"
        assert not [text for text in kept if TOKEN in text]

    def test_it_is_not_written_into_traces_that_the_user_has_on(
        self, world: World, hub: Hub, tmp_path: Path
    ) -> None:
        trace = tmp_path / "trace"
        environ = {"GIT_TRACE_CURL": str(trace), "GIT_TRACE_REDACT": "0", "GIT_CURL_VERBOSE": "1"}
        remotes(world, GITHUB_TOKEN=TOKEN, **environ).resolve(PDF)
        assert not trace.exists()

    def test_it_does_not_follow_to_another_host(self, world: World, hub: Hub) -> None:
        hub.moved["acme/skills"] = "https://evil.example/acme/other"
        hub.private.add("acme/other")
        (world.environ)["GIT_SSL_NO_VERIFY"] = "1"  # so that the other host is believed to be itself
        assert refusal(remotes(world, GITHUB_TOKEN=TOKEN), PDF).code is Code.BROKEN_REFERENCE
        assert "evil.example:443" in hub.hosts
        assert TOKEN not in hub.credentials


class TestTheNetwork:
    def test_nobody_listens(self, world: World, hub: Hub) -> None:
        world.environ["HTTPS_PROXY"] = "http://127.0.0.1:9"
        problem = refusal(remotes(world), PDF)
        assert problem.code is Code.REMOTE
        assert "proxy" in problem.detail

    def test_a_proxy_that_does_not_connect(self, world: World, hub: Hub) -> None:
        hub.refuses_to_connect = True
        problem = refusal(remotes(world), PDF)
        assert problem.code is Code.REMOTE
        assert "HTTPS_PROXY" in problem.detail

    def test_a_password_in_the_proxys_url_is_not_shown(self, world: World, hub: Hub) -> None:
        hub.refuses_to_connect = True
        world.environ["HTTPS_PROXY"] = f"http://user:hunter2@127.0.0.1:{hub.port}"
        assert "hunter2" not in told(refusal(remotes(world), PDF))

    def test_a_certificate_that_is_not_trusted(self, world: World, hub: Hub) -> None:
        del world.environ["GIT_SSL_CAINFO"]
        problem = refusal(remotes(world), PDF)
        assert problem.code is Code.REMOTE
        assert "sslCAInfo" in problem.detail
        assert hub.asked == []

    def test_no_answer_in_time(self, world: World, hub: Hub) -> None:
        hub.silent = True
        started = time.monotonic()
        problem = refusal(Remotes(world.cache, world.environ, timeout=1), PDF)
        assert time.monotonic() - started < 10
        assert problem.code is Code.REMOTE
        assert "does not answer" in problem.summary
        assert [path.name for path in world.cache.iterdir()] == []

    def test_a_name_that_does_not_resolve(self, world: World, hub: Hub) -> None:
        world.environ["HTTPS_PROXY"] = "http://nowhere.invalid:1"
        problem = refusal(remotes(world), PDF)
        assert problem.code is Code.REMOTE
        assert "HTTPS_PROXY" in problem.detail
