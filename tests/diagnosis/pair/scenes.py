"""Two nodes in situations that a cause must name, or must keep silent about. The names stand in the causes' files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import parse_all
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.side import PEER, YOU, FamilySide, Names, Side, Told
from natscope.diagnosis.pair.star import Star
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails, PeerNetwork
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.nat import AddressPooling, Filtering
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.reports.scenes import load

EIF, ADF, APDF, ANY = Filtering
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
FAILED = Trial(relayed=4, is_tried=Tri.YES)
YES, NO = Told(Tri.YES, Strength.DECISIVE, ("o1",)), Told(Tri.NO, Strength.DECISIVE, ("o2",))


def told(value: str, strength: Strength = Strength.DECISIVE) -> Told[Tri]:
    return Told(Tri(value), strength, ("o3",)) if value != "unknown" else Told(Tri.UNKNOWN)


def side(names: Names, varies: str, filtering: Filtering = APDF, *, public: str, local: str, **more: Any) -> Side:
    """All known, by its own report, behind one router, without IPv6 and without ports that open."""
    four: dict[str, Any] = {
        "works": YES, "absent": NO, "translated": YES, "varies": told(varies), "varies_by_address_only": Tri.NO,
        "lets_in": Told(filtering, Strength.DECISIVE, ("o4",)), "predictable": NO, "paired": YES, "hairpin": NO,
        "burns": told("unknown"),
        "opens": NO, "opened": (), "service": NO, "public": parse_all([public]),
    }  # fmt: skip
    four |= {name: more.pop(name) for name in list(more) if name in four}
    ends = (Endpoint.parse(f"{public}:41641"), Endpoint.parse(f"{local}:41641"))
    base: dict[str, Any] = {
        "names": names, "is_measured": True, "udp": YES, "v4": FamilySide(**four),
        "v6": FamilySide(works=NO, absent=YES), "layers": 1, "endpoints": ends, "local": parse_all([local]),
    }  # fmt: skip
    return Side(**base | more)


def this(varies: str = "no", filtering: Filtering = APDF, **more: Any) -> Side:
    return side(YOU, varies, filtering, **{"public": "203.0.113.24", "local": "192.168.1.20"} | more)


def peer(varies: str = "no", filtering: Filtering = APDF, **more: Any) -> Side:
    return side(PEER, varies, filtering, **{"public": "198.51.100.60", "local": "192.168.178.4"} | more)


def neighbour(**more: Any) -> Side:
    return peer(**{"public": "203.0.113.24", "local": "192.168.1.21"} | more)


def node(**more: Any) -> MeshNode:
    usual: dict[str, Any] = {"name": "nas.lab.internal", "relay": "fra", "is_active": True, "is_online": True}
    return MeshNode(**usual | more)


def aged(system: str) -> MeshNode:
    """Sent to, and its last handshake was a quarter of an hour ago."""
    return node(os=system, last_write=NOW, last_handshake=NOW - timedelta(minutes=15))


def home_silent() -> PairFacts:
    """The peer's home relay is Sydney, which is down as seen from here."""
    report = load("dead-relay")
    return PairFacts(this(), peer(home="syd"), node=node(relay="syd"), report=report)


def inside_tunnel() -> PairFacts:
    end = Endpoint.parse("[2002:c633:643c::7]:41641")
    six = FamilySide(works=YES, absent=NO)
    trial = Trial(answered=(end,), is_tried=Tri.YES)
    return PairFacts(this(v6=six), peer(v6=six), trial=trial, node=node(current=end))


def direct(direct_ms: tuple[float, ...], relayed_ms: tuple[float, ...] = (), **more: Any) -> PairFacts:
    """Direct to the peer's public address, after pongs through a relay."""
    end = Endpoint.parse("198.51.100.60:41641")
    trial = Trial(
        answered=(end,), is_tried=Tri.YES, direct_ms=direct_ms, relayed_ms=relayed_ms, relayed=len(relayed_ms)
    )
    return PairFacts(this(**more), peer(latency_ms={"fra": 12.0}), trial=trial, node=node(current=end))


