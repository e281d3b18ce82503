"""Hairpinning: an inside packet for one of our own external endpoints comes back in (RFC 4787 §6, RFC 5382 REQ-8).

The sender is translated like for any other destination, then the packet is judged as if it came from outside. A
receiver that sees the internal source (`INTERNAL_SOURCE`) answers on the LAN, past the NAT: that is what breaks there.
"""

from __future__ import annotations

from natscope.machines.nat.admission import Admission, Target
from natscope.machines.nat.config import Hairpin, NatConfig
from natscope.machines.nat.packet import Packet
from natscope.machines.nat.table import Flow


class Turn:
    """Turns packets around."""

    __slots__ = ("_admission", "_internal_source", "_trusted", "is_on")

    def __init__(self, config: NatConfig, admission: Admission) -> None:
        self._admission = admission
        self._trusted = not config.hairpin_filtered
        self._internal_source = config.hairpin is Hairpin.INTERNAL_SOURCE
        self.is_on = config.hairpin is not Hairpin.NONE

    def receiver(self, sender: Flow, packet: Packet, now: float) -> Target:
        """Who inside receives; the packet is left as it was."""
        outside = packet.copy()
        outside.src, outside.sport = sender.ext_ip, sender.ext_port
        return self._admission.receiver(outside, now, trusted=self._trusted)

    def rewrite(self, sender: Flow, packet: Packet, receiver: tuple[int, int]) -> None:
        """Translate in place."""
        if not self._internal_source:
            packet.src, packet.sport = sender.ext_ip, sender.ext_port
        packet.dst, packet.dport = receiver
