"""Stored reports about the way: carriers, double NAT, other UDP ports, long packets, translated IPv6."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, NatReport, Report
from natscope.model.report_path import HopReport, Nat64Report, PathFamilyReport, PathReport, UdpPortReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_marks import NO_HELPER
from natscope.netcheck.assemble_rate import udp_rate
from natscope.netcheck.assemble_shapes import udp_shapes
from tests.reports.builder import PLACES, Builder, nat_report, six_works

RELAY = "198.51.100.3:3478"
MARKS = dict.fromkeys(("ecn", "dscp"), NO_HELPER)


def _relays(builder: Builder, *, ask: tuple[int, ...] = (4,), mapped: str = "") -> None:
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt if 4 in ask else None, ask=ask, mapped=mapped)


def _hop(builder: Builder, number: int, address: str, place: str, translates: Tri) -> HopReport:
    name = builder.observe(
        "path.hop", Outcome.ICMP_ERROR, target=RELAY, family=4, source=address, bytes_sent=40, sent_ms=12.0,
        received_ms=13.5, summary=f"{address} says: its hop limit ran out on the way",
        data={"ttl": number, "expired": True},
    )  # fmt: skip
    return HopReport(number=number, address=address, place=place, translates=translates, evidence=(name,))


def with_layers(builder: Builder, hops: list[tuple[str, str, Tri]], **fields: Any) -> NatReport:
    """The builder's translation with routers on the way: address, place, whether it translates."""
    told = tuple(_hop(builder, number, *hop) for number, hop in enumerate(hops, start=1))
    evidence = tuple(name for hop in told for name in hop.evidence)
    four = builder.nat(4)
    part = msgspec.structs.replace(four, hops=told, evidence=(*four.evidence, *evidence), **fields)
    return msgspec.structs.replace(nat_report(part, builder.nat(6), part), layers=part.layers)


def cgnat() -> Report:
    builder = Builder()
    _relays(builder, mapped="203.0.113.77:31012")
    hops = [("192.168.1.1", "private", Tri.YES), ("100.64.0.1", "shared", Tri.YES), ("203.0.113.1", "public", Tri.NO)]
    by = "the addresses of the routers on the way"
    nat = with_layers(builder, hops, layers=2, layers_by=by, cgnat=Tri.YES, double_nat=Tri.NO)
    return builder.report(udp=Tri.YES, nat=nat)


def double_nat() -> Report:
    builder = Builder()
    _relays(builder)
    told = builder.observe(
        "portmap.service", Outcome.ANSWERED, target="192.168.1.1:5351", family=4, source="192.168.1.1:5351",
        summary="NAT-PMP answers", data={"service": "nat-pmp", "external": "192.168.0.2"},
    )  # fmt: skip
    hops = [("192.168.1.1", "private", Tri.YES), ("192.168.0.1", "private", Tri.YES), ("203.0.113.1", "public", Tri.NO)]
    reasons = {"cgnat": "the router's own address is no public one: at least two translate"}
    nat = with_layers(
        builder, hops, layers=2, layers_by="the gateway's own external address", double_nat=Tri.YES, reasons=reasons
    )
    four = msgspec.structs.replace(nat.v4, evidence=(*nat.v4.evidence, told))
    return builder.report(udp=Tri.YES, nat=msgspec.structs.replace(nat, v4=four))


def double_nat_possible() -> Report:
    builder = Builder()
    _relays(builder)
    unknown = Tri.UNKNOWN
    hops = [("192.168.1.1", "private", unknown), ("10.20.0.1", "private", unknown), ("203.0.113.1", "public", unknown)]
    words = "several routers with private addresses in a row: a routed network and a double NAT look alike from here"
    nat = with_layers(builder, hops, reasons=dict.fromkeys(("layers", "cgnat", "double_nat"), words))
    return builder.report(udp=Tri.YES, nat=nat)