def lost(pattern: str, times: int = 1) -> Trial:
    """Pings through a relay, `x` for each without an answer."""
    series = tuple(letter == "x" for letter in pattern * times)
    return Trial(relayed=series.count(False), silent=series.count(True), is_tried=Tri.YES, lost=series)


def pooled(report: Report) -> Report:
    """New sockets get the same public address."""
    four = msgspec.structs.replace(report.nat.v4, pooling=AddressPooling.PAIRED)
    return msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=four))


def told_by(*ends: str, name: str = "healthy", is_of_now: Tri = Tri.YES, relayed: bool = True) -> PairFacts:
    """This node tells these addresses, beside a netcheck of the computer 192.168.1.20 behind 203.0.113.24."""
    own = MeshNode(endpoints=tuple(Endpoint.parse(end) for end in ends))
    status = MeshStatus(this=own, has_tunnel=True)
    report = pooled(load(name))
    peer_node = node() if relayed else node(is_active=False)
    return PairFacts(this(), peer(), node=peer_node, report=report, status=status, is_of_now=is_of_now)


def told_of_peer(public: str, *, recent: Tri = Tri.YES) -> PairFacts:
    """The mesh tells this public address of the peer, whose own report knows 198.51.100.60."""
    ends = (Endpoint.parse(f"{public}:41641"), Endpoint.parse("192.168.178.4:41641"))
    return PairFacts(this(), peer(), node=node(), details=PeerDetails(endpoints=ends), peer_is_recent=recent)


def mapped(found: Tri) -> PairFacts:
    """The router opens ports; `found`: does the mesh program know of UPnP."""
    network = PeerNetwork(upnp=found, nat_pmp=Tri.NO, pcp=Tri.NO)
    facts = told_by("203.0.113.24:41641", name="mapping-proved")
    return replace(facts, own=PeerDetails(network=network))


def behind_hub(address: str = "192.168.50.7", *, health: tuple[str, ...] = (), **more: Any) -> PairFacts:
    """The address is of a NAS that is in the mesh itself, and lies behind a router of the mesh."""
    usual: dict[str, Any] = {"straight_s": 0.02, "is_straight": Tri.YES}
    star = Star(address=parse_all([address])[0], node=node(key="n"), **usual | more)
    hub = node(name="office.lab.internal", key="h", routes=("192.168.50.0/24",))
    status = MeshStatus(this=MeshNode(), peers=(hub, star.node), health=health)
    return PairFacts(this(), peer(), node=hub, status=status, star=star)


def by_peer_relay() -> PairFacts:
    hub = node(name="vps.lab.internal", key="h", current=Endpoint.parse("203.0.113.7:40000"))
    end = node(key="n", peer_relay="203.0.113.7:40000:vni:7")
    return PairFacts(this(), peer(), node=end, status=MeshStatus(peers=(end, hub)))


def in_userspace(*, here: bool, there: bool) -> PairFacts:
    details = PeerDetails(is_userspace=there)
    return PairFacts(this(), peer(), node=node(), status=MeshStatus(has_tunnel=not here), details=details)


