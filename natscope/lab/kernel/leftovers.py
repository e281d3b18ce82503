"""What a lab leaves in the runtime directory, who still runs, and how all of it ends, whatever was killed when.

A lab is one process tree below a holder, in namespaces that end with it, and one folder. The holder writes its process
id and start time into the folder before it makes anything, and its first child is killed by the kernel when it goes,
with everything in its process namespace. So there are no names, no mounts and no files elsewhere to look for.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from natscope.errors import CannotMeasure, UserError

HOLDER, FIRST = "holder.json", "first.json"
"""Who holds the lab, and the first process inside; each written as soon as it is known."""
END_LIMIT_S = 10.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ProcessRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A process that cannot be taken for a later one with the same number."""

    pid: int
    started: int
    boot: str

    @property
    def is_alive(self) -> bool:
        """Still running (a zombie is not)."""
        return self.boot == boot_id() and started(self.pid) == self.started


@dataclass(frozen=True, slots=True)
class Ended:
    """What was found and removed."""

    processes: int
    folder: Path


def runtime_folder() -> Path:
    """Where labs of this user keep their folders; mode 0700. Raises `UserError` when somebody else owns it."""
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
def only_one_at_a_time(labs: Path) -> Iterator[int]:
    """Keep others from starting or cleaning labs meanwhile; a killed process lets go by itself.

    A holder inherits the descriptor and keeps others out until it is written down, even if we are killed meanwhile.
    """
    descriptor = os.open(labs / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def boot_id() -> str:
    """Differs after each start of the computer."""
    return _BOOT_ID.read_text().strip()


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since the computer did; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def record_process(path: Path, pid: int) -> None:
    """Write a process down; the file is whole or not there."""
    record = ProcessRecord(pid=pid, started=started(pid) or 0, boot=boot_id())
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
    """Whether a lab is alive: its holder, and the first process inside once that is there."""
    holder, first = read_process(folder / HOLDER), read_process(folder / FIRST)
    return holder is not None and holder.is_alive and (first is None or first.is_alive)


def end(folder: Path) -> Ended | None:
    """End a lab and remove its folder; None when there was none. Raises `CannotMeasure` when something will not end."""
    if not folder.is_dir():
        return None
    found = [r for name in (FIRST, HOLDER) if (r := read_process(folder / name)) is not None and r.is_alive]
    holder = read_process(folder / HOLDER)
    if holder is not None and holder.is_alive:
        found += _children(holder.pid, known=[r.pid for r in found])
    with contextlib.ExitStack() as stack:
        watched = [d for r in found if (d := _watch(r, stack)) is not None]
        for descriptor in watched:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        if not all(_has_ended(descriptor) for descriptor in watched):
            raise CannotMeasure(f"processes of the lab in {folder} do not end", hint="see who uses its namespaces")
    shutil.rmtree(folder)
    return Ended(len(watched), folder)


def _children(pid: int, known: list[int]) -> list[ProcessRecord]:
    """Children that were not written down yet."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    pids = [int(word) for word in text.split() if int(word) not in known]
    return [ProcessRecord(pid=p, started=s, boot=boot_id()) for p in pids if (s := started(p)) is not None]


def _watch(record: ProcessRecord, stack: contextlib.ExitStack) -> int | None:
    """A descriptor of the process itself; None when it is gone."""
    try:
        descriptor = os.pidfd_open(record.pid)
    except ProcessLookupError:
        return None
    stack.callback(os.close, descriptor)
    return descriptor if record.is_alive else None


def _has_ended(descriptor: int) -> bool:
    """Wait until a process is gone, with everything in its process namespace if it was the first one there."""
    return bool(select.select([descriptor], [], [], END_LIMIT_S)[0])
