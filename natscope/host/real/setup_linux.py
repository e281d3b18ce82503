"""How this Linux computer is set up for a node of a mesh: /proc, /etc and ethtool. Reads, and changes nothing."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

from natscope.host.real.system_linux import read_text
from natscope.host.setup_api import AgentProcess, Offload, ResolverFile, SetupFacts
from natscope.wire.setup_text import agent_arguments, resolv_conf_writer
from natscope.wire.system_text import whole

MAX_PROCESSES, MAX_AGENTS, MAX_INTERFACES = 50_000, 8, 8
PROGRAMS = ("tailscaled", "tailscale")
_SEARCHED = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin:/opt/bin:/snap/bin"
_WANTS = ("/etc/systemd/system/multi-user.target.wants", "/etc/systemd/system/default.target.wants")
_UNITS = ("/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", "/usr/local/lib/systemd/system")
UNIT = "tailscaled.service"
_FORWARDING = {4: "/proc/sys/net/ipv4/ip_forward", 6: "/proc/sys/net/ipv6/conf/all/forwarding"}


class LinuxSetup:
    """`interfaces` are those whose offloads matter; `proc` is a folder, for tests."""

    def __init__(self, environ: dict[str, str], interfaces: list[str], *, proc: str = "/proc") -> None:
        self._environ = environ
        self._interfaces = interfaces
        self._proc = proc

    async def look(self) -> SetupFacts:
        """The facts now; never raises."""
        values: dict[str, Any] = {}
        unread: dict[str, str] = {}
        readers: dict[str, Callable[[], Any]] = {
            "user": _user,
            "is_root": lambda: os.geteuid() == 0,
            "programs": self._programs,
            "agents": lambda: tuple(itertools.islice(self._agents(), MAX_AGENTS)),
            "enabled": _enabled,
            "resolver": lambda: read_resolver("/etc/resolv.conf"),
            "forwarding": _forwarding,
        }
        for name, read in readers.items():
            try:
                values[name] = read()
            except OSError as error:
                unread[name] = f"the system refuses to tell: {(error.strerror or 'unknown reason').lower()}"
        offloads, reason = _offloads(self._interfaces)
        if reason:
            unread["offloads"] = reason
        return SetupFacts(offloads=offloads, unread=unread, **values)

    def _programs(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (self._environ.get("PATH", ""), _SEARCHED)))
        found = {name: shutil.which(name, path=path) for name in PROGRAMS}
        return {name: where for name, where in found.items() if where}

    def _agents(self) -> Iterator[AgentProcess]:
        """Processes called tailscaled, of root or of us: a stranger's could lead us to a socket of his."""
        for name in itertools.islice(sorted(os.listdir(self._proc)), MAX_PROCESSES):
            if not name.isdecimal():
                continue
            folder = f"{self._proc}/{name}"
            try:
                if read_text(f"{folder}/comm").strip() != "tailscaled":
                    continue
                if os.stat(folder).st_uid not in (0, os.geteuid()):
                    continue
                words = read_text(f"{folder}/cmdline").split("\0")
            except OSError:
                continue
            socket, userspace = agent_arguments(words)
            told = bool(words[0])
            yield AgentProcess(
                pid=int(name),
                socket=socket,
                socket_here=bool(socket) and os.path.exists(socket),
                userspace=userspace if told else None,
                replaced=_is_replaced(folder),
            )


def _is_replaced(folder: str) -> bool | None:
    """The kernel says ` (deleted)` behind the path of a program file that was replaced (proc(5), /proc/PID/exe)."""
    try:
        return os.readlink(f"{folder}/exe").endswith(" (deleted)")
    except OSError:
        return None


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return ""


def _enabled() -> bool | None:
    """Whether systemd has the unit, and starts it at boot; None where there is no unit."""
    if any(os.path.lexists(f"{folder}/{UNIT}") for folder in _WANTS):
        return True
    return False if any(os.path.lexists(f"{folder}/{UNIT}") for folder in _UNITS) else None


def read_resolver(path: str) -> ResolverFile:
    """Who keeps the file. Raises `OSError`."""
    target = os.path.join(os.path.dirname(path), os.readlink(path)) if os.path.islink(path) else ""
    return ResolverFile(target=target, writer=resolv_conf_writer(read_text(path), target))


def _forwarding() -> dict[int, bool]:
    """By family; one that the kernel does not have is left out."""
    found = {}
    for family, path in _FORWARDING.items():
        try:
            number = whole(read_text(path))
        except FileNotFoundError:
            continue
        if number is not None:
            found[family] = number != 0
    return found


def _offloads(interfaces: list[str]) -> tuple[dict[str, Offload], str]:
    """By interface, and why one is not told."""
    from natscope.host.real.ethtool import features

    found, reason = {}, ""
    for name in interfaces[:MAX_INTERFACES]:
        try:
            told = features(name)
        except OSError as error:
            reason = f"the driver of {name} does not tell: {(error.strerror or 'unknown reason').lower()}"
            continue
        found[name] = Offload(
            udp_gro_forwarding=told.get("rx-udp-gro-forwarding"),
            gro_list=told.get("rx-gro-list"),
            udp_segmentation=told.get("tx-udp-segmentation"),
        )
    return found, reason
