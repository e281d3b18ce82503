"""Who may come in: the order in which flows, forwards, mappings, the DMZ host and pinholes are asked.

1. a flow with exactly these endpoints; 2. a forward of that external port; 3. a mapping whose filter admits the
sender, the newest first where a port is shared; 4. the DMZ host, where no other host owns the port; 5. a pinhole.
"""

from __future__ import annotations

from typing import TypeAlias

from natscope.machines.nat import tcp
from natscope.machines.nat.binder import Binder
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.filtering import filter_function
from natscope.machines.nat.opening import Openings
from natscope.machines.nat.packet import TCP, Packet
from natscope.machines.nat.table import Binding, Flow, Table
from natscope.machines.nat.verdicts import FILTERED, NO_MAPPING, NOT_A_SYN, TABLE_FULL, Verdict

Target: TypeAlias = Flow | Binding | Verdict
"""Who receives, as an existing flow, a new flow, a binding that needs no flow; or why nobody does."""


class Admission:
    """Finds the inside receiver of a packet; new flows are made for TCP, forwards, the DMZ host and pinholes."""

    __slots__ = ("_admits", "_binder", "_dmz", "_openings", "_pickup", "_pinholes", "_table")

    def __init__(self, config: NatConfig, table: Table, binder: Binder, openings: Openings) -> None:
        self._table = table
        self._binder = binder
        self._openings = openings
        self._admits = filter_function(config.filtering)
        self._dmz = None if config.dmz is None else int(config.dmz)
        self._pinholes = config.pinholes
        self._pickup = config.tcp_pickup

    def receiver(self, packet: Packet, now: float, *, trusted: bool = False) -> Target:
        """The receiver of a packet as it looks outside; `trusted` skips the filter (a hairpinned packet may)."""
        proto, src, sport, dst, dport = packet.header()
        flow = self._table.flows_in.get((proto, dst, dport, src, sport))
        if flow is not None:
            return flow
        owners = self._table.bindings_at(proto, dst, dport)
        for binding in owners:
            if binding.static:
                return self._track(binding, packet, now)
        for binding in reversed(owners):
            if trusted or self._admits(binding, src):
                return self._track(binding, packet, now) if proto == TCP else binding
        return self._opened_host(packet, FILTERED if owners else NO_MAPPING, now)

    def _opened_host(self, packet: Packet, refusal: Verdict, now: float) -> Target:
        """The DMZ host or a host behind a pinhole, else why the packet is dropped."""
        proto, dst, dport = packet.proto, packet.dst, packet.dport
        host = self._dmz
        if host is None:
            if not any(p.admits(proto, packet.family, dst, dport) for p in self._pinholes):
                return refusal
            host = dst
        owners = self._table.bindings_at(proto, dst, dport)
        if owners and not any(b.in_ip == host and b.in_port == dport for b in owners):
            return refusal
        if self._misses_connection(packet):
            return NOT_A_SYN
        known = self._table.flows_out.get((proto, host, dport, packet.src, packet.sport))
        if known is not None:
            return known
        if not self._table.make_room(proto):
            return TABLE_FULL
        return self._start(self._binder.bind_host(packet, host, now), packet, now)

    def _track(self, binding: Binding, packet: Packet, now: float) -> Target:
        """A new flow from outside through a binding that exists.

        Where the inside talks to that peer through another port already, that flow gets the packet and the answers.
        """
        if self._misses_connection(packet):
            return NOT_A_SYN
        known = self._table.flows_out.get((packet.proto, binding.in_ip, binding.in_port, packet.src, packet.sport))
        if known is not None:
            return known
        if not self._table.make_room(packet.proto, binding):
            return TABLE_FULL
        return self._start(binding, packet, now)

    def _start(self, binding: Binding, packet: Packet, now: float) -> Flow:
        return self._openings.open(binding, (packet.src, packet.sport), packet.flags, now, outbound=False)

    def _misses_connection(self, packet: Packet) -> bool:
        return packet.proto == TCP and not tcp.may_begin(packet.flags, pickup=self._pickup)
