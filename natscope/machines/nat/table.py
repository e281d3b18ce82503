"""The table of a NAT: bindings (internal endpoint to external endpoint) and the flows that use them.

A flow is one internal endpoint talking to one remote endpoint through one binding; both directions find it with one
look-up of five integers. The size of the table counts flows, as routers count them. Flows that an inside packet
opened are the filter rules (RFC 4787 §5); a binding ends with its last flow unless it is `static`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import TypeAlias

from natscope.machines.nat.lifetime import Agenda, Timer
from natscope.machines.nat.mapping import Key
from natscope.machines.nat.packet import UDP

UNOPENED = 32
"""Bit of `Flow.state`: no inside packet yet, so the flow is no filter rule."""
UDP_NEW, UDP_ANSWERED = 64, 128
"""Bits of `Flow.state` while a UDP flow is no stream yet. The bits below 32 belong to TCP, 0 is the steady state."""
HAIRPINNED = 256
"""Bit of `Flow.state`: the remote endpoint is one of our own external ones."""


class WhenFull(enum.StrEnum):
    """What happens to a new flow when the table is full."""

    DROP_NEW = "drop-new"
    EVICT_OLDEST = "evict-oldest"


class Binding:
    """A mapping. `key` is its place among the mappings, None for one that serves a single flow or a forward.

    `timer` is shared by all flows, or None where each flow has its own; of a `static` binding (a forward) it is the end
    of its lease. `outbound`: new flows of the internal endpoint leave through a static binding too. `addresses` counts
    opened flows by remote address.
    """

    __slots__ = (
        "addresses", "created", "ext_ip", "ext_port", "family", "flows", "hard", "in_ip", "in_port", "key", "outbound",
        "proto", "static", "timer",
    )  # fmt: skip

    def __init__(
        self,
        proto: int,
        family: int,
        internal: tuple[int, int],
        external: tuple[int, int],
        key: Key | None,
        created: float,
        hard: float,
        *,
        static: bool = False,
        outbound: bool = False,
    ) -> None:
        self.proto = proto
        self.family = family
        self.in_ip, self.in_port = internal
        self.ext_ip, self.ext_port = external
        self.key = key
        self.created = created
        self.hard = hard
        self.static = static
        self.outbound = outbound
        self.timer: Timer[Owner] | None = None
        self.flows: dict[Key, Flow] = {}
        self.addresses: dict[int, int] = {}


class Flow:
    """One conversation. `state` is 0 when packets need no second look; `timer` may be the binding's."""

    __slots__ = (
        "binding", "created", "ext_ip", "ext_port", "in_ip", "in_key", "in_port", "out_key", "remote_ip", "state",
        "timer",
    )  # fmt: skip

    timer: Timer[Owner]

    def __init__(self, binding: Binding, remote: tuple[int, int], state: int, created: float) -> None:
        proto = binding.proto
        self.binding = binding
        self.in_ip = binding.in_ip
        self.in_port = binding.in_port
        self.ext_ip = binding.ext_ip
        self.ext_port = binding.ext_port
        self.remote_ip = remote[0]
        self.out_key: Key = (proto, binding.in_ip, binding.in_port, *remote)
        self.in_key: Key = (proto, binding.ext_ip, binding.ext_port, *remote)
        self.state = state
        self.created = created


Owner: TypeAlias = Binding | Flow
FlowTimer: TypeAlias = Timer[Owner]


