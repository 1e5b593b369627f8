"""``external`` of agentops.yaml against the catalog and against what the files declare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, did_you_mean, error
from agentops.domain.kind import Catalog
from agentops.domain.project import Project
from agentops.domain.resource import Resource


class External:
    """Every external address of the project, with its place."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.ids = {name: stage.external for name, stage in project.stages.items()}
        self.addresses = frozenset(address for ids in self.ids.values() for address in ids)

    def problems(self, catalog: Catalog) -> Iterator[Diagnostic]:
        """Kinds that do not exist, and IDs of another kind."""
        known = catalog.kinds
        for address in sorted(self.addresses):
            if address.kind not in known:
                yield error(
                    Code.UNKNOWN_KIND,
                    f"external: '{address.kind}' is no kind of resource",
                    did_you_mean(address.kind, known),
                    location=self._project.place("external", address, want="key"),
                )
        for stage, ids in self.ids.items():
            for address, id in ids.items():
                prefix = catalog[address.kind].id_prefix if address.kind in catalog else ""
                if not id.startswith(prefix):
                    yield error(
                        Code.INVALID_VALUE,
                        f"external: '{id}' is no ID of the kind {address.kind}",
                        f"those begin with {prefix}",
                        location=self._project.place("external", address, stage),
                    )

    def declared_too(self, resources: Mapping[Address, Resource]) -> Iterator[Diagnostic]:
        """Addresses that a file declares and that are said to be somebody else's."""
        for address in sorted(self.addresses & resources.keys()):
            yield error(
                Code.DUPLICATE_ADDRESS,
                f"{address} is external, and {resources[address].path} declares it",
                "remove it from `external`, or give the file an `address:` of its own",
                address=address,
                location=self._project.place("external", address, want="key"),
            )
