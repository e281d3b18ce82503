"""Hairpinning: RFC 4787 §6 and REQ-9, RFC 5382 REQ-8, RFC 5508 REQ-7."""

from __future__ import annotations

import pytest

from natscope.machines.nat.config import Hairpin
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.packet import ACK, PORT_UNREACHABLE, SYN, TCP, UDP, IcmpError, between
from natscope.model.nat import Filtering
from tests.machines.nat.site import Site, config, destination, end, source

ANYBODY = Filtering.ENDPOINT_INDEPENDENT


def test_off_by_default() -> None:
    site = Site(config(filtering=ANYBODY))
    site.seen("a:5000", "r:1")
    assert site.out("b:5001", "nat:5000") == "hairpinning is off"
    assert len(site.nat.mappings(0)) == 1, "no state is made for it"


@pytest.mark.parametrize(
    ("hairpin", "shown"), [(Hairpin.EXTERNAL_SOURCE, "nat:5001"), (Hairpin.INTERNAL_SOURCE, "b:5001")]
)
def test_the_receiver_sees_the_external_or_the_internal_source(hairpin: Hairpin, shown: str) -> None:
    """RFC 4787 REQ-9a."""
    site = Site(config(hairpin=hairpin, filtering=ANYBODY))
    site.seen("a:5000", "r:1")
    for _ in range(2):
        assert site.out("b:5001", "nat:5000") == end(shown)
        assert site.turned is not None
        assert destination(site.turned) == end("a:5000")


def test_the_filter_judges_hairpinned_packets_by_the_external_source() -> None:
    """Both hosts punch: the first packet is lost, but opens the way for the other's."""
    site = Site(config(hairpin=Hairpin.EXTERNAL_SOURCE))
    site.seen("a:5000", "r:1")
    site.seen("b:5001", "r:1")
    assert site.out("a:5000", "nat:5001") == "filtered"
    assert site.out("b:5001", "nat:5000") == end("nat:5001")
    assert site.out("a:5000", "nat:5001") == end("nat:5000")


def test_the_filter_may_be_passed_by() -> None:
    site = Site(config(hairpin=Hairpin.EXTERNAL_SOURCE, hairpin_filtered=False))
    site.seen("a:5000", "r:1")
    assert site.out("b:5001", "nat:5000") == end("nat:5001")


@pytest.mark.parametrize("hairpin", list(Hairpin))
def test_a_call_to_our_own_address_may_be_taken_for_an_attack(hairpin: Hairpin) -> None:
    """LAND: the sender alone is shut out, for a time that later packets do not make longer; its mappings are lost."""
    site = Site(config(hairpin=hairpin, shuts_out_s=60.0))
    outside = site.connect("a:5000", "r:443"), site.seen("a:5000", "r:1"), site.seen("b:5001", "r:1")
    assert site.out("a:5000", outside[1]) == "sender is shut out"
    assert site.out("a:5000", "r:1") == site.out("a:5000", "r:443", TCP, ACK) == "sender is shut out"
    assert site.come("r:1", outside[1]) == "no mapping"
    assert site.seen("b:5001", "r:1") == outside[2]
    site.wait(59)
    assert site.out("a:5000", "nat:7") == "sender is shut out"
    site.wait(1)
    assert site.seen("a:5000", "r:1") == outside[1]
    site.nat.reboot(site.nat.external)
    assert site.out("b:5001", "nat:7") == "sender is shut out"
    site.nat.reboot(site.nat.external)
    assert site.seen("b:5001", "r:1") == outside[2]


def test_who_is_shut_out_is_not_reached_by_a_forward_either() -> None:
    """Else his answer would find a way out."""
    forward = Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"))
    site = Site(config(shuts_out_s=60.0, forwards=(forward,)))
    assert site.come("r:9", "nat:7000") == end("a:5000")
    assert site.out("a:5000", "nat:7") == "sender is shut out"
    assert site.come("r:1", "nat:7000") == "sender is shut out"
    assert site.out("a:5000", "r:1") == "sender is shut out"
    site.wait(60)
    assert site.come("r:1", "nat:7000") == end("a:5000")


def test_a_host_reaches_itself() -> None:
    site = Site(config(hairpin=Hairpin.EXTERNAL_SOURCE))
    outside = site.seen("a:5000", "r:1")
    assert site.out("a:5000", outside) == outside
    assert site.turned is not None
    assert destination(site.turned) == end("a:5000")


def test_an_unknown_port_of_ours_has_no_receiver() -> None:
    assert Site(config(hairpin=Hairpin.EXTERNAL_SOURCE)).out("a:5000", "nat:9") == "no mapping"


def test_tcp_connects_to_a_forward_from_inside() -> None:
    """RFC 5382 REQ-8; answers of the receiver turn around as well."""
    forward = Forward(transport=Transport.TCP, external_port=80, internal=end("a:8080"))
    site = Site(config(hairpin=Hairpin.EXTERNAL_SOURCE, forwards=(forward,)))
    assert site.out("b:5001", "nat:80", TCP, SYN) == end("nat:5001")
    assert site.out("a:8080", "nat:5001", TCP, SYN | ACK) == end("nat:80")
    assert site.turned is not None
    assert destination(site.turned) == end("b:5001")
    assert site.out("b:5001", "nat:80", TCP, ACK) == end("nat:5001")
    site.wait(7000)
    assert site.out("a:8080", "nat:5001", TCP, ACK) == end("nat:80"), "the connection counts as established"


def test_icmp_errors_turn_around() -> None:
    """RFC 5508 REQ-7: the receiver of a hairpinned packet complains, and its sender understands."""
    site = Site(config(hairpin=Hairpin.EXTERNAL_SOURCE, filtering=ANYBODY))
    site.seen("a:5000", "r:1")
    packet = between(UDP, end("b:5001"), end("nat:5000"))
    assert site.nat.outbound(packet, 0.0) == 1
    error = IcmpError(packet.dst, packet.src, packet.copy(), *PORT_UNREACHABLE[4])
    assert site.nat.outbound(error, 0.0) == 1
    assert error.dst == int(end("b:1").ip)
    assert (source(error.inner), destination(error.inner)) == (end("b:5001"), end("nat:5000"))
