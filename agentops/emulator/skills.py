"""``/v1/skills``: directories of instructions that agents load (SDK type ``BetaSkill``).

A skill has a label that never changes and versions that do not change either; there is no update
and no archive. Only uploaded skills live here; those that Anthropic publishes (docx, pdf, pptx,
xlsx) are neither listed nor found, though agents may name them.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from agentops.emulator.checks import Check, number, one_of, text
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import Call, Endpoint
from agentops.emulator.listing import PAGING, Filters, page_of
from agentops.emulator.multipart import parse_form
from agentops.emulator.rows import find_row
from agentops.emulator.skill_upload import Upload, read_upload

#: Lists of skills and of their versions have longer pages than others (SDK types).
MOST_LIMIT = 1000

_display_name: Check = text(
    most=255,
    # U+2028 and U+2029 end a line, too.
    pattern="[^\x00-\x1f\x7f-\x9f\u2028\u2029]*",
    hint="String should be a single line without control characters",
)


def create(call: Call) -> dict[str, Any]:
    """A skill with its first version."""
    sent, upload = read_upload(call.body, {"display_name": _display_name})
    call.read_query({})
    identifier = new_id("skill_")
    call.tx.execute(
        "INSERT INTO skills (id, name, display_name, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
        (identifier, upload.name, sent.get("display_name") or upload.name, call.now, call.now),
    )
    add_version(call, identifier, upload)
    return _render(find_skill(call.tx, identifier))


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    return _render(find_skill(call.tx, call.ids["skill_id"]))


def delete(call: Call) -> dict[str, Any]:
    """Remove the skill with its versions; agents that name it keep the reference."""
    call.refuse_parameters()
    row = find_skill(call.tx, call.ids["skill_id"])
    call.tx.execute("DELETE FROM skills WHERE id = ?", (row["id"],))
    return {"id": row["id"], "type": "skill_deleted"}


def list_skills(call: Call) -> dict[str, Any]:
    query = call.read_query({**SKILL_PAGING, "source": one_of("custom", "anthropic")})
    filters = Filters()
    if query.get("source") == "anthropic":
        filters.add("FALSE")
    return page_of(
        call,
        query,
        collection="skills",
        select=_SELECT,
        filters=filters,
        render=_render,
        most=MOST_LIMIT,
    )


def add_version(call: Call, skill: str, upload: Upload) -> str:
    """Store ``upload`` as the newest version of ``skill``; returns the version's id."""
    identifier = new_id("skver_")
    call.tx.execute(
        "INSERT INTO skill_versions (id, skill_id, description, created_at) VALUES (?, ?, ?, ?)",
        (identifier, skill, upload.description, call.now),
    )
    call.tx.executemany(
        "INSERT INTO skill_files (version_id, path, content) VALUES (?, ?, ?)",
        ((identifier, path, content) for path, content in upload.files.items()),
    )
    return identifier


def find_skill(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    """The skill's row with its ``latest_version_id``; 404 where there is none."""
    return find_row(tx, "Skill", _SELECT + " WHERE id = ?", identifier)


SKILL_PAGING = {**PAGING, "limit": number(least=1, most=MOST_LIMIT)}

TABLES = """
CREATE TABLE IF NOT EXISTS skills (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
"""

ENDPOINTS = (
    Endpoint("POST", "/v1/skills", create, parse=parse_form),
    Endpoint("GET", "/v1/skills", list_skills),
    Endpoint("GET", "/v1/skills/{skill_id}", retrieve),
    Endpoint("DELETE", "/v1/skills/{skill_id}", delete),
)

_SELECT = """
SELECT skills.*, (
    SELECT skill_versions.id FROM skill_versions
    WHERE skill_versions.skill_id = skills.id ORDER BY skill_versions.seq DESC LIMIT 1
) AS latest_version_id
FROM skills
"""


def _render(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "skill",
        "display_name": row["display_name"],
        "latest_version_id": row["latest_version_id"],
        "source": {"type": "custom"},
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
