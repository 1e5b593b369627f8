"""Ways to the registry that a company has: through its proxy, behind its own authority, below a path."""

from __future__ import annotations

import base64
import os
import selectors
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from agentops.domain.ports import RegistryError
from agentops.registry import HttpRegistry, World, find_access
from tests.registry.asking import AGENT, no_file
from tests.registry.token_service import ORGANIZATION, RULE, Guarded, TokenService, jwt
from tests.registry.wire import KEY
from tests.sockets import serving

HOST = "registry.invalid"
IDENTITY = jwt()

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="makes certificates with openssl")


@dataclass
class Api:
    """Answers every request, and remembers path and headers."""

    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.paths.append(scope["path"])
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        await JSONResponse({"id": "x_1"})(scope, receive, send)


@dataclass
class Proxy:
    """An HTTP proxy: it answers plain requests itself, and opens every tunnel to ``behind``, a local port."""

    behind: int = 0
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def handle(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (chunk := client.recv(65536)):
                return
            head += chunk
        self.asked.append(head.decode())
        if not head.startswith(b"CONNECT "):
            client.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\nconnection: close\r\n\r\n{"id":"x_1"}')
            return
        with socket.create_connection(("127.0.0.1", self.behind)) as server:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with selectors.DefaultSelector() as ready:
                for one, other in ((client, server), (server, client)):
                    ready.register(one, selectors.EVENT_READ, other)
                while True:
                    for key, _ in ready.select():
                        data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                        if not data:
                            return
                        key.data.sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    there = Proxy()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            there.handle(self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None: ...

    with Server(("127.0.0.1", 0), Handler) as server:
        there.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield there
        server.shutdown()


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``ca.pem``, and ``server.pem`` and ``server.key`` of HOST and 127.0.0.1, signed by it."""
    folder = tmp_path_factory.mktemp("authority")

    def openssl(*words: str) -> str:
        command = ["openssl", *words]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=ours")
    openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    (folder / "extensions").write_text(
        f"subjectAltName=DNS:{HOST},IP:127.0.0.1\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n"
    )
    signed = (
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-out",
        "server.pem",
    )
    openssl("x509", "-req", *signed, "-days", "2", "-extfile", "extensions")
    (folder / "trusted").mkdir()
    name = openssl("x509", "-hash", "-noout", "-in", "ca.pem").strip()
    shutil.copy(folder / "ca.pem", folder / "trusted" / f"{name}.0")
    return folder


def ask(url: str, **environ: str) -> Any:
    """What the registry answers to one request."""
    world = World({"HOME": "/nowhere", "AGENTOPS_TRUSTED_HOSTS": HOST, **environ}, no_file)

    async def main() -> Any:
        access = find_access(url, None, world)
        async with HttpRegistry.open(access.base_url, access.credential, sleep=_at_once) as registry:
            return await registry.get(AGENT, "agent_1")

    return anyio.run(main)


async def _at_once(_seconds: float) -> None: ...


@pytest.fixture
def tls(authority: Path) -> Iterator[tuple[Api, int]]:
    api = Api()
    certificate = {
        "ssl_certfile": str(authority / "server.pem"),
        "ssl_keyfile": str(authority / "server.key"),
    }
    with serving(api, **certificate) as port:
        yield api, port


def test_a_proxy_is_asked_for_plain_http(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://somebody:s3cret@127.0.0.1:{proxy.port}")
    assert ask(f"http://{HOST}:8080/api", ANTHROPIC_API_KEY=KEY) == {"id": "x_1"}
    (asked,) = proxy.asked
    assert asked.startswith(f"GET http://{HOST}:8080/api/v1/agents/agent_1 HTTP/1.1\r\n")
    assert base64.b64encode(b"somebody:s3cret").decode() in asked


@needs_openssl
def test_a_proxy_opens_tunnels_for_https_and_sees_no_key(
    proxy: Proxy, tls: tuple[Api, int], authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, proxy.behind = tls
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    assert ask(f"https://{HOST}", ANTHROPIC_API_KEY=KEY) == {"id": "x_1"}
    (asked,) = proxy.asked
    assert asked.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n")
    assert KEY not in asked
    assert api.headers[0]["authorization"] == f"Bearer {KEY}"


@needs_openssl
def test_tokens_are_asked_for_on_the_same_way(
    proxy: Proxy, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = TokenService(IDENTITY)
    certificate = {
        "ssl_certfile": str(authority / "server.pem"),
        "ssl_keyfile": str(authority / "server.key"),
    }
    with serving(Guarded(service, Api()), **certificate) as port:
        proxy.behind = port
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
        rule = {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}
        assert ask(f"https://{HOST}", ANTHROPIC_IDENTITY_TOKEN=IDENTITY, **rule) == {"id": "x_1"}
    assert [line.split("\r\n")[0] for line in proxy.asked] == [f"CONNECT {HOST}:443 HTTP/1.1"] * 2
    assert [asked.path for asked in service.asked] == ["/v1/oauth/token"]


def test_no_proxy_is_asked_for_hosts_that_are_named(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", f"other.example,{HOST}")
    with pytest.raises(RegistryError, match="does not resolve"):
        ask(f"http://{HOST}", ANTHROPIC_API_KEY=KEY)
    assert proxy.asked == []


@needs_openssl
@pytest.mark.parametrize(("variable", "name"), [("SSL_CERT_FILE", "ca.pem"), ("SSL_CERT_DIR", "trusted")])
def test_an_authority_of_ones_own(
    tls: tuple[Api, int], authority: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    api, port = tls
    url = f"https://127.0.0.1:{port}"
    with pytest.raises(RegistryError, match=r"is not trusted: .* let SSL_CERT_FILE name its authority"):
        ask(url, ANTHROPIC_API_KEY=KEY)
    assert api.paths == [], "the key was not sent"
    monkeypatch.setenv(variable, str(authority / name))
    assert ask(url, ANTHROPIC_API_KEY=KEY) == {"id": "x_1"}


def test_a_file_of_authorities_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull + "/nowhere")
    with pytest.raises(RegistryError, match="SSL_CERT_FILE"):
        ask("https://127.0.0.1:9", ANTHROPIC_API_KEY=KEY)
    rule = {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}
    with pytest.raises(RegistryError, match="SSL_CERT_FILE"):
        ask("https://127.0.0.1:9", ANTHROPIC_IDENTITY_TOKEN=IDENTITY, **rule)


@pytest.mark.parametrize("path", ["", "/", "/anthropic", "/a/b/"])
def test_a_base_url_with_a_path(path: str) -> None:
    api, service = Api(), TokenService(IDENTITY)
    below = path.rstrip("/")
    with serving(Guarded(service, api, prefix=below)) as port:
        rule = {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}
        ask(f"http://127.0.0.1:{port}{path}", ANTHROPIC_IDENTITY_TOKEN=IDENTITY, **rule)
    assert api.paths == ["/v1/agents/agent_1"]
    assert [asked.path for asked in service.asked] == ["/v1/oauth/token"]
    plain = Api()
    with serving(plain) as port:
        ask(f"http://127.0.0.1:{port}{path}", ANTHROPIC_API_KEY=KEY)
    assert plain.paths == [f"{below}/v1/agents/agent_1"]
