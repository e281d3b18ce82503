"""Runs a machine on one UDP socket: datagrams and deadlines go in, what it sends goes out."""

from __future__ import annotations

import asyncio
from typing import Protocol

from natscope.host.api import Datagram, Host, HostError, UdpSocket
from natscope.machines.api import Input, Received, Send, Tick

LEAST_S = 0.0005
"""A shorter wait may end before its time, by rounding, and then nothing would move on."""


class Sender(Protocol):
    """A machine that only ever sends."""

    @property
    def is_over(self) -> bool:
        """Nothing more to do."""
        ...

    def handle(self, item: Input, now: float) -> list[Send]:
        """Take one input."""
        ...

    def deadline(self) -> float | None:
        """When a `Tick` is wanted."""
        ...


async def drive(host: Host, socket: UdpSocket, machine: Sender) -> str:
    """Until the machine is over. A socket that cannot send ends it: then the words of the system, else empty."""
    clock = host.clock
    item: Input = Tick()
    while True:
        for command in machine.handle(item, clock.now()):
            try:
                socket.send(command.data, command.target)
            except HostError as error:
                return error.message
        if machine.is_over:
            return ""
        item = await _next(host, socket, machine.deadline())


async def _next(host: Host, socket: UdpSocket, until: float | None) -> Input:
    """The next datagram, or a tick at that time. ICMP errors are no input: silence says the same, only later."""
    while True:
        remaining = 3600.0 if until is None else until - host.clock.now()
        try:
            async with asyncio.timeout(max(remaining, LEAST_S) if remaining > 0 else 0.0):
                received = await socket.receive()
        except TimeoutError:
            return Tick()
        if isinstance(received, Datagram):
            return Received(received.data, received.source)
