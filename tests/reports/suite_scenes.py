"""Situations in which a security suite runs on this computer: UDP refused, UDP silent, and all well."""

from __future__ import annotations

from typing import Any

import msgspec

from natscope.model.observation import Outcome
from natscope.model.report import FamilyReport, Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble_surroundings import surroundings_report
from tests.reports.builder import PLACES, Builder
from tests.reports.surrounding_scenes import computer, looked

SNITCH = {"name": "OpenSnitch", "sign": "the process opensnitchd"}
FALCON = {"name": "CrowdStrike Falcon", "sign": "the kernel module falcon_nf_netcontain"}


def _reported(builder: Builder, suite: dict[str, str], **changes: Any) -> Report:
    looked(builder)
    computer(builder, suites=[suite])
    report = builder.report(**changes)
    return msgspec.structs.replace(report, surroundings=surroundings_report(report.observations, None))


def _without_udp(builder: Builder, suite: dict[str, str]) -> Report:
    answered = tuple(o.id for o in builder.observations if o.kind == "https.latency")
    return _reported(
        builder,
        suite,
        udp=Tri.NO,
        udp_reason="4 hosts gave no answer over UDP, while TCP or ICMP to the same host was answered",
        ipv4=FamilyReport(os_support=Tri.YES, works=Tri.YES, state="works", local=("192.168.1.20",), evidence=answered),
    )


def suite_refuses() -> Report:
    """A firewall app lets no UDP out: the system refuses every request."""
    builder = Builder()
    refused: dict[str, Any] = {"outcome": Outcome.LOCAL_ERROR, "error": "permission", "bytes_sent": 0}
    for region, code, name, rtt in PLACES[:4]:
        for turn in range(4):
            builder.stun(region, 4, None, turn * 100.0, **refused)
        words = ("permission", "this computer's own rules forbid to send there")
        builder.relay(region, code, name, https=rtt + 28.4, ask=(), error=words)
    return _without_udp(builder, SNITCH)


def suite_silent() -> Report:
    """A suite is in network containment, or the network drops UDP: from here both look alike."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, https=rtt + 28.4)
    return _without_udp(builder, FALCON)


def suite_idle() -> Report:
    """A suite runs, and UDP works."""
    builder = Builder()
    for region, code, name, rtt in PLACES[:4]:
        builder.relay(region, code, name, v4=rtt)
    return _reported(builder, SNITCH, udp=Tri.YES)


SUITE_SCENES = (suite_refuses, suite_silent, suite_idle)
