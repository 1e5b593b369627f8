"""``deployment.initial_events``: what every session of a deployment is sent first.

SDK types ``BetaManagedAgentsDeploymentInitialEventParams`` in and ``BetaManagedAgentsDeploymentInitialEvent``
out. They come back as sent, optional members left out as null.
"""

from __future__ import annotations

from typing import Any

from agentops.emulator.checks import (
    Check,
    array,
    child,
    integer,
    nullable,
    one_of,
    refuse,
    tagged,
    text,
    then,
    typed,
)

MOST_EVENTS = 50
MOST_SYSTEM_ITEMS = 1000
MOST_RUBRIC = 262_144
MOST_ITERATIONS = 20

_file = typed("file", {"file_id": text(least=1)}, required=("file_id",))
_url = typed("url", {"url": text(least=1)}, required=("url",))
_base64 = typed(
    "base64", {"data": text(least=1), "media_type": text(least=1)}, required=("data", "media_type")
)
_plain_text = typed(
    "text", {"data": text(), "media_type": one_of("text/plain")}, required=("data", "media_type")
)

_text_block = typed("text", {"text": text()}, required=("text",))
_image_block = typed(
    "image", {"source": tagged({"base64": _base64, "url": _url, "file": _file})}, required=("source",)
)
_document_source = tagged({"base64": _base64, "text": _plain_text, "url": _url, "file": _file})


def _filled(*names: str) -> Any:
    """Optional members that were left out, as null."""
    return lambda value, _at: {**value, **{name: value.get(name) for name in names}}


_document_block = then(
    typed(
        "document",
        {"source": _document_source, "context": nullable(text()), "title": nullable(text())},
        required=("source",),
    ),
    _filled("context", "title"),
)

_user_message = typed(
    "user.message",
    {
        "content": array(
            tagged(
                {
                    "text": _text_block,
                    "image": _image_block,
                    "document": _document_block,
                    "redacted": typed("redacted"),
                }
            ),
            least=1,
        )
    },
    required=("content",),
)
_define_outcome = then(
    typed(
        "user.define_outcome",
        {
            "description": text(least=1),
            "rubric": tagged(
                {
                    "text": typed("text", {"content": text(most=MOST_RUBRIC)}, required=("content",)),
                    "file": _file,
                }
            ),
            "max_iterations": nullable(integer(least=1, most=MOST_ITERATIONS)),
        },
        required=("description", "rubric"),
    ),
    _filled("max_iterations"),
)
_system_message = typed(
    "system.message",
    {"content": array(_text_block, least=1, most=MOST_SYSTEM_ITEMS)},
    required=("content",),
)


def _system_message_last(events: list[dict[str, Any]], at: str) -> list[dict[str, Any]]:
    """At most one system message, at the end, directly behind the message it accompanies.

    With that, at least one of the events gives the agent something to do.
    """
    for index, event in enumerate(events):
        if event["type"] != "system.message":
            continue
        if index != len(events) - 1:
            refuse(
                child(at, index), "a system.message has to be the last event, and the only one of its type"
            )
        if index == 0 or events[index - 1]["type"] != "user.message":
            refuse(child(at, index), "a system.message has to follow a user.message directly")
    return events


initial_events: Check = then(
    array(
        tagged(
            {
                "user.message": _user_message,
                "user.define_outcome": _define_outcome,
                "system.message": _system_message,
            }
        ),
        least=1,
        most=MOST_EVENTS,
    ),
    _system_message_last,
)
