"""Ports that are opened and closed while the NAT runs."""

from __future__ import annotations

from dataclasses import replace

from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.packet import ACK, SYN, TCP
from natscope.model.endpoint import Endpoint
from tests.machines.nat.site import PUBLIC, SECOND, Site, config, end

FORWARD = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))


def test_open_use_close() -> None:
    site = Site(config())
    assert site.nat.open_forward(FORWARD, 0.0) == end("nat:7000")
    assert site.come("r:1", "nat:7000") == end("a:5000")
    assert site.nat.close_forward(FORWARD)
    assert site.come("r:1", "nat:7000") == "no mapping"
    assert not site.nat.close_forward(FORWARD)


def test_a_lease_ends_and_may_be_renewed() -> None:
    """RFC 6887 §15: traffic does not prolong a lease, a new request does."""
    site = Site(config())
    site.nat.open_forward(FORWARD, 0.0, 120.0)
    site.wait(100)
    assert site.come("r:1", "nat:7000") == end("a:5000")
    site.nat.open_forward(FORWARD, site.now, 120.0)
    site.wait(119)
    assert site.come("s:1", "nat:7000") == end("a:5000")
    site.wait(1)
    assert site.come("s:1", "nat:7000") == "no mapping"
    assert not site.nat.close_forward(FORWARD)
    assert site.nat.deadline() is None


def test_a_renewal_keeps_connections_and_an_end_cuts_them() -> None:
    tcp = replace(FORWARD, transport=Transport.TCP)
    site = Site(config())
    site.nat.open_forward(tcp, 0.0, 120.0)
    site.come("r:1", "nat:7000", TCP, SYN)
    site.out("a:5000", "r:1", TCP, SYN | ACK)
    site.wait(100)
    site.nat.open_forward(tcp, site.now, 500.0)
    site.wait(499)
    assert site.come("r:1", "nat:7000", TCP, ACK) == end("a:5000")
    site.nat.open_forward(tcp, site.now, 10.0)
    site.wait(9)
    assert site.come("r:1", "nat:7000", TCP, ACK) == end("a:5000")
    site.wait(1)
    assert site.come("r:1", "nat:7000", TCP, ACK) == "no mapping"
    assert site.nat.mappings(site.now) == []


def test_another_hosts_port_is_refused() -> None:
    site = Site(config())
    site.seen("b:7000", "r:1")
    assert site.nat.open_forward(FORWARD, 0.0) is None
    assert site.nat.open_forward(replace(FORWARD, external_port=7001), 0.0) == end("nat:7001")
    other = replace(FORWARD, external_port=7001, internal=end("b:5000"))
    assert site.nat.open_forward(other, 0.0) is None


def test_our_own_mapping_is_no_hindrance() -> None:
    """The usual case: a client asks for the port that its mapping already has."""
    site = Site(config())
    site.seen("a:7000", "r:1")
    own = replace(FORWARD, internal=end("a:7000"))
    assert site.nat.open_forward(own, 0.0) == end("nat:7000")
    assert site.come("s:1", "nat:7000") == end("a:7000")
    assert site.come("r:1", "nat:7000") == end("a:7000")


def test_a_forward_lies_at_the_address_that_it_names() -> None:
    site = Site(config(external=(PUBLIC, SECOND)))
    assert site.nat.open_forward(replace(FORWARD, external_ip=SECOND), 0.0) == Endpoint(SECOND, 7000)
    assert site.come("r:1", "nat2:7000") == end("a:5000")
    assert site.come("r:1", "nat:7000") == "no mapping"


def test_a_reboot_closes_leases_and_moves_configured_forwards() -> None:
    site = Site(config(external=(PUBLIC,), forwards=(replace(FORWARD, external_ip=PUBLIC),)))
    site.nat.open_forward(replace(FORWARD, external_port=7001), 0.0)
    site.nat.reboot([SECOND])
    assert site.come("r:1", "nat2:7000") == end("a:5000")
    assert site.come("r:1", "nat2:7001") == "no mapping"
    assert site.come("r:1", "nat:7000") == "not addressed to this nat"
