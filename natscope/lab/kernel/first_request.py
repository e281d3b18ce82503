"""Notices the first request to a relay that leaves a host: from then on it is being measured."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Sequence

from natscope.lab.kernel.netns import Space
from natscope.model.relay_map import DEFAULT_STUN_PORT

EVERYTHING, UDP = 3, 17
"""ETH_P_ALL; the number of UDP."""
MAX_BYTES = 128


class FirstRequest:
    """Listens at interfaces, each in its namespace, from the moment it is made."""

    def __init__(self, places: Sequence[tuple[Space, str]]) -> None:
        self._sockets = [_listen(space, device) for space, device in places]

    def wait(self, timeout_s: float | None) -> bool:
        """Whether it has been sent by then; None waits for ever."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready, _, _ = select.select(self._sockets, [], [], left)
            for sock in ready:
                data, address = sock.recvfrom(MAX_BYTES)
                if address[2] == socket.PACKET_OUTGOING and is_request(data):
                    return True
            if not ready:
                return False


def is_request(packet: bytes) -> bool:
    """Whether an IP packet is UDP to a relay's usual port."""
    version = packet[0] >> 4 if packet else 0
    at, proto = (4 * (packet[0] & 15), packet[9:10]) if version == 4 else (40, packet[6:7])
    return version in (4, 6) and proto == bytes([UDP]) and packet[at + 2 : at + 4] == DEFAULT_STUN_PORT.to_bytes(2)


def _listen(space: Space, device: str) -> socket.socket:
    with contextlib.ExitStack() as made, space.entered():
        sock = made.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(EVERYTHING)))
        sock.bind((device, EVERYTHING))
        made.pop_all()
        return sock
