"""Rows of the router's section about new ports, packets that come round or are edited, and lifetimes."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.nat import AddressPooling, PortAllocation, PortCollision
from natscope.model.report import NatFamilyReport, Report
from natscope.model.tri import Tri

Row = tuple[str, str, str, str]
"""Question, answer, judgement, term."""

SHORT_S, LONG_S = 30, 120
"""Keep-alives come every 25 seconds; RFC 4787 wants two minutes."""
PREDICTABLE = 0.5


def shown(report: Report) -> NatFamilyReport:
    """The family that the section is about."""
    return report.nat.v6 if report.ipv4.works is not Tri.YES and report.ipv6.works is Tri.YES else report.nat.v4


def port_rows(report: Report) -> Iterator[Row]:
    """The pattern of new ports, several addresses, two devices with one port, edited packets."""
    nat = shown(report)
    if nat.pooling is AddressPooling.ARBITRARY and nat.several_addresses is not Tri.YES:
        yield "Public address", "differs by socket", "bad", "arbitrary pooling"
    if nat.port_allocation is PortAllocation.SEQUENTIAL:
        step = f" +{nat.port_step}" if nat.port_step else ""
        yield "New ports", "one after another", "", f"sequential{step}{_foretold(nat)}"
    elif nat.port_allocation is PortAllocation.RANDOM:
        parity = ", parity kept" if nat.port_parity is Tri.YES else ""
        samples = f", {nat.port_samples} seen" if nat.port_samples else ""
        yield "New ports", "without a pattern", "", f"random{samples}{parity}"
    if nat.port_collision is PortCollision.TAKEN_OVER:
        yield "Same port twice", "second takes it", "bad", "port overloading"
    if nat.port_burns is Tri.YES:
        yield "Early packets", "take the port away", "bad", "port burning"
    if nat.stun_alg is Tri.YES:
        yield "Edits packets", "yes", "bad", "STUN ALG"


def _foretold(nat: NatFamilyReport) -> str:
    if nat.port_prediction is None or nat.port_prediction < PREDICTABLE:
        return f", {nat.port_samples} seen" if nat.port_samples else ""
    samples = f" of {nat.port_samples}" if nat.port_samples else ""
    return f", {nat.port_prediction:.0%}{samples} foretold"


def time_rows(report: Report) -> Iterator[Row]:
    """Whether it turns packets round, and how long it keeps a port."""
    nat = shown(report)
    if nat.hairpinning is Tri.YES:
        source = {"internal": ", private source shown"}.get(nat.hairpin_source, "")
        yield "Own address", "works from inside", "good", f"hairpinning{source}"
    elif nat.hairpinning is Tri.NO:
        yield "Own address", "not from inside", "", "no hairpinning"
    yield from _forgets(nat, "Forgets after", "mapping lifetime")
    if nat is not report.nat.v6:
        yield from _forgets(report.nat.v6, "Forgets, IPv6", "state of the firewall")
    if nat.absolute_lifetime_s is not None:
        yield "Ends at age", f"{nat.absolute_lifetime_s:g} s, though used", "bad", "absolute lifetime"
    if nat.refresh_inbound is Tri.NO:
        yield "Kept alive by", "your packets only", "", "no inbound refresh"


def _forgets(nat: NatFamilyReport, question: str, term: str) -> Iterator[Row]:
    if nat.mapping_lifetime_s is not None:
        seconds = nat.mapping_lifetime_s
        judgement = "bad" if seconds <= SHORT_S else "good" if seconds >= LONG_S else "normal"
        yield question, f"{seconds:g} s of silence", judgement, term
    elif nat.mapping_lifetime_at_least_s is not None:
        yield question, f"more than {nat.mapping_lifetime_at_least_s:g} s", "", term
