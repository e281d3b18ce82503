"""Every value of every policy is told apart from every other by something that shows outside or inside.

A row gives, for one field of `NatConfig`, its values with the rest of the configuration, and a script. The script
plays packets and answers what hosts and peers saw; no two values may give the same answer. A field without a row, or
an enum value without a place in its row, fails.
"""

from __future__ import annotations

import enum
import ipaddress
import itertools
import struct
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import pytest

from natscope.machines.nat.config import Hairpin, NatConfig, Protocol, Unsolicited
from natscope.machines.nat.egress import NO_PORTS, Egress
from natscope.machines.nat.forwards import Forward, Pinhole, Transport
from natscope.machines.nat.lifetime import Lifetimes, Refresh
from natscope.machines.nat.packet import ACK, FIN, FRAGMENTED, ICMP, SYN, TCP, UDP, IcmpError, between
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.table import WhenFull
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering, Mapping
from tests.machines.nat.site import PUBLIC, SECOND, Site, config, end

RANDOM = PortPolicy.RANDOM
ANYBODY = Filtering.ENDPOINT_INDEPENDENT
Script = Callable[[Site], object]


@dataclass
class Row:
    """`values` of one field; `rest` of the configuration that makes them visible."""

    field: str
    values: tuple[Any, ...]
    script: Script
    rest: dict[str, Any]
    covers: type[enum.Enum] | None = None
    absent: tuple[Any, ...] = ()
    """Values of the enum that are no policies."""


def mapping(site: Site) -> object:
    seen = [site.seen("a:50000", to) for to in ("r:1", "r:2", "s:1")]
    return [seen.index(e) for e in seen], seen[0] == end("a:50000")


def filtering(site: Site) -> object:
    outside = site.seen("a:5000", "r:1")
    return [site.come(who, outside) == end("a:5000") for who in ("r:2", "s:1")]


def ports(site: Site) -> object:
    """Kept? shared with another host? towards the same peer? regular?"""
    kept = site.seen("a:5000", "r:1").port == 5000
    shared = site.seen("b:5000", "s:1").port == 5000
    stolen = site.seen("b:5000", "r:1").port == 5000
    ends = [site.seen(f"c:{port}", "r:1").port for port in range(6000, 6100)]
    return kept, shared, stolen, len({b - a for a, b in itertools.pairwise(ends)}) < 5


def port_range(site: Site) -> object:
    found = [site.seen(f"a:{port}", "r:1").port for port in range(5000, 5100)]
    return min(found) >= 40000, max(found) < 50000


def steps(site: Site) -> object:
    found = [site.seen(f"a:{port}", "r:1").port for port in range(5000, 5020)]
    return [b - a for a, b in itertools.pairwise(found)]


def parity(site: Site) -> object:
    return all((site.seen(f"a:{port}", "r:1").port - port) % 2 == 0 for port in range(5000, 5040))


def contiguity(site: Site) -> object:
    pairs = [(site.seen(f"a:{p}", "r:1").port, site.seen(f"a:{p + 1}", "r:1").port) for p in range(5000, 5040, 2)]
    return all(odd == even + 1 for even, odd in pairs)


def low_ports(site: Site) -> object:
    return site.seen("a:53", "r:1").port < 1024


def pooling(site: Site) -> object:
    by_port = {site.seen(f"a:{port}", "r:1").ip for port in range(5000, 5040)}
    remotes = [Endpoint(end("r:1").ip + n, 1) for n in range(40)]
    by_remote = {answer.ip for r in remotes if isinstance(answer := site.out("a:6000", r), Endpoint)}
    return len(by_port), len(by_remote)


def hairpin(site: Site) -> object:
    site.seen("a:5000", "r:1")
    return site.out("b:5001", "nat:5000")


