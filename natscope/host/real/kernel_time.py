"""The kernel's receive time stamps, converted to the monotonic clock.

A stamp is taken when the packet reaches the network stack, so a busy event loop does not lengthen a round trip.
Source: Linux Documentation/networking/timestamping.rst, SO_TIMESTAMPNS.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import struct
import sys
import time

_SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("@ll")
_MAX_AGE_NS = 10_000_000_000
"""Older than this the wall clock was set meanwhile: the stamp is worth nothing."""
_READ_TRIES, _READ_APART_NS = 4, 20_000
"""Both clocks are read again when the program was stopped in between: that long the conversion would be wrong."""

ANCILLARY_BYTES = 512


def ask_for_stamps(sock: socket.socket) -> None:
    """Turn stamps on where the system has them; without them the time after `recvmsg` serves."""
    if sys.platform != "linux":
        return
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return


@functools.cache
def keep_stamps_on() -> int:
    """Have the kernel stamp packets from now on; the descriptor that asks for it, -1 where that is not possible.

    Stamping is off until the first socket asks, and then takes a moment to come on: packets of that moment get the time
    at which they are read. So one socket asks early, and is kept until the program ends.
    Source: Linux net/core/dev.c, net_enable_timestamp.
    """
    with contextlib.suppress(OSError):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ask_for_stamps(sock)
        return sock.detach()
    return -1


def received_at(ancillary: list[tuple[int, int, bytes]]) -> float:
    """Monotonic seconds at which a packet that was read just now arrived."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            stamp: tuple[int, int] = _TIMESPEC.unpack_from(data)
            now, wall = _both_clocks()
            age = wall - (stamp[0] * 1_000_000_000 + stamp[1])
            if 0 <= age <= _MAX_AGE_NS:
                return (now - age) / 1e9
    return time.monotonic_ns() / 1e9


def _both_clocks() -> tuple[int, int]:
    """The monotonic and the wall clock at one moment, in nanoseconds: the closest of a few readings."""
    best, apart = (0, 0), -1
    for _ in range(_READ_TRIES):
        before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        if apart < 0 or after - before < apart:
            best, apart = ((before + after) // 2, wall), after - before
        if apart <= _READ_APART_NS:
            break
    return best
