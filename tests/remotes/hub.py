"""github.com on this machine: TLS with a certificate of its own, credentials, repositories.

It is reached as a proxy is: git asks for ``CONNECT github.com:443`` and speaks TLS with whoever answers. The
repositories are served by git's own ``http-backend``. What GitHub says to whom is as observed there: 401
without a credential for what is private or missing, 404 with one.
"""

from __future__ import annotations

import base64
import os
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

CONNECTION_REFUSED_BY_PROXY = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Hub:
    """What is served, to whom, and what was asked for.

    private: needs ``token``. moved: path -> URL. authorised: called while a request with a credential waits.
    """

    repositories: Path
    certificate: Path
    token: str = ""
    private: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)
    refuses_to_connect: bool = False
    silent: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    authorised: Callable[[], None] = lambda: None
    port: int = 0

    def environ(self) -> dict[str, str]:
        return {"HTTPS_PROXY": f"http://127.0.0.1:{self.port}", "GIT_SSL_CAINFO": str(self.certificate)}

    @property
    def credentials(self) -> set[str | None]:
        return {credential for _, credential in self.asked}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(hub.certificate)
    closing = threading.Event()

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            host = self.rfile.readline().split()[1].decode()
            while self.rfile.readline().strip():
                pass
            hub.hosts.append(host)
            if hub.refuses_to_connect:
                self.request.sendall(CONNECTION_REFUSED_BY_PROXY)
                return
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            if hub.silent:
                closing.wait(30)
                return
            try:
                with context.wrap_socket(self.request, server_side=True) as secured:
                    handler = type("Handler", (_Requests,), {"hub": hub})
                    handler(secured, self.client_address, self.server)  # type: ignore[arg-type]
            except OSError:
                return  # whoever asked has left, or does not trust us

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Connection) as server:
        hub.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield hub
        finally:
            closing.set()
            server.shutdown()
            thread.join()


def make_certificate(path: Path) -> Path:
    """A certificate for github.com that nobody trusts unless told to, with its key in the same file."""
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=github.com",
    ]
    command += ["-addext", "subjectAltName=DNS:github.com", "-keyout", str(path), "-out", f"{path}.crt"]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


class _Requests(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        path = urlsplit(self.path).path.lstrip("/")
        name = "/".join(path.split("/")[:2])
        credential = self._credential()
        self.hub.asked.append((path, credential))
        if name in self.hub.moved:
            self._answer(HTTPStatus.MOVED_PERMANENTLY, ("Location", self.path_at(self.hub.moved[name], name)))
            return
        hidden = name in self.hub.private or not (self.hub.repositories / name).is_dir()
        if hidden and credential is None:
            self._answer(HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", 'Basic realm="GitHub"'))
            return
        if credential is not None:
            self.hub.authorised()
            if credential != self.hub.token:
                self._answer(HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", 'Basic realm="GitHub"'))
                return
        if not (self.hub.repositories / name).is_dir():
            self._answer(HTTPStatus.NOT_FOUND)
            return
        self._run_backend(path)

    def path_at(self, base: str, name: str) -> str:
        return base + self.path.removeprefix(f"/{name}")

    def _credential(self) -> str | None:
        """The password of a Basic credential."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        return base64.b64decode(value).decode().partition(":")[2] if scheme.lower() == "basic" else None

    def _answer(self, status: HTTPStatus, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _run_backend(self, path: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.hub.repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH_INFO": f"/{path}",
            "QUERY_STRING": urlsplit(self.path).query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"],
            input=self.rfile.read(length),
            env=environ,
            capture_output=True,
            check=True,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        fields = [line.partition(": ") for line in head.decode().splitlines()]
        status = next((int(value.split()[0]) for name, _, value in fields if name == "Status"), 200)
        self.send_response(status)
        for name, _, value in fields:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
