"""Skills: which directories are one, what is uploaded of them, and what their frontmatter may say."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Severity, Stop, error
from agentops.domain.github import Checkout
from agentops.spec import skill as module

from .conftest import Tree

MODEL = "model: claude-opus-5-5\n"
MINE = "---\nname: mine\ndescription: What it is for.\n---\n\n# How to\n"
URL = "https://github.com/acme/skills/tree/main/forms"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def front(members: str) -> str:
    return f"---\n{members}---\nHow to.\n"


def named(name: str) -> str:
    return front(f"name: {name}\ndescription: d\n")


def sha256(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


# -- what a skill is


def test_a_directory_with_a_manifest_is_one_skill_with_all_its_files(tree: Tree) -> None:
    files = {
        "SKILL.md": MINE,
        "scripts/run.py": "print()\n",
        "scripts/deep/data.bin": b"\x00\xff",
        "empty": "",
    }
    outcome = tree.write({f"skills/mine/{path}": content for path, content in files.items()}).load()
    assert outcome.diagnostics == ()
    assert outcome.addresses == ["skill/mine"]
    resource = outcome["skill/mine"]
    assert resource.body == {
        "display_name": "mine",
        "name": "mine",
        "files": {
            path: {"sha256": sha256(content), "size": len(content)} for path, content in sorted(files.items())
        },
    }
    assert list(resource.body["files"]) == sorted(files)
    assert (resource.path, str(resource.location)) == ("skills/mine", "skills/mine/SKILL.md:1:1")
    assert resource.texts[sha256("print()\n")] == "print()\n"
    assert sha256(b"\x00\xff") not in resource.texts


@pytest.mark.parametrize(
    ("directory", "address"),
    [
        ("skills/pdf", "skill/pdf"),
        ("pdf", "skill/pdf"),
        ("deep/down/pdf", "skill/pdf"),
        ("agents/brief/pdf", "skill/pdf"),
        ("agents/brief/skills/pdf", "skill/brief-pdf"),
        ("team/skills/pdf", "skill/team-pdf"),
        ("team/deep/skills/pdf", "skill/deep-pdf"),
        ("agents/pdf", "skill/pdf"),
    ],
)
def test_a_skill_is_called_by_its_directory_and_by_whose_it_is(
    tree: Tree, directory: str, address: str
) -> None:
    outcome = tree.write({f"{directory}/SKILL.md": MINE}).load()
    assert outcome.diagnostics == ()
    assert outcome.addresses == [address]


def test_what_lies_below_a_skill_is_no_second_one(tree: Tree) -> None:
    tree.write({"skills/a/SKILL.md": named("a"), "skills/a/b/SKILL.md": named("b")})
    outcome = tree.load()
    assert outcome.addresses == ["skill/a"]
    assert list(outcome["skill/a"].body["files"]) == ["SKILL.md", "b/SKILL.md"]


def test_a_manifest_at_the_root_does_not_make_a_skill_of_the_project(tree: Tree) -> None:
    outcome = tree.write({"SKILL.md": MINE, "agents/a.yaml": MODEL}).load()
    assert outcome.addresses == ["agent/a"]
    assert outcome.diagnostics == ()


@pytest.mark.parametrize("name", ["skill.md", "Skill.md", "SKILL.MD"])
def test_a_manifest_spelled_otherwise_is_noticed_among_skills(tree: Tree, name: str) -> None:
    only = tree.write({f"skills/mine/{name}": MINE, "agents/a.yaml": MODEL}).load().only()
    assert (only.code, only.severity) == (Code.UNUSED, Severity.WARNING)
    assert only.summary == f"skills/mine/{name} makes no skill: the file is called SKILL.md, in capitals"
    assert str(only.location) == f"skills/mine/{name}:1:1"


def test_a_manifest_spelled_otherwise_elsewhere_is_nobodys_business(tree: Tree) -> None:
    outcome = tree.write({"docs/mine/skill.md": MINE, "agents/a.yaml": MODEL}).load()
    assert outcome.diagnostics == ()


def test_two_skills_of_one_address_are_both_named(tree: Tree) -> None:
    tree.write({"skills/pdf/SKILL.md": named("a"), "tools/pdf/SKILL.md": named("b")})
    outcome = tree.write({"agents/a.yaml": f"{MODEL}skills: [../tools/pdf]\n"}).load()
    only = outcome.only()
    assert only.code is Code.DUPLICATE_ADDRESS
    assert only.summary == "tools/pdf and skills/pdf both declare skill/pdf"
    assert only.detail == "rename one of the directories"
    assert outcome["skill/pdf"].path == "skills/pdf"


@pytest.mark.parametrize("folder", [".hidden", "node_modules", "venv", "dist", "locks"])
def test_skills_of_tools_are_not_walked(tree: Tree, folder: str) -> None:
    outcome = tree.write({f"{folder}/skills/x/SKILL.md": MINE, "agents/a.yaml": MODEL}).load()
    assert outcome.addresses == ["agent/a"]


# -- what it is called


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ("display_name: A\ndisplay_title: B\ntitle: C\n", "A"),
        ("display_title: B\ntitle: C\n", "B"),
        ("title: C\n", "C"),
        ("", "mine"),
        ("display_name: ''\ntitle: C\n", "C"),
        ("display_name: 3\ntitle: C\n", "C"),
        ("display_name: '  A b  '\n", "A b"),
        ("license: MIT\nallowed-tools: [Read]\nmetadata: {a: 1}\n", "mine"),
    ],
)
def test_the_display_name_is_the_first_that_is_given(tree: Tree, members: str, expected: str) -> None:
    tree.write({"skills/x/SKILL.md": front(f"name: mine\ndescription: d\n{members}")})
    outcome = tree.load()
    assert outcome.diagnostics == ()
    assert outcome["skill/x"].body["display_name"] == expected
    assert outcome["skill/x"].body["name"] == "mine"


@pytest.mark.parametrize("title", ["t" * 256, "a\tb"])
def test_a_title_that_cannot_be_is_blamed_where_it_stands(tree: Tree, title: str) -> None:
    tree.write({"skills/x/SKILL.md": front(f'name: mine\ndescription: d\ntitle: "{title}"\n')})
    only = tree.load().only()
    assert str(only.location) == "skills/x/SKILL.md:4:8"
    assert only.address == "skill/x"


# -- frontmatter, stricter than that of other Markdown files

MEMBERS = "name: mine\ndescription: d\n"


@pytest.mark.parametrize(
    "text",
    [
        f"---\n{MEMBERS}---\n",
        f"---\n{MEMBERS}---\n\n\nHow to.",
        f"---\r\n{MEMBERS.replace(chr(10), chr(13) + chr(10))}---\r\nHow to.\r\n",
        f"---\n{MEMBERS}license: |\n  one\n  ---\n  two\n---\nHow to.\n",
        f"---\n# ours\n{MEMBERS}---\n---\nA rule.\n---\n",
        f"---\n{MEMBERS}---\n{'x' * (256_000 - len(MEMBERS) - 8)}",
        front("name: 0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmno\ndescription: d\n"),
        front(f"name: mine\ndescription: {'d' * 1024}\n"),
        front("name: mine\ndescription: if a < b and c > d, or 3 <4\n"),
    ],
    ids=["no body", "blank lines", "CRLF", "an indented fence", "rules below", "256 000 bytes", "64", "1 024", "<"],
)  # fmt: skip
def test_frontmatter_that_is_taken(tree: Tree, text: str) -> None:
    outcome = tree.write({"skills/mine/SKILL.md": text}).load()
    assert outcome.diagnostics == ()
    assert outcome["skill/mine"].body["files"]["SKILL.md"]["sha256"] == sha256(text)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", Code.SYNTAX, "has no frontmatter"),
        ("# How to\n", Code.SYNTAX, "has no frontmatter"),
        (f"\ufeff---\n{MEMBERS}---\n", Code.SYNTAX, "begins with a byte order mark"),
        (f"\n---\n{MEMBERS}---\n", Code.SYNTAX, "does not begin with a line that is exactly ---"),
        (f"--- \n{MEMBERS}---\n", Code.SYNTAX, "does not begin with a line that is exactly ---"),
        (f"----\n{MEMBERS}---\n", Code.SYNTAX, "does not begin with a line that is exactly ---"),
        (f"---\n{MEMBERS}", Code.SYNTAX, "is not closed"),
        (f"---\n{MEMBERS}---", Code.SYNTAX, "is not closed"),
        (f"---\n{MEMBERS}--- \n", Code.SYNTAX, "is not closed"),
        (f"---\n{MEMBERS} ---\n", Code.SYNTAX, "is not closed"),
        ("---\n---\n", Code.WRONG_TYPE, "is a mapping of fields"),
        (f"---\n{MEMBERS}---\n{'x' * 256_000}", Code.TOO_LARGE, "256,000 at most"),
        (front("name: mine\n"), Code.MISSING_KEY, "needs a 'description'"),
        (front("description: d\n"), Code.MISSING_KEY, "needs a 'name'"),
        (front("name:\ndescription: d\n"), Code.MISSING_KEY, "needs a 'name'"),
        (front("name: 3\ndescription: d\n"), Code.WRONG_TYPE, "the name of a skill is text, not a number"),
        (front("name: mine\ndescription: [d]\n"), Code.WRONG_TYPE, "the description of a skill is text, not a list"),
        (front(f"name: mine\ndescription: {'d' * 1025}\n"), Code.LIMIT, "has 1,025 characters"),
        (front("name: mine\ndescription: Use <b>it</b>.\n"), Code.INVALID_VALUE, "remove <b>"),
        (front("name: mine\ndescription: Use </b>.\n"), Code.INVALID_VALUE, "remove </b>"),
        (named("a/b"), Code.INVALID_VALUE, "is no skill name"),
        (named("'a\\b'"), Code.INVALID_VALUE, "is no skill name"),
        (named("'..'"), Code.INVALID_VALUE, "is no skill name"),
        (named("Mine"), Code.INVALID_VALUE, "is no skill name"),
        (named("x" * 65), Code.INVALID_VALUE, "is no skill name"),
        (named("my-claude"), Code.RESERVED, "does not contain 'claude'"),
        (named("anthropic"), Code.RESERVED, "does not contain 'anthropic'"),
    ],
)  # fmt: skip
def test_frontmatter_that_is_refused(tree: Tree, text: str, code: Code, said: str) -> None:
    outcome = tree.write({"skills/mine/SKILL.md": text}).load()
    only = outcome.only()
    assert (only.code, only.severity) == (code, Severity.ERROR)
    assert said in only.summary
    assert only.address == "skill/mine"
    assert only.location is not None
    assert only.location.file == "skills/mine/SKILL.md"
    assert outcome.addresses == []


def test_problems_of_the_frontmatter_come_together(tree: Tree) -> None:
    outcome = tree.write({"skills/mine/SKILL.md": front("name: mine\nname: you\ndescription: <b>\n")}).load()
    assert outcome.codes == [Code.DUPLICATE_KEY]
    outcome = tree.write({"skills/mine/SKILL.md": front("title: x\n")}).load()
    assert outcome.codes == [Code.MISSING_KEY] * 2


# -- what is not uploaded


def test_hidden_files_and_folders_of_tools_are_left_out_by_name(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md": MINE, "skills/mine/src/a.py": "a"})
    tree.write(
        {f"skills/mine/{path}": "x" for path in (".env", ".git/config", "src/.cache", "venv/a", "build")}
    )
    outcome = tree.load()
    assert list(outcome["skill/mine"].body["files"]) == ["SKILL.md", "build", "src/a.py"]
    assert {(item.summary, item.severity) for item in outcome.diagnostics} == {
        ("skills/mine/.env is not uploaded: hidden files may hold credentials", Severity.WARNING),
        ("skills/mine/.git is not uploaded: hidden files may hold credentials", Severity.WARNING),
        ("skills/mine/src/.cache is not uploaded: hidden files may hold credentials", Severity.WARNING),
        ("skills/mine/venv is not uploaded: it belongs to a tool", Severity.WARNING),
    }
    assert {item.code for item in outcome.diagnostics} == {Code.UPLOAD}
    assert {item.address for item in outcome.diagnostics} == {"skill/mine"}


@pytest.mark.parametrize("target", ["/etc/hostname", "../../secret.txt", "SKILL.md", "nowhere", "."])
def test_a_link_is_refused_wherever_it_leads(tree: Tree, target: str) -> None:
    tree.write({"skills/mine/SKILL.md": MINE, "secret.txt": "secret"})
    (tree.root / "skills/mine/link").symlink_to(target)
    outcome = tree.load()
    only = outcome.only()
    assert (only.code, only.severity) == (Code.UPLOAD, Severity.ERROR)
    assert only.summary == "skills/mine/link is not uploaded: it is a symbolic link; put a copy there"
    assert only.detail == "mend or remove it; a skill goes up whole or not at all"
    assert str(only.location) == "skills/mine/link:1:1"
    assert outcome.addresses == []


def test_a_manifest_that_is_a_link_is_one_error(tree: Tree) -> None:
    tree.write(
        {"agents/a.yaml": f"{MODEL}skills: [../skills/mine]\n", "other.md": MINE, "skills/mine/a": "x"}
    )
    (tree.root / "skills/mine/SKILL.md").symlink_to("../../other.md")
    only = tree.load().only()
    assert only.summary == "skills/mine/SKILL.md is not uploaded: it is a symbolic link; put a copy there"


def test_a_manifest_that_is_a_folder_is_none(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md/x": "x"})
    only = tree.load().only()
    assert only.summary == "there is no file skills/mine/SKILL.md"


def test_a_pipe_is_refused_and_not_waited_for(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md": MINE})
    os.mkfifo(tree.root / "skills/mine/pipe")
    only = tree.load().only()
    assert only.summary == "skills/mine/pipe is not uploaded: it is not a regular file"


@pytest.mark.parametrize("name", ["a\\b", "a\nb", "a\x1bb", "a\u2028b", "a\udcffb"])
def test_a_name_that_no_upload_can_have_is_refused_and_printable(tree: Tree, name: str) -> None:
    tree.write({"skills/mine/SKILL.md": MINE})
    (tree.root / "skills/mine" / name).write_text("x")
    only = tree.load().only()
    assert only.code is Code.UPLOAD
    assert "its name has characters that no upload can have" in only.summary
    assert only.summary.isprintable()
    assert only.location is not None
    assert only.location.file.isprintable()
    assert only.model_dump_json()


def test_a_file_that_cannot_be_read_is_refused(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write({"skills/mine/SKILL.md": MINE, "skills/mine/secret": "x", "skills/mine/z": "x"})
    opened = os.open

    def refusing(path: os.PathLike[str], *flags: int) -> int:
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied")
        return opened(path, *flags)

    monkeypatch.setattr(module.os, "open", refusing)
    only = tree.load().only()
    assert only.summary == "skills/mine/secret is not uploaded: it cannot be read: Permission denied"


def test_a_folder_that_cannot_be_listed_is_refused(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write({"skills/mine/SKILL.md": MINE, "skills/mine/deep/x": "x"})
    listed = os.scandir

    def refusing(path: Path) -> object:
        if path.name == "deep":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(module.os, "scandir", refusing)
    only = tree.load().only()
    assert only.summary == "skills/mine/deep is not uploaded: it cannot be read: Permission denied"


def test_a_file_that_is_exchanged_for_a_link_meanwhile_is_not_followed(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write({"skills/mine/SKILL.md": MINE, "skills/mine/note": "x", "secret": "very secret"})
    opened = os.open

    def exchanging(path: os.PathLike[str], *flags: int) -> int:
        if Path(path).name == "note":
            Path(path).unlink()
            Path(path).symlink_to(tree.root / "secret")
        return opened(path, *flags)

    monkeypatch.setattr(module.os, "open", exchanging)
    only = tree.load().only()
    assert only.summary.startswith("skills/mine/note is not uploaded: it cannot be read:")


@pytest.mark.parametrize(("size", "fits"), [(999, True), (1_000, False), (50_000, False)])
def test_all_files_together_have_a_limit(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, size: int, fits: bool
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1_000)
    tree.write(
        {"skills/mine/SKILL.md": MINE, "skills/mine/a": "x" * (size - len(MINE) - 1), "skills/mine/z": "z"}
    )
    outcome = tree.load()
    if fits:
        assert outcome.diagnostics == ()
        return
    only = outcome.only()
    assert only.code is Code.UPLOAD
    assert "with it the skill has 1,000 bytes or more" in only.summary


def test_the_limit_is_that_of_the_upload(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md": MINE})
    with (tree.root / "skills/mine/big").open("wb") as file:
        file.truncate(30_000_000 - len(MINE))
    only = tree.load().only()
    assert only.summary == "skills/mine/big is not uploaded: with it the skill has 30,000,000 bytes or more"
    with (tree.root / "skills/mine/big").open("wb") as file:
        file.truncate(30_000_000 - len(MINE) - 1)
    assert tree.load().diagnostics == ()


def test_folders_on_folders_are_read_to_the_end(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md": MINE})
    folders = [tree.root / "skills/mine"]
    for _ in range(1_100):
        folders.append(folders[-1] / "d")
        folders[-1].mkdir()
    (folders[-1] / "x").touch()
    try:
        assert f"{'d/' * 1_100}x" in tree.load()["skill/mine"].body["files"]
    finally:  # what cleans up after tests does not get that deep
        (folders[-1] / "x").unlink()
        for folder in reversed(folders[1:]):
            folder.rmdir()


# -- digests and commits


def test_a_digest_is_of_the_content_wherever_it_lies(tree: Tree) -> None:
    tree.write(
        {
            "skills/one/SKILL.md": MINE,
            "skills/one/a.txt": "a",
            "deep/two/SKILL.md": MINE,
            "deep/two/a.txt": "a",
        }
    )
    outcome = tree.load()
    first, second = outcome["skill/one"], outcome["skill/two"]
    assert first.body == second.body
    assert first.source.digest == second.source.digest


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.txt", "b"),
        ("b.txt", "a"),
        ("SKILL.md", MINE.replace("How to", "How")),
        ("SKILL.md", MINE.replace("name: mine", "name: mine\ntitle: Mine")),
    ],
)
def test_a_digest_follows_every_byte(tree: Tree, path: str, content: str) -> None:
    tree.write({"skills/mine/SKILL.md": MINE, "skills/mine/a.txt": "a"})
    before = tree.load()["skill/mine"].source.digest
    assert tree.load()["skill/mine"].source.digest == before
    tree.write({f"skills/mine/{path}": content})
    assert tree.load()["skill/mine"].source.digest != before


def test_what_is_left_out_is_no_part_of_the_digest(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md": MINE})
    before = tree.load()["skill/mine"].source.digest
    tree.write({"skills/mine/.DS_Store": "x"})
    assert tree.load()["skill/mine"].source.digest == before


def test_a_skill_is_the_same_in_every_stage(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md": MINE + "{{ stage }}\n"})
    assert tree.load("dev")["skill/mine"] == tree.load("prod")["skill/mine"]


def test_the_commit_is_the_one_that_holds_exactly_these_files(tree: Tree) -> None:
    tree.write({"skills/mine/SKILL.md": MINE, "skills/mine/a.txt": "a"})

    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *arguments], cwd=tree.root, check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "-q")
    assert tree.load()["skill/mine"].source.commit is None
    git("add", ".")
    git("commit", "-qm", "x")
    assert tree.load()["skill/mine"].source.commit == git("rev-parse", "HEAD")
    tree.write({"skills/mine/a.txt": "b"})
    assert tree.load()["skill/mine"].source.commit is None
    tree.write({"skills/mine/a.txt": "a", "skills/mine/new.txt": "n"})
    assert tree.load()["skill/mine"].source.commit is None


# -- skills named by a URL


def checked_out(files: dict[str, bytes], revision: str = COMMIT) -> Callable[[str], Checkout]:
    return lambda url: Checkout(url, revision, "forms", files)


@pytest.fixture
def remote(tree: Tree) -> Tree:
    return tree.write({"agents/a.yaml": f"{MODEL}skills: ['{URL}']\n"})


def test_a_skill_behind_a_url_is_a_resource_of_its_own(remote: Tree) -> None:
    files = {"SKILL.md": MINE.encode(), "a.bin": b"\x00"}
    outcome = remote.load(fetch=checked_out(files))
    address = f"skill/{URL.removeprefix('https://')}"
    assert outcome.diagnostics == ()
    assert outcome.addresses == ["agent/a", address]
    resource = outcome[address]
    assert resource.body["files"]["a.bin"] == {"sha256": sha256(b"\x00"), "size": 1}
    assert (resource.path, resource.revision) == (URL, f"{COMMIT}:forms")
    assert resource.source.commit is None
    assert str(resource.location) == "agents/a.yaml:1:1"
    assert outcome["agent/a"].needs == (address,)


def test_without_a_way_to_fetch_a_url_is_only_referred_to(remote: Tree) -> None:
    outcome = remote.load()
    assert outcome.diagnostics == ()
    assert outcome.addresses == ["agent/a"]
    assert outcome["agent/a"].needs == (f"skill/{URL.removeprefix('https://')}",)


def test_a_url_is_fetched_once_however_it_is_spelled_and_whoever_names_it(tree: Tree) -> None:
    spelled = [URL, f"{URL}/", URL.replace("github.com", "GitHub.com")]
    tree.write({f"agents/a{n}.yaml": f"{MODEL}skills: ['{url}']\n" for n, url in enumerate(spelled)})
    asked: list[str] = []

    def fetch(url: str) -> Checkout:
        asked.append(url)
        return Checkout(url, COMMIT, "forms", {"SKILL.md": MINE.encode()})

    assert tree.load(fetch=fetch).diagnostics == ()
    assert asked == [URL]


def test_the_source_of_a_fetched_skill_is_what_it_is_pinned_to(remote: Tree) -> None:
    address = f"skill/{URL.removeprefix('https://')}"
    files = {"SKILL.md": MINE.encode()}
    first = remote.load(fetch=checked_out(files))[address].source.digest
    assert remote.load(fetch=checked_out(files))[address].source.digest == first
    assert remote.load(fetch=checked_out(files, "f" * 40))[address].source.digest != first


@pytest.mark.parametrize(
    ("files", "code", "said"),
    [
        ({}, Code.UPLOAD, f"there is no file {URL}/SKILL.md"),
        ({"SKILL.md": b"# no"}, Code.SYNTAX, f"{URL}/SKILL.md has no frontmatter"),
        ({"SKILL.md": named("Mine").encode()}, Code.INVALID_VALUE, f"{URL}: 'name': 'Mine' is no skill name"),
        ({"SKILL.md": front("name: mine\n").encode()}, Code.MISSING_KEY, f"{URL}: the frontmatter of a skill needs"),
        ({"SKILL.md": b"\xff"}, Code.UNREADABLE, f"{URL}/SKILL.md is not UTF-8"),
        ({"SKILL.md": MINE.encode(), "a\\b": b""}, Code.INVALID_VALUE, f"{URL}: 'files.a\\b'"),
        ({"SKILL.md": MINE.encode(), "big": b"x" * 30_000_000}, Code.UPLOAD, f"{URL} is not uploaded: it has 30,000,000"),
    ],
    ids=["none", "no frontmatter", "a bad name", "no description", "no text", "an odd name", "too large"],
)  # fmt: skip
def test_what_is_wrong_with_a_fetched_skill_is_said_where_it_is_named(
    remote: Tree, files: dict[str, bytes], code: Code, said: str
) -> None:
    outcome = remote.load(fetch=checked_out(files))
    only = outcome.only()
    assert only.code is code
    assert only.summary.startswith(said)
    assert (only.address, str(only.location)) == ("agent/a", "agents/a.yaml:1:1")
    assert outcome.addresses == ["agent/a"]


def test_what_is_left_out_of_a_fetched_skill_is_said_by_name(remote: Tree) -> None:
    files = {path: MINE.encode() for path in ("SKILL.md", ".env", "x/.git/config", "venv/a", "build")}
    outcome = remote.load(fetch=checked_out(files))
    address = f"skill/{URL.removeprefix('https://')}"
    assert list(outcome[address].body["files"]) == ["SKILL.md", "build"]
    assert [(item.severity, item.summary) for item in outcome.diagnostics] == [
        (Severity.NOTE, f"{URL}: not uploaded: .env, venv/a, x/.git/config")
    ]
    assert {str(item.location) for item in outcome.diagnostics} == {"agents/a.yaml:1:1"}


def test_a_url_that_cannot_be_had_is_an_error_of_who_names_it(remote: Tree) -> None:
    def failing(url: str) -> Checkout:
        raise Stop(error(Code.REMOTE, f"{url} is not there"))

    only = remote.load(fetch=failing).only()
    assert only.code is Code.REMOTE
    assert (only.address, str(only.location)) == ("agent/a", "agents/a.yaml:1:1")
