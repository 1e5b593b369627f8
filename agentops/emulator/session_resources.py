"""``deployment.resources``: what is mounted into every session of a deployment.

SDK types ``BetaManagedAgents{GitHubRepository,File,MemoryStore}ResourceParams`` in and ``…ResourceConfig``
out: the input comes back, the write-only ``authorization_token`` does not. Nothing is cloned here, so the
token is dropped where it comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agentops.emulator.checks import Check, array, nullable, one_of, refuse, tagged, text, typed

MOST_RESOURCES = 500
MOST_INSTRUCTIONS = 4096

_repository = text(
    pattern=r"https://github\.com/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(?<!\.git)",
    hint="Input should be a GitHub repository, https://github.com/<owner>/<repository>, without .git",
)
_full_sha = text(
    pattern="[0-9a-fA-F]{40}|[0-9a-fA-F]{64}",
    hint="Input should be a full commit SHA of 40 or 64 hexadecimal characters",
)


def _workspace_path(value: Any, at: str) -> str:
    path: str = text()(value, at)
    if not path.startswith("/workspace/") or ".." in path.split("/"):
        refuse(at, "a repository is mounted below /workspace/")
    return path


resources: Check = array(
    tagged(
        {
            "github_repository": typed(
                "github_repository",
                {
                    "url": _repository,
                    "authorization_token": text(least=1),
                    "checkout": nullable(
                        tagged(
                            {
                                "branch": typed("branch", {"name": text(least=1)}, required=("name",)),
                                "commit": typed("commit", {"sha": _full_sha}, required=("sha",)),
                            }
                        )
                    ),
                    "mount_path": nullable(_workspace_path),
                },
                required=("url",),
            ),
            "file": typed(
                "file",
                {"file_id": text(least=1), "mount_path": nullable(text(least=1))},
                required=("file_id",),
            ),
            "memory_store": typed(
                "memory_store",
                {
                    "memory_store_id": text(least=1),
                    "access": nullable(one_of("read_write", "read_only")),
                    "instructions": nullable(text(most=MOST_INSTRUCTIONS)),
                },
                required=("memory_store_id",),
            ),
        }
    ),
    most=MOST_RESOURCES,
)

_RETURNED = {
    "github_repository": ("type", "url", "checkout", "mount_path"),
    "file": ("type", "file_id", "mount_path"),
    "memory_store": ("type", "memory_store_id", "access", "instructions"),
}


def kept_resource(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored and returned of a resource: every member but the token, null where it was left out."""
    return {name: sent.get(name) for name in _RETURNED[sent["type"]]}


def brings_token(sent: Iterable[Mapping[str, Any]] | None) -> bool:
    """Whether ``resources`` has a token: it counts as a change, for nothing can tell that it is none."""
    return any("authorization_token" in each for each in sent or ())
