"""NAT64 on bytes: the simulator's translation of packets (`sim/nat64.py`), with headers and checksums written anew.

Source: RFC 7915 §4 and §5. Options and extension headers are left behind; fragments were put together before.
"""

from __future__ import annotations

from dataclasses import replace

from natscope.errors import RemoteError
from natscope.lab.kernel.tun_packet import error_about, lift
from natscope.machines.nat.packet import DONT_FRAGMENT, ICMP, ICMPV6, TCP, UDP, IcmpError
from natscope.sim.nat64 import Nat64
from natscope.wire import icmp, ip, transport
from natscope.wire.checksum import checksum, pseudo_sum
from natscope.wire.ip import IPV4_BYTES, IPV6_BYTES, IpHeader

_BYTES = {4: IPV4_BYTES, 6: IPV6_BYTES}
_PROTO = {4: {ICMPV6: ICMP}, 6: {ICMP: ICMPV6}}


class Bridge:
    """Of one router; it knows the stand-ins of its hosts."""

    def __init__(self) -> None:
        self._nat64 = Nat64()

    def covers(self, header: IpHeader) -> bool:
        """Whether a packet has to cross: IPv6 to the prefix, or IPv4 to a stand-in."""
        return self._nat64.covers(header.dst, header.family)

    def cross(self, data: bytearray, header: IpHeader) -> bytearray | None:
        """The packet in the other family; None for what cannot be translated (errors from inside, and rare ones).

        Raises `RemoteError` for what no NAT translates.
        """
        packet = lift(bytearray(data), header).packet
        crossed = self._nat64.to_ipv4(packet) if header.family == 6 else self._nat64.to_ipv6(packet)
        if crossed is None:
            return None
        if not isinstance(crossed, IcmpError):
            whole = crossed.flags & DONT_FRAGMENT != 0
            return _rewrap(data, header, crossed.family, (crossed.src, crossed.dst), dont_fragment=whole)
        at = header.payload_at + icmp.ICMP_BYTES
        inner = ip.decode(data, at=at, quoted=True)
        quoted = _rewrap(data[at : header.length], inner, crossed.family, (crossed.inner.src, crossed.inner.dst))
        numbers = crossed.icmp_type, crossed.icmp_code
        return bytearray(error_about(bytes(quoted), crossed.family, crossed.src, crossed.dst, numbers, mtu=crossed.mtu))


def _rewrap(
    data: bytearray, header: IpHeader, family: int, ends: tuple[int, int], *, dont_fragment: bool = False
) -> bytearray:
    """The same payload below a header of the other family; `ends` are source and destination."""
    proto = _PROTO[family].get(header.proto, header.proto)
    body = bytearray(data[header.payload_at : header.length])
    start = _BYTES[family]
    if proto in (UDP, TCP):
        _write_checksum(body, proto, family, ends, header.payload_bytes)
    elif proto in (ICMP, ICMPV6):
        body = bytearray(_echo(bytes(body), header.family, family, ends))
    length = start + header.payload_bytes
    new = IpHeader(
        family, proto, *ends, header.ttl, length, start, traffic_class=header.traffic_class, dont_fragment=dont_fragment
    )
    return bytearray(ip.encode(new)) + body


def _write_checksum(body: bytearray, proto: int, family: int, ends: tuple[int, int], length: int) -> None:
    """Nothing where the packet is only quoted and its checksum cut off."""
    at = transport.CHECKSUM_AT[proto]
    if len(body) < at + 2:
        return
    body[at : at + 2] = bytes(2)
    total = checksum(body, pseudo_sum(family, *ends, proto, length))
    body[at : at + 2] = (total or 0xFFFF).to_bytes(2, "big")


def _echo(body: bytes, old: int, new: int, ends: tuple[int, int]) -> bytes:
    message = icmp.decode(body)
    kinds = {icmp.ECHO_REQUEST[old]: icmp.ECHO_REQUEST[new], icmp.ECHO_REPLY[old]: icmp.ECHO_REPLY[new]}
    if message.icmp_type not in kinds:
        raise RemoteError(f"ICMP type {message.icmp_type} is not translated", offset=0, field="type")
    return icmp.encode(replace(message, icmp_type=kinds[message.icmp_type]), new, *ends)
