"""One declaration -> its resources in one stage.

The order of the steps is the meaning of a file: overrides are merged over what is written, templates are
rendered, our own keys are taken out, shorthands become what the API takes, and that must pass the schema.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from agentops.domain.address import Address
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import Code, Diagnostic, Location, Severity, error
from agentops.domain.kind import Catalog, Kind
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Attachment, Body, Lifecycle, Places, Resource, Source
from agentops.spec.credentials import CREDENTIALS, SECRET_VERSION, read_credentials, read_secret_version
from agentops.spec.defaults import filled
from agentops.spec.discovery import Declaration
from agentops.spec.files import Files, Refused, is_pattern
from agentops.spec.foreign import without_foreign
from agentops.spec.lifecycle import LIFECYCLE, read_lifecycle
from agentops.spec.located import LocatedDict, plain
from agentops.spec.memory import Memory, read_memories, read_seeds, store_body
from agentops.spec.overlay import OVERRIDES, overridden
from agentops.spec.paths import files_behind
from agentops.spec.project import PROJECT_FILE
from agentops.spec.provenance import SeedSources, files_of, memory_before_overrides, source_of
from agentops.spec.references import Index, a, is_url, matching, resolve
from agentops.spec.rendering import TEMPLATE, Renderer
from agentops.spec.request import request
from agentops.spec.revision import Revision
from agentops.spec.shorthand import expanded_tools
from agentops.spec.slots import Names, named_in, short_references
from agentops.spec.source import Document, describe
from agentops.spec.waivers import POLICY, read_waivers

PROMPT = "prompt"
MEMORY = "memory"
SEED = "seed"
SCHEMA = "$schema"
FILE_KEYS = (SCHEMA, "type", "address", OVERRIDES, TEMPLATE, LIFECYCLE, POLICY)
"""Keys of ours that every kind's file may have."""
KIND_KEYS: Mapping[str, tuple[str, ...]] = {
    "agent": (PROMPT, MEMORY),
    "memory_store": (SEED,),
    "vault": (CREDENTIALS,),
    "deployment": (SECRET_VERSION,),
}
SHORT: Mapping[str, Mapping[str, str]] = {"agent": {"model": "id"}}
"""Fields whose text is short for a mapping of that one member."""


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
        item
        if item.address is not None or _is_of_project(item)
        else item.model_copy(update={"address": declaration.address})
        for item in builder.problems
    ]
    if not (is_patched or builder.asks_for_stage):
        scope.settled[path] = resources, problems
    return resources, problems


def _is_of_project(problem: Diagnostic) -> bool:
    """Whether it is a default that is wrong: that is said once, and not of everything that gets it."""
    return problem.location is not None and problem.location.file == PROJECT_FILE


