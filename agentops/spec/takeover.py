"""A project of the official tool: what the keys of its lock are here, and the agentops.yaml it lacks."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from pathlib import Path

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Stop, error
from agentops.domain.kind import Catalog
from agentops.domain.peer import PeerLock, PeerOrigin
from agentops.domain.project import Project
from agentops.spec.discovery import addresses_of
from agentops.spec.files import Files
from agentops.spec.naming import default_address
from agentops.spec.references import address_of_url, is_url

PUBLIC_URL = "https://api.anthropic.com"

_PROJECT = """\
# Made from the origin that {lock} records.
project: {project}
stages:
  {stage}:
{registry}
"""


def places_of_keys(
    root: Path, folder: str, project: Project, catalog: Catalog, peer: PeerLock
) -> Mapping[str, tuple[Address, str, bool]]:
    """Key -> address, file or URL, and whether it is there. ``folder`` is where the lock lies, from the root.

    A file that is missing, or that declares another kind by now, has the address its place gives.

    Raises:
        Stop: a key leads out of the project.
    """
    files = Files(root)
    declared = addresses_of(files, project, catalog)
    found: dict[str, tuple[Address, str, bool]] = {}
    for key, entry in peer.resources.items():
        if entry.kind not in catalog:
            found[key] = Address.of(entry.kind, key), key, False  # whoever takes it over refuses it
        elif is_url(key):
            address = address_of_url(catalog[entry.kind], key)
            found[key] = address, f"https://{address.name}", True
        else:
            path = _path_of(key, folder)
            known = declared.get(path)
            if known is None or known.kind != entry.kind:
                known = default_address(path, catalog[entry.kind], project)
            found[key] = known, path, files.is_there(path)
    return found


def _path_of(key: str, folder: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, key))
    if path.startswith(("../", "/")) or path == "..":
        raise Stop(
            error(
                Code.OUTSIDE_PROJECT,
                f"the lock has the key '{key}', which leads out of the project",
                "run this where that file is in the project too: its agentops.yaml belongs above both",
            )
        )
    return path


def project_of(name: str, stage: str, origin: PeerOrigin | None, lock: str) -> str:
    """The text of an agentops.yaml with one stage, which is where ``origin`` says."""
    members: dict[str, str] = {}
    if origin is not None:
        members = {
            key: value
            for key, value in (
                ("organization_id", origin.organization_id),
                ("workspace_id", origin.workspace_id),
            )
            if value is not None
        }
    lines = ["    registry: anthropic"]
    lines += [f"    {key}: {json.dumps(value)}" for key, value in members.items()]
    if origin is not None and origin.base_url.rstrip("/") != PUBLIC_URL:
        own = {"base_url": origin.base_url.rstrip("/"), **members}
        lines = ["    registry:", *(f"      {key}: {json.dumps(value)}" for key, value in own.items())]
    return _PROJECT.format(lock=lock, project=name, stage=stage, registry="\n".join(lines))
