"""Situations in which somebody refuses UDP in words: this computer's own rules, or a router on the way."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder


def own_rules() -> Report:
    """This computer's packet filter lets no UDP out: the system refuses every request before it is sent."""
    builder = Builder()
    refused: dict[str, Any] = {
        "outcome": Outcome.LOCAL_ERROR,
        "error": "permission",
        "bytes_sent": 0,
    }
    for region, code, name, rtt in PLACES[:4]:
        for turn in range(4):
            builder.stun(region, 4, None, turn * 100.0, **refused)
        words = ("permission", "this computer's own rules forbid to send there")
        builder.relay(region, code, name, https=rtt + 28.4, ask=(), error=words)
    builder.relays = [msgspec.structs.replace(relay, loss=1.0) for relay in builder.relays]
    answered = tuple(o.id for o in builder.observations if o.kind == "https.latency")
    return builder.report(
        udp=Tri.NO,
        udp_reason="4 hosts gave no answer over UDP, while TCP or ICMP to the same host was answered",
        ipv4=FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("10.20.4.17",), evidence=answered),
    )


def udp_refused() -> Report:
    """A router on the way refuses UDP in words; it sends only a few ICMP errors a second, the rest is silence."""
    builder = Builder()
    told = {"reporter": "10.20.0.1", "icmp": "administratively prohibited"}
    for region, code, name, rtt in PLACES[:4]:
        refused: dict[str, Any] = {"outcome": Outcome.ICMP_ERROR, "error": "host-unreachable", "data": told}
        builder.stun(region, 4, None, 0.0, **refused)
        for turn in (100.0, 200.0, 600.0):
            builder.stun(region, 4, None, turn)
        words = ("icmp", "a router at 10.20.0.1 refuses: administratively prohibited")
        builder.relay(region, code, name, https=rtt + 28.4, ask=(), error=words)
    builder.relays = [msgspec.structs.replace(relay, loss=1.0) for relay in builder.relays]
    answered = tuple(o.id for o in builder.observations if o.kind == "https.latency")
    return builder.report(
        udp=Tri.NO,
        udp_reason="4 hosts gave no answer over UDP, while TCP or ICMP to the same host was answered",
        duration_ms=5000.0,
        ipv4=FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("10.20.4.17",), evidence=answered),
    )
