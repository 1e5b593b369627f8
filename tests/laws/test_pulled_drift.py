"""Whatever somebody makes of a resource in the registry, pulled it is what the file asks for; what cannot be
written is an ID that nobody here manages."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.canonical import form
from agentops.domain.diagnostics import Code
from agentops.domain.theirs import Theirs
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stage
from agentops.spec.editing import pull
from tests.kinds.strategies import BODIES
from tests.laws.test_editing import Writer

KINDS = ("agent", "environment", "memory_store", "vault")


@pytest.mark.parametrize("name", KINDS)
def test_what_is_pulled_is_what_the_file_asks_for_then(name: str) -> None:
    kind = CATALOG[name]

    @given(st.data(), BODIES[name], BODIES[name])
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def law(data: st.DataObject, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            file = root / kind.directory / "x.yaml"
            file.parent.mkdir()
            file.write_bytes(Writer(data).document(ours).encode())
            project, _ = load_project(root)
            stage = project.stages["local"]
            address = Address.of(name, "x")
            loaded = load_stage(root, project, stage, CATALOG)
            resource = loaded.desired.resources[address]
            if any(item.severity == "error" for item in loaded.diagnostics):
                return
            now, then = form(kind, resource.body), form(kind, theirs)
            leaves = tuple(
                leaf
                for leaf in sorted(now.fingerprints.keys() | then.fingerprints.keys())
                if now.fingerprints.get(leaf) != then.fingerprints.get(leaf)
            )
            asked = Theirs(address, leaves, theirs, lambda ref: ref.as_json(), {})
            edits = pull(root, project, stage, CATALOG, [asked])
            left = [item for item in edits.diagnostics if item.severity == "error"]
            assert {item.code for item in left} <= {Code.UNWRITABLE}, [item.summary for item in left]
            assert all("not managed here" in item.summary for item in left), [item.summary for item in left]
            for path, (_, content) in edits.files.items():
                (root / path).write_bytes(content)
            after = form(kind, load_stage(root, project, stage, CATALOG).desired.resources[address].body)
            still = {
                leaf.partition(".")[0]
                for leaf in after.fingerprints.keys() | then.fingerprints.keys()
                if after.fingerprints.get(leaf) != then.fingerprints.get(leaf)
            }
            assert len(still) <= len(left), still

    law()