SCENES: dict[str, Callable[[], PairFacts]] = {
    "two cones": lambda: PairFacts(this(), peer(), node=node()),
    "cone and symmetric": lambda: PairFacts(this(), peer("yes"), node=node()),
    "cone and symmetric, tried": lambda: PairFacts(this(filtering=ANY), peer("yes"), trial=FAILED, node=node()),
    "restricted and symmetric": lambda: PairFacts(this(filtering=ADF), peer("yes"), node=node()),
    "two symmetric": lambda: PairFacts(this("yes"), peer("yes"), node=node()),
    "blocked here": lambda: PairFacts(this(udp=NO, works=NO), peer(), node=node()),
    "blocked there": lambda: PairFacts(this(), peer(udp=NO, works=NO), node=node()),
    "neighbours": lambda: PairFacts(this(), neighbour(), node=node()),
    "neighbours that do not answer": lambda: PairFacts(this(), neighbour(), trial=FAILED, node=node()),
    "two networks of one router that do not answer": lambda: PairFacts(
        this(), neighbour(local="192.168.2.9"), trial=FAILED, node=node()
    ),
    "home relay silent from here": home_silent,
    "no relay in common": lambda: PairFacts(
        this(latency_ms={"fra": 10.0}, silent_relays=frozenset({"hkg"})),
        peer(latency_ms={"hkg": 20.0}, silent_relays=frozenset({"fra"})),
    ),
    "expired key": lambda: PairFacts(this(), peer(), node=node(is_expired=True)),
    "not approved": lambda: PairFacts(this(), peer(), node=node(), details=PeerDetails(is_authorized=False)),
    "old peer": lambda: PairFacts(
        this(), peer(), node=node(), own_version="1.102.5-t1", details=PeerDetails(version="1.60.1-tab-gcd")
    ),
    "idle": lambda: PairFacts(this(), peer(), node=node(is_active=False)),
    "direct inside a tunnel": inside_tunnel,
    "early packets burn a port": lambda: PairFacts(this(burns=told("yes", Strength.FACT)), peer(), node=node()),
    "early packets burn a port, tried": lambda: PairFacts(
        this(burns=told("yes", Strength.FACT)), peer(), trial=FAILED, node=node()
    ),
    "early packets burn a port, and the peer hears any": lambda: PairFacts(
        this(burns=told("yes")), peer(filtering=ADF), trial=FAILED, node=node()
    ),
    "early packets burn no port": lambda: PairFacts(this(burns=NO), peer(burns=NO), trial=FAILED, node=node()),
    "direct is a detour": lambda: direct((151.0, 149.0, 150.5, 163.0), (41.0, 40.0, 44.0)),
    "direct is a detour by both sides' reports": lambda: direct((151.0, 149.0, 150.5), latency_ms={"fra": 18.0}),
    "direct and near": lambda: direct((31.0, 29.0, 33.0), (41.0, 40.0, 44.0), latency_ms={"fra": 18.0}),
    "fifteen of eighteen pings lost": lambda: PairFacts(
        this(), peer("yes"), trial=lost("..." + "x" * 15, 4), node=node()
    ),
    "pings lost at random": lambda: PairFacts(
        this(), peer(), trial=lost("..x.....x.xx......x..........x..x...x"), node=node()
    ),
    "stale public address": lambda: told_by("198.51.100.9:41641", "192.168.1.20:41641"),
    "stale public address, an old netcheck": lambda: told_by("198.51.100.9:41641", is_of_now=Tri.UNKNOWN),
    "stale local address": lambda: told_by("203.0.113.24:41641", "192.168.1.20:41641", "192.168.1.33:41641"),
    "stale public address of the peer": lambda: told_of_peer("192.0.2.99"),
    "the peer's addresses as they are": lambda: told_of_peer("198.51.100.60"),
    "addresses as they are": lambda: told_by("203.0.113.24:4711", "192.168.1.20:41641"),
    "a mapping that the program ignores": lambda: mapped(Tri.NO),
    "a mapping that the program uses": lambda: mapped(Tri.YES),
    "a silent phone": lambda: PairFacts(this(), peer(), trial=Trial(silent=3), node=node(os="android")),
    "a phone that renews no keys": lambda: PairFacts(this(), peer(), node=aged("iOS")),
    "a server that renews no keys": lambda: PairFacts(this(), peer(), node=aged("linux")),
    "a silent server": lambda: PairFacts(this(), peer(), trial=Trial(silent=3), node=node(os="linux")),
    "a peer in userspace": lambda: in_userspace(here=False, there=True),
    "this side in userspace": lambda: in_userspace(here=True, there=False),
    "tunnels on both sides": lambda: in_userspace(here=False, there=False),
    "an address behind a hub": behind_hub,
    "an address behind a hub, round trip by it": lambda: behind_hub("2001:db8:50::7", through_s=0.06),
    "an address behind a hub, routes not used": lambda: behind_hub(
        health=("Some peers are advertising routes but --accept-routes is false",)
    ),
    "through a peer relay": by_peer_relay,
}


