"""``/v1/skills/{id}/versions``: the uploads of a skill (SDK type ``BetaSkillVersion``).

A version is a complete snapshot: a file that is left out of an upload is gone in its version. Nothing
compares contents, so that the same files sent again make another version.
"""

from __future__ import annotations

import io
import sqlite3
import stat
import zipfile
from collections.abc import Iterable
from typing import Any

from agentops.emulator.endpoint import Call, Download, Endpoint
from agentops.emulator.errors import invalid_request
from agentops.emulator.listing import Filters, page_of
from agentops.emulator.multipart import parse_form
from agentops.emulator.rows import find_row
from agentops.emulator.skill_upload import read_upload
from agentops.emulator.skills import MOST_LIMIT, SKILL_PAGING, add_version, find_skill

#: Names the newest version where one is read; a deletion and a download want an id (SDK docstrings).
LATEST = "latest"


def create(call: Call) -> dict[str, Any]:
    """The next version; 400 when its SKILL.md has another name than the skill."""
    _, upload = read_upload(call.body, {})
    call.read_query({})
    skill = find_skill(call.tx, call.ids["skill_id"])
    if upload.name != skill["name"]:
        raise invalid_request(
            f"{upload.name}/SKILL.md: name: Skill '{skill['id']}' is named '{skill['name']}' for good. "
            "Keep that name, or create another skill."
        )
    identifier = add_version(call, skill["id"], upload)
    _touch(call, skill["id"])
    return _render(_find(call.tx, skill["id"], identifier))


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    skill = find_skill(call.tx, call.ids["skill_id"])
    version = call.ids["version"]
    return _render(_find(call.tx, skill["id"], skill["latest_version_id"] if version == LATEST else version))


def delete(call: Call) -> dict[str, Any]:
    """Remove one version; 400 for the last one, because a skill holds at least one (SDK types)."""
    call.refuse_parameters()
    skill = find_skill(call.tx, call.ids["skill_id"])
    row = _find(call.tx, skill["id"], call.ids["version"])
    (versions,) = call.tx.execute(
        "SELECT count(*) FROM skill_versions WHERE skill_id = ?", (skill["id"],)
    ).fetchone()
    if versions == 1:
        raise invalid_request(
            f"Version '{row['id']}' is the only one of skill '{skill['id']}'. "
            "Delete the skill, or upload another version first."
        )
    call.tx.execute("DELETE FROM skill_versions WHERE id = ?", (row["id"],))
    _touch(call, skill["id"])
    return {"id": row["id"], "type": "skill_version_deleted"}


def list_versions(call: Call) -> dict[str, Any]:
    query = call.read_query(SKILL_PAGING)
    skill = find_skill(call.tx, call.ids["skill_id"])["id"]
    filters = Filters()
    filters.add("skill_id = ?", skill)
    return page_of(
        call,
        query,
        collection=f"skills/{skill}/versions",
        select=_SELECT,
        filters=filters,
        render=_render,
        order="skill_versions.seq",
        most=MOST_LIMIT,
    )


def download(call: Call) -> Download:
    """The version's files as a zip archive; the same version has the same bytes every time."""
    call.read_query({})
    skill = find_skill(call.tx, call.ids["skill_id"])
    row = _find(call.tx, skill["id"], call.ids["version"])
    files = call.tx.execute(
        "SELECT path, content FROM skill_files WHERE version_id = ? ORDER BY path", (row["id"],)
    )
    return Download(_archive(row["name"], files), "application/zip", f"{row['name']}.zip")


_PATH = "/v1/skills/{skill_id}/versions"
TABLES = """
CREATE TABLE IF NOT EXISTS skill_versions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    skill_id TEXT NOT NULL REFERENCES skills (id) ON DELETE CASCADE,
    description TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS skill_versions_of_skill ON skill_versions (skill_id, seq);
CREATE TABLE IF NOT EXISTS skill_files (
    version_id TEXT NOT NULL REFERENCES skill_versions (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (version_id, path)
);
"""

ENDPOINTS = (
    Endpoint("POST", _PATH, create, parse=parse_form),
    Endpoint("GET", _PATH, list_versions),
    Endpoint("GET", _PATH + "/{version}", retrieve),
    Endpoint("DELETE", _PATH + "/{version}", delete),
    Endpoint("GET", _PATH + "/{version}/content", download),
)

_SELECT = """
SELECT skill_versions.*, skills.name FROM skill_versions JOIN skills ON skills.id = skill_versions.skill_id
"""


def _find(tx: sqlite3.Connection, skill: str, identifier: str) -> sqlite3.Row:
    return find_row(
        tx,
        "Skill version",
        _SELECT + " WHERE skill_versions.skill_id = ? AND skill_versions.id = ?",
        skill,
        identifier,
    )


def _touch(call: Call, skill: str) -> None:
    call.tx.execute("UPDATE skills SET updated_at = ? WHERE id = ?", (call.now, skill))


def _archive(directory: str, files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of ``files`` below ``directory``, with neither the time nor the platform in it."""
    buffer = io.BytesIO()
    # Stored, not deflated: what deflate makes of a file differs among versions of zlib.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, content in files:
            member = zipfile.ZipInfo(f"{directory}/{path}")
            member.create_system = 3  # Unix, on Windows too
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def _render(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "skill_version",
        "skill_id": row["skill_id"],
        "name": row["name"],
        "description": row["description"],
        "created_at": row["created_at"],
    }
