"""Orders to processes of a lab while it stands: lines of text through a pipe that was there before they started."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from ipaddress import IPv4Address

from natscope.lab.scenario import DnsManner

READ_BYTES = 4096


class Orders:
    """One pipe. Whoever is to obey reads `descriptor`, which does not block."""

    def __init__(self) -> None:
        self.descriptor, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._rest = b""

    def give(self, line: str) -> None:
        """Send an order; orders are few and short, so that they always fit."""
        os.write(self._write, line.encode() + b"\n")

    def read(self) -> list[str]:
        """Whole orders that have arrived."""
        try:
            self._rest += os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return []
        *lines, self._rest = self._rest.split(b"\n")
        return [line.decode() for line in lines]


def reboot_order(external: Sequence[IPv4Address]) -> str:
    """To a NAT: lose all mappings; none means that addresses stay."""
    return " ".join(["reboot", *map(str, external)])


def reboot_in(order: str) -> tuple[IPv4Address, ...] | None:
    """The new addresses in such an order; None where they stay."""
    return tuple(map(ipaddress.IPv4Address, order.split()[1:])) or None


def dns_order(manner: DnsManner | None) -> str:
    """To the name server: behave like this; None means as it did at first."""
    return manner.value if manner is not None else ""
