"""ICMP and ICMPv6 messages: read and write, echo and errors, checksums included.

Source: RFC 792, RFC 4443, RFC 1191 (the MTU in "fragmentation needed"), RFC 1812 §4.3.2.3 (how much is quoted).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from natscope.errors import LocalError, RemoteError
from natscope.wire.checksum import adjust, checksum, ones_sum, pseudo_sum

ICMP, ICMPV6 = 1, 58
ICMP_BYTES = 8
CHECKSUM_AT = 2
QUOTED_PACKET_BYTES = {4: 576, 6: 1280}
"""An error packet with all its headers is at most so long."""
ECHO_REQUEST = {4: 8, 6: 128}
ECHO_REPLY = {4: 0, 6: 129}
ERRORS = {4: (3, 4, 5, 11, 12), 6: (1, 2, 3, 4)}
"""Types that quote a packet. IPv4: unreachable, source quench, redirect, time exceeded, parameter problem."""
TOO_BIG = {4: (3, 4), 6: (2, 0)}
TIME_EXCEEDED = {4: (11, 0), 6: (3, 0)}
_PROHIBITED = "administratively prohibited"
_WORDS = {
    (4, 3, 0): "network unreachable",
    (4, 3, 1): "host unreachable",
    (4, 3, 2): "protocol unreachable",
    (4, 3, 3): "port unreachable",
    (4, 3, 4): "too long for the way",
    (4, 3, 9): _PROHIBITED,
    (4, 3, 10): _PROHIBITED,
    (4, 3, 13): _PROHIBITED,
    (4, 11, 0): "its hop limit ran out on the way",
    (6, 1, 0): "no route to it",
    (6, 1, 1): _PROHIBITED,
    (6, 1, 3): "host unreachable",
    (6, 1, 4): "port unreachable",
    (6, 1, 5): _PROHIBITED,
    (6, 1, 6): _PROHIBITED,
    (6, 2, 0): "too long for the way",
    (6, 3, 0): "its hop limit ran out on the way",
}
"""By family, type and code: the failure that a system makes of it does not tell a filter from a missing host."""
_HEAD = struct.Struct("!BBHHH")
_MTU_V6 = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class IcmpMessage:
    """One message. `word` is the 32-bit number behind the checksum, `body` what follows it."""

    icmp_type: int
    icmp_code: int
    word: int
    body: bytes

    @property
    def identifier(self) -> int:
        """Of an echo: who asked."""
        return self.word >> 16

    @property
    def sequence(self) -> int:
        """Of an echo: its number."""
        return self.word & 0xFFFF

    def is_error(self, family: int) -> bool:
        """Whether `body` quotes a packet."""
        return self.icmp_type in ERRORS[family]

    def is_echo(self, family: int) -> bool:
        """A ping or its answer."""
        return self.icmp_type in (ECHO_REQUEST[family], ECHO_REPLY[family])

    def mtu(self, family: int) -> int:
        """What "fragmentation needed" or "packet too big" says; 0 of other messages."""
        if (self.icmp_type, self.icmp_code) != TOO_BIG[family]:
            return 0
        return self.word & 0xFFFF if family == 4 else self.word


def describe(family: int, icmp_type: int, icmp_code: int) -> str:
    """What an error says, as a clause for people; empty for numbers that are not known here."""
    return _WORDS.get((family, icmp_type, icmp_code), "")


def decode(data: bytes | bytearray) -> IcmpMessage:
    """Read a message; raises `RemoteError` when its head is cut off. The checksum is not looked at."""
    if len(data) < ICMP_BYTES:
        raise RemoteError(f"an ICMP message of {len(data)} bytes", offset=len(data), field="header")
    icmp_type, icmp_code, _, high, low = _HEAD.unpack_from(data)
    return IcmpMessage(icmp_type, icmp_code, high << 16 | low, bytes(data[ICMP_BYTES:]))


def encode(message: IcmpMessage, family: int, src: int = 0, dst: int = 0) -> bytes:
    """A message with its checksum; ICMPv6 needs the addresses of its packet for that."""
    if not 0 <= message.word < 1 << 32 or not 0 <= message.icmp_type < 256 or not 0 <= message.icmp_code < 256:
        raise LocalError("a field of an ICMP message is out of range")
    head = _HEAD.pack(message.icmp_type, message.icmp_code, 0, message.word >> 16, message.word & 0xFFFF)
    plain = head + message.body
    start = pseudo_sum(6, src, dst, ICMPV6, len(plain)) if family == 6 else 0
    return plain[:2] + checksum(plain, start).to_bytes(2, "big") + plain[4:]


def is_intact(data: bytes | bytearray, family: int, src: int = 0, dst: int = 0) -> bool:
    """Whether the checksum fits."""
    start = pseudo_sum(6, src, dst, ICMPV6, len(data)) if family == 6 else 0
    return checksum(data, start) == 0


def build_error(family: int, icmp_type: int, icmp_code: int, packet: bytes | bytearray, *, mtu: int = 0) -> IcmpMessage:
    """An error about a packet, of which as much is quoted as fits."""
    headers = ICMP_BYTES + (20 if family == 4 else 40)
    return IcmpMessage(icmp_type, icmp_code, mtu, bytes(packet[: QUOTED_PACKET_BYTES[family] - headers]))


def set_identifier(data: bytearray, at: int, identifier: int, family: int, before: int = 0, after: int = 0) -> None:
    """Write an echo's identifier and mend the checksum, of ICMPv6 also for addresses (`before`, `after` as sums)."""
    if len(data) - at < ICMP_BYTES:
        raise RemoteError("an echo is cut off", offset=at, field="identifier")
    old = ones_sum(data[at + 4 : at + 6])
    data[at + 4 : at + 6] = identifier.to_bytes(2, "big")
    total = adjust(int.from_bytes(data[at + 2 : at + 4], "big"), old, ones_sum(data[at + 4 : at + 6]))
    if family == 6:
        total = adjust(total, before, after)
    data[at + 2 : at + 4] = total.to_bytes(2, "big")
