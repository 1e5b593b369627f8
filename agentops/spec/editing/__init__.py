"""Changing one value in a file that a person wrote, and nothing else of it.

A file is read into nodes that know where they stand; what has another value afterwards is replaced there, by
characters, in the style of what stands around it. Everything else stays as it is, byte for byte.
"""

from agentops.spec.editing.document import edited
from agentops.spec.editing.pull import Edits, pull
from agentops.spec.editing.writing import write

__all__ = ["Edits", "edited", "pull", "write"]
