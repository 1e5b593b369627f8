"""A directory of files as one ``multipart/form-data`` body, byte for byte as the official SDK writes it.

First a part for each text, then one for each file in the order of the paths. A file name is the path from
the top directory on, that directory included; it is sent in UTF-8, with ``"``, ``\\`` and control characters
escaped as browsers do. The content type is guessed from the name. The parts are written by httpx, whose
fork the SDK uses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.kind import Bundle, Kind
from agentops.domain.ports import RegistryError
from agentops.domain.resource import Body


@dataclass(frozen=True, slots=True)
class Upload:
    """``part`` is the name of every file's part. ``files``: file name with the top directory -> bytes.

    ``boundary`` follows from the content, so that an upload that is sent again is the same bytes; and no
    file can contain it, as that would change it.
    """

    part: str
    texts: Mapping[str, str]
    files: Mapping[str, bytes] = field(repr=False)
    boundary: str

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def as_arguments(self) -> dict[str, Any]:
        """What httpx is given to write it."""
        parts = [(self.part, (name, content)) for name, content in self.files.items()]
        return {"data": {name: text.encode() for name, text in self.texts.items()}, "files": parts}

    @property
    def told(self) -> Body:
        """What an answer is looked through for, to see whether it is the request that came back."""
        return {"boundary": self.boundary, "texts": list(self.texts.values()), "files": list(self.files)}


def first_upload(kind: Kind, bundle: Bundle, body: Body) -> Upload:
    """What creates an object; the texts of the body that are None are left out.

    Raises:
        ValueError: the body is none of this kind's, or something in it is no text or no bytes.
        RegistryError: a text or a name that no request can carry.
    """
    texts = {name: body[name] for name in bundle.texts if body.get(name) is not None}
    return _upload(kind, bundle, body, texts)


def next_upload(kind: Kind, bundle: Bundle, body: Body) -> Upload:
    """A further version: the files alone. Raises as ``first_upload`` does."""
    return _upload(kind, bundle, body, {})


def _upload(kind: Kind, bundle: Bundle, body: Body, texts: Mapping[str, Any]) -> Upload:
    if unknown := body.keys() - {bundle.field, bundle.directory, *bundle.texts}:
        raise ValueError(f"an upload of a {kind.name} has no place for {', '.join(sorted(unknown))}")
    directory, files = body.get(bundle.directory), body.get(bundle.field)
    if not isinstance(directory, str) or not directory or "/" in directory:
        raise ValueError(f"{bundle.directory} of a {kind.name} has to name the top directory of its files")
    if not isinstance(files, Mapping) or not files:
        raise ValueError(f"{bundle.field} of a {kind.name} has to be files")
    for path, content in files.items():
        if not isinstance(content, bytes):
            raise ValueError(f"{bundle.field} of a {kind.name} has to hold the bytes of {path!r}")
    for name, text in texts.items():
        if not isinstance(text, str):
            raise ValueError(f"{name} of a {kind.name} has to be a text")
    named = {f"{directory}/{path}": files[path] for path in sorted(files)}
    for text in (*texts.values(), *named):
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise RegistryError(f"{text!r} in a {kind.name} is no Unicode text and cannot be sent; rename it")
    return Upload(part=bundle.part, texts=texts, files=named, boundary=_boundary(texts, named))


def _boundary(texts: Mapping[str, str], files: Mapping[str, bytes]) -> str:
    """32 hex digits, as many as httpx takes."""
    digest = hashlib.sha256()
    for part in _contents(texts, files):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()[:32]


def _contents(texts: Mapping[str, str], files: Mapping[str, bytes]) -> Iterator[bytes]:
    for name, text in texts.items():
        yield from (name.encode(), text.encode())
    for name, content in files.items():
        yield from (name.encode(), content)