class Table:
    """All bindings and flows, each found by whoever may ask."""

    __slots__ = (
        "_udp_flows", "agenda", "by_external", "by_key", "capacity", "evicted", "flows_in", "flows_out", "static_out",
        "udp_capacity", "when_full",
    )  # fmt: skip

    def __init__(self, capacity: int, when_full: WhenFull, udp_capacity: int | None = None) -> None:
        self.capacity = capacity
        self.when_full = when_full
        self.udp_capacity = udp_capacity
        self._udp_flows = 0
        self.evicted = 0
        self.agenda: Agenda[Owner] = Agenda()
        self.flows_out: dict[Key, Flow] = {}
        self.flows_in: dict[Key, Flow] = {}
        self.by_key: dict[Key, Binding] = {}
        self.by_external: dict[Key, list[Binding]] = {}
        self.static_out: dict[Key, Binding] = {}

    def clear(self) -> None:
        """Lose everything, as a reboot does."""
        self.agenda.clear()
        self._udp_flows = 0
        for index in (self.flows_out, self.flows_in, self.by_key, self.by_external, self.static_out):
            index.clear()

    def bindings_at(self, proto: int, ip: int, port: int) -> Sequence[Binding]:
        """The bindings that own an external endpoint, oldest first; more than one only where ports are shared."""
        return self.by_external.get((proto, ip, port), ())

    def add_binding(self, binding: Binding) -> None:
        """Index a binding. It has to get a flow before the next expiry, or be `static`."""
        if binding.key is not None:
            self.by_key[binding.key] = binding
        if binding.outbound:
            self.static_out[binding.proto, binding.in_ip, binding.in_port] = binding
        if binding.timer is not None:
            self.agenda.add(binding.timer)
        self.by_external.setdefault((binding.proto, binding.ext_ip, binding.ext_port), []).append(binding)

    def add_flow(self, flow: Flow) -> None:
        """Index a flow; its keys must be free."""
        self.flows_out[flow.out_key] = flow
        self.flows_in[flow.in_key] = flow
        flow.binding.flows[flow.in_key] = flow
        self._udp_flows += flow.binding.proto == UDP
        if flow.timer is not flow.binding.timer:
            self.agenda.add(flow.timer)
        if not flow.state & UNOPENED:
            self._count(flow, 1)

    def mark_opened(self, flow: Flow) -> None:
        """An inside packet used a flow that an outside packet had started: now it is a filter rule."""
        flow.state &= ~UNOPENED
        self._count(flow, 1)

    def remove_flow(self, flow: Flow) -> None:
        """Forget a flow, and its binding with the last one."""
        self._forget_flow(flow)
        binding = flow.binding
        if not binding.flows and not binding.static:
            self._forget_binding(binding)

    def remove_binding(self, binding: Binding) -> None:
        """Forget a binding with all its flows."""
        for flow in list(binding.flows.values()):
            self._forget_flow(flow)
        self._forget_binding(binding)

    def forget_host(self, ip: int) -> None:
        """Forget all flows of an inside address, and its bindings that are not `static`."""
        for flow in [flow for flow in self.flows_out.values() if flow.in_ip == ip]:
            self.remove_flow(flow)

    def make_room(self, proto: int, keep: Binding | None = None) -> bool:
        """Whether one more flow may come; may evict the flow that was created first, never the last one of `keep`."""
        if proto == UDP and self.udp_capacity is not None and self._udp_flows >= self.udp_capacity:
            return False
        if len(self.flows_out) < self.capacity:
            return True
        if self.when_full is WhenFull.DROP_NEW:
            return False
        oldest = next((f for f in self.flows_out.values() if f.binding is not keep or len(keep.flows) > 1), None)
        if oldest is None:
            return False
        self.evicted += 1
        self.remove_flow(oldest)
        return True

    def purge(self, now: float) -> None:
        """Forget what has ended."""
        due = self.agenda.next_time()
        if due is None or due > now:
            return
        for owner in self.agenda.due(now):
            if isinstance(owner, Binding):
                self.remove_binding(owner)
            elif self.flows_in.get(owner.in_key) is owner:
                self.remove_flow(owner)

    def _count(self, flow: Flow, change: int) -> None:
        addresses = flow.binding.addresses
        count = addresses.get(flow.remote_ip, 0) + change
        if count:
            addresses[flow.remote_ip] = count
        else:
            del addresses[flow.remote_ip]

    def _forget_flow(self, flow: Flow) -> None:
        del self.flows_out[flow.out_key], self.flows_in[flow.in_key], flow.binding.flows[flow.in_key]
        self._udp_flows -= flow.binding.proto == UDP
        if not flow.state & UNOPENED:
            self._count(flow, -1)
        if flow.timer is not flow.binding.timer:
            self.agenda.drop(flow.timer)

    def _forget_binding(self, binding: Binding) -> None:
        if binding.key is not None and self.by_key.get(binding.key) is binding:
            del self.by_key[binding.key]
        inside = (binding.proto, binding.in_ip, binding.in_port)
        if self.static_out.get(inside) is binding:
            del self.static_out[inside]
        place = (binding.proto, binding.ext_ip, binding.ext_port)
        owners = self.by_external[place]
        owners.remove(binding)
        if not owners:
            del self.by_external[place]
        if binding.timer is not None:
            self.agenda.drop(binding.timer)
