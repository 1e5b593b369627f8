"""Which credential is used where several are there, what is said of the others, and what of none."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Diagnostic, Severity, Stop
from agentops.registry import Access
from tests.registry.asking import Outside, write_profile
from tests.registry.token_service import (
    GITHUB_BEARER,
    GITHUB_PATH,
    ORGANIZATION,
    RULE,
    TokenService,
    jwt,
)
from tests.registry.wire import KEY

FROM_FILE, FROM_VARIABLE = jwt(jti="file"), jwt(jti="variable")
SHARED = {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}


class World:
    """A home directory, and an environment that grows."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / ".config" / "anthropic"
        self.outside = Outside({"HOME": str(home)}, TokenService(FROM_FILE, FROM_VARIABLE))
        (home / "identity").write_text(FROM_FILE)

    def set(self, **variables: str) -> None:
        self.outside.environ.update(variables)

    def profile(self, name: str) -> None:
        config = json.dumps({"authentication": {"type": "user_oauth"}})
        write_profile(self.folder, name, config, json.dumps({"access_token": f"sk-ant-oat01-{name}"}))

    def point_at(self, name: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "active_config").write_text(f"{name}\n")

    def access(self) -> Access:
        return self.outside.access()

    def used(self) -> str:
        return self.access().origin

    def refusal(self) -> Diagnostic:
        with pytest.raises(Stop) as stopped:
            self.access()
        (found,) = stopped.value.diagnostics
        assert found.code is Code.CREDENTIALS
        return found


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def _pointed(world: World) -> None:
    world.profile("staging")
    world.point_at("staging")


def _named(world: World) -> None:
    world.profile("named")
    world.set(ANTHROPIC_PROFILE="named")


LINKS = {
    "the key from ANTHROPIC_API_KEY": lambda w: w.set(ANTHROPIC_API_KEY=KEY),
    "the token from ANTHROPIC_AUTH_TOKEN": lambda w: w.set(ANTHROPIC_AUTH_TOKEN="auth-token"),
    "profile named (login)": _named,
    f"the file that ANTHROPIC_IDENTITY_TOKEN_FILE names through rule {RULE}": lambda w: w.set(
        **SHARED, ANTHROPIC_IDENTITY_TOKEN_FILE=str(w.home / "identity")
    ),
    f"ANTHROPIC_IDENTITY_TOKEN through rule {RULE}": lambda w: w.set(
        **SHARED, ANTHROPIC_IDENTITY_TOKEN=FROM_VARIABLE
    ),
    f"GitHub Actions OIDC through rule {RULE}": lambda w: w.set(
        **SHARED,
        ACTIONS_ID_TOKEN_REQUEST_URL=f"https://vstoken.example{GITHUB_PATH}",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN=GITHUB_BEARER,
    ),
    "profile staging (login)": _pointed,
    "profile default (login)": lambda w: w.profile("default"),
}
"""What is used -> how it is set up, in the order of precedence."""


@pytest.mark.parametrize("link", LINKS)
def test_each_is_used_where_it_is_alone(world: World, link: str) -> None:
    LINKS[link](world)
    access = world.access()
    assert (access.origin, access.notes) == (link, ())
    assert world.outside.bearer(access)


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(LINKS, 2)))
def test_of_two_the_first_is_used(world: World, first: str, second: str) -> None:
    LINKS[second](world)
    LINKS[first](world)
    assert world.used() == first


def test_of_all_the_first_is_used_until_it_is_unset(world: World) -> None:
    for link in LINKS.values():
        link(world)
    used = []
    for variable in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_PROFILE",
        "ANTHROPIC_IDENTITY_TOKEN_FILE",
        "ANTHROPIC_IDENTITY_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    ):
        used.append(world.used())
        world.set(**{variable: ""})  # an empty variable is an unset one
    used.append(world.used())
    (world.folder / "active_config").unlink()
    assert [*used, world.used()] == list(LINKS)


def test_a_stages_own_key_goes_before_all(world: World) -> None:
    for link in LINKS.values():
        link(world)
    world.set(PROD_KEY="sk-ant-api03-of-the-stage")
    access = world.outside.access(reference="env:PROD_KEY")
    assert (access.origin, access.notes) == ("the key from PROD_KEY", ())
    assert world.outside.bearer(access) == "sk-ant-api03-of-the-stage"


def test_a_key_and_a_token_get_no_beta(world: World) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        there = World(world.home)
        there.set(**{name: "static"})
        request = there.outside.request()
        assert request.headers["authorization"] == "Bearer static"
        assert request.headers["anthropic-beta"] == "managed-agents-2026-04-01"


def test_a_key_has_to_be_one_that_can_be_sent(world: World) -> None:
    world.set(ANTHROPIC_AUTH_TOKEN="two words")
    assert "ANTHROPIC_AUTH_TOKEN" in world.refusal().summary


# -- what is said of those that are not used


def warnings(access: Access) -> list[str]:
    assert {note.severity for note in access.notes} <= {Severity.WARNING}
    return [note.summary for note in access.notes]


def test_of_a_key_and_a_token_it_is_said_which_is_used(world: World) -> None:
    world.set(ANTHROPIC_API_KEY=KEY, ANTHROPIC_AUTH_TOKEN="t")
    assert warnings(world.access()) == [
        "ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set: the key is used"
    ]


