"""``multipart/form-data`` (RFC 7578): text parts, and files whose name carries a path.

The SDK sends the files of a skill this way. Starlette's ``request.form()`` is not used: it reads a
name that is not UTF-8 as Latin-1, and drops without a word the part in which a body breaks off.
"""

from __future__ import annotations

from dataclasses import dataclass

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from agentops.emulator.errors import invalid_request


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form; a text has no ``filename``."""

    name: str
    filename: str | None
    content: bytes


def parse_form(content_type: str, raw: bytes) -> list[Part]:
    """The parts in the order they were sent; 400 for what is not one complete form."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise invalid_request("content-type: send 'multipart/form-data' with the boundary of its parts")
    form = _Form()
    try:
        MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin_part,
                "on_header_field": form.add_to_field,
                "on_header_value": form.add_to_value,
                "on_header_end": form.end_header,
                "on_part_data": form.add_to_content,
                "on_part_end": form.end_part,
                "on_end": form.end,
            },
        ).write(raw)
    except FormParserError as error:
        raise invalid_request(f"The request body is not valid multipart/form-data: {error}") from None
    if not form.complete:
        raise invalid_request("The request body breaks off before the closing boundary of its form.")
    return form.parts


class _Form:
    """What the parser has found so far; it hands over headers and contents piece by piece."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.complete = False
        self.begin_part()

    def begin_part(self) -> None:
        self._field, self._value = bytearray(), bytearray()
        self._disposition = ""
        self._content = bytearray()

    def add_to_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            # Latin-1 keeps every byte as it is; names are decoded below.
            self._disposition = self._value.decode("latin-1")
        self._field, self._value = bytearray(), bytearray()

    def add_to_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def end_part(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise invalid_request(
                f"Part {len(self.parts) + 1} of the form has no name; "
                "send the header 'Content-Disposition: form-data; name=\"…\"' in each part."
            )
        filename = _decode(options[b"filename"]) if b"filename" in options else None
        self.parts.append(Part(_decode(options[b"name"]), filename, bytes(self._content)))

    def end(self) -> None:
        self.complete = True


def _decode(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        shown = name.decode("utf-8", "backslashreplace")[:200]
        raise invalid_request(f"The form has a name that is not valid UTF-8: '{shown}'") from None
