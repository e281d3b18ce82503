"""The way to the internet: routers, the longest packet, pieces, UDP ports, NAT64; what is usual only with `-v`."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.report import NatFamilyReport, Report
from natscope.model.report_path import HopReport, PathFamilyReport
from natscope.model.tri import Tri
from natscope_reports._text.ink import BAD, FAINT, GOOD, LOOK, PLAIN, Sheet

LABEL, VALUE, MARK = 20, 26, 6
MAX_HOPS = 4

Row = tuple[str, str, str, str]
"""Question, answer, judgement, term."""

_COLOURS = {"good": GOOD, "bad": BAD, "look": LOOK}
_PLACES = {"shared": " (carrier)", "public": "", "private": "", "unknown": ""}


def draw(sheet: Sheet, report: Report) -> None:
    """The section; left out when there is nothing to say."""
    found = [row for row in rows(report) if sheet.verbose or row[2] in ("bad", "look")]
    if not found:
        return
    sheet.heading("Way", "")
    for label, value, judgement, term in found:
        sheet.line(
            (sheet.fit(f"  {label}", LABEL), PLAIN),
            (sheet.fit(sheet.clean(value, VALUE - 1), VALUE), PLAIN),
            (sheet.fit(judgement, MARK), _COLOURS.get(judgement, PLAIN)),
            (term, FAINT),
        )


def rows(report: Report) -> Iterator[Row]:
    """Everything that is known."""
    yield from _routers(report.nat.v4)
    for family, part in ((4, report.path.v4), (6, report.path.v6)):
        yield from _lengths(family, part)
    opened = [port.port for port in report.path.udp_ports if port.open is Tri.YES]
    closed = [port.port for port in report.path.udp_ports if port.open is Tri.NO]
    if closed:
        yield "UDP ports closed", ", ".join(map(str, closed)), "bad", "to the same relays"
    if opened:
        yield "UDP ports open", ", ".join(map(str, opened)), "look" if closed else "", "tried at relays"
    if report.path.nat64.state is Tri.YES:
        yield "IPv4 by IPv6", ", ".join(report.path.nat64.prefixes), "look", "NAT64"


def _routers(nat: NatFamilyReport) -> Iterator[Row]:
    if not nat.hops:
        return
    names = [_name(hop) for hop in nat.hops[:MAX_HOPS]]
    several = nat.layers is not None and nat.layers > 1
    judgement = "look" if several or nat.double_nat is Tri.YES or nat.cgnat is Tri.YES else ""
    terms = [f"{nat.layers} translate"] if several else []
    terms += ["carrier's NAT"] if nat.cgnat is Tri.YES else []
    terms += ["double NAT"] if nat.double_nat is Tri.YES else []
    for number, name in enumerate(names, start=1):
        first = number == 1
        yield "Routers" if first else "", name, judgement, ", ".join(terms) if first else ""


def _name(hop: HopReport) -> str:
    return f"{hop.number}  {hop.address or 'keeps silent'}{_PLACES.get(hop.place, '')}"


def _lengths(family: int, part: PathFamilyReport) -> Iterator[Row]:
    if part.mtu is not None:
        fits = {Tri.YES: "WireGuard fits", Tri.NO: "too short for WireGuard"}.get(part.wireguard, "")
        lost = part.black_hole is Tri.YES
        words = f"up to {part.mtu} bytes" if part.mtu_exact else f"{part.mtu} bytes or more"
        judgement = "bad" if lost or part.wireguard is Tri.NO else "good"
        yield f"Packets, IPv{family}", words, judgement, fits
        if lost:
            yield "", "longer ones vanish", judgement, "MTU black hole"
    if part.fragments.known:
        arrives = part.fragments is Tri.YES
        yield f"Pieces, IPv{family}", "arrive" if arrives else "get lost", "good" if arrives else "look", "fragments"
