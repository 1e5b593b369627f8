"""A collection in brackets with other members: commas, comments and line breaks stay where they were."""

from __future__ import annotations

from collections.abc import Sequence

from agentops.spec.editing.nodes import Node


def rebuilt(text: str, node: Node, parts: Sequence[tuple[int | None, str]]) -> str:
    """``parts`` are the members there are to be, old ones by their index, each as it is written."""
    leads, rests, opening, closing, has_last_comma = _pieces(text, node)
    several_lines = any("\n" in lead for lead in leads)
    usual = _usual(leads, several_lines=several_lines)
    made = [text[node.start], opening]
    for position, (old, part) in enumerate(parts):
        lead = usual if old is None else leads[old]
        if position == 0 and not several_lines:
            lead = leads[0]
        elif old == 0 and not several_lines:
            lead = usual
        last = position == len(parts) - 1
        made += [
            lead,
            part,
            "" if last and not has_last_comma else ",",
            rests[old] if old is not None else "",
        ]
    return "".join((*made, closing, text[node.end - 1]))


def _usual(leads: Sequence[str], *, several_lines: bool) -> str:
    """What stands before a member that has no comment of its own."""
    if not several_lines:
        return leads[-1] if len(leads) > 1 else " "
    broken = [lead for lead in leads if "\n" in lead]
    return "\n" + broken[-1].rpartition("\n")[2]


def _pieces(text: str, node: Node) -> tuple[list[str], list[str], str, str, bool]:
    """What stands before each member and behind its comma on the same line; what follows the opening
    bracket; what stands before the closing one; and whether there is a comma behind the last member."""
    opening, first = _split(text[node.start + 1 : node.entries[0]])
    leads, rests = [first], []
    for index, item in enumerate(node.items):
        is_last = index == len(node.items) - 1
        until = node.end - 1 if is_last else node.entries[index + 1]
        comma = _comma(text, item.end, until)
        between = (
            text[item.end : until] if comma is None else text[item.end : comma] + text[comma + 1 : until]
        )
        rest, lead = _split(between)
        rests.append(rest)
        if is_last:
            return leads, rests, opening, lead, comma is not None
        leads.append(lead)
    raise AssertionError("a collection without members is replaced whole")


def _split(between: str) -> tuple[str, str]:
    """What belongs to the line that ends here, and what to the member that follows."""
    here = between.find("\n")
    return ("", between) if here < 0 else (between[:here], between[here:])


def _comma(text: str, start: int, end: int) -> int | None:
    here = start
    while here < end:
        if text[here] == ",":
            return here
        if text[here] == "#" and text[here - 1] in " \t\n":
            here = text.find("\n", here, end)
            if here < 0:
                return None
        here += 1
    return None
