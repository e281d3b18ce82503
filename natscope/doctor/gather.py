"""Looks at everything once. Nothing leaves this computer unless `online` is asked for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from natscope.doctor.facts import ClockFacts, DoctorFacts, OwnFacts, ProxySetting
from natscope.doctor.gather_daemon import ask_daemon
from natscope.doctor.gather_map import fetch_now, look_for_map
from natscope.doctor.gather_sockets import try_sockets
from natscope.doctor.ways import ways_out
from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.netcheck.options import MapChoice
from natscope.wire.proxy_environment import named_proxies

FIREWALL_S = 3.0


@dataclass(frozen=True, slots=True)
class DoctorInputs:
    """`own` is what is known of natscope itself, `choice` where a netcheck would take its relay map from.

    `socket` empty: tailscaled's usual places.
    """

    host: Host
    http: Http
    own: OwnFacts
    choice: MapChoice
    socket: str = ""
    online: bool = False


async def gather(inputs: DoctorInputs) -> DoctorFacts:
    """All facts. Raises `UserError` for a `socket` that is none; everything else that fails is a fact."""
    host = inputs.host
    daemon = await ask_daemon(host, inputs.http, inputs.socket)
    sockets, firewall, settings = await asyncio.gather(
        try_sockets(host), host.system.firewall(timeout_s=FIREWALL_S), host.settings.look()
    )
    system = await host.system.look()
    found = await look_for_map(host, inputs.http, inputs.choice, daemon)
    clock: ClockFacts | None = None
    if inputs.online:
        found, clock = await fetch_now(host, inputs.http, inputs.choice, found)
    return DoctorFacts(
        now=host.clock.utc(),
        own=msgspec.structs.replace(inputs.own, relay_map=found.facts),
        sockets=sockets,
        links=await host.links.look(),
        system=system,
        firewall=firewall,
        resolver=await host.resolver.facts(),
        settings=settings,
        proxies=tuple(
            ProxySetting(variable=p.variable, url=p.url, usable=p.usable) for p in named_proxies(host.environ)
        ),
        setup=await host.setup.look(),
        ways=await ways_out(host, system),
        daemon=daemon,
        clock=clock,
    )
