"""What agentops.yaml may hold, as the models that check it and that editors get a schema from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from agentops.domain.project import MaxRemovals
from agentops.spec.gates import Requirements
from agentops.spec.moved import MovedBlock

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SecretBlock(_Block):
    """Where a secret is found when it is needed: ``env:NAME`` or ``file:PATH``."""

    secret: Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]


class PacingBlock(_Block):
    """Limits of one's own in the place of the documented ones."""

    creates_per_minute: Annotated[int, Field(ge=1)] | None = None
    reads_per_minute: Annotated[int, Field(ge=1)] | None = None


PacingSetting = Annotated[
    Literal["off"] | PacingBlock,
    Field(description="off, or calls a minute; the documented limits hold where this is left out"),
]


class RegistryBlock(_Block):
    """A registry at an address of its own."""

    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@?#]+$")]
    workspace_id: Text | None = None
    organization_id: Text | None = None
    api_key: SecretBlock | None = None
    pacing: PacingSetting | None = None


Switch = Literal["on", "off"] | bool
"""``on`` and ``off`` are words in YAML 1.2; JSON says true and false."""


def _as_removals(value: object) -> str:
    """Raises ValueError for what is neither a number nor a percentage."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValueError("a number of removals like 5, or a percentage like 20%")
    MaxRemovals.parse(text)
    return text


Removals = Annotated[int | str, AfterValidator(_as_removals)]


class Guards(_Block):
    """What holds for a stage where a command does not say otherwise; for every stage, where the project
    says it."""

    on_drift: Literal["block", "revert", "keep"] | None = None
    prune: bool | None = None
    max_removals: Removals | None = None


class VariableBlock(_Block):
    """What a variable may be. Required unless there is a default, or it says that it is not."""

    type: Literal["string", "integer", "number", "boolean", "list", "mapping"] | None = None
    values: Annotated[list[Any], Field(min_length=1, description="the only ones it may have")] | None = None
    required: Annotated[bool, Field(description="true where there is no default")] | None = None
    default: Any = None
    description: Text | None = None

    @property
    def is_required(self) -> bool:
        return self.default is None if self.required is None else self.required and self.default is None


class DefaultsBlock(_Block):
    """What a resource has where its file does not say it and its kind knows the field."""

    model: Annotated[str | dict[str, Any], Field(description="of agents")] | None = None
    metadata: Annotated[dict[str, str], Field(description="of every kind that has it, key by key")] | None = (
        None
    )


Former = Annotated[
    Text | list[Text],
    Field(description="what it was called before; stays as long as resources carry such a tag"),
]
VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
Variables = dict[Annotated[str, StringConstraints(pattern=VARIABLE_NAME)], VariableBlock]
"""Only what a template can write as ``vars.NAME``."""

Affix = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(description="put around every name that the registry shows; addresses stay"),
]


class StageBlock(Guards):
    """One stage: its registry and what differs in it."""

    registry: Literal["local", "anthropic"] | RegistryBlock = "local"
    workspace_id: Text | None = None
    organization_id: Text | None = None
    pacing: PacingSetting | None = None
    vars: dict[str, Any] | None = None
    defaults: DefaultsBlock | None = None
    renamed_from: Former | None = None
    name_prefix: Affix | None = None
    name_suffix: Affix | None = None
    protect: bool = False
    mutex: Switch | None = None
    promote_from: Text | None = None
    require: Requirements = []


class ProjectBlock(Guards):
    """agentops.yaml."""

    project: str | None = None
    renamed_from: Former | None = None
    default_stage: str | None = None
    variables: Variables | None = None
    vars: dict[str, Any] | None = None
    defaults: DefaultsBlock | None = None
    stages: dict[str, StageBlock | None] | None = None
    mutex: Switch | None = None
    external: dict[str, dict[str, Text]] | None = None
    moved: list[MovedBlock] | None = None
