"""One value of a body as a line of text, and one changed member as a field."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentops.domain.bundle import is_file
from agentops.domain.resource import Ref, as_ref, replace_refs
from agentops.domain.secret import as_secret
from agentops.domain.view.model import DiffLine, FieldView, Line, Span, Tone
from agentops.domain.view.textdiff import text_diff, whole_text

FOLD = 100
"""A string of more characters is folded to its size and how it begins."""

_BEGINNING = 60
"""Characters of how it begins."""

_HASH_SHOWN = 12
_SHOWN_MEMBERS = 12
"""Of a list in an overview; the rest is a number."""

_PLAIN_WORD = re.compile(r"[A-Za-z][\w.@/:+*=<>-]*")
_JSON_WORDS = frozenset({"true", "false", "null"})
_ARROW = Span(" → ", Tone.FAINT)
_ABSENT = Span("(absent)", Tone.FAINT)


def changed_field(path: str, before: Any, after: Any, *, verbose: bool) -> Iterator[FieldView]:
    """A member that changes, as the fields that show it: texts as diffs, lists by what joins and leaves,
    objects member by member."""
    if isinstance(before, str) and isinstance(after, str) and _reads_as_text(before, after):
        beside = (Span(_growth(before, after), Tone.FAINT),)
        yield FieldView(path, beside, text_diff(before, after, folded=not verbose))
    elif as_secret(after) is not None:
        yield FieldView(path, (Span(inline(after), Tone.ADDED), Span(" (sent again)", Tone.FAINT)))
    elif _is_object(before) and _is_object(after) and not is_file(before) and not is_file(after):
        for key in dict.fromkeys((*before, *after)):
            if before.get(key) != after.get(key):
                yield from changed_field(f"{path}.{key}", before.get(key), after.get(key), verbose=verbose)
    elif before is None or after is None:
        yield _joined_or_left(path, before, after, verbose)
    elif isinstance(before, list) and isinstance(after, list) and _is_scalars([*before, *after]):
        yield _changed_list(path, before, after)
    elif _is_nested(before) or _is_nested(after):
        yield FieldView(path, (), text_diff(_pretty(before), _pretty(after), folded=not verbose))
    else:
        yield FieldView(path, _moves(_value(before, Tone.REMOVED), after))


def whole_field(path: str, value: Any) -> Iterator[FieldView]:
    """A member of what is created, complete: one field per leaf, texts with all their lines."""
    for place, leaf in _flat(path, value):
        if isinstance(leaf, str) and _is_long(leaf):
            yield FieldView(place, (Span(_size(leaf), Tone.FAINT),), whole_text(leaf, "+", Tone.ADDED))
        else:
            yield FieldView(place, (Span(inline(leaf, fold=False)), *_known_later(leaf)))


def inline(value: Any, *, fold: bool = True) -> str:
    """Any value on one line: JSON, references as addresses, long strings as their size and beginning."""
    if isinstance(value, str):
        return folded(value) if fold and _is_long(value) else json.dumps(value, ensure_ascii=False)
    if (ref := as_ref(value)) is not None:
        return named(ref)
    if (secret := as_secret(value)) is not None:
        return f"secret {secret}"
    if is_file(value):
        return f"{value['size']:,} bytes, sha256 {value['sha256'][:_HASH_SHOWN]}"
    if isinstance(value, list) and value and _is_scalars(value):
        return ", ".join(word(item) for item in value)
    text = json.dumps(replace_refs(value, str), ensure_ascii=False)
    return folded(text) if fold and len(text) > FOLD else text


def word(value: Any) -> str:
    """A scalar without quotes where nothing can be mistaken, else as JSON."""
    if (ref := as_ref(value)) is not None:
        return named(ref)
    if as_secret(value) is not None:
        return inline(value)
    if isinstance(value, str) and _PLAIN_WORD.fullmatch(value) and value not in _JSON_WORDS:
        return value if len(value) <= FOLD else folded(value)
    return inline(value)


def named(ref: Ref) -> str:
    """A reference: an ID as the address it belongs to, a version as ``(agent/tutor).version``."""
    return ref.address if ref.attribute == "id" else str(ref)


def words(values: Sequence[Any]) -> str:
    """A list of scalars on one line, its tail as a number."""
    shown = ", ".join(word(item) for item in values[:_SHOWN_MEMBERS])
    rest = len(values) - _SHOWN_MEMBERS
    return f"{shown} and {rest} more" if rest > 0 else shown


def folded(text: str) -> str:
    """``86 lines, 4,210 characters: "# Tutor You are a patient tutor…"``"""
    start = " ".join(text[: 4 * _BEGINNING].split())
    if len(start) > _BEGINNING:
        start = start[:_BEGINNING].rpartition(" ")[0] or start[:_BEGINNING]
    more = "" if start == text else "…"
    return f"{_size(text)}: {json.dumps(start + more, ensure_ascii=False)}"


def _is_long(text: str) -> bool:
    return "\n" in text.removesuffix("\n") or len(text) > FOLD


def _reads_as_text(before: str, after: str) -> bool:
    """Whether a diff shows more than two quoted strings: long ones, or nothing but white space changed."""
    long = _is_long(before) or _is_long(after) or len(before) + len(after) > FOLD
    return long or before.split() == after.split()


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and as_ref(value) is None and as_secret(value) is None


def _is_nested(value: Any) -> bool:
    return isinstance(value, list) or (_is_object(value) and not is_file(value))


def _is_scalars(values: Sequence[Any]) -> bool:
    return not any(isinstance(item, list) or _is_object(item) for item in values)


def _size(text: str) -> str:
    lines = len(text.removesuffix("\n").split("\n"))
    characters = f"{len(text):,} character{'' if len(text) == 1 else 's'}"
    return f"{lines:,} lines, {characters}" if lines > 1 else characters


def _labels(items: Sequence[Any]) -> list[str]:
    """What names each item of a list: its type and name, ``custom:lookup_order``, else its position."""
    names = [_label(item) for item in items]
    counts = Counter(names)
    return [name if name and counts[name] == 1 else str(position) for position, name in enumerate(names)]


def _label(item: Any) -> str:
    if not isinstance(item, Mapping):
        return ""
    name = item.get("name") or item.get("mcp_server_name")
    parts = dict.fromkeys(part for part in (item.get("type"), name) if isinstance(part, str))
    return ":".join(parts) or str(item.get("id") or "")


def _pretty(value: Any) -> str:
    return json.dumps(replace_refs(value, str), ensure_ascii=False, indent=2)


def _growth(before: str, after: str) -> str:
    """``86 → 88 lines`` or ``210 → 214 characters``; nothing where neither moves."""
    counts = [len(text.removesuffix("\n").split("\n")) for text in (before, after)]
    if counts == [1, 1]:
        return f"{len(before):,} → {len(after):,} characters" if len(before) != len(after) else ""
    return f"{counts[0]:,} → {counts[1]:,} lines" if counts[0] != counts[1] else f"{counts[0]:,} lines"


def _joined_or_left(path: str, before: Any, after: Any, verbose: bool) -> FieldView:
    """A member that was not there before, or is not there any more."""
    mark, tone, value = ("+", Tone.ADDED, after) if before is None else ("-", Tone.REMOVED, before)
    if isinstance(value, list) and _is_scalars(value):
        return FieldView(path, (), tuple(_member(mark, tone, item) for item in value))
    if _is_nested(value):
        return FieldView(path, (), tuple(_flat_lines(value, mark, tone, verbose)))
    below = whole_text(value, mark, tone) if verbose and isinstance(value, str) and _is_long(value) else ()
    return FieldView(path, _moves(_value(before, Tone.REMOVED), after), below)


def _flat_lines(value: Any, mark: str, tone: Tone, verbose: bool) -> Iterator[DiffLine]:
    for path, leaf in _flat("", value):
        whole = verbose and isinstance(leaf, str) and _is_long(leaf)
        yield DiffLine(mark, (Span(f"{path}: {_size(leaf) if whole else word(leaf)}", tone),), tone)
        if whole:
            yield from whole_text(leaf, mark, tone, indent="  ")


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if _is_object(value) and value:
        for key, member in value.items():
            yield from _flat(f"{path}.{key}" if path else str(key), member)
    elif isinstance(value, list) and not _is_scalars(value):
        for label, member in zip(_labels(value), value, strict=True):
            yield from _flat(f"{path}[{label}]", member)
    else:
        yield path, value


def _changed_list(path: str, before: list[Any], after: list[Any]) -> FieldView:
    """What leaves and what joins, or both orders where only the order differs."""
    left, joined = _without(before, after), _without(after, before)
    if not left and not joined:
        beside = _moves(Span(inline(before), Tone.REMOVED), after)
        return FieldView(path, (*beside, Span(" (another order)", Tone.FAINT)))
    return FieldView(
        path,
        (),
        (
            *(_member("-", Tone.REMOVED, item) for item in left),
            *(_member("+", Tone.ADDED, item) for item in joined),
        ),
    )


def _without(values: list[Any], others: list[Any]) -> list[Any]:
    """The values that ``others`` has not, each as often as it is missing there."""
    spare = Counter(_pretty(item) for item in others)
    found = []
    for value in values:
        spare[_pretty(value)] -= 1
        if spare[_pretty(value)] < 0:
            found.append(value)
    return found


def _member(mark: str, tone: Tone, item: Any) -> DiffLine:
    return DiffLine(mark, (Span(word(item), tone), *_known_later(item)), tone)


def _moves(before: Span, after: Any) -> Line:
    return (before, _ARROW, _value(after, Tone.ADDED), *_known_later(after))


def _value(value: Any, tone: Tone) -> Span:
    return _ABSENT if value is None else Span(inline(value), tone)


def _known_later(value: Any) -> Line:
    return (Span(" (known after apply)", Tone.FAINT),) if as_ref(value) is not None else ()