def udp_other_ports() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[:3]:
        builder.relay(region, code, name, https=rtt + 28.4)
    silent = tuple(o.id for o in builder.observations if o.kind == "stun.binding")
    answers = {
        port: builder.observe(
            "udp.port", Outcome.ANSWERED, target=f"198.51.100.2:{port}", family=4, region_id=1, node="1a",
            sent_ms=1510.0, received_ms=1540.0, rtt_ms=30.0, bytes_sent=40, bytes_received=32,
            data={"mapped": "203.0.113.24:41641"},
        )
        for port in (53, 443)
    }  # fmt: skip
    ports = tuple(UdpPortReport(port=port, open=Tri.YES, evidence=(name,)) for port, name in answers.items())
    reason = "relays that are silent there answer on another port"
    closed = UdpPortReport(port=3478, open=Tri.NO, reason=reason, evidence=silent)
    return builder.report(
        udp=Tri.NO,
        udp_reason="12 requests to 3 hosts unanswered, while 3 answered over TCP",
        ipv4=FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("10.20.4.17",), evidence=silent[:4]),
        path=PathReport(udp_ports=(*ports, closed)),
    )


def _sized(builder: Builder, size: int, *, whole: bool, purpose: str, arrives: bool) -> tuple[str, ...]:
    outcome = Outcome.ANSWERED if arrives else Outcome.NO_ANSWER
    return tuple(
        builder.observe(
            "path.size", outcome, target=RELAY, family=4, sent_ms=400.0 + 120 * turn, bytes_sent=size - 28,
            data={"size": size, "whole": whole, "purpose": purpose, "interface_mtu": 1500},
        )
        for turn in range(1 if arrives else 6)
    )  # fmt: skip


def _long_packets(sizes: list[tuple[int, bool, str, bool]], **fields: Any) -> Report:
    builder = Builder()
    _relays(builder)
    ids = [
        i for size, whole, purpose, ok in sizes for i in _sized(builder, size, whole=whole, purpose=purpose, arrives=ok)
    ]
    ids += [i for _ in range(5) for i in _sized(builder, 68, whole=True, purpose="control", arrives=True)]
    four = PathFamilyReport(evidence=tuple(ids)[:24], reasons=dict(MARKS), **fields)
    return builder.report(udp=Tri.YES, path=PathReport(v4=four))


def mtu_black_hole() -> Report:
    sizes = [(1280, True, "least", True), (1340, True, "wireguard", False), (1500, True, "full", False)]
    return _long_packets(sizes, mtu=1280, black_hole=Tri.YES, fragments=Tri.UNKNOWN, wireguard=Tri.NO)


def fragments_dropped() -> Report:
    sizes = [(1340, True, "wireguard", True), (1500, True, "full", True), (1700, False, "pieces", False)]
    return _long_packets(sizes, mtu=1500, mtu_exact=True, black_hole=Tri.NO, fragments=Tri.NO, wireguard=Tri.YES)


def nat66() -> Report:
    builder = Builder()
    builder.local[6] = "[fd00:1::1c9e]:41641"
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v6=rtt, ask=(6,), mapped="[2001:db8:66::1]:41641")
    six = msgspec.structs.replace(six_works(builder), local=("fd00:1::1c9e",))
    return builder.report(udp=Tri.YES, ipv6=six)


def nat64() -> Report:
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v6=rtt, ask=(6,), mapped="203.0.113.64:41641")
    told = builder.observe(
        "nat64.prefix", Outcome.ANSWERED, target="ipv4only.arpa", family=6, sent_ms=1.0, received_ms=4.0, rtt_ms=3.0,
        data={"prefixes": ["64:ff9b::/96"]},
    )  # fmt: skip
    ipv4 = FamilyReport(
        os_support=Tri.YES, works=Tri.NO, state="absent", reason="this host has no IPv4 address", evidence=(told,)
    )
    found = Nat64Report(state=Tri.YES, prefixes=("64:ff9b::/96",), reason="", evidence=(told,))
    return builder.report(udp=Tri.YES, ipv6=six_works(builder), ipv4=ipv4, path=PathReport(nat64=found))


