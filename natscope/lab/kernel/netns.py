"""Network namespaces without names: the process that makes them keeps their descriptors, and they end with it.

Everything is done by `ip`, `nft` and files in /proc/sys inside the namespace; the computer's own interfaces, routes,
settings and firewall are never touched. All of this belongs into one single-threaded process.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from natscope.errors import CannotMeasure
from natscope.lab.kernel import kernel_calls

COMMAND_LIMIT_S = 20.0
AT_THE_START: dict[str, str | int] = {
    "net/ipv6/conf/all/accept_dad": 0,
    "net/ipv6/conf/default/accept_dad": 0,
    "net/ipv6/conf/all/accept_ra": 0,
    "net/ipv6/conf/default/accept_ra": 0,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/default/rp_filter": 0,
    "net/ipv4/ping_group_range": "0 0",
}
"""Set before an interface exists: addresses can be used at once, asymmetric paths are allowed, everybody may ping."""
BRIDGE_UNFILTERED: dict[str, str | int] = {
    "net/bridge/bridge-nf-call-iptables": 0,
    "net/bridge/bridge-nf-call-ip6tables": 0,
    "net/bridge/bridge-nf-call-arptables": 0,
}
"""Without these, frames between neighbours on a bridge pass the router's packet filter."""


class Space:
    """One namespace, kept alive by its descriptor."""

    def __init__(self, name: str) -> None:
        """A new one with `lo` up. Raises `OSError` where the kernel refuses."""
        self.name = name
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            kernel_calls.unshare(kernel_calls.NEW_NET)
            self.descriptor = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            kernel_calls.enter(home, kernel_calls.NEW_NET)
            os.close(home)
        self.sysctl(AT_THE_START)
        self.ip("link set lo up")

    @property
    def path(self) -> str:
        """How `ip … netns` finds it, for this process and its children's `ip`."""
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """This thread, and the processes that it starts meanwhile, are inside."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            kernel_calls.enter(self.descriptor, kernel_calls.NEW_NET)
            yield
        finally:
            kernel_calls.enter(home, kernel_calls.NEW_NET)
            os.close(home)

    def run(self, argv: Sequence[str], text: str = "") -> str:
        """Run a command inside, insist on success, return what it said. Raises `CannotMeasure`."""
        with self.entered():
            return run_tool(argv, text, where=self.name)

    def ip(self, *lines: str, option: str = "") -> None:
        """Several `ip` commands in one process, all with an option (`-6`) if one is given."""
        if lines:
            self.run(["ip", *([option] if option else []), "-batch", "-"], "".join(f"{line}\n" for line in lines))

    def nft(self, rules: str) -> None:
        """Load nftables rules."""
        if rules:
            self.run(["nft", "-f", "-"], rules)

    def sysctl(self, settings: Mapping[str, str | int]) -> None:
        """Write settings below /proc/sys of this namespace; one that the kernel has not is left out."""
        with self.entered():
            for key, value in settings.items():
                with contextlib.suppress(FileNotFoundError):
                    Path("/proc/sys", key).write_text(f"{value}\n")

    def tun(self, name: str) -> int:
        """A new TUN device, up; the descriptor that reads and writes it."""
        with self.entered():
            descriptor = kernel_calls.open_tun(name)
        self.ip(f"link set {name} addrgenmode none", f"link set {name} mtu 65535", f"link set {name} up")
        return descriptor


def cable(left: Space, left_name: str, right: Space, right_name: str) -> None:
    """A veth pair with one end in each namespace, both up. The ends have no IPv6 addresses until they are given."""
    left.ip(f"link add name {left_name} type veth peer name {right_name} netns {right.path}")
    for space, name in ((left, left_name), (right, right_name)):
        space.ip(f"link set {name} addrgenmode none", f"link set {name} up")


def add_addresses(space: Space, device: str, own: Sequence[str]) -> None:
    """Give a device its addresses (`192.0.2.1/24`, `2001:db8::1/64`), usable at once."""
    space.ip(*(f"address add {a} dev {device}{' nodad' if ':' in a else ''}" for a in own))


def run_tool(argv: Sequence[str], text: str = "", *, where: str = "") -> str:
    """Run a system tool to the end. Raises `CannotMeasure` when it is not there, fails, or does not end."""
    try:
        done = subprocess.run(
            argv,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_LIMIT_S,
            env=tool_environment(),
        )
    except FileNotFoundError as error:
        raise CannotMeasure(f"the lab needs the program {argv[0]!r}", hint=_PACKAGES.get(argv[0], "")) from error
    except subprocess.TimeoutExpired as error:
        raise CannotMeasure(f"{where}: {argv[0]} did not end within {COMMAND_LIMIT_S:.0f} s") from error
    if done.returncode:
        raise CannotMeasure(f"{where}: {' '.join(argv)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout


_PACKAGES = {"ip": "install the package iproute2", "nft": "install the package nftables"}


def tool_environment() -> dict[str, str]:
    """Ours, with the folders of system tools on the path (they are not on every user's) and in plain English."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    return os.environ | {"PATH": path, "LC_ALL": "C"}
