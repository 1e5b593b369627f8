"""What the schemas of all kinds share.

A schema is the create request of one kind as a pydantic model. Every error it reports has as ``loc`` the
path of the offending member in the body, without the names of union branches in between, so that it can be
looked up in the file. The ``type`` of an error is pydantic's own (``missing``, ``extra_forbidden``, …) or,
where the message is ours, the value of a ``Code`` of ``agentops.domain.diagnostics``. What stands where a
secret belongs is in no error.

Nothing is coerced: the registry takes JSON as it is, so ``"3"`` is no number and ``1`` no boolean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, NamedTuple, Self, get_args

import pydantic
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, StringConstraints, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from agentops.domain.diagnostics import Code, did_you_mean
from agentops.domain.kind import OWNER_KEY, Clear, Field
from agentops.domain.secret import FORM, as_secret

Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """A rule that is broken: the path of the member at fault, below the shape that has the rule."""

    path: Path
    code: Code
    message: str


class Shape(BaseModel):
    """A JSON object of the API: unknown members are refused, values are taken as they are."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def rules(self) -> Iterator[Problem]:
        """What holds between members; asked once each of them is valid."""
        yield from ()

    @pydantic.model_validator(mode="after")
    def _follow_rules(self) -> Self:
        _refuse(self.rules())
        return self


class Request(Shape):
    """A create request: a body as a file gives it."""

    @pydantic.model_validator(mode="before")
    @classmethod
    def _is_json(cls, body: Any) -> Any:
        _refuse(not_json(body))
        return body


def refusal(code: Code, message: str) -> PydanticCustomError:
    """An error of our own, for validators of a single member."""
    return PydanticCustomError(code.value, message)


def _as_error(problem: Problem) -> InitErrorDetails:
    return InitErrorDetails(type=refusal(problem.code, problem.message), loc=problem.path, input=None)


def _refuse(problems: Iterable[Problem]) -> None:
    if errors := [_as_error(problem) for problem in problems]:
        raise ValidationError.from_exception_data("body", errors)


def not_json(body: Any) -> Iterator[Problem]:
    """The members that no JSON text can hold: NaN and infinities, half characters, keys that are no text."""
    pending: list[tuple[Path, Any]] = [((), body)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, Mapping):
            for key, member in value.items():
                if not isinstance(key, str) or _has_half_character(key):
                    yield Problem(path, Code.WRONG_TYPE, f"the key {key!r} is not text; put it in quotes")
                else:
                    pending.append(((*path, key), member))
        elif isinstance(value, list):
            pending.extend(((*path, index), item) for index, item in enumerate(value))
        elif isinstance(value, str):
            if _has_half_character(value):
                yield Problem(path, Code.INVALID_VALUE, "half a surrogate pair is no character; remove it")
        elif isinstance(value, float) and not math.isfinite(value):
            yield Problem(path, Code.INVALID_VALUE, f"{value} is not a JSON number; write a finite one")
        elif value is not None and not isinstance(value, bool | int | float):
            yield Problem(path, Code.WRONG_TYPE, f"a {type(value).__name__} is not JSON; write it as text")


