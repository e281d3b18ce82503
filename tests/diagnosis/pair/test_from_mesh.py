"""A side by what the mesh tells of it."""

from __future__ import annotations

import pytest

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.classes import ALL, Klass, possible
from natscope.diagnosis.pair.from_mesh import from_network
from natscope.diagnosis.pair.side import named
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_details import PeerNetwork
from natscope.model.tri import Tri

ENDS = tuple(Endpoint.parse(text) for text in ("198.51.100.60:33217", "192.168.178.4:41641"))
SIX = tuple(Endpoint.parse(text) for text in ("[2001:db8:7::9e]:41641", "[2001:db8:7::a0]:41641"))


def test_nothing_told_is_nothing_known() -> None:
    side = from_network(None)
    assert possible(side.v4) == possible(side.v6) == ALL - {Klass.O}
    assert side.udp.value is Tri.UNKNOWN


@pytest.mark.parametrize(
    ("varies", "classes"),
    [("no", {Klass.C1, Klass.C2, Klass.C3}), ("yes", {Klass.P, Klass.H1, Klass.H2, Klass.H})],
)
def test_mapping(varies: str, classes: set[Klass]) -> None:
    network = PeerNetwork(mapping_varies=Tri(varies), udp=Tri.YES)
    side = from_network(network, ENDS, names=named("nas"))
    assert possible(side.v4) == classes
    assert side.v4.varies.strength is Strength.FACT
    assert side.v4.varies.evidence == ("peer:mapping_varies",)


def test_no_udp() -> None:
    side = from_network(PeerNetwork(udp=Tri.NO, ipv6=Tri.YES), ENDS + SIX)
    assert possible(side.v4) == possible(side.v6) == {Klass.B}


def test_no_ipv6_among_its_endpoints() -> None:
    side = from_network(None, ENDS, source="this")
    assert side.v6.absent.value is Tri.YES
    assert side.v6.works.evidence == ("this:endpoints",)


def test_its_own_ipv6_addresses_are_not_translated() -> None:
    own = from_network(PeerNetwork(ipv6=Tri.YES), SIX)
    assert own.v6.translated.value is Tri.NO
    unique_local = Endpoint.parse("[fd00::5]:41641")
    assert from_network(PeerNetwork(ipv6=Tri.YES), (*SIX, unique_local)).v6.translated.value is Tri.UNKNOWN


@pytest.mark.parametrize(("words", "service"), [("no", Tri.NO), ("yes", Tri.YES), ("unknown", Tri.UNKNOWN)])
def test_a_service_is_no_open_port(words: str, service: Tri) -> None:
    side = from_network(PeerNetwork(upnp=Tri(words), pcp=Tri.NO, nat_pmp=Tri.NO), ENDS)
    assert side.v4.service.value is service
    assert side.v4.opens.value is not Tri.YES


def test_relays_by_code() -> None:
    network = PeerNetwork(home_region=2, latency_ms={2: 33.0, 9: 270.0, 77: 1.0})
    side = from_network(network, codes={2: "fra", 9: "syd"})
    assert side.latency_ms == {"fra": 33.0, "syd": 270.0}
    assert side.home == "fra"
