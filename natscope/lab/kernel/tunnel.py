"""A wire between two TUN devices, as a VPN or a proxy program makes one: whatever enters one comes out of the other."""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Callable
from typing import NoReturn

READ_BYTES = 65_536
BURST_PACKETS = 64


def shuttle(left: int, right: int, ready: Callable[[], None]) -> NoReturn:
    """Carry packets between the two descriptors for ever."""
    ready()
    other = {left: right, right: left}
    while True:
        for device in select.select([*other], [], [])[0]:
            _carry(device, other[device])


def _carry(here: int, there: int) -> None:
    for _ in range(BURST_PACKETS):
        try:
            data = os.read(here, READ_BYTES)
        except BlockingIOError:
            return
        with contextlib.suppress(OSError):  # what the kernel will not have is lost, as on a wire
            os.write(there, data)
