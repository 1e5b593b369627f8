"""FILES -> DesiredState: what a project's files ask for in one stage, and every problem in them at once."""

from agentops.spec.affixes import affixed, shared_names, unnamed
from agentops.spec.cleanliness import uncommitted
from agentops.spec.editor_schema import editor_schema
from agentops.spec.load import Loaded, load_stage, load_stages
from agentops.spec.project import find_root, load_project
from agentops.spec.pulled_names import Assigned, Nameable, assigned, name_of
from agentops.spec.pulling import Known, Pulled, Written, written_files
from agentops.spec.references import url_of
from agentops.spec.release import Release, load_release, sources_of_tree
from agentops.spec.settings import differing_settings
from agentops.spec.skill import is_payload
from agentops.spec.starter import schema_files, starter_project
from agentops.spec.takeover import places_of_keys, project_of
from agentops.spec.trial import faults, tried

__all__ = [
    "Assigned",
    "Known",
    "Loaded",
    "Nameable",
    "Pulled",
    "Release",
    "Written",
    "affixed",
    "assigned",
    "differing_settings",
    "editor_schema",
    "faults",
    "find_root",
    "is_payload",
    "load_project",
    "load_release",
    "load_stage",
    "load_stages",
    "name_of",
    "places_of_keys",
    "project_of",
    "schema_files",
    "shared_names",
    "sources_of_tree",
    "starter_project",
    "tried",
    "uncommitted",
    "unnamed",
    "url_of",
    "written_files",
]