def attack(site: Site) -> object:
    """Who gets out after a call to the router's own address, at once and later?"""
    outside = site.seen("a:5000", "r:1")
    site.out("a:5000", outside)
    answers = [site.out("a:5000", "r:1"), site.out("b:5000", "r:1")]
    site.wait(30)
    return [*answers, site.out("a:5000", "r:1")]


def two_silences(site: Site) -> object:
    """After which silence is the answer lost, with and without an exchange before?"""
    answers = []
    for port in (5000, 5001):
        outside = site.seen(f"a:{port}", "r:1")
        if port == 5001:
            for _ in range(3):
                site.come("r:1", outside)
                site.wait(1.5)
        site.wait(40)
        answers.append(site.come("r:1", outside))
    return answers


def stream_after(site: Site) -> object:
    outside = site.seen("a:5000", "r:1")
    site.come("r:1", outside)
    site.wait(5)
    site.come("r:1", outside)
    site.wait(40)
    return site.come("r:1", outside)


def keepalives(site: Site) -> object:
    """Which of outbound and inbound packets keep a mapping, and for how long."""
    answers = []
    for port, inward in ((5000, False), (5001, True)):
        outside = site.seen(f"a:{port}", "r:1")
        for _ in range(5):
            site.wait(20)
            answers.append(site.come("r:1", outside) if inward else site.out(f"a:{port}", "r:1"))
        site.wait(20)
        answers.append(site.come("r:1", outside))
    return answers


def two_peers(site: Site) -> object:
    outside = site.seen("a:5000", "r:1")
    site.wait(200)
    site.seen("a:5000", "s:1")
    site.wait(200)
    return site.come("r:1", outside)


def tcp_silence(seconds: float, *segments: tuple[bool, int]) -> Script:
    def script(site: Site) -> object:
        outside = site.seen("a:5000", "r:1", TCP, SYN)
        for outbound, flags in segments:
            site.out("a:5000", "r:1", TCP, flags) if outbound else site.come("r:1", outside, TCP, flags)
        site.wait(seconds)
        return site.come("r:1", outside, TCP, ACK)

    return script


def icmp_silence(site: Site) -> object:
    site.ping("a", "r", 7)
    site.wait(40)
    return site.come("r:0", "nat:7", ICMP)


def protocols(site: Site) -> object:
    return site.out("a:5000", "r:1"), site.out("a:5000", "r:1", TCP, SYN), site.ping("a", "r", 7)


def many_flows(site: Site) -> object:
    return [site.out("a:5000", f"r:{n}") for n in range(1, 9)], site.come("r:1", "nat:5000")


def icmp_error(site: Site) -> object:
    packet = between(UDP, end("a:5000"), end("r:1"))
    site.nat.outbound(packet, 0.0)
    return site.nat.inbound(IcmpError(9, packet.src, packet, 11, 0), 0.0)


def early_peer(site: Site) -> object:
    """A peer's packet comes first: is it answered, and does our port suffer?"""
    packet = between(UDP, end("r:1"), end("nat:5000"))
    answer = site.nat.refuse_inbound(packet, site.nat.inbound(packet, 0.0))
    return answer is None, site.seen("a:5000", "r:1").port


def forwards(site: Site) -> object:
    return site.come("r:1", "nat:7000"), site.seen("a:5000", "r:1").port, site.seen("a:5000", "s:1").port


def dmz(site: Site) -> object:
    return site.come("r:1", "nat:7000")


def pinhole(site: Site) -> object:
    return [site.come("r:1", to) for to in ("a:5000", "a:6000", "b:5000")], site.come("r:1", "a:5000", TCP, SYN)


def egress(site: Site) -> object:
    udp = [site.out("a:5000", to) for to in ("r:53", "r:3478", "s:3478")]
    return udp, site.out("a:5000", "r:443", TCP, SYN), site.out("a:5000", "r:80", TCP, SYN), site.ping("a", "r", 7)


def answers_of_a_peer(site: Site) -> object:
    return site.come("r:1", site.seen("a:5000", "r:1")), site.come("s:1", site.seen("a:5000", "s:1"))


