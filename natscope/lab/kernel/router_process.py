"""Runs a user-space router on its TUN devices: reads, asks the machine, writes, and sleeps until its next deadline."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Mapping
from typing import NoReturn

from natscope.lab.kernel.mapping_process import NatEnd
from natscope.lab.kernel.router_tun import RouterTun

READ_BYTES = 65_536
BURST_PACKETS = 64
"""Read from one device before others get their turn."""


def serve(router: RouterTun, inside: int, outside: int | None = None, service: NatEnd | None = None) -> NoReturn:
    """Route for ever between packets read from the TUN `inside` (sent by hosts here) and `outside` (sent to them).

    Everything is written to `inside`, the kernel's routes decide where it leaves. `service` is what the router's
    mapping service asks.
    """
    devices: dict[int, bool] = {inside: False}
    if outside is not None:
        devices[outside] = True
    watched: list[int | NatEnd] = [*devices, *([service] if service is not None else [])]
    while True:
        ready, _, _ = select.select(watched, [], [], _patience(router))
        for one in ready:
            if isinstance(one, NatEnd):
                one.answer()
            else:
                _read(router, one, devices)
        _write(router, inside)


def _patience(router: RouterTun) -> float | None:
    deadline = router.deadline()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


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
