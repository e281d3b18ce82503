"""The STUN service of a scenario's relay, the same in both beds: the product's own, and a helper unless told not.

Helpers of one scenario share a secret, and each sends for the one before it in the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from natscope.lab.scenario import Scenario, ScenarioRelay
from natscope.lab.scenario_relays import BRIDGE, LIE, LIE_PORT, Port, StunManner
from natscope.machines.helper.peer_link import peer_key
from natscope.machines.helper.server import HelperServer
from natscope.machines.stun_responder import HOME, Place, StunResponder
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.stun_server.limits import SourceLimiter
from natscope.stun_server.service import StunService

STUN = 3478
ANSWERS_PER_S, BURST = 50.0, 200
_FIRST_BRIDGED, _BRIDGED_PORTS = 32_768, 28_232
_SECRET = b"all relays of one laboratory"


@dataclass(frozen=True, slots=True)
class RelayService:
    """The service with its sockets, for `HostServer.open`."""

    service: StunService
    locals_: tuple[Endpoint, ...]
    places: tuple[Place, ...]


def relay_service(
    relay: ScenarioRelay, own: Sequence[IPAddress], peers: dict[Family, Endpoint], key: bytes
) -> RelayService:
    """What a relay at these addresses serves; `key` is random."""
    limiter = SourceLimiter(ANSWERS_PER_S, BURST)
    if not relay.helper:
        ends = tuple(Endpoint(ip, STUN) for ip in own)
        return RelayService(StunService(StunResponder(), limiter), ends, (HOME,) * len(ends))
    sockets = {
        Place(0 if ip.version == 4 else 2, number): Endpoint(ip, STUN + number) for ip in own for number in (0, 1)
    }
    helper = HelperServer(key, sockets, peers=peers, common=peer_key(_SECRET))
    return RelayService(StunService(StunResponder(), limiter, helper), tuple(sockets.values()), tuple(sockets))


def further_ports(relay: ScenarioRelay, own: Sequence[IPAddress]) -> RelayService | None:
    """Where it answers besides, as a plain server; None for most relays."""
    ends = tuple(Endpoint(ip, port) for ip in own for port in relay.stun_also)
    if not ends:
        return None
    return RelayService(StunService(StunResponder(), SourceLimiter(ANSWERS_PER_S, BURST)), ends, (HOME,) * len(ends))


def helper_peers(scenario: Scenario, relay: ScenarioRelay) -> dict[Family, Endpoint]:
    """The next helper of the map in each family, round to the first; empty where there is no other."""
    order = list(scenario.relays.values())
    at = order.index(relay)
    others = [other for other in order[at + 1 :] + order[:at] if _sends(other)]
    found: dict[Family, Endpoint] = {}
    for other in reversed(others):
        found[4] = Endpoint(other.ipv4, STUN)
        if other.ipv6 is not None:
            found[6] = Endpoint(other.ipv6, STUN)
    return found


def told_endpoint(relay: ScenarioRelay, source: Endpoint) -> Endpoint:
    """What a relay that does not tell the truth tells a sender over IPv4."""
    if relay.stun is StunManner.BRIDGED:
        return Endpoint(BRIDGE, _FIRST_BRIDGED + source.port % _BRIDGED_PORTS)
    return Endpoint(LIE, LIE_PORT)


def _sends(relay: ScenarioRelay) -> bool:
    return relay.helper and relay.udp is Port.OPEN and relay.stun is StunManner.RIGHT
