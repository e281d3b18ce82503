"""The fast NAT, the typed reference and the checker agree on whatever hosts, peers and time do."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.nat.config import Hairpin, NatConfig, Protocol, Unsolicited
from natscope.machines.nat.egress import EVERYTHING, Egress
from natscope.machines.nat.forwards import Forward, Transport
from natscope.machines.nat.invariants import Checker
from natscope.machines.nat.lifetime import Lifetimes, Refresh
from natscope.machines.nat.packet import between
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.table import WhenFull
from natscope.machines.nat.translator import Nat, is_drop
from natscope.machines.nat.verdicts import NAMES
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.reference import ICMP, TCP, UDP, Outcome, Reference
from tests.machines.nat.site import PUBLIC, SECOND, destination, end, source

INSIDE = [end(f"{host}:{port}") for host in "ab" for port in (53, 5000, 5001, 5002)]
PEERS = [end(f"{host}:{port}") for host in "rs" for port in (53, 3478)]
DMZ = ipaddress.IPv4Address("192.168.1.12")
V6_PREFIX = int(ipaddress.IPv6Address("2001:db8::"))
FORWARDS = (
    Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5001")),
    Forward(transport=Transport.UDP, external_port=7001, internal=end("b:5000"), outbound=False),
    Forward(transport=Transport.TCP, external_port=7000, internal=end("b:5002")),
)

lifetimes = st.builds(
    Lifetimes,
    udp_s=st.just(10.0),
    udp_stream_s=st.sampled_from([None, 20.0]),
    tcp_established_s=st.just(40.0),
    tcp_transitory_s=st.just(8.0),
    tcp_closing_s=st.just(4.0),
    icmp_s=st.just(5.0),
    absolute_s=st.sampled_from([None, None, 25.0]),
    refresh=st.sampled_from(Refresh),
    per_flow=st.booleans(),
)


def in_ipv6(ip: IPAddress) -> IPAddress:
    """The same place in IPv6."""
    return ipaddress.IPv6Address(V6_PREFIX + int(ip))


def end_in_ipv6(place: Endpoint) -> Endpoint:
    return Endpoint(in_ipv6(place.ip), place.port)


def config_in_ipv6(settings: NatConfig) -> NatConfig:
    """The same NAT for IPv6; a firewall takes both anyway."""
    return replace(
        settings,
        external=tuple(in_ipv6(ip) for ip in settings.external),
        forwards=tuple(replace(forward, internal=end_in_ipv6(forward.internal)) for forward in settings.forwards),
        dmz=None if settings.dmz is None else in_ipv6(settings.dmz),
    )


@st.composite
def configs(draw: st.DrawFn) -> NatConfig:
    mapping = draw(st.sampled_from([m for m in Mapping if m is not Mapping.UNKNOWN]))
    fields: dict[str, Any] = {
        "mapping": mapping,
        "filtering": draw(st.sampled_from([f for f in Filtering if f is not Filtering.UNKNOWN])),
        "lifetimes": draw(lifetimes),
        "capacity": draw(st.sampled_from([1000, 1000, 5])),
        "when_full": draw(st.sampled_from(WhenFull)),
        "udp_capacity": draw(st.sampled_from([None, None, 3])),
        "egress": draw(st.sampled_from([EVERYTHING, EVERYTHING, Egress(udp=((53, 53), (5000, 5002)))])),
        "tcp_pickup": draw(st.booleans()),
        "protocols": draw(st.sampled_from([tuple(Protocol), tuple(Protocol), (Protocol.UDP,)])),
    }
    if mapping is not Mapping.NONE:
        fields |= {
            "external": draw(st.sampled_from([(PUBLIC,), (PUBLIC, SECOND)])),
            "ports": draw(st.sampled_from(PortPolicy)),
            "port_range": draw(st.sampled_from([(1024, 65535), (40000, 40007)])),
            "stride": draw(st.sampled_from([1, 2, 3])),
            "parity": draw(st.booleans()),
            "contiguity": draw(st.booleans()),
            "low_ports_stay_low": draw(st.booleans()),
            "pooling": draw(st.sampled_from([Pooling.PAIRED, Pooling.ARBITRARY])),
            "hairpin": draw(st.sampled_from(Hairpin)),
            "hairpin_filtered": draw(st.booleans()),
            "forwards": draw(st.sampled_from([(), (), FORWARDS])),
            "unsolicited": draw(st.sampled_from(Unsolicited)),
            "dmz": draw(st.sampled_from([None, None, DMZ, end("a:0").ip])),
        }
    return NatConfig(**fields)


pauses = st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 5.0, 8.0, 10.0, 25.0, 9.75])
protocols = st.sampled_from([UDP, UDP, UDP, TCP, TCP, ICMP])
flags = st.sampled_from([2, 2, 0x12, 0x10, 1, 4])
places = st.integers(0, 30)
steps = st.tuples(st.sampled_from(["out", "out", "in", "in", "turn"]), protocols, flags, places, places, pauses)


class Trio:
    """The three, fed the same. In IPv6 what would be a ping is a datagram."""

    def __init__(self, config: NatConfig, family: int = 4) -> None:
        config = config if family == 4 else config_in_ipv6(config)
        self.family = family
        self.inside = INSIDE if family == 4 else [end_in_ipv6(place) for place in INSIDE]
        self.peers = PEERS if family == 4 else [end_in_ipv6(place) for place in PEERS]
        self.nat = Nat(config, b"agreement")
        self.reference = Reference(config)
        self.checker = Checker(config)
        self.now = 0.0
        self.ours = [Endpoint(ip, port) for ip in config.external for port in (5000, 7000, 7001)] or self.inside[:2]

    def step(self, kind: str, proto: int, flag: int, one: int, other: int, pause: float) -> None:
        self.now += pause
        proto = UDP if proto == ICMP and self.family == 6 else proto
        used = flag if proto == TCP else 0
        inside, own = self.inside[one % len(self.inside)], self.ours[-1 - other % len(self.ours)]
        peer = self.peers[(one if kind == "in" else other) % len(self.peers)]
        if proto == ICMP:
            peer = Endpoint(peer.ip, 0)
        if kind == "out":
            self.out(proto, inside, peer, used)
        elif kind == "turn":
            self.out(proto, inside, own, used)
        else:
            self.come(proto, peer, own, used)
        assert self.reference.faults == []

    def finish(self) -> None:
        """Both remember the same."""
        self.reference.expire(self.now)
        ours = sorted((v.protocol, str(v.internal), str(v.external), sorted(map(str, v.remotes)))
                      for v in self.nat.mappings(self.now))  # fmt: skip
        theirs = sorted((m.proto, str(m.inside), str(m.outside), sorted(str(f.remote) for f in m.flows))
                        for m in self.reference.mappings)  # fmt: skip
        assert ours == theirs
        assert len(self.nat._flows_out) == len(self.nat._flows_in) == sum(len(m[3]) for m in ours)

    def out(self, proto: int, inside: Endpoint, to: Endpoint, flag: int) -> None:
        packet = between(proto, inside, to, flags=flag)
        before = packet.header()
        verdict = self.nat.outbound(packet, self.now)
        flow = self.nat._flows_out.get(before)
        told = None if flow is None else Endpoint(ipaddress.ip_address(flow.ext_ip), flow.ext_port)
        outcome = self.reference.outbound(proto, inside, to, flag, self.now, told)
        self.compare(outcome, verdict, source(packet), destination(packet))
        after = None if is_drop(verdict) else packet.header()
        assert self.checker.outbound(before, after, self.now, flags=flag) == []
        if told is not None and told not in self.ours:
            self.ours.append(told)

    def come(self, proto: int, peer: Endpoint, to: Endpoint, flag: int) -> None:
        packet = between(proto, peer, to, flags=flag)
        before = packet.header()
        verdict = self.nat.inbound(packet, self.now)
        self.compare(
            self.reference.inbound(proto, peer, to, flag, self.now), verdict, source(packet), destination(packet)
        )
        after = None if is_drop(verdict) else packet.header()
        assert self.checker.inbound(before, after, self.now, flags=flag, family=self.family) == []

    def compare(self, outcome: Outcome, verdict: int, seen_source: Endpoint, seen_destination: Endpoint) -> None:
        assert outcome.word == NAMES[verdict]
        if not is_drop(verdict):
            assert (outcome.source, outcome.destination) == (seen_source, seen_destination)


@settings(max_examples=400, deadline=None)
@given(configs(), st.sampled_from([4, 4, 6]), st.lists(steps, max_size=40))
def test_the_three_agree(config: NatConfig, family: int, actions: list[tuple[str, int, int, int, int, float]]) -> None:
    trio = Trio(config, family)
    for action in actions:
        trio.step(*action)
    trio.finish()


@settings(max_examples=100, deadline=None)
@given(configs(), st.lists(steps, max_size=40))
def test_nothing_is_left_when_all_have_been_silent(
    config: NatConfig, actions: list[tuple[str, int, int, int, int, float]]
) -> None:
    trio = Trio(config)
    for action in actions:
        trio.step(*action)
    while (deadline := trio.nat.deadline()) is not None:
        refusals = trio.nat.expire(deadline)
        assert not refusals or config.unsolicited is Unsolicited.REJECT
    assert not trio.nat._flows_out
    assert all(m.static for m in trio.nat.mappings(trio.now))


def test_nothing_is_turned_round_to_a_mapping_that_has_ended() -> None:
    """Its receiver is silent, so the mapping ends while the sender's goes on."""
    brief = Lifetimes(udp_s=10.0, refresh=Refresh.OUTBOUND)
    trio = Trio(NatConfig(external=(PUBLIC,), hairpin=Hairpin.INTERNAL_SOURCE, hairpin_filtered=False, lifetimes=brief))
    for action in [("out", UDP, 0, 0, 0, 0.0), *[("turn", UDP, 0, 1, 0, 5.0)] * 3]:
        trio.step(*action)
    trio.finish()


@settings(max_examples=50, deadline=None)
@given(configs(), st.lists(steps, max_size=30))
def test_the_same_seed_makes_the_same_choices(
    config: NatConfig, actions: list[tuple[str, int, int, int, int, float]]
) -> None:
    one, other = Trio(config), Trio(config)
    for action in actions:
        one.step(*action)
        other.step(*action)
    assert one.nat.mappings(one.now) == other.nat.mappings(other.now)
    assert one.nat.counters == other.nat.counters