def _trains(passes: float, upload_ms: float | None = None) -> Report:
    """Trains of which so many packets a second get through, and an upload beside them."""
    builder = Builder()
    _relays(builder)
    everything = (("slow", 25), ("rise", 100), ("rise", 250), ("rise", 500), ("again", 500), ("slow", 25))
    for number, (purpose, rate) in enumerate(everything if upload_ms is not None else everything[:4], start=1):
        part = max(1, rate // 8)
        there = [min(part, round(passes / 8) + (15 if n == 0 else 0)) for n in range(8)]
        builder.observe(
            "udp.train",
            Outcome.ANSWERED,
            target=RELAY,
            family=4,
            sent_ms=2000.0 * number,
            rtt_ms=20.0,
            bytes_sent=972 * rate + 250,
            bytes_received=972 * sum(there) + 250,
            summary=f"{sum(there)} of {8 * part} arrived, {sum(there)} came back",
            data={
                "purpose": purpose,
                "rate": rate,
                "size": 1000,
                "tries": rate + 3,
                "granted": rate,
                "granted_rate": rate,
                "late": False,
                "parts": [[n * 125.0, part, count, count, 20.0] for n, count in enumerate(there)],
                "sent_span_ms": 1000.0 - 1000 / rate,
                "arrived_span_ms": 990.0,
                "back_span_ms": 990.0,
            },
        )
    if upload_ms is not None:
        builder.observe(
            "tcp.upload",
            Outcome.ANSWERED,
            target="198.51.100.3:443",
            family=4,
            sent_ms=15000.0,
            bytes_sent=147456,
            data={"bytes": 147456, "requests": 24, "connect_ms": 20.0, "answers": 24, "upload_ms": upload_ms},
        )
    return builder.report(udp=Tri.YES, path=PathReport(udp_rate=udp_rate(builder.observations)))


def udp_policed() -> Report:
    return _trains(75, 93.0)


def udp_not_policed() -> Report:
    return _trains(10_000)


def queue_fills() -> Report:
    """A line with a deep queue: fast trains end early, because their packets come back late."""
    builder = Builder()
    _relays(builder)
    for number, (purpose, rate) in enumerate((("slow", 25), ("rise", 100), ("rise", 250)), start=1):
        late = rate > 25
        parts = [[n * 125.0, rate // 8, rate // 8, rate // 8, 20.0 + 95.0 * n * late] for n in range(5 if late else 8)]
        builder.observe(
            "udp.train",
            Outcome.ANSWERED,
            target=RELAY,
            family=4,
            sent_ms=2000.0 * number,
            rtt_ms=20.0,
            bytes_sent=972 * rate,
            bytes_received=972 * rate,
            summary="all arrived and came back",
            data={
                "purpose": purpose,
                "rate": rate,
                "size": 1000,
                "tries": rate + 3,
                "granted": rate,
                "granted_rate": rate,
                "late": late,
                "parts": parts,
                "sent_span_ms": 125.0 * len(parts),
                "arrived_span_ms": 125.0 * len(parts) + 95.0 * late,
                "back_span_ms": 125.0 * len(parts) + 95.0 * late,
            },
        )
    return builder.report(udp=Tri.YES, path=PathReport(udp_rate=udp_rate(builder.observations)))


def _shaped(passing: tuple[str, ...], silent: tuple[str, ...]) -> tuple[Builder, PathReport]:
    """Datagrams of these looks beside each other; STUN's plain requests are among those that pass, or all are lost."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:4]:
        builder.relay(region, code, name, v4=rtt if "stun" in passing else None, https=rtt + 20.0)
    for shape in (*passing, *silent):
        outcome = Outcome.ANSWERED if shape in passing else Outcome.NO_ANSWER
        builder.observe("udp.shape", outcome, target=RELAY, family=4, region_id=2, sent_ms=400.0, bytes_sent=64,
                        data={"shape": shape, "tries": 6, "answered": 6 * (shape in passing)})  # fmt: skip
    return builder, PathReport(udp_shapes=udp_shapes(builder.observations))


def stun_filtered() -> Report:
    builder, path = _shaped(("opaque",), ("stun",))
    four = FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("192.168.1.20",), evidence=("o1",))
    return builder.report(udp=Tri.YES, path=path, ipv4=four)


def wireguard_filtered() -> Report:
    builder, path = _shaped(("stun", "opaque"), ("wireguard",))
    told = {"tries": 1, "sent": 0x8A, "told": 0x88}
    words = "sent 0x8a, came as 0x88"
    marks = builder.observe("path.marks", Outcome.ANSWERED, target=RELAY, family=4, bytes_sent=68, data=told,
                            summary=words)  # fmt: skip
    four = PathFamilyReport(ecn=Tri.NO, dscp=Tri.YES, evidence=(marks,))
    return builder.report(udp=Tri.YES, path=msgspec.structs.replace(path, v4=four))


PATH_SCENES = (
    cgnat, double_nat, double_nat_possible, udp_other_ports, mtu_black_hole, fragments_dropped, nat66, nat64,
    udp_policed, udp_not_policed, queue_fills,
    stun_filtered, wireguard_filtered,
)  # fmt: skip
