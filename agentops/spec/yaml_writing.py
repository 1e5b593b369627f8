"""A value -> YAML text that reads back as that value, as a person would have written it.

What we read is YAML 1.2; editors and other tools may read 1.1. So a text is quoted wherever either of them
would take it for something else. Small mappings and lists stand on one line, texts of several lines in a
block.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from agentops.domain.canonical import same
from agentops.spec.files import Refused
from agentops.spec.yaml_text import parse_yaml, scalar

_ONE_LINE = 60
"""Characters that a mapping or a list may have to stand on one line."""

_WIDE = 1 << 30
_WITH_COLONS = re.compile(r"[A-Za-z](?:[\w./=@-]|:(?=\w|//))*", re.ASCII)
"""Texts such as ``env:NAME`` and URLs, which need no quotes between braces either."""

_STANDARD = "tag:yaml.org,2002:"
_RESOLVER: Any = yaml.resolver.Resolver()
_NOT_IN_A_BLOCK = re.compile(
    r"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe]"
)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def analyze_scalar(self, scalar: str) -> Any:
        found: Any = super().analyze_scalar(scalar)
        if _WITH_COLONS.fullmatch(scalar) is not None:
            found.allow_flow_plain = True
        return found

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)  # lists are indented below their key


def written_yaml(value: Mapping[str, Any]) -> str:
    """Raises ValueError where no YAML of ours reads back as this, e.g. for half a surrogate pair."""
    for quoted in (False, True):
        try:
            root = _node(value, quoted)
            root.flow_style = not value
            text = yaml.serialize(root, Dumper=_Dumper, allow_unicode=True, width=_WIDE)
            if same(parse_yaml(text, ""), value):
                return str(text)
        except (yaml.YAMLError, UnicodeError, Refused):
            continue
    raise ValueError("it holds a text that no YAML file can")


def _node(value: Any, quoted: bool) -> Any:
    if isinstance(value, Mapping):
        pairs = [
            (_text(str(key), quoted, in_block=False), _node(item, quoted)) for key, item in value.items()
        ]
        return yaml.MappingNode(f"{_STANDARD}map", pairs, flow_style=_is_short(value))
    if isinstance(value, list):
        items = [_node(item, quoted) for item in value]
        return yaml.SequenceNode(f"{_STANDARD}seq", items, flow_style=_is_short(value))
    if isinstance(value, str):
        return _text(value, quoted)
    return _plain(json.dumps(value))


def _is_short(value: Any) -> bool:
    """Whether a mapping or list stands on one line: short, and nothing in it that is long or nested."""
    items = value.values() if isinstance(value, Mapping) else value
    if any(isinstance(item, list | Mapping) and item for item in items):
        return False
    return len(json.dumps(value, ensure_ascii=False)) <= _ONE_LINE and "\\n" not in json.dumps(value)


def _plain(text: str) -> yaml.ScalarNode:
    """A scalar that is written as it is, whatever it is by YAML 1.1."""
    tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    return yaml.ScalarNode(tag, text)


def _text(text: str, quoted: bool, *, in_block: bool = True) -> yaml.ScalarNode:
    if quoted or not isinstance(scalar(text), str) or text == "<<":
        style = '"'
    elif "\n" in text:
        style = "|" if in_block and _fits_a_block(text) else '"'
    else:
        style = None
    return yaml.ScalarNode(f"{_STANDARD}str", text, style=style)


def _fits_a_block(text: str) -> bool:
    """Whether a block shows the text as it is: no white space that an editor would take away, at most one
    line break at its end, and nothing that cannot be seen."""
    if text[0] in " \n" or text.endswith("\n\n") or _NOT_IN_A_BLOCK.search(text) is not None:
        return False
    return not any(line != line.rstrip() for line in text.split("\n"))
