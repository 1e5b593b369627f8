"""The error answers of the API.

Every error body is ``{"type": "error", "error": {"type", "message", "details"?}, "request_id"}``
(API reference, "Errors"). ``error.details.error_code`` is the stable cause where the API has
one; the wording of ``message`` is not stable on the real service and is ours here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """One refused request: HTTP status and the ``error`` object of its body."""

    def __init__(
        self,
        status: int,
        error_type: str,
        message: str,
        *,
        error_code: str | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": error_type, "message": message, **(members or {})}
        if error_code is not None:
            self.error["details"] = {"error_code": error_code}


def invalid_request(message: str, *, error_code: str | None = None) -> ApiError:
    return ApiError(400, "invalid_request_error", message, error_code=error_code)


def not_found(what: str, identifier: str) -> ApiError:
    return ApiError(404, "not_found_error", f"{what} '{identifier}' was not found.")


def conflict(message: str) -> ApiError:
    return ApiError(409, "conflict_error", message)
