"""ICMP errors and queries: RFC 5508, RFC 4787 REQ-12, RFC 5382 REQ-9 and REQ-10."""

from __future__ import annotations

import pytest

from natscope.machines.nat.packet import ICMP, PORT_UNREACHABLE, SYN, TCP, UDP, IcmpError, Packet, between
from natscope.machines.nat.verdicts import FORWARD_IN, FORWARD_OUT, ICMP_ERROR_OFF, ICMP_ERROR_STRAY, NAMES
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import Site, config, destination, end, source

TIME_EXCEEDED = (11, 0)


def sent(site: Site, proto: int, who: str, to: str, flags: int = 0) -> Packet:
    packet = between(proto, end(who), end(to), flags=flags)
    assert site.nat.outbound(packet, site.now) == FORWARD_OUT
    return packet


@pytest.mark.parametrize("proto", [UDP, TCP, ICMP])
def test_an_error_from_a_router_outside_reaches_the_sender(proto: int) -> None:
    """RFC 5508 REQ-4, RFC 4787 REQ-12a: whoever complains; traceroute and path MTU discovery live on it."""
    site = Site(config())
    to = "r:0" if proto == ICMP else "r:443"
    packet = sent(site, proto, "a:5000", to, SYN if proto == TCP else 0)
    error = IcmpError(int(end("t:0").ip), packet.src, packet.copy(), *TIME_EXCEEDED)
    assert site.nat.inbound(error, 0.0) == FORWARD_IN
    assert error.src == int(end("t:0").ip)
    assert error.dst == int(end("a:0").ip)
    assert (source(error.inner), destination(error.inner)) == (end("a:5000"), end(to))


def test_an_error_from_inside_shows_the_external_address() -> None:
    """RFC 5508 REQ-5: also where another router inside complains."""
    site = Site(config(filtering=Filtering.ENDPOINT_INDEPENDENT))
    sent(site, UDP, "a:5000", "r:1")
    arrived = between(UDP, end("s:9"), end("nat:5000"))
    assert site.nat.inbound(arrived, 0.0) == FORWARD_IN
    for complainer in ("a", "c"):
        error = IcmpError(int(end(f"{complainer}:0").ip), arrived.src, arrived.copy(), *PORT_UNREACHABLE[4])
        assert site.nat.outbound(error, 0.0) == FORWARD_OUT
        assert error.src == int(end("nat:0").ip)
        assert (source(error.inner), destination(error.inner)) == (end("s:9"), end("nat:5000"))


def test_errors_about_nothing_known_are_dropped() -> None:
    """RFC 5508 REQ-4 and REQ-5: no mapping for the quoted packet."""
    site = Site(config())
    inbound = IcmpError(1, int(end("nat:0").ip), between(UDP, end("nat:5000"), end("r:1")), *TIME_EXCEEDED)
    outbound = IcmpError(2, int(end("r:0").ip), between(UDP, end("r:1"), end("a:5000")), *TIME_EXCEEDED)
    assert site.nat.inbound(inbound, 0.0) == ICMP_ERROR_STRAY
    assert site.nat.outbound(outbound, 0.0) == ICMP_ERROR_STRAY


def test_an_error_that_is_not_addressed_to_the_quoted_sender_is_dropped() -> None:
    site = Site(config(external=(end("nat:0").ip, end("nat2:0").ip)))
    packet = sent(site, UDP, "a:5000", "r:1")
    other = end("nat2:0").ip if packet.src == int(end("nat:0").ip) else end("nat:0").ip
    assert site.nat.inbound(IcmpError(9, int(other), packet.copy(), *TIME_EXCEEDED), 0.0) == ICMP_ERROR_STRAY


@pytest.mark.parametrize("proto", [UDP, TCP])
def test_an_error_neither_ends_nor_refreshes(proto: int) -> None:
    """RFC 4787 REQ-12, RFC 5382 REQ-10 and RFC 5508 REQ-6."""
    site = Site(config())
    flags = SYN if proto == TCP else 0
    packet = sent(site, proto, "a:5000", "r:1", flags)
    (before,) = site.nat.mappings(0.0)
    for now in (1.0, 100.0):
        error = IcmpError(9, packet.src, packet.copy(), *PORT_UNREACHABLE[4])
        assert site.nat.inbound(error, now) == FORWARD_IN
    assert site.nat.mappings(100.0) == [before]


def test_errors_may_be_dropped() -> None:
    """A path where MTU discovery finds a black hole."""
    site = Site(config(icmp_errors=False))
    packet = sent(site, UDP, "a:5000", "r:1")
    error = IcmpError(9, packet.src, packet.copy(), *TIME_EXCEEDED)
    assert site.nat.inbound(error, 0.0) == ICMP_ERROR_OFF
    assert site.nat.outbound(error.copy(), 0.0) == ICMP_ERROR_OFF


def test_a_firewall_lets_errors_through_unchanged() -> None:
    site = Site(config(external=(), mapping=Mapping.NONE))
    packet = sent(site, UDP, "a:5000", "r:1")
    error = IcmpError(9, packet.src, packet.copy(), *TIME_EXCEEDED)
    before = (error.header(), error.inner.header())
    assert site.nat.inbound(error, 0.0) == FORWARD_IN
    assert (error.header(), error.inner.header()) == before


def test_queries_pass_both_ways() -> None:
    """RFC 5508 REQ-1: a query goes out, its reply finds back by the identifier; a query from outside finds nobody."""
    site = Site(config())
    assert site.ping("a", "r", 77) == end("nat:77")
    assert site.come("r:0", "nat:77", ICMP) == end("a:77")
    assert site.come("s:0", "nat:77", ICMP) == "filtered"
    assert site.come("r:77", "nat:0", ICMP) == "no mapping"


def test_an_error_is_never_taken_for_a_query() -> None:
    """Echo with identifier 0 has the same ports as an error would have, were it not for `NO_PORT`."""
    site = Site(config())
    site.ping("a", "r", 0)
    stray = IcmpError(int(end("r:0").ip), int(end("nat:0").ip), between(UDP, end("nat:9"), end("r:9")), 3, 3)
    assert NAMES[site.nat.inbound(stray, 0.0)] == "icmp error about nothing known"
