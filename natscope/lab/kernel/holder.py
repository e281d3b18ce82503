"""Holds a lab: `python -m natscope.lab.kernel.holder FOLDER LOCK [WANTED]`, the scenario pickled on standard input.

LOCK is a descriptor that says to everybody that this lab is alive, for as long as we, or anybody inside, have it.
WANTED is a pipe: when its other end is closed, nobody wants this lab any more.

The holder makes namespaces of users (as an ordinary user), mounts, processes and networks, and starts one process in
them, the first of its process namespace. That one builds the lab and stays; when it ends, the kernel ends everything
that was started inside. It is killed when the holder is. One line of JSON on standard output says how building went.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import msgspec

from natscope.errors import NatscopeError
from natscope.lab.kernel import kernel_calls, leftovers
from natscope.lab.kernel.build_netns import build
from natscope.lab.kernel.permissions import make_namespaces
from natscope.lab.scenario import Scenario

STATE = "state.json"


class LabState(msgspec.Struct, frozen=True, kw_only=True):
    """A lab that stands: `spaces` has the descriptor of each network namespace in the process `first`."""

    scenario: str
    first: int
    own_users: bool
    spaces: dict[str, int]
    environment: dict[str, str]


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """How building went: `error` is empty when the lab stands."""

    error: str = ""
    hint: str = ""
    spaces: dict[str, int] = {}
    environment: dict[str, str] = {}


def main() -> None:
    """Never returns before the lab ends."""
    folder = Path(sys.argv[1])
    leftovers.record_process(folder / leftovers.HOLDER, os.getpid())
    wanted = int(sys.argv[3]) if len(sys.argv) > 3 else None
    for descriptor in map(int, sys.argv[2:]):
        os.set_inheritable(descriptor, False)  # for our children, but for no program
    scenario = pickle.load(sys.stdin.buffer)
    try:
        own_users = make_namespaces()
    except NatscopeError as error:
        _tell(Word(error=error.message, hint=error.hint))
        return
    hold(folder, scenario, own_users=own_users, wanted=wanted)


def hold(folder: Path, scenario: Scenario, *, own_users: bool, wanted: int | None) -> None:
    """Start the first process, write down who it is and what it has built, and wait for its end, or for `wanted`'s."""
    alive, ready = os.pipe(), os.pipe()
    first = os.fork()
    if first == 0:
        os.close(alive[1])
        os.close(ready[0])
        _first(folder, scenario, alive[0], ready[1])
    os.close(alive[0])
    os.close(ready[1])
    leftovers.record_process(folder / leftovers.FIRST, first)
    if wanted is not None and wanted in select.select([ready[0], wanted], [], [])[0]:
        return
    with open(ready[0], "rb") as pipe:
        line = pipe.readline()
    word = msgspec.json.decode(line, type=Word) if line else Word(error="the lab ended while it was built", hint="")
    if not word.error:
        state = LabState(
            scenario=scenario.name, first=first, own_users=own_users, spaces=word.spaces, environment=word.environment
        )
        whole = folder / f"{STATE}.new"
        whole.write_bytes(msgspec.json.encode(state))
        whole.rename(folder / STATE)
    _tell(word)
    ended = os.pidfd_open(first)
    select.select([ended] if wanted is None else [ended, wanted], [], [])


def _first(folder: Path, scenario: Scenario, alive: int, ready: int) -> NoReturn:
    """The first process of the namespaces."""
    kernel_calls.die_with_parent()
    _be_quiet()
    if select.select([alive], [], [], 0)[0]:  # the holder was killed before the line above
        os._exit(1)
    code = 1
    try:
        kernel_calls.unshare(kernel_calls.NEW_MOUNT)  # the holder must go on seeing the /proc in which it knows us
        kernel_calls.mount("none", "/", flags=kernel_calls.RECURSIVE | kernel_calls.PRIVATE)
        with contextlib.suppress(OSError):  # not where a container hides parts of /proc; only `ps` would miss it
            kernel_calls.mount("proc", "/proc", "proc")
        built = build(scenario, folder)
        _say(ready, Word(spaces=built.descriptors(), environment=built.environment))
        _reap(built.ended)
        code = 0
    except NatscopeError as error:
        _say(ready, Word(error=error.message, hint=error.hint))
    except OSError as error:
        _say(ready, Word(error=f"the lab cannot be built: {error}"))
    finally:
        sys.stderr.flush()
        os._exit(code)


def _reap(ended: Callable[[int, int], None]) -> None:
    """Wait for ever, as the first process must; `ended` hears of each end (process id, exit status)."""
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            select.select([], [], [], 1.0)
            continue
        ended(pid, status)


def _say(ready: int, word: Word) -> None:
    os.write(ready, msgspec.json.encode(word) + b"\n")  # servers have copies: the end of the pipe never comes
    os.close(ready)


def _tell(word: Word) -> None:
    """To whoever started us, who may be gone; afterwards nobody waits for this pipe."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, msgspec.json.encode(word) + b"\n")
    _be_quiet()


def _be_quiet() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)


if __name__ == "__main__":
    main()
