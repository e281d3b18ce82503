"""This Linux computer about itself: routing policy, drivers, settings, where it runs. Reads, and changes nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from natscope.host.real.metered_linux import read_metered
from natscope.host.system_api import (
    NOT_ASKED,
    ConnectionTable,
    Container,
    Device,
    FirewallFacts,
    RouteChoice,
    Suite,
    SystemFacts,
)  # fmt: skip
from natscope.model.endpoint import IPAddress
from natscope.wire.arp_table import read_makers
from natscope.wire.suite_signs import module_names, suites_of
from natscope.wire.system_text import cloud_of_firmware, container_of_cgroups, counter, whole, wsl_of_release

MAX_BYTES = 65_536
MAX_PROCESSES, AT_ONCE, MAX_MODULES_BYTES = 8192, 16, 1024 * 1024
CONNECTIONS, MAX_TABLE_BYTES = "/proc/net/nf_conntrack", 8 * 1024 * 1024
FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""Linux's own number for the namespace of its first process (linux/proc_ns.h)."""
_FIRMWARE = "/sys/class/dmi/id"
_FIRMWARE_FILES = ("sys_vendor", "product_name", "bios_vendor", "chassis_asset_tag", "chassis_vendor")
_TIME_ERROR = 5
T = TypeVar("T")


class LinuxSystem:
    """Netlink, /proc, /sys, and the tools of the packet filter."""

    async def look(self, *, thorough: bool = False) -> SystemFacts:
        """Everything but the packet filter; never raises."""
        values: dict[str, Any] = {}
        unread: dict[str, str] = {}
        for name, read in _READERS.items():
            try:
                values[name] = read()
            except _Untold as error:
                unread[name] = str(error)
            except OSError as error:
                unread[name] = f"the system refuses to tell: {os.strerror(error.errno or 0).lower()}"
        if not thorough:
            return SystemFacts(unread=unread | {"suites": NOT_ASKED, "metered": NOT_ASKED}, **values)
        values["metered"], why = await read_metered(values.get("devices", ()))
        if why:
            unread["metered"] = why
        try:
            values["suites"] = await find_suites()
        except _Untold as error:
            unread["suites"] = str(error)
        return SystemFacts(unread=unread, **values)

    async def source_drops(self) -> int | None:
        """Packets that rp_filter has dropped."""
        try:
            return _source_drops()
        except (OSError, _Untold):
            return None

    async def route_to(self, targets: Sequence[IPAddress], *, mark: int = 0) -> tuple[RouteChoice, ...]:
        """By asking the kernel; sends nothing."""
        from natscope.host.real.routes_linux import look_up

        return tuple(look_up(target, mark) for target in targets)

    async def firewall(self, *, timeout_s: float) -> FirewallFacts:
        """By the tools of the packet filter, where this user may."""
        from natscope.host.real.firewall_linux import read_firewall

        return await read_firewall(timeout_s)

    async def connections(self) -> ConnectionTable:
        """By /proc/net/nf_conntrack, which only root may read."""
        try:
            return ConnectionTable(text=read_text(CONNECTIONS, MAX_TABLE_BYTES))
        except FileNotFoundError:
            return ConnectionTable(reason="this system tracks no connections, or does not print them")
        except OSError as error:
            why = os.strerror(error.errno or 0).lower()
            return ConnectionTable(reason=f"the table of connections may not be read: {why}", hint="run it as root")


class _Untold(Exception):
    """The reason why a part is not known."""


