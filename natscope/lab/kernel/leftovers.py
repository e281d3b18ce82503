"""What a lab leaves in the runtime directory, who still runs, and how all of it ends, whatever was killed when.

A lab is one process tree below a holder, in namespaces that end with it, and one folder. The file `held` in the folder
is locked before the holder is started, and the lock is handed down to it and to everything of ours inside: the kernel
lets go of it when the last of them has ended, so a lab is alive exactly while it is locked. So there are no names, no
mounts and no files elsewhere to look for, and a lab that is alive is never taken for a leftover.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from natscope.errors import CannotMeasure, UserError

HELD, ASKER, HOLDER, FIRST = "held", "asker.json", "holder.json", "first.json"
"""What is locked; who wants the lab (nobody in particular, if it stays), who holds it, and the first process inside.

Each is written as soon as it is known."""
PROCESSES, COUNTS = "processes.json", "counts"
"""What runs in a lab, by name, with its number inside; the folder with what each router of ours has dropped."""
BROKEN = "broken"
"""Says which process of a lab has ended that should not have."""
END_LIMIT_S, LOOK_AGAIN_S = 10.0, 0.02
_BOOT_ID, _PROCESS_SPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


class ProcessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A process that cannot be taken for a later one with the same number; `space` is where numbers mean something."""

    pid: int
    started: int
    boot: str
    space: str = ""

    @property
    def is_ours_to_see(self) -> bool:
        """Whether its number says anything here: not in another container."""
        return self.space in ("", process_space())

    @property
    def is_alive(self) -> bool:
        """Still running (a zombie is not). Only for those that can be seen."""
        return self.boot == boot_id() and started(self.pid) == self.started


@dataclass(frozen=True, slots=True)
class Ended:
    """What was found and removed."""

    processes: int
    folder: Path


def runtime_folder() -> Path:
    """Where labs of this user keep their folders: below XDG_RUNTIME_DIR, else TMPDIR; mode 0700.

    Raises `UserError` when somebody else owns it.
    """
    parent = os.environ.get("XDG_RUNTIME_DIR", "")
    if not parent or not os.path.isdir(parent) or os.stat(parent).st_uid != os.geteuid():
        folder = Path(tempfile.gettempdir(), f"natscope-{os.geteuid()}")
    else:
        folder = Path(parent, "natscope")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise UserError(f"{folder} belongs to somebody else", hint="remove it, or set XDG_RUNTIME_DIR")
    labs = folder / "labs"
    labs.mkdir(mode=0o700, exist_ok=True)
    return labs


@contextlib.contextmanager
def only_one_at_a_time(labs: Path) -> Iterator[None]:
    """Keep others from making or removing folders of labs meanwhile; a killed process lets go by itself."""
    descriptor = os.open(labs / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def reserve(folder: Path) -> int:
    """Make the folder of a lab and lock it; the descriptor to hand down. Not while others look for leftovers."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / HELD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def is_locked(folder: Path) -> bool:
    """Whether anything of a lab is alive, seen from wherever we are."""
    try:
        descriptor = os.open(folder / HELD, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def boot_id() -> str:
    """Differs after each start of the computer."""
    return _BOOT_ID.read_text().strip()


def process_space() -> str:
    """The process namespace in which we and our numbers live."""
    return os.readlink(_PROCESS_SPACE)


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since the computer did; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def record_process(path: Path, pid: int) -> None:
    """Write a process down; the file is whole or not there."""
    record = ProcessRecord(pid=pid, started=started(pid) or 0, boot=boot_id(), space=process_space())
    whole = path.with_suffix(".new")
    whole.write_bytes(msgspec.json.encode(record))
    whole.rename(path)


def read_process(path: Path) -> ProcessRecord | None:
    """Who was written down; None when nobody was."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ProcessRecord)
    except (OSError, msgspec.DecodeError):
        return None


def is_held(folder: Path) -> bool:
    """Whether a lab stands or is being built: locked, and none of those who make it is known to be gone."""
    known = [record for name in (ASKER, HOLDER, FIRST) if (record := read_process(folder / name)) is not None]
    return is_locked(folder) and all(record.is_alive for record in known if record.is_ours_to_see)


def broken(folder: Path) -> str:
    """What is wrong with a lab that is held; empty when nothing is."""
    try:
        return (folder / BROKEN).read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def end(folder: Path) -> Ended | None:
    """End a lab and remove its folder; None when there was none. Raises `CannotMeasure` when something will not end.

    Whoever is not written down yet is waited for: a holder does that first of all.
    """
    if not folder.is_dir():
        return None
    until = time.monotonic() + END_LIMIT_S
    ended: set[int] = set()
    while is_locked(folder):
        records = [record for name in (FIRST, HOLDER) if (record := read_process(folder / name)) is not None]
        if any(not record.is_ours_to_see for record in records):
            raise CannotMeasure(f"the lab in {folder} runs in another container", hint="end it there")
        ended |= {record.pid for record in records if _kill(record)}
        if time.monotonic() > until:
            raise CannotMeasure(f"processes of the lab in {folder} do not end", hint="see who uses its namespaces")
        time.sleep(LOOK_AGAIN_S / 10 if ended else LOOK_AGAIN_S)
    shutil.rmtree(folder)
    return Ended(len(ended), folder)


def _kill(record: ProcessRecord) -> bool:
    """End a process, with everything in its process namespace if it was the first one there; whether it was there."""
    try:
        descriptor = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return False
    try:
        if not record.is_alive:
            return False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        select.select([descriptor], [], [], END_LIMIT_S)
        return True
    finally:
        os.close(descriptor)