def _has_half_character(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


_KNOWN_ERRORS = frozenset(get_args(core_schema.ErrorType))
_NO_SHAPE = frozenset({"model_type", "model_attributes_type", "union_tag_not_found"})


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotates a union: ``by`` names the member that tells its shapes apart, or tags a value.

    Errors are those of the shape that was meant, at their place in the body. ``noun`` and ``code`` are for
    saying that none of them was.
    """

    by: str | Callable[[Any], str]
    noun: str = "known type"
    code: Code = Code.INVALID_VALUE

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        union = handler.generate_schema(Annotated[source, pydantic.Discriminator(self.by)])
        return core_schema.no_info_wrap_validator_function(self._validate, union)

    def _validate(self, value: Any, validate: core_schema.ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                error.title, [self._placed(item) for item in error.errors(include_url=False)]
            ) from None

    def _placed(self, error: Any) -> InitErrorDetails:
        kind, place, value = error["type"], error["loc"], error["input"]
        if len(place) < 2 and kind in _NO_SHAPE and not isinstance(value, Mapping):
            expected = f"a mapping with `{self.by}`" if isinstance(self.by, str) else "text or a mapping"
            return _as_error(Problem((), Code.WRONG_TYPE, f"expected {expected}"))
        if kind in {"union_tag_invalid", "union_tag_not_found"}:
            return self._without_shape(value, error["ctx"])
        if kind not in _KNOWN_ERRORS:
            kind = PydanticCustomError(kind, error["msg"])
        return InitErrorDetails(type=kind, loc=place[1:], input=value, ctx=error.get("ctx", {}))

    def _without_shape(self, value: Mapping[str, Any], context: Mapping[str, str]) -> InitErrorDetails:
        """None of the shapes has this tag: ``context`` is pydantic's, with the tags that there are."""
        member = str(self.by)
        if not isinstance(tag := value.get(member), str):
            kind = "string_type" if member in value else "missing"
            return InitErrorDetails(type=kind, loc=(member,), input=tag)
        hint = did_you_mean(tag, context["expected_tags"].replace("'", "").split(", "))
        return _as_error(Problem((member,), self.code, f"'{tag}' is not a {self.noun}; {hint}"))


def text_or_mapping(value: Any) -> str:
    """Tags for ``OneOf`` where the API takes a string as short for an object."""
    return "text" if isinstance(value, str) else "mapping"


@dataclass(frozen=True, slots=True)
class NotNull:
    """Annotates an optional member for which null is no other word for absent; the API refuses it there.

    In Python an absent one is None all the same, as in ``version: Annotated[int | None, NotNull()] = None``.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (inner,) = (choice for choice in get_args(source) if choice is not NoneType)
        return handler.generate_schema(inner)


class Secret(Shape):
    """Where a member comes from that the API takes and never returns: a secret stands in no file.

    It is judged as a whole, because an error about a part of it would carry the value.
    """

    secret: Annotated[str, StringConstraints(pattern=rf"^({FORM.pattern})$")]

    @pydantic.model_validator(mode="wrap")
    @classmethod
    def _is_a_reference(cls, value: Any, validate: pydantic.ModelWrapValidatorHandler[Self]) -> Self:
        if as_secret(value) is None:
            _refuse([_no_reference(value)])
        return validate(value)


def _no_reference(value: Any) -> Problem:
    instead = "write {secret: env:NAME} or {secret: file:PATH}"
    if isinstance(value, str | int | float):
        return Problem((), Code.INVALID_VALUE, f"a secret does not stand in a file; {instead}")
    return Problem((), Code.WRONG_TYPE, f"expected a reference to a secret; {instead}")


NonEmpty = Annotated[str, StringConstraints(min_length=1)]

_MAX_USER_PAIRS = 15
_MAX_KEY = 64
_MAX_VALUE = 512


def _check_metadata(metadata: dict[str, str]) -> dict[str, str]:
    _refuse(_metadata_problems(metadata))
    return metadata


def _metadata_problems(metadata: Mapping[str, str]) -> Iterator[Problem]:
    if as_secret(metadata) is not None:
        message = (
            "a reference to a secret has no place here, for metadata can be read by everybody; remove it"
        )
        yield Problem((), Code.INVALID_VALUE, message)
    if len(metadata) > _MAX_USER_PAIRS:
        message = f"{len(metadata)} keys are too many; the registry takes 16 and agentops uses one of them"
        yield Problem((), Code.LIMIT, f"{message}: keep {_MAX_USER_PAIRS} at most")
    for key, value in metadata.items():
        if key == OWNER_KEY:
            message = f"the key '{OWNER_KEY}' says which project owns the resource and is set by agentops; "
            yield Problem((key,), Code.RESERVED, f"{message}choose another name")
        if not 1 <= len(key) <= _MAX_KEY:
            message = f"a metadata key has 1 to {_MAX_KEY} characters, this one has {len(key)}"
            yield Problem((key,), Code.LIMIT, message)
        if len(value) > _MAX_VALUE:
            message = f"a metadata value has at most {_MAX_VALUE} characters, this one has {len(value)}"
            yield Problem((key,), Code.LIMIT, message)


Metadata = Annotated[dict[str, str], pydantic.AfterValidator(_check_metadata)]
"""Text by key. The limits are those of the API reference for agents and memory stores; environments enforce
some as well, without publishing numbers."""

METADATA = Field(default={}, clear=Clear.PER_KEY, leaves=True, merges=True, foreign_keys=True)
"""How metadata behaves on every kind that has it."""


def known_members(value: Mapping[str, Any], shape: type[BaseModel]) -> dict[str, Any]:
    """The members that are set and that the shape knows.

    Null is the API's other word for absent, and what the registry may add to its answers one day is none of
    ours; only such members may be passed over in a comparison.
    """
    return {
        name: member for name, member in value.items() if name in shape.model_fields and member is not None
    }


def known_by_type(value: Any, shapes: Mapping[str, type[BaseModel]]) -> Any:
    """The members that are set and that the shape of its ``type`` knows; of an unknown type all members."""
    match value:
        case {"type": str(name)} if name in shapes:
            return known_members(value, shapes[name])
    return value


def completed_each(value: Any, complete: Callable[[Any], Any]) -> Any:
    """A list with every item completed; anything else as it is."""
    return [complete(item) for item in value] if isinstance(value, list) else value
