"""Packets as the NAT, the simulator and the user-space router see them: integers, and a reference to the payload.

Addresses are packed integers, ports are integers, and both are written in place when a NAT translates. ICMP fits the
same five fields: a query goes from (source, identifier) to (destination, 0), its reply from (destination, 0) back to
(source, identifier), so that the identifier is the port of whoever asked (RFC 5508 §3.1). An ICMP error is an
`IcmpError`: it has `NO_PORT` on both sides and carries the offending packet as `inner`, as whoever complains saw it.
"""

from __future__ import annotations

import ipaddress

from natscope.model.endpoint import Endpoint, IPAddress

ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
NO_PORT = -1
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
FRAGMENTED = 0x100
"""Among the flags: the datagram came in fragments. Whoever feeds a NAT reassembles first (RFC 4787 REQ-14)."""
DONT_FRAGMENT = 0x200
PORT_UNREACHABLE = {4: (3, 3), 6: (1, 4)}
PROHIBITED = {4: (3, 13), 6: (1, 1)}
"""ICMP type and code of two refusals by family (RFC 792, RFC 4443)."""
_ICMP_BYTES = {4: 28, 6: 48}
_QUOTED_BYTES = {4: 576, 6: 1280}


class Packet:
    """One packet, changed in place by whoever translates it; `length` counts the whole packet with its headers."""

    __slots__ = ("dport", "dst", "family", "flags", "length", "payload", "proto", "sport", "src", "tos", "ttl")

    def __init__(
        self,
        proto: int,
        src: int,
        sport: int,
        dst: int,
        dport: int,
        family: int = 4,
        length: int = 28,
        payload: object = b"",
        ttl: int = 64,
        flags: int = 0,
        tos: int = 0,
    ) -> None:
        self.proto = proto
        self.src = src
        self.sport = sport
        self.dst = dst
        self.dport = dport
        self.family = family
        self.length = length
        self.payload = payload
        self.ttl = ttl
        self.flags = flags
        self.tos = tos

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.proto} {self.source_text} > {self.destination_text} flags={self.flags:#x}>"
        )

    @property
    def source_text(self) -> str:
        """Source address and port for traces."""
        return f"{unpack(self.src, self.family)}:{self.sport}"

    @property
    def destination_text(self) -> str:
        """Destination address and port for traces."""
        return f"{unpack(self.dst, self.family)}:{self.dport}"

    def copy(self) -> Packet:
        """A packet that can be translated without touching this one; the payload is shared."""
        return Packet(
            self.proto, self.src, self.sport, self.dst, self.dport,
            self.family, self.length, self.payload, self.ttl, self.flags, self.tos,
        )  # fmt: skip

    def header(self) -> tuple[int, int, int, int, int]:
        """Protocol, source, source port, destination, destination port."""
        return self.proto, self.src, self.sport, self.dst, self.dport


class IcmpError(Packet):
    """An ICMP or ICMPv6 error about `inner`. `mtu` stands in "fragmentation needed" and "packet too big"."""

    __slots__ = ("icmp_code", "icmp_type", "inner", "mtu")

    def __init__(
        self, src: int, dst: int, inner: Packet, icmp_type: int, icmp_code: int, *, mtu: int = 0, ttl: int = 64
    ) -> None:
        family = inner.family
        length = min(_ICMP_BYTES[family] + inner.length, _QUOTED_BYTES[family])
        super().__init__(icmp_of(family), src, NO_PORT, dst, NO_PORT, family, length, b"", ttl)
        self.inner = inner
        self.icmp_type = icmp_type
        self.icmp_code = icmp_code
        self.mtu = mtu

    def copy(self) -> IcmpError:
        """A deep copy down to the quoted header."""
        return IcmpError(
            self.src, self.dst, self.inner.copy(), self.icmp_type, self.icmp_code, mtu=self.mtu, ttl=self.ttl
        )


def icmp_of(family: int) -> int:
    """The protocol number of ICMP in that family."""
    return ICMP if family == 4 else ICMPV6


def pack(ip: IPAddress) -> int:
    """An address as the integer that packets carry."""
    return int(ip)


def unpack(value: int, family: int) -> IPAddress:
    """The address behind an integer of a packet."""
    return ipaddress.IPv4Address(value) if family == 4 else ipaddress.IPv6Address(value)


def between(proto: int, source: Endpoint, destination: Endpoint, *, payload: object = b"", flags: int = 0) -> Packet:
    """A packet from typed endpoints, for the edges where speed is no matter."""
    size = len(payload) if isinstance(payload, bytes | bytearray | memoryview) else 0
    length = (20 if source.family == 4 else 40) + (20 if proto == TCP else 8) + size
    return Packet(
        proto, int(source.ip), source.port, int(destination.ip), destination.port,
        source.family, length, payload, 64, flags,
    )  # fmt: skip
