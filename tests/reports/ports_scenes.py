"""Stored reports about public ports, lifetimes, and routers that edit packets or turn them round."""

from __future__ import annotations

from typing import Any

from natscope.model.nat import AddressPooling, PortAllocation, PortCollision
from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.reports.builder import PLACES, Builder
from tests.reports.nat_scenes import with_nat

SERVER = "198.51.100.3:3478"
OWN = "192.168.1.20:31000"
OUTSIDE = "203.0.113.24:31000"


def _relays(builder: Builder, varying: bool = False) -> None:
    for region, code, name, rtt in PLACES[1:5]:
        mapped = f"203.0.113.24:{7000 + region}" if varying else ""
        builder.relay(region, code, name, v4=rtt, mapped=mapped)


def _port(builder: Builder, number: int, mapped: str, **data: Any) -> str:
    return builder.observe(
        "nat.port",
        Outcome.ANSWERED,
        target=SERVER,
        family=4,
        socket=f"192.168.1.20:{31000 + 40 * number}",
        sent_ms=300.0,
        received_ms=309.8,
        rtt_ms=9.8,
        bytes_sent=40,
        bytes_received=32,
        data={"mapped": mapped, **data},
    )


def _test(builder: Builder, test: str, alive: bool, silence_s: float, age_s: float, number: int = 0) -> str:
    words = "lives" if alive else "has ended"
    return builder.observe(
        "nat.lifetime",
        Outcome.ANSWERED if alive else Outcome.NO_ANSWER,
        target=SERVER,
        family=4,
        socket=OWN,
        sent_ms=round(age_s * 1000, 1),
        summary=f"{test}: after {silence_s:g} s the mapping {words}",
        data={
            "test": test,
            "method": "order",
            "age_s": age_s,
            "alive": alive,
            "silence_s": silence_s,
            "number": number,
        },
    )


def _report(builder: Builder) -> Report:
    return builder.report(udp=Tri.YES, captive_portal=Tri.NO, captive_portal_reason="", not_measured=())


def ports_in_a_row() -> Report:
    """Each peer sees another port, and they follow each other."""
    builder = Builder()
    _relays(builder, varying=True)
    ids = [_port(builder, n, f"203.0.113.24:{7010 + n}", order=n, turn=1) for n in range(16)]
    report = _report(builder)
    return with_nat(
        report,
        port_allocation=PortAllocation.SEQUENTIAL,
        port_step=1,
        port_samples=16,
        port_prediction=0.94,
        port_parity=Tri.NO,
        port_contiguity=Tri.NO,
        pooling=AddressPooling.PAIRED,
        evidence=(*report.nat.v4.evidence, *ids[:12]),
    )


def no_hairpin() -> Report:
    builder = Builder()
    _relays(builder)
    name = builder.observe(
        "nat.hairpin",
        Outcome.NO_ANSWER,
        target="203.0.113.24:31040",
        family=4,
        socket=OWN,
        sent_ms=900.0,
        bytes_sent=240,
        summary="nothing came round",
        data={"calls": 6, "controls": 6, "controls_answered": 6, "shows": "", "stable": True, "server": SERVER},
    )
    report = _report(builder)
    return with_nat(report, hairpinning=Tri.NO, evidence=(*report.nat.v4.evidence, name))


def port_taken_over() -> Report:
    builder = Builder()
    _relays(builder)
    name = builder.observe(
        "nat.port",
        Outcome.ANSWERED,
        target=SERVER,
        family=4,
        socket="192.168.1.21:31000",
        sent_ms=300.0,
        bytes_sent=120,
        summary=f"one was seen as {OUTSIDE}, the other as {OUTSIDE}",
        data={"collision": dict.fromkeys(("first", "second", "second_at_the_same"), OUTSIDE), "with": OWN},
    )
    report = _report(builder)
    return with_nat(report, port_collision=PortCollision.TAKEN_OVER, evidence=(*report.nat.v4.evidence, name))


def stun_edited() -> Report:
    """An ALG: the plain address is the private one."""
    builder = Builder()
    _relays(builder)
    name = _port(builder, 0, "203.0.113.24:31000", plain=1, mapped_address=OWN)
    report = _report(builder)
    return with_nat(report, stun_alg=Tri.YES, evidence=(*report.nat.v4.evidence, name))


def lifetime_short() -> Report:
    builder = Builder()
    _relays(builder)
    ids = (
        _test(builder, "silent", True, 19.5, 21.8),
        _test(builder, "silent", False, 20.5, 22.8),
        _test(builder, "silent", False, 22.5, 24.8),
        _test(builder, "kept", True, 4.1, 79.5),
        _test(builder, "inwards", True, 24.2, 26.5),
    )
    report = _report(builder)
    return with_nat(
        report,
        mapping_lifetime_s=20.0,
        absolute_lifetime_at_least_s=75.0,
        refresh_outbound=Tri.YES,
        refresh_inbound=Tri.YES,
        evidence=(*report.nat.v4.evidence, *ids),
    )


def lifetime_absolute() -> Report:
    builder = Builder()
    _relays(builder)
    ids = [_test(builder, "silent", True, 54.5, 56.8)]
    for number in range(5):
        ids += [_test(builder, "kept", True, 4.9, 55.5 + number, number)]
        ids += [_test(builder, "kept", False, 4.9, 60.5 + number, number)]
    report = _report(builder)
    return with_nat(
        report,
        mapping_lifetime_at_least_s=54.0,
        absolute_lifetime_s=60.0,
        evidence=(*report.nat.v4.evidence, *ids),
    )


def lifetime_long() -> Report:
    builder = Builder()
    _relays(builder)
    ids = [_test(builder, "silent", True, 75.5, 77.8)]
    ids += [_test(builder, "kept", True, 4.9, 75.5 + number, number) for number in range(5)]
    report = _report(builder)
    return with_nat(
        report,
        mapping_lifetime_at_least_s=75.0,
        absolute_lifetime_at_least_s=75.0,
        evidence=(*report.nat.v4.evidence, *ids),
    )


PORT_SCENES = (
    ports_in_a_row, no_hairpin, port_taken_over, stun_edited, lifetime_short, lifetime_absolute, lifetime_long,
)  # fmt: skip
