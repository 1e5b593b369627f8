"""What a request has to bring before its endpoint looks at it: credential, version, workspace, body."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from starlette.requests import Request

from agentops.emulator.database import Identity
from agentops.emulator.errors import ApiError, invalid_request

#: Largest request body of agents and environments (API reference, "Request size limits"). It holds
#: the 30 MB of a skill's files, too, with room for the headers of some five thousand parts.
MOST_BODY_BYTES = 32 * 1024 * 1024

#: The versions of the API that know Managed Agents (SDK 2.12, and the API reference of August 2026).
API_VERSIONS = ("2026-10-21", "2023-06-01")

_MOST_NESTING = 200


def check_credential(request: Request) -> None:
    """401 unless some API key or bearer token is there; any value will do."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = scheme.lower() == "bearer" and token.strip()
    if not bearer and not request.headers.get("x-api-key", "").strip():
        raise ApiError(
            401, "authentication_error", "Send an API key as 'x-api-key' or as 'Authorization: Bearer'."
        )


def check_version(request: Request) -> None:
    version = request.headers.get("anthropic-version")
    if version is None:
        raise invalid_request("anthropic-version: header is required")
    if version not in API_VERSIONS:
        raise invalid_request(f"anthropic-version: '{version}' is not a valid version")


def check_workspace(request: Request, identity: Identity) -> None:
    """403 when ``anthropic-workspace-id`` selects a workspace this credential does not belong to."""
    asked = request.headers.get("anthropic-workspace-id")
    if asked is not None and asked != identity.workspace_id:
        raise ApiError(403, "permission_error", f"The credential does not belong to workspace '{asked}'.")


async def read_body(request: Request) -> bytes:
    """The bytes of the body; 413 when there are too many, 400 when they are encoded."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:12]) > MOST_BODY_BYTES:
        raise _too_large()
    _check_encoding(request)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BODY_BYTES:
            raise _too_large()
    return bytes(raw)


def parse_json(_content_type: str, raw: bytes) -> Any:
    """The parsed body, None when it is empty; 400 for what is not one JSON document."""
    if not raw.strip():
        return None
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise invalid_request("The request body is not valid UTF-8.") from None
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise invalid_request(f"The request body is not valid JSON: {reason}") from None
    _check_storable(value)
    return value


def _too_large() -> ApiError:
    return ApiError(413, "request_too_large", f"The request body exceeds {MOST_BODY_BYTES} bytes.")


def _check_encoding(request: Request) -> None:
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise invalid_request(
            f"content-encoding: '{encoding}' is not supported", error_code="request_body_encoding_unsupported"
        )
    charset = re.search(
        r";\s*charset\s*=\s*\"?([^\s;\"]+)", request.headers.get("content-type", ""), re.IGNORECASE
    )
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise invalid_request(
            f"charset '{charset[1]}' is not supported; send UTF-8", error_code="unsupported_charset"
        )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _check_storable(value: Any) -> None:
    """Refuse what JSON syntax allows and no UTF-8 document can carry: lone surrogates, 1e999, the abyss."""
    level: list[Any] = [value]
    for _ in range(_MOST_NESTING):
        deeper: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                deeper.extend(node)
                deeper.extend(node.values())
            elif isinstance(node, list):
                deeper.extend(node)
            elif isinstance(node, float) and not math.isfinite(node):
                raise invalid_request("The request body has a number that is out of range.")
            elif isinstance(node, str) and not node.isascii() and _has_lone_surrogate(node):
                raise invalid_request("The request body has a string with an unpaired surrogate.")
        if not deeper:
            return
        level = deeper
    raise invalid_request(f"The request body is nested more than {_MOST_NESTING} levels deep.")


def _has_lone_surrogate(string: str) -> bool:
    try:
        string.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
