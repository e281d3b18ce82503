"""A text to send to whoever runs the network: what was measured, and what would help. Empty where nothing would."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from natscope.model.finding import Certainty
from natscope.model.preflight import Expected, Forecast, Opening
from natscope.model.report import Report
from natscope.model.tri import Tri

WIDTH = 72
_ASKED_FOR = frozenset(
    {"NS-UDP-01", "NS-UDP-02", "NS-UDP-05", "NS-UDP-07", "NS-ENV-04", "NS-ENV-05", "NS-REL-16", "NS-REL-11"}
)
"""Causes that the network's administrator can take away."""
MAX_HOSTS = 6


def letter(report: Report, forecast: Forecast, openings: tuple[Opening, ...], relays: tuple[str, ...]) -> str:
    """`relays` are host names of the map. Plain text of 72 columns, without a name under it."""
    wishes = list(_wishes(report, forecast, relays))
    if not wishes or all(opening.open is Tri.UNKNOWN for opening in openings):  # without a fact it is no argument
        return ""
    day = report.started_at[:10]
    lines = textwrap.wrap(
        "I would like to use a mesh VPN (WireGuard) from this network. It connects computers directly over UDP, "
        "encrypted from end to end; where that is not possible everything goes through a relay over HTTPS, which is "
        "slower and costs both networks more.", WIDTH
    )  # fmt: skip
    lines += ["", f"Measured on {day}" + (f" from {report.ipv4.local[0]}" if report.ipv4.local else "") + ":"]
    for opening in openings:
        if opening.open is not Tri.UNKNOWN:
            word = "gets through" if opening.open is Tri.YES else "does not get through"
            lines += _item(f"{opening.name} {word}" + (f" ({opening.says})" if opening.says else ""))
    lines += ["", "What would help" + (", the first is the most important:" if len(wishes) > 1 else ":")]
    for number, wish in enumerate(wishes, 1):
        lines += _item(wish, f"{number}. ")
    return "\n".join(lines) + "\n"


def _wishes(report: Report, forecast: Forecast, relays: tuple[str, ...]) -> Iterator[str]:
    found = {f.id for f in report.findings if f.certainty is not Certainty.POSSIBLE} & _ASKED_FOR
    more = f" and {len(relays) - MAX_HOSTS} more" if len(relays) > MAX_HOSTS else ""
    hosts = f"the relays ({', '.join(relays[:MAX_HOSTS])}{more})" if relays else "the relays"
    if found & {"NS-UDP-01", "NS-UDP-02"} and forecast.expected is not Expected.DIRECT:
        yield (
            "Let UDP out from port 41641 of the computers concerned to any address and port, and the answers back in. "
            "Nothing has to be opened from outside."
        )
        yield f"If that is too much: UDP to port 3478 of {hosts}, so that public addresses can be learned."
    if "NS-UDP-05" in found:
        yield "Do not limit the rate of UDP more than that of TCP, or not from port 41641."
    if "NS-UDP-07" in found:
        yield "Let pieces of UDP packets (fragments) through."
    if "NS-ENV-05" in found:
        yield f"Leave TLS to {hosts} unopened: their clients check whom they talk to, and refuse."
    if found & {"NS-REL-16", "NS-REL-11"}:
        yield f"Let TCP to port 443 of {hosts} through."
    if "NS-ENV-04" in found:
        yield f"Let CONNECT to port 443 of {hosts} through the proxy."


def _item(text: str, lead: str = "- ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead), break_on_hyphens=False)
