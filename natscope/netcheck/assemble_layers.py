"""How many routers translate on the way, and whose they are: from hops, the gateway's own word, and our addresses.

What decides, best first: this computer has the public address itself (no layer); the gateway's external address is the
one that relays see (one layer) or is no public one (at least two); the gateway keeps what is sent to our public address
(one layer) or passes it on (another one has it); the addresses of the hops. Two routers with private addresses in a row
may be a routed network as well as a double NAT: then the number stays unknown. So it does behind one private router and
one with a public address, since carriers number routers so too that stand before their own translation; but where our
public address and that router's are of one network, nothing translates in between.
Source: RFC 1918, RFC 6598 (100.64.0.0/10 stands between a home router and its carrier's NAT, nowhere else).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import msgspec

from natscope.host.api import LinkFacts
from natscope.model.address_space import is_inside, is_private, is_shared
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.observation import Observation, Outcome
from natscope.model.report_path import HopReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_families import is_mapped
from natscope.netcheck.nat_part import NatInputs, NatPart, unknown

FIELDS = ("layers", "hops", "cgnat", "double_nat")
BY_OWN, BY_GATEWAY = "this computer has the public address itself", "the gateway's own external address"
BY_HOPS, BY_REACH = "the addresses of the routers on the way", "the gateway keeps packets to our public address"
BY_NETWORK = "our public address is of the second router's network"
BY_NAT64 = "IPv4 relays see the address of the NAT64"
OVERLAP = "the only router has an address of 100.64.0.0/10: a carrier's, or a home network that uses that range"
PASSED_ON = (
    "the first router passes on what is sent to our public address: another one behind it has it, or it translates to "
    "an address that it does not have itself"
)
INNER_NUMBERS = (
    "the second router has a public address, which a carrier's router before its translation may have too: what tells "
    "is the first router's own word (UPnP, NAT-PMP, PCP) or --full"
)
IN_A_ROW = "several routers with private addresses in a row: a routed network and a double NAT look alike from here"
ONE_NETWORK_BITS = 24
"""The public side of a line is seldom smaller; where it is larger, the first router's word or --full tells."""
MIN_CONTROLS = 2
"""So many packets with the same hop limit were told of, and none of those to our own address."""
MAX_CITED = 24
OWN_ADDRESS = "path.own-address"
_PORT_MAPPING = ("portmap.", "upnp.", "natpmp.", "pcp.")


