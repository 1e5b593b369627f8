"""What lies outside the working tree: directories of GitHub repositories, fetched with git and pinned to a
commit, and the commits of the clone itself."""

from agentops.remotes.checkout import Remotes
from agentops.remotes.history import History

__all__ = ["History", "Remotes"]