def refused(site: Site) -> object:
    packet = between(UDP, end("a:5000"), end("r:1"))
    return site.nat.refuse_outbound(packet, site.nat.outbound(packet, 0.0), 1) is None


def fragment(site: Site) -> object:
    return site.out("a:5000", "r:1", UDP, FRAGMENTED)


def stun_answer(site: Site) -> object:
    outside = site.seen("a:5000", "r:1")
    body = struct.pack("!HHBBH", 1, 8, 0, 1, outside.port) + outside.ip.packed
    packet = between(UDP, end("r:1"), outside, payload=struct.pack("!HHI12x", 0x0101, len(body), 0x2112A442) + body)
    site.nat.inbound(packet, 0.0)
    return packet.payload


def mid_connection(site: Site) -> object:
    return site.out("a:5000", "r:1", TCP, ACK)


def own_addresses(site: Site) -> object:
    return site.seen("a:5000", "r:1").ip


SHORT = {"udp_s": 30.0}
OUT_DNS = Egress(udp=((53, 53),))
NETWORK = ipaddress.ip_network("203.0.113.2/32")
OPEN_BOTH = ((False, SYN | ACK), (True, ACK))
CLOSE_BOTH = (*OPEN_BOTH, (True, FIN), (False, FIN))


def life(**changes: Any) -> Lifetimes:
    return Lifetimes(**{**SHORT, **changes})


