"""By which interfaces this computer would reach the internet, and whose they are. Looks routes up; sends nothing."""

from __future__ import annotations

import ipaddress

from natscope.host.api import Host
from natscope.host.system_api import RouteChoice, SystemFacts
from natscope.model.endpoint import IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.report_surroundings import WayReport
from natscope.netcheck.assemble_ways import ways

FAR_AWAY: tuple[IPAddress, ...] = (ipaddress.IPv4Address("192.0.2.1"), ipaddress.IPv6Address("2001:db8::1"))
"""Addresses of the documentation: asked for the route only (RFC 5737, RFC 3849)."""
AGENT_MARK = 0x80000
"""Tailscale's agent marks its own packets so (net/netns, router_linux.go)."""
_USUAL_TABLES = frozenset({253, 254, 255})


async def ways_out(host: Host, facts: SystemFacts) -> tuple[WayReport, ...]:
    """One for each family that has an interface or a reason why not; empty where this system does not tell."""
    plain = await host.system.route_to(FAR_AWAY)
    marked = {choice.target: choice.interface for choice in await host.system.route_to(FAR_AWAY, mark=AGENT_MARK)}
    found = [choice for choice in plain if choice.interface or choice.failure]
    seen = [_seen(number, choice, facts, marked.get(choice.target, "")) for number, choice in enumerate(found)]
    return ways(seen)


def _seen(number: int, choice: RouteChoice, facts: SystemFacts, agent: str) -> Observation:
    """The look-up as a netcheck writes it down, so that both judge tunnels alike."""
    device = facts.device(choice.interface)
    family = ipaddress.ip_address(choice.target).version
    rules = [r for r in facts.rules if r.family == family and r.table not in _USUAL_TABLES and r.action == "lookup"]
    return Observation(
        id=f"o{number}",
        kind="host.route",
        probe="doctor",
        family=family,
        outcome=Outcome.LOCAL_ERROR if choice.failure else Outcome.ANSWERED,
        error=choice.failure,
        data={
            "interface": choice.interface,
            "driver": "" if device is None else device.driver,
            "addresses": [] if device is None else list(device.addresses),
            "rules": [f"{rule.priority}: {rule.selectors} lookup {rule.table}" for rule in rules[:16]],
            "source": choice.source,
            "table": choice.table,
            "gateway": choice.gateway,
            "targets": [choice.target],
            "inside": 0,
            "names": {},
            "agent_interface": agent,
        },
    )
