"""Egress rules: UDP blocked, certain ports only, prefixes."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.machines.nat.egress import EVERYTHING, NO_PORTS, Egress, denial, prefix_test
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.packet import ICMP, PROHIBITED, SYN, TCP, UDP, between
from natscope.machines.nat.verdicts import EGRESS_DENIED
from tests.machines.nat.site import Site, config, end


def test_without_rules_nothing_is_asked() -> None:
    assert denial(EVERYTHING) is None
    assert prefix_test(()) is None


def test_udp_blocked() -> None:
    site = Site(config(egress=Egress(udp=NO_PORTS)))
    assert site.out("a:5000", "r:3478") == "denied on the way out"
    assert site.out("a:5000", "r:443", TCP, SYN) == end("nat:5000")
    assert site.ping("a", "r", 1) != "denied on the way out"


def test_only_some_ports() -> None:
    site = Site(config(egress=Egress(udp=((53, 53), (443, 443)), tcp=((443, 443),), icmp=False)))
    passed = [port for port in (53, 54, 443, 3478) if site.out("a:5000", f"r:{port}") != "denied on the way out"]
    assert passed == [53, 443]
    assert site.out("a:5000", "r:80", TCP, SYN) == "denied on the way out"
    assert site.ping("a", "r", 1) == "denied on the way out"


def test_prefixes() -> None:
    inside = prefix_test([ipaddress.ip_network("100.64.0.0/10"), ipaddress.ip_network("2001:db8::/32")])
    assert inside is not None
    assert inside(4, int(ipaddress.ip_address("100.127.0.1")))
    assert not inside(4, int(ipaddress.ip_address("100.128.0.1")))
    assert inside(6, int(ipaddress.ip_address("2001:db8::5")))
    assert not inside(6, int(ipaddress.ip_address("100.127.0.1"))), "another family"


def test_an_answer_to_an_open_flow_is_not_asked() -> None:
    forward = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))
    site = Site(config(egress=Egress(udp=NO_PORTS), forwards=(forward,)))
    assert site.come("r:1", "nat:7000") == end("a:5000")
    assert site.out("a:5000", "r:1") == end("nat:7000")
    assert site.out("a:5000", "s:1") == "denied on the way out"


def test_the_inside_may_hear_of_it() -> None:
    """RFC 5508 REQ-8: communication administratively prohibited."""
    site = Site(config(egress=Egress(udp=NO_PORTS), answer_refused=True))
    packet = between(UDP, end("a:5000"), end("r:1"))
    verdict = site.nat.outbound(packet, 0.0)
    assert verdict == EGRESS_DENIED
    answer = site.nat.refuse_outbound(packet, verdict, 99)
    assert answer is not None
    assert (answer.proto, answer.src, answer.dst) == (ICMP, 99, packet.src)
    assert (answer.icmp_type, answer.icmp_code) == PROHIBITED[4]
    assert answer.inner.header() == packet.header()


@pytest.mark.parametrize("ports", [((5, 4),), ((-1, 4),), ((1, 65536),)])
def test_no_ranges(ports: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="range"):
        Egress(udp=ports)
