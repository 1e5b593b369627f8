"""Who this process is, whether another one lives, and a clock that goes on while the machine sleeps."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from agentops.domain.shared import Holder


def this_process(command: str) -> Holder:
    """This process, as whoever has to wait for it is told."""
    user, url = _started_by(os.environ)
    return Holder(
        command=command,
        pid=os.getpid(),
        host=socket.gethostname(),
        machine=_machine(),
        began=_began(os.getpid()),
        user=user,
        url=url,
    )


def started_by() -> str | None:
    """Whoever started this process, as far as it tells."""
    return _started_by(os.environ)[0]


def is_dead(holder: Holder) -> bool:
    """Whether a process certainly runs no more: it ran in this boot of this machine, where its number now is
    nobody's or belongs to one that started at another time. What cannot be told counts as alive."""
    if holder.machine is None or holder.began is None or holder.machine != _machine():
        return False
    if _is_there(holder.pid):
        now = _began(holder.pid)
        return now is not None and now != holder.began
    return True


def clock() -> float:
    """Seconds since some moment. Also counted while the machine sleeps: a lease runs out meanwhile."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":  # there this one goes on in sleep, unlike the one Python calls monotonic
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


def _machine() -> str | None:
    """Names this boot of this machine, and the space in which its process numbers are unique: containers of
    one machine share the boot, may have the same host name, and each count from one."""
    if sys.platform == "linux":
        with suppress(OSError):
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    if sys.platform == "darwin":
        return _told("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid")
    return None


def _began(pid: int) -> str | None:
    """When a process started, as the system says it; None where it does not."""
    if sys.platform == "linux":
        with suppress(OSError, IndexError):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            # The name in parentheses may hold anything; the start time is the 20th field after it.
            return stat.rpartition(")")[2].split()[19]
    if sys.platform == "darwin":
        return _told("/bin/ps", "-o", "lstart=", "-p", str(pid))
    return None


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _told(*command: str) -> str | None:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603
        return done.stdout.strip() or None
    return None


def _started_by(environ: os._Environ[str] | dict[str, str]) -> tuple[str | None, str | None]:
    """The person, and the page of the CI run, as GitHub and GitLab tell them."""
    if run := environ.get("GITHUB_RUN_ID"):
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        url = f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
        return environ.get("GITHUB_ACTOR"), url
    if url := environ.get("CI_JOB_URL", ""):
        return environ.get("GITLAB_USER_LOGIN"), url
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser(), None
    return None, None
