"""One lock per stage: read, replaced atomically, held by one writer at a time."""

from agentops.lockfile.mending import MendableLock
from agentops.lockfile.peer import read_peer_lock
from agentops.lockfile.store import LockFile, Owner

__all__ = ["LockFile", "MendableLock", "Owner", "read_peer_lock"]
