"""The checker beside a NAT has teeth: each thing a NAT may not do is caught when a sabotaged one does it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import pytest

from natscope.machines.nat.config import Hairpin, NatConfig, Protocol
from natscope.machines.nat.egress import NO_PORTS, Egress
from natscope.machines.nat.forwards import Forward, Pinhole, Transport
from natscope.machines.nat.invariants import Checker, Header
from natscope.machines.nat.lifetime import Lifetimes, Refresh
from natscope.machines.nat.packet import ACK, FRAGMENTED, SYN, TCP, UDP, between
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.translator import Nat, is_drop
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import PUBLIC, SECOND, config, end, source

ANYBODY, RANDOM = Filtering.ENDPOINT_INDEPENDENT, PortPolicy.RANDOM
APD = Mapping.ADDRESS_AND_PORT_DEPENDENT
NONE: dict[str, Any] = {"external": (), "mapping": Mapping.NONE}


class Watched:
    """A NAT of one configuration, judged by a checker of another."""

    def __init__(self, is_really: NatConfig, claims: NatConfig) -> None:
        self.nat = Nat(is_really, b"watched")
        self.checker = Checker(claims)
        self.now = 0.0
        self.faults: list[str] = []

    def out(self, who: str | Endpoint, to: str | Endpoint, proto: int = UDP, flags: int = 0) -> Endpoint:
        packet = between(proto, end(who), end(to), flags=flags)
        before = packet.header()
        dropped = is_drop(self.nat.outbound(packet, self.now))
        self.faults += self.checker.outbound(before, None if dropped else packet.header(), self.now, flags=flags)
        return source(packet)

    def come(self, who: str, to: str | Endpoint, proto: int = UDP, flags: int = 0) -> None:
        packet = between(proto, end(who), end(to), flags=flags)
        before = packet.header()
        dropped = is_drop(self.nat.inbound(packet, self.now))
        self.faults += self.checker.inbound(before, None if dropped else packet.header(), self.now, flags=flags)


def stranger(w: Watched) -> None:
    w.come("s:1", w.out("a:5000", "r:1"))


def other_port(w: Watched) -> None:
    w.come("r:2", w.out("a:5000", "r:1"))


def late(w: Watched) -> None:
    outside = w.out("a:5000", "r:1")
    w.now = 100.0
    w.come("r:1", outside)


def late_after_answers(w: Watched) -> None:
    outside = w.out("a:5000", "r:1")
    for w.now in (20.0, 40.0, 60.0):
        w.come("r:1", outside)


def aged(w: Watched) -> None:
    outside = w.out("a:5000", "r:1")
    for w.now in (20.0, 40.0, 55.0):
        w.out("a:5000", "r:1")
    w.now = 70.0
    w.come("r:1", outside)


def late_tcp(w: Watched) -> None:
    outside = w.out("a:5000", "r:1", TCP, SYN)
    w.come("r:1", outside, TCP, SYN | ACK)
    w.now = 500.0
    w.come("r:1", outside, TCP, ACK)


def two_destinations(w: Watched) -> None:
    w.out("a:5000", "r:1")
    w.out("a:5000", "s:1")


def same_address(w: Watched) -> None:
    w.out("a:5000", "r:1")
    w.out("a:5000", "r:2")


def two_hosts(w: Watched) -> None:
    w.out("a:5000", "r:1")
    w.out("b:5000", "r:1")


def many_ports(w: Watched) -> None:
    for port in range(5000, 5030):
        w.out(f"a:{port}", "r:1")


def low_port(w: Watched) -> None:
    w.out("a:53", "r:1")


def hairpinned(w: Watched) -> None:
    w.out("a:5000", "r:1")
    w.out("b:5001", "nat:5000")


def attacked(w: Watched) -> None:
    w.out("a:5000", "r:1")
    w.out("a:5000", "nat:5000")
    w.out("a:5000", "r:1")
    w.now = 61.0
    w.out("a:5000", "r:1")


def both_protocols(w: Watched) -> None:
    w.out("a:5000", "r:1")
    w.out("a:5000", "r:1", TCP, SYN)


def fragment(w: Watched) -> None:
    w.out("a:5000", "r:1", UDP, FRAGMENTED)


def middle(w: Watched) -> None:
    w.out("a:5000", "r:1", TCP, ACK)


def unasked(w: Watched) -> None:
    w.come("r:1", "nat:7000")


def unasked_by_firewall(w: Watched) -> None:
    w.come("r:1", "a:7000")


def short(**changes: Any) -> dict[str, Any]:
    return {"lifetimes": Lifetimes(**{"udp_s": 30.0, **changes})}


FORWARD = (Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000")),)
SABOTAGE: list[tuple[str, dict[str, Any], dict[str, Any], Callable[[Watched], None]]] = [
    ("nothing lets in", {"filtering": ANYBODY}, {}, stranger),
    ("nothing lets in", {"filtering": ANYBODY}, {"filtering": Filtering.ADDRESS_DEPENDENT}, stranger),
    ("nothing lets in", {"filtering": Filtering.ADDRESS_DEPENDENT}, {}, other_port),
    ("nothing lets in", {}, short(), late),
    ("nothing lets in", {}, short(per_flow=True), late),
    ("nothing lets in", short(), short(refresh=Refresh.OUTBOUND), late_after_answers),
    ("nothing lets in", short(), short(absolute_s=60.0), aged),
    ("nothing lets in", {}, {"lifetimes": Lifetimes(tcp_established_s=400.0)}, late_tcp),
    ("nothing lets in", {"dmz": end("a:0").ip}, {}, unasked),
    ("nothing lets in", {"forwards": FORWARD}, {}, unasked),
    ("nothing lets in", {**NONE, "pinholes": (Pinhole(transport=Transport.UDP),)}, NONE, unasked_by_firewall),
    ("changed while it lived", {"mapping": APD, "ports": RANDOM}, {"ports": RANDOM}, two_destinations),
    (
        "changed while it lived",
        {"mapping": APD, "ports": RANDOM},
        {"mapping": Mapping.ADDRESS_DEPENDENT, "ports": RANDOM},
        same_address,
    ),
    ("given to two hosts", {"ports": PortPolicy.OVERLOADING}, {}, two_hosts),
    ("given to two hosts", {"ports": PortPolicy.OVERLOADING}, {"ports": PortPolicy.PER_FLOW}, two_hosts),
    ("another external address", {"external": (PUBLIC, SECOND), "pooling": Pooling.ARBITRARY},
     {"external": (PUBLIC, SECOND)}, many_ports),
    ("none of the external", {"external": (SECOND,)}, {}, two_hosts),
    ("is not in 40000", {"ports": RANDOM}, {"ports": RANDOM, "port_range": (40000, 50000)}, many_ports),
    ("is not in 1-1023", {"low_ports_stay_low": False}, {}, low_port),
    ("parity", {"ports": RANDOM}, {"ports": RANDOM, "parity": True}, many_ports),
    ("was hairpinned", {"hairpin": Hairpin.EXTERNAL_SOURCE, "filtering": ANYBODY}, {"filtering": ANYBODY}, hairpinned),
    ("internal source", {"hairpin": Hairpin.EXTERNAL_SOURCE, "filtering": ANYBODY},
     {"hairpin": Hairpin.INTERNAL_SOURCE}, hairpinned),
    ("nothing lets in", {"hairpin": Hairpin.EXTERNAL_SOURCE, "hairpin_filtered": False},
     {"hairpin": Hairpin.EXTERNAL_SOURCE}, hairpinned),
    ("not handled", {}, {"protocols": (Protocol.UDP,)}, both_protocols),
    ("fragment", {}, {"drop_fragments": True}, fragment),
    ("mid-connection", {"tcp_pickup": True}, {}, middle),
    ("shut out", {"hairpin": Hairpin.EXTERNAL_SOURCE},
     {"hairpin": Hairpin.EXTERNAL_SOURCE, "shuts_out_s": 60.0}, attacked),
    ("shut out", {"ports": RANDOM}, {"ports": RANDOM, "shuts_out_s": 60.0}, attacked),
    ("forbidden port", {}, {"egress": Egress(udp=NO_PORTS)}, two_hosts),
    ("forbidden prefix", {"filtering": ANYBODY},
     {"filtering": ANYBODY, "not_from": (ipaddress.ip_network("203.0.113.2/32"),)}, stranger),
    ("a firewall changed", {"ports": RANDOM}, NONE, two_hosts),
]  # fmt: skip


@pytest.mark.parametrize(("words", "is_really", "claims", "script"), SABOTAGE)
def test_a_sabotaged_nat_is_caught(
    words: str, is_really: dict[str, Any], claims: dict[str, Any], script: Callable[[Watched], None]
) -> None:
    watched = Watched(config(**is_really), config(**claims))
    script(watched)
    assert any(words in fault for fault in watched.faults), watched.faults


@pytest.mark.parametrize(("words", "is_really", "claims", "script"), SABOTAGE)
def test_an_honest_nat_is_not(
    words: str, is_really: dict[str, Any], claims: dict[str, Any], script: Callable[[Watched], None]
) -> None:
    for settings in (config(**is_really), config(**claims)):
        watched = Watched(settings, settings)
        script(watched)
        assert watched.faults == []


def test_changed_headers_are_caught() -> None:
    checker = Checker(config())
    sent: Header = (UDP, 1, 2, 3, 4)
    assert checker.outbound(sent, (UDP, int(PUBLIC), 2, 3, 5), 0.0) == ["an outbound packet changed its destination"]
    came: Header = (UDP, 3, 4, int(PUBLIC), 2)
    assert "an inbound packet changed its source" in checker.inbound(came, (UDP, 3, 5, 1, 2), 0.0)


def test_after_a_reboot_nothing_may_come_in() -> None:
    watched = Watched(config(), config())
    outside = watched.out("a:5000", "r:1")
    watched.checker.reboot([PUBLIC])
    watched.come("r:1", outside)
    assert watched.faults == ["a packet was delivered that nothing lets in"]


def test_a_port_opened_later_is_known() -> None:
    watched = Watched(config(), config())
    watched.nat.open_forward(FORWARD[0], 0.0)
    watched.come("r:1", "nat:7000")
    assert len(watched.faults) == 1
    watched.checker.opened(FORWARD[0])
    watched.come("s:1", "nat:7000")
    assert len(watched.faults) == 1
