"""Stored reports about IPv6 that works, but not well."""

from __future__ import annotations

from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder, six_works
from tests.reports.nat_scenes import with_nat


def ipv6_udp_dropped() -> Report:
    """TCP passes over IPv6, UDP does not come back."""
    builder = Builder()
    alive = []
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt, ask=(4, 6))
        alive.append(
            builder.observe("https.latency", Outcome.ANSWERED, target=f"[2001:db8:1::{region:x}]:443", family=6,
                            region_id=region, rtt_ms=rtt, data={"tcp_ms": rtt, "tls_ms": 2 * rtt, "request_ms": rtt})
        )  # fmt: skip
    six = FamilyReport(
        os_support=Tri.YES, works=Tri.YES, state="works", local=("2001:db8:42::1c9e",), evidence=tuple(alive)
    )
    return builder.report(udp=Tri.YES, ipv6=six)


def ipv6_slower() -> Report:
    """IPv6 comes by a tunnel from far away."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:7]:
        builder.relay(region, code, name, v4=rtt, v6=rtt + 41.0, ask=(4, 6))
    return builder.report(udp=Tri.YES, ipv6=six_works(builder))


def ipv6_short_silence() -> Report:
    """The IPv6 firewall forgets after 20 s; the NAT beside it keeps."""
    builder = Builder()
    for region, code, name, rtt in PLACES[1:5]:
        builder.relay(region, code, name, v4=rtt, v6=rtt, ask=(4, 6))
    ids = tuple(
        builder.observe("nat.lifetime", Outcome.ANSWERED if alive else Outcome.NO_ANSWER, family=6,
                        target="[2001:db8:1::2]:3479", socket="[2001:db8:42::1c9e]:31000", sent_ms=1000 * age_s,
                        summary=f"silent: after {silence_s:g} s the mapping {'lives' if alive else 'has ended'}",
                        data={"test": "silent", "method": "order", "age_s": age_s, "alive": alive,
                              "silence_s": silence_s, "number": 0})
        for alive, silence_s, age_s in ((True, 19.5, 21.8), (False, 20.5, 22.8), (False, 22.5, 24.8))
    )  # fmt: skip
    report = builder.report(udp=Tri.YES, ipv6=six_works(builder))
    report = with_nat(report, mapping_lifetime_at_least_s=75.0)
    return with_nat(report, 6, mapping_lifetime_s=20.0, evidence=(*report.nat.v6.evidence, *ids))


SIX_SCENES = (ipv6_udp_dropped, ipv6_slower, ipv6_short_silence)
