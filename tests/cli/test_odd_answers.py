"""Whatever a server sends, a user reads one sentence with what it said and its request ID."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.projects import Project

KEY = "sk-ant-api03-never-to-be-seen"
ID = "req_odd_1"
ALIEN = "does not look like the Managed Agents API; check the registry's base_url"


def raw(status: str, body: bytes = b"", *headers: str, id: bool = True, length: bool = True) -> bytes:
    """An HTTP response as it is on the wire."""
    lines = [f"HTTP/1.1 {status}", "connection: close", *headers]
    lines += [f"request-id: {ID}"] if id else []
    lines += [f"content-length: {len(body)}"] if length else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def as_json(status: str, value: Any, *headers: str, id: bool = True) -> bytes:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return raw(status, body, "content-type: application/json", *headers, id=id)


def refused(status: str, type: str, message: str, *headers: str, **error: Any) -> bytes:
    """In the API's shape, with the request ID in the body alone."""
    body = {"type": "error", "error": {"type": type, "message": message, **error}, "request_id": ID}
    return as_json(status, body, *headers, id=False)


def listed(*items: Any, **more: Any) -> bytes:
    return as_json("200 OK", {"data": [*items], "next_page": None, **more})


DEEP = b'{"data": [' + b"[" * 5000 + b"]" * 5000 + b"]}"
NESTED: Any = {"id": "agent_1", "x": 1}
for _ in range(150):
    NESTED = {"id": "agent_1", "metadata": NESTED}
AT_ONCE = "retry-after-ms: 1"

