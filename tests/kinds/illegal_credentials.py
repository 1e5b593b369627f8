"""Illegal vaults and credentials: what is wrong, where the error stands, of what type, saying what."""

from __future__ import annotations

from typing import Any

from agentops.domain.diagnostics import Code

URL = "https://mcp.linear.app/mcp"
SECRET = {"secret": "env:TOKEN"}
BEARER: dict[str, Any] = {"type": "static_bearer", "mcp_server_url": URL, "token": SECRET}
REFRESH: dict[str, Any] = {
    "client_id": "c",
    "refresh_token": SECRET,
    "token_endpoint": "https://auth.example.com/token",
    "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRET},
}
OAUTH: dict[str, Any] = {
    "type": "mcp_oauth",
    "mcp_server_url": URL,
    "access_token": SECRET,
    "refresh": REFRESH,
}
VARIABLE: dict[str, Any] = {
    "type": "environment_variable",
    "secret_name": "API_KEY",
    "secret_value": SECRET,
    "networking": {"type": "unrestricted"},
}
LIMITED = {"type": "limited", "allowed_hosts": ["api.example.com"]}

VAULTS: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
    ({"name": "linear"}, ("name",), "extra_forbidden", ""),
    ({"description": "x"}, ("description",), "extra_forbidden", ""),
    ({"display_name": ""}, ("display_name",), "string_too_short", ""),
    ({"display_name": "x" * 256}, ("display_name",), "string_too_long", ""),
    ({"display_name": None}, ("display_name",), "string_type", ""),
    ({"metadata": {"agentops": "x"}}, ("metadata", "agentops"), Code.RESERVED, "another name"),
]


def without(auth: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in auth.items() if key != name}


