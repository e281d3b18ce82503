"""What of this computer changes the rest: by which interface packets leave, its own rules, where it runs.

Only what matters stands here; with `-v` all that is known.
"""

from __future__ import annotations

from collections.abc import Iterator

from natscope.model.report import Report
from natscope.model.report_surroundings import ComputerReport, FirewallReport, UplinkReport, WayReport
from natscope.model.tri import Tri
from natscope_reports._text.addresses import row
from natscope_reports._text.ink import Sheet

_OWNERS = {
    "proxy": "a proxy program's: nothing here is about your router",
    "vpn": "a VPN's: nothing here is about your router",
    "overlay": "an exit node's: nothing here is about your router",
}
_DROPS = ("drop", "reject")
MAX_USES = 3

Row = tuple[str, str, str]
"""Label, value, note."""


def draw(sheet: Sheet, report: Report) -> None:
    """The section; left out when there is nothing to tell."""
    found = list(rows(report, verbose=sheet.verbose))
    if not found:
        return
    sheet.heading("This computer")
    for label, value, note in found:
        row(sheet, label, value, note)


def rows(report: Report, *, verbose: bool) -> Iterator[Row]:
    """Ways out first."""
    around = report.surroundings
    for way in around.ways:
        yield from _way(way, verbose=verbose)
    for uplink in around.uplinks:
        yield "Also", _device(uplink.interface, uplink.driver), _uplink(uplink)
    yield from _firewall(around.firewall, verbose=verbose)
    space = around.shared_space
    if space.used is Tri.YES:
        note = "in 100.64.0.0/10, which rules here drop" if space.dropped is Tri.YES else "in 100.64.0.0/10"
        if space.eaten is Tri.YES:
            note = "in 100.64.0.0/10: rules here ate an answer"
        uses = ", ".join(space.uses[:MAX_USES]) + (" …" if len(space.uses) > MAX_USES else "")
        yield "Range", uses, note
    yield from _computer(around.computer, verbose=verbose)


def _way(way: WayReport, *, verbose: bool) -> Iterator[Row]:
    if way.tunnel is Tri.YES and not way.failure:
        yield "Way out", _device(way.interface, way.driver), _OWNERS.get(way.owner, _OWNERS["vpn"])
        if verbose:
            for sign in way.signs:
                yield "", "", sign
    elif verbose and not way.failure:
        yield "Way out", _device(way.interface, way.driver), f"IPv{way.family}, by {way.gateway or 'no gateway'}"


def _uplink(uplink: UplinkReport) -> str:
    if uplink.answers is Tri.YES:
        return f"asked by itself: seen as {', '.join(uplink.public[:2])}"
    if uplink.source_drops and uplink.strict_source is Tri.YES:
        return f"asked by itself: this computer dropped {uplink.source_drops} packets (rp_filter)"
    return uplink.reason or "asked by itself: no answer"


def _firewall(firewall: FirewallReport, *, verbose: bool) -> Iterator[Row]:
    if firewall.readable is not Tri.YES or firewall.rules is None:
        return
    value = f"{firewall.rules} rules"
    if firewall.answers in _DROPS:
        yield "Firewall", value, "drops answers over UDP"
    elif firewall.unasked in _DROPS:
        yield "Firewall", value, "lets answers in, drops what nobody asked for"
    elif firewall.rules and (verbose or firewall.unasked_rule is not None):
        known = firewall.unasked == "accept"
        yield "Firewall", value, "lets a peer's first packet in" if known else "may drop a peer's first packet"


def _computer(computer: ComputerReport, *, verbose: bool) -> Iterator[Row]:
    if computer.container:
        yield "Runs in", f"a container ({computer.container})", ""
    if computer.wsl:
        yield "Windows", f"WSL {computer.wsl}", "Windows may translate once more"
    if computer.metered is Tri.YES:
        yield "Metered", "a default route's connection", "set so in the network manager: traffic costs"
    if not verbose:
        return
    if computer.cloud:
        yield "Cloud", computer.cloud, "by the firmware's names"
    if computer.clock_synchronised is Tri.NO:
        yield "Clock", "not synchronised", "by the kernel: nobody keeps it right"
    for name in computer.asleep:
        yield "Asleep", name, "switched on, carries nothing"
    if computer.strict_source:
        yield "Strict", ", ".join(computer.strict_source), "drops what it would answer elsewhere (rp_filter)"
    if computer.temporary_addresses:
        yield "Privacy", f"{len(computer.temporary_addresses)} addresses", "temporary IPv6 addresses (RFC 8981)"
    if computer.conntrack_max and computer.conntrack_count is not None:
        yield (
            "Tracking",
            f"{computer.conntrack_count} of {computer.conntrack_max}",
            "connections that the kernel tracks",
        )
    if computer.receive_buffer_max is not None:
        yield "Buffers", f"{computer.receive_buffer_max // 1024} KiB", "the most that a UDP socket may hold"


def _device(name: str, driver: str) -> str:
    return f"{name} ({driver})" if driver and driver != name else name
