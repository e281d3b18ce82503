"""Processes of this program that work beside the first one: the same interpreter and modules, a channel between them.

They are started anew, not forked: the first process has threads, and what they hold would be held for ever in a copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

from natscope.host.real.worker_channel import Channel

FOR_THE_FIRST = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""A terminal and a service manager send these to the whole group; the first process says what they mean."""
_BEGIN = (
    "import json,sys;sys.path[:]=json.loads(sys.argv[3]);from {module} import main;sys.exit(main(int(sys.argv[2])))"
)


class WorkerProcess:
    """One of them. `module` has a `main(fd)` that gives the exit code; `words` show in a list of processes."""

    def __init__(self, module: str, words: str) -> None:
        """Start it. Raises `OSError`."""
        self.channel, there = Channel.pair()
        self.began = time.monotonic()
        path = json.dumps([os.path.abspath(folder) for folder in sys.path])
        command = [sys.executable, "-c", _BEGIN.format(module=module), words, str(there.fileno()), path]
        before = signal.pthread_sigmask(
            signal.SIG_BLOCK, FOR_THE_FIRST
        )  # which it inherits, until it is ready for them
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(there.fileno(),)
            )
        except OSError:
            self.channel.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            there.close()

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    def lived_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self.began

    def kill(self) -> None:
        """At once; its channel tells when it is gone."""
        self._process.kill()

    def end(self, patience_s: float) -> str:
        """Wait for its end, and make it after that time; how it ended, in words."""
        self.channel.close()
        try:
            code = self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code >= 0:
            return f"exit code {code}"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"


def leave_signals_to_the_first() -> None:
    """In a worker: what the group is sent is the first process' business."""
    for number in FOR_THE_FIRST:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FOR_THE_FIRST)
