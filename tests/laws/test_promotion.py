"""Whatever is edited, committed and applied in whatever order, a promotion brings what the source runs.

Files change, some changes are committed, some of them are applied to staging, all of them or a part. Then
either a source is refused because nobody ever committed it, and committing and applying is the way out; or
prod holds what staging holds, the release loaded again is what its registry has, and nothing is left to do.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.cli.lookups import PlannedUploads
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, has_errors
from agentops.domain.project import EMBEDDED_URL, Project, Stage
from agentops.domain.state import DesiredState, Lock, LockEntry
from agentops.emulator import create_app
from agentops.engine import operations
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.operations import Planned
from agentops.engine.promotion import released
from agentops.engine.target import NOTHING_THERE, Target
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from agentops.remotes import History
from agentops.spec import load_stage
from agentops.spec.release import Release, load_release
from tests.engine.toy import Silent, ToyStore
from tests.sweep.counting import full

STAGING, PROD = Stage("staging", vars={"who": "staging"}), Stage("prod", vars={"who": "prod"})
PROJECT = Project("laws", {"staging": STAGING, "prod": PROD})
MODEL = "model: claude-opus-5-5\n"
ROSTERS = ("[reviewer.yaml]", "['r*.yaml']", "[reviewer.yaml, runner.yaml]", "[agent/runner]")
VARIANTS: Mapping[str, tuple[str, ...]] = {
    "agents/lead.yaml": tuple(
        f"{MODEL}multiagent: {{type: coordinator, agents: {roster}}}\n" for roster in ROSTERS
    ),
    "agents/reviewer.yaml": tuple(f"{MODEL}system: Review {number}.\n" for number in range(3)),
    "agents/runner.yaml": tuple(
        f"{MODEL}prompt: ../prompts/run.md.j2\nname: n{number}\n" for number in range(2)
    ),
    "prompts/run.md.j2": tuple(f"Run {number} for {{{{ vars.who }}}}.\n" for number in range(3)),
    "agents/tutor.md": tuple(
        f"---\n{MODEL}skills: [../skills/essay]\nmemory: {{name: n, access: read_only, seed: ../notes/}}\n"
        f"overrides: {{prod: {{description: 'in prod {number}'}}}}\n---\nTeach {number}.\n"
        for number in range(3)
    ),
    "skills/essay/SKILL.md": tuple(
        f"---\nname: essay\ndescription: Writes.\n---\nWrite {number}.\n" for number in range(3)
    ),
    "skills/essay/more.md": ("More.\n", "And more.\n"),
    "notes/a.md": ("One.\n", "Two.\n"),
    "notes/b.md": ("Three.\n",),
}
REMOVABLE = ("agents/lead.yaml", "agents/tutor.md", "skills/essay/more.md", "notes/b.md")
PARTS = ("agent/reviewer", "agent/lead", "agent/tutor")

edits = st.sampled_from([(path, number) for path, texts in VARIANTS.items() for number in range(len(texts))])
steps = st.one_of(
    st.tuples(st.just("edit"), edits),
    st.tuples(st.just("edit"), edits),
    st.tuples(st.just("remove"), st.sampled_from(REMOVABLE)),
    st.tuples(st.just("commit"), st.none()),
    st.tuples(st.just("apply"), st.none()),
    st.tuples(st.just("apply"), st.sampled_from([None, *PARTS])),
    st.tuples(st.just("promote"), st.none()),
)


@dataclass
class Place:
    """A stage with a registry and a lock of its own."""

    stage: Stage
    registry: HttpRegistry
    store: ToyStore
    runs: int = 0

    @property
    def lock(self) -> Lock:
        return self.store.read() or Lock(project=PROJECT.name, stage=self.stage.name)


@dataclass
class Team:
    """People who share a repository and two stages."""

    root: Path
    staging: Place
    prod: Place

    def write(self, path: str, number: int) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(VARIANTS[path][number % len(VARIANTS[path])])

    def commit(self) -> None:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "x")

    def target(self, place: Place, planned: Planned | None = None) -> Target:
        uploads = NOTHING_THERE
        if planned is not None:
            at_commit = History(self.root, os.environ).folder
            uploads = PlannedUploads(self.root, planned.plan, nowhere, at_commit)
        return Target(PROJECT.name, place.stage, CATALOG, place.registry, place.store, NOTHING_THERE, uploads)

    async def bring(
        self, place: Place, desired: DesiredState, choices: Choices, promotes: str | None
    ) -> None:
        planned = await operations.plan(self.target(place), desired, choices, promotes=promotes)
        assert not planned.plan.blocked, planned.plan.diagnostics
        place.runs += 1
        report = await operations.apply(
            self.target(place, planned),
            planned,
            run="r",
            now=lambda: f"2026-01-01T00:{place.runs:02}:00Z",
            observer=Silent(),
            stop=anyio.Event(),
        )
        assert report.exit_code == 0, [item.problem for item in report.outcomes]

    async def apply_staging(self, part: str | None = None) -> None:
        """What nobody could apply is not applied."""
        loaded = load_stage(self.root, PROJECT, STAGING, CATALOG)
        if has_errors(loaded.diagnostics) or (part and Address(part) not in loaded.desired.resources):
            return
        choices = Choices(select=(Address(part),)) if part else NO_CHOICES
        await self.bring(self.staging, loaded.desired, choices, None)

    def release(self, *stages: Stage) -> tuple[list[DesiredState], tuple[Diagnostic, ...]]:
        release = Release(STAGING, released(self.staging.lock))
        with History(self.root, os.environ) as history:
            found = load_release(self.root, PROJECT, stages, CATALOG, release, history.tree)
        errors = tuple(it for item in found for it in item.diagnostics if has_errors([it]))
        return [item.desired for item in found], errors

    async def promote(self) -> None:
        (desired,), errors = self.release(PROD)
        if errors:
            assert {item.code for item in errors} == {Code.UNKNOWN_SOURCE}, errors
            for item in errors:
                assert item.address is not None
                assert not is_committed(self.staging, item.address), "what was committed is found"
            return
        await self.bring(self.prod, desired, NO_CHOICES, "staging")
        await self.check()

    async def check(self) -> None:
        (desired,), errors = self.release(PROD)
        assert not errors
        assert desired.resources.keys() == self.staging.lock.resources.keys()
        again = await operations.plan(self.target(self.prod), desired, promotes="staging")
        assert not again.plan.changes, "the release is what the registry has"
        assert not again.plan.records, "and what the lock says"
        ran, runs = await contents(self.staging), await contents(self.prod)
        for address, body in ran.items():
            assert runs[address] == body, address
        for address, entry in self.staging.lock.resources.items():
            there = self.prod.lock.resources[address]
            assert digest_of(there) == digest_of(entry)
            if CATALOG.of_address(address).bundle is not None:
                assert there.applied == entry.applied, "the bytes of a bundle are known by their digests"


def digest_of(entry: LockEntry) -> str:
    assert entry.source is not None
    return entry.source.digest


def is_committed(place: Place, address: Address) -> bool:
    source = place.lock.resources[address].source
    return source is not None and source.commit is not None


async def contents(place: Place) -> dict[Address, Any]:
    """What a registry has, with addresses in the place of IDs, and without what each has of its own."""
    lock = place.lock
    live, _, _ = await operations._look(
        Target(PROJECT.name, place.stage, CATALOG, place.registry, place.store),
        DesiredState(PROJECT.name, place.stage.name, {}),
        lock,
    )
    names = {entry.id: str(address) for address, entry in lock.resources.items()}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(member) for key, member in value.items() if key not in OF_THEIR_OWN}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return names.get(value, value) if isinstance(value, str) else value

    return {
        address: json.loads(json.dumps(plain(found.body)).replace(f"for {place.stage.name}.", "for WHO."))
        for address, found in live.objects.items()
    }


OF_THEIR_OWN = {
    "metadata", "created_at", "updated_at", "version", "description", "latest_version", "memory_version_id",
    "latest_version_id", "last_active_at", "versions",
}  # fmt: skip


def nowhere(url: str, pin: str | None = None) -> Any:
    raise AssertionError(f"nothing here is at {url}")


def git(folder: Path, *arguments: str) -> None:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@contextmanager
def repository() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "fleet"
        root.mkdir()
        git(root, "init", "-q")
        yield root


@asynccontextmanager
async def place(stage: Stage) -> AsyncIterator[Place]:
    transport = httpx.ASGITransport(app=create_app(":memory:"))
    async with HttpRegistry.open(EMBEDDED_URL, ApiKey("laws"), transport=transport) as registry:
        yield Place(stage, registry, ToyStore())


async def tell(history: list[tuple[str, Any]]) -> None:
    with repository() as root:
        async with place(STAGING) as staging, place(PROD) as prod:
            team = Team(root, staging, prod)
            for path in VARIANTS:
                team.write(path, 0)
            team.commit()
            await team.apply_staging()
            for what, which in history:
                match what:
                    case "edit":
                        team.write(*which)
                    case "remove":
                        (root / which).unlink(missing_ok=True)
                    case "commit":
                        team.commit()
                    case "apply":
                        await team.apply_staging(which)
                    case "promote":
                        await team.promote()
            await team.promote()
            if has_errors(load_stage(root, PROJECT, STAGING, CATALOG).diagnostics):
                return
            team.commit()
            await team.apply_staging()
            asked = load_stage(root, PROJECT, STAGING, CATALOG).desired.resources
            left = [address for address in staging.lock.resources if address not in asked]
            if all(is_committed(staging, address) for address in left):
                (root / "agents/reviewer.yaml").write_text(f"{MODEL}system: Not committed.\n")
                _, errors = team.release(PROD)
                assert not errors, "committing and applying is the way out"
            await team.promote()


@settings(max_examples=150 if full() else 20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=3, max_size=14))
def test_a_promotion_brings_exactly_what_the_source_runs(history: list[tuple[str, Any]]) -> None:
    anyio.run(tell, history)
