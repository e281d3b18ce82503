"""What a watcher beside a NAT has seen: external endpoints, who was behind them, and whom they talked to.

Own bookkeeping of `invariants.Checker`: it shares no code with the table and asks no NAT anything. Times are the latest
at which something may still be alive.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TypeAlias

from natscope.machines.nat.lifetime import Lifetimes, Refresh
from natscope.machines.nat.packet import FIN, RST, SYN, TCP, UDP

End: TypeAlias = tuple[int, int]
"""Packed address and port."""


@dataclass(slots=True)
class Peer:
    """A remote endpoint that one external endpoint has talked to. `asked`: the inside has sent to it."""

    born: float
    from_inside: bool
    asked: bool
    dies: float = 0.0
    answered: bool = False
    stream: bool = False
    syn_in: bool = False
    syn_out: bool = False
    fin_in: bool = False
    fin_out: bool = False
    reset: bool = False


@dataclass(slots=True)
class Tenure:
    """One internal endpoint behind one external endpoint, from its first packet until it may have ended.

    `forward`: it is a port forward, which has no absolute lifetime. `guessed`: packets may have passed that did not
    show, so that the times are upper bounds only.
    """

    proto: int
    inside: End
    outside: End
    born: float
    dies: float = 0.0
    forward: bool = False
    guessed: bool = False
    peers: dict[End, Peer] = field(default_factory=dict)


class Ages:
    """How packets move the times of tenures and peers."""

    def __init__(self, lifetimes: Lifetimes) -> None:
        self._lifetimes = lifetimes
        self._absolute_s = math.inf if lifetimes.absolute_s is None else lifetimes.absolute_s

    def own_timers(self, tenure: Tenure) -> bool:
        """Whether peers end one by one."""
        return tenure.proto == TCP or tenure.forward or self._lifetimes.per_flow

    def is_alive(self, tenure: Tenure, now: float) -> bool:
        """Whether the mapping may still be there."""
        if now >= tenure.born + self._absolute_s and not tenure.forward:
            return False
        if self.own_timers(tenure):
            return any(now < p.dies for p in tenure.peers.values())
        return now < tenure.dies

    def alive_peers(self, tenure: Tenure, now: float) -> dict[End, Peer]:
        """The peers whose rule may still be there."""
        if not self.is_alive(tenure, now):
            return {}
        own = self.own_timers(tenure)
        return {end: p for end, p in tenure.peers.items() if not own or now < p.dies}

    def packet(self, tenure: Tenure, peer: Peer, flags: int, now: float, *, outbound: bool, first: bool) -> None:
        """A packet passed between the inside and this peer."""
        idle = self._tcp(peer, flags, outbound=outbound) if tenure.proto == TCP else self._idle(tenure, peer, now)
        peer.answered = peer.answered or outbound is not peer.from_inside
        peer.asked = peer.asked or outbound
        grants = first or tenure.proto != UDP or self._grants(outbound=outbound)
        if grants and (tenure.proto == TCP or now + idle > peer.dies):
            peer.dies = now + idle
        if grants:
            tenure.dies = max(tenure.dies, now + idle)

    def stranger(self, tenure: Tenure, now: float) -> None:
        """A packet came in from somebody whom the inside has not talked to."""
        if self._grants(outbound=False) or tenure.proto != UDP:
            idle = self._lifetimes.udp_s if tenure.proto == UDP else self._lifetimes.icmp_s
            if any(p.stream for p in tenure.peers.values()):
                idle = max(idle, self._lifetimes.udp_stream_s or 0.0)
            tenure.dies = max(tenure.dies, now + idle)

    def _grants(self, *, outbound: bool) -> bool:
        return self._lifetimes.refresh in (Refresh.BOTH, Refresh.OUTBOUND if outbound else Refresh.INBOUND)

    def _idle(self, tenure: Tenure, peer: Peer, now: float) -> float:
        lifetimes = self._lifetimes
        if tenure.proto != UDP:
            return lifetimes.icmp_s
        if lifetimes.udp_stream_s is not None and peer.answered and now > peer.born + lifetimes.stream_after_s:
            peer.stream = True
        shared = not self.own_timers(tenure) and any(p.stream for p in tenure.peers.values())
        return (lifetimes.udp_stream_s or 0.0) if peer.stream or shared else lifetimes.udp_s

    def _tcp(self, peer: Peer, flags: int, *, outbound: bool) -> float:
        """The idle lifetime after a segment."""
        over = peer.reset or (peer.fin_in and peer.fin_out)
        if flags & RST:
            peer.reset = True
        elif flags & SYN and over:
            peer.reset = peer.fin_in = peer.fin_out = False
            peer.syn_in, peer.syn_out = not outbound, outbound
        elif flags & SYN:
            peer.syn_in, peer.syn_out = peer.syn_in or not outbound, peer.syn_out or outbound
        elif flags & FIN and peer.syn_in and peer.syn_out and not over:
            peer.fin_in, peer.fin_out = peer.fin_in or not outbound, peer.fin_out or outbound
        if peer.reset or (peer.fin_in and peer.fin_out):
            return self._lifetimes.tcp_closing_s
        open_both = peer.syn_in and peer.syn_out
        return self._lifetimes.tcp_established_s if open_both else self._lifetimes.tcp_transitory_s