ANSWERS: dict[str, tuple[bytes, str]] = {
    # -- what the API itself says
    "400": (refused("400 Bad Request", "invalid_request_error", "limit: too large"), "limit: too large"),
    "402": (refused("402 Payment Required", "billing_error", "No credit."), "No credit."),
    "401": (refused("401 Unauthorized", "authentication_error", "invalid x-api-key"), "invalid x-api-key"),
    "403": (refused("403 Forbidden", "permission_error", "Not yours."), "Not yours."),
    "404": (refused("404 Not Found", "not_found_error", "No such route."), "No such route."),
    "408": (refused("408 Request Timeout", "timeout_error", "Too slow.", AT_ONCE), "Too slow."),
    "409": (refused("409 Conflict", "conflict_error", "Busy.", AT_ONCE), "Busy."),
    "422": (refused("422 Unprocessable Entity", "odd_error", "Odd."), "Odd."),
    "429": (refused("429 Too Many Requests", "rate_limit_error", "Slow down.", AT_ONCE), "Slow down."),
    "a spend cap": (
        refused(
            "429 Too Many Requests",
            "rate_limit_error",
            "The limit is reached.",
            details={"error_code": "enforced_spend_limit_reached"},
        ),
        "enforced_spend_limit_reached",
    ),
    "500": (refused("500 Internal Server Error", "api_error", "Oh no.", AT_ONCE), "Oh no."),
    "503": (refused("503 Service Unavailable", "api_error", "No key.", AT_ONCE), "No key."),
    "504": (refused("504 Gateway Timeout", "timeout_error", "Late.", AT_ONCE), "Late."),
    "529": (refused("529 Overloaded", "overloaded_error", "Overloaded.", AT_ONCE), "Overloaded."),
    "an unknown type and code": (
        refused("418 Teapot", "teapot_error", "Short.", details={"error_code": "stout", "x": [1]}),
        "stout",
    ),
    "details that are none": (refused("400 Bad", "odd_error", "Hm.", details="x"), "odd_error"),
    "a message of several lines": (refused("400 Bad", "odd_error", "a\n\tb\x1b[31m\u2028c"), "a b [31m c"),
    "half a character": (refused("400 Bad", "odd_error", "a \ud83d b"), "a \ufffd b"),
    # -- errors of others
    "text": (
        raw("400 Bad Request", b"upstream\r\n timed out", "content-type: text/plain"),
        "upstream timed out",
    ),
    "text without a type": (raw("502 Bad Gateway", b"no backend", AT_ONCE), "no backend"),
    "a page of a proxy": (
        raw("403 Forbidden", b"<html><body>Blocked</body></html>", "content-type: text/html"),
        "a web page (403 Forbidden)",
    ),
    "a page that says it is JSON": (
        as_json("502 Bad Gateway", b"<html>x", AT_ONCE),
        "a web page (502 Bad Gateway)",
    ),
    "a detail": (as_json("400 Bad Request", {"detail": "Not today."}), "Not today."),
    "details of a 422": (
        as_json("422 Unprocessable Entity", {"detail": [{"loc": ["query", "limit"], "msg": "too big"}]}),
        "query.limit: too big",
    ),
    "problem+json": (
        raw("400 Bad Request", b'{"title": "Wrong."}', "content-type: application/problem+json"),
        "Wrong.",
    ),
    "an error that is a message": (as_json("400 Bad Request", {"error": "Bad."}), "Bad."),
    "a 413 of an edge": (
        raw("413 Request Entity Too Large", b"<h1>413</h1>", "content-type: text/html"),
        "a web page (413",
    ),
    "a 413 of nothing": (raw("413 Request Entity Too Large"), "an empty answer (413"),
    "a 404 of a web server": (raw("404 Not Found", b"<h1>nginx", "content-type: text/html"), ALIEN),
    "a 404 of nothing": (raw("404 Not Found"), ALIEN),
    "a redirect": (
        raw("301 Moved Permanently", b"", "location: https://elsewhere.example/v1?token=s3cret"),
        "redirects to elsewhere.example; write where the API is as base_url",
    ),
    "a redirect to a login": (raw("302 Found", b"", "location: /login"), "redirects to another path"),
    "a redirect to nowhere": (raw("302 Found", b"", "location: http://["), "redirects to"),
    "a 304": (raw("304 Not Modified", length=False), "an empty answer (304 Not Modified)"),
    "a status of one's own": (raw("999 Odd", b"", AT_ONCE), "an empty answer (999 Odd)"),
    "an error that is deep": (as_json("400 Bad Request", b'{"error": ' + b"[" * 5000), "[[["),
    "an error that is long": (raw("400 Bad Request", b"x" * 3_000_000, "content-type: text/plain"), "xxx…"),
    "no such charset": (raw("400 Bad", b"gr\xc3\xbcn", "content-type: text/plain; charset=klingon"), "grün"),
    "a charset that is none": (raw("400 Bad", b"beef", "content-type: text/plain; charset=hex"), "beef"),
    "another charset": (
        raw("400 Bad", "größer".encode("latin-1"), "content-type: text/plain; charset=latin-1"),
        "größer",
    ),
    "the wrong charset": (raw("400 Bad", b"gr\xfcn", "content-type: text/plain; charset=utf-8"), "gr\ufffdn"),
    # -- answers that are none
    "nothing": (raw("200 OK"), "an empty answer (200 OK)"),
    "no content": (raw("204 No Content", length=False), "an empty answer (204 No Content)"),
    "a page to log in": (raw("200 OK", b"<!doctype html>", "content-type: text/html"), "a web page (200 OK)"),
    "OK": (raw("200 OK", b"OK", "content-type: text/plain"), "an answer of type text/plain (200 OK)"),
    "a picture": (
        raw("200 OK", b"\x89PNG", "content-type: image/png"),
        "an answer of type image/png (200 OK)",
    ),
    "half a JSON": (as_json("200 OK", b'{"data": [{"id": "agent_1"'), "where a JSON object was expected"),
    "half a gzip": (
        raw("200 OK", gzip.compress(b'{"data": []}')[:15], "content-encoding: gzip"),
        "where a JSON object was expected",
    ),
    "a list": (as_json("200 OK", ["x"]), "where a JSON object was expected"),
    "a number": (as_json("200 OK", 5), "where a JSON object was expected"),
    "null": (as_json("200 OK", None), "where a JSON object was expected"),
    "not a number": (as_json("200 OK", b'{"data": [], "x": NaN}'), "where a JSON object was expected"),
    "infinity": (as_json("200 OK", b'{"data": [], "x": -Infinity}'), "where a JSON object was expected"),
    "a number of many digits": (as_json("200 OK", b'{"x": ' + b"9" * 5000 + b"}"), "where a JSON object"),
    "too deep to read": (as_json("200 OK", DEEP), "where a JSON object was expected"),
    "too deep to look at": (listed(NESTED), "where a JSON object was expected"),
    "latin-1": (as_json("200 OK", b'{"data": [{"id": "a", "name": "gr\xfcn"}]}'), "where a JSON object"),
    "half a character in bytes": (as_json("200 OK", b'{"data": ["\xed\xa0\xbd"]}'), "where a JSON object"),
    # -- lists that are none
    "no data": (as_json("200 OK", {}), "a list of agents has no `data`"),
    "an object": (as_json("200 OK", {"id": "agent_1", "type": "agent"}), "a list of agents has no `data`"),
    "an error with a 200": (as_json("200 OK", {"error": {"message": "x"}}), "a list of agents has no `data`"),
    "data that is null": (as_json("200 OK", {"data": None}), "a list of agents has no `data`"),
    "data that is an object": (as_json("200 OK", {"data": {}}), "a list of agents has no `data`"),
    "items that are texts": (listed("agent_1"), "a list of agents has no `data`"),
    "no id": (listed({"type": "agent", "name": "x"}), "a list of agents has an item without an `id`"),
    "an id that is null": (listed({"type": "agent", "id": None}), "has an item without an `id`"),
    "an id that is a number": (listed({"type": "agent", "id": 7}), "has an item without an `id`"),
    "an id that is empty": (listed({"type": "agent", "id": ""}), "has an item without an `id`"),
    "a page that is a number": (listed(next_page=7), "has a `next_page` that is no text"),
    "a page that is an object": (listed(next_page={"page": "x"}), "has a `next_page` that is no text"),
    "a page that is itself": (listed(next_page="page_1"), "lists agents without end"),
}
"""What is answered to the first request, and what the user reads of it."""

