"""A side of a pair in a clause, and what of it only its own report could tell."""

from __future__ import annotations

from natscope.diagnosis.pair.side import FamilySide, Side
from natscope.diagnosis.pair.told_addresses import several_ports, told_kinds
from natscope.model.nat import Filtering
from natscope.model.tri import Tri

LETS_IN = {
    Filtering.ENDPOINT_INDEPENDENT: "lets in everyone",
    Filtering.ADDRESS_DEPENDENT: "lets in addresses it wrote to",
    Filtering.ADDRESS_AND_PORT_DEPENDENT: "lets in ports it wrote to",
}
"""Whose packets come in, in the words of the whole program."""


def describe(side: Side) -> str:
    """What is known of its way out: `one public port for all peers, lets in ports it wrote to, no IPv6`."""
    if side.blurred:
        return f"not measured: {side.blurred}"
    if side.udp.value is Tri.NO:
        return "nothing comes back over UDP"
    port = _port(side.v4) or _ports(side)
    parts = (port, LETS_IN.get(side.v4.lets_in.value, ""), _six(side.v6), _opens(side.v4), told_kinds(side))
    return ", ".join(text for text in parts if text) or "not known"


def _port(four: FamilySide) -> str:
    if four.works.value is Tri.NO:
        return "no IPv4"
    if four.translated.value is Tri.NO:
        return "a public IPv4 address of its own"
    if four.varies.value is Tri.YES:
        return "a new random port for each peer" if four.predictable.value is Tri.NO else "a new port for each peer"
    return "one public port for all peers" if four.varies.value is Tri.NO else ""


def _ports(side: Side) -> str:
    """A sign of how its router picks ports, where nobody knows that."""
    found = several_ports(side)
    return "" if found is None else f"tells {found[1]} ports of one public address"


def _six(six: FamilySide) -> str:
    if six.works.value is Tri.YES:
        return "IPv6 works"
    return "no IPv6" if six.absent.value is Tri.YES else ""


def _opens(four: FamilySide) -> str:
    if four.opens.value is Tri.YES:
        return "a port open from outside"
    return "opens no ports" if four.service.value is Tri.NO else ""


def unknown_of(side: Side) -> tuple[str, ...]:
    """What matters and is not known of it."""
    if side.blurred or side.udp.value is Tri.NO:
        return ()
    four = side.v4
    asked = (
        (four.works.value is Tri.UNKNOWN, f"whether UDP works {side.at}"),
        (four.varies.value is Tri.UNKNOWN, f"whether {side.whose} router keeps one public port for all peers"),
        (four.lets_in.value is Filtering.UNKNOWN, f"whom {side.whose} router lets in"),
        (side.v6.works.value is Tri.UNKNOWN, f"whether IPv6 works {side.at}"),
        (
            four.opens.value is Tri.UNKNOWN and four.varies.value is not Tri.NO,
            f"whether {side.whose} router opens ports",
        ),
    )
    return tuple(words for missing, words in asked if missing)
