"""A stand-in tailscaled's mesh from a scenario: one node for each of its hosts, and the truth decides what pings do.

Whether two hosts connect directly is `truth.pairs`; where a scenario says nothing of them it follows from both truths
(RFC 5128 §3.3: who keeps a port, and who lets in whom). `luck` counts as relayed.
"""

from __future__ import annotations

from dataclasses import replace

from natscope.errors import UserError
from natscope.lab.scenario import Scenario, ScenarioHost
from natscope.lab.scenario_truth import FamilyState, HostTruth, MappingTruth, PairDirect
from natscope.lab.stand_in import StandInMesh, StandInPeer
from natscope.model.nat import Filtering, Mapping
from natscope.model.tri import Tri

PORT = 41641
DIRECT_AFTER = 2
"""Pongs through the relay before a direct way is found, as usual in a mesh of real nodes."""
_KEEPS = (Mapping.ENDPOINT_INDEPENDENT, Mapping.NONE)


def mesh_of(
    scenario: Scenario,
    name: str,
    *,
    state: str = "Running",
    away: tuple[str, ...] = (),
    expired: tuple[str, ...] = (),
) -> StandInMesh:
    """The mesh as the host `name` sees it; hosts in `away` are offline, the keys of those in `expired` have. `state` is
    the daemon's.

    Raises `UserError` for a host that the scenario has not.
    """
    names = list(scenario.truth)
    for host in (name, *away, *expired):
        if host not in names:
            raise UserError(f"no host {host[:60]!r} with a truth in {scenario.name}", hint=f"hosts: {', '.join(names)}")
    regions = {relay.region_id: relay.name for relay in scenario.relays.values()}
    peers = tuple(_peer(scenario, name, other, number) for number, other in enumerate(names, start=1) if other != name)
    peers = tuple(replace(peer, online=peer.name not in away, expired=peer.name in expired) for peer in peers)
    return StandInMesh(
        peers=peers,
        name=name,
        state=state,
        ip=_mesh_ip(names.index(name) + 1),
        ip6="",
        relay=_home(scenario, name),
        regions=regions,
        endpoints=_endpoints(scenario, name),
        network=_network(scenario.truth[name]),
        suffix="lab.internal",
    )


def becomes_direct(scenario: Scenario, first: str, second: str) -> bool:
    """Whether the two hosts find a direct way."""
    for pair in scenario.pairs:
        if {pair.first, pair.second} == {first, second}:
            return pair.direct is PairDirect.YES
    if _are_neighbours(scenario, first, second):
        return True
    one, other = scenario.truth[first], scenario.truth[second]
    if one.ipv6 is FamilyState.WORKS and other.ipv6 is FamilyState.WORKS:
        return True
    if one.udp is not Tri.YES or other.udp is not Tri.YES:
        return False
    return _meets(one, other) and _meets(other, one)


def _meets(one: HostTruth, other: HostTruth) -> bool:
    """Whether `other` can know, or need not know, from which port `one` sends to it."""
    if one.mapping in _KEEPS:
        return True
    lax = (Filtering.ENDPOINT_INDEPENDENT, Filtering.ADDRESS_DEPENDENT)
    return other.mapping in _KEEPS and other.filtering in lax


def _peer(scenario: Scenario, this: str, name: str, number: int) -> StandInPeer:
    truth, endpoints = scenario.truth[name], _endpoints(scenario, name)
    direct = _met_at(scenario, this, name, endpoints) if becomes_direct(scenario, this, name) else ""
    return StandInPeer(
        name=name,
        ip=_mesh_ip(number),
        relay=_home(scenario, name),
        endpoints=endpoints,
        network=_network(truth),
        direct=direct,
        direct_after=DIRECT_AFTER if direct else None,
    )


def _mesh_ip(number: int) -> str:
    return f"100.64.0.{number}"


def _home(scenario: Scenario, name: str) -> str:
    return scenario.truth[name].home or next(iter(scenario.relays), "")


def _are_neighbours(scenario: Scenario, first: str, second: str) -> bool:
    hosts = scenario.hosts
    return hosts[first].at == hosts[second].at and hosts[first].at in scenario.sites


def _met_at(scenario: Scenario, this: str, name: str, endpoints: tuple[str, ...]) -> str:
    """Neighbours meet at the private address, others at the first public one."""
    if _are_neighbours(scenario, this, name):
        return f"{scenario.hosts[name].address(4)}:{PORT}"
    return endpoints[0] if endpoints else ""


def _endpoints(scenario: Scenario, name: str) -> tuple[str, ...]:
    """What the node knows of itself: what relays see, then its own addresses; another port where it is not kept."""
    host: ScenarioHost = scenario.hosts[name]
    truth = scenario.truth[name]
    port = PORT if truth.port_preservation is Tri.YES or truth.mapping is Mapping.NONE else 33217
    found = [f"[{ip}]:{PORT}" if ":" in ip else f"{ip}:{port}" for ip in truth.public or ()]
    if truth.mapping_varies is Tri.YES:  # upstream hopes for a port that somebody forwards (EndpointSTUN4LocalPort)
        found += [f"{ip}:{PORT}" for ip in (truth.public or ())[:1] if ":" not in ip]
    own = host.address(4)
    if own is not None:
        found.append(f"{own}:{PORT}")
    return tuple(dict.fromkeys(found))


def _network(truth: HostTruth) -> dict[str, bool]:
    """What the node would have told the control server of its network, as NetInfo."""
    told = {
        "MappingVariesByDestIP": truth.mapping_varies,
        "WorkingUDP": truth.udp,
        "UPnP": _opens(truth.upnp),
        "PMP": _opens(truth.nat_pmp),
        "PCP": _opens(truth.pcp),
    }
    ipv6 = {"WorkingIPv6": truth.ipv6 is FamilyState.WORKS, "OSHasIPv6": True}
    return {name: answer is Tri.YES for name, answer in told.items() if answer in (Tri.YES, Tri.NO)} | ipv6


def _opens(truth: MappingTruth | None) -> Tri:
    if truth is None:
        return Tri.UNKNOWN
    return Tri.of(truth in (MappingTruth.PROVED, MappingTruth.UNREACHABLE))
