"""Packets that nothing lets in: silence, refusals in time, burnt ports."""

from __future__ import annotations

import pytest

from natscope.machines.nat.config import Unsolicited
from natscope.machines.nat.lifetime import Lifetimes
from natscope.machines.nat.packet import ICMP, PORT_UNREACHABLE, SYN, TCP, UDP, IcmpError, between
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.unsolicited import HELD_SYN_S, MAX_BURNT, MAX_HELD_SYNS
from natscope.model.endpoint import Endpoint
from tests.machines.nat.site import Site, config, destination, end, source

REJECT = Unsolicited.REJECT


def test_silence_by_default() -> None:
    site = Site(config())
    for proto, flags in ((UDP, 0), (TCP, SYN)):
        packet = between(proto, end("r:1"), end("nat:5000"), flags=flags)
        assert site.nat.refuse_inbound(packet, site.nat.inbound(packet, 0.0)) is None
    assert site.nat.deadline() is None


@pytest.mark.parametrize("policy", [Unsolicited.REJECT, Unsolicited.BURN])
def test_a_udp_packet_is_refused_at_once(policy: Unsolicited) -> None:
    """Linux without an input rule answers too: the packet reaches its own stack, where nobody listens."""
    site = Site(config(unsolicited=policy))
    packet = between(UDP, end("r:1"), end("nat:5000"))
    error = site.nat.refuse_inbound(packet, site.nat.inbound(packet, 0.0))
    assert error is not None
    assert (error.icmp_type, error.icmp_code) == PORT_UNREACHABLE[4]
    assert (error.src, error.dst) == (packet.dst, packet.src)
    assert error.inner.header() == packet.header()


def test_what_is_never_refused() -> None:
    site = Site(config(unsolicited=REJECT))
    ping = between(ICMP, end("r:7"), end("nat:0"))
    error = IcmpError(9, int(end("nat:0").ip), between(UDP, end("nat:1"), end("r:1")), 3, 3)
    syn = between(TCP, end("r:1"), end("nat:5000"), flags=SYN)
    assert [site.nat.refuse_inbound(p, site.nat.inbound(p, 0.0)) for p in (ping, error, syn)] == [None] * 3


def test_a_syn_is_refused_after_six_seconds() -> None:
    """RFC 5382 REQ-4: not for at least six seconds, then port unreachable."""
    site = Site(config(unsolicited=REJECT))
    assert site.come("r:1", "nat:5000", TCP, SYN) == "no mapping"
    assert site.come("r:1", "nat:5000", TCP, SYN) == "no mapping"
    assert site.nat.deadline() == HELD_SYN_S >= 6
    assert site.nat.expire(5.9) == ()
    (error,) = site.nat.expire(6.0)
    assert (error.icmp_type, error.icmp_code) == (3, 3)
    assert (source(error.inner), destination(error.inner)) == (end("r:1"), end("nat:5000"))
    assert site.nat.expire(7.0) == ()
    assert site.nat.deadline() is None


def test_our_own_syn_in_time_silences_the_refusal() -> None:
    """RFC 5382 REQ-4: simultaneous open through two NATs must not be killed by an early error."""
    site = Site(config(unsolicited=REJECT))
    site.come("r:1", "nat:5000", TCP, SYN)
    site.wait(5)
    assert site.seen("a:5000", "r:1", TCP, SYN) == end("nat:5000")
    assert site.nat.expire(100.0) == ()


def test_a_late_call_loses_no_refusal() -> None:
    site = Site(config(unsolicited=REJECT))
    site.come("r:1", "nat:5000", TCP, SYN)
    site.wait(60)
    site.seen("a:1234", "s:1")
    assert len(site.nat.expire(site.now)) == 1


def test_bounds() -> None:
    """A scan of our ports costs no more memory than this."""
    site = Site(config(unsolicited=REJECT))
    burning = Site(config(unsolicited=Unsolicited.BURN))
    for port in range(1, MAX_BURNT + 100):
        site.come("r:1", f"nat:{port}", TCP, SYN)
        burning.come("r:1", f"nat:{port}")
    assert len(site.nat.expire(10.0)) == MAX_HELD_SYNS
    assert len(burning.nat._unwanted.burnt) == MAX_BURNT


def test_a_burnt_port_cools_down_and_is_kept_hot_by_more_packets() -> None:
    site = Site(config(unsolicited=Unsolicited.BURN, lifetimes=Lifetimes(udp_s=30.0), ports=PortPolicy.PER_FLOW))
    site.come("r:1", "nat:5000")
    site.wait(20)
    site.come("r:1", "nat:5000")
    site.wait(20)
    assert site.seen("a:5000", "r:1").port != 5000
    site.wait(10)
    assert site.seen("b:5000", "r:1").port == 5000


def test_a_burnt_port_of_a_mapping_that_no_longer_is_does_no_harm() -> None:
    site = Site(config(unsolicited=Unsolicited.BURN))
    site.come("r:1", "nat:5000")
    site.nat.reboot([end("nat:0").ip])
    assert site.seen("a:5000", "r:1") == Endpoint(end("nat:0").ip, 5000)
