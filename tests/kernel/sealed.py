"""Runs a command where nothing can leave: its own network, its own processes, and a decoy as the only way out.

`python3 tests/kernel/sealed.py [--user NAME] -- COMMAND …` gives the command a network namespace with `lo` and a
default route (IPv4 and IPv6) into a veth whose other end listens. Each packet that comes out there is one that would
have left the computer: it is listed on stderr and the exit code is 97. A process that is still alive when the command
has ended is listed too (exit code 98) and ended. Otherwise the exit code is the command's own.

Works as root and, without `--user`, as an ordinary user. Only the standard library: it runs before anything is
installed.
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

LEAK = 97
LEFT_OVER = 98
SETTLE_S = 2.0
"""How long a process may take to end after the command that started it."""

SET_UP = """\
link set lo up
link add decoy0 type veth peer name decoy1
link set decoy0 arp off addrgenmode none
link set decoy1 arp off addrgenmode none
link set decoy0 up
link set decoy1 up
address add 10.231.7.2/24 dev decoy0
address add fd00:231:7::2/64 dev decoy0 nodad
route add default via 10.231.7.1
route add default via fd00:231:7::1
"""
"""Without ARP and neighbour discovery, every frame on the decoy is a packet that somebody meant to send."""

MULTICAST_LISTENER_REPORT = 143
MARK = bytes(12) + b"\x88\xb5"
"""Begins a frame of our own, of a type for experiments: what was sent before it has come out when it does."""
MARK_S = 5.0


def describe(frame: bytes) -> str | None:
    """One line for a frame that meant to leave, None for what the kernel sends by itself (MLD reports)."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    packet = frame[14:]
    if kind == 0x0800 and len(packet) >= 20:
        start = (packet[0] & 15) * 4
        return name_packet(packet[9], packet[12:16], packet[16:20], packet[start:])
    if kind == 0x86DD and len(packet) >= 40:
        protocol, rest = packet[6], packet[40:]
        if protocol == 0 and len(rest) >= 8:
            protocol, rest = rest[0], rest[(rest[1] + 1) * 8 :]
        if protocol == 58 and rest[:1] == bytes([MULTICAST_LISTENER_REPORT]):
            return None
        return name_packet(protocol, packet[8:24], packet[24:40], rest)
    return f"a frame of type 0x{kind:04x}, {len(frame)} bytes"


def name_packet(protocol: int, source: bytes, target: bytes, payload: bytes) -> str:
    """`udp 10.231.7.2:40000 -> 198.51.100.1:53`."""
    name = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6"}.get(protocol, f"protocol {protocol}")
    ends = [str(ipaddress.ip_address(source)), str(ipaddress.ip_address(target))]
    if protocol in (6, 17) and len(payload) >= 4:
        ends = [f"{end} port {port}" for end, port in zip(ends, struct.unpack_from("!HH", payload), strict=True)]
    return f"{name} {ends[0]} -> {ends[1]}"


class Decoy:
    """Collects what arrives at the far end of the decoy."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind(("decoy1", 0))
        self.leaks: list[str] = []
        self._marked = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            frame, (_, _, direction, *_) = self.socket.recvfrom(65535)
            if frame.startswith(MARK):
                self._marked.set()
            elif direction != socket.PACKET_OUTGOING and (line := describe(frame)) is not None:
                self.leaks.append(line)

    def catch_up(self) -> None:
        """Wait until everything that was sent so far has been seen here."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as near:
            near.bind(("decoy0", 0))
            near.send(MARK + bytes(46))
        if not self._marked.wait(MARK_S):
            self.leaks.append("perhaps something: the decoy does not show our own mark")


def alive() -> dict[int, str]:
    """Every process of this process namespace but ourselves, with its command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if int(folder.name) != os.getpid() and state != "Z":
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[int(folder.name)] = words.strip() or (folder / "comm").read_text().strip()
    return found


def left_over() -> dict[int, str]:
    """Who is still there after a moment's grace."""
    deadline = time.monotonic() + SETTLE_S
    while (found := alive()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def allow_ping() -> None:
    """Everybody may ping, as on an ordinary Debian; a new namespace allows nobody."""
    for groups in ("0 2147483647", "0 0"):  # in a user namespace only its own groups can be named
        with contextlib.suppress(OSError):
            Path("/proc/sys/net/ipv4/ping_group_range").write_text(groups)
            return


def inside(user: str, command: list[str]) -> int:
    """The part that runs in the new namespaces, as their first process."""
    subprocess.run(["ip", "-batch", "-"], input=SET_UP, text=True, check=True)
    for gateway, family in (("10.231.7.1", "-4"), ("fd00:231:7::1", "-6")):
        subprocess.run(
            ["ip", family, "neigh", "add", gateway, "lladdr", "02:00:00:00:00:01", "dev", "decoy0", "nud", "permanent"],
            check=True,
        )
    allow_ping()
    decoy = Decoy()
    done = subprocess.run(["runuser", "-u", user, "--", *command] if user else command, check=False)
    remaining = left_over()
    decoy.catch_up()
    for line in decoy.leaks[:40]:
        print(f"sealed: left this computer: {line}", file=sys.stderr)
    for pid, words in remaining.items():
        print(f"sealed: still running: {pid} {words}", file=sys.stderr)
    if decoy.leaks:
        return LEAK
    return LEFT_OVER if remaining else done.returncode


def outside(arguments: list[str]) -> int:
    """Start this file again in new namespaces; the kernel ends what is left when the first process ends."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return subprocess.run([*command, sys.executable, __file__, "--inside", *arguments], check=False).returncode


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Run a command where nothing can leave.")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--user", default="", help="run the command as this user (needs root)")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.inside:
        return inside(options.user, options.command)
    return outside([*(["--user", options.user] if options.user else []), "--", *options.command])


if __name__ == "__main__":
    sys.exit(main())
