"""Three descriptions of the API must agree: our table, the kinds, and the types of the official SDK."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

import pytest
from anthropic.types.beta import (
    BetaEnvironment,
    BetaManagedAgentsAgent,
    BetaManagedAgentsMemoryStore,
    agent_create_params,
    agent_update_params,
    environment_create_params,
    environment_update_params,
    memory_store_create_params,
    memory_store_update_params,
)
from anthropic.types.beta.memory_stores import (
    BetaManagedAgentsMemory,
    memory_create_params,
    memory_update_params,
)
from pydantic import BaseModel, ValidationError
from typing_extensions import is_typeddict

from agentops.domain.diagnostics import Code
from agentops.domain.kind import Clear, Kind
from agentops.kinds import CATALOG, agent, agent_tools, builtin_tools, environment
from agentops.kinds.schema import Request, Shape

from .contract_table import (
    ENDPOINTS,
    FIELDS,
    LATER_FIELDS,
    LATER_SHAPES,
    NOT_IN_BODIES,
    REFUSED_VALUES,
    SHAPES,
    Member,
)

OURS: dict[str, type[BaseModel]] = {
    "BetaManagedAgentsModelConfigParams": agent.ModelConfig,
    "BetaManagedAgentsEffortLowParam": agent.Effort,
    "BetaManagedAgentsEffortMediumParam": agent.Effort,
    "BetaManagedAgentsEffortHighParam": agent.Effort,
    "BetaManagedAgentsEffortXhighParam": agent.Effort,
    "BetaManagedAgentsEffortMaxParam": agent.Effort,
    "BetaManagedAgentsServiceAccountExecutionIdentityParams": agent.ServiceAccount,
    "BetaManagedAgentsAWSRoleExecutionIdentityParams": agent.AwsRole,
    "BetaManagedAgentsURLMCPServerParams": agent.McpServer,
    "BetaManagedAgentsAnthropicSkillParams": agent.AnthropicSkill,
    "BetaManagedAgentsCustomSkillParams": agent.CustomSkill,
    "BetaManagedAgentsAgentToolset20260401Params": agent_tools.AgentToolset,
    "BetaManagedAgentsAgentToolsetDefaultConfigParams": builtin_tools.ToolSettings,
    "BetaManagedAgentsBashToolConfigParams": builtin_tools.Bash,
    "BetaManagedAgentsReadToolConfigParams": builtin_tools.Read,
    "BetaManagedAgentsWriteToolConfigParams": builtin_tools.Write,
    "BetaManagedAgentsEditToolConfigParams": builtin_tools.Edit,
    "BetaManagedAgentsGlobToolConfigParams": builtin_tools.Glob,
    "BetaManagedAgentsGrepToolConfigParams": builtin_tools.Grep,
    "BetaManagedAgentsWebFetchToolConfigParams": builtin_tools.WebFetch,
    "BetaManagedAgentsWebSearchToolConfigParams": builtin_tools.WebSearch,
    "BetaManagedAgentsAlwaysAllowPolicyParam": builtin_tools.PermissionPolicy,
    "BetaManagedAgentsAlwaysAskPolicyParam": builtin_tools.PermissionPolicy,
    "BetaManagedAgentsAutoPolicyParam": builtin_tools.PermissionPolicy,
    "BetaManagedAgentsUserLocationParam": builtin_tools.UserLocation,
    "BetaManagedAgentsWebFetchURLSourcesParams": builtin_tools.UrlSources,
    "BetaManagedAgentsWebFetchURLSourceAllParam": builtin_tools.SourceSwitch,
    "BetaManagedAgentsWebFetchURLSourceNoneParam": builtin_tools.SourceSwitch,
    "BetaManagedAgentsWebFetchURLSourceOnlyParam": builtin_tools.SourceFilter,
    "BetaManagedAgentsWebFetchURLSourceExceptParam": builtin_tools.SourceFilter,
    "BetaManagedAgentsWebFetchURLSourceToolReferenceParam": builtin_tools.ToolReference,
    "BetaManagedAgentsMCPToolsetParams": agent_tools.McpToolset,
    "BetaManagedAgentsMCPToolsetDefaultConfigParams": builtin_tools.ToolSettings,
    "BetaManagedAgentsMCPToolConfigParams": agent_tools.McpTool,
    "BetaManagedAgentsCustomToolParams": agent_tools.CustomTool,
    "BetaManagedAgentsCustomToolInputSchemaParam": agent_tools.InputSchema,
    "BetaCloudConfigParams": environment.CloudConfig,
    "BetaSelfHostedConfigParams": environment.SelfHostedConfig,
    "BetaUnrestrictedNetworkParam": environment.UnrestrictedNetwork,
    "BetaLimitedNetworkParams": environment.LimitedNetwork,
    "BetaPackagesParams": environment.Packages,
}

CREATE: dict[str, Any] = {
    "agent": agent_create_params.AgentCreateParams,
    "environment": environment_create_params.EnvironmentCreateParams,
    "memory_store": memory_store_create_params.MemoryStoreCreateParams,
    "memory": memory_create_params.MemoryCreateParams,
}
UPDATE: dict[str, Any] = {
    "agent": agent_update_params.AgentUpdateParams,
    "environment": environment_update_params.EnvironmentUpdateParams,
    "memory_store": memory_store_update_params.MemoryStoreUpdateParams,
    "memory": memory_update_params.MemoryUpdateParams,
}
RETURNED: dict[str, type[BaseModel]] = {
    "agent": BetaManagedAgentsAgent,
    "environment": BetaEnvironment,
    "memory_store": BetaManagedAgentsMemoryStore,
    "memory": BetaManagedAgentsMemory,
}

every_kind = pytest.mark.parametrize("kind", tuple(CATALOG), ids=lambda kind: kind.name)
every_shape = pytest.mark.parametrize("name", tuple(SHAPES))


def alternatives(annotation: Any) -> Iterator[Any]:
    """What a member may be: unions, aliases and annotations opened, lists and objects not."""
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        for choice in get_args(annotation):
            yield from alternatives(choice)
    elif origin in {Annotated, Required, NotRequired}:
        yield from alternatives(get_args(annotation)[0])
    else:
        yield annotation


def described(annotation: Any, *, required: bool) -> Member:
    choices = list(alternatives(annotation))
    words = {"required"} if required else set()
    if type(None) in choices or Any in choices:
        words.add("nullable")
    literals = {value for choice in choices if get_origin(choice) is Literal for value in get_args(choice)}
    return Member(frozenset(words), frozenset() if str in choices else frozenset(literals))


def members_of_model(model: type[BaseModel]) -> dict[str, Member]:
    return {
        name: described(info.annotation, required=info.is_required())
        for name, info in model.model_fields.items()
    }


def members_of_sdk(params: Any) -> dict[str, Member]:
    hints = get_type_hints(params, include_extras=True)
    return {
        name: described(hint, required=get_origin(hint) is Required)
        for name, hint in hints.items()
        if name != "extra_items"
    }


def sdk_shapes(annotation: Any, found: dict[str, Any]) -> dict[str, Any]:
    """Every TypedDict that can be reached, by name."""
    for choice in alternatives(annotation):
        if is_typeddict(choice):
            if choice.__name__ not in found:
                found[choice.__name__] = choice
                for hint in get_type_hints(choice, include_extras=True).values():
                    sdk_shapes(hint, found)
        else:
            for argument in get_args(choice) if get_origin(choice) is not Literal else ():
                sdk_shapes(argument, found)
    return found


SDK_SHAPES: dict[str, Any] = {}
for _params in CREATE.values():
    sdk_shapes(_params, SDK_SHAPES)
for _params in CREATE.values():
    del SDK_SHAPES[_params.__name__]


# The kinds and the table.


def test_the_table_has_exactly_the_kinds_of_the_catalog() -> None:
    assert set(FIELDS) == {kind.name for kind in CATALOG}


def test_kinds_come_in_the_order_they_can_be_created() -> None:
    order = [kind.name for kind in CATALOG]
    for kind in CATALOG:
        assert kind.parent is None or order.index(kind.parent) < order.index(kind.name)


@every_kind
def test_a_kind_is_found_where_the_api_has_it(kind: Kind) -> None:
    assert (kind.path, kind.beta, kind.id_prefix) == ENDPOINTS[kind.name]


@every_kind
def test_a_kind_knows_every_field_of_its_create_request(kind: Kind) -> None:
    facts = FIELDS[kind.name]
    assert set(kind.fields) == set(facts)
    expected = {
        name: fact.member._replace(
            one_of=fact.member.one_of - REFUSED_VALUES.get((kind.name, name), frozenset())
        )
        for name, fact in facts.items()
    }
    assert members_of_model(kind.schema) == expected


@every_kind
def test_a_kind_clears_and_merges_as_the_api_does(kind: Kind) -> None:
    for name, fact in FIELDS[kind.name].items():
        assert kind.fields[name].clear is Clear(fact.clear), name
        assert kind.fields[name].merges == (fact.semantics == "merge"), name


@every_shape
def test_a_shape_knows_every_member(name: str) -> None:
    ours = OURS[name]
    spellings = [SHAPES[other] for other, model in OURS.items() if model is ours]
    expected = {
        member: Member(fact.words, frozenset().union(*(shape[member].one_of for shape in spellings)))
        for member, fact in SHAPES[name].items()
    }
    assert members_of_model(ours) == expected


def _subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from _subclasses(child)


def test_no_shape_of_ours_is_missing_in_the_table() -> None:
    ours = {model for model in _subclasses(Shape) if not issubclass(model, Request)}
    assert ours == set(OURS.values())


@pytest.mark.parametrize(("where", "values"), tuple(REFUSED_VALUES.items()))
def test_a_value_the_api_never_accepts_is_refused(where: tuple[str, str], values: frozenset[str]) -> None:
    kind, field = where
    for value in values:
        with pytest.raises(ValidationError) as caught:
            CATALOG[kind].schema.model_validate({"name": "sandbox", field: value})
        assert [error["loc"] for error in caught.value.errors()] == [(field,)]


@pytest.mark.parametrize("field", sorted(LATER_FIELDS["agent"]))
def test_a_field_of_the_next_release_is_refused_by_name(field: str) -> None:
    body = {"name": "tutor", "model": "claude-opus-5-5", field: {"type": "coordinator", "agents": []}}
    with pytest.raises(ValidationError) as caught:
        CATALOG["agent"].schema.model_validate(body)
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"], error["msg"]) == (Code.LATER_FIELD, (field,), agent.LATER[field])


# The table and the SDK.


@every_kind
def test_the_sdk_creates_with_these_fields_and_no_others(kind: Kind) -> None:
    sdk = members_of_sdk(CREATE[kind.name])
    known = {name: fact.member for name, fact in FIELDS[kind.name].items()}
    elsewhere = NOT_IN_BODIES[kind.name]
    assert {name: fact for name, fact in sdk.items() if name not in elsewhere} == known


@every_kind
def test_the_sdk_updates_every_field_and_no_others(kind: Kind) -> None:
    sdk = set(members_of_sdk(UPDATE[kind.name])) - {"memory_store_id"}
    assert sdk - set(NOT_IN_BODIES[kind.name]) == set(FIELDS[kind.name])


@every_kind
def test_what_is_compared_comes_back(kind: Kind) -> None:
    returned = set(RETURNED[kind.name].model_fields)
    assert {spec.digest or name for name, spec in kind.fields.items()} <= returned


def test_the_sdk_has_exactly_these_shapes() -> None:
    assert set(SDK_SHAPES) == set(SHAPES) | LATER_SHAPES


@every_shape
def test_an_sdk_shape_has_these_members_and_no_others(name: str) -> None:
    assert members_of_sdk(SDK_SHAPES[name]) == SHAPES[name]
