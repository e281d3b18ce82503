"""Puts the parts of this computer together as one `Host`.

Importing this module loads neither ssl (beyond what asyncio itself loads), aiodns, cryptography nor psutil: each part
imports its own at the first use.
"""

from __future__ import annotations

import os
import sys

from natscope.host.api import CAPABILITIES, Host, Links
from natscope.host.real.clock import RealClock
from natscope.host.real.icmp import RealIcmp
from natscope.host.real.identity import read_identity
from natscope.host.real.kernel_time import keep_stamps_on
from natscope.host.real.programs import RealPrograms
from natscope.host.real.resolver import RealResolver
from natscope.host.real.rng import RealRng
from natscope.host.real.streams import RealStreams
from natscope.host.real.udp import RealUdp
from natscope.host.settings_api import NetworkSettings
from natscope.host.setup_api import SetupFacts, UntoldSetup
from natscope.host.system_api import System


def build_real_host() -> Host:
    """This computer, with the environment as it is now."""
    keep_stamps_on()
    links, environ = _links(), dict(os.environ)
    return Host(
        identity=read_identity(),
        clock=RealClock(),
        rng=RealRng(),
        udp=RealUdp(),
        streams=RealStreams(),
        resolver=RealResolver(),
        links=links,
        icmp=RealIcmp(),
        environ=environ,
        settings=LazySettings(links, environ),
        capabilities=CAPABILITIES | {"system", "programs"},
        programs=RealPrograms(),
        system=_system(),
        setup=LazySetup(links, environ),
    )


class LazySettings:
    """Loads what reads them when somebody asks."""

    def __init__(self, links: Links, environ: dict[str, str]) -> None:
        self._links = links
        self._environ = environ

    async def look(self) -> NetworkSettings:
        """The settings now; never raises."""
        from natscope.host.real.settings import RealSettings

        return await RealSettings(self._links, self._environ).look()


class LazySetup:
    """Loads what reads it when somebody asks."""

    def __init__(self, links: Links, environ: dict[str, str]) -> None:
        self._links = links
        self._environ = environ

    async def look(self) -> SetupFacts:
        """How this computer is set up now; never raises."""
        if sys.platform != "linux":
            return await UntoldSetup("natscope reads it on Linux only").look()
        from natscope.host.real.setup_linux import LinuxSetup

        links = await self._links.look()
        uplinks = [route.interface for route in sorted(links.default_routes, key=lambda route: route.metric)]
        tunnels = [interface.name for interface in links.interfaces if interface.kind == "tunnel"]
        return await LinuxSetup(self._environ, list(dict.fromkeys(uplinks + tunnels))).look()


def _system() -> System:
    if sys.platform == "linux":
        from natscope.host.real.system_linux import LinuxSystem

        return LinuxSystem()
    from natscope.host.real.system_other import OtherSystem

    return OtherSystem()


def _links() -> Links:
    if sys.platform == "linux":
        from natscope.host.real.links_linux import LinuxLinks

        return LinuxLinks()
    from natscope.host.real.links_other import OtherLinks

    return OtherLinks()
