"""The NAT as a whole: restarts, timers, families, guards, counters."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest

from natscope.machines.nat.config import NatConfig, Protocol
from natscope.machines.nat.egress import NO_PORTS, Egress
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.packet import FRAGMENTED, ICMPV6, PROHIBITED, SYN, TCP, UDP, IcmpError, Packet, between
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.translator import Nat, is_drop
from natscope.machines.nat.verdicts import FORWARD_IN, FORWARD_OUT, NO_FREE_PORT, OTHER_FAMILY, TABLE_FULL
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import PUBLIC, SECOND, Site, config, destination, end, source

PUBLIC6 = ipaddress.IPv6Address("2001:db8::1")
INSIDE6 = Endpoint(ipaddress.IPv6Address("fd00::a"), 5000)
PEER6 = Endpoint(ipaddress.IPv6Address("2001:db8:1::1"), 3478)


def test_a_reboot_loses_mappings_and_may_change_the_address() -> None:
    site = Site(config(ports=PortPolicy.RANDOM))
    before = site.seen("a:5000", "r:1")
    site.nat.reboot([SECOND])
    assert site.come("r:1", before) == "not addressed to this nat"
    after = site.seen("a:5000", "r:1")
    assert after.ip == SECOND
    assert after.port != before.port
    assert site.nat.external == (SECOND,)
    for wrong in ([], [PUBLIC6]):
        with pytest.raises(ValueError, match="own family"):
            site.nat.reboot(wrong)
    with pytest.raises(ValueError, match="a firewall has none"):
        Nat(NatConfig(mapping=Mapping.NONE), b"").reboot([PUBLIC])


def test_the_same_seed_chooses_the_same_ports_and_another_does_not() -> None:
    def ports(seed: bytes) -> list[int]:
        site = Site(config(ports=PortPolicy.RANDOM), seed)
        return [site.seen(f"a:{n}", "r:1").port for n in range(5000, 5020)]

    assert ports(b"one") == ports(b"one") != ports(b"two")


def test_expired_state_never_acts_whether_or_not_anybody_called_expire() -> None:
    for call in (False, True):
        site = Site(config())
        outside = site.seen("a:5000", "r:1")
        site.wait(300)
        if call:
            assert site.nat.deadline() == 300.0
            site.nat.expire(site.now)
            assert site.nat.deadline() is None
        assert site.come("r:1", outside) == "no mapping"


def test_deadlines_may_be_early_and_move_on() -> None:
    site = Site(config())
    site.seen("a:5000", "r:1")
    site.wait(200)
    site.seen("a:5000", "r:1")
    assert site.nat.deadline() == 300.0
    site.nat.expire(300.0)
    assert site.nat.deadline() == 500.0


def test_fragments_pass_or_do_not() -> None:
    """RFC 4787 REQ-14, once somebody has reassembled them."""
    for drop in (False, True):
        site = Site(config(drop_fragments=drop))
        site.seen("a:5000", "r:1")
        assert (site.out("a:5000", "r:1", UDP, FRAGMENTED) == "fragment") is drop
        assert (site.come("r:1", "nat:5000", UDP, FRAGMENTED) == "fragment") is drop


def test_sources_may_be_denied() -> None:
    """A firewall that drops 100.64/10, whatever it belongs to."""
    site = Site(config(filtering=Filtering.ENDPOINT_INDEPENDENT, not_from=(ipaddress.ip_network("100.64.0.0/10"),)))
    site.seen("a:5000", "r:1")
    assert site.come(Endpoint(ipaddress.IPv4Address("100.100.1.1"), 1), "nat:5000") == "source denied"
    assert site.come("s:1", "nat:5000") == end("a:5000")


def test_protocols_that_are_not_handled() -> None:
    site = Site(config(protocols=(Protocol.UDP,)))
    assert site.out("a:5000", "r:1", TCP, SYN) == "protocol not handled"
    assert site.ping("a", "r", 1) == "protocol not handled"
    assert site.out("a:5000", "r:1", 47) == "protocol not handled"


def test_ipv6_is_translated_like_ipv4() -> None:
    site = Site(NatConfig(external=(PUBLIC6,), ports=PortPolicy.RANDOM))
    outside = site.out(INSIDE6, PEER6)
    assert isinstance(outside, Endpoint)
    assert outside.ip == PUBLIC6
    assert site.come(PEER6, outside) == INSIDE6
    assert site.out("a:5000", "r:1") == "address family not handled"
    echo = between(ICMPV6, Endpoint(INSIDE6.ip, 7), Endpoint(PEER6.ip, 0))
    assert site.nat.outbound(echo, 0.0) == FORWARD_OUT
    assert Site(config()).out(INSIDE6, PEER6) == "address family not handled"


def test_a_firewall_takes_both_families_and_mixes_nothing_up() -> None:
    site = Site(NatConfig(mapping=Mapping.NONE))
    assert site.out(INSIDE6, PEER6) == INSIDE6
    assert site.out("a:5000", "r:1") == end("a:5000")
    assert site.come(PEER6, INSIDE6) == INSIDE6
    assert site.come("r:1", "a:5000") == end("a:5000")
    disguised = Packet(UDP, int(end("r:1").ip), 1, int(end("a:1").ip), 5000, 6)
    assert site.nat.outbound(disguised, 0.0) == OTHER_FAMILY, "::203.0.113.1 is no host"


@pytest.mark.parametrize("verdict", [TABLE_FULL, NO_FREE_PORT])
def test_the_inside_hears_of_what_the_nat_cannot_do(verdict: int) -> None:
    """RFC 5508 REQ-8: out of resources."""
    limits = {"capacity": 1} if verdict == TABLE_FULL else {"port_range": (5000, 5000), "ports": PortPolicy.RANDOM}
    site = Site(config(answer_refused=True, **limits))
    site.seen("a:5000", "r:1")
    packet = between(UDP, end("b:5000"), end("s:1"))
    assert site.nat.outbound(packet, 0.0) == verdict
    answer = site.nat.refuse_outbound(packet, verdict, 1)
    assert answer is not None
    assert (answer.icmp_type, answer.icmp_code) == PROHIBITED[4]


def test_an_error_is_not_answered_by_an_error() -> None:
    site = Site(config(answer_refused=True, egress=Egress(udp=NO_PORTS)))
    error = IcmpError(1, 2, between(UDP, end("r:1"), end("a:5000")), 3, 3)
    verdict = site.nat.outbound(error, 0.0)
    assert is_drop(verdict)
    assert site.nat.refuse_outbound(error, verdict, 1) is None


def test_counters_count_every_packet_once() -> None:
    site = Site(config())
    for _ in range(3):
        site.seen("a:5000", "r:1")
    site.come("r:1", "nat:5000")
    site.come("s:1", "nat:5000")
    site.out("a:5000", "nat:5000")
    counts = {name: n for name, n in site.nat.counts().items() if n}
    assert counts == {"forwarded out": 3, "forwarded in": 1, "filtered": 1, "hairpinning is off": 1}
    assert sum(site.nat.counters) == 6


def test_two_nats_in_a_row() -> None:
    """A home NAT behind a carrier's: what comes back finds its way through both."""
    home = Nat(config(external=(ipaddress.IPv4Address("100.64.0.7"),)), b"home")
    carrier = Nat(config(ports=PortPolicy.RANDOM), b"carrier")
    packet = between(UDP, end("a:5000"), end("r:1"))
    assert home.outbound(packet, 0.0) == carrier.outbound(packet, 0.0) == FORWARD_OUT
    back = between(UDP, end("r:1"), source(packet))
    assert carrier.inbound(back, 1.0) == home.inbound(back, 1.0) == FORWARD_IN
    assert destination(back) == end("a:5000")
    error = IcmpError(9, packet.src, packet.copy(), 11, 0)
    assert carrier.inbound(error, 1.0) == home.inbound(error, 1.0) == FORWARD_IN
    assert source(error.inner) == end("a:5000")


def test_payload_and_ttl_are_not_touched() -> None:
    packet = between(UDP, end("a:5000"), end("r:1"), payload=b"payload")
    packet.ttl = 9
    Nat(config(), b"").outbound(packet, 0.0)
    assert (packet.payload, packet.ttl, packet.length) == (b"payload", 9, 35)


def test_forwards_of_the_configuration_count_as_mappings() -> None:
    forward = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))
    nat = Nat(config(external=(PUBLIC, SECOND), forwards=(replace(forward, external_ip=SECOND),)), b"")
    (mapping,) = nat.mappings(0.0)
    assert mapping.external == Endpoint(SECOND, 7000)
