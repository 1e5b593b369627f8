"""What a deployment mounts into its sessions: repositories, uploaded files, memory stores.

A token for a repository is write-only. Repositories and files need a cloud environment; which one it is,
another file says.

Sources: API reference, "Access GitHub", "Attach files", "Memory stores"; SDK types
``BetaManagedAgentsGitHubRepositoryResourceParams``, ``BetaManagedAgentsFileResourceParams``,
``BetaManagedAgentsMemoryStoreResourceParam``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, StringConstraints

from agentops.domain.diagnostics import Code
from agentops.kinds.schema import (
    NonEmpty,
    NotNull,
    OneOf,
    Problem,
    Secret,
    Shape,
    known_by_type,
    known_members,
    refusal,
)

MAX_RESOURCES = 500

_MAX_STORES = 8
_REPOSITORY = re.compile(r"https://github\.com/[A-Za-z0-9][A-Za-z0-9_-]*/(?P<name>[A-Za-z0-9._-]+)")


def _check_repository(url: str) -> str:
    match = _REPOSITORY.fullmatch(url)
    if match is None or match["name"] in {".", ".."}:
        message = "write the address as https://github.com/owner/repository"
        try:
            has_password = urlsplit(url).username is not None
        except ValueError:
            has_password = False
        if has_password:
            message += ", and the token as authorization_token: {secret: env:NAME}"
        raise refusal(Code.INVALID_VALUE, f"this is not a repository on GitHub; {message}")
    if url.endswith(".git"):
        raise refusal(Code.INVALID_VALUE, f"the address has no '.git'; write '{url.removesuffix('.git')}'")
    return url


def _check_mount(path: str) -> str:
    segments = path.split("/")
    if not path.startswith("/") or any(segment in {"", ".", ".."} for segment in segments[1:]):
        message = f"'{path}' is not a path to mount at; it starts with '/' and has no empty, '.' or '..' part"
        raise refusal(Code.INVALID_VALUE, message)
    return path


def _check_workspace(path: str) -> str:
    if not path.startswith("/workspace/"):
        message = f"a repository is mounted below /workspace; write '/workspace/{path.strip('/')}'"
        raise refusal(Code.INVALID_VALUE, message)
    return path


MountPath = Annotated[str, AfterValidator(_check_mount)]


class Branch(Shape):
    """SDK type ``BetaManagedAgentsBranchCheckoutParam``."""

    type: Literal["branch"]
    name: NonEmpty


def _check_sha(sha: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{40}", sha):
        message = f"'{sha}' is not a full commit hash; `git rev-parse` prints all 40 digits of one"
        raise refusal(Code.INVALID_VALUE, message)
    return sha


class Commit(Shape):
    """SDK type ``BetaManagedAgentsCommitCheckoutParam``."""

    type: Literal["commit"]
    sha: Annotated[str, AfterValidator(_check_sha)]


class Repository(Shape):
    """SDK type ``BetaManagedAgentsGitHubRepositoryResourceParams``."""

    type: Literal["github_repository"]
    url: Annotated[str, AfterValidator(_check_repository)]
    authorization_token: Annotated[Secret | None, NotNull()] = None
    checkout: Annotated[Branch | Commit, OneOf("type", "type of checkout")] | None = None
    mount_path: Annotated[MountPath, AfterValidator(_check_workspace)] | None = None


class File(Shape):
    """SDK type ``BetaManagedAgentsFileResourceParams``."""

    type: Literal["file"]
    file_id: NonEmpty
    mount_path: MountPath | None = None


class MemoryStore(Shape):
    """SDK type ``BetaManagedAgentsMemoryStoreResourceParam``."""

    type: Literal["memory_store"]
    memory_store_id: NonEmpty
    access: Literal["read_write", "read_only"] | None = None
    instructions: Annotated[str, StringConstraints(max_length=4096)] | None = None


Resource = Annotated[Repository | File | MemoryStore, OneOf("type", "type of resource")]


def mount_problems(resources: Sequence[Any]) -> Iterator[Problem]:
    """What holds between the resources of one deployment; paths begin at the deployment."""
    stores = sum(isinstance(resource, MemoryStore) for resource in resources)
    if stores > _MAX_STORES:
        message = f"a session mounts at most {_MAX_STORES} memory stores, these are {stores}"
        yield Problem(("resources",), Code.LIMIT, message)


def complete_resource(resource: Any) -> Any:
    """A resource with the API's defaults; one of a type nobody knows as it is."""
    match resource:
        case {"type": "github_repository"}:
            filled = known_members(resource, Repository)
            if "checkout" in filled:
                filled["checkout"] = known_by_type(filled["checkout"], _CHECKOUTS)
            url = filled.get("url")
            return _mounted(filled, "/workspace/", url.rpartition("/")[2] if isinstance(url, str) else None)
        case {"type": "file"}:
            filled = known_members(resource, File)
            return _mounted(filled, "/mnt/session/uploads/", filled.get("file_id"))
        case {"type": "memory_store"}:
            filled = {"access": "read_write", **known_members(resource, MemoryStore)}
            if filled.get("instructions") == "":
                del filled["instructions"]
            return filled
    return resource


_CHECKOUTS: Mapping[str, type[Shape]] = {"branch": Branch, "commit": Commit}


def _mounted(resource: dict[str, Any], directory: str, name: Any) -> dict[str, Any]:
    """With the path that it is mounted at where it says none."""
    return {"mount_path": f"{directory}{name}", **resource} if isinstance(name, str) else resource
