"""Toy kinds: together they have everything that a kind can have.

A widget is versioned, merged and replaced by renaming, with pages below it. A kit is a bundle of files. A
crew pins kits and other crews; a job pins a crew, acts by a timer unless it is held, and goes along with its
crew. A box holds keys, whose secrets are never told, and which are replaced after they are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from agentops.domain.kind import (
    EACH,
    Bundle,
    Catalog,
    Clear,
    Field,
    History,
    Kind,
    Precondition,
    Removal,
    Replacement,
    Slot,
    Switch,
)
from agentops.domain.resource import Body, as_ref


class Anything(BaseModel):
    model_config = {"extra": "allow"}


METADATA = Field(leaves=True, merges=True, foreign_keys=True, clear=Clear.PER_KEY, default={})


def _complete_widget(body: Body) -> Body:
    shape = {"type": "round", "size": "medium", **(body.get("shape") or {})}
    return {**body, "shape": shape}


WIDGET = Kind(
    name="widget",
    directory="widgets",
    path="/widgets",
    beta=None,
    id_prefix="w_",
    schema=Anything,
    fields={
        "name": Field(clear=Clear.NEVER),
        "note": Field(),
        "label": Field(clear=Clear.NEVER),
        "tint": Field(leaves=True),
        "parts": Field(identity=("name",)),
        "shape": Field(leaves=True, merges=True, clear=Clear.NEVER, create_only=(("type",),)),
        "metadata": METADATA,
        "uses": Field(),
    },
    removal=Removal.ARCHIVE,
    complete=_complete_widget,
    undetermined=frozenset({"tint.shade"}),
    version="version",
    history=History("{item}/versions", id="version", newest="version", query="version"),
    precondition=Precondition.VERSION,
    replacement=Replacement.RENAMED,
    unique_name="name",
)
PAGE = Kind(
    name="page",
    directory="pages",
    path="/widgets/{parent}/pages",
    beta=None,
    id_prefix="p_",
    schema=Anything,
    fields={"path": Field(clear=Clear.NEVER), "content": Field(clear=Clear.EMPTY, digest="content_sha256")},
    removal=Removal.DELETE,
    parent="widget",
    precondition=Precondition.CONTENT,
    tagged=False,
    key="path",
    detail_query={"view": "full"},
)


def _complete_kit(body: Body) -> Body:
    """The registry tells the label alone, which is the name where none was given."""
    return {"label": body["name"], **body} if "name" in body else body


KIT = Kind(
    name="kit",
    directory="kits",
    path="/kits",
    beta=None,
    id_prefix="k_",
    schema=Anything,
    fields={
        "label": Field(clear=Clear.NEVER, create_only=((),)),
        "name": Field(clear=Clear.NEVER, create_only=((),), unseen=True),
        "files": Field(clear=Clear.NEVER, leaves=True, unseen=True),
    },
    removal=Removal.DELETE,
    complete=_complete_kit,
    version="latest",
    history=History("{item}/versions", id="id", newest="latest"),
    tagged=False,
    bundle=Bundle(field="files", directory="name", part="files[]", texts=("label",), versions="versions"),
)


def _mate(mate: Any) -> Any:
    return {"type": "crew", "id": mate} if isinstance(mate, str) or as_ref(mate) else mate


def _complete_crew(body: Body) -> Body:
    filled = dict(body)
    for name in ("kits", "mates"):
        if isinstance(body.get(name), list):
            filled[name] = [_mate(item) for item in body[name]]
    if isinstance(filled.get("kits"), list):
        filled["kits"] = [{"version": "latest", **kit} for kit in filled["kits"]]
    return filled


CREW = Kind(
    name="crew",
    directory="crews",
    path="/crews",
    beta=None,
    id_prefix="c_",
    schema=Anything,
    fields={
        "name": Field(clear=Clear.NEVER),
        "note": Field(),
        "charter": Field(clear=Clear.NEVER, create_only=((),)),
        "kits": Field(identity=("kit_id",)),
        "mates": Field(),
        "metadata": METADATA,
    },
    removal=Removal.ARCHIVE,
    complete=_complete_crew,
    slots=(
        Slot(("kits", EACH), "kit", type="own", id="kit_id", version="version", latest="latest"),
        Slot(("mates", EACH), "crew", type="crew", id="id", version="version"),
    ),
    version="version",
    history=History("{item}/versions", id="version", newest="version", query="version"),
    precondition=Precondition.VERSION,
    takes_along=("job",),
)
BOX = Kind(
    name="box",
    directory="boxes",
    path="/boxes",
    beta=None,
    id_prefix="b_",
    schema=Anything,
    fields={"name": Field(clear=Clear.NEVER), "metadata": METADATA},
    removal=Removal.ARCHIVE,
)
KEY = Kind(
    name="key",
    directory="keys",
    path="/boxes/{parent}/keys",
    beta=None,
    id_prefix="y_",
    schema=Anything,
    fields={
        "lock": Field(
            leaves=True,
            merges=True,
            clear=Clear.NEVER,
            create_only=(("type",), ("door",), ("spare", "maker")),
        ),
        "note": Field(),
        "metadata": METADATA,
    },
    removal=Removal.ARCHIVE,
    parent="box",
    unread=frozenset({"lock.expires"}),
    secrets=True,
    replacement=Replacement.AFTER,
)


def _complete_job(body: Body) -> Body:
    filled = {**body, **({"crew": _mate(body["crew"])} if "crew" in body else {})}
    match body:
        case {"status": "held", "held_by": "platform"}:
            filled.pop("held", None)
        case {"status": str(status)}:
            filled["held"] = status == "held"
    return filled


def _condition(live: Body) -> str | None:
    return "the platform holds it" if live.get("held_by") == "platform" else None


JOB = Kind(
    name="job",
    directory="jobs",
    path="/jobs",
    beta=None,
    id_prefix="j_",
    schema=Anything,
    fields={
        "name": Field(clear=Clear.NEVER),
        "series": Field(clear=Clear.NEVER, create_only=((),)),
        "crew": Field(clear=Clear.NEVER),
        "place_id": Field(),
        "box_ids": Field(default=[]),
        "mounts": Field(default=[], identity=("type", "url", "box_id")),
        "timer": Field(),
        "note": Field(),
        "metadata": METADATA,
        "held": Field(clear=Clear.NEVER, unseen=True, optional=True),
    },
    removal=Removal.ARCHIVE,
    complete=_complete_job,
    secrets=True,
    slots=(
        Slot(("crew",), "crew", type="crew", id="id", version="version"),
        Slot(("place_id",), "widget"),
        Slot(("box_ids", EACH), "box"),
        Slot(("mounts", EACH), "box", type="box", id="box_id"),
    ),
    switch=Switch(field="held", on="hold", off="release", arms="timer"),
    condition=_condition,
)
CATALOG = Catalog.of(WIDGET, PAGE, KIT, BOX, KEY, CREW, JOB)

WRITE_ONLY = frozenset({"token"})
"""Members that the toy registry takes and never tells."""


def told(value: Any) -> Any:
    """What the registry returns of what it was sent: everything but the secrets."""
    if isinstance(value, Mapping):
        return {key: told(member) for key, member in value.items() if key not in WRITE_ONLY}
    if isinstance(value, list):
        return [told(member) for member in value]
    return value
