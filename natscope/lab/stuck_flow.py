"""A stuck row in a computer's own table of connections, as a computer that is a router too gets one.

Its rules rewrite source addresses, and its own packets pass them as well. A host behind it wrote to a peer from the
usual port of VPNs first; when the computer's own VPN writes to that peer from the same port, the two would be one flow
for the peer, and the kernel gives the second one another port. The peer knows nothing of that port and stays silent;
the VPN's keep-alives keep the row.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from natscope.lab.scenario import Scenario, ScenarioHost
from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import DEFAULT_STUN_PORT

VPN_PORT, WIRE_PORT = 41641, 1024
"""The wrong port is the kernel's choice; that one is the simulator's."""
INSIDE = IPv4Address("10.99.0.1")
"""Of the host behind it."""
TIMEOUT_S = 30
"""Linux: nf_conntrack_udp_timeout."""


def ends(scenario: Scenario, host: ScenarioHost) -> tuple[IPv4Address, Endpoint, tuple[Endpoint, ...]]:
    """The computer's address, the peer that stays silent, and the relays that answer the same port."""
    here, peer = host.address(4), scenario.hosts[host.stuck_to].address(4)
    assert isinstance(here, IPv4Address)
    assert peer is not None
    relays = tuple(Endpoint(relay.ipv4, DEFAULT_STUN_PORT) for relay in scenario.relays.values())
    return here, Endpoint(peer, VPN_PORT), relays


def table(scenario: Scenario, host: ScenarioHost) -> str:
    """What /proc/net/nf_conntrack prints there."""
    here, peer, relays = ends(scenario, host)
    stuck = _row(INSIDE, peer, here, VPN_PORT, replied=False) + _row(here, peer, here, WIRE_PORT, replied=False)
    return stuck + "".join(_row(here, relay, here, VPN_PORT, replied=True) for relay in relays)


def _row(source: IPv4Address, target: Endpoint, seen: IPv4Address, wire_port: int, *, replied: bool) -> str:
    mark = "" if replied else "[UNREPLIED] "
    return (
        f"ipv4     2 udp      17 {TIMEOUT_S} src={source} dst={target.ip} sport={VPN_PORT} dport={target.port} {mark}"
        f"src={target.ip} dst={seen} sport={target.port} dport={wire_port} mark=0 zone=0 use=2\n"
    )
