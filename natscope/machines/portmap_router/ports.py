"""How a mapping service reaches the NAT that it opens ports in."""

from __future__ import annotations

from typing import Protocol

from natscope.machines.nat.forwards import Forward
from natscope.machines.nat.translator import Nat
from natscope.model.endpoint import Endpoint, IPAddress


class Ports(Protocol):
    """A NAT as its mapping service sees it; `now` is in seconds of one clock for both."""

    def open(self, forward: Forward, now: float, lifetime_s: float | None) -> Endpoint | None:
        """Open a port or renew it, for good or as a lease; None where another host has it."""
        ...

    def close(self, forward: Forward) -> None:
        """Close a port that was opened with an equal value."""
        ...

    def external(self) -> IPAddress:
        """The outside address that forwards belong to."""
        ...

    def restarts(self) -> int:
        """How often the NAT has lost everything."""
        ...


class NatPorts:
    """A NAT in the same process."""

    def __init__(self, nat: Nat) -> None:
        self._nat = nat

    def open(self, forward: Forward, now: float, lifetime_s: float | None) -> Endpoint | None:
        """See `Ports`."""
        return self._nat.open_forward(forward, now, lifetime_s)

    def close(self, forward: Forward) -> None:
        """See `Ports`."""
        self._nat.close_forward(forward)

    def external(self) -> IPAddress:
        """See `Ports`."""
        return self._nat.external[0]

    def restarts(self) -> int:
        """See `Ports`."""
        return self._nat.reboots
