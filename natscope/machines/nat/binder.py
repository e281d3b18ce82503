"""Which binding a new flow uses: a forward, the mapping it shares, or a new one with address and port chosen."""

from __future__ import annotations

import math

from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.draw import Draw
from natscope.machines.nat.mapping import Key, key_function
from natscope.machines.nat.packet import ICMP, ICMPV6, Packet
from natscope.machines.nat.pool import Pool, Pooling
from natscope.machines.nat.ports import NO_FREE_PORT, PortAllocator, PortPolicy, Taken
from natscope.machines.nat.table import Binding, Table
from natscope.machines.nat.unsolicited import Unwanted
from natscope.machines.nat.verdicts import NO_FREE_PORT as NO_FREE_PORT_VERDICT
from natscope.machines.nat.verdicts import Verdict


class Binder:
    """Finds or makes bindings; `pool` is replaced when the public addresses change."""

    __slots__ = (
        "_absolute_s", "_allocator", "_by_destination", "_contiguity", "_key_of", "_per_flow", "_table", "_translates",
        "_unwanted", "pool", "steals",
    )  # fmt: skip

    def __init__(self, config: NatConfig, draw: Draw, pool: Pool, table: Table, unwanted: Unwanted) -> None:
        self.pool = pool
        self._table = table
        self._unwanted = unwanted
        self._key_of = key_function(config.mapping)
        self._translates = config.translates
        self._by_destination = config.pooling is Pooling.PER_DESTINATION and config.translates
        self._contiguity = config.contiguity
        self._per_flow = config.ports is PortPolicy.PER_FLOW
        self.steals = config.ports is PortPolicy.OVERLOADING
        self._absolute_s = math.inf if config.lifetimes.absolute_s is None else config.lifetimes.absolute_s
        self._allocator = PortAllocator(
            config.ports, config.port_range, draw,
            stride=config.stride, parity=config.parity, low_stays_low=config.low_ports_stay_low,
        )  # fmt: skip

    def find(self, proto: int, src: int, sport: int, dst: int, dport: int) -> Binding | None:
        """The binding that exists for such a flow: a forward of that internal endpoint comes before mappings."""
        static = self._table.static_out.get((proto, src, sport))
        return static or self._table.by_key.get(self._key(proto, src, sport, dst, dport))

    def bind(self, packet: Packet, now: float) -> Binding | Verdict:
        """The binding for a new flow, made when there is none yet."""
        proto, src, sport, dst, dport = packet.header()
        binding = self.find(proto, src, sport, dst, dport)
        if binding is None:
            return self._create(packet, self._key(proto, src, sport, dst, dport), now)
        if self._is_free((proto, binding.ext_ip, binding.ext_port, dst, dport)):
            return binding
        if self.steals:
            self._evict((proto, binding.ext_ip, binding.ext_port, dst, dport))
            return binding
        return self._alternate(packet, binding, now)

    def bind_host(self, packet: Packet, host: int, now: float) -> Binding:
        """The binding for a flow from outside to `host` at the port it was sent to (DMZ, pinhole)."""
        proto, ext_ip, port, remote_ip, remote_port = packet.proto, packet.dst, packet.dport, packet.src, packet.sport
        own = next(
            (b for b in self._table.bindings_at(proto, ext_ip, port) if b.in_ip == host and b.in_port == port), None
        )
        if own is not None:
            return own
        key: Key | None = self._key(proto, host, port, remote_ip, remote_port)
        if key in self._table.by_key:
            key = None
        return self._add(packet, (host, port), (ext_ip, port), key, now)

    def _key(self, proto: int, src: int, sport: int, dst: int, dport: int) -> Key:
        key = self._key_of(proto, src, sport, dst, dport)
        return (*key, self.pool.candidates(src, dst)[0]) if self._by_destination else key

    def _is_free(self, in_key: Key) -> bool:
        return in_key not in self._table.flows_in and in_key not in self._unwanted.burnt

    def _evict(self, in_key: Key) -> None:
        self._unwanted.unburn(in_key)
        flow = self._table.flows_in.get(in_key)
        if flow is not None:
            self._table.remove_flow(flow)

    def _create(self, packet: Packet, key: Key, now: float) -> Binding | Verdict:
        inside = (packet.src, packet.sport)
        if not self._translates:
            return self._add(packet, inside, inside, key, now)
        neighbour = self._neighbour(packet) if self._contiguity else None
        if neighbour is not None:
            wish = neighbour.ext_port + packet.sport - neighbour.in_port
            if self._allocator.suits(wish, packet.sport) and not self._owned(packet, neighbour.ext_ip)(wish):
                return self._add(packet, inside, (neighbour.ext_ip, wish), key, now)
        for address in self.pool.candidates(packet.src, packet.dst):
            port = self._port(packet, address)
            if port != NO_FREE_PORT:
                return self._add(packet, inside, (address, port), key, now)
        return NO_FREE_PORT_VERDICT

    def _port(self, packet: Packet, address: int) -> int:
        owned = self._owned(packet, address)
        busy = self._busy(packet, address) if self._per_flow else owned
        identifier = packet.proto in (ICMP, ICMPV6)
        if self._allocator.keep(packet.sport, busy, identifier=identifier):
            if self.steals:
                self._evict((packet.proto, address, packet.sport, packet.dst, packet.dport))
            return packet.sport
        return self._allocator.other(packet.proto, address, packet.sport, owned, identifier=identifier)

    def _alternate(self, packet: Packet, taken: Binding, now: float) -> Binding | Verdict:
        """A binding for this flow alone, because somebody else has our external port towards this peer."""
        owned = self._owned(packet, taken.ext_ip)
        identifier = packet.proto in (ICMP, ICMPV6)
        port = self._allocator.other(packet.proto, taken.ext_ip, packet.sport, owned, identifier=identifier)
        if port == NO_FREE_PORT:
            return NO_FREE_PORT_VERDICT
        return self._add(packet, (packet.src, packet.sport), (taken.ext_ip, port), None, now)

    def _neighbour(self, packet: Packet) -> Binding | None:
        """The mapping of the other port of an even and odd pair, towards the same destination (RFC 4787 §4.2.3)."""
        key = self._key(packet.proto, packet.src, packet.sport ^ 1, packet.dst, packet.dport)
        return self._table.by_key.get(key) if packet.proto not in (ICMP, ICMPV6) else None

    def _owned(self, packet: Packet, address: int) -> Taken:
        """Whether a port has an owner, or is burnt towards this destination."""
        by_external, burnt = self._table.by_external, self._unwanted.burnt
        proto, dst, dport = packet.proto, packet.dst, packet.dport
        if not burnt:
            return lambda port: (proto, address, port) in by_external
        return lambda port: (proto, address, port) in by_external or (proto, address, port, dst, dport) in burnt

    def _busy(self, packet: Packet, address: int) -> Taken:
        """Whether a port is in use towards this destination."""
        proto, dst, dport = packet.proto, packet.dst, packet.dport
        return lambda port: not self._is_free((proto, address, port, dst, dport))

    def _add(
        self, packet: Packet, inside: tuple[int, int], outside: tuple[int, int], key: Key | None, now: float
    ) -> Binding:
        hard = now + self._absolute_s
        binding = Binding(packet.proto, packet.family, inside, outside, key, now, hard)
        self._table.add_binding(binding)
        return binding
