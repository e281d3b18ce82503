"""Many STUN relays in one process: one socket per address, each answering after its own delay, or never.

`python stun_hosts.py FILE`: FILE is a JSON list of [address, delay in ms or null for silence]. Prints `ready`. Only for
benchmarks: the answers are upstream's form (one XOR-MAPPED-ADDRESS), requests are not checked.
"""

from __future__ import annotations

import contextlib
import heapq
import ipaddress
import json
import selectors
import socket
import struct
import sys
import time
from pathlib import Path

PORT = 3478
COOKIE = bytes.fromhex("2112a442")


def answer(request: bytes, ip: str, port: int) -> bytes:
    """A Binding success response for whoever asked (RFC 8489 section 14.2)."""
    packed = ipaddress.ip_address(ip).packed
    mask = (COOKIE + request[8:20])[: len(packed)]
    mapped = bytes(a ^ b for a, b in zip(packed, mask, strict=True))
    family = 1 if len(packed) == 4 else 2
    value = struct.pack("!BBH", 0, family, port ^ 0x2112) + mapped
    return struct.pack("!HH", 0x0101, len(value) + 4) + request[4:20] + struct.pack("!HH", 0x0020, len(value)) + value


def serve(hosts: list[tuple[str, float | None]]) -> None:
    """Answer for ever."""
    selector = selectors.DefaultSelector()
    for address, delay_ms in hosts:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((address, PORT))
        udp.setblocking(False)
        selector.register(udp, selectors.EVENT_READ, delay_ms)
    print("ready", flush=True)
    waiting: list[tuple[float, int, socket.socket, bytes, tuple[str, int]]] = []
    number = 0
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for key, _ in selector.select(pause):
            udp = key.fileobj  # type: ignore[assignment]
            with contextlib.suppress(BlockingIOError):
                data, source = udp.recvfrom(2048)
                if key.data is not None and len(data) >= 20:
                    number += 1
                    due = time.monotonic() + key.data / 1000
                    heapq.heappush(waiting, (due, number, udp, answer(data, source[0], source[1]), source))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, udp, reply, source = heapq.heappop(waiting)
            with contextlib.suppress(OSError):
                udp.sendto(reply, source)


if __name__ == "__main__":
    serve([(address, delay) for address, delay in json.loads(Path(sys.argv[1]).read_text())])