def changed(value: Any, name: str, new: object) -> Any:
    """A value with one field replaced, by name."""
    return replace(value, **{name: new})


def removals(facts: PairFacts) -> list[PairFacts]:
    """The same with one fact taken away, for each fact there is."""
    found = [changed(facts, name, None) for name in ("node", "details", "report")]
    found += [replace(facts, trial=Trial()), replace(facts, own_version="")]
    found += _without_mesh(facts)
    for name in ("this", "peer"):
        found += [changed(facts, name, poorer) for poorer in _poorer(getattr(facts, name))]
    if facts.report is not None:
        relays = facts.report.relays
        for at in range(len(relays)):
            fewer = msgspec.structs.replace(facts.report, relays=relays[:at] + relays[at + 1 :])
            found.append(replace(facts, report=fewer))
    return found


def _without_mesh(facts: PairFacts) -> list[PairFacts]:
    """Less of what this node's mesh program tells."""
    found = [changed(facts, name, None) for name in ("status", "own", "star")]
    found += [replace(facts, is_of_now=Tri.UNKNOWN), replace(facts, peer_is_recent=Tri.UNKNOWN)]
    if facts.status is not None:
        less: list[dict[str, Any]] = [{"this": None}, {"peers": ()}, {"has_tunnel": None}]
        if facts.status.this is not None:
            less.append({"this": msgspec.structs.replace(facts.status.this, endpoints=())})
        found += [replace(facts, status=msgspec.structs.replace(facts.status, **one)) for one in less]
    if facts.star is not None:
        poorer: list[dict[str, Any]] = [{"through_s": None}, {"straight_s": None}, {"is_straight": Tri.UNKNOWN}]
        found += [replace(facts, star=replace(facts.star, **one)) for one in poorer]
    if facts.own is not None and facts.own.network is not None:
        for name in ("upnp", "nat_pmp", "pcp"):
            network = msgspec.structs.replace(facts.own.network, **{name: Tri.UNKNOWN})
            found.append(replace(facts, own=msgspec.structs.replace(facts.own, network=network)))
    if facts.node is not None:
        gone: list[dict[str, Any]] = [
            {"os": ""},
            {"is_online": None},
            {"is_active": None},
            {"last_handshake": None},
            {"is_exit_node": None},
        ]
        found += [replace(facts, node=msgspec.structs.replace(facts.node, **one)) for one in gone]
    if facts.details is not None:
        fewer: list[dict[str, Any]] = [{"is_userspace": None}, {"endpoints": ()}]
        found += [replace(facts, details=msgspec.structs.replace(facts.details, **one)) for one in fewer]
    return found


def _poorer(side: Side) -> list[Side]:
    unknown: Told[Tri] = Told(Tri.UNKNOWN)
    found = [
        replace(side, udp=unknown), replace(side, layers=None), replace(side, endpoints=(), local=()),
        replace(side, tells_all=False),
        replace(side, latency_ms={}), replace(side, silent_relays=frozenset()), replace(side, blurred="not measured"),
    ]  # fmt: skip
    for gone in side.latency_ms:
        found.append(replace(side, latency_ms={code: ms for code, ms in side.latency_ms.items() if code != gone}))
    for family in ("v4", "v6"):
        part = getattr(side, family)
        poorer = [FamilySide(), replace(part, lets_in=Told(ANY)), replace(part, public=())]
        names = (
            "works",
            "absent",
            "translated",
            "varies",
            "predictable",
            "paired",
            "hairpin",
            "opens",
            "service",
            "burns",
        )
        poorer += [changed(part, name, unknown) for name in names]
        found += [changed(side, family, one) for one in poorer]
    return found
