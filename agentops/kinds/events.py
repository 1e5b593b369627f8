"""The events that every session of a deployment starts with.

At least one of them is a message or an outcome to work toward. A system message comes last and belongs to the
message before it; that some models take none is left to the registry.

Sources: API reference, "Scheduled deployments" and "Session event stream"; SDK type
``BetaManagedAgentsDeploymentInitialEventParams`` and those in it. That a message is not empty is inferred.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, StringConstraints

from agentops.domain.diagnostics import Code
from agentops.domain.kind import Advice
from agentops.kinds.network import is_url
from agentops.kinds.schema import (
    NonEmpty,
    OneOf,
    Problem,
    Shape,
    completed_each,
    known_by_type,
    known_members,
    refusal,
)

MAX_EVENTS = 50

_MAX_RUBRIC = 262_144
_MAX_SYSTEM_BLOCKS = 1_000
_MAX_ITERATIONS = 20
_ITERATIONS = 3


def _check_base64(data: str) -> str:
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        message = "this is not base64 (RFC 4648, without spaces and line breaks)"
        raise refusal(Code.INVALID_VALUE, message) from None
    return data


class Text(Shape):
    """SDK types ``BetaManagedAgentsTextBlockParam``, ``BetaManagedAgentsSystemContentBlockParam``."""

    type: Literal["text"]
    text: NonEmpty


class Base64Source(Shape):
    """SDK types ``BetaManagedAgentsBase64ImageSourceParam``, ``…DocumentSourceParam``."""

    type: Literal["base64"]
    media_type: NonEmpty
    data: Annotated[str, StringConstraints(min_length=1), AfterValidator(_check_base64)]


def _check_url(url: str) -> str:
    if not is_url(url):
        message = "this is not an address to fetch from; write e.g. https://example.com/report.pdf"
        raise refusal(Code.INVALID_VALUE, message)
    return url


class UrlSource(Shape):
    """SDK types ``BetaManagedAgentsURLImageSourceParam``, ``…DocumentSourceParam``."""

    type: Literal["url"]
    url: Annotated[str, AfterValidator(_check_url)]


class FileSource(Shape):
    """SDK types ``BetaManagedAgentsFileImageSourceParam``, ``…DocumentSourceParam``."""

    type: Literal["file"]
    file_id: NonEmpty


class TextSource(Shape):
    """SDK type ``BetaManagedAgentsPlainTextDocumentSourceParam``."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: NonEmpty


class Image(Shape):
    """SDK type ``BetaManagedAgentsImageBlockParam``."""

    type: Literal["image"]
    source: Annotated[Base64Source | UrlSource | FileSource, OneOf("type", "source of an image")]


class Document(Shape):
    """SDK type ``BetaManagedAgentsDocumentBlockParam``."""

    type: Literal["document"]
    source: Annotated[
        Base64Source | TextSource | UrlSource | FileSource, OneOf("type", "source of a document")
    ]
    title: str | None = None
    context: str | None = None


class UserMessage(Shape):
    """SDK type ``BetaManagedAgentsUserMessageEventParams``."""

    type: Literal["user.message"]
    content: Annotated[
        list[Annotated[Text | Image | Document, OneOf("type", "type of content")]],
        pydantic.Field(min_length=1),
    ]


class TextRubric(Shape):
    """SDK type ``BetaManagedAgentsTextRubricParams``."""

    type: Literal["text"]
    content: Annotated[str, StringConstraints(min_length=1, max_length=_MAX_RUBRIC)]


class FileRubric(Shape):
    """SDK type ``BetaManagedAgentsFileRubricParams``."""

    type: Literal["file"]
    file_id: NonEmpty


class DefineOutcome(Shape):
    """SDK type ``BetaManagedAgentsUserDefineOutcomeEventParams``."""

    type: Literal["user.define_outcome"]
    description: NonEmpty
    rubric: Annotated[TextRubric | FileRubric, OneOf("type", "type of rubric")]
    max_iterations: Annotated[int, pydantic.Field(ge=1, le=_MAX_ITERATIONS)] | None = None


class SystemMessage(Shape):
    """SDK type ``BetaManagedAgentsSystemMessageEventParams``."""

    type: Literal["system.message"]
    content: Annotated[list[Text], pydantic.Field(min_length=1, max_length=_MAX_SYSTEM_BLOCKS)]


Event = Annotated[UserMessage | DefineOutcome | SystemMessage, OneOf("type", "type of initial event")]


def event_problems(events: Sequence[Any]) -> Iterator[Problem]:
    """What holds between the events of one deployment; paths begin at the deployment."""
    if all(isinstance(event, SystemMessage) for event in events):
        message = "a session needs something to do; add a user.message or a user.define_outcome"
        yield Problem(("initial_events",), Code.INVALID_VALUE, message)
        return
    system = [index for index, event in enumerate(events) if isinstance(event, SystemMessage)]
    for index in system[1:]:
        message = "a session starts with one system.message at most; put the texts into one"
        yield Problem(("initial_events", index), Code.INVALID_VALUE, message)
    if len(system) == 1 and (message := _misplaced(events, system[0])):
        yield Problem(("initial_events", system[0]), Code.INVALID_VALUE, message)


def _misplaced(events: Sequence[Any], index: int) -> str:
    """What is wrong with the place of the system message; empty where nothing is."""
    if index + 1 < len(events):
        return "a system.message is the last event; move it to the end"
    if not isinstance(events[index - 1], UserMessage):
        return "a system.message directly follows the user.message it belongs to; put that before it"
    return ""


def message_of(prose: str) -> Any:
    """The one event that the prose of a Markdown file stands for."""
    return [{"type": "user.message", "content": [{"type": "text", "text": prose}]}]


def outcome_advice(events: Any) -> Iterator[Advice]:
    """A session is created with one outcome at most; of deployments that is not said."""
    indices = [
        index
        for index, event in enumerate(events if isinstance(events, list) else ())
        if isinstance(event, Mapping) and event.get("type") == "user.define_outcome"
    ]
    for index in indices[1:]:
        yield Advice(
            ("initial_events", index),
            "a session is refused that begins with more than one outcome, and so may be every run of this",
            "put what is wanted into one user.define_outcome",
        )


def complete_event(event: Any) -> Any:
    """An event with the API's defaults; one of a type nobody knows as it is."""
    match event:
        case {"type": "user.message" | "system.message"}:
            filled = known_members(event, UserMessage)
            return {**filled, "content": completed_each(filled.get("content"), _block)}
        case {"type": "user.define_outcome"}:
            filled = {"max_iterations": _ITERATIONS, **known_members(event, DefineOutcome)}
            return {**filled, "rubric": known_by_type(filled.get("rubric"), _RUBRICS)}
    return event


_RUBRICS: Mapping[str, type[Shape]] = {"text": TextRubric, "file": FileRubric}
_BLOCKS: Mapping[str, type[Shape]] = {"text": Text, "image": Image, "document": Document}
_SOURCES: Mapping[str, type[Shape]] = {
    "base64": Base64Source,
    "url": UrlSource,
    "file": FileSource,
    "text": TextSource,
}


def _block(block: Any) -> Any:
    filled = known_by_type(block, _BLOCKS)
    match filled:
        case {"type": "image" | "document", "source": source}:
            return {**filled, "source": known_by_type(source, _SOURCES)}
    return filled
