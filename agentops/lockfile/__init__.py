"""One lock per stage: read, replaced atomically, held by one writer at a time."""

from agentops.lockfile.peer import read_peer_lock
from agentops.lockfile.store import LockFile, Owner

__all__ = ["LockFile", "Owner", "read_peer_lock"]