def read_text(path: str, most: int = MAX_BYTES) -> str:
    """The beginning of a file. Raises `OSError`."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(most)


def _number(path: str) -> int:
    found = whole(read_text(path))
    if found is None:
        raise _Untold(f"{path} holds no number")
    return found


def _devices() -> tuple[Device, ...]:
    from natscope.host.real.routes_linux import devices

    return tuple(msgspec.structs.replace(d, strict_source=_is_strict(d.name)) for d in devices())


def _is_strict(name: str) -> bool | None:
    """The stricter of the interface's and everybody's value counts (ip-sysctl: rp_filter)."""
    if "/" in name:
        return None
    try:
        return max(_number(f"/proc/sys/net/ipv4/conf/{which}/rp_filter") for which in ("all", name)) == 1
    except (OSError, _Untold):
        return None


def _rules() -> Any:
    from natscope.host.real.routes_linux import rules

    return rules()


def _routes() -> Any:
    from natscope.host.real.routes_linux import routes

    found, _left_out = routes()
    return found


def _source_drops() -> int:
    found = counter(read_text("/proc/net/netstat"), "TcpExt", "IPReversePathFilter")
    if found is None:
        raise _Untold("this kernel does not count them")
    return found


def _container() -> Container:
    named = {"/.dockerenv": "docker", "/run/.containerenv": "podman"}
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return Container(kind="kubernetes", sign="KUBERNETES_SERVICE_HOST is set")
    for path, kind in named.items():
        if os.path.exists(path):
            return Container(kind=kind, sign=f"{path} exists")
    try:
        word = read_text("/run/systemd/container").strip()
    except OSError:
        word = ""
    if word:
        return Container(kind={"systemd-nspawn": "nspawn"}.get(word, word[:32]), sign="/run/systemd/container names it")
    kind = container_of_cgroups(read_text("/proc/self/cgroup"))
    if kind:
        return Container(kind=kind, sign="/proc/self/cgroup names it")
    if os.readlink("/proc/self/ns/pid") == FIRST_PID_NAMESPACE:
        return Container()
    raise _Untold("it has a process table of its own, and nothing says of which kind")


def _cloud() -> str:
    if not os.path.isdir(_FIRMWARE):
        raise _Untold("the firmware tells no names")
    texts = {}
    for name in _FIRMWARE_FILES:
        try:
            texts[name] = read_text(f"{_FIRMWARE}/{name}")
        except OSError:
            continue
    return cloud_of_firmware(texts)


def _neighbours() -> dict[str, str]:
    return read_makers(read_text("/proc/net/arp"))


def _clock_synchronised() -> bool:
    """By adjtimex(2) without a mode, which only reads: TIME_ERROR is a clock that nobody disciplines."""
    import ctypes

    buffer = ctypes.create_string_buffer(512)  # struct timex has 208 bytes on 64-bit Linux
    state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
    if state < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    return bool(state != _TIME_ERROR)


async def find_suites(proc: str = "/proc") -> tuple[Suite, ...]:
    """By modules and names of processes, other users' too where this system shows them; `proc` is a folder.

    It gives way now and then: a computer may have thousands. Raises `_Untold` where nothing was found and this user
    sees his own processes only (hidepid).
    """
    try:
        modules = module_names(read_text(f"{proc}/modules", MAX_MODULES_BYTES))
    except OSError:
        modules = ()  # a kernel without any
    names: list[str] = []
    try:
        numbers = [name for name in os.listdir(proc) if name.isdecimal()][:MAX_PROCESSES]
    except OSError:
        numbers = []
    for at, number in enumerate(numbers):
        if at % AT_ONCE == 0:
            await asyncio.sleep(0)
        try:
            names.append(read_text(f"{proc}/{number}/comm"))
        except OSError:
            continue  # it has ended, or is not ours to see
    found = tuple(Suite(name=name, sign=sign) for name, sign in suites_of(modules, names))
    if not found and "1" not in numbers:
        raise _Untold("this user sees his own processes only")
    return found


_READERS: dict[str, Callable[[], Any]] = {
    "devices": _devices,
    "rules": _rules,
    "routes": _routes,
    "source_drops": _source_drops,
    "receive_buffer_max": lambda: _number("/proc/sys/net/core/rmem_max"),
    "receive_buffer_default": lambda: _number("/proc/sys/net/core/rmem_default"),
    "conntrack_count": lambda: _number("/proc/sys/net/netfilter/nf_conntrack_count"),
    "conntrack_max": lambda: _number("/proc/sys/net/netfilter/nf_conntrack_max"),
    "container": _container,
    "wsl": lambda: wsl_of_release(read_text("/proc/sys/kernel/osrelease")),
    "cloud": _cloud,
    "clock_synchronised": _clock_synchronised,
    "neighbours": _neighbours,
}
