"""Where a key comes from, whom it is given to, and that it is never seen."""

from __future__ import annotations

import copy
from pathlib import Path

import httpx
import pytest

from agentops.domain.diagnostics import Code, Diagnostic, Stop
from agentops.registry import ApiKey, resolve_api_key, trusted_host
from tests.registry.wire import KEY


def no_file(path: str) -> str:
    raise FileNotFoundError(2, "No such file or directory")


def refusal(stopped: pytest.ExceptionInfo[Stop]) -> Diagnostic:
    (found,) = stopped.value.diagnostics
    assert found.code is Code.CREDENTIALS
    assert found.detail, "says what to do"
    return found


def sent_by(key: ApiKey) -> str:
    """What a server is sent: the only way to see a key."""
    signed = next(key.auth_flow(httpx.Request("GET", "https://api.anthropic.com")))
    return signed.headers["authorization"].removeprefix("Bearer ")


class TestApiKey:
    def test_hides_itself(self) -> None:
        key = ApiKey(KEY)
        for shown in (repr(key), str(key), f"{key}", f"{key!r}", repr([key]), repr(copy.copy(key))):
            assert shown.strip("[]") == "ApiKey(***)"

    def test_hides_itself_in_other_texts(self) -> None:
        assert ApiKey(KEY).concealer()(f"a {KEY} b {KEY}") == "a *** b ***"

    @pytest.mark.parametrize(
        "value", ["", " ", "a b", "a\nb", "a\r\nx-evil: 1", "schlüssel", "\x00", "a\u2028"]
    )
    def test_is_something_a_header_can_carry(self, value: str) -> None:
        with pytest.raises(Stop) as stopped:
            ApiKey(value, origin="the file key.txt")
        assert refusal(stopped).summary.startswith("the file key.txt ")
        if value.strip():
            assert value not in str(refusal(stopped))


class TestResolving:
    def test_a_variable_that_is_named(self) -> None:
        environ = {"ANTHROPIC_API_KEY": "other", "PROD_KEY": KEY}
        assert sent_by(resolve_api_key("env:PROD_KEY", environ, no_file)) == KEY

    def test_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_text(f"{KEY}\n")
        read = lambda path: (tmp_path / path).read_text()  # noqa: E731
        assert sent_by(resolve_api_key("file:key", {}, read)) == KEY

    @pytest.mark.parametrize("environ", [{}, {"PROD_KEY": ""}, {"PROD_KEY": "  "}])
    def test_a_variable_that_is_not_set(self, environ: dict[str, str]) -> None:
        with pytest.raises(Stop) as stopped:
            resolve_api_key("env:PROD_KEY", environ, no_file)
        assert "PROD_KEY, which is not set" in refusal(stopped).summary
        assert "set PROD_KEY" in refusal(stopped).detail

    def test_a_file_that_is_not_there(self) -> None:
        with pytest.raises(Stop) as stopped:
            resolve_api_key("file:keys/prod", {}, no_file)
        assert "keys/prod" in refusal(stopped).summary
        assert "No such file" in refusal(stopped).summary

    def test_a_file_that_is_no_text(self) -> None:
        with pytest.raises(Stop) as stopped:
            resolve_api_key("file:k", {}, lambda _path: b"\xff".decode())
        assert "not UTF-8" in refusal(stopped).summary

    @pytest.mark.parametrize("text", ["", "\n", "key one\nkey two"])
    def test_a_file_that_holds_no_key(self, text: str) -> None:
        with pytest.raises(Stop) as stopped:
            resolve_api_key("file:k", {}, lambda _path: text)
        assert "the file k" in refusal(stopped).summary
        assert "key one" not in refusal(stopped).summary

    @pytest.mark.parametrize(
        "reference", [KEY, f"env:{KEY}", "env:", "file:", f"vault:{KEY}", f"ENV:{KEY}", f"env:A B {KEY}"]
    )
    def test_a_malformed_reference_is_not_repeated_because_it_may_be_the_key(self, reference: str) -> None:
        with pytest.raises(Stop) as stopped:
            resolve_api_key(reference, {}, no_file)
        assert KEY not in f"{stopped.value!r} {refusal(stopped)}"
        assert "env:NAME" in refusal(stopped).detail


class TestTrust:
    @pytest.mark.parametrize(
        "url",
        [
            "https://api.anthropic.com",
            "https://api.anthropic.com./",
            "https://API.Anthropic.COM:443/prefix",
            "https://anthropic.com",
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://127.9.9.9:1",
            "http://[::1]:8080",
        ],
    )
    def test_anthropic_and_this_machine(self, url: str) -> None:
        assert trusted_host(url, {})

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.anthropic.com",
            "https://evil.example",
            "https://anthropic.com.evil.example",
            "https://evilanthropic.com",
            "https://api-anthropic.com",
            "https://api.anthropic.com@evil.example",
            "https://evil.example\\@api.anthropic.com",
            "https://evil.example#@api.anthropic.com",
            "https://evil.example?x=.anthropic.com",
            "https://evil.example/.anthropic.com",
            "https://api.anthropic.com%2eevil.example",
            "https://user@api.anthropic.com",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://127.1",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "ftp://api.anthropic.com",
            "//api.anthropic.com",
            "api.anthropic.com",
            "https://",
            "https://ａnthropic.com",
            "",
        ],
    )
    def test_nobody_else(self, url: str) -> None:
        assert not trusted_host(url, {})

    @pytest.mark.parametrize(
        ("listed", "url", "trusted"),
        [
            ("gateway.example", "https://gateway.example", True),
            ("gateway.example", "http://gateway.example:8080/x", True),
            ("a.example, gateway.example\nb.example", "https://GATEWAY.example", True),
            ("Gateway.Example", "https://gateway.example", True),
            ("gateway.example:8080", "http://gateway.example:8080", True),
            ("gateway.example:8080", "http://gateway.example:8081", False),
            ("gateway.example:443", "https://gateway.example", True),
            ("*.corp.example", "https://a.b.corp.example", True),
            ("*.corp.example", "https://corp.example", False),
            ("*.corp.example", "https://evilcorp.example", False),
            ("corp.example", "https://a.corp.example", False),
            ("10.0.0.1", "http://10.0.0.1", True),
            ("fd00::1", "http://[fd00::1]:80", True),
            ("[fd00::1]:81", "http://[fd00::1]:80", False),
            ("*", "https://evil.example", False),
            ("*.", "https://evil.example", False),
            (",", "https://evil.example", False),
            ("", "https://evil.example", False),
        ],
    )
    def test_hosts_that_the_user_lists(self, listed: str, url: str, trusted: bool) -> None:
        assert trusted_host(url, {"AGENTOPS_TRUSTED_HOSTS": listed}) is trusted
