"""The kernel's table of connections as /proc/net/nf_conntrack prints it: UDP flows, bounded, strange lines left out.

A line has the way there and the way back as `src= dst= sport= dport=`, once each; where the second one's `dport` is not
the first one's `sport`, the source port was rewritten. `[UNREPLIED]` stands where nothing came back so far. Source:
net/netfilter/nf_conntrack_standalone.c (ct_seq_show).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from natscope.model.endpoint import Endpoint

MAX_LINES, MAX_LINE = 65_536, 512
_FIELDS = ("src", "dst", "sport", "dport")


@dataclass(frozen=True, slots=True)
class Flow:
    """One UDP flow: from, to, and whom the other side sees (`seen_as`)."""

    source: Endpoint
    target: Endpoint
    seen_as: Endpoint
    replied: bool

    @property
    def is_rewritten(self) -> bool:
        """Whether its source port was changed on the way out."""
        return self.seen_as.port != self.source.port


def read_flows(text: str) -> Iterator[Flow]:
    """The UDP flows of a table."""
    for line in text.splitlines()[:MAX_LINES]:
        words = line[:MAX_LINE].split()
        if "udp" in words[:4] and (flow := _flow(words)) is not None:
            yield flow


def _flow(words: list[str]) -> Flow | None:
    told: dict[str, list[str]] = {name: [] for name in _FIELDS}
    for word in words:
        name, _, value = word.partition("=")
        if name in told:
            told[name].append(value)
    if any(len(values) != 2 for values in told.values()):
        return None
    try:
        there = _endpoint(told["src"][0], told["sport"][0]), _endpoint(told["dst"][0], told["dport"][0])
        back = _endpoint(told["dst"][1], told["dport"][1])
    except ValueError:
        return None
    return Flow(*there, back, "[UNREPLIED]" not in words)


def _endpoint(ip: str, port: str) -> Endpoint:
    """Raises `ValueError`."""
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and int(port) <= 65_535):
        raise ValueError(port)
    return Endpoint(ipaddress.ip_address(ip), int(port))
