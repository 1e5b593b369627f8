"""One declaration -> its resources in one stage.

The order of the steps is the meaning of a file: overrides are merged over what is written, templates are
rendered, our own keys are taken out, shorthands become what the API takes, and that must pass the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from agentops.domain.address import Address
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import Code, Diagnostic, Location, error, has_errors
from agentops.domain.kind import Catalog, Kind
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Attachment, Lifecycle, Resource, Source, as_ref
from agentops.spec.discovery import Declaration
from agentops.spec.files import Files, Refused
from agentops.spec.foreign import without_foreign
from agentops.spec.lifecycle import ignored_problem
from agentops.spec.located import LocatedDict, LocatedList, plain
from agentops.spec.memory import Memory, read_memories, read_seeds, store_body
from agentops.spec.overlay import OVERRIDES, overridden
from agentops.spec.paths import files_behind
from agentops.spec.provenance import SeedSources, memory_before_overrides, source_of
from agentops.spec.references import Index, resolve
from agentops.spec.revision import Revision
from agentops.spec.schema import schema_problems
from agentops.spec.shorthand import expanded_tools
from agentops.spec.source import Document, describe
from agentops.spec.template import render

TEMPLATE = "template"
LIFECYCLE = "lifecycle"
PROMPT = "prompt"
MEMORY = "memory"
SEED = "seed"
SCHEMA = "$schema"
FILE_KEYS = (SCHEMA, "type", "address", OVERRIDES, TEMPLATE, LIFECYCLE)
"""Keys of ours that every kind's file may have."""
KIND_KEYS: Mapping[str, tuple[str, ...]] = {"agent": (PROMPT, MEMORY), "memory_store": (SEED,)}
_SHORT: Mapping[str, Mapping[str, str]] = {"agent": {"model": "id"}}
"""Fields whose text is short for a mapping of that one member."""


