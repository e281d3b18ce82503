"""A side of a pair from what the mesh tells of it: endpoints and NetInfo, both measured by that node's own program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.addresses import Kind, in_order, kind_of, network_of
from natscope.diagnosis.pair.side import NOT_TOLD, PEER, FamilySide, Names, Side, Told
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerNetwork
from natscope.model.tri import Tri


@dataclass(frozen=True, slots=True)
class _Cite:
    """Who told it."""

    source: str

    def fact(self, value: Tri, what: str) -> Told[Tri]:
        """One thing that was measured by somebody else."""
        return Told(value, Strength.FACT, (f"{self.source}:{what}",)) if value.known else NOT_TOLD


def from_network(
    network: PeerNetwork | None,
    endpoints: tuple[Endpoint, ...] = (),
    *,
    names: Names = PEER,
    home: str = "",
    codes: Mapping[int, str] | None = None,
    source: str = "peer",
    tells_all: bool = False,
) -> Side:
    """`codes`: relay codes by region id; `source` stands before the fields in evidence. `tells_all` as in `Side`.

    NetInfo does not say whom the router lets in: filtering stays unknown.

    Upstream's `tailscale netcheck --format=json` has the same fields (net/netcheck.Report): its reader calls this too.
    """
    cite = _Cite(source)
    told = network if network is not None else PeerNetwork()
    ends = in_order(endpoints)
    latency = {codes[region]: ms for region, ms in told.latency_ms.items() if codes and region in codes}
    return Side(
        names=names,
        udp=cite.fact(told.udp, "udp"),
        v4=_four(told, ends, cite),
        v6=_six(told, ends, cite),
        endpoints=ends,
        tells_all=tells_all,
        local=tuple(e.ip for e in ends if kind_of(e.ip) in (Kind.PRIVATE, Kind.UNIQUE_LOCAL) or e.family == 6),
        home=home or (codes or {}).get(told.home_region or 0, ""),
        latency_ms=latency,
        missing=f"{names.whose} own report",
    )


def _four(told: PeerNetwork, endpoints: tuple[Endpoint, ...], cite: _Cite) -> FamilySide:
    """A public candidate was seen by a relay, or is the node's own: either way UDP worked when it was told."""
    public = tuple(dict.fromkeys(e.ip for e in endpoints if e.family == 4 and kind_of(e.ip) is Kind.PUBLIC))
    works = cite.fact(Tri.NO, "udp") if told.udp is Tri.NO else cite.fact(Tri.of(bool(public) or None), "endpoints")
    asked = (told.pcp, told.nat_pmp, told.upnp)
    service = Tri.YES if Tri.YES in asked else Tri.NO if all(a is Tri.NO for a in asked) else Tri.UNKNOWN
    return FamilySide(
        works=works,
        varies=cite.fact(told.mapping_varies, "mapping_varies"),
        hairpin=cite.fact(told.hairpinning, "hairpinning"),
        service=cite.fact(service, "port mapping"),
        opens=cite.fact(Tri.NO if service is Tri.NO else Tri.UNKNOWN, "port mapping"),
        paired=cite.fact(Tri.of(len(public) <= 1 if public else None), "endpoints"),
        public=public,
    )


def _six(told: PeerNetwork, endpoints: tuple[Endpoint, ...], cite: _Cite) -> FamilySide:
    """`ipv6`: a relay answered over it; a public candidate alone may be one that leads nowhere.

    A node tells all its candidates, so where others are told and none of IPv6, it has none; and addresses of its own
    interfaces are among them, so where all are of one public prefix, nobody translates.
    """
    public = tuple(dict.fromkeys(e.ip for e in endpoints if e.family == 6 and kind_of(e.ip) is Kind.PUBLIC))
    if told.ipv6 is Tri.NO and not public:
        return FamilySide(works=cite.fact(Tri.NO, "ipv6"), absent=cite.fact(Tri.YES, "ipv6"))
    if endpoints and not public:
        return FamilySide(works=cite.fact(Tri.NO, "endpoints"), absent=cite.fact(Tri.YES, "endpoints"))
    works = cite.fact(Tri.NO, "udp") if told.udp is Tri.NO else cite.fact(told.ipv6, "ipv6")
    own = len({network_of(ip) for ip in public}) == 1 and not any(kind_of(e.ip) is Kind.UNIQUE_LOCAL for e in endpoints)
    return FamilySide(works=works, translated=cite.fact(Tri.NO if own else Tri.UNKNOWN, "endpoints"), public=public)
