"""What agentops.yaml may hold, as the models that check it and that editors get a schema from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from agentops.domain.project import MaxRemovals
from agentops.spec.gates import Requirements
from agentops.spec.moved import MovedBlock
from agentops.spec.policy_block import PolicyBlock

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SecretBlock(_Block):
    """Where a secret is found when it is needed: ``env:NAME`` or ``file:PATH``."""

    secret: Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")] = Field(
        description="env:NAME, or file:PATH from the root of the project"
    )


class PacingBlock(_Block):
    """Limits of one's own in the place of the documented ones."""

    creates_per_minute: Annotated[int, Field(ge=1)] | None = Field(
        None, description="of all kinds but skills"
    )
    reads_per_minute: Annotated[int, Field(ge=1)] | None = Field(None, description="lists and retrievals")


PacingSetting = Literal["off"] | PacingBlock
_PACING = "off, or calls a minute; the documented limits hold where this is left out"
_WORKSPACE = "the workspace that has to answer; selects it where the credential is valid in several"
_ORGANIZATION = "the organization that has to answer"


class RegistryBlock(_Block):
    """A registry at an address of its own."""

    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@?#]+$")] = Field(
        description="any server that speaks the API"
    )
    workspace_id: Text | None = Field(None, description=_WORKSPACE)
    organization_id: Text | None = Field(None, description=_ORGANIZATION)
    api_key: SecretBlock | None = Field(None, description="where the key is; else what the environment has")
    pacing: PacingSetting | None = Field(None, description=_PACING)


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

    on_drift: Literal["block", "revert", "keep"] | None = Field(
        None, description="what becomes of what was changed outside; block where this is left out"
    )
    prune: bool | None = Field(
        None, description="true: what no file asks for any more is archived or deleted with the next apply"
    )
    max_removals: Removals | None = Field(
        None,
        description="refuse a plan that archives, deletes or replaces more: 5, or 20% of what is recorded",
    )


class VariableBlock(_Block):
    """What a variable may be. Required unless there is a default, or it says that it is not."""

    type: Literal["string", "integer", "number", "boolean", "list", "mapping"] | None = Field(
        None, description="any where this is left out; nothing is converted"
    )
    values: Annotated[list[Any], Field(min_length=1)] | None = Field(
        None, description="the only ones it may have"
    )
    required: bool | None = Field(
        None, description="false: it may be left out; true where there is no default"
    )
    default: Any = Field(None, description="what holds where neither stage nor project gives a value")
    description: Text | None = Field(None, description="is shown where the variable is missing")

    @property
    def is_required(self) -> bool:
        return self.default is None if self.required is None else self.required and self.default is None


class DefaultsBlock(_Block):
    """What a resource has where its file does not say it and its kind knows the field."""

    model: str | dict[str, Any] | None = Field(None, description="of agents; a mapping is taken whole")
    metadata: dict[str, str] | None = Field(None, description="of every kind that has it, key by key")


Former = Text | list[Text]
_FORMER = "what it was called before; stays as long as resources carry such a tag"
VARIABLE_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
Variables = dict[Annotated[str, StringConstraints(pattern=VARIABLE_NAME)], VariableBlock]
"""Only what a template can write as ``vars.NAME``."""


def _as_it_is(text: str) -> str:
    """Raises ValueError for what looks like a template: this file is none."""
    if "{{" in text or "{%" in text:
        raise ValueError("nothing is rendered in agentops.yaml; write the text itself, e.g. -staging")
    return text


Affix = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_as_it_is),
]
_AFFIX = "put around every name that the registry shows; addresses stay"
_MUTEX = (
    "whether one apply at a time holds between machines; on, but for local stages, where this is left out"
)


class StageBlock(Guards):
    """One stage: its registry and what differs in it."""

    registry: Literal["local", "anthropic"] | RegistryBlock = Field(
        "local",
        description="local: a SQLite file of this machine; anthropic: the public API; or another server",
    )
    workspace_id: Text | None = Field(None, description=_WORKSPACE)
    organization_id: Text | None = Field(None, description=_ORGANIZATION)
    pacing: PacingSetting | None = Field(None, description=_PACING)
    vars: dict[str, Any] | None = Field(
        None, description="values of variables in this stage, over the project's"
    )
    defaults: DefaultsBlock | None = Field(None, description="over those of the project, metadata key by key")
    renamed_from: Former | None = Field(None, description=_FORMER)
    name_prefix: Affix | None = Field(None, description=_AFFIX)
    name_suffix: Affix | None = Field(None, description=_AFFIX)
    protect: bool = Field(False, description="true: nothing of this stage is archived, deleted or replaced")
    mutex: Switch | None = Field(None, description=_MUTEX)
    promote_from: Text | None = Field(
        None, description="the stage whose releases come here; plain apply brings only what that one runs"
    )
    require: Requirements = []
    policy: PolicyBlock | None = Field(
        None, description="over that of the project, rule by rule and option by option"
    )


class ProjectBlock(Guards):
    """agentops.yaml."""

    project: str | None = Field(None, description="the name of the project, a part of the ownership tag")
    renamed_from: Former | None = Field(None, description=_FORMER)
    default_stage: str | None = Field(None, description="the stage that is meant where no --stage is given")
    variables: Variables | None = Field(None, description="which variables there are, and of which type")
    vars: dict[str, Any] | None = Field(None, description="values of variables; a stage's own win")
    defaults: DefaultsBlock | None = Field(
        None, description="what a resource has where its file leaves it out"
    )
    stages: dict[str, StageBlock | None] | None = Field(
        None, description="one lock and one registry each; one stage local where this is left out"
    )
    mutex: Switch | None = Field(None, description=_MUTEX)
    external: dict[str, dict[str, Text]] | None = Field(
        None, description="IDs of what is used and not managed here: by address, then by stage"
    )
    moved: list[MovedBlock] | None = Field(
        None, description="what is recorded under another address than the files give it now"
    )
    policy: PolicyBlock | None = Field(
        None, description="which rules hold and how severe they are, and rules of your own"
    )