@pytest.mark.parametrize("variable", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize(
    ("link", "named"),
    [
        ("profile named (login)", "ANTHROPIC_PROFILE (named)"),
        (f"ANTHROPIC_IDENTITY_TOKEN through rule {RULE}", f"ANTHROPIC_FEDERATION_RULE_ID ({RULE})"),
        (f"GitHub Actions OIDC through rule {RULE}", f"ANTHROPIC_FEDERATION_RULE_ID ({RULE})"),
        ("profile staging (login)", "the active profile (staging)"),
    ],
)
def test_what_a_key_or_a_token_puts_out_of_use_is_named(
    world: World, variable: str, link: str, named: str
) -> None:
    LINKS[link](world)
    world.set(**{variable: "static"})
    assert warnings(world.access()) == [f"{variable} is used, and not {named}"]


def test_a_default_profile_is_nothing_that_anybody_chose(world: World) -> None:
    world.profile("default")
    world.set(ANTHROPIC_API_KEY=KEY, **SHARED)
    assert warnings(world.access()) == []
    world.set(ANTHROPIC_CONFIG_DIR=str(world.folder))
    assert warnings(world.access()) == ["ANTHROPIC_API_KEY is used, and not the active profile (default)"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"ANTHROPIC_ORGANIZATION_ID": ""}, "ANTHROPIC_ORGANIZATION_ID is not set"),
        ({}, "there is no identity token; set ANTHROPIC_IDENTITY_TOKEN_FILE or ANTHROPIC_IDENTITY_TOKEN"),
        ({"GITHUB_ACTIONS": "true"}, "give the job `permissions: {id-token: write}`"),
        (
            {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://vstoken.example"},
            "there is no identity token; set ANTHROPIC_IDENTITY_TOKEN_FILE or ANTHROPIC_IDENTITY_TOKEN",
        ),
    ],
)
def test_half_a_federation_is_said_whether_or_not_a_profile_is_there(
    world: World, more: dict[str, str], says: str
) -> None:
    world.set(**{**SHARED, **more})
    assert says in world.refusal().summary
    world.profile("default")
    (said,) = warnings(world.access())
    assert says in said
    assert "profile default is used" in said


# -- the profile that nobody named


def test_an_unusable_default_profile_is_passed_over_and_named(world: World) -> None:
    world.profile("default")
    (world.folder / "configs" / "default.json").write_text("{")
    assert "is no JSON" in world.refusal().summary
    world.set(**SHARED, ANTHROPIC_IDENTITY_TOKEN=FROM_VARIABLE)
    assert world.used().startswith("ANTHROPIC_IDENTITY_TOKEN")


@pytest.mark.parametrize("choose", [_pointed, lambda w: w.set(ANTHROPIC_CONFIG_DIR=str(w.folder))])
def test_an_unusable_profile_that_somebody_chose_is_an_error(world: World, choose: object) -> None:
    world.profile("default")
    choose(world)  # type: ignore[operator]
    for path in (world.folder / "configs").iterdir():
        path.write_text("{")
    assert world.refusal().summary.startswith("the profile ")


def test_a_directory_without_a_profile_is_an_error(world: World, tmp_path: Path) -> None:
    world.profile("default")
    world.set(ANTHROPIC_CONFIG_DIR=str(tmp_path / "empty"))
    assert "there is no" in world.refusal().summary


def test_an_empty_pointer_is_none(world: World) -> None:
    world.profile("default")
    world.point_at("")
    assert world.used() == "profile default (login)"


# -- nothing


def test_where_nothing_is_found_it_is_said_where_it_was_looked_for_and_what_to_do(world: World) -> None:
    found = world.refusal()
    assert found.summary == (
        "there is no credential for this stage; looked for: ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, "
        "ANTHROPIC_PROFILE, ANTHROPIC_FEDERATION_RULE_ID, the profile default in ~/.config/anthropic"
    )
    assert found.detail == "set ANTHROPIC_API_KEY, or give the stage `api_key: {secret: env:NAME}`"


# -- trust


@pytest.mark.parametrize("link", LINKS)
def test_nothing_is_looked_up_for_a_host_that_is_not_trusted(world: World, link: str) -> None:
    LINKS[link](world)
    with pytest.raises(Stop) as stopped:
        world.outside.access("https://evil.example:8443/x?t=s3cret")
    (found,) = stopped.value.diagnostics
    assert found.summary.startswith("no credential is sent to evil.example:8443: ")
    assert "AGENTOPS_TRUSTED_HOSTS=evil.example:8443" in found.detail
    assert "s3cret" not in str(found)
    assert world.outside.service.asked == []


@pytest.mark.parametrize("reference", ["env:PROD_KEY", "file:key"])
def test_not_even_a_key_that_the_stage_names(world: World, reference: str) -> None:
    def read(path: str) -> str:
        pytest.fail("read the key")

    world.outside.read_file = read
    world.set(PROD_KEY=KEY)
    with pytest.raises(Stop, match=r"no credential is sent to evil\.example"):
        world.outside.access("https://evil.example", reference)


def test_an_unreadable_address_is_refused_in_a_sentence(world: World) -> None:
    world.set(ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL="https://ａ:x")
    assert "no credential is sent to HOST" in world.refusal().summary


def test_a_listed_host_is_given_it(world: World) -> None:
    world.set(ANTHROPIC_API_KEY=KEY, AGENTOPS_TRUSTED_HOSTS="gateway.example")
    access = world.outside.access("http://gateway.example")
    assert world.outside.bearer(access) == KEY
