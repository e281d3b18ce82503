"""A relay of several processes as its users run it, and which of them a client is connected to."""

from __future__ import annotations

import contextlib
import os
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.relay.derp_client import DerpClient
from tests.relay.drivers import wait_for
from tests.relay.served import Served

LIMIT_S = 20.0
TRIES = 16


def pids(relay: Served) -> list[int]:
    """The workers, in order of their start."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == relay.process.pid and fields[0] != "Z":
                found.append(int(folder.name))
    return sorted(found)


def worker_of(relay: Served, client: DerpClient) -> int:
    """The process that has this client's connection."""
    wanted = f":{client.sock.getpeername()[1]:04X}", f":{client.sock.getsockname()[1]:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    [inode] = [f[9] for f in lines if f[1].endswith(wanted[0]) and f[2].endswith(wanted[1])]
    for pid in pids(relay):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(fd) == f"socket:[{inode}]":
                    return pid
    raise AssertionError("nobody has it")


def two_apart(relay: Served, make: Callable[[], DerpClient]) -> tuple[DerpClient, DerpClient]:
    """Two clients of different workers."""
    first = make()
    others: list[DerpClient] = []
    for _ in range(TRIES):
        other = make()
        if worker_of(relay, other) != worker_of(relay, first):
            for one in others:
                one.close()
            return first, other
        others.append(other)
    raise AssertionError("all in one worker")


def numbers(relay: Served) -> dict[str, float]:
    """The metrics page."""
    with urllib.request.urlopen(f"http://{relay.ready['metrics']}/metrics", timeout=LIMIT_S) as response:
        page = response.read().decode()
    return {name: float(value) for name, value in (li.rsplit(" ", 1) for li in page.splitlines() if li[0] != "#")}


def until_number(relay: Served, name: str, wanted: float) -> None:
    """Counts come in when they come in."""
    wait_for(lambda: numbers(relay).get(name) == wanted)


def is_running(pid: int) -> bool:
    """Also one whom nobody has waited for has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
