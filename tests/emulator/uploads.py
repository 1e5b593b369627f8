"""Uploads of skills for the tests of the emulator: what is sent, and what comes back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from tests.emulator.conftest import Registry

HEADERS = {"x-api-key": "test", "anthropic-version": "2026-10-21"}
MANIFEST = b"---\nname: pdf-tools\ndescription: Fills PDF forms.\n---\n\nUse the scripts.\n"
FILES: dict[str, bytes] = {"pdf-tools/SKILL.md": MANIFEST, "pdf-tools/scripts/fill.py": b"print('filled')\n"}


def manifest(frontmatter: str, *, newline: str = "\n") -> dict[str, bytes]:
    """A skill of one file in the directory ``pdf-tools``."""
    lines = ["---", *frontmatter.splitlines(), "---", "", "Instructions.", ""]
    return {"pdf-tools/SKILL.md": newline.join(lines).encode()}


def described(description: str) -> dict[str, bytes]:
    return manifest(f"name: pdf-tools\ndescription: {description}")


def zipped(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def send(
    registry: Registry,
    files: Mapping[str, bytes] = FILES,
    path: str = "/skills",
    *,
    fields: Mapping[str, Any] | None = None,
    beta: str | None = None,
) -> Any:
    headers = {**HEADERS, **({} if beta is None else {"anthropic-beta": beta})}
    parts = [("files[]", (name, content)) for name, content in files.items()]
    return registry.client.post(f"/v1{path}", headers=headers, files=parts, data=dict(fields or {}))


def send_raw(registry: Registry, content: bytes, content_type: str, path: str = "/skills") -> Any:
    headers = {**HEADERS, "content-type": content_type}
    return registry.client.post(f"/v1{path}", headers=headers, content=content)


def create(registry: Registry, files: Mapping[str, bytes] = FILES, **fields: str) -> dict[str, Any]:
    answer = send(registry, files, fields=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def add_version(registry: Registry, skill: str, files: Mapping[str, bytes] = FILES) -> dict[str, Any]:
    answer = send(registry, files, f"/skills/{skill}/versions")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def message_of(answer: Any, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["type"] == ("invalid_request_error" if status == 400 else "request_too_large")
    return str(error["message"])


def refusal(registry: Registry, files: Mapping[str, bytes], **fields: Any) -> str:
    return message_of(send(registry, files, fields=fields))


def content_of(registry: Registry, skill: str, version: str) -> Any:
    answer = registry.send("GET", f"/skills/{skill}/versions/{version}/content")
    assert answer.status_code == 200, answer.text
    return answer


def downloaded(registry: Registry, skill: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of the latest version."""
    answer = content_of(registry, skill["id"], skill["latest_version_id"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