WITHOUT_ID: dict[str, tuple[bytes, str]] = {
    "no gzip": (raw("200 OK", b'{"data": []}', "content-encoding: gzip"), "cannot be decoded"),
    "less than was announced": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{",
        "closed the connection without an answer",
    ),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", "closed the connection without an answer"),
    "nothing at all": (b"", "closed the connection without an answer"),
    "a broken header": (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "closed the connection without an answer"),
    "a length that is none": (
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        "closed the connection without an answer",
    ),
    "another protocol": (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", "127.0.0.1"),
}


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A server that reads a request, sends these bytes and hangs up; its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked = b""
                    while b"\r\n\r\n" not in asked and (part := connection.recv(65536)):
                        asked += part
                    connection.sendall(answer(asked))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.fixture
def remote(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """A project whose one stage is at this URL; it does not wait between attempts."""
    monkeypatch.setenv("PROD_KEY", KEY)
    monkeypatch.setattr("agentops.registry.connection.delay", lambda *_: 0.001)

    def at(url: str) -> Project:
        registry = f"{{base_url: '{url}', api_key: {{secret: 'env:PROD_KEY'}}}}"
        empty.write("agentops.yaml", f"project: demo\nstages:\n  prod:\n    registry: {registry}\n")
        empty.write("agents/tutor.yaml", "model: claude-opus-5-5\nsystem: Teach.\n")
        return empty

    return at


def told(remote: Callable[[str], Project], answer: bytes, *arguments: str) -> str:
    """What the one sentence says."""
    with answering(lambda _: answer) as url:
        ended = remote(url).run(*arguments)
    assert (ended.code, ended.out) == (1, ""), ended
    assert "Traceback" not in ended.err
    assert "bug in agentops" not in ended.err
    assert ended.err.startswith("error[")
    assert ended.err.count("error[") == 1
    assert KEY not in ended.err
    assert "s3cret" not in ended.err
    return " ".join(ended.err.split())


@pytest.mark.parametrize("name", ANSWERS)
def test_every_odd_answer_ends_in_one_sentence(name: str, remote: Callable[[str], Project]) -> None:
    answer, says = ANSWERS[name]
    said = told(remote, answer, "plan")
    assert says in said
    assert ID in said


@pytest.mark.parametrize("name", WITHOUT_ID)
def test_every_answer_that_is_none_ends_in_one_sentence(name: str, remote: Callable[[str], Project]) -> None:
    answer, says = WITHOUT_ID[name]
    assert says in told(remote, answer, "plan")
