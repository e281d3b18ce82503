"""Checkers beside a simulation: what no network of this kind may do is an error of the simulator, at once.

- Nothing passes a NAT that such a NAT would drop: a `Checker` with books of its own sits beside each.
- No packet arrives before its latency, its serialisation and the time it was sent; none arrives that was not sent.
- Every queue stays within its bound.

The rules are computed here from the configuration, not read from the code that is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natscope.machines.nat.forwards import Forward
from natscope.machines.nat.invariants import Checker, Header
from natscope.machines.nat.packet import IcmpError, Packet
from natscope.machines.nat.translator import Nat

if TYPE_CHECKING:
    from natscope.sim.link import Pipe

_SLACK_S = 1e-9


class InvariantError(AssertionError):
    """The simulation did what cannot be."""


class Watch:
    """Everything that moves in one network tells it."""

    def __init__(self) -> None:
        self._flying: dict[int, tuple[Packet, Pipe, float]] = {}
        self._nats: dict[int, tuple[Nat, Checker]] = {}
        self.judged = 0

    def departs(self, pipe: Pipe, packet: Packet, now: float) -> None:
        """A packet begins to cross; it cannot arrive before its latency and its own bits have passed."""
        spec = pipe.spec
        bits_s = packet.length * 8 / spec.rate_bps if spec.rate_bps else 0.0
        self._flying[id(packet)] = (packet, pipe, now + spec.latency_of(packet.family) + bits_s)

    def arrives(self, pipe: Pipe, packet: Packet, now: float) -> None:
        """It is there."""
        self.judged += 1
        known, crossed, earliest = self._flying.pop(id(packet), (None, None, 0.0))
        if known is not packet or crossed is not pipe:
            raise InvariantError(f"{packet} arrives over {pipe.name} without having been sent there")
        if now < earliest - _SLACK_S:
            raise InvariantError(f"{packet} arrives over {pipe.name} {earliest - now:.6f} s too early")

    def lost(self, packet: Packet) -> None:
        """It went down on the way."""
        self._flying.pop(id(packet), None)

    def queue(self, name: str, held: float, bound: float) -> None:
        """A queue holds so much of at most so much."""
        if held > bound + _SLACK_S:
            raise InvariantError(f"{name} holds {held:.0f}, its bound is {bound:.0f}")

    def translated(self, nat: Nat, packet: Packet, before: Header, now: float, *, outbound: bool, passed: bool) -> None:
        """A NAT has judged a packet; errors of ICMP are not judged."""
        if isinstance(packet, IcmpError):
            return
        self.judged += 1
        checker = self._checker(nat)
        after = packet.header() if passed else None
        if outbound:
            faults = checker.outbound(before, after, now, flags=packet.flags)
        else:
            faults = checker.inbound(before, after, now, flags=packet.flags, family=packet.family)
        if faults:
            raise InvariantError(f"{'; '.join(faults)}: {before} became {after}")

    def opened(self, nat: Nat, forward: Forward) -> None:
        """Somebody opened a port of a NAT while it runs."""
        self._checker(nat).opened(forward)

    def rebooted(self, nat: Nat) -> None:
        """A NAT has lost its mappings, perhaps also its addresses."""
        self._checker(nat).reboot(nat.external)

    def _checker(self, nat: Nat) -> Checker:
        known = self._nats.get(id(nat))
        if known is None:
            known = self._nats[id(nat)] = (nat, Checker(nat.config, nat.external))
        return known[1]
