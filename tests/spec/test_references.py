from __future__ import annotations

from pathlib import Path

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Location
from agentops.kinds import CATALOG
from agentops.spec.files import Files, Refused
from agentops.spec.references import (
    Index,
    Referred,
    address_of_url,
    is_raw_id,
    is_url,
    matching,
    resolve,
    url_of,
)

STORE = CATALOG["memory_store"]
SKILL = CATALOG["skill"]
INDEX = Index(
    {
        "memory_stores/notes.yaml": Address("memory_store/notes"),
        "environments/cloud.yaml": Address("environment/cloud"),
    },
    {Address("memory_store/shared"): "memstore_011CftafA7Q9XsQ3QhMZoamB"},
    frozenset({Address("memory_store/later"), Address("environment/later")}),
    "dev",
)
AT = Location("agents/a.yaml", 3, 5)


def found(text: str, root: Path) -> Referred:
    (root / "memory_stores").mkdir(exist_ok=True)
    (root / "memory_stores/notes.yaml").touch()
    return resolve(text, STORE, "agents/a.yaml", AT, INDEX, Files(root))


@pytest.mark.parametrize(
    "text", ["memory_store/notes", "../memory_stores/notes.yaml", "./../memory_stores/notes.yaml"]
)
def test_address_and_path_mean_the_same(tmp_path: Path, text: str) -> None:
    assert found(text, tmp_path) == Referred(Address("memory_store/notes"))


def test_raw_ids_and_external_addresses_are_ids(tmp_path: Path) -> None:
    id = "memstore_011CftafA7Q9XsQ3QhMZoamB"
    assert found(id, tmp_path) == Referred(None, id)
    assert found("memory_store/shared", tmp_path) == Referred(Address("memory_store/shared"), id)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("memory_store/note", Code.BROKEN_REFERENCE, "did you mean 'memory_store/notes'?"),
        ("environment/cloud", Code.WRONG_REFERENCE, "only a memory_store fits here"),
        ("memory_store/later", Code.BROKEN_REFERENCE, "has no ID for stage dev"),
        ("environment/later", Code.WRONG_REFERENCE, "only a memory_store fits here"),
        ("../memory_stores/*.yaml", Code.WRONG_REFERENCE, "is a pattern; one memory_store is named here"),
        ("../memory_stores/note.yaml", Code.BROKEN_REFERENCE, "did you mean 'notes.yaml'?"),
        ("../environments/cloud.yaml", Code.WRONG_REFERENCE, "only a memory_store fits here"),
        ("../../memory_stores/notes.yaml", Code.OUTSIDE_PROJECT, "leads out of the project"),
    ],
)
def test_what_leads_nowhere_is_told_the_nearest(tmp_path: Path, text: str, code: Code, said: str) -> None:
    with pytest.raises(Refused) as refused:
        found(text, tmp_path)
    (problem,) = refused.value.diagnostics
    assert (problem.code, problem.location) == (code, AT)
    assert said in f"{problem.summary} {problem.detail}"


@pytest.mark.parametrize(
    ("text", "is_id"),
    [
        ("memstore_011CftafA7Q9XsQ3QhMZoamB", True),
        ("memstore_test_011CftafA7Q9XsQ3QhMZoamB", True),
        ("memstore_a_b_011CftafA7Q9XsQ3QhMZoamB", False),
        ("memstore_011CftafA7Q9XsQ3QhMZoam", False),
        ("agent_011CftafA7Q9XsQ3QhMZoamB", False),
        ("memstore_defs/x.md", False),
    ],
)
def test_raw_ids(text: str, is_id: bool) -> None:
    assert is_raw_id(text, STORE) is is_id


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("../memory_stores/*", ["memory_store/notes"]),
        ("../*/*.yaml", ["memory_store/notes"]),
        ("../**/n*", ["memory_store/notes"]),
    ],
)
def test_a_glob_finds_what_is_of_the_kind(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    found("memory_store/notes", tmp_path)
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/cloud.yaml").touch()
    (tmp_path / "memory_stores/README.md").touch()
    referred = matching(pattern, STORE, "agents/a.yaml", AT, INDEX, Files(tmp_path))
    assert [item.address for item in referred] == expected


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("../environments/*", "it matches environment/cloud"),
        ("../memory_stores/x*", "the pattern is relative to this file"),
    ],
)
def test_a_glob_that_finds_none_says_what_it_finds(tmp_path: Path, pattern: str, said: str) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments/cloud.yaml").touch()
    with pytest.raises(Refused) as refused:
        matching(pattern, STORE, "agents/a.yaml", AT, INDEX, Files(tmp_path))
    (problem,) = refused.value.diagnostics
    assert (problem.code, problem.location, problem.detail) == (Code.BROKEN_REFERENCE, AT, said)


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/o/r/tree/main/a",
        "https://GitHub.com/o/r/tree/main/a/",
        "HTTPS://GITHUB.COM/o/r/tree/main/a//",
    ],
)
def test_one_url_has_one_address_and_gives_it_back(url: str) -> None:
    address = address_of_url(SKILL, url)
    assert is_url(url)
    assert address == "skill/github.com/o/r/tree/main/a"
    assert url_of(address) == "https://github.com/o/r/tree/main/a"
    assert address_of_url(SKILL, url_of(address) or "") == address


def test_case_matters_where_it_may_matter_to_github() -> None:
    assert address_of_url(SKILL, "https://github.com/o/r/tree/Main/a") == "skill/github.com/o/r/tree/Main/a"
    assert url_of(Address("skill/pdf")) is None