AUTHS: list[tuple[Any, tuple[Any, ...], str, str]] = [
    # What stands at `auth`, the place of its error below that.
    ("the token", (), Code.WRONG_TYPE, "mapping with `type`"),
    (BEARER | {"type": "bearer"}, ("type",), Code.INVALID_VALUE, "did you mean 'static_bearer'"),
    (without(BEARER, "type"), ("type",), "missing", ""),
    (without(BEARER, "token"), ("token",), "missing", ""),
    (without(BEARER, "mcp_server_url"), ("mcp_server_url",), "missing", ""),
    (BEARER | {"expires_at": None}, ("expires_at",), "extra_forbidden", ""),
    *(
        (BEARER | {"mcp_server_url": url}, ("mcp_server_url",), Code.INVALID_VALUE, "https://mcp.example.com")
        for url in ("", "linear", "ftp://a.b", "https://a b", "https://")
    ),
    (
        BEARER | {"mcp_server_url": "https://me:pass@mcp.linear.app/mcp"},
        ("mcp_server_url",),
        Code.INVALID_VALUE,
        "user or password",
    ),
    (without(OAUTH, "access_token"), ("access_token",), "missing", ""),
    *(
        (OAUTH | {"expires_at": when}, ("expires_at",), Code.INVALID_VALUE, "RFC 3339")
        for when in (
            *("", "tomorrow", "2030-12-31", "2030-12-31T23:59:59", "2030-13-01T00:00:00Z"),
            *("2030-12-31 23:59:59Z", "2030-12-31T25:00:00Z", "20301231T235959Z", "2030-12-31T23:59:59Z\n"),
        )
    ),
    (OAUTH | {"expires_at": 1_900_000_000}, ("expires_at",), "string_type", ""),
    (OAUTH | {"refresh": "r"}, ("refresh",), "model_type", ""),
    *(
        (OAUTH | {"refresh": without(REFRESH, name)}, ("refresh", name), "missing", "")
        for name in ("client_id", "refresh_token", "token_endpoint", "token_endpoint_auth")
    ),
    (OAUTH | {"refresh": REFRESH | {"client_id": ""}}, ("refresh", "client_id"), "string_too_short", ""),
    (OAUTH | {"refresh": REFRESH | {"resource": ""}}, ("refresh", "resource"), "string_too_short", ""),
    (OAUTH | {"refresh": REFRESH | {"scope": ["read"]}}, ("refresh", "scope"), "string_type", ""),
    (
        OAUTH | {"refresh": REFRESH | {"token_endpoint": "https://u@auth.example.com"}},
        ("refresh", "token_endpoint"),
        Code.INVALID_VALUE,
        "user or password",
    ),
    (
        OAUTH | {"refresh": REFRESH | {"token_endpoint_auth": "none"}},
        ("refresh", "token_endpoint_auth"),
        Code.WRONG_TYPE,
        "mapping with `type`",
    ),
    (
        OAUTH | {"refresh": REFRESH | {"token_endpoint_auth": {"type": "basic"}}},
        ("refresh", "token_endpoint_auth", "type"),
        Code.INVALID_VALUE,
        "client_secret_basic",
    ),
    (
        OAUTH | {"refresh": REFRESH | {"token_endpoint_auth": {"type": "client_secret_post"}}},
        ("refresh", "token_endpoint_auth", "client_secret"),
        "missing",
        "",
    ),
    (
        OAUTH | {"refresh": REFRESH | {"token_endpoint_auth": {"type": "none", "client_secret": SECRET}}},
        ("refresh", "token_endpoint_auth", "client_secret"),
        "extra_forbidden",
        "",
    ),
    *(
        (without(VARIABLE, name), (name,), "missing", "")
        for name in ("secret_name", "secret_value", "networking")
    ),
    *(
        (VARIABLE | {"secret_name": name}, ("secret_name",), Code.INVALID_VALUE, "e.g. API_KEY")
        for name in ("", "API-KEY", "1KEY", "A B", "KEY=1", "ÄPI", "A\n")
    ),
    (VARIABLE | {"networking": {"type": "limited"}}, ("networking", "allowed_hosts"), "missing", ""),
    (
        VARIABLE | {"networking": {"type": "unrestricted", "allowed_hosts": []}},
        ("networking", "allowed_hosts"),
        "extra_forbidden",
        "",
    ),
    (
        VARIABLE | {"networking": LIMITED | {"allowed_hosts": [f"h{n}.example" for n in range(17)]}},
        ("networking", "allowed_hosts"),
        "too_long",
        "16",
    ),
    *(
        (
            VARIABLE | {"networking": LIMITED | {"allowed_hosts": ["ok.example", host]}},
            ("networking", "allowed_hosts", 1),
            Code.INVALID_VALUE,
            "without scheme, port or path",
        )
        for host in ("https://a.b", "a.b:443", "a.b/c", "::1", "[::1]", "*", "a.*.b", "")
    ),
    (VARIABLE | {"injection_location": None}, ("injection_location",), "model_type", ""),
    (VARIABLE | {"injection_location": {"header": None}}, ("injection_location", "header"), "bool_type", ""),
    (VARIABLE | {"injection_location": {"url": True}}, ("injection_location", "url"), "extra_forbidden", ""),
    *(
        (VARIABLE | {"injection_location": nowhere}, ("injection_location",), Code.INVALID_VALUE, "nowhere")
        for nowhere in ({}, {"header": False}, {"header": False, "body": False})
    ),
]

CREDENTIALS: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
    ({"display_name": ""}, ("display_name",), "string_too_short", ""),
    ({"display_name": "x" * 256}, ("display_name",), "string_too_long", ""),
    ({"vault_id": "vlt_1"}, ("vault_id",), "extra_forbidden", ""),
    ({"metadata": {"agentops": "x"}}, ("metadata", "agentops"), Code.RESERVED, "another name"),
    ({"metadata": SECRET}, ("metadata",), Code.INVALID_VALUE, "can be read by everybody"),
    *(({"auth": value}, ("auth", *place), error, says) for value, place, error, says in AUTHS),
]
