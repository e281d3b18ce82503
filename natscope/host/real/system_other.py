"""Computers without netlink (macOS, Windows, the BSDs): interfaces by psutil, drivers by their usual names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from natscope.host.real.links_other import OtherLinks
from natscope.host.system_api import (
    NOT_ASKED,
    PARTS,
    ConnectionTable,
    Device,
    FirewallFacts,
    RouteChoice,
    Suite,
    SystemFacts,
)
from natscope.model.endpoint import IPAddress
from natscope.wire.suite_signs import suites_of

NOT_HERE = "natscope reads it on Linux only"
_DRIVERS = {"utun": "tun", "tun": "tun", "tap": "tap", "wg": "wireguard", "ppp": "ppp", "bridge": "bridge",
            "ipsec": "tun"}  # fmt: skip


class OtherSystem:
    """Everything that psutil does not know is unknown."""

    async def look(self, *, thorough: bool = False) -> SystemFacts:
        """The interfaces, and suites by their processes; never raises."""
        interfaces = (await OtherLinks().look()).interfaces
        devices = tuple(
            Device(
                name=i.name,
                driver=_DRIVERS.get(i.name.rstrip("0123456789").lower(), ""),
                up=i.up,
                state="up" if i.up else "down",
                addresses=tuple(map(str, i.addresses)),
            )
            for i in interfaces
        )
        unread = dict.fromkeys((part for part in PARTS if part != "devices"), NOT_HERE)
        if not thorough:
            return SystemFacts(devices=devices, unread=unread | {"suites": NOT_ASKED})
        try:
            names = await asyncio.to_thread(_process_names)
        except OSError as error:
            unread["suites"] = f"the system refuses to tell: {(error.strerror or 'unknown reason').lower()}"
            return SystemFacts(devices=devices, unread=unread)
        del unread["suites"]
        found = tuple(Suite(name=name, sign=sign) for name, sign in suites_of((), names))
        return SystemFacts(devices=devices, suites=found, unread=unread)

    async def source_drops(self) -> int | None:
        """Not told."""
        return None

    async def route_to(self, targets: Sequence[IPAddress], *, mark: int = 0) -> tuple[RouteChoice, ...]:
        """By the source address that the system would use: its interface is the way."""
        if mark:
            return ()
        links = OtherLinks()
        owners = {str(ip): i.name for i in (await links.look()).interfaces for ip in i.addresses}
        found = []
        for target in targets:
            source = await links.source_for(target)
            if source is None:
                found.append(RouteChoice(target=str(target), failure="there is no route"))
            else:
                found.append(RouteChoice(target=str(target), source=str(source), interface=owners.get(str(source), "")))
        return tuple(found)

    async def firewall(self, *, timeout_s: float) -> FirewallFacts:
        """Not read."""
        return FirewallFacts(reason=NOT_HERE)

    async def connections(self) -> ConnectionTable:
        """Not read."""
        return ConnectionTable(reason=NOT_HERE)


def _process_names() -> list[str]:
    """Of every process that this user sees. Raises `OSError`."""
    import psutil

    try:
        return [str(process.info["name"] or "") for process in psutil.process_iter(["name"])]
    except psutil.Error as error:
        raise OSError(0, str(error)) from error
