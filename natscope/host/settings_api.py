"""What a desktop, a router's lease or an operating system says about proxies and login pages.

Looking sends nothing and follows nothing: scripts that name proxies are named, not run.
"""

from __future__ import annotations

from typing import Protocol

import msgspec


class SystemProxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy of the system's settings. `where`: KDE, GNOME, system, DHCP on eth0. `url` without credentials.

    `kind`: `http`, `https`, `socks`, `pac` (a script), `wpad` (search the network for a script), `other`.
    """

    where: str
    kind: str
    url: str = ""


class NetworkSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One look. `portals` are URLs by which the network announces its login page (RFC 8910).

    `leases_read`: was there a file with what the network had told, about an address that is ours now.
    """

    proxies: tuple[SystemProxy, ...] = ()
    portals: tuple[str, ...] = ()
    leases_read: bool = False


class Settings(Protocol):
    """Reads them."""

    async def look(self) -> NetworkSettings:
        """The settings now, within half a second; never raises."""
        ...


class UntoldSettings:
    """A computer without such settings."""

    async def look(self) -> NetworkSettings:
        """Nothing."""
        return NetworkSettings()
