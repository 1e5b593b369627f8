"""Directories of GitHub repositories, fetched with git and pinned to a commit."""

from agentops.remotes.checkout import Remotes

__all__ = ["Remotes"]
