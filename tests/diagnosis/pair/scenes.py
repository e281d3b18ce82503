"""Two nodes in situations that a cause must name, or must keep silent about. The names stand in the causes' files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import parse_all
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.side import PEER, YOU, FamilySide, Names, Side, Told
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerDetails
from natscope.model.mesh_status import MeshNode
from natscope.model.nat import Filtering
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
}


def changed(value: Any, name: str, new: object) -> Any:
    """A value with one field replaced, by name."""
    return replace(value, **{name: new})


def removals(facts: PairFacts) -> list[PairFacts]:
    """The same with one fact taken away, for each fact there is."""
    found = [changed(facts, name, None) for name in ("node", "details", "report")]
    found += [replace(facts, trial=Trial()), replace(facts, own_version="")]
    for name in ("this", "peer"):
        found += [changed(facts, name, poorer) for poorer in _poorer(getattr(facts, name))]
    if facts.report is not None:
        relays = facts.report.relays
        for at in range(len(relays)):
            fewer = msgspec.structs.replace(facts.report, relays=relays[:at] + relays[at + 1 :])
            found.append(replace(facts, report=fewer))
    return found


def _poorer(side: Side) -> list[Side]:
    unknown: Told[Tri] = Told(Tri.UNKNOWN)
    found = [
        replace(side, udp=unknown), replace(side, layers=None), replace(side, endpoints=(), local=()),
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
