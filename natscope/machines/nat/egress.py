"""Egress rules: which new flows the inside may start at all. A flow that exists is not asked again."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from natscope.machines.nat.packet import ICMP, ICMPV6, TCP, UDP, Packet

IPNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
PortRanges: TypeAlias = tuple[tuple[int, int], ...]
ALL_PORTS: PortRanges = ((0, 65535),)
NO_PORTS: PortRanges = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """What may go out: destination ports of UDP and TCP as inclusive ranges, ICMP queries, and prefixes that may not.

    `udp=NO_PORTS` is "UDP blocked", `udp=((53, 53), (443, 443))` is "only UDP 53 and 443".
    """

    udp: PortRanges = ALL_PORTS
    tcp: PortRanges = ALL_PORTS
    icmp: bool = True
    not_to: tuple[IPNetwork, ...] = ()

    def __post_init__(self) -> None:
        for low, high in (*self.udp, *self.tcp):
            if not 0 <= low <= high <= 65535:
                raise ValueError(f"{low}-{high} is no range of ports")


EVERYTHING = Egress()
Denies: TypeAlias = Callable[[Packet], bool]


def denial(rules: Egress) -> Denies | None:
    """Whether the rules deny the first packet of a flow; None when they deny nothing."""
    if rules == EVERYTHING:
        return None
    ranges = {UDP: rules.udp, TCP: rules.tcp}
    icmp = rules.icmp
    in_prefixes = prefix_test(rules.not_to)

    def denies(packet: Packet) -> bool:
        if in_prefixes is not None and in_prefixes(packet.family, packet.dst):
            return True
        if packet.proto in (ICMP, ICMPV6):
            return not icmp
        return not any(low <= packet.dport <= high for low, high in ranges.get(packet.proto, ALL_PORTS))

    return denies


def prefix_test(prefixes: Sequence[IPNetwork]) -> Callable[[int, int], bool] | None:
    """Whether a packed address of a family lies in one of the prefixes; None when there are none."""
    if not prefixes:
        return None
    rows = [(p.version, int(p.netmask), int(p.network_address)) for p in prefixes]

    def inside(family: int, address: int) -> bool:
        return any(version == family and address & mask == net for version, mask, net in rows)

    return inside
