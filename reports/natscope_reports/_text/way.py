"""The way to the internet: routers, the longest packet, pieces, UDP ports, NAT64; what is usual only with `-v`."""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.report import NatFamilyReport, Report
from natscope.model.report_path import HopReport, PathFamilyReport, RateReport, UdpRateReport
from natscope.model.tri import Tri
from natscope_reports._text.ink import BAD, FAINT, GOOD, LOOK, PLAIN, Sheet

LABEL, VALUE, MARK = 20, 26, 6
MAX_HOPS = 4

Row = tuple[str, str, str, str]
"""Question, answer, judgement, term."""

_COLOURS = {"good": GOOD, "bad": BAD, "look": LOOK}
_LOOKS = {"stun": "STUN", "wireguard": "WireGuard"}
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
        yield from _marks(family, part)
    opened = [port.port for port in report.path.udp_ports if port.open is Tri.YES]
    closed = [port.port for port in report.path.udp_ports if port.open is Tri.NO]
    if closed:
        yield "UDP ports closed", ", ".join(map(str, closed)), "bad", "to the same relays"
    if opened:
        yield "UDP ports open", ", ".join(map(str, opened)), "look" if closed else "", "tried at relays"
    for shape in report.path.udp_shapes:
        if shape.passes is Tri.NO:
            yield f"{_LOOKS.get(shape.shape, shape.shape)}'s UDP", "gets lost", "bad", "filtered by its look"
    yield from _rates(report.path.udp_rate)
    if report.path.nat64.state is Tri.YES:
        yield "IPv4 by IPv6", ", ".join(report.path.nat64.prefixes), "look", "NAT64"


def _routers(nat: NatFamilyReport) -> Iterator[Row]:
    """The judgement is the translators': a hop with a public address stands outside of them."""
    if not nat.hops:
        return
    several = nat.layers is not None and nat.layers > 1
    judgement = "look" if several or nat.double_nat is Tri.YES or nat.cgnat is Tri.YES else ""
    terms = [f"{nat.layers} translate"] if several else []
    terms += ["carrier's NAT"] if nat.cgnat is Tri.YES else []
    terms += ["double NAT"] if nat.double_nat is Tri.YES else []
    for number, hop in enumerate(nat.hops[:MAX_HOPS]):
        first = number == 0
        mark = judgement if first or hop.place in ("private", "shared") else ""
        yield "Routers" if first else "", _name(hop), mark, ", ".join(terms) if first else ""


def _name(hop: HopReport) -> str:
    return f"{hop.number}  {hop.address or 'keeps silent'}{_PLACES.get(hop.place, '')}"


def _lengths(family: int, part: PathFamilyReport) -> Iterator[Row]:
    if part.mtu is not None:
        fits = {Tri.YES: "WireGuard fits", Tri.NO: "too short for WireGuard"}.get(part.wireguard, "")
        lost = part.black_hole is Tri.YES
        judgement = "bad" if lost or part.wireguard is Tri.NO else "good"
        words = f"{part.mtu} bytes {'arrive' if judgement == 'bad' else 'or more'}"
        words = f"up to {part.mtu} bytes" if part.mtu_exact else words
        yield f"Packets, IPv{family}", words, judgement, fits
        if lost:
            yield "", "longer ones vanish", judgement, "MTU black hole"
    if part.fragments.known:
        arrives = part.fragments is Tri.YES
        yield f"Pieces, IPv{family}", "arrive" if arrives else "get lost", "good" if arrives else "look", "fragments"


def _marks(family: int, part: PathFamilyReport) -> Iterator[Row]:
    """Whether ECN and DSCP arrive as they were sent."""
    told = {name: state for name, state in (("ECN", part.ecn), ("DSCP", part.dscp)) if state.known}
    gone = [name for name, state in told.items() if state is Tri.NO]
    if told:
        words = f"{' and '.join(gone)} taken away" if gone else "arrive"
        yield f"Marks, IPv{family}", words, "look" if gone else "good", "bleached" if gone else " and ".join(told)


def _rates(told: UdpRateReport) -> Iterator[Row]:
    """What passes of UDP in a second, in each direction."""
    for label, part in (("UDP, sent", told.out), ("UDP, received", told.back)):
        if part.limited is Tri.YES:
            faster = part is told.out and told.udp_only is Tri.YES
            yield label, f"{_amount(part)} pass", "bad", "TCP is faster" if faster else f"the rest is {part.manner}"
        elif part.limited is Tri.NO and part.packets_per_s is not None:
            yield label, f"{_speed(part.bits_per_s)} at most", "", "the line is full"
        elif part.limited is Tri.NO:
            yield label, f"{_speed(part.carried_bits_per_s)} pass", "good", "no limit seen"


def _amount(part: RateReport) -> str:
    return f"{part.packets_per_s} packets/s" if part.counted == "packets" else _speed(part.bits_per_s)


def _speed(bits_per_s: int | None) -> str:
    bits = bits_per_s or 0
    return f"{bits / 1e6:.3g} Mbit/s" if bits >= 1_000_000 else f"{bits / 1e3:.3g} kbit/s"
