"""Skills and their versions: labels, latest, deletes, lists, downloads."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.emulator import create_app
from tests.emulator.conftest import MANAGED_AGENTS, Clock, Registry
from tests.emulator.uploads import (
    FILES,
    MANIFEST,
    add_version,
    content_of,
    create,
    described,
    downloaded,
    message_of,
    refusal,
    send,
    zipped,
)

# --- a skill and its label ---


def test_a_skill_comes_with_its_first_version(registry: Registry) -> None:
    skill = create(registry, display_name="PDF tools")
    assert skill == {
        "id": skill["id"],
        "type": "skill",
        "display_name": "PDF tools",
        "latest_version_id": skill["latest_version_id"],
        "source": {"type": "custom"},
        "created_at": skill["created_at"],
        "updated_at": skill["created_at"],
    }
    assert skill["id"].startswith("skill_01")
    assert skill["latest_version_id"].startswith("skver_01")
    assert registry.get(f"/skills/{skill['id']}") == skill
    assert registry.get(f"/skills/{skill['id']}/versions/{skill['latest_version_id']}") == {
        "id": skill["latest_version_id"],
        "type": "skill_version",
        "skill_id": skill["id"],
        "name": "pdf-tools",
        "description": "Fills PDF forms.",
        "created_at": skill["created_at"],
    }


@pytest.mark.parametrize("fields", [{}, {"display_name": ""}])
def test_the_label_is_the_name_where_none_is_given(registry: Registry, fields: dict[str, str]) -> None:
    assert create(registry, **fields)["display_name"] == "pdf-tools"


def test_labels_at_their_limit_and_twice(registry: Registry) -> None:
    label = "é" * 255
    first, second = (create(registry, display_name=label) for _ in range(2))
    assert first["display_name"] == second["display_name"] == label
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("x" * 256, "display_name: String should have at most 255 characters"),
        ("a\nb", "display_name: String should be a single line without control characters"),
        ("a\u2028b", "display_name: String should be a single line without control characters"),
        (b"\xff", "display_name: Input should be valid UTF-8; byte 1 is not"),
        (["a", "b"], "display_name: Input should be sent once"),
    ],
)
def test_refused_labels(registry: Registry, label: Any, message: str) -> None:
    assert refusal(registry, FILES, display_name=label) == message


def test_there_is_no_update(registry: Registry) -> None:
    skill = create(registry)
    assert registry.send("POST", f"/skills/{skill['id']}", {"display_name": "x"}).status_code == 405
    refused = send(registry, path=f"/skills/{skill['id']}/versions", fields={"display_name": "x"})
    assert message_of(refused) == "display_name: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("beta", "status"),
    [
        (None, 200),
        ("skills-2025-10-02", 200),
        (f"{MANAGED_AGENTS}, oauth-2025-04-20", 200),
        ("skills-2099-01-01", 400),
    ],
)
def test_no_beta_header_is_needed(registry: Registry, beta: str | None, status: int) -> None:
    answer = send(registry, beta=beta)
    assert answer.status_code == status
    if status == 400:
        assert message_of(answer) == "anthropic-beta: unexpected value 'skills-2099-01-01'"


# --- versions ---


def test_every_upload_is_a_version(registry: Registry) -> None:
    skill = create(registry)
    same = add_version(registry, skill["id"])
    other = add_version(registry, skill["id"], described("Reads forms."))
    assert same["id"] != skill["latest_version_id"]
    assert other["description"] == "Reads forms."
    listed = registry.get(f"/skills/{skill['id']}/versions")["data"]
    assert [each["id"] for each in listed] == [other["id"], same["id"], skill["latest_version_id"]]
    assert registry.get(f"/skills/{skill['id']}/versions/latest") == other == listed[0]

    after = registry.get(f"/skills/{skill['id']}")
    assert after == {**skill, "latest_version_id": other["id"], "updated_at": other["created_at"]}
    assert after["updated_at"] > skill["updated_at"]


def test_a_version_is_a_complete_snapshot(registry: Registry) -> None:
    skill = create(registry)
    add_version(registry, skill["id"], described("Reads forms."))
    assert downloaded(registry, registry.get(f"/skills/{skill['id']}")) == described("Reads forms.")
    assert downloaded(registry, skill) == FILES


def test_the_name_is_for_good(registry: Registry) -> None:
    skill = create(registry)
    other = {"xls-tools/SKILL.md": MANIFEST.replace(b"pdf", b"xls")}
    message = message_of(send(registry, other, f"/skills/{skill['id']}/versions"))
    assert message.startswith(
        f"xls-tools/SKILL.md: name: Skill '{skill['id']}' is named 'pdf-tools' for good."
    )
    assert registry.get(f"/skills/{skill['id']}") == skill


def test_a_refused_version_leaves_the_skill_alone(registry: Registry) -> None:
    skill = create(registry)
    assert send(registry, {"pdf-tools/x": b""}, f"/skills/{skill['id']}/versions").status_code == 400
    assert registry.get(f"/skills/{skill['id']}") == skill
    assert len(registry.get(f"/skills/{skill['id']}/versions")["data"]) == 1


def test_deleting_the_latest_version_makes_the_one_before_it_the_latest(registry: Registry) -> None:
    skill = create(registry)
    versions = f"/skills/{skill['id']}/versions"
    second = add_version(registry, skill["id"])["id"]
    assert registry.delete(f"{versions}/{second}") == {"id": second, "type": "skill_version_deleted"}
    assert registry.get(f"{versions}/latest")["id"] == skill["latest_version_id"]
    after = registry.get(f"/skills/{skill['id']}")
    assert after["latest_version_id"] == skill["latest_version_id"]
    assert after["updated_at"] > skill["updated_at"]
    for path in (f"{versions}/{second}", f"{versions}/{second}/content"):
        registry.refused("GET", path, status=404)
    third = add_version(registry, skill["id"])["id"]
    assert third not in (second, skill["latest_version_id"])


def test_the_last_version_stays(registry: Registry) -> None:
    skill = create(registry)
    version = skill["latest_version_id"]
    error = registry.refused("DELETE", f"/skills/{skill['id']}/versions/{version}")
    assert error["message"].startswith(f"Version '{version}' is the only one of skill '{skill['id']}'.")
    assert registry.get(f"/skills/{skill['id']}") == skill


def test_latest_is_for_reading_only(registry: Registry) -> None:
    skill = create(registry)
    add_version(registry, skill["id"])
    latest = f"/skills/{skill['id']}/versions/latest"
    assert registry.refused("DELETE", latest, status=404)["type"] == "not_found_error"
    assert registry.refused("GET", f"{latest}/content", status=404)["type"] == "not_found_error"


def test_unknown_skills_and_versions(registry: Registry) -> None:
    skill, other = create(registry), create(registry)
    foreign = f"/skills/{skill['id']}/versions/{other['latest_version_id']}"
    for method, path in (
        ("GET", "/skills/skill_x"),
        ("DELETE", "/skills/skill_x"),
        ("GET", "/skills/skill_x/versions"),
        ("GET", "/skills/skill_x/versions/latest"),
        ("GET", "/skills/xlsx"),
        ("GET", foreign),
        ("DELETE", foreign),
        ("GET", f"{foreign}/content"),
    ):
        assert registry.refused(method, path, status=404)["type"] == "not_found_error"
    assert send(registry, path="/skills/skill_x/versions").status_code == 404


# --- deletes ---


def test_delete_takes_the_versions_along(registry: Registry) -> None:
    skill, other = create(registry), create(registry)
    add_version(registry, skill["id"])
    assert registry.delete(f"/skills/{skill['id']}") == {"id": skill["id"], "type": "skill_deleted"}
    for path in ("", "/versions", f"/versions/{skill['latest_version_id']}"):
        registry.refused("GET", f"/skills/{skill['id']}{path}", status=404)
    assert registry.get("/skills")["data"] == [other]
    app: Any = registry.client.app
    with app.state.database.transaction(write=False) as tx:
        kept = {row["version_id"] for row in tx.execute("SELECT version_id FROM skill_files")}
    assert kept == {other["latest_version_id"]}


def test_agents_may_name_skills_that_do_not_exist(registry: Registry) -> None:
    skill = create(registry)
    named = [
        {"type": "custom", "skill_id": skill["id"], "version": "skver_x"},
        {"type": "custom", "skill_id": "skill_x", "version": "latest"},
    ]
    agent = registry.agent(skills=named)
    registry.delete(f"/skills/{skill['id']}")
    assert registry.get(f"/agents/{agent['id']}")["skills"] == named


# --- lists ---


def test_lists_page_newest_first(registry: Registry) -> None:
    created = [create(registry)["id"] for _ in range(3)]
    page = registry.get("/skills?limit=2")
    rest = registry.get(f"/skills?limit=2&page={page['next_page']}")
    assert [each["id"] for each in page["data"] + rest["data"]] == created[::-1]
    assert rest["next_page"] is None
    registry.refused("GET", f"/skills/{created[0]}/versions?page={page['next_page']}")


@pytest.mark.parametrize("path", ["/skills", "/skills/{id}/versions"])
def test_pages_hold_up_to_a_thousand(registry: Registry, path: str) -> None:
    skill = create(registry)
    for _ in range(20):
        create(registry) if path == "/skills" else add_version(registry, skill["id"])
    path = path.format(id=skill["id"])
    assert len(registry.get(path)["data"]) == 20
    assert len(registry.get(f"{path}?limit=1000")["data"]) == 21
    message = registry.refused("GET", f"{path}?limit=1001")["message"]
    assert message == "limit: Input should be less than or equal to 1000"


def test_the_source_filter(registry: Registry) -> None:
    skill = create(registry)
    assert registry.get("/skills?source=custom")["data"] == [skill]
    assert registry.get("/skills?source=anthropic") == {"data": [], "next_page": None}
    registry.refused("GET", "/skills?source=plugin")


# --- downloads ---


def test_a_download_is_a_zip_named_for_the_skill(registry: Registry) -> None:
    skill = create(registry)
    answer = content_of(registry, skill["id"], skill["latest_version_id"])
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="pdf-tools.zip"'
    assert answer.headers["request-id"].startswith("req_")
    assert downloaded(registry, skill) == FILES


def test_the_bytes_of_a_download_depend_on_the_files_alone(registry: Registry) -> None:
    skill = create(registry)
    backwards = add_version(registry, skill["id"], dict(reversed(FILES.items())))["id"]
    elsewhere = Registry(create_app(":memory:", clock=Clock()))
    archived = create(elsewhere, {"skill.zip": zipped(FILES)})
    contents = [
        content_of(registry, skill["id"], skill["latest_version_id"]).content,
        content_of(registry, skill["id"], skill["latest_version_id"]).content,
        content_of(registry, skill["id"], backwards).content,
        content_of(elsewhere, archived["id"], archived["latest_version_id"]).content,
    ]
    assert len(set(contents)) == 1
    elsewhere.client.app.state.database.close()  # type: ignore[attr-defined]


def test_every_byte_comes_back(registry: Registry) -> None:
    files = {
        "pdf-tools/SKILL.md": MANIFEST.replace(b"\n", b"\r\n"),
        "pdf-tools/empty": b"",
        "pdf-tools/all.bin": bytes(range(256)) * 3,
        "pdf-tools/lines.txt": b"\r\n--b\r\n--\n\r\r\n\n--b--",
        "pdf-tools/größe/日本語 🎈.txt": "ünïcode".encode(),
        "pdf-tools/.hidden/.file": b"1",
        "pdf-tools/100%25; a=b, 'c'.txt": b"2",
    }
    assert downloaded(registry, create(registry, files)) == files


def test_a_quotation_mark_in_a_path_stays_encoded(registry: Registry) -> None:
    skill = create(registry, {**FILES, 'pdf-tools/a"b': b"1"})
    assert downloaded(registry, skill) == {**FILES, "pdf-tools/a%22b": b"1"}
