"""Which binding a new flow uses."""

from __future__ import annotations

from natscope.machines.nat.config import Unsolicited
from natscope.machines.nat.ports import PortPolicy
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import PUBLIC, SECOND, Site, config, end


def test_a_burnt_port_moves_only_the_flow_to_that_peer() -> None:
    """The classic trap: the peer's early packet costs us the port towards that peer."""
    site = Site(config(ports=PortPolicy.PER_FLOW, unsolicited=Unsolicited.BURN, lifetimes=config().lifetimes))
    outside = site.seen("a:5001", "s:1")
    assert site.come("r:1", outside) == "filtered"
    moved = site.seen("a:5001", "r:1")
    assert moved.port != 5001
    assert site.come("r:1", moved) == end("a:5001")
    assert site.come("r:1", outside) == "filtered"
    assert site.seen("a:5001", "r:2") == outside
    assert site.seen("a:5001", "r:1") == moved


def test_an_alternate_port_ends_with_its_flow() -> None:
    site = Site(config(unsolicited=Unsolicited.BURN))
    site.seen("a:5001", "s:1")
    site.come("r:1", "nat:5001")
    assert site.seen("a:5001", "r:1").port != 5001
    assert len(site.nat.mappings(site.now)) == 2
    site.wait(299)
    site.seen("a:5001", "s:1")
    site.wait(1)
    assert len(site.nat.mappings(site.now)) == 1
    assert site.seen("a:5001", "r:1").port == 5001, "the burnt port has cooled down as well"


def test_without_a_free_port_there_is_no_alternate() -> None:
    site = Site(config(unsolicited=Unsolicited.BURN, port_range=(5001, 5001)))
    site.seen("a:5001", "s:1")
    site.come("r:1", "nat:5001")
    assert site.out("a:5001", "r:1") == "no free port"


def test_overloading_takes_a_burnt_port_all_the_same() -> None:
    site = Site(config(ports=PortPolicy.OVERLOADING, unsolicited=Unsolicited.BURN))
    site.come("r:1", "nat:5001")
    assert site.seen("a:5001", "r:1").port == 5001
    assert site.come("r:1", "nat:5001") == end("a:5001")


def test_a_stolen_flow_ends_a_binding_that_has_no_other() -> None:
    site = Site(config(ports=PortPolicy.OVERLOADING))
    site.seen("a:5000", "r:1")
    site.seen("b:5000", "r:1")
    (left,) = site.nat.mappings(0)
    assert left.internal == end("b:5000")


def test_contiguity_follows_the_neighbour_to_its_address() -> None:
    """RFC 4787 §4.2.3 needs the same external address for both ports."""
    site = Site(config(external=(PUBLIC, SECOND), contiguity=True, parity=True, ports=PortPolicy.RANDOM))
    for host in "abc":
        even, odd = site.seen(f"{host}:6000", "r:1"), site.seen(f"{host}:6001", "r:1")
        assert (odd.ip, odd.port) == (even.ip, even.port + 1)


def test_contiguity_gives_way_to_an_owner() -> None:
    site = Site(config(contiguity=True))
    site.seen("b:5001", "r:1")
    assert site.seen("a:5000", "r:1").port == 5000
    assert site.seen("a:5001", "r:1").port not in (5000, 5001)


def test_a_firewall_binds_everybody_to_themselves() -> None:
    site = Site(config(external=(), mapping=Mapping.NONE, filtering=Filtering.ENDPOINT_INDEPENDENT))
    assert site.out("a:5000", "r:1") == end("a:5000")
    assert site.come("s:9", "a:5000") == end("a:5000")
    assert site.come("s:9", "a:5001") == "no mapping"
