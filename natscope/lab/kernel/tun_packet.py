"""Between the bytes of a TUN device and the integers that a NAT translates: lift, and press back in place.

A lifted `Packet` keeps the bytes it came from as payload, so that a refusal can quote them however late it is sent; of
UDP it keeps the datagram's payload, which a gateway may rewrite.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from natscope.errors import RemoteError
from natscope.machines.nat.packet import ACK, DONT_FRAGMENT, ICMP, ICMPV6, RST, TCP, UDP, IcmpError, Packet
from natscope.sim.meddler import MeddlerSpec
from natscope.wire import icmp, ip, transport
from natscope.wire.checksum import checksum, pseudo_sum
from natscope.wire.ip import IpHeader
from natscope.wire.transport import TcpHeader

_TTL_OF_OURS = 64


@dataclass(frozen=True, slots=True)
class Lifted:
    """A packet in both forms; `inner` is the header that an ICMP error quotes, and `inner_at` where."""

    data: bytearray
    header: IpHeader
    packet: Packet
    inner: IpHeader | None = None
    inner_at: int = 0


def lift(data: bytearray, header: IpHeader) -> Lifted:
    """A whole packet. Raises `RemoteError` for what no NAT here translates, and for what is cut off."""
    proto = header.proto
    if proto in (UDP, TCP):
        sport, dport = transport.ports(data, header.payload_at)
        flags = data[header.payload_at + 13] if proto == TCP and header.payload_bytes >= transport.TCP_BYTES else 0
        start = header.payload_at + transport.UDP_BYTES if proto == UDP else 0
        return Lifted(data, header, _packet(header, sport, dport, flags, bytes(data[start : header.length])))
    if proto == (ICMP if header.family == 4 else ICMPV6):
        return _lift_icmp(data, header)
    raise RemoteError(f"protocol {proto} is not translated", offset=0, field="protocol")


def press(lifted: Lifted) -> bytearray:
    """Write addresses, ports and payload of the packet back into its bytes, with all checksums."""
    data, header, packet = lifted.data, lifted.header, lifted.packet
    if isinstance(packet, IcmpError):
        _press_error(lifted, packet)
        return data
    if packet.proto == UDP and isinstance(packet.payload, bytes):
        _put_payload(data, header, packet.payload)
    before, after = ip.set_addresses(data, header, packet.src, packet.dst)
    if packet.proto in (UDP, TCP):
        transport.set_ports(data, header.payload_at, packet.proto, packet.sport, packet.dport, before, after)
    else:
        icmp.set_identifier(data, header.payload_at, _identifier(packet), header.family, before, after)
    return data


def error_about(
    quoted: bytes | bytearray, family: int, src: int, dst: int, numbers: tuple[int, int], *, mtu: int = 0
) -> bytes:
    """An ICMP error of ours as a packet; `numbers` are type and code."""
    message = icmp.build_error(family, *numbers, quoted, mtu=mtu)
    return icmp_packet(message, family, src, dst)


def icmp_packet(message: icmp.IcmpMessage, family: int, src: int, dst: int) -> bytes:
    """An ICMP message of ours as a packet."""
    body = icmp.encode(message, family, src, dst)
    start = ip.IPV4_BYTES if family == 4 else ip.IPV6_BYTES
    proto = icmp.ICMP if family == 4 else icmp.ICMPV6
    return ip.encode(IpHeader(family, proto, src, dst, _TTL_OF_OURS, start + len(body), start)) + body


def resets_for(meddler: MeddlerSpec, data: bytearray, header: IpHeader) -> tuple[bytearray, bytearray] | None:
    """For both ends of a connection whose TLS greeting has a name that is reset: on its way, and back."""
    try:
        tcp = transport.decode_tcp(data, header.payload_at)
    except RemoteError:
        return None
    payload = bytes(data[header.payload_at + tcp.header_bytes : header.length])
    if not meddler.resets_for(payload):
        return None
    end = (tcp.sequence + len(payload)) % 2**32
    on = replace(tcp, flags=RST | ACK, window=0, urgent=0)
    back = replace(on, sport=tcp.dport, dport=tcp.sport, sequence=tcp.acknowledgement, acknowledgement=end)
    family, src, dst = header.family, header.src, header.dst
    return _tcp_packet(on, family, src, dst), _tcp_packet(back, family, dst, src)


def _tcp_packet(tcp: TcpHeader, family: int, src: int, dst: int) -> bytearray:
    """A bare segment of ours."""
    body = transport.encode_tcp(family, src, dst, tcp)
    start = ip.IPV4_BYTES if family == 4 else ip.IPV6_BYTES
    return bytearray(ip.encode(IpHeader(family, TCP, src, dst, _TTL_OF_OURS, start + len(body), start)) + body)


def echo_answer(lifted: Lifted) -> bytes | None:
    """The answer to a ping, from whom was asked; None when it is none."""
    header = lifted.header
    if lifted.packet.proto not in (ICMP, ICMPV6) or lifted.inner is not None:
        return None
    message = icmp.decode(lifted.data[header.payload_at : header.length])
    if message.icmp_type != icmp.ECHO_REQUEST[header.family]:
        return None
    return icmp_packet(
        replace(message, icmp_type=icmp.ECHO_REPLY[header.family]), header.family, header.dst, header.src
    )


def _packet(header: IpHeader, sport: int, dport: int, flags: int, payload: bytes) -> Packet:
    if header.dont_fragment:
        flags |= DONT_FRAGMENT
    return Packet(
        header.proto, header.src, sport, header.dst, dport, header.family, header.length, payload, header.ttl, flags
    )


def _lift_icmp(data: bytearray, header: IpHeader) -> Lifted:
    message = icmp.decode(data[header.payload_at : header.length])
    if message.is_echo(header.family):
        asks = message.icmp_type == icmp.ECHO_REQUEST[header.family]
        ends = (message.identifier, 0) if asks else (0, message.identifier)
        return Lifted(data, header, _packet(header, *ends, 0, bytes(data)))
    if not message.is_error(header.family):
        raise RemoteError(f"ICMP type {message.icmp_type} is not translated", offset=header.payload_at, field="type")
    at = header.payload_at + icmp.ICMP_BYTES
    inner = ip.decode(data, at=at, quoted=True)
    quoted = _lift_quoted(data, at, inner)
    error = IcmpError(
        header.src, header.dst, quoted, message.icmp_type, message.icmp_code, mtu=message.mtu(header.family),
        ttl=header.ttl,
    )  # fmt: skip
    return Lifted(data, header, error, inner, at)


def _lift_quoted(data: bytearray, at: int, inner: IpHeader) -> Packet:
    """The packet inside an error, of which eight bytes behind the header are there at least."""
    place = at + inner.payload_at
    if inner.proto in (UDP, TCP):
        return _packet(inner, *transport.ports(data, place), 0, b"")
    if inner.proto == (ICMP if inner.family == 4 else ICMPV6):
        message = icmp.decode(data[place : place + icmp.ICMP_BYTES])
        if message.is_echo(inner.family):
            asks = message.icmp_type == icmp.ECHO_REQUEST[inner.family]
            ends = (message.identifier, 0) if asks else (0, message.identifier)
            return _packet(inner, *ends, 0, b"")
    raise RemoteError("an error about what is not translated", offset=place, field="quoted packet")


def _identifier(packet: Packet) -> int:
    """Which of the two ports is the identifier: the other one is 0 before and after."""
    return packet.sport or packet.dport


def _put_payload(data: bytearray, header: IpHeader, payload: bytes) -> None:
    """Replace a datagram's payload by one of the same length, the checksum with it."""
    start = header.payload_at + transport.UDP_BYTES
    if data[start : header.length] == payload:
        return
    data[start : header.length] = payload
    place = slice(header.payload_at + 6, header.payload_at + 8)
    if not any(data[place]):
        return
    data[place] = bytes(2)
    begin = pseudo_sum(header.family, header.src, header.dst, UDP, header.payload_bytes)
    data[place] = (checksum(data[header.payload_at : header.length], begin) or 0xFFFF).to_bytes(2, "big")


def _press_error(lifted: Lifted, error: IcmpError) -> None:
    data, header, inner, at = lifted.data, lifted.header, lifted.inner, lifted.inner_at
    if inner is None:
        return
    quoted = error.inner
    place = at + inner.payload_at
    before, after = ip.set_addresses(data, inner, quoted.src, quoted.dst, at=at)
    if quoted.proto in (UDP, TCP):
        transport.set_ports(data, place, quoted.proto, quoted.sport, quoted.dport, before, after)
    else:
        icmp.set_identifier(data, place, _identifier(quoted), inner.family, before, after)
    ip.set_addresses(data, header, error.src, error.dst)
    where = slice(header.payload_at + 2, header.payload_at + 4)
    data[where] = bytes(2)
    length = header.payload_bytes
    begin = pseudo_sum(6, error.src, error.dst, ICMPV6, length) if header.family == 6 else 0
    data[where] = checksum(data[header.payload_at : header.length], begin).to_bytes(2, "big")
