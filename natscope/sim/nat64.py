"""NAT64: IPv6 hosts reach IPv4 through a prefix (RFC 6146, RFC 6052), by way of the IPv4 NAT that is there already.

Each IPv6 host gets a stand-in IPv4 address for as long as the router runs; with it the packet is an inside packet of
the NAT, whose mapping, filtering and lifetimes then hold. Headers change as RFC 7915 says, as far as packets here have
them: what was larger than every IPv6 line's minimum may not be split.
"""

from __future__ import annotations

import ipaddress

from natscope.machines.nat.packet import DONT_FRAGMENT, FRAGMENTED, ICMP, ICMPV6, IcmpError, Packet
from natscope.sim.icmp import complain, complaint_of

PREFIX = ipaddress.IPv6Network("64:ff9b::/96")
"""The well-known prefix."""
STAND_INS = ipaddress.IPv4Network("192.0.0.0/24")
"""Of the IETF's own block (RFC 6890), seen by nobody: 254 hosts a router."""
_GROWTH_BYTES = 20
_MAY_BE_SPLIT_BYTES = 1260
_LOW_BITS = (1 << 32) - 1
_TO_4, _TO_6 = {ICMPV6: ICMP}, {ICMP: ICMPV6}


class Nat64:
    """Translates packets in place, and ICMP errors into new ones; None where a packet cannot be translated."""

    def __init__(self) -> None:
        self._stand_ins: dict[int, int] = {}
        self._hosts: dict[int, int] = {}

    def covers(self, destination: int, family: int) -> bool:
        """Whether a packet is ours: IPv6 to the prefix, or IPv4 to a stand-in."""
        if family == 6:
            return destination >> 32 == int(PREFIX.network_address) >> 32
        return destination in self._hosts

    def to_ipv4(self, packet: Packet) -> Packet | None:
        """From inside: the same packet for the NAT."""
        if isinstance(packet, IcmpError):
            return None
        source = self._stand_in(packet.src)
        if source is None:
            return None
        packet.src, packet.dst = source, packet.dst & _LOW_BITS
        packet.family, packet.length = 4, packet.length - _GROWTH_BYTES
        packet.proto = _TO_4.get(packet.proto, packet.proto)
        if packet.length > _MAY_BE_SPLIT_BYTES and not packet.flags & FRAGMENTED:
            packet.flags |= DONT_FRAGMENT
        return packet

    def to_ipv6(self, packet: Packet) -> Packet | None:
        """From the NAT: the same packet for the inside."""
        if isinstance(packet, IcmpError):
            return self._error_to_ipv6(packet)
        packet.src, packet.dst = self._embed(packet.src), self._hosts[packet.dst]
        self._grow(packet)
        return packet

    def _error_to_ipv6(self, error: IcmpError) -> Packet | None:
        complaint, inner = complaint_of(error), error.inner.copy()
        if complaint is None or isinstance(inner, IcmpError):
            return None
        inner.src, inner.dst = self._hosts[inner.src], self._embed(inner.dst)
        self._grow(inner)
        return complain(inner, complaint, self._embed(error.src), mtu=error.mtu and error.mtu + _GROWTH_BYTES)

    def _grow(self, packet: Packet) -> None:
        packet.family, packet.length = 6, packet.length + _GROWTH_BYTES
        packet.proto = _TO_6.get(packet.proto, packet.proto)

    def _embed(self, address: int) -> int:
        """An IPv4 address in the prefix (RFC 6052 §2.2)."""
        return int(PREFIX.network_address) | address

    def _stand_in(self, host: int) -> int | None:
        known = self._stand_ins.get(host)
        if known is None and len(self._hosts) < STAND_INS.num_addresses - 2:
            known = self._stand_ins[host] = int(STAND_INS.network_address) + 1 + len(self._hosts)
            self._hosts[known] = host
        return known
