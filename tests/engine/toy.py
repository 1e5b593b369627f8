"""A lock store that is a list, an observer, secrets and files from a dict, and what toy files ask for.

The engine is tested against these, ``toy_kinds`` and ``toy_registry``: it must work without the real kinds,
HTTP or a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agentops.domain.address import Address
from agentops.domain.bundle import manifest, texts
from agentops.domain.bundle import sha256 as sha256_of
from agentops.domain.diagnostics import Code, Location, Stop, error
from agentops.domain.plan import Change
from agentops.domain.ports import RegistryError
from agentops.domain.resource import Body, Lifecycle, Ref, Resource, Source
from agentops.domain.state import DesiredState, Intent, Lock, LockEntry
from agentops.engine.operations import Planned
from tests.engine.toy_kinds import CATALOG

SENTINEL = "sentinel-7f3a"
"""Is in the value of every secret, so that one can be looked for wherever it must not be."""


class ToyStore:
    """A lock store in memory; ``log`` is what was written in which order. A frozen one takes nothing more, as
    if the process were dead."""

    name = "the toy lock"

    def __init__(self, lock: Lock | None = None) -> None:
        self.lock = lock
        self.log: list[str] = []
        self.frozen = False

    def read(self) -> Lock | None:
        return self.lock

    def text(self) -> str | None:
        return self.lock.model_dump_json() if self.lock is not None else None

    def read_from(self, text: str, name: str) -> Lock:
        return Lock.model_validate_json(text)

    @property
    def pending(self) -> bool:
        return bool(self.log) and self.log[-1] != "write"

    @contextmanager
    def hold(self) -> Iterator[None]:
        yield

    def intend(self, address: Address, intent: Intent) -> None:
        self.log.append(f"intend {address}")
        self._change(intents={**self._base().intents, address: intent})

    def record(self, address: Address, entry: LockEntry | None) -> None:
        self.log.append(f"record {address}")
        kept = {key: value for key, value in self._base().resources.items() if key != address}
        if entry is not None:
            kept[address] = entry
        self._change(resources=kept)
        self.withdraw(address, quietly=True)

    def withdraw(self, address: Address, *, quietly: bool = False) -> None:
        if not quietly:
            self.log.append(f"withdraw {address}")
        self._change(intents={key: item for key, item in self._base().intents.items() if key != address})

    def write(self, lock: Lock) -> None:
        self._refuse_frozen()
        self.log.append("write")
        self.lock = lock

    def _refuse_frozen(self) -> None:
        if self.frozen:
            raise OSError(5, "the process is dead")

    def _base(self) -> Lock:
        return self.lock or Lock(project="p", stage="s")

    def _change(self, **changes: Any) -> None:
        self._refuse_frozen()
        self.lock = self._base().with_changes(**changes)


class Silent:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def started(self, address: Address, action: Any) -> None:
        self.heard.append(f"{action} {address}")

    def finished(self, address: Address, action: Any, *, ok: bool) -> None:
        self.heard.append(f"{'done' if ok else 'failed'} {address}")


class ToySecrets:
    """The port ``Secrets``: what is in ``values``; ``asked`` are the references in the order they came."""

    def __init__(self) -> None:
        self.values = {f"env:{name}": f"{name.lower()}-{SENTINEL}" for name in ("TOKEN", "OTHER", "SPARE")}
        self.asked: list[str] = []

    def value(self, reference: str) -> str:
        self.asked.append(reference)
        if reference not in self.values:
            raise Stop(error(Code.SECRET, f"{reference} is not set"))
        return self.values[reference]


class ToyUploads:
    """The port ``Uploads``: the files that a test put there."""

    def __init__(self) -> None:
        self.files: dict[Address, Mapping[str, bytes]] = {}

    def read(self, address: Address, path: str, sha256: str) -> bytes:
        content = self.files.get(address, {}).get(path, b"")
        if sha256_of(content) != sha256:
            raise Stop(error(Code.UPLOAD, f"{path} is not what was planned"))
        return content


def resource(
    address: str,
    body: Body,
    *,
    secret_version: str | None = None,
    files: Mapping[str, bytes] | None = None,
    **lifecycle: Any,
) -> Resource:
    """What a toy file asks for; ``files`` are those of a bundle."""
    where = Address(address)
    return Resource(
        address=where,
        body=body,
        path=f"{address}.yaml",
        location=Location(f"{address}.yaml"),
        source=Source(digest=repr((sorted(body.items()), secret_version))),
        lifecycle=Lifecycle(**lifecycle),
        parent=CATALOG.of_address(where).parent_of(where),
        texts=texts(files or {}),
        secret_version=secret_version,
    )


def kit(address: str, files: Mapping[str, bytes], **body: Any) -> Resource:
    name = Address(address).name
    return resource(address, {"name": name, "files": manifest(files), **body}, files=files)


def id_of(address: str) -> Body:
    return Ref(Address(address)).as_json()


def pin(address: str, type: str, id: str = "id", *, floating: bool = False) -> Body:
    """A reference to a version, or with ``floating`` to whatever it is when it is told."""
    version = {} if floating else {"version": Ref(Address(address), "version").as_json()}
    return {"type": type, id: id_of(address), **version}


def desired(*resources: Resource) -> DesiredState:
    return DesiredState("p", "s", {item.address: item for item in resources})


def only(planned: Planned) -> Change:
    assert len(planned.plan.changes) == 1, planned.plan.changes
    return planned.plan.changes[0]


def tag(address: str) -> str:
    return f"p/s/{address}"


def refusal(status: int = 400) -> RegistryError:
    return RegistryError("name: too long", status=status, request_id="req_1")
