"""A router that sits in every TLS connection, as inspecting firewalls do, and what relays really present.

It shows certificates of an authority of its own for every relay's name, and answers in the relays' place.
"""

from __future__ import annotations

import asyncio
import ipaddress
import tempfile
from pathlib import Path
from random import Random

from natscope.host.api import Host, ServerTls
from natscope.lab.loopback_http import RelayPages
from natscope.lab.loopback_spec import RegionSpec
from natscope.lab.scenario import Scenario, ScenarioRelay
from natscope.model.endpoint import Endpoint
from natscope.sim.authority import Authority
from natscope.web.server import HttpServer

HTTPS = 443
NAME = "natscope simulated inspection"
_OTHER_SEED = 0x1A5
"""Apart from the relays' own authority."""


def inspector_certificate(scenario: Scenario, folder: Path) -> ServerTls:
    """One certificate for all relays; its files go into `folder`."""
    names = [relay.host_name for relay in scenario.relays.values()]
    return Authority(scenario.seed + _OTHER_SEED, folder, name=NAME).issue(names).files


def relay_pin(relay: ScenarioRelay, seed: int) -> str:
    """SHA-256 of what a sound relay presents: keys and certificates come from the seed, so it is known beforehand."""
    with tempfile.TemporaryDirectory(prefix="natscope-pin-") as folder:
        return Authority(seed, Path(folder)).issue([relay.host_name]).pin


async def serve_inspector(host: Host, files: ServerTls) -> None:
    """Until cancelled. Raises `HostError`."""
    await listen_inspector(host, files)
    await asyncio.Event().wait()


async def listen_inspector(host: Host, files: ServerTls) -> None:
    """Answer on port 443, over IPv4. Raises `HostError`."""
    pages = RelayPages(host.clock, RegionSpec(region_id=0), Random(0), HTTPS)
    await HttpServer(host, pages.over_tls).listen(Endpoint(ipaddress.IPv4Address(0), HTTPS), tls=files)
