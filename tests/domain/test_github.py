"""URLs on GitHub: what they name, in which ways they can be read, and what is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.github import Checkout, GitHubUrl, Reading

REPOSITORY = GitHubUrl("acme", "skills")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://github.com/acme/skills", REPOSITORY),
        ("https://github.com/acme/skills/", REPOSITORY),
        ("https://github.com/acme/skills.git", REPOSITORY),
        ("https://GitHub.com/acme/skills", REPOSITORY),
        ("HTTPS://github.com/acme/skills", REPOSITORY),
        ("https://github.com/A-1_b/-x.y_z", GitHubUrl("A-1_b", "-x.y_z")),
        ("https://github.com/acme/skills/tree/main", GitHubUrl("acme", "skills", ("main",))),
        ("https://github.com/acme/skills/tree/main/", GitHubUrl("acme", "skills", ("main",))),
        ("https://github.com/acme/skills/tree/main/pdf", GitHubUrl("acme", "skills", ("main", "pdf"))),
        ("https://github.com/acme/skills/blob/main/SKILL.md", GitHubUrl("acme", "skills", ("main",))),
        (
            "https://github.com/acme/skills/blob/main/pdf/SKILL.md",
            GitHubUrl("acme", "skills", ("main", "pdf")),
        ),
        (
            "https://github.com/acme/skills/tree/a%20b/%C3%BC/ü",
            GitHubUrl("acme", "skills", ("a b", "ü", "ü")),
        ),
        (
            "https://github.com/acme/skills/tree/fix%231/100%25",
            GitHubUrl("acme", "skills", ("fix#1", "100%")),
        ),
        ("https://github.com/acme/skills/tree/@acme/web@1", GitHubUrl("acme", "skills", ("@acme", "web@1"))),
        ("https://github.com/tree/blob/tree/tree/blob", GitHubUrl("tree", "blob", ("tree", "blob"))),
    ],
)
def test_what_a_url_names(text: str, url: GitHubUrl):
    assert GitHubUrl.parse(text) == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://github.com/acme/skills", "is no https URL"),
        ("ssh://github.com/acme/skills", "is no https URL"),
        ("github.com/acme/skills", "is no https URL"),
        ("../skills", "is no https URL"),
        ("", "is no https URL"),
        ("https://gitlab.com/acme/skills", "is not on github.com"),
        ("https://github.com.evil.example/acme/skills", "is not on github.com"),
        ("https://www.github.com/acme/skills", "is not on github.com"),
        ("https://github.com:443/acme/skills", "is not on github.com"),
        ("https://api.github.com/acme/skills", "is not on github.com"),
        ("https:///acme/skills", "is not on github.com"),
        ("https://github.com", "names no repository"),
        ("https://github.com/", "names no repository"),
        ("https://github.com/acme", "names no repository"),
        ("https://github.com/acme/", "names no repository"),
        ("https://github.com//skills", "names no repository"),
        ("https://github.com/acme/..", "names no repository"),
        ("https://github.com/acme/.git", "names no repository"),
        ("https://github.com/-acme/skills", "names no repository"),
        ("https://github.com/acme/ski%6Cls", "names no repository"),
        ("https://github.com/acme/skïlls", "names no repository"),
        ("https://github.com/acme/skills/pull/1", "is not the URL of a directory"),
        ("https://github.com/acme/skills/raw/main/SKILL.md", "is not the URL of a directory"),
        ("https://github.com/acme/skills/commit/abc", "is not the URL of a directory"),
        ("https://github.com/acme/skills/tree", "names no branch, tag or commit after 'tree'"),
        ("https://github.com/acme/skills/blob/", "names no branch, tag or commit after 'blob'"),
        ("https://github.com/acme/skills/blob/main", "is a file other than SKILL.md"),
        ("https://github.com/acme/skills/blob/SKILL.md", "is a file other than SKILL.md"),
        ("https://github.com/acme/skills/blob/main/README.md", "is a file other than SKILL.md"),
        ("https://github.com/acme/skills/blob/main/skill.md", "is a file other than SKILL.md"),
        ("https://github.com/acme/skills/tree/main/../x", "names nothing: '..'"),
        ("https://github.com/acme/skills/tree/main/%2e%2E/x", "names nothing: '..'"),
        ("https://github.com/acme/skills/tree/./x", "names nothing: '.'"),
        ("https://github.com/acme/skills/tree/main//x", "names nothing: ''"),
        ("https://github.com/acme/skills/tree/main/a%2Fb", "has characters that no name has"),
        ("https://github.com/acme/skills/tree/main/a%5Cb", "has characters that no name has"),
        ("https://github.com/acme/skills/tree/main/a%00b", "has characters that no name has"),
        ("https://github.com/acme/skills/tree/main/a%0Ab", "has characters that no name has"),
        ("https://github.com/acme/skills/tree/main/a%1Bb", "has characters that no name has"),
        ("https://github.com/acme/skills/tree/main/a%zz", "has a '%' that does not begin an escape"),
        ("https://github.com/acme/skills/tree/main/100%", "has a '%' that does not begin an escape"),
        ("https://github.com/acme/skills/tree/main/%FF", "has a '%' that does not begin an escape"),
        ("https://github.com/acme/skills/tree/main/a b", "has characters that no URL has"),
        ("https://github.com/acme/skills/tree/main/a\\b", "has characters that no URL has"),
        ("https://github.com/acme/skills\n", "has characters that no URL has"),
        ("https://github.com/acme/skills\x1b[31m", "has characters that no URL has"),
        (" https://github.com/acme/skills", "has characters that no URL has"),
        ("https://github.com/acme/skills?tab=readme", "has no query"),
        ("https://github.com/acme/skills#readme", "has no query"),
    ],
)
def test_what_is_refused(text: str, why: str):
    with pytest.raises(ValueError, match=re.escape(why)) as refused:
        GitHubUrl.parse(text)
    assert str(refused.value).isprintable()
    assert "; write " in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "https://s3cret@github.com/acme/skills",
        "https://user:s3cret@github.com/acme/skills",
        "https://github.com/acme/skills?token=s3cret",
        "https://github.com/acme/skills/tree/main#s3cret",
        "http://user:s3cret@evil.example/x",
        "https://user:s3cret/x@github.com/acme/skills",
        "user:s3cret@github.com/acme/skills",
    ],
)
def test_what_may_be_a_secret_is_not_repeated(text: str):
    with pytest.raises(ValueError, match="a URL on GitHub has no") as refused:
        GitHubUrl.parse(text)
    assert "s3cret" not in str(refused.value)


def test_the_shortest_ref_is_read_first():
    assert GitHubUrl("acme", "skills", ("a", "b", "c")).readings == (
        Reading("a", "b/c"),
        Reading("a/b", "c"),
        Reading("a/b/c", ""),
    )


def test_a_repository_is_read_as_its_default_branch():
    assert REPOSITORY.readings == (Reading("HEAD", ""),)


def test_a_commit_is_itself_and_nothing_longer():
    assert GitHubUrl("acme", "skills", (COMMIT.upper(), "b", "c")).readings == (Reading(COMMIT, "b/c"),)


@pytest.mark.parametrize("almost", [COMMIT[:-1], f"{COMMIT}0", f"{COMMIT[:-1]}g"])
def test_what_only_looks_like_a_commit_is_a_name(almost: str):
    assert GitHubUrl("acme", "skills", (almost, "b")).readings[0] == Reading(almost, "b")


def test_git_is_given_the_repository_alone():
    assert GitHubUrl("acme", "skills", ("--upload-pack=x",)).repository == "https://github.com/acme/skills"


@given(st.text())
def test_any_text_is_read_or_refused_with_a_sentence(text: str):
    for candidate in (text, f"https://github.com/{text}", f"https://github.com/acme/skills/tree/{text}"):
        try:
            url = GitHubUrl.parse(candidate)
        except ValueError as refused:
            assert str(refused).isprintable()  # noqa: PT017 - either way is right, as long as it is this one
        else:
            assert all(part not in ("", ".", "..") and "/" not in part for part in url.rest)
            assert url.repository.isascii()


def test_a_pin_has_the_commit_and_the_directory():
    url = "https://github.com/acme/skills/tree/main/pdf"
    assert Checkout(url, COMMIT, "pdf", {}).pin == f"{COMMIT}:pdf"
    assert Checkout(url, COMMIT, "", {}).pin == f"{COMMIT}:"