class _Builder:
    def __init__(self, declaration: Declaration, scope: Scope) -> None:
        self.problems: list[Diagnostic] = []
        self._looked_up = False
        self._kind = declaration.kind
        self._address = declaration.address
        self._name = declaration.name
        self._document = declaration.document
        self._path = declaration.document.path
        self._scope = scope
        self._renderer = Renderer(scope.stage, self.problems)

    @property
    def asks_for_stage(self) -> bool:
        """Whether another stage may make something else of the file, overrides aside."""
        return self._looked_up or self._renderer.used

    def resources(self) -> list[Resource]:
        written = self._with_prose(self._document.body.without(SCHEMA, "type", "address"))
        staged = self._staged(written)
        body = self._renderer.body(staged)
        lifecycle = read_lifecycle(body, self._kind, self.problems)
        waivers = read_waivers(body, self.problems)
        body, foreign = without_foreign(self._kind, self._scope.catalog, body)
        self.problems.extend(foreign)
        blamed = frozenset(item.location for item in foreign if item.severity is Severity.ERROR)
        memories = read_memories(body, self.problems) if self._has(MEMORY) else []
        befores = [memory_before_overrides(memory.index, staged, written) for memory in memories]
        attachments, below = self._memories(memories, befores)
        if self._has(SEED):
            before = written.without(OVERRIDES)
            below.extend(self._seeds(self._address, body, before, create_only=True))
        if self._has(CREDENTIALS):
            below.extend(self._credentials(body, written))
        version = read_secret_version(body, self.problems) if self._has(SECRET_VERSION) else None
        body = self._with_prompt(body)
        body = body.without(*FILE_KEYS, *KIND_KEYS.get(self._kind.name, ()))
        if self._kind.name == "agent":
            body = expanded_tools(body, self._path, self._scope.files, self._scope.resources, self.problems)
        body = self._with_name(body)
        beside = (*FILE_KEYS, *KIND_KEYS.get(self._kind.name, ()))
        made, places = self._compiled(self._kind, body, beside=beside, blamed=blamed)
        own = Resource(
            address=self._address,
            body=made,
            path=self._path,
            location=Location(self._path, *_start(self._document)),
            source=self._source(written),
            lifecycle=lifecycle,
            attachments=attachments,
            secret_version=version,
            files=files_of(self._path, written, self._scope.files),
            waivers=waivers,
            places=places,
        )
        return [own, *(_like(own, item) for item in below)]

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
            value = self._kind.prose(document.prose)
            body.put(text_field, value, document.prose_at or Location(self._path))
        elif document.prose:
            self._say(
                Code.CONFLICTING_FIELDS,
                f"{a(self._kind.name)} has no text, so what stands under the frontmatter goes nowhere",
                document.prose_at or Location(self._path),
                "remove it, or write it as a comment into the frontmatter",
            )
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
        short = {**SHORT.get(self._kind.name, {}), **short_references(self._kind)}
        merged, problems = overridden(
            body, self._scope.stage.name, self._scope.project.stages, exclusive, short
        )
        self.problems.extend(problems)
        return merged

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
            text = self._renderer.text(text, Location(path), is_file=True)
        made = body.without()
        made.put(text_field, text, Location(path), body.place(PROMPT, "key"))
        return made

    def _with_name(self, body: LocatedDict) -> LocatedDict:
        field = self._kind.default_name
        if field is None or field in body:
            return body
        named = LocatedDict(body.at)
        named.put(field, self._name, Location(self._path))
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
        self._looked_up |= Address(text) in index.external or Address(text) in index.elsewhere
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
        body = store_body(memory, self._address, self.problems)
        made, places = self._compiled(self._scope.catalog["memory_store"], body)
        resource = Resource(
            address=store,
            body=made,
            path=self._path,
            location=memory.at,
            source=Source(digest=digest(plain(before)), commit=self._commit([self._path])),
            files=(self._path,),
            places=places,
        )
        create_only = memory.block.access == "read_write"
        return [resource, *self._seeds(store, memory.entry, before, create_only=create_only)]

    def _credentials(self, body: LocatedDict, written: LocatedDict) -> Iterator[Resource]:
        for item in read_credentials(body, written, self.problems):
            made, places = self._compiled(
                self._scope.catalog["credential"],
                item.body,
                within=f"{CREDENTIALS}.{item.name}",
                beside=(SECRET_VERSION,),
            )
            yield Resource(
                address=Address.of("credential", f"{self._address.name}/{item.name}"),
                body=made,
                path=self._path,
                location=item.at,
                source=Source(digest=digest(plain(item.before)), commit=self._commit([self._path])),
                files=(self._path,),
                parent=self._address,
                secret_version=item.secret_version,
                places=places,
            )

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
            content = self._renderer.text(written, at, is_file=True) if seed.file.endswith(".j2") else written
            body = LocatedDict.of(at, {"path": seed.path, "content": content})
            if not seed.path.isprintable():
                self._say(
                    Code.INVALID_VALUE, f"{seed.path!r} has control characters; rename the file", seed.at
                )
                continue
            found.append(
                Resource(
                    address=Address.of(kind.name, f"{store.name}{seed.path}"),
                    body=self._compiled(kind, body)[0],
                    path=seed.file,
                    location=at,
                    source=Source(
                        digest=sources.digest(seed.path, self._scope.files),
                        commit=self._commit([self._path, seed.file]),
                    ),
                    lifecycle=Lifecycle(create_only=create_only),
                    files=(self._path, seed.file),
                    parent=store,
                )
            )
        return found

    def _compiled(
        self,
        kind: Kind,
        body: LocatedDict,
        *,
        within: str = "",
        beside: tuple[str, ...] = (),
        blamed: Collection[Location | None] = (),
    ) -> tuple[Body, Places]:
        """The request of a body, and where its members are written. ``beside`` are keys of ours that may
        stand there, ``blamed`` the places of foreign shapes: there nothing more is said, and nothing is
        missed anywhere."""
        scope = self._scope
        self._looked_up |= bool(kind.slots and (scope.index.external or scope.index.elsewhere))
        names = Names(self._path, self._address, scope.catalog, scope.index, scope.files)
        body = filled(body, scope.stage.defaults, kind.fields)
        made, problems, places = request(kind, body, names, beside, within)
        self.problems.extend(
            item
            for item in problems
            if item.location not in blamed and not (blamed and item.code is Code.MISSING_KEY)
        )
        return made, places

    def _source(self, written: LocatedDict) -> Source:
        """What the file is built from: the same in every stage."""
        known = self._scope.sources
        if self._path not in known:
            defaults = {} if self._kind.default_name is None else {self._kind.default_name: self._name}
            known[self._path] = source_of(
                self._path, written, defaults, self._matched(written), self._scope.files, self._scope.revision
            )
        return known[self._path]

    def _matched(self, written: LocatedDict) -> dict[str, list[Address]]:
        """What the patterns of a file name, before overrides."""
        scope, at = self._scope, Location(self._path)
        found: dict[str, list[Address]] = {}
        for kind, text in named_in(self._kind, written.without(OVERRIDES)):
            if is_pattern(text) and not is_url(text):
                with suppress(Refused):  # reported where it is used
                    named = matching(text, scope.catalog[kind], self._path, at, scope.index, scope.files)
                    found[text] = [item.address for item in named if item.address is not None]
        return found

    def _commit(self, paths: list[str]) -> str | None:
        return None if self._scope.revision is None else self._scope.revision.commit_of(paths)

    def _say(self, code: Code, summary: str, at: Location, detail: str = "") -> None:
        self.problems.append(error(code, summary, detail, location=at))


def _start(document: Document) -> tuple[int, int]:
    at = document.body.at
    return at.line, at.column


def _like(own: Resource, below: Resource) -> Resource:
    """What belongs to something protected is protected with it, and what its file sets aside is set aside."""
    protect = own.lifecycle.protect or below.lifecycle.protect
    return replace(below, lifecycle=replace(below.lifecycle, protect=protect), waivers=own.waivers)
