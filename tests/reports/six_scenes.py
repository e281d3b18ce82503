"""Stored reports about IPv6 that works, but not well."""

from __future__ import annotations

from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder, six_works


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


SIX_SCENES = (ipv6_udp_dropped, ipv6_slower)
