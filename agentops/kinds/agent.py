"""The kind ``agent``: model, prompt, tools. Every update that changes something makes a new version.

An update is bound to the version it was planned against. Agents cannot be deleted; archiving is permanent
and archives their deployments too.

Published at one time and no longer: at most 256 characters of name, 2 048 of description, 20 skills. They are
not enforced here.

Sources: API reference, "Agents"; SDK types ``AgentCreateParams``, ``BetaManagedAgentsAgent`` and those named
at the shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, StringConstraints

from agentops.domain.diagnostics import Code, did_you_mean
from agentops.domain.kind import EACH, Advice, Clear, Field, History, Kind, Precondition, Removal, Slot
from agentops.domain.resource import Body
from agentops.kinds.agent_surface import agent_surface
from agentops.kinds.agent_tools import (
    McpToolset,
    Tool,
    complete_tool,
    tool_problems,
)
from agentops.kinds.model import Model, complete_model
from agentops.kinds.multiagent import SLOTS, Multiagent, complete_multiagent, multiagent_advice
from agentops.kinds.network import check_server
from agentops.kinds.rates import MANAGED_AGENTS
from agentops.kinds.schema import (
    METADATA,
    Metadata,
    NonEmpty,
    OneOf,
    Path,
    Problem,
    Request,
    Shape,
    completed_each,
    known_members,
)


class ServiceAccount(Shape):
    type: Literal["service_account"]


class AwsRole(Shape):
    type: Literal["aws_role"]
    role_arn: Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class McpServer(Shape):
    """SDK type ``BetaManagedAgentsURLMCPServerParams``."""

    type: Literal["url"]
    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    url: Annotated[str, StringConstraints(min_length=1, max_length=2048), AfterValidator(check_server)]


class AnthropicSkill(Shape):
    type: Literal["anthropic"]
    skill_id: NonEmpty
    version: NonEmpty | None = None


class CustomSkill(Shape):
    type: Literal["custom"]
    skill_id: NonEmpty
    version: NonEmpty | None = None


Skill = Annotated[AnthropicSkill | CustomSkill, OneOf("type", "type of skill")]

_MAX_SKILLS = 500


class AgentCreate(Request):
    name: NonEmpty
    model: Model
    description: str | None = None
    system: Annotated[str, StringConstraints(max_length=100_000)] | None = None
    tools: list[Tool] = pydantic.Field(default_factory=list)
    mcp_servers: list[McpServer] = pydantic.Field(default_factory=list, max_length=20)
    skills: list[Skill] = pydantic.Field(default_factory=list)
    multiagent: Multiagent | None = None
    execution_identity: Annotated[ServiceAccount | AwsRole, OneOf("type")] | None = None
    metadata: Metadata = pydantic.Field(default_factory=dict)

    def rules(self) -> Iterator[Problem]:
        yield from tool_problems(self.tools)
        yield from self._server_problems()
        if len({(skill.type, skill.skill_id) for skill in self.skills}) > _MAX_SKILLS:
            yield Problem(("skills",), Code.LIMIT, f"an agent's session loads at most {_MAX_SKILLS} skills")

    def _server_problems(self) -> Iterator[Problem]:
        """Servers and toolsets need each other."""
        servers = [server.name for server in self.mcp_servers]
        used = {tool.mcp_server_name for tool in self.tools if isinstance(tool, McpToolset)}
        for index, name in enumerate(servers):
            place: Path = ("mcp_servers", index, "name")
            if name in servers[:index]:
                yield Problem(place, Code.INVALID_VALUE, f"two MCP servers are called '{name}'; rename one")
            elif name not in used:
                message = f"no tool uses the MCP server '{name}', which the API refuses; add "
                message += f"{{type: mcp_toolset, mcp_server_name: {name}}} to tools, or remove the server"
                yield Problem(place, Code.UNUSED, message)
        for index, tool in enumerate(self.tools):
            if isinstance(tool, McpToolset) and tool.mcp_server_name not in servers:
                message = f"mcp_servers declares no '{tool.mcp_server_name}'; add "
                message += f"{{type: url, name: {tool.mcp_server_name}, url: https://…}}"
                hint = f" ({guess})" if (guess := did_you_mean(tool.mcp_server_name, servers)) else ""
                yield Problem(("tools", index, "mcp_server_name"), Code.BROKEN_REFERENCE, message + hint)


def complete(body: Body) -> Body:
    """With the API's defaults; an absent ``effort`` stays absent, since the default is chosen per model."""
    filled = known_members(body, AgentCreate)
    for name in ("description", "system"):
        filled[name] = None if filled.get(name) == "" else filled.get(name)
    if "model" in filled:
        filled["model"] = complete_model(filled["model"])
    if "multiagent" in filled:
        filled["multiagent"] = complete_multiagent(filled["multiagent"], body.get("id"))
    filled["execution_identity"] = _identity(filled.get("execution_identity", {"type": "service_account"}))
    filled["tools"] = completed_each(filled.get("tools", []), complete_tool)
    filled["mcp_servers"] = completed_each(filled.get("mcp_servers", []), _server)
    filled["skills"] = completed_each(filled.get("skills", []), _skill)
    return {"metadata": {}, **filled}


def _identity(identity: Any) -> Any:
    match identity:
        case {"type": "service_account"}:
            return known_members(identity, ServiceAccount)
        case {"type": "aws_role"}:
            return known_members(identity, AwsRole)
    return identity


def _server(server: Any) -> Any:
    match server:
        case {"type": "url"}:
            return known_members(server, McpServer)
    return server


def _skill(skill: Any) -> Any:
    match skill:
        case {"type": "anthropic" | "custom"}:
            return {"version": "latest", **known_members(skill, AnthropicSkill)}
    return skill


def advice(body: Body) -> Iterator[Advice]:
    yield from multiagent_advice(body.get("multiagent"))


AGENT = Kind(
    name="agent",
    directory="agents",
    path="/v1/agents",
    beta="managed-agents-2026-04-01",
    id_prefix="agent_",
    schema=AgentCreate,
    fields={
        "name": Field(clear=Clear.NEVER),
        "model": Field(clear=Clear.NEVER, leaves=True),
        "description": Field(),
        "system": Field(),
        "tools": Field(default=[], identity=("type", "mcp_server_name", "name")),
        "mcp_servers": Field(default=[], identity=("name",)),
        "skills": Field(default=[], identity=("type", "skill_id")),
        "multiagent": Field(),
        "execution_identity": Field(default={"type": "service_account"}),
        "metadata": METADATA,
    },
    removal=Removal.ARCHIVE,
    rates=MANAGED_AGENTS,
    text_field="system",
    complete=complete,
    undetermined=frozenset({"model.effort"}),
    written_out=frozenset({"multiagent"}),
    slots=(
        Slot(("skills", EACH), "skill", type="custom", id="skill_id", version="version", latest="latest"),
        *SLOTS,
    ),
    version="version",
    history=History("{item}/versions", id="version", newest="version", query="version"),
    precondition=Precondition.VERSION,
    takes_along=("deployment",),
    advice=advice,
    surface=agent_surface,
)
