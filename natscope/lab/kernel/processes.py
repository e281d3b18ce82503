"""Processes of a lab: functions of ours in forked children, and programs, each in a namespace, awaited until ready."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from natscope.errors import CannotMeasure
from natscope.lab.kernel import kernel_calls
from natscope.lab.kernel.enter import show_files
from natscope.lab.kernel.netns import Space, tool_environment

READY_LIMIT_S = 20.0
Ready = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Starting:
    """A process that has not said yet that it is ready; `wanted` is what its output says then, empty for one byte."""

    name: str
    pid: int
    pipe: int
    wanted: bytes


class Processes:
    """Starts them, and waits for them together. Everything they print goes to the lab's log."""

    MEANT = signal.SIGTERM
    """Ends a process because the scenario says so; any other end of one of these breaks the lab."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starting: list[Starting] = []
        self.names: dict[int, str] = {}

    def call(self, name: str, space: Space, main: Callable[[Ready], None]) -> None:
        """Run a function of ours in a child inside; it calls what it is given once it serves."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            _child(space, main, write)
        os.close(write)
        self.names[pid] = name
        self._starting.append(Starting(name, pid, read, b""))

    def program(self, name: str, space: Space, argv: Sequence[str], *, ready: str, host: str = "") -> None:
        """Run a program inside; `ready` stands in its output (either stream) once it serves. `host`: see its files."""
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(Exception):
                os.dup2(write, 1)
                os.dup2(write, 2)
                kernel_calls.enter(space.descriptor, kernel_calls.NEW_NET)
                show_files(self._folder, host)
                os.execvpe(argv[0], [*argv], tool_environment())
            os._exit(127)
        os.close(write)
        self.names[pid] = name
        self._starting.append(Starting(name, pid, read, ready.encode()))

    def wait(self) -> None:
        """Until all serve. Raises `CannotMeasure` for one that ends or says nothing."""
        deadline = time.monotonic() + READY_LIMIT_S
        for starting in self._starting:
            self._wait(starting, deadline)
        self._starting.clear()

    def _wait(self, starting: Starting, deadline: float) -> None:
        seen = b""
        while not (starting.wanted in seen if starting.wanted else seen):
            if not select.select([starting.pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise CannotMeasure(f"{starting.name} did not start within {READY_LIMIT_S:.0f} s", hint=_tail(seen))
            data = os.read(starting.pipe, 65536)
            if not data:
                raise CannotMeasure(f"{starting.name} ended at once", hint=_tail(seen))
            seen += data
        if starting.wanted:
            self._drain(starting.pipe)
        else:
            os.close(starting.pipe)

    def _drain(self, pipe: int) -> None:
        """A program goes on talking: somebody has to listen."""
        if os.fork() == 0:
            with contextlib.suppress(OSError):
                while os.read(pipe, 65536):
                    pass
            os._exit(0)
        os.close(pipe)


def _child(space: Space, main: Callable[[Ready], None], write: int) -> None:
    code = 1
    try:
        kernel_calls.enter(space.descriptor, kernel_calls.NEW_NET)
        main(lambda: _say_ready(write))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _say_ready(write: int) -> None:
    os.write(write, b".")
    os.close(write)


def _tail(seen: bytes) -> str:
    return seen[-300:].decode(errors="replace").strip() or "see its log"
