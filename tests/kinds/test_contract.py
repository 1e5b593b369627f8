"""Three descriptions of the API must agree: our table, the kinds, and the types of the official SDK."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

import pytest
from anthropic import Anthropic
from anthropic.types.beta import (
    BetaEnvironment,
    BetaManagedAgentsAgent,
    BetaManagedAgentsDeployment,
    BetaManagedAgentsDeploymentPausedReasonErrorObject,
    BetaManagedAgentsMemoryStore,
    BetaManagedAgentsVault,
    BetaSkill,
    agent_create_params,
    agent_update_params,
    deployment_create_params,
    deployment_update_params,
    environment_create_params,
    environment_update_params,
    memory_store_create_params,
    memory_store_update_params,
    skill_create_params,
    vault_create_params,
    vault_update_params,
)
from anthropic.types.beta.memory_stores import (
    BetaManagedAgentsMemory,
    memory_create_params,
    memory_update_params,
)
from anthropic.types.beta.skills import version_create_params
from anthropic.types.beta.vaults import (
    BetaManagedAgentsCredential,
    credential_create_params,
    credential_update_params,
)
from pydantic import BaseModel, ValidationError
from typing_extensions import is_typeddict

from agentops.domain.kind import EACH, Clear, Kind, Operation, Slot
from agentops.kinds import (
    CATALOG,
    agent,
    agent_tools,
    builtin_tools,
    credential,
    deployment,
    environment,
    events,
    model,
    mounts,
    multiagent,
    references,
    skill,
)
from agentops.kinds.schema import NotNull, Request, Secret, Shape

from .contract_table import (
    CREATE_ONLY,
    ENDPOINTS,
    FIELDS,
    FLOATING,
    LIFECYCLE,
    NOT_IN_BODIES,
    OUR_FIELDS,
    REFUSED_SHAPES,
    REFUSED_VALUES,
    SHAPES,
    TAKEN_ALONG,
    UPDATABLE,
    WRITE_ONLY,
    Member,
)

OURS: dict[str, type[BaseModel]] = {
    "BetaManagedAgentsModelConfigParams": model.ModelConfig,
    "BetaManagedAgentsEffortLowParam": model.Effort,
    "BetaManagedAgentsEffortMediumParam": model.Effort,
    "BetaManagedAgentsEffortHighParam": model.Effort,
    "BetaManagedAgentsEffortXhighParam": model.Effort,
    "BetaManagedAgentsEffortMaxParam": model.Effort,
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
    "BetaManagedAgentsMultiagentCoordinatorParams": multiagent.Coordinator,
    "BetaManagedAgentsAgentParams": references.AgentReference,
    "BetaManagedAgentsMultiagentSelfParams": multiagent.Self,
    "BetaManagedAgentsAdvisorParams": multiagent.Advisor,
    "BetaManagedAgentsMultiagent20261001Params": multiagent.Multiagent20261001,
    "BetaManagedAgentsMultiagentSubagentsEnabledParams": multiagent.Spawning,
    "BetaManagedAgentsMultiagentSubagentsDisabledParams": multiagent.Disabled,
    "BetaManagedAgentsMultiagentWorkflowsEnabledParams": multiagent.Spawning,
    "BetaManagedAgentsMultiagentWorkflowsDisabledParams": multiagent.Disabled,
    "BetaManagedAgentsMultiagentInlineAgentsEnabledParams": multiagent.Enabled,
    "BetaManagedAgentsMultiagentInlineAgentsDisabledParams": multiagent.Disabled,
    "BetaManagedAgentsMultiagentAdvisorEnabledParams": multiagent.Advising,
    "BetaManagedAgentsMultiagentAdvisorDisabledParams": multiagent.Disabled,
    "BetaManagedAgentsStaticBearerCreateParams": credential.StaticBearer,
    "BetaManagedAgentsMCPOAuthCreateParams": credential.McpOAuth,
    "BetaManagedAgentsMCPOAuthRefreshParams": credential.Refresh,
    "BetaManagedAgentsTokenEndpointAuthNoneParam": credential.NoClientSecret,
    "BetaManagedAgentsTokenEndpointAuthBasicParam": credential.ClientSecret,
    "BetaManagedAgentsTokenEndpointAuthPostParam": credential.ClientSecret,
    "BetaManagedAgentsEnvironmentVariableCreateParams": credential.EnvironmentVariable,
    "BetaManagedAgentsInjectionLocationParams": credential.InjectionLocation,
    "BetaManagedAgentsUnrestrictedCredentialNetworkingParams": credential.AnyHost,
    "BetaManagedAgentsLimitedCredentialNetworkingParams": credential.SomeHosts,
    "BetaManagedAgentsScheduleParams": deployment.Schedule,
    "BetaManagedAgentsBudgetLimitParam": deployment.Budget,
    "BetaMonetaryAmountParam": deployment.Money,
    "BetaManagedAgentsGitHubRepositoryResourceParams": mounts.Repository,
    "BetaManagedAgentsBranchCheckoutParam": mounts.Branch,
    "BetaManagedAgentsCommitCheckoutParam": mounts.Commit,
    "BetaManagedAgentsFileResourceParams": mounts.File,
    "BetaManagedAgentsMemoryStoreResourceParam": mounts.MemoryStore,
    "BetaManagedAgentsUserMessageEventParams": events.UserMessage,
    "BetaManagedAgentsSystemMessageEventParams": events.SystemMessage,
    "BetaManagedAgentsUserDefineOutcomeEventParams": events.DefineOutcome,
    "BetaManagedAgentsTextRubricParams": events.TextRubric,
    "BetaManagedAgentsFileRubricParams": events.FileRubric,
    "BetaManagedAgentsTextBlockParam": events.Text,
    "BetaManagedAgentsSystemContentBlockParam": events.Text,
    "BetaManagedAgentsImageBlockParam": events.Image,
    "BetaManagedAgentsDocumentBlockParam": events.Document,
    "BetaManagedAgentsBase64ImageSourceParam": events.Base64Source,
    "BetaManagedAgentsURLImageSourceParam": events.UrlSource,
    "BetaManagedAgentsFileImageSourceParam": events.FileSource,
    "BetaManagedAgentsBase64DocumentSourceParam": events.Base64Source,
    "BetaManagedAgentsPlainTextDocumentSourceParam": events.TextSource,
    "BetaManagedAgentsURLDocumentSourceParam": events.UrlSource,
    "BetaManagedAgentsFileDocumentSourceParam": events.FileSource,
}
OURS_ALONE = {Secret, skill.BundledFile}
"""Shapes that stand for something the API takes in another form: a secret as text, a file as its bytes."""

CREATE: dict[str, Any] = {
    "agent": agent_create_params.AgentCreateParams,
    "environment": environment_create_params.EnvironmentCreateParams,
    "memory_store": memory_store_create_params.MemoryStoreCreateParams,
    "memory": memory_create_params.MemoryCreateParams,
    "skill": skill_create_params.SkillCreateParams,
    "vault": vault_create_params.VaultCreateParams,
    "credential": credential_create_params.CredentialCreateParams,
    "deployment": deployment_create_params.DeploymentCreateParams,
}
UPDATE: dict[str, Any] = {
    "agent": agent_update_params.AgentUpdateParams,
    "environment": environment_update_params.EnvironmentUpdateParams,
    "memory_store": memory_store_update_params.MemoryStoreUpdateParams,
    "memory": memory_update_params.MemoryUpdateParams,
    "skill": version_create_params.VersionCreateParams,
    "vault": vault_update_params.VaultUpdateParams,
    "credential": credential_update_params.CredentialUpdateParams,
    "deployment": deployment_update_params.DeploymentUpdateParams,
}
IN_PATHS = {"memory_store_id", "vault_id"}
"""Parameters of update calls that become a part of the path."""

RETURNED: dict[str, type[BaseModel]] = {
    "agent": BetaManagedAgentsAgent,
    "environment": BetaEnvironment,
    "memory_store": BetaManagedAgentsMemoryStore,
    "memory": BetaManagedAgentsMemory,
    "skill": BetaSkill,
    "vault": BetaManagedAgentsVault,
    "credential": BetaManagedAgentsCredential,
    "deployment": BetaManagedAgentsDeployment,
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


def described(annotation: Any, *, required: bool, never_null: bool = False) -> Member:
    choices = list(alternatives(annotation))
    words = {"required"} if required else set()
    if type(None) in choices and not never_null:
        words.add("nullable")
    literals = {value for choice in choices if get_origin(choice) is Literal for value in get_args(choice)}
    return Member(frozenset(words), frozenset() if str in choices else frozenset(literals))


def members_of_model(model: type[BaseModel]) -> dict[str, Member]:
    return {
        name: described(
            info.annotation,
            required=info.is_required(),
            never_null=any(isinstance(item, NotNull) for item in info.metadata),
        )
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


LIMITS: dict[str, dict[Operation, tuple[tuple[int | None, int | None], ...]]] = {
    "environments": {
        Operation.CREATE: ((300, None), (60, 5)),
        Operation.READ: ((1200, None), (60, 5)),
        Operation.OTHER: ((600, None), (60, 5)),
    },
    "skills": dict.fromkeys(Operation, ((None, None),)),
}
"""Of the endpoints that have limits of their own: calls a minute and at once, by operation."""

SHARED: dict[Operation, tuple[tuple[int | None, int | None], ...]] = {
    Operation.CREATE: ((300, None),),
    Operation.READ: ((1200, None),),
    Operation.OTHER: ((600, None),),
}


@every_kind
def test_a_kind_keeps_to_the_limits_of_its_endpoints(kind: Kind) -> None:
    endpoint = kind.path.split("/")[2]
    found = {
        operation: tuple((rate.per_minute, rate.in_flight) for rate in kind.rates_of(operation))
        for operation in Operation
    }
    assert found == LIMITS.get(endpoint, SHARED)


@every_kind
def test_a_kind_knows_every_field_of_its_create_request(kind: Kind) -> None:
    facts = FIELDS[kind.name] | OUR_FIELDS.get(kind.name, {})
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
    for name, fact in (FIELDS[kind.name] | OUR_FIELDS.get(kind.name, {})).items():
        assert kind.fields[name].clear is Clear(fact.clear), name
        assert kind.fields[name].merges == (fact.semantics == "merge"), name


@every_kind
def test_a_kind_has_create_only_fields_where_no_update_changes_them(kind: Kind) -> None:
    create_only = {name for name, spec in kind.fields.items() if () in spec.create_only}
    assert create_only == CREATE_ONLY.get(kind.name, frozenset())


@every_kind
def test_a_kind_goes_and_is_replaced_as_the_api_allows(kind: Kind) -> None:
    assert (kind.removal, kind.replacement) == LIFECYCLE[kind.name]
    assert set(kind.takes_along) == TAKEN_ALONG.get(kind.name, frozenset())


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
    ours = {shape for shape in _subclasses(Shape) if not issubclass(shape, Request)}
    assert ours == set(OURS.values()) | OURS_ALONE


@every_shape
def test_a_member_that_never_comes_back_is_a_reference_to_a_secret(name: str) -> None:
    fields = OURS[name].model_fields
    secret = {member for member in fields if Secret in set(alternatives(fields[member].annotation))}
    spellings = {other for other, shape in OURS.items() if shape is OURS[name]}
    assert secret == frozenset().union(*(WRITE_ONLY.get(other, frozenset()) for other in spellings))


@pytest.mark.parametrize(("where", "values"), tuple(REFUSED_VALUES.items()))
def test_a_value_the_api_never_accepts_is_refused(where: tuple[str, str], values: frozenset[str]) -> None:
    kind, field = where
    for value in values:
        with pytest.raises(ValidationError) as caught:
            CATALOG[kind].schema.model_validate({"name": "sandbox", field: value})
        assert [error["loc"] for error in caught.value.errors()] == [(field,)]


# The table and the SDK.


@every_kind
def test_the_sdk_creates_with_these_fields_and_no_others(kind: Kind) -> None:
    sdk = members_of_sdk(CREATE[kind.name])
    known = {name: fact.member for name, fact in FIELDS[kind.name].items()}
    elsewhere = NOT_IN_BODIES[kind.name]
    assert {name: fact for name, fact in sdk.items() if name not in elsewhere} == known


@every_kind
def test_the_sdk_updates_these_fields_and_no_others(kind: Kind) -> None:
    sdk = set(members_of_sdk(UPDATE[kind.name])) - IN_PATHS - set(NOT_IN_BODIES[kind.name])
    updatable = UPDATABLE.get(kind.name, frozenset(FIELDS[kind.name]))
    assert sdk == updatable
    assert {name for name in FIELDS[kind.name] if () not in kind.fields[name].create_only} == updatable


@every_kind
def test_what_is_compared_comes_back(kind: Kind) -> None:
    """But for what is ours, and content that has to be fetched on its own."""
    returned = set(RETURNED[kind.name].model_fields)
    compared = {spec.digest or name for name, spec in kind.fields.items() if not spec.unseen}
    assert compared <= returned
    assert kind.version is None or kind.version in returned


def test_the_sdk_has_exactly_these_shapes() -> None:
    assert set(SDK_SHAPES) == set(SHAPES) | REFUSED_SHAPES


@every_shape
def test_an_sdk_shape_has_these_members_and_no_others(name: str) -> None:
    assert members_of_sdk(SDK_SHAPES[name]) == SHAPES[name]


@every_kind
def test_a_kind_has_secrets_where_its_request_has_members_that_never_come_back(kind: Kind) -> None:
    reached = sdk_shapes(CREATE[kind.name], {})
    write_only = set().union(*(WRITE_ONLY.get(name, frozenset()) for name in reached))
    assert kind.secrets == bool(write_only)
    assert not write_only & members_returned(RETURNED[kind.name])


def members_returned(answer: type[BaseModel]) -> set[str]:
    """The names of all members of an answer, at any depth."""
    found: set[str] = set()
    pending, seen = [answer], {answer}
    while pending:
        for name, info in pending.pop().model_fields.items():
            found.add(name)
            for nested in _models_in(info.annotation):
                if nested not in seen:
                    seen.add(nested)
                    pending.append(nested)
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    for choice in alternatives(annotation):
        if isinstance(choice, type) and issubclass(choice, BaseModel):
            yield choice
        elif get_origin(choice) is not Literal:
            for argument in get_args(choice):
                yield from _models_in(argument)


# What cannot be changed, by what the SDK's update types leave out.

UPDATED_AS: dict[str, str] = {
    "BetaManagedAgentsStaticBearerCreateParams": "BetaManagedAgentsStaticBearerUpdateParams",
    "BetaManagedAgentsMCPOAuthCreateParams": "BetaManagedAgentsMCPOAuthUpdateParams",
    "BetaManagedAgentsMCPOAuthRefreshParams": "BetaManagedAgentsMCPOAuthRefreshUpdateParams",
    "BetaManagedAgentsEnvironmentVariableCreateParams": "BetaManagedAgentsEnvironmentVariableUpdateParams",
    "BetaManagedAgentsInjectionLocationParams": "BetaManagedAgentsInjectionLocationUpdateParams",
}
UPDATE_SHAPES = sdk_shapes(UPDATE["credential"], {})


@pytest.mark.parametrize(("created", "updated"), tuple(UPDATED_AS.items()))
def test_a_credential_is_replaced_for_what_no_update_takes(created: str, updated: str) -> None:
    within = ("refresh",) if "Refresh" in created else ()
    create_only = CATALOG["credential"].fields["auth"].create_only
    missing = set(members_of_sdk(SDK_SHAPES[created])) - set(members_of_sdk(UPDATE_SHAPES[updated]))
    assert {(*within, name) for name in missing} <= set(create_only)
    kept = set(members_of_sdk(UPDATE_SHAPES[updated])) - {"type", "refresh", "token_endpoint_auth"}
    assert not {(*within, name) for name in kept} & set(create_only)


def test_the_types_of_a_credential_and_of_its_endpoint_are_settled_at_creation() -> None:
    """The docs of the update types say so; a refresh block can be neither added nor removed by them."""
    create_only = CATALOG["credential"].fields["auth"].create_only
    assert {("type",), ("refresh",), ("refresh", "token_endpoint_auth", "type")} <= set(create_only)


# Slots, calls of their own, and what the platform says.

EVERY_SLOT = [(kind, slot) for kind in CATALOG for slot in kind.slots]


@pytest.mark.parametrize(
    ("kind", "slot"), EVERY_SLOT, ids=lambda it: it.name if isinstance(it, Kind) else ".".join(it.path)
)
def test_a_slot_is_a_place_where_the_sdk_takes_such_a_reference(kind: Kind, slot: Slot) -> None:
    choices = list(alternatives(CREATE[kind.name]))
    for step in slot.path:
        choices = list(_inside(choices, step))
    if slot.type is None:
        assert str in choices
        return
    shapes = [members_of_sdk(choice) for choice in choices if is_typeddict(choice)]
    (taken,) = (shape for shape in shapes if slot.type in shape["type"].one_of)
    assert "required" in taken[slot.id].words
    assert bool(slot.version) == ("version" in taken)
    assert slot.latest == (FLOATING[slot.kind] if slot.version else None)
    assert CATALOG[slot.kind].version is not None or not slot.version


def _inside(choices: list[Any], step: str) -> Iterator[Any]:
    for choice in choices:
        if step == EACH:
            for argument in get_args(choice):
                yield from alternatives(argument)
        elif is_typeddict(choice) and step in (hints := get_type_hints(choice, include_extras=True)):
            yield from alternatives(hints[step])


def test_every_place_for_an_id_of_ours_is_a_slot() -> None:
    """By the names of the members: what is called the ID of a kind of ours is one."""
    named = {f"{name}_id" for name in FIELDS} | {f"{name}_ids" for name in FIELDS}
    members = {
        name
        for params in (*CREATE.values(), *SDK_SHAPES.values())
        for name in get_type_hints(params, include_extras=True)
    }
    slots = {slot.id for _, slot in EVERY_SLOT} | {step for _, slot in EVERY_SLOT for step in slot.path}
    assert members & named <= slots


CALLS = {
    "agent": "agents",
    "environment": "environments",
    "memory_store": "memory_stores",
    "memory": "memory_stores.memories",
    "skill": "skills",
    "vault": "vaults",
    "credential": "vaults.credentials",
    "deployment": "deployments",
}


@every_kind
def test_the_sdk_can_take_away_what_a_kind_takes_away(kind: Kind) -> None:
    """What can be archived is: deleting takes along what others may still need."""
    calls = Anthropic(api_key="x").beta
    for name in CALLS[kind.name].split("."):
        calls = getattr(calls, name)
    assert hasattr(calls, kind.removal)
    assert (kind.removal == "archive") == hasattr(calls, "archive")


def test_a_deployment_is_paused_and_unpaused_by_calls_the_sdk_has() -> None:
    switch = CATALOG["deployment"].switch
    assert switch is not None
    calls = vars(type(Anthropic(api_key="x").beta.deployments))
    assert {switch.on, switch.off} <= set(calls)
    assert switch.field in OUR_FIELDS["deployment"]
    assert switch.arms in FIELDS["deployment"]
    assert {"status", "paused_reason"} <= set(RETURNED["deployment"].model_fields)


def test_a_skill_is_uploaded_as_the_sdk_does() -> None:
    bundle = CATALOG["skill"].bundle
    assert bundle is not None
    assert bundle.part == f"{bundle.field}[]"
    assert {*bundle.texts, bundle.field} == set(FIELDS["skill"])
    assert hasattr(Anthropic(api_key="x").beta.skills, bundle.versions)
    assert bundle.directory in OUR_FIELDS["skill"]


def test_every_reason_why_the_platform_pauses_a_deployment_has_words() -> None:
    reasons = alternatives(BetaManagedAgentsDeploymentPausedReasonErrorObject)
    types = {get_args(reason.model_fields["type"].annotation)[0] for reason in reasons}
    assert set(deployment.PAUSED_SINCE) == types
