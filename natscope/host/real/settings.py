"""Proxies of the desktop's or system's settings, and what DHCP leases say about proxies and login pages.

A lease counts only if the address that it gave is one of ours now: lease files outlive their networks, and in a network
namespace they are somebody else's. GNOME's settings are asked of `gsettings`, where a session is there to ask.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from natscope.host.api import Links
from natscope.host.real import settings_files as files
from natscope.host.real.short_program import said
from natscope.host.settings_api import NetworkSettings, SystemProxy

LIMIT_S = 0.4
MAX_FILES, MAX_BYTES = 32, 256 * 1024
DHCLIENT = ("/var/lib/dhcp/*.leases", "/var/lib/dhclient/*.leases", "/var/lib/NetworkManager/dhclient-*.lease")
NETWORKD = ("/run/systemd/netif/leases/*", "/var/lib/NetworkManager/internal-*.lease")


class RealSettings:
    """Of this computer and this user."""

    def __init__(self, links: Links, environ: Mapping[str, str]) -> None:
        self._links = links
        self._environ = environ

    async def look(self) -> NetworkSettings:
        """The settings now; never raises."""
        leases = await self._leases()
        proxies = [*self._kde(), *await self._gnome(), *_from_the_system()]
        proxies += [
            SystemProxy(where=f"DHCP {lease.interface}".strip(), kind="pac", url=lease.wpad)
            for lease in leases
            if lease.wpad
        ]
        portals = tuple(dict.fromkeys(lease.portal for lease in leases if lease.portal))
        return NetworkSettings(proxies=tuple(proxies), portals=portals, leases_read=bool(leases))

    def _kde(self) -> tuple[SystemProxy, ...]:
        home = self._environ.get("XDG_CONFIG_HOME") or os.path.join(
            self._environ.get("HOME", "/nonexistent"), ".config"
        )
        return files.kde_proxies(_read(os.path.join(home, "kioslaverc")))

    async def _gnome(self) -> tuple[SystemProxy, ...]:
        program = shutil.which("gsettings", path=self._environ.get("PATH"))
        if sys.platform != "linux" or program is None or not self._environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return ()
        told = await said(program, "list-recursively", "org.gnome.system.proxy", limit_s=LIMIT_S)
        return files.gnome_proxies(told or "")

    async def _leases(self) -> list[files.Lease]:
        ours = {str(ip) for interface in (await self._links.look()).interfaces for ip in interface.addresses}
        found = [lease for path in _paths(DHCLIENT) for lease in files.dhclient_leases(_read(path))]
        found += [files.networkd_lease(_read(path)) for path in _paths(NETWORKD)]
        return list({lease.address: lease for lease in found if lease.address in ours}.values())


def _from_the_system() -> Iterable[SystemProxy]:
    """What the standard library reads from the settings of macOS and Windows."""
    if sys.platform not in ("darwin", "win32"):
        return ()
    import urllib.request

    with contextlib.suppress(OSError, ValueError):
        told = urllib.request.getproxies()
        return [
            SystemProxy(where="system", kind="socks" if name == "socks" else "http", url=files.shown(url))
            for name, url in told.items()
            if name != "no"
        ]
    return ()


def _paths(patterns: Iterable[str]) -> list[str]:
    return [path for pattern in patterns for path in sorted(glob.glob(pattern))][:MAX_FILES]


def _read(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return ""
