"""Our identity of a resource: ``kind/name``, the same in every stage."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Address(str):
    """``kind/name``, e.g. ``agent/tutor``. A string, so that it sorts, hashes and serialises as one.

    The name of a child contains its parent's: ``memory/<store>/<path>``.
    """

    __slots__ = ()

    @classmethod
    def of(cls, kind: str, name: str) -> Address:
        return cls(f"{kind}/{name}")

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``kind/name``.

        Raises:
            ValueError: there is no kind or no name, or a character that no address can have.
        """
        kind, slash, name = text.partition("/")
        if not slash or not kind or not name:
            raise ValueError(f"'{text}' is not an address; write kind/name, e.g. agent/tutor")
        if not text.isprintable() or text != text.strip():
            raise ValueError(f"{text!r} is not an address; it has control or surrounding white space")
        return cls(text)

    @property
    def kind(self) -> str:
        return self.partition("/")[0]

    @property
    def name(self) -> str:
        return self.partition("/")[2]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.parse, core_schema.str_schema())
