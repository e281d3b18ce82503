"""How a flow begins and how its packets move it on: timers, TCP state, and when a UDP flow counts as a stream."""

from __future__ import annotations

import math

from natscope.machines.nat import tcp
from natscope.machines.nat.lifetime import Lifetimes, Refresh, Timer
from natscope.machines.nat.packet import SYN, TCP, UDP
from natscope.machines.nat.table import UDP_ANSWERED, UDP_NEW, UNOPENED, Binding, Flow, FlowTimer, Owner, Table

_UDP_BITS = UDP_NEW | UDP_ANSWERED


class Openings:
    """Makes flows and watches those that are not steady."""

    __slots__ = ("_in", "_lifetimes", "_out", "_per_flow", "_streams", "_table")

    def __init__(self, lifetimes: Lifetimes, table: Table) -> None:
        self._lifetimes = lifetimes
        self._table = table
        self._per_flow = lifetimes.per_flow
        self._streams = lifetimes.udp_stream_s is not None
        self._out = lifetimes.refresh is not Refresh.INBOUND
        self._in = lifetimes.refresh is not Refresh.OUTBOUND

    def open(self, binding: Binding, remote: tuple[int, int], flags: int, now: float, *, outbound: bool) -> Flow:
        """A new flow of a binding, in the table; both its keys must be free."""
        state = self._first_state(binding.proto, flags, outbound=outbound)
        own = self._per_flow or binding.static or binding.proto == TCP
        flow = Flow(binding, remote, state, now)
        if own:
            flow.timer = self._timer(flow, binding, state, now)
        else:
            flow.timer = self._shared_timer(binding, state, now, outbound=outbound)
        self._table.add_flow(flow)
        return flow

    def watch(self, flow: Flow, flags: int, now: float, *, outbound: bool) -> None:
        """A packet of a flow that is not steady, or one with SYN, FIN or RST: may change its state and lifetime."""
        from_outside = bool(flow.state & UNOPENED)
        if outbound and from_outside:
            self._table.mark_opened(flow)
        if flow.binding.proto == TCP:
            self._watch_tcp(flow, flags, now, outbound=outbound)
        elif flow.state & _UDP_BITS:
            self._watch_udp(flow, now, answer=outbound is from_outside)

    def _first_state(self, proto: int, flags: int, *, outbound: bool) -> int:
        state = 0 if outbound else UNOPENED
        if proto == TCP:
            return state | (tcp.ESTABLISHED if not flags & SYN else tcp.SYN_OUT if outbound else tcp.SYN_IN)
        return state | UDP_NEW if proto == UDP and self._streams else state

    def _idle_s(self, proto: int, state: int) -> float:
        if proto == UDP:
            return self._lifetimes.udp_s
        return tcp.idle_s(state & tcp.TCP_BITS, self._lifetimes) if proto == TCP else self._lifetimes.icmp_s

    def _timer(self, owner: Owner, binding: Binding, state: int, now: float) -> FlowTimer:
        idle = self._idle_s(binding.proto, state)
        timer = Timer(owner, now + idle, 0.0, 0.0, binding.hard)
        self._grant(timer, binding.proto, idle)
        return timer

    def _shared_timer(self, binding: Binding, state: int, now: float, *, outbound: bool) -> FlowTimer:
        timer = binding.timer
        if timer is None:
            timer = binding.timer = self._timer(binding, binding, state, now)
            self._table.agenda.add(timer)
        else:
            refresh(timer, now, timer.out_idle if outbound else timer.in_idle)
        return timer

    def _grant(self, timer: FlowTimer, proto: int, idle: float) -> None:
        """What packets of either direction will prolong the timer by."""
        timer.out_idle = idle if self._out or proto != UDP else 0.0
        timer.in_idle = idle if self._in or proto != UDP else 0.0

    def _watch_tcp(self, flow: Flow, flags: int, now: float, *, outbound: bool) -> None:
        before = flow.state & tcp.TCP_BITS
        after = tcp.advance(before, flags, outbound=outbound)
        if after == before:
            return
        flow.state = flow.state & ~tcp.TCP_BITS | after
        timer, idle = flow.timer, tcp.idle_s(after, self._lifetimes)
        self._grant(timer, TCP, idle)
        timer.expires = min(now + idle, timer.hard)
        self._table.agenda.shorten(timer)

    def _watch_udp(self, flow: Flow, now: float, *, answer: bool) -> None:
        """A stream is a flow that was answered and has another packet later than `stream_after_s` from its start."""
        if flow.state & UDP_ANSWERED:
            if now > flow.created + self._lifetimes.stream_after_s:
                flow.state &= ~_UDP_BITS
                self._grant(flow.timer, UDP, self._lifetimes.udp_stream_s or math.inf)
        elif answer:
            flow.state = flow.state & ~_UDP_BITS | UDP_ANSWERED


def refresh(timer: FlowTimer, now: float, idle: float) -> None:
    """A packet passed that grants `idle` seconds; never beyond the hard end, never shorter than before."""
    expires = now + idle
    if expires > timer.expires:
        timer.expires = expires if expires < timer.hard else timer.hard
