"""Runs a user-space router on its TUN devices: reads, asks the machine, writes, and sleeps until its next deadline."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn, Protocol

import msgspec

from natscope.lab.kernel.orders import Orders, reboot_in
from natscope.lab.kernel.router_tun import RouterTun

READ_BYTES = 65_536
BURST_PACKETS = 64
"""Read from one device before others get their turn."""


COUNT_EVERY_S = 0.5


class Listener(Protocol):
    """What a router's process hears beside packets: questions of its mapping service, orders."""

    def fileno(self) -> int:
        """For `select`."""
        ...

    def answer(self) -> None:
        """Something has come, probably."""
        ...


class RouterOrders:
    """Hears orders to reboot."""

    def __init__(self, router: RouterTun, orders: Orders) -> None:
        self._router = router
        self._orders = orders

    def fileno(self) -> int:
        """For `select`."""
        return self._orders.descriptor

    def answer(self) -> None:
        """Obey."""
        for order in self._orders.read():
            self._router.reboot(reboot_in(order))


class Counts:
    """Writes down what a router has dropped, by reason, whenever that has changed; seldom, and whole or not at all."""

    def __init__(self, router: RouterTun, path: Path) -> None:
        self._router = router
        self._path = path
        self._written: dict[str, int] = {}
        self._next = 0.0

    def patience(self, now: float) -> float | None:
        """How long until there is something to write; None while nothing has changed."""
        return max(0.0, self._next - now) if self._router.counts != self._written else None

    def write(self, now: float) -> None:
        """If it is time."""
        if self.patience(now) == 0.0:
            self._next, self._written = now + COUNT_EVERY_S, dict(self._router.counts)
            whole = self._path.with_suffix(".new")
            whole.write_bytes(msgspec.json.encode(self._written))
            whole.rename(self._path)


def serve(
    router: RouterTun,
    inside: int,
    outside: int | None = None,
    *,
    listeners: Sequence[Listener] = (),
    counts: Counts | None = None,
) -> NoReturn:
    """Route for ever between packets read from the TUN `inside` (sent by hosts here) and `outside` (sent to them).

    Everything is written to `inside`, the kernel's routes decide where it leaves.
    """
    devices: dict[int, bool] = {inside: False}
    if outside is not None:
        devices[outside] = True
    watched: list[int | Listener] = [*devices, *listeners]
    while True:
        ready, _, _ = select.select(watched, [], [], _patience(router, counts))
        for one in ready:
            if isinstance(one, int):
                _read(router, one, devices)
            else:
                one.answer()
        _write(router, inside)
        if counts is not None:
            counts.write(time.monotonic())


def _patience(router: RouterTun, counts: Counts | None) -> float | None:
    deadline, now = router.deadline(), time.monotonic()
    waits = [None if deadline is None else max(0.0, deadline - now), counts.patience(now) if counts else None]
    return min((wait for wait in waits if wait is not None), default=None)


def _read(router: RouterTun, device: int, devices: Mapping[int, bool]) -> None:
    for _ in range(BURST_PACKETS):
        try:
            data = os.read(device, READ_BYTES)
        except BlockingIOError:
            return
        router.take(data, time.monotonic(), outside=devices[device])


def _write(router: RouterTun, device: int) -> None:
    for packet in router.due(time.monotonic()):
        # EINVAL: a packet that the kernel will not have; it is lost, as it would be on a wire.
        with contextlib.suppress(OSError):
            os.write(device, packet)