class LifecycleBlock(BaseModel):
    """How a resource is treated. ignore_changes: fields that are set once and then left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    protect: bool = False
    ignore_changes: list[str] = []


Built = tuple[list[Resource], list[Diagnostic]]


@dataclass(frozen=True, slots=True)
class Scope:
    """What every step of one load knows. ``resources`` are the files that declare something. ``sources`` and
    ``settled`` are by file what earlier stages found and what is the same in this one."""

    files: Files
    project: Project
    stage: Stage
    catalog: Catalog
    index: Index
    resources: frozenset[str]
    revision: Revision | None
    sources: dict[str, Source]
    settled: dict[str, Built]


def build(declaration: Declaration, scope: Scope) -> Built:
    """The resource a file declares, then what belongs to it: memory stores and their seeds."""
    path = declaration.document.path
    overrides = declaration.document.body.get(OVERRIDES)
    is_patched = isinstance(overrides, Mapping) and scope.stage.name in overrides
    if not is_patched and (known := scope.settled.get(path)) is not None:
        return known
    builder = _Builder(declaration, scope)
    resources = builder.resources()
    problems = [
        item if item.address is not None else item.model_copy(update={"address": declaration.address})
        for item in builder.problems
    ]
    if not (is_patched or builder.asked_stage):
        scope.settled[path] = resources, problems
    return resources, problems


class _Builder:
    def __init__(self, declaration: Declaration, scope: Scope) -> None:
        self.problems: list[Diagnostic] = []
        self.asked_stage = False
        self._kind = declaration.kind
        self._address = declaration.address
        self._name = declaration.name
        self._document = declaration.document
        self._path = declaration.document.path
        self._scope = scope

    def resources(self) -> list[Resource]:
        written = self._with_prose(self._document.body.without(SCHEMA, "type", "address"))
        staged = self._staged(written)
        body = self._rendered(staged)
        lifecycle = self._lifecycle(body)
        body, foreign = without_foreign(self._kind.name, body)
        self.problems.extend(foreign)
        memories = read_memories(body, self.problems) if self._has(MEMORY) else []
        befores = [memory_before_overrides(memory.index, staged, written) for memory in memories]
        attachments, below = self._memories(memories, befores)
        if self._has(SEED):
            before = written.without(OVERRIDES)
            below.extend(self._seeds(self._address, body, before, create_only=True))
        body = self._with_prompt(body)
        body = body.without(*FILE_KEYS, *KIND_KEYS.get(self._kind.name, ()))
        if self._kind.name == "agent":
            body = expanded_tools(body, self._path, self._scope.files, self._scope.resources, self.problems)
        body = self._with_name(body)
        self._check(self._kind, body, blamed=has_errors(foreign))
        own = Resource(
            address=self._address,
            body=plain(body),
            path=self._path,
            location=Location(self._path, *_start(self._document)),
            source=self._source(written),
            lifecycle=lifecycle,
            attachments=attachments,
        )
        return [own, *(_protected(item) if lifecycle.protect else item for item in below)]

    def _has(self, key: str) -> bool:
        return key in KIND_KEYS.get(self._kind.name, ())

    def _with_prose(self, body: LocatedDict) -> LocatedDict:
        """The body with a Markdown file's prose in the kind's text field; a text is given once."""
        document, text_field = self._document, self._kind.text_field
        rivals = [key for key in (text_field, PROMPT) if key is not None and body.get(key) is not None]
        if not self._has(PROMPT):
            rivals = [key for key in rivals if key != PROMPT]
        if document.prose and text_field is not None:
            for key in rivals:
                self._say(
                    Code.CONFLICTING_FIELDS,
                    f"the text under the frontmatter also sets '{text_field}'"
                    if key == text_field
                    else f"there is both text under the frontmatter and '{key}'",
                    body.place(key, "key"),
                    f"remove '{key}', or the text",
                )
            body = body.without(*rivals)
            body.put(text_field, document.prose, document.prose_at or Location(self._path))
        elif len(rivals) > 1:
            self._say(
                Code.CONFLICTING_FIELDS,
                f"'{PROMPT}' and '{text_field}' both give the prompt",
                body.place(PROMPT, "key"),
                "keep one of them",
            )
            body = body.without(PROMPT)
        return body

    def _staged(self, body: LocatedDict) -> LocatedDict:
        text_field = self._kind.text_field
        exclusive = (PROMPT, text_field) if self._has(PROMPT) and text_field is not None else ()
        short = _SHORT.get(self._kind.name, {})
        merged, problems = overridden(
            body, self._scope.stage.name, self._scope.project.stages, exclusive, short
        )
        self.problems.extend(problems)
        return merged

    def _rendered(self, body: LocatedDict) -> LocatedDict:
        """Every string rendered, where the file says ``template: true``."""
        says = body.get(TEMPLATE, False)
        if not isinstance(says, bool):
            self._say(
                Code.WRONG_TYPE,
                f"'template' must be true or false, not {describe(says)}",
                body.place(TEMPLATE),
            )
            return body.without(TEMPLATE)
        return self._render_tree(body, body.at) if says else body

    def _render_tree(self, tree: Any, at: Location) -> Any:
        if isinstance(tree, str):
            return self._render(tree, at, is_file=False)
        if isinstance(tree, LocatedDict):
            made = LocatedDict(tree.at)
            for key, value in tree.items():
                place = tree.place(key)
                made.put(key, self._render_tree(value, place), place, tree.place(key, "key"))
            return made
        if isinstance(tree, LocatedList):
            items = LocatedList(tree.at)
            for index, item in enumerate(tree):
                items.add(self._render_tree(item, tree.place(index)), tree.place(index))
            return items
        return tree

    def _render(self, text: str, at: Location, *, is_file: bool) -> str:
        if "{" not in text:
            return text
        self.asked_stage = True
        try:
            return render(text, self._scope.stage.vars, self._scope.stage.name, at, is_file=is_file)
        except Refused as refused:
            self.problems.extend(refused.diagnostics)
            return text

    def _lifecycle(self, body: LocatedDict) -> Lifecycle:
        written = body.get(LIFECYCLE)
        if written is None:
            return Lifecycle()
        problems = schema_problems(LifecycleBlock, written, body.place(LIFECYCLE), within=LIFECYCLE)
        if problems:
            self.problems.extend(problems)
            return Lifecycle()
        block = LifecycleBlock.model_validate(written)
        for path in block.ignore_changes:
            if (wrong := ignored_problem(path, self._kind)) is not None:
                at = written.place("ignore_changes")
                self._say(Code.INVALID_VALUE, f"ignore_changes: {wrong[0]}", at, wrong[1])
        return Lifecycle(protect=block.protect, ignore_changes=tuple(block.ignore_changes))

    def _with_prompt(self, body: LocatedDict) -> LocatedDict:
        """The prompt file's text in the text field, byte for byte, or rendered where the file ends in .j2."""
        text_field = self._kind.text_field
        if not self._has(PROMPT) or text_field is None or body.get(PROMPT) is None:
            return body
        reference, at = body[PROMPT], body.place(PROMPT)
        if not isinstance(reference, str) or not reference:
            self._say(
                Code.WRONG_TYPE,
                "'prompt' is empty"
                if reference == ""
                else f"'prompt' is the path of a text file, not {describe(reference)}",
                at,
                "write `prompt: prompt.md`, or the text itself as `system`",
            )
            return body
        files = self._scope.files
        try:
            (path,) = files_behind(reference, self._path, at, files).files
            text = files.text(path, at)
        except Refused as refused:
            self.problems.extend(refused.diagnostics)
            return body
        if path.endswith(".j2"):
            text = self._render(text, Location(path), is_file=True)
        made = body.without()
        made.put(text_field, text, Location(path), body.place(PROMPT, "key"))
        return made

    def _with_name(self, body: LocatedDict) -> LocatedDict:
        if "name" in body or "name" not in self._kind.fields:
            return body
        named = LocatedDict(body.at)
        named.put("name", self._name, Location(self._path))
        for key in body:
            named.put_from(body, key)
        return named

    def _memories(
        self, memories: list[Memory], befores: list[LocatedDict]
    ) -> tuple[tuple[Attachment, ...], list[Resource]]:
        attachments: list[Attachment] = []
        resources: list[Resource] = []
        for memory, before in zip(memories, befores, strict=True):
            if memory.block.store is not None:
                store = self._store(memory)
            else:
                store = Address.of("memory_store", f"{self._address.name}-{memory.name}")
                resources.extend(self._own_store(store, memory, before))
            if store is not None:
                attachments.append(Attachment(memory_store=store, access=memory.block.access))
        return tuple(attachments), resources

    def _store(self, memory: Memory) -> Address | None:
        """The store that an entry names; an attachment is by address, so that it holds in every stage."""
        at = memory.entry.place("store")
        text = memory.block.store or ""
        kind, index = self._scope.catalog["memory_store"], self._scope.index
        self.asked_stage |= Address(text) in index.external or Address(text) in index.elsewhere
        try:
            found = resolve(text, kind, self._path, at, index, self._scope.files)
        except Refused as refused:
            self.problems.extend(refused.diagnostics)
            return None
        if found.address is not None:
            return found.address
        self._say(
            Code.WRONG_REFERENCE,
            "a raw ID means one stage only",
            at,
            "give the store an address in agentops.yaml, `external: {memory_store/NAME: {STAGE: ID}}`, "
            "and write that address here",
        )
        return None

    def _own_store(self, store: Address, memory: Memory, before: LocatedDict) -> list[Resource]:
        kind = self._scope.catalog["memory_store"]
        body = store_body(memory, self._address, self.problems)
        self._check(kind, body)
        resource = Resource(
            address=store,
            body=plain(body),
            path=self._path,
            location=memory.at,
            source=Source(digest=digest(plain(before)), commit=self._commit([self._path])),
        )
        create_only = memory.block.access == "read_write"
        return [resource, *self._seeds(store, memory.entry, before, create_only=create_only)]

    def _seeds(
        self, store: Address, holder: LocatedDict, before: LocatedDict, *, create_only: bool
    ) -> list[Resource]:
        """Seeded documents. What agents may write to is created and then left to them. ``before`` is the
        holder before overrides."""
        sources = SeedSources.of(before, self._path, self._scope.files)
        kind = self._scope.catalog["memory"]
        found: list[Resource] = []
        for seed in read_seeds(holder, self._path, self._scope.files, self.problems):
            at = Location(seed.file)
            try:
                written = self._scope.files.text(seed.file, seed.at)
            except Refused as refused:
                self.problems.extend(refused.diagnostics)
                continue
            content = self._render(written, at, is_file=True) if seed.file.endswith(".j2") else written
            body = LocatedDict.of(at, {"path": seed.path, "content": content})
            if not seed.path.isprintable():
                self._say(
                    Code.INVALID_VALUE, f"{seed.path!r} has control characters; rename the file", seed.at
                )
                continue
            self._check(kind, body)
            found.append(
                Resource(
                    address=Address.of(kind.name, f"{store.name}{seed.path}"),
                    body=plain(body),
                    path=seed.file,
                    location=at,
                    source=Source(
                        digest=sources.digest(seed.path, self._scope.files),
                        commit=self._commit([self._path, seed.file]),
                    ),
                    lifecycle=Lifecycle(create_only=create_only),
                    parent=store,
                )
            )
        return found

    def _check(self, kind: Kind, body: LocatedDict, *, blamed: bool = False) -> None:
        """The kind's schema. A file that is of another shape is not told about missing fields as well."""
        ours = (*FILE_KEYS, *KIND_KEYS.get(kind.name, ()))
        problems = schema_problems(kind.schema, body, Location(self._path), ours)
        if blamed:
            problems = [item for item in problems if item.code is not Code.MISSING_KEY]
        self.problems.extend(problems)
        for at in _reserved(body, body.at):
            self._say(
                Code.RESERVED,
                "'$ref' with an address is how agentops writes references",
                at,
                "write the other file's path",
            )

    def _source(self, written: LocatedDict) -> Source:
        """What the file is built from: the same in every stage."""
        known = self._scope.sources
        if self._path not in known:
            defaults = {"name": self._name} if "name" in self._kind.fields else {}
            known[self._path] = source_of(
                self._path, written, defaults, self._scope.files, self._scope.revision
            )
        return known[self._path]

    def _commit(self, paths: list[str]) -> str | None:
        return None if self._scope.revision is None else self._scope.revision.commit_of(paths)

    def _say(self, code: Code, summary: str, at: Location, detail: str = "") -> None:
        self.problems.append(error(code, summary, detail, location=at))


def _start(document: Document) -> tuple[int, int]:
    at = document.body.at
    return at.line, at.column


def _reserved(tree: Any, at: Location) -> list[Location]:
    if isinstance(tree, LocatedDict):
        if as_ref(tree) is not None:
            return [at]
        return [found for key, value in tree.items() for found in _reserved(value, tree.place(key))]
    if isinstance(tree, LocatedList):
        return [found for index, value in enumerate(tree) for found in _reserved(value, tree.place(index))]
    return []


def _protected(resource: Resource) -> Resource:
    """What belongs to something protected is protected with it."""
    return replace(resource, lifecycle=replace(resource.lifecycle, protect=True))
