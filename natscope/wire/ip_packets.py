"""Whole IP packets from what a socket knows: UDP datagrams, echoes, ICMP errors, with right checksums.

What a program is not told, such as the identification, is zero. Source: RFC 791, RFC 8200, RFC 768, RFC 792, RFC 4443.
"""

from __future__ import annotations

from natscope.model.endpoint import Endpoint, IPAddress
from natscope.wire import icmp, ip, transport
from natscope.wire.checksum import checksum, pseudo_sum

DEFAULT_TTL = 64
_HEADER_BYTES = {4: ip.IPV4_BYTES, 6: ip.IPV6_BYTES}
_ICMP = {4: icmp.ICMP, 6: icmp.ICMPV6}


def udp_packet(
    source: Endpoint,
    target: Endpoint,
    payload: bytes,
    *,
    ttl: int | None = None,
    tos: int | None = None,
    dont_fragment: bool | None = None,
) -> bytes:
    """One datagram, whole. Raises `LocalError` for one that no packet can hold."""
    body = transport.encode_udp(source.family, int(source.ip), int(target.ip), source.port, target.port, payload)
    whole = dont_fragment is not False and source.family == 4
    return _packet(source.ip, target.ip, transport.UDP, body, ttl=ttl, tos=tos, dont_fragment=whole)


def echo_packet(
    source: IPAddress, target: IPAddress, payload: bytes, *, identifier: int, sequence: int, reply: bool
) -> bytes:
    """A ping, or the answer to one."""
    kind = (icmp.ECHO_REPLY if reply else icmp.ECHO_REQUEST)[source.version]
    return _icmp(source, target, icmp.IcmpMessage(kind, 0, identifier << 16 | sequence, payload))


def error_packet(
    reporter: IPAddress, target: IPAddress, numbers: tuple[int, int], quoted: bytes, *, mtu: int = 0
) -> bytes:
    """An ICMP error about the packet `quoted`; `numbers` are type and code."""
    return _icmp(reporter, target, icmp.build_error(reporter.version, *numbers, quoted, mtu=mtu))


def is_intact(packet: bytes) -> bool:
    """Whether all checksums of a packet that was made here fit; for tests and readers."""
    header = ip.decode(packet)
    body = packet[header.payload_at : header.length]
    if not ip.header_is_intact(packet):
        return False
    if header.proto in (icmp.ICMP, icmp.ICMPV6):
        return icmp.is_intact(body, header.family, header.src, header.dst)
    return checksum(body, pseudo_sum(header.family, header.src, header.dst, header.proto, len(body))) == 0


def _icmp(source: IPAddress, target: IPAddress, message: icmp.IcmpMessage) -> bytes:
    family = source.version
    body = icmp.encode(message, family, int(source), int(target))
    return _packet(source, target, _ICMP[family], body)


def _packet(
    source: IPAddress,
    target: IPAddress,
    proto: int,
    body: bytes,
    *,
    ttl: int | None = None,
    tos: int | None = None,
    dont_fragment: bool = False,
) -> bytes:
    start = _HEADER_BYTES[source.version]
    header = ip.IpHeader(
        source.version, proto, int(source), int(target), DEFAULT_TTL if ttl is None else ttl, start + len(body), start,
        traffic_class=tos or 0, dont_fragment=dont_fragment,
    )  # fmt: skip
    return ip.encode(header) + body
