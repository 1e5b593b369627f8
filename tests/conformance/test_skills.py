"""``client.skills`` and ``client.beta.skills`` with their versions, from a directory to a directory."""

from __future__ import annotations

import asyncio
import io
import shutil
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anthropic
import pytest
from anthropic.lib import files_from_dir
from anthropic.lib.environments import download_session_skills

CONTENTS = {
    "SKILL.md": b"---\nname: form-filler\ndescription: >-\n  Fills forms\n  in PDFs.\n---\n\nUse it.\n",
    "scripts/fill.py": b"print('filled')\r\n",
    "assets/blank.pdf": bytes(range(256)) * 40,
    "assets/empty": b"",
    "references/größe 日本.md": "Größe".encode(),
    ".hidden": b"dot",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    root = tmp_path / "form-filler"
    for path, content in CONTENTS.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


@pytest.fixture(params=["beta", "ga"])
def skills(request: pytest.FixtureRequest, client: anthropic.Anthropic) -> Any:
    """Both of the SDK's resources; they call the same paths and have types of their own."""
    return client.beta.skills if request.param == "beta" else client.skills


def contents_of(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_the_life_of_a_skill(skills: Any, beta: Any, directory: Path) -> None:
    skill = skills.create(files=files_from_dir(directory), display_name="Form filler")
    assert (skill.display_name, skill.source.type, skill.type) == ("Form filler", "custom", "skill")
    assert skills.retrieve(skill.id) == skill
    first = skills.versions.retrieve("latest", skill_id=skill.id)
    assert (first.id, first.name) == (skill.latest_version_id, "form-filler")
    assert first.description == "Fills forms in PDFs."

    (directory / "scripts" / "fill.py").write_bytes(b"print('better')\n")
    (directory / "assets" / "empty").unlink()
    second = skills.versions.create(skill.id, files=files_from_dir(directory))
    changed = skills.retrieve(skill.id)
    assert changed.latest_version_id == second.id
    assert changed.updated_at > skill.updated_at
    assert [each.id for each in skills.versions.list(skill.id, limit=1)] == [second.id, first.id]

    for version, contents in ((first, CONTENTS), (second, contents_of(directory))):
        archive = beta.skills.versions.download(version.id, skill_id=skill.id).read()
        assert unpacked(archive) == {f"form-filler/{path}": content for path, content in contents.items()}

    deleted = skills.versions.delete(first.id, skill_id=skill.id)
    assert (deleted.id, deleted.type) == (first.id, "skill_version_deleted")
    with pytest.raises(anthropic.NotFoundError):
        skills.versions.retrieve(first.id, skill_id=skill.id)
    with pytest.raises(anthropic.BadRequestError, match="is the only one"):
        skills.versions.delete(second.id, skill_id=skill.id)

    gone = skills.delete(skill.id)
    assert (gone.id, gone.type) == (skill.id, "skill_deleted")
    with pytest.raises(anthropic.NotFoundError):
        skills.versions.retrieve(second.id, skill_id=skill.id)


def test_a_zip_archive_is_the_same_as_its_files(skills: Any, beta: Any, directory: Path) -> None:
    archive = Path(shutil.make_archive(str(directory), "zip", directory.parent, directory.name))
    zipped = skills.create(files=[archive])
    plain = skills.create(files=files_from_dir(directory))
    assert zipped.display_name == plain.display_name == "form-filler"
    one, other = (
        beta.skills.versions.download(skill.latest_version_id, skill_id=skill.id).read()
        for skill in (zipped, plain)
    )
    assert one == other


def test_a_name_that_changes_is_refused(skills: Any, directory: Path) -> None:
    skill = skills.create(files=files_from_dir(directory))
    renamed = directory.rename(directory.parent / "form-reader")
    manifest = renamed / "SKILL.md"
    manifest.write_bytes(manifest.read_bytes().replace(b"form-filler", b"form-reader"))
    with pytest.raises(anthropic.BadRequestError, match="is named 'form-filler' for good"):
        skills.versions.create(skill.id, files=files_from_dir(renamed))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "Field required"),
        ([b"---\n"], "Input should be a file"),
        ([("SKILL.md", b"---\n")], "should be in the skill's directory"),
        ([("../x/SKILL.md", b"---\n")], "A path should be relative"),
        ([("a/SKILL.md", b"\xff")], "valid UTF-8"),
        ([("a.zip", b"PK")], "zip archive"),
    ],
)
def test_what_is_no_skill_is_refused(skills: Any, files: list[Any], message: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=message):
        skills.create(files=files)


def test_lists_hold_what_was_uploaded(skills: Any, directory: Path) -> None:
    created = {skills.create(files=files_from_dir(directory)).id for _ in range(3)}
    assert created <= {each.id for each in skills.list(limit=2, source="custom")}
    assert created <= {each.id for each in skills.list(limit=1000)}
    assert list(skills.list(source="anthropic")) == []


def test_the_old_beta_value_is_accepted(beta: Any, directory: Path) -> None:
    skill = beta.skills.create(files=files_from_dir(directory), betas=["skills-2025-10-02"])
    assert beta.skills.retrieve(skill.id, betas=["skills-2025-10-02"]) == skill


@pytest.mark.parametrize("pinned", [True, False])
def test_the_sdks_worker_finds_the_skills_of_an_agent(
    base_url: str, beta: Any, directory: Path, tmp_path: Path, pinned: bool
) -> None:
    skill = beta.skills.create(files=files_from_dir(directory))
    agent = beta.agents.create(
        name="worker",
        model="claude-opus-5-5",
        skills=[
            {
                "type": "custom",
                "skill_id": skill.id,
                **({"version": skill.latest_version_id} if pinned else {}),
            }
        ],
    )

    async def download() -> list[Path]:
        async with anthropic.AsyncAnthropic(base_url=base_url, api_key="test", max_retries=0) as client:
            session: Any = SimpleNamespace(agent=agent)
            return await download_session_skills(client, workdir=tmp_path / "work", session=session)

    (found,) = asyncio.run(download())
    assert found.name == "form-filler"
    assert contents_of(found) == CONTENTS
