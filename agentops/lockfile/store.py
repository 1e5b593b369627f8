"""The port ``LockStore`` on files: the lock, its journal, and who holds them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, error
from agentops.domain.shared import age
from agentops.domain.state import Intent, Lock, LockEntry
from agentops.lockfile import disk, journal, text
from agentops.lockfile.problems import damaged_journal, reading, writing
from agentops.lockfile.text import Document, Recorded

_READS_BEFORE_GIVING_UP = 5


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock, told to whoever is refused. ``since`` is an RFC 3339 time."""

    pid: int
    host: str
    command: str
    since: str


class LockFile:
    """One stage's lock.

    path: the lock. journal: on this machine, not in git; who holds the lock is written beside it.
    name: what to call the lock in messages, relative to the project root. project, stage: of the
    empty lock that a journal is folded into where there is no lock yet. former: where lock and journal
    were before the stage was renamed; they count until there is a lock under the new name.
    """

    def __init__(
        self,
        path: Path,
        journal: Path,
        *,
        name: str,
        project: str,
        stage: str,
        owner: Owner,
        former: Sequence[tuple[Path, Path]] = (),
    ) -> None:
        self._path = path
        self._journal = journal
        self._holder = journal.with_name(f"{journal.name}.hold")
        self._name = name
        self._journal_name = f"the journal of {name}"
        self._none_yet = Recorded(Lock(project=project, stage=stage))
        self._owner = owner
        self._former = former
        self._appending = False

    @property
    def name(self) -> str:
        return self._name

    def read(self) -> Lock | None:
        """The lock with its journal folded in, or None where there is neither.

        Raises:
            Stop: one of them is unreadable, damaged, or written by a newer version.
        """
        recorded, lines = self._snapshot()
        if recorded.document is None and not journal.has_steps(lines):
            return None
        return self._folded(recorded, lines)

    def text(self) -> str | None:
        """The text of the file, whatever the journal adds to it.

        Raises:
            Stop: it is unreadable, damaged, or written by a newer version.
        """
        raw = self._lock_bytes()
        self._recorded(raw)
        return None if raw is None else raw.decode()

    def read_from(self, text_of_it: str, name: str) -> Lock:
        """The lock that another text of it holds, with our journal folded in as if it were the file's.

        Raises:
            Stop: it is unreadable, damaged, or written by a newer version.
        """
        return self._folded(text.parse(text_of_it.encode(), name), self._steps())

    @property
    def pending(self) -> bool:
        """Whether the journal has steps that no ``write`` has taken up."""
        return journal.has_steps(self._snapshot()[1])

    @contextmanager
    def hold(self) -> Iterator[None]:
        """One writer at a time on this machine. The operating system lets go when the process ends.

        Raises:
            Blocked: somebody holds it; the diagnostic names who and since when.
            Stop: the lock or its journal could not be written.
        """
        held = self._acquire()
        try:
            self._appending = False
            yield
        finally:
            with suppress(OSError):
                os.ftruncate(held, 0)
            os.close(held)

    def holder(self) -> str | None:
        """Who holds it at present, in words; None where nobody does."""
        with suppress(OSError):
            if not self._holder.exists():
                return None
            if (held := disk.acquire(self._holder)) is None:
                return self._holder_in_words()
            os.close(held)
        return None

    def intend(self, address: Address, intent: Intent) -> None:
        self._append(journal.intend_line(address, intent))

    def record(self, address: Address, entry: LockEntry | None) -> None:
        self._append(journal.record_line(address, entry))

    def withdraw(self, address: Address) -> None:
        self._append(journal.withdraw_line(address))

    def write(self, lock: Lock) -> None:
        """Replace the lock and empty the journal. Members that we do not know are kept: at the top,
        and in every entry that still has the same ID.

        Raises:
            Stop: the file cannot be written, or what is there cannot be read and would be lost.
        """
        document = text.document_of(lock, self._recorded(self._lock_bytes()).document)
        with writing(self._name):
            if self._journal.exists():
                self._append_lines([journal.mark(lock.serial, text.digest_of(document))])
            disk.replace(self._path, text.text_of(document))
            for old in (self._journal, *(path for both in self._former for path in both)):
                old.unlink(missing_ok=True)
        self._appending = False

    def _append(self, line: Document) -> None:
        beginning = [] if self._appending else self._beginning()
        self._appending = False  # until it is known to be on the disk
        with writing(self._journal_name):
            self._append_lines([*beginning, line])
        self._appending = True

    def _append_lines(self, lines: list[Document]) -> None:
        disk.append(self._journal, journal.text_of(lines), is_line=journal.is_line)

    def _beginning(self) -> list[Document]:
        """The mark that a new journal begins with; nothing where an earlier run's is continued.

        Lines after marks that do not name the lock would be taken for older than they are: such a
        journal is folded into the lock first.
        """
        recorded, lines = self._snapshot()
        if lines and journal.after_mark(lines, recorded.digest) is not None:
            return []
        if journal.has_steps(lines):
            folded = self._folded(recorded, lines)
            self.write(folded.with_changes(serial=folded.serial + 1))
            recorded = self._recorded(self._lock_bytes())
        with writing(self._journal_name):
            self._journal.unlink(missing_ok=True)
        return [journal.mark(recorded.lock.serial, recorded.digest)]

    def _snapshot(self) -> tuple[Recorded, list[Document]]:
        """The lock and the journal as they were at one moment, also while another process writes."""
        for _ in range(_READS_BEFORE_GIVING_UP):
            lock = self._lock_bytes()
            steps = _bytes_of(self._place()[1], self._journal_name)
            if self._lock_bytes() == lock:
                break
        return self._recorded(lock), journal.parse(steps or b"", self._journal, self._journal_name)

    def _steps(self) -> list[Document]:
        """The lines of the journal, whatever the lock is like."""
        raw = _bytes_of(self._journal, self._journal_name)
        return journal.parse(raw or b"", self._journal, self._journal_name)

    def _lock_bytes(self) -> bytes | None:
        return _bytes_of(self._place()[0], self._read_name)

    @property
    def _read_name(self) -> str:
        """What to call the file that is read: the lock, or that of its former name."""
        return self._name.removesuffix(self._path.name) + self._place()[0].name

    def _place(self) -> tuple[Path, Path]:
        """Where lock and journal are read: under the former name until they are written under this one."""
        own = self._path, self._journal
        if any(path.exists() for path in own):
            return own
        return next((both for both in self._former if any(path.exists() for path in both)), own)

    def _recorded(self, raw: bytes | None) -> Recorded:
        return self._none_yet if raw is None else text.parse(raw, self._read_name)

    def _folded(self, recorded: Recorded, lines: list[Document]) -> Lock:
        try:
            return journal.fold(recorded, lines)
        except (ValueError, KeyError, TypeError):
            raise damaged_journal("a line has no meaning", self._journal, self._journal_name) from None

    def _acquire(self) -> int:
        """The descriptor that holds; the file it is open on tells who does."""
        with writing(self._name):
            disk.check_writable(self._path.parent)
            disk.check_writable(self._journal.parent)
            held = disk.acquire(self._holder)
        if held is None:
            raise Blocked(
                error(
                    Code.HELD,
                    f"{self._name} is held by {self._holder_in_words()}",
                    "wait for it with `--wait 10m`; it ends with that process, and `agentops lock unlock` "
                    "shows whose it is",
                )
            )
        try:
            with writing(self._journal_name):
                disk.overwrite(held, json.dumps(asdict(self._owner)).encode())
        except BaseException:
            os.close(held)
            raise
        return held

    def _holder_in_words(self) -> str:
        try:
            owner = Owner(**json.loads(self._holder.read_bytes()))
        except (OSError, ValueError, TypeError):
            return "another process on this machine"
        who = f"`{owner.command}` (process {owner.pid} on {owner.host}) since {owner.since}"
        return f"{who}{_ago(owner.since, self._owner.since)}"


def _ago(since: str, now: str) -> str:
    """Both were written on this machine, by the same clock."""
    try:
        passed = datetime.fromisoformat(now) - datetime.fromisoformat(since)
    except ValueError:
        return ""
    return f" ({age(passed.total_seconds())} ago)"


def _bytes_of(path: Path, what: str) -> bytes | None:
    with reading(what):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
