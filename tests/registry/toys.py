"""Toy kinds for what only some kinds have: a bundle of files, a switch, secrets."""

from __future__ import annotations

from pydantic import BaseModel

from agentops.domain.kind import Bundle, Clear, Field, Kind, Removal, Switch
from agentops.domain.resource import Body


class Anything(BaseModel):
    model_config = {"extra": "allow"}


def _lit(body: Body) -> Body:
    """The API tells the state by another member than ours."""
    return {**body, "lit": body["status"] == "lit"} if "status" in body else body


KIT = Kind(
    name="kit",
    directory="kits",
    path="/v1/kits",
    beta=None,
    id_prefix="kit_",
    schema=Anything,
    fields={
        "label": Field(clear=Clear.NEVER),
        "name": Field(clear=Clear.NEVER, unseen=True),
        "files": Field(leaves=True, unseen=True, clear=Clear.NEVER),
    },
    removal=Removal.DELETE,
    tagged=False,
    version="latest",
    bundle=Bundle(field="files", directory="name", part="files[]", texts=("label",), versions="versions"),
)
LAMP = Kind(
    name="lamp",
    directory="lamps",
    path="/v1/lamps",
    beta="lamps-2026-11-01",
    id_prefix="lamp_",
    schema=Anything,
    fields={"name": Field(), "timer": Field(), "lit": Field(optional=True)},
    removal=Removal.ARCHIVE,
    complete=_lit,
    secrets=True,
    switch=Switch(field="lit", on="light", off="douse", arms="timer"),
)
