"""A few network namespaces joined by veth pairs, as root or as an ordinary user.

No names are used: a namespace is held by one sleeping process and entered with `nsenter`, so nothing is left behind
when those processes end. An ordinary user first makes a user namespace and is root in it. A namespace has no way out
but its veths; where a default route leads to a router, that router refuses what it does not know, at once.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.interop import peers

LIMIT_S = 30.0
"""How long one command in a namespace may take unless the caller says otherwise."""

SYSCTLS = (
    "net/ipv6/conf/all/accept_dad=0",
    "net/ipv6/conf/default/accept_dad=0",
    "net/ipv4/conf/all/rp_filter=0",
    "net/ipv4/conf/default/rp_filter=0",
)
"""Set before an interface exists: IPv6 addresses are usable at once, asymmetric paths are allowed."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace; `holder` is the process that keeps it alive."""

    name: str
    holder: int
    rootless: bool

    def command(self, *argv: str) -> list[str]:
        """`argv` as a command line that runs inside."""
        user = ["-U", "--preserve-credentials"] if self.rootless else []
        return [peers.require("nsenter"), "-t", str(self.holder), *user, "-n", "--", *argv]

    def run(self, *argv: str, timeout_s: float = LIMIT_S, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run to the end and return what it said; never raises for an exit code."""
        options = {"stdin": subprocess.DEVNULL} | options if "input" not in options else options
        return subprocess.run(
            self.command(*argv), capture_output=True, text=True, timeout=timeout_s, check=False, **options
        )

    def must(self, *argv: str, **options: Any) -> str:
        """Run, insist on exit code 0, return stdout."""
        done = self.run(*argv, **options)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {' '.join(argv)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def ip(self, *lines: str) -> None:
        """Several `ip` commands in one process."""
        self.must(peers.require("ip"), "-batch", "-", input="\n".join(lines) + "\n")

    def nft(self, rules: str) -> None:
        """Load nftables rules."""
        self.must(peers.require("nft"), "-f", "-", input=rules)

    def sysctl(self, *settings: str) -> None:
        """Write `net/…=value` settings of this namespace."""
        script = "".join(f"echo {value} > /proc/sys/{key}\n" for key, _, value in (s.partition("=") for s in settings))
        self.must("/bin/sh", "-ec", script)


class Bed:
    """Makes namespaces and cables; use it through `bed()`."""

    def __init__(self) -> None:
        self.rootless = os.geteuid() != 0
        self._holders: list[subprocess.Popen[bytes]] = []
        self._first: Namespace | None = None
        self._running: list[subprocess.Popen[Any]] = []

    def add(self, name: str) -> Namespace:
        """A new namespace with `lo` up and nothing else."""
        holder = self._hold(["cat"])
        space = Namespace(name, holder, self.rootless)
        self._first = self._first or space
        space.sysctl(*SYSCTLS)
        space.ip("link set lo up")
        return space

    def connect(self, left: Namespace, left_name: str, right: Namespace, right_name: str) -> None:
        """A cable: one veth end in each namespace, both up, with a permanent MAC per name."""
        left.must(
            peers.require("ip"), "link", "add", left_name, "type", "veth",
            "peer", "name", right_name, "netns", str(right.holder),
        )  # fmt: skip
        left.ip(f"link set {left_name} up")
        right.ip(f"link set {right_name} up")

    def start(self, space: Namespace, *argv: str, **options: Any) -> subprocess.Popen[Any]:
        """A process inside that is ended with the bed."""
        options = {"stdin": subprocess.DEVNULL} | options
        process: subprocess.Popen[Any] = subprocess.Popen(space.command(*argv), **options)
        self._running.append(process)
        return process

    def _hold(self, argv: list[str]) -> int:
        """Start the process that holds a new namespace; returns its pid once the namespace exists."""
        unshare = peers.require("unshare")
        if not self.rootless:
            command = [unshare, "-n", *argv]
        elif self._first is None:
            command = [unshare, "-Urn", *argv]
        else:
            command = self._first.command(unshare, "-n", *argv)
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._holders.append(holder)
        # cat echoes: once it does, unshare has made the namespace and turned into cat (same process id).
        assert holder.stdin is not None
        assert holder.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            holder.stdin.write(b"\n")
            holder.stdin.flush()
        if holder.stdout.readline() != b"\n":
            assert holder.stderr is not None
            peers.missing(f"no network namespaces here: {holder.stderr.read().decode(errors='replace').strip()}")
        return holder.pid

    def close(self) -> None:
        """End everything that was started, the namespaces with it."""
        for process in reversed(self._running):
            end(process)
        for holder in reversed(self._holders):
            if holder.stdin is not None:
                holder.stdin.close()
            end(holder)


def end(process: subprocess.Popen[Any]) -> None:
    """Ask a process to stop, insist after three seconds, and close its pipes."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(3)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


@contextlib.contextmanager
def bed() -> Iterator[Bed]:
    """A bed that is taken down at the end whatever happens."""
    made = Bed()
    try:
        yield made
    finally:
        made.close()


def addresses(space: Namespace, device: str, own: Sequence[str]) -> None:
    """Give a device its addresses (`192.0.2.1/24`, `2001:db8::1/64`), usable at once."""
    space.ip(*(f"address add {a} dev {device}{' nodad' if ':' in a else ''}" for a in own))


def route(space: Namespace, *routes: str) -> None:
    """Add routes, each as `ip route` writes it (`default via 192.0.2.1`); the family is told by the addresses."""
    space.ip(*(f"route add {r}" for r in routes))
