"""Packets from outside that nothing lets in: silence, a refusal in time, or a port that burns.

A refused TCP SYN is held for six seconds before port unreachable is sent, and forgotten when the inside sends its own
SYN meanwhile, so that simultaneous open works through two NATs (RFC 5382 REQ-4).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from natscope.machines.nat.config import NatConfig, Unsolicited
from natscope.machines.nat.lifetime import Agenda, Timer
from natscope.machines.nat.mapping import Key
from natscope.machines.nat.packet import PORT_UNREACHABLE, SYN, TCP, UDP, IcmpError, Packet
from natscope.machines.nat.verdicts import FILTERED, NO_MAPPING, Verdict

HELD_SYN_S = 6.0
MAX_HELD_SYNS = 256
MAX_BURNT = 4096
"""Beyond these bounds refusals and burnt ports are not remembered, which is what a full router does too."""


class Held:
    """A SYN that waits for its refusal."""

    __slots__ = ("key", "packet")

    def __init__(self, key: Key, packet: Packet) -> None:
        self.key = key
        self.packet = packet


class Unwanted:
    """Remembers unsolicited packets as far as the policy says; keys are those of `Table.flows_in`."""

    __slots__ = ("_agenda", "_burn_s", "_held", "_policy", "_ready", "burnt")

    def __init__(self, config: NatConfig) -> None:
        self._policy = config.unsolicited
        self._burn_s = config.lifetimes.udp_s
        self._agenda: Agenda[Key | Held] = Agenda()
        self._held: dict[Key, Timer[Key | Held]] = {}
        self._ready: list[IcmpError] = []
        self.burnt: dict[Key, Timer[Key | Held]] = {}

    def clear(self) -> None:
        """Lose everything, as a reboot does."""
        self._agenda.clear()
        self._held.clear()
        self._ready.clear()
        self.burnt.clear()

    def note(self, packet: Packet, verdict: Verdict, now: float) -> None:
        """A packet was not let in."""
        if verdict not in (NO_MAPPING, FILTERED):
            return
        if self._policy is Unsolicited.BURN:
            self._burn((packet.proto, packet.dst, packet.dport, packet.src, packet.sport), now)
        elif self._policy is Unsolicited.REJECT and packet.proto == TCP and packet.flags & SYN:
            self._hold(packet, now)

    def solicited(self, key: Key) -> None:
        """The inside opened that flow itself: a held SYN of it stays without an answer."""
        timer = self._held.pop(key, None)
        if timer is not None:
            self._agenda.drop(timer)

    def refusal(self, packet: Packet, verdict: Verdict) -> IcmpError | None:
        """What to answer at once: port unreachable for UDP, nothing for TCP and ICMP."""
        if self._policy is Unsolicited.DROP or verdict not in (NO_MAPPING, FILTERED) or packet.proto != UDP:
            return None
        return unreachable(packet)

    def next_time(self) -> float | None:
        """When `purge` wants to be called, None while nothing is remembered."""
        return self._agenda.next_time()

    def purge(self, now: float) -> None:
        """Forget what is over; refusals that are due are kept for `take`."""
        for owner in self._agenda.due(now):
            if isinstance(owner, Held):
                del self._held[owner.key]
                if len(self._ready) < MAX_HELD_SYNS:
                    self._ready.append(unreachable(owner.packet))
            else:
                del self.burnt[owner]

    def take(self) -> Sequence[IcmpError]:
        """The refusals to send to the outside now, each once."""
        if not self._ready:
            return ()
        ready, self._ready = self._ready, []
        return ready

    def unburn(self, key: Key) -> None:
        """An inside host takes the port in spite of all."""
        timer = self.burnt.pop(key, None)
        if timer is not None:
            self._agenda.drop(timer)

    def _burn(self, key: Key, now: float) -> None:
        timer = self.burnt.get(key)
        if timer is not None:
            timer.expires = now + self._burn_s
        elif len(self.burnt) < MAX_BURNT:
            timer = self.burnt[key] = Timer(key, now + self._burn_s, 0.0, 0.0, math.inf)
            self._agenda.add(timer)

    def _hold(self, packet: Packet, now: float) -> None:
        key = (packet.proto, packet.dst, packet.dport, packet.src, packet.sport)
        if key not in self._held and len(self._held) < MAX_HELD_SYNS:
            timer: Timer[Key | Held] = Timer(Held(key, packet.copy()), now + HELD_SYN_S, 0.0, 0.0, math.inf)
            self._held[key] = timer
            self._agenda.add(timer)


def unreachable(packet: Packet) -> IcmpError:
    """Port unreachable from the address that the packet was sent to."""
    icmp_type, icmp_code = PORT_UNREACHABLE[packet.family]
    return IcmpError(packet.dst, packet.src, packet.copy(), icmp_type, icmp_code)
