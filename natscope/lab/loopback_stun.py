"""A STUN server with a character, for one loopback address: late, lossy, lying or silent.

Like upstream's `derper` it answers only the Tailscale form of request, unless told otherwise. It owns its socket
directly instead of through `Host`, so that 200 of them cost little beside the program they measure.
"""

from __future__ import annotations

import asyncio
import ipaddress
import random
import socket
from dataclasses import dataclass
from typing import Any

from natscope.errors import RemoteError
from natscope.lab.loopback_spec import Lie, RegionSpec, RelayKind
from natscope.model.endpoint import Endpoint
from natscope.wire.stun.message import BINDING, Message, MessageClass, decode, encode_binding_success

_DRAIN_DATAGRAMS = 64
_READ_BYTES = 2048
_SOFTWARE = "tailnode"
_SILENT_KINDS = (RelayKind.DEAD, RelayKind.SILENT_UDP)


@dataclass(slots=True)
class StunCounters:
    """Datagrams since the start."""

    received: int = 0
    answered: int = 0
    ignored: int = 0


class StunEndpoint:
    """Serves `sock` (bound, UDP) on the running loop until `close`."""

    def __init__(self, sock: socket.socket, spec: RegionSpec, counters: StunCounters, rng: random.Random) -> None:
        self._sock = sock
        self._spec = spec
        self._counters = counters
        self._rng = rng
        self._requests = 0
        self._loop = asyncio.get_running_loop()
        self._timers: dict[asyncio.TimerHandle, None] = {}
        self._other = _other_socket(sock) if Lie.OTHER_SOURCE in spec.lies else None
        sock.setblocking(False)
        self._loop.add_reader(sock.fileno(), self._on_readable)

    def close(self) -> None:
        """Close the socket and forget answers that are still held back."""
        self._loop.remove_reader(self._sock.fileno())
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._sock.close()
        if self._other is not None:
            self._other.close()

    def _on_readable(self) -> None:
        for _ in range(_DRAIN_DATAGRAMS):
            try:
                data, address = self._sock.recvfrom(_READ_BYTES)
            except OSError:
                return
            self._counters.received += 1
            answers = self._answers(data, address)
            if not answers:
                self._counters.ignored += 1
                continue
            self._send_later(answers, address)

    def _answers(self, data: bytes, address: tuple[Any, ...]) -> list[bytes]:
        """What is sent back, in order; nothing for silence."""
        if self._spec.kind in _SILENT_KINDS:
            return []
        try:
            request = decode(data)
        except RemoteError:
            return []
        if not self._is_for_us(request):
            return []
        self._requests += 1
        if self._spec.lost and self._spec.lost[(self._requests - 1) % len(self._spec.lost)] == "x":
            return []
        port = (address[1] + self._spec.port_shift - 1) % 65535 + 1
        mapped = Endpoint(ipaddress.ip_address(address[0]), port)
        return self._with_lies(encode_binding_success(request.transaction_id, mapped))

    def _is_for_us(self, request: Message) -> bool:
        if (request.message_class, request.method) != (MessageClass.REQUEST, BINDING) or request.classic:
            return False
        if not self._spec.tailscale_form_only:
            return True
        return request.software == _SOFTWARE and request.has_fingerprint and request.fingerprint_ok

    def _with_lies(self, answer: bytes) -> list[bytes]:
        lies = self._spec.lies
        if Lie.WRONG_TRANSACTION in lies:
            answer = answer[:8] + bytes(byte ^ 0xFF for byte in answer[8:20]) + answer[20:]
        if Lie.TRUNCATED in lies:
            answer = answer[:-3]
        answers = [answer, answer] if Lie.TWICE in lies else [answer]
        return [b"\xffno STUN at all", *answers] if Lie.NOISE_FIRST in lies else answers

    def _send_later(self, answers: list[bytes], address: tuple[Any, ...]) -> None:
        spec = self._spec
        delay_ms = spec.latency_ms + (self._rng.random() * spec.jitter_ms if spec.jitter_ms else 0.0)
        if Lie.LATE in spec.lies:
            delay_ms += spec.late_ms
        if delay_ms <= 0:
            self._send(answers, address)
            return

        def fire() -> None:
            del self._timers[timer]
            self._send(answers, address)

        timer = self._loop.call_later(delay_ms / 1000, fire)
        self._timers[timer] = None

    def _send(self, answers: list[bytes], address: tuple[Any, ...]) -> None:
        sock = self._other or self._sock
        for answer in answers:
            try:
                sock.sendto(answer, address)
            except OSError:
                continue  # the asker is gone, or the queue is full: a lost packet
        self._counters.answered += 1


def _other_socket(sock: socket.socket) -> socket.socket:
    other = socket.socket(sock.family, socket.SOCK_DGRAM)
    other.setblocking(False)
    other.bind((sock.getsockname()[0], 0))
    return other