class _Way(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one family's way. `hops` end with the first public one; `complete`: none before it is silent.

    `local` are our sockets' addresses, `seen` the public ones that relays told, `externals` what gateways say of
    themselves, `tunnels` addresses of tunnel interfaces here; `keeps`: does the first hop keep what is sent to our
    public address.
    """

    local: tuple[IPAddress, ...]
    seen: tuple[IPAddress, ...]
    hops: tuple[HopReport, ...]
    complete: bool
    externals: tuple[IPAddress, ...]
    keeps: Tri
    tunnels: tuple[IPAddress, ...]
    evidence: tuple[str, ...]


class _Verdict(msgspec.Struct, frozen=True, kw_only=True):
    layers: int | None = None
    by: str = ""
    cgnat: Tri = Tri.UNKNOWN
    double_nat: Tri = Tri.UNKNOWN
    reason: str = ""


def layers_part(inputs: NatInputs) -> NatPart:
    """The fields `layers`, `layers_by`, `hops`, `cgnat`, `double_nat` of one family."""
    answers = [o for o in inputs.observations if is_mapped(o, inputs.family)]
    seen = [ip for o in answers if (ip := _ip(o.data["mapped"])) is not None]
    way = _way(inputs, answers, tuple(ip for ip in dict.fromkeys(seen) if not is_inside(ip)))
    if not way.seen:
        words = "only relays inside this network answered" if seen else "no relay told our public address"
        return msgspec.structs.replace(unknown(FIELDS, words), values={"hops": way.hops})
    verdict = _judge(inputs.family, way)
    return NatPart(
        values={
            "layers": verdict.layers,
            "layers_by": verdict.by,
            "hops": tuple(_with_role(hop, way, verdict) for hop in way.hops),
            "cgnat": verdict.cgnat,
            "double_nat": verdict.double_nat,
        },
        reasons=dict.fromkeys(FIELDS, verdict.reason or "no router on the way told its address"),
        evidence=way.evidence,
    )


def _way(inputs: NatInputs, answers: Sequence[Observation], seen: tuple[IPAddress, ...]) -> _Way:
    hops, complete = _hops(inputs)
    told = [o for o in inputs.observations if _tells_external(o) and o.family in (None, inputs.family)]
    locals_ = [ip for o in answers if (ip := _ip(o.socket)) is not None]
    links = inputs.links
    tunnels = [ip for i in links.interfaces if i.kind == "tunnel" for ip in i.addresses] if links is not None else []
    called = [o.id for o in inputs.observations if o.kind == OWN_ADDRESS and o.family == inputs.family]
    cited = (*(o.id for o in answers[:2]), *(n for hop in hops for n in hop.evidence), *(o.id for o in told), *called)
    return _Way(
        local=tuple(dict.fromkeys(locals_)),
        seen=seen,
        hops=hops,
        complete=complete,
        externals=tuple(dict.fromkeys(ip for o in told if (ip := _ip(o.data["external"])) is not None)),
        keeps=_keeps(inputs.observations, hops) if inputs.family == 4 else Tri.UNKNOWN,
        tunnels=tuple(tunnels),
        evidence=cited[:MAX_CITED],
    )


def _hops(inputs: NatInputs) -> tuple[tuple[HopReport, ...], bool]:
    """Up to the first public one, and whether all before it told."""
    by_number: dict[int, list[Observation]] = {}
    for observation in inputs.observations:
        if observation.kind == "path.hop" and observation.family == inputs.family:
            by_number.setdefault(int(observation.data["ttl"]), []).append(observation)
    found: list[HopReport] = []
    for number in sorted(by_number):
        group = by_number[number]
        told = next((o for o in group if o.data.get("expired") and o.source), None)
        if told is None and any(o.outcome is Outcome.ANSWERED for o in group):
            return tuple(found), all(hop.address for hop in found)
        address = told.source if told is not None else _gateway(inputs.links) if number == 1 else ""
        place = place_of(address)
        cited = (told.id,) if told is not None else tuple(o.id for o in group)
        found.append(HopReport(number=number, address=address, place=place, evidence=cited))
        if place == "public":
            return tuple(found), all(hop.address for hop in found)
    while found and not found[-1].address:
        found.pop()
    return tuple(found), False


def place_of(address: str) -> str:
    """`private`, `shared`, `public`, or `unknown` for a silent hop and addresses that mean nothing."""
    ip = _ip(address)
    if ip is None or ip.is_link_local or ip.is_loopback or ip.is_unspecified:
        return "unknown"
    return "shared" if is_shared(ip) else "private" if is_private(ip) else "public"


def _gateway(links: LinkFacts | None) -> str:
    """The first hop where it keeps silent: it is in the routing table."""
    routes = [] if links is None else [r for r in links.default_routes if r.family == 4 and r.gateway is not None]
    return str(min(routes, key=lambda r: r.metric).gateway) if routes else ""


def _keeps(observations: Sequence[Observation], hops: Sequence[HopReport]) -> Tri:
    """Whether the first hop keeps packets to our own public address, though it tells of others with that hop limit."""
    asked = [o for o in observations if o.kind == OWN_ADDRESS and o.data.get("ttl") == 1]
    if any(o.data.get("expired") for o in asked):
        return Tri.NO
    told = any(hop.number == 1 and hop.address and hop.evidence for hop in hops)
    sure = any(o.data.get("controls_told", 0) >= MIN_CONTROLS for o in asked)
    return Tri.of(True if told and sure else None)


def _judge(family: int, way: _Way) -> _Verdict:
    if family == 6:
        return _judge_v6(way)
    if any(ip in way.local for ip in way.seen):
        return _Verdict(layers=0, by=BY_OWN, cgnat=Tri.NO, double_nat=Tri.NO)
    if any(ip in way.tunnels for ip in way.local):
        return _Verdict(reason="packets leave through a tunnel: what stands behind it is not this network's")
    if way.externals:
        return _by_gateway(way)
    if way.keeps is Tri.YES:
        return _one_layer(way, BY_REACH)
    inner = [hop for hop in way.hops if hop.place in ("private", "shared")]
    if any(hop.place == "shared" for hop in inner[1:]):
        plain = way.complete and inner[0].place == "private" and all(hop.place == "shared" for hop in inner[1:])
        why = "a carrier's router is on the way, but which of the others translate does not show"
        if plain:
            return _Verdict(layers=2, by=BY_HOPS, cgnat=Tri.YES, double_nat=Tri.NO, reason=why)
        return _Verdict(cgnat=Tri.YES, reason=why)
    if way.keeps is Tri.NO:
        return _Verdict(reason=PASSED_ON)
    return _by_hops(way, inner)


def _by_hops(way: _Way, inner: Sequence[HopReport]) -> _Verdict:
    """From nothing but addresses, none of them a carrier's behind the first hop."""
    if not way.complete:
        silent = "a router on the way keeps its address to itself"
        return _Verdict(reason=silent if way.hops else "no router on the way told its address")
    if len(inner) > 1:
        return _Verdict(reason=IN_A_ROW)
    if not inner:
        return _Verdict(reason="the first router has a public address, and yet something translates")
    if len(way.hops) == 1:
        return _one_layer(way, BY_HOPS)  # the relay itself comes next
    beyond = _ip(way.hops[1].address)
    if all(_is_one_network(ip, beyond) for ip in way.seen):
        return _one_layer(way, BY_NETWORK)
    return _Verdict(reason=INNER_NUMBERS)


def _one_layer(way: _Way, by: str) -> _Verdict:
    carrier = _carrier_by_hop(way.hops[0]) if way.hops else Tri.UNKNOWN
    return _Verdict(layers=1, by=by, cgnat=carrier, double_nat=Tri.NO, reason=OVERLAP)


def _is_one_network(one: IPAddress, other: IPAddress | None) -> bool:
    return other in ipaddress.ip_network(f"{one}/{ONE_NETWORK_BITS}", strict=False)


def _judge_v6(way: _Way) -> _Verdict:
    if any(ip.version == 4 for ip in way.seen):
        return _Verdict(layers=1, by=BY_NAT64, double_nat=Tri.NO, reason="the carrier's part does not show over IPv6")
    if any(ip in way.local for ip in way.seen):
        return _Verdict(layers=0, by=BY_OWN, cgnat=Tri.NO, double_nat=Tri.NO)
    return _Verdict(reason="IPv6 is translated, which is rare: by how many routers does not show")


def _by_gateway(way: _Way) -> _Verdict:
    if any(ip in way.seen for ip in way.externals):
        return _Verdict(layers=1, by=BY_GATEWAY, cgnat=Tri.NO, double_nat=Tri.NO)
    shared = any(is_shared(ip) for ip in way.externals)
    private = any(is_private(ip) for ip in way.externals)
    if not shared and not private:
        return _Verdict(reason="the router names a public address as its own that no relay sees")
    carrier = Tri.YES if shared or any(hop.place == "shared" for hop in way.hops[1:]) else Tri.UNKNOWN
    beyond = [hop for hop in way.hops[1:] if hop.place in ("private", "shared")]
    layers = 2 if way.complete and len(beyond) == 1 else None
    return _Verdict(
        layers=layers,
        by=BY_GATEWAY if layers else "",
        cgnat=carrier,
        double_nat=Tri.of(not shared),
        reason="the router's own address is no public one: at least two translate",
    )


def _carrier_by_hop(first: HopReport) -> Tri:
    """A single translating router is the carrier's where it hands out 100.64.0.0/10 to a line without a router.

    A home network may use that range for itself; then the first router is in it as well, so it stays unknown.
    """
    return Tri.UNKNOWN if first.place == "shared" else Tri.NO


def _with_role(hop: HopReport, way: _Way, verdict: _Verdict) -> HopReport:
    """Which hops translate, as far as it follows."""
    if verdict.layers == 0 or hop.place == "public":
        return msgspec.structs.replace(hop, translates=Tri.NO) if verdict.layers is not None else hop
    if hop.number == 1 and (verdict.layers in (1, 2) or way.externals):
        return msgspec.structs.replace(hop, translates=Tri.YES)
    if verdict.layers == 2 and hop.number == 2 and len(way.hops) <= 3:
        return msgspec.structs.replace(hop, translates=Tri.YES)
    return hop


def _tells_external(observation: Observation) -> bool:
    answered = observation.outcome is Outcome.ANSWERED
    return answered and observation.kind.startswith(_PORT_MAPPING) and bool(observation.data.get("external"))


def _ip(text: object) -> IPAddress | None:
    """An address, or the address of an endpoint; None for anything else, and for 0.0.0.0, which means none."""
    if not isinstance(text, str):
        return None
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        try:
            ip = Endpoint.parse(text).ip
        except ValueError:
            return None
    return None if ip.is_unspecified else ip