ROWS = [
    Row("external", ((PUBLIC,), (SECOND,)), own_addresses, {}),
    Row("mapping", (*list(Mapping)[:4], Mapping.NONE), mapping, {"ports": RANDOM}, Mapping, (Mapping.UNKNOWN,)),
    Row("filtering", tuple(Filtering)[:3], filtering, {}, Filtering, (Filtering.UNKNOWN,)),
    Row("ports", tuple(PortPolicy), ports, {}, PortPolicy),
    Row("port_range", ((1024, 65535), (40000, 49999), (50000, 59999)), port_range, {"ports": RANDOM}),
    Row("stride", (1, 2, 5), steps, {"ports": PortPolicy.SEQUENTIAL}),
    Row("parity", (False, True), parity, {"ports": RANDOM}),
    Row("contiguity", (False, True), contiguity, {"ports": RANDOM}),
    Row("low_ports_stay_low", (False, True), low_ports, {"ports": RANDOM}),
    Row("pooling", tuple(Pooling), pooling, {"external": (PUBLIC, SECOND)}, Pooling),
    Row("hairpin", tuple(Hairpin), hairpin, {"filtering": ANYBODY}, Hairpin),
    Row("hairpin_filtered", (False, True), hairpin, {"hairpin": Hairpin.EXTERNAL_SOURCE}),
    Row("lifetimes", (life(), life(udp_s=50.0), life(udp_stream_s=120.0)), two_silences, {}),
    Row("lifetimes", (life(udp_stream_s=120.0), life(udp_stream_s=120.0, stream_after_s=9.0)), stream_after, {}),
    Row("lifetimes", (*(life(refresh=r) for r in Refresh), life(absolute_s=60.0)), keepalives, {"ports": RANDOM}),
    Row("lifetimes", (Lifetimes(), Lifetimes(per_flow=True)), two_peers, {}),
    Row("lifetimes", (Lifetimes(), Lifetimes(tcp_transitory_s=60.0)), tcp_silence(100), {}),
    Row("lifetimes", (Lifetimes(), Lifetimes(tcp_established_s=3600.0)), tcp_silence(5000, *OPEN_BOTH), {}),
    Row("lifetimes", (Lifetimes(), Lifetimes(tcp_closing_s=10.0)), tcp_silence(100, *CLOSE_BOTH), {}),
    Row("lifetimes", (Lifetimes(), Lifetimes(icmp_s=30.0)), icmp_silence, {}),
    Row("protocols", (*itertools.combinations(Protocol, 2), tuple(Protocol)), protocols, {}),
    Row("capacity", (4, 6, 100), many_flows, {}),
    Row("udp_capacity", (None, 3, 5), many_flows, {}),
    Row("when_full", tuple(WhenFull), many_flows, {"capacity": 4}, WhenFull),
    Row("icmp_errors", (False, True), icmp_error, {}),
    Row("unsolicited", tuple(Unsolicited), early_peer, {}, Unsolicited),
    Row(
        "forwards",
        (
            (),
            (Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000")),),
            (Forward(transport=Transport.UDP, external_port=7000, internal=end("a:5000"), outbound=False),),
            (Forward(transport=Transport.UDP, external_port=7001, internal=end("a:5000")),),
        ),
        forwards,
        {},
    ),
    Row("dmz", (None, end("a:0").ip, end("b:0").ip), dmz, {}),
    Row(
        "pinholes",
        (
            (),
            (Pinhole(transport=Transport.UDP),),
            (Pinhole(transport=Transport.TCP),),
            (Pinhole(transport=Transport.UDP, ports=(5000, 5000)),),
            (Pinhole(transport=Transport.UDP, host=end("a:0").ip),),
        ),
        pinhole,
        {"external": (), "mapping": Mapping.NONE},
    ),
    Row(
        "egress",
        (
            Egress(),
            Egress(udp=NO_PORTS),
            OUT_DNS,
            Egress(tcp=((443, 443),)),
            Egress(icmp=False),
            Egress(not_to=(NETWORK,)),
            Egress(udp=NO_PORTS, tcp=((443, 443),), icmp=False),
        ),
        egress,
        {},
    ),
    Row("not_from", ((), (NETWORK,)), answers_of_a_peer, {}),
    Row("answer_refused", (False, True), refused, {"egress": OUT_DNS}),
    Row("drop_fragments", (False, True), fragment, {}),
    Row("stun_alg", (False, True), stun_answer, {}),
    Row("tcp_pickup", (False, True), mid_connection, {}),
    Row("shuts_out_s", (0.0, 10.0, 60.0), attack, {"hairpin": Hairpin.EXTERNAL_SOURCE}),
]


def settings(row: Row, value: Any) -> NatConfig:
    chosen = {**row.rest, row.field: value}
    if value is Mapping.NONE:
        chosen = {"external": (), "mapping": value}
    return config(**chosen)


@pytest.mark.parametrize("row", ROWS, ids=[f"{n}-{row.field}" for n, row in enumerate(ROWS)])
def test_no_two_values_look_the_same(row: Row) -> None:
    answers = {str(value): row.script(Site(settings(row, value))) for value in row.values}
    assert len(answers) == len(row.values)
    for (one, seen), (other, also) in itertools.combinations(answers.items(), 2):
        assert seen != also, f"{row.field}: nothing tells {one} from {other}"


@pytest.mark.parametrize("row", [r for r in ROWS if r.covers], ids=lambda r: str(r.field))
def test_every_value_of_an_enum_has_its_place(row: Row) -> None:
    assert row.covers is not None
    assert set(row.values) | set(row.absent) == set(row.covers)


def test_every_policy_has_a_row() -> None:
    assert {row.field for row in ROWS} == {f.name for f in fields(NatConfig)}


def test_every_lifetime_is_told_apart_by_some_row() -> None:
    values = [v for row in ROWS if row.field == "lifetimes" for v in row.values]
    for field in fields(Lifetimes):
        assert len({getattr(value, field.name) for value in values}) > 1, field.name


def test_a_value_that_changes_nothing_is_caught() -> None:
    """A script that looks elsewhere does not pass."""
    blind = Row("parity", (False, True), filtering, {})
    with pytest.raises(AssertionError, match="nothing tells False from True"):
        test_no_two_values_look_the_same(blind)
