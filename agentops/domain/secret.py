"""References to secrets in a body: ``{"secret": "env:NAME"}`` or ``{"secret": "file:PATH"}``.

Only these ever stand in a file, a plan or a lock; the value is looked up when it is sent, and nowhere kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

KEY = "secret"
HIDDEN = "***"
FORM = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S(?:.*\S)?")
"""A variable of the environment, or a file; a relative path begins at the project's root."""

Path = tuple[str | int, ...]


class SecretText(str):
    """The value of a secret in a body that is about to be sent; marks it for whoever must not repeat it.

    It hides where it is shown: in ``repr``, ``str``, ``format``, an f-string and ``%``, in a container and in
    a traceback. It is the text for what computes with it: comparison, ``len``, slices, ``+``, ``join``,
    ``encode``, and JSON, which sends it. The results of these are plain texts and hide no more.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"SecretText({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, form: str, /) -> str:
        return format(HIDDEN, form)


def as_secret(value: Any) -> str | None:
    """``env:NAME`` or ``file:PATH`` where the value is such a reference, else None."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(text := value.get(KEY), str):
        return text if FORM.fullmatch(text) else None
    return None


def secrets_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every reference with the path of the member that holds it, in the order it is written."""
    if (found := as_secret(value)) is not None:
        yield path, found
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from secrets_in(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from secrets_in(member, (*path, index))


def without_secrets(value: Any) -> Any:
    """The value without the members that refer to secrets: as the registry would return it."""
    if isinstance(value, Mapping):
        return {key: without_secrets(member) for key, member in value.items() if as_secret(member) is None}
    if isinstance(value, list):
        return [without_secrets(member) for member in value if as_secret(member) is None]
    return value


def replace_secrets(value: Any, known: Callable[[str], str]) -> Any:
    """The same with ``known("env:NAME")`` in the place of each reference."""
    if (found := as_secret(value)) is not None:
        return known(found)
    if isinstance(value, Mapping):
        return {key: replace_secrets(member, known) for key, member in value.items()}
    if isinstance(value, list):
        return [replace_secrets(member, known) for member in value]
    return value
