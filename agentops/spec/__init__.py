"""FILES -> DesiredState: what a project's files ask for in one stage, and every problem in them at once."""

from agentops.spec.editor_schema import editor_schema
from agentops.spec.load import Loaded, load_stage, load_stages
from agentops.spec.project import find_root, load_project
from agentops.spec.references import url_of
from agentops.spec.release import Release, load_release, sources_of_tree
from agentops.spec.skill import is_payload
from agentops.spec.starter import schema_files, starter_project
from agentops.spec.takeover import places_of_keys, project_of

__all__ = [
    "Loaded",
    "Release",
    "editor_schema",
    "find_root",
    "is_payload",
    "load_project",
    "load_release",
    "load_stage",
    "load_stages",
    "places_of_keys",
    "project_of",
    "schema_files",
    "sources_of_tree",
    "starter_project",
    "url_of",
]
