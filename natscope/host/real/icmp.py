"""ICMP echo: with an unprivileged datagram socket where the system allows it, else with a raw one.

Source: RFC 792, RFC 4443 section 4; Linux icmp(7) and net.ipv4.ping_group_range.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
import time

from natscope.host.api import EchoReply, Failure, HostError
from natscope.host.real.error_queue import QueuedError, ask_for_errors, read_error
from natscope.host.real.failures import failure_of, host_error
from natscope.host.real.kernel_time import ANCILLARY_BYTES, ask_for_stamps, received_at
from natscope.host.real.sockaddr import family_constant, from_sockaddr, to_sockaddr
from natscope.model.endpoint import Endpoint, Family, IPAddress

MAX_PAYLOAD_BYTES = 1400
_HEADER = struct.Struct("!BBHHH")
_ECHO: dict[Family, tuple[int, int, int]] = {4: (1, 8, 0), 6: (58, 128, 129)}
"""Protocol number, type of the request, type of the reply."""
_READ_BYTES = 4096


class RealIcmp:
    """Sends one echo at a time per call; calls may run side by side."""

    async def echo(self, target: IPAddress, *, payload: bytes, timeout_s: float) -> EchoReply:
        """One echo with at most 1,400 bytes. Raises `HostError`: TIMEOUT for silence, PERMISSION when we may not."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise HostError(Failure.MESSAGE_TOO_LONG, f"an echo carries at most {MAX_PAYLOAD_BYTES} bytes")
        family: Family = 4 if target.version == 4 else 6
        sock = _open(family)
        try:
            return await _exchange(sock, family, target, payload, timeout_s)
        finally:
            sock.close()


def _open(family: Family) -> socket.socket:
    protocol = _ECHO[family][0]
    doing = f"cannot send ICMPv{family} echo"
    kinds = (socket.SOCK_DGRAM, socket.SOCK_RAW)
    for last, kind in enumerate(kinds, start=1):
        try:
            sock = socket.socket(family_constant(family), kind, protocol)
        except OSError as error:
            if last < len(kinds) and failure_of(error.errno or 0) in (Failure.PERMISSION, Failure.NOT_SUPPORTED):
                continue
            refused = host_error(error, doing)
            if refused.failure is Failure.PERMISSION:
                refused.hint = "allow it with: sysctl net.ipv4.ping_group_range='0 2147483647'"
            raise refused from error
        sock.setblocking(False)
        ask_for_stamps(sock)
        ask_for_errors(sock, family)
        return sock
    raise AssertionError("unreachable")


async def _exchange(
    sock: socket.socket, family: Family, target: IPAddress, payload: bytes, timeout_s: float
) -> EchoReply:
    doing = f"ICMP echo to {target}"
    identifier, sequence = os.getpid() & 0xFFFF, int.from_bytes(os.urandom(2), "big")
    request = _request(family, identifier, sequence, payload)
    try:
        # Connected: the kernel delivers only what comes from the target, and errors about it.
        sock.connect(to_sockaddr(Endpoint(target, 0)))
        sent_at = time.monotonic()
        sock.send(request)
    except OSError as error:
        raise host_error(error, doing) from error
    try:
        async with asyncio.timeout(timeout_s):
            return await _answer(sock, family, sequence, payload, sent_at)
    except TimeoutError as error:
        raise HostError(Failure.TIMEOUT, f"{doing}: no answer within {timeout_s:g} s") from error


async def _answer(sock: socket.socket, family: Family, sequence: int, payload: bytes, sent_at: float) -> EchoReply:
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(sock.fileno(), arrived.set)
    try:
        while True:
            await arrived.wait()
            arrived.clear()
            reply = _read(sock, family, sequence, payload, sent_at)
            if reply is not None:
                return reply
    finally:
        loop.remove_reader(sock.fileno())


def _read(sock: socket.socket, family: Family, sequence: int, payload: bytes, sent_at: float) -> EchoReply | None:
    """What waits on the socket: our reply, an error about our request, or None."""
    while True:
        try:
            data, ancillary, _flags, source = sock.recvmsg(_READ_BYTES, ANCILLARY_BYTES)
        except OSError as error:
            queued = read_error(sock)
            if queued is not None:
                return _error_reply(queued, sent_at)
            if isinstance(error, BlockingIOError | InterruptedError):
                return None
            raise host_error(error, "ICMP echo") from error
        at = received_at(ancillary)
        if _is_reply(data, family, sock.type, sequence, payload):
            return EchoReply(max(0.0, at - sent_at), from_sockaddr(source).ip)


def _error_reply(queued: QueuedError, sent_at: float) -> EchoReply:
    target = from_sockaddr(queued.target).ip
    return EchoReply(max(0.0, queued.received_at - sent_at), queued.reporter or target, queued.failure)


def _request(family: Family, identifier: int, sequence: int, payload: bytes) -> bytes:
    kind = _ECHO[family][1]
    checksum = _checksum(_HEADER.pack(kind, 0, 0, identifier, sequence) + payload) if family == 4 else 0
    return _HEADER.pack(kind, 0, checksum, identifier, sequence) + payload


def _is_reply(data: bytes, family: Family, socket_type: int, sequence: int, payload: bytes) -> bool:
    """Type, sequence and payload match. A raw IPv4 socket (and macOS always) delivers the IP header too."""
    if family == 4 and (socket_type == socket.SOCK_RAW or sys.platform == "darwin") and data:
        data = data[(data[0] & 0x0F) * 4 :]
    if len(data) < _HEADER.size:
        return False
    kind, code, _checksum_field, _identifier, number = _HEADER.unpack_from(data)
    return (kind, code, number) == (_ECHO[family][2], 0, sequence) and data[_HEADER.size :] == payload


def _checksum(data: bytes) -> int:
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
