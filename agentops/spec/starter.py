"""The project that ``agentops init`` writes: one agent that validates, plans and applies at once."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from agentops.domain.kind import Catalog
from agentops.spec.editor_schema import editor_schema, has_files, tool_schema

_SCHEMAS = ".agentops/schemas"

_PROJECT = """\
project: {name}
stages:
  dev: {{registry: local}}
  # A stage on the Managed Agents API. Its lock belongs to one workspace:
  # prod: {{registry: anthropic, workspace_id: wrkspc_…, protect: true}}
vars:
  team: {name}
"""

_AGENT = """\
name: assistant
description: Answers questions about how this team works, and files what it cannot answer.
model: claude-opus-5-5
prompt: prompt.md.j2
tools:
  - web_search
  - web_fetch: {permission: always_ask}
  - tools/file_question.yaml
memory:
  - name: handbook
    type: semantic
    access: read_only           # it grows by what people write here, not by what is found on the web
    seed: memory/
"""

_PROMPT = """\
You are the assistant of the team {{ vars.team }}.

Answer from your memory first: the handbook there is what the team has agreed on. Search the web only for
what the handbook cannot know, and say which of the two an answer comes from.

When you do not know, say so and call file_question, so that a person can answer it and the handbook grows.
"""

_TOOL = """\
type: custom
name: file_question
description: File a question for the team, when neither the handbook nor the web answers it.
input_schema:
  type: object
  properties:
    question:
      type: string
      description: The question, understandable without this conversation.
    urgency:
      type: string
      enum: [low, normal, high]
  required: [question]
"""

_HANDBOOK = """\
# How we work

- Questions nobody could answer are filed, not guessed.
- What we decide is written here, with the date and the reason.
"""

_GITIGNORE = """\
# The embedded registry of this machine, and what belongs to it.
.agentops/*
!.agentops/schemas/
locks/dev.lock.json
"""


def starter_project(name: str, catalog: Catalog) -> dict[str, str]:
    """Path -> text of every file. ``name`` is made a valid project name where it is none."""
    name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-") or "my-agents"
    files = {
        "agentops.yaml": _with_schema("agentops.yaml", "agentops", _PROJECT.format(name=name)),
        "agents/assistant/agent.yaml": _with_schema("agents/assistant/agent.yaml", "agent", _AGENT),
        "agents/assistant/prompt.md.j2": _PROMPT,
        "agents/assistant/tools/file_question.yaml": _with_schema(
            "agents/assistant/tools/file_question.yaml", "tool", _TOOL
        ),
        "agents/assistant/memory/how-we-work.md": _HANDBOOK,
        ".gitignore": _GITIGNORE,
    }
    return {**files, **schema_files(catalog)}


def schema_files(catalog: Catalog) -> dict[str, str]:
    """Path -> text of every schema an editor may want, where the files that ``init`` writes look for them."""
    kinds = {kind.name: editor_schema(catalog, kind.name) for kind in catalog if has_files(kind)}
    schemas = {"agentops": editor_schema(catalog, None), "tool": tool_schema(catalog), **kinds}
    return {f"{_SCHEMAS}/{name}.json": _json(schema) for name, schema in schemas.items()}


def _with_schema(path: str, schema: str, text: str) -> str:
    """The line that tells editors which schema a file follows, then its text."""
    target = posixpath.relpath(f"{_SCHEMAS}/{schema}.json", posixpath.dirname(path) or ".")
    return f"# yaml-language-server: $schema={target}\n{text}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
