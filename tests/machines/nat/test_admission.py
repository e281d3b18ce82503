"""Who may come in, in the order in which they are asked."""

from __future__ import annotations

from natscope.machines.nat.config import Protocol
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.packet import FRAGMENTED, SYN, TCP, UDP
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.table import WhenFull
from natscope.model.nat import Filtering
from tests.machines.nat.site import PUBLIC, SECOND, Site, config, end

ANYBODY = Filtering.ENDPOINT_INDEPENDENT
FORWARD = Forward(transport=Transport.UDP, external_port=5000, internal=end("b:5000"))


def test_a_flow_comes_before_a_forward() -> None:
    site = Site(config(ports=PortPolicy.PER_FLOW, forwards=(FORWARD,)))
    assert site.seen("a:5000", "r:1") == end("nat:5000")
    assert site.come("r:1", "nat:5000") == end("a:5000")
    assert site.come("s:1", "nat:5000") == end("b:5000")


def test_a_forward_comes_before_a_mapping() -> None:
    site = Site(config(ports=PortPolicy.OVERLOADING, filtering=ANYBODY, forwards=(FORWARD,)))
    assert site.seen("a:5000", "r:1") == end("nat:5000")
    assert site.come("s:1", "nat:5000") == end("b:5000")


def test_of_those_who_share_a_port_the_newest_gets_strangers() -> None:
    site = Site(config(ports=PortPolicy.OVERLOADING, filtering=ANYBODY))
    site.seen("a:5000", "r:1")
    site.seen("b:5000", "s:1")
    assert site.come("t:1", "nat:5000") == end("b:5000")
    assert site.come("r:1", "nat:5000") == end("a:5000")


def test_a_sharer_whose_filter_is_shut_leaves_it_to_the_other() -> None:
    site = Site(config(ports=PortPolicy.OVERLOADING, filtering=Filtering.ADDRESS_DEPENDENT))
    site.seen("a:5000", "r:1")
    site.seen("b:5000", "s:1")
    assert site.come("r:9", "nat:5000") == end("a:5000")
    assert site.come("t:9", "nat:5000") == "filtered"


def test_the_reasons_of_drops() -> None:
    site = Site(config(external=(PUBLIC,), protocols=(Protocol.UDP, Protocol.TCP), drop_fragments=True))
    site.seen("a:5000", "r:1")
    assert site.come("s:1", "nat:5000") == "filtered"
    assert site.come("s:1", "nat:5001") == "no mapping"
    assert site.come("s:1", "nat2:5000") == "not addressed to this nat"
    assert site.come("s:0", "nat:7", 1) == "protocol not handled"
    assert site.come("r:1", "nat:5000", UDP, FRAGMENTED) == "fragment"
    assert site.come("r:1", "nat:5000") == end("a:5000")


def test_every_address_of_the_nat_is_its_own() -> None:
    site = Site(config(external=(PUBLIC, SECOND)))
    assert site.come("s:1", "nat2:5000") == "no mapping"


def test_a_syn_flood_cannot_grow_the_table() -> None:
    """Flows that strangers begin count, and never push out the mapping they came through."""
    for when_full in WhenFull:
        site = Site(config(filtering=ANYBODY, capacity=10, when_full=when_full))
        outside = site.seen("a:5000", "r:1", TCP, SYN)
        answers = {str(site.come(f"s:{n}", outside, TCP, SYN)) for n in range(1, 100)}
        assert sum(len(m.remotes) for m in site.nat.mappings(0)) == 10
        assert ("table full" in answers) is (when_full is WhenFull.DROP_NEW)


def test_a_lone_flow_is_not_evicted_for_a_guest_of_its_mapping() -> None:
    site = Site(config(filtering=ANYBODY, capacity=1, when_full=WhenFull.EVICT_OLDEST))
    outside = site.seen("a:5000", "r:1", TCP, SYN)
    assert site.come("s:1", outside, TCP, SYN) == "table full"
    assert site.come("r:1", outside, TCP, SYN) == end("a:5000")
