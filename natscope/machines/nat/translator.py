"""The NAT itself: packets in, verdicts out, one call per packet and direction.

The steady state is one look-up and four assignments; everything that happens once per flow is in the modules that the
slow paths call. Expired entries never count: the fast path looks at the timer, the slow paths purge first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from natscope.machines.nat import icmp, stun_alg, tcp
from natscope.machines.nat.admission import Admission
from natscope.machines.nat.binder import Binder
from natscope.machines.nat.config import NatConfig, Protocol
from natscope.machines.nat.draw import Draw
from natscope.machines.nat.egress import denial, prefix_test
from natscope.machines.nat.forwards import Forward
from natscope.machines.nat.hairpin import Turn
from natscope.machines.nat.opening import Openings, refresh
from natscope.machines.nat.packet import (
    FRAGMENTED,
    ICMP,
    ICMPV6,
    PROHIBITED,
    TCP,
    UDP,
    IcmpError,
    Packet,
)  # fmt: skip
from natscope.machines.nat.pool import Pool
from natscope.machines.nat.static import lease, release
from natscope.machines.nat.table import HAIRPINNED, Binding, Flow, Table
from natscope.machines.nat.unsolicited import Unwanted
from natscope.machines.nat.verdicts import (
    EGRESS_DENIED,
    FIRST_DROP,
    FORWARD_IN,
    FORWARD_OUT,
    FRAGMENT,
    HAIRPIN_OFF,
    ICMP_ERROR_OFF,
    ICMP_ERROR_STRAY,
    NAMES,
    NO_FREE_PORT,
    NOT_A_SYN,
    NOT_OURS,
    OTHER_FAMILY,
    PROTOCOL_OFF,
    SHUT_OUT,
    SOURCE_DENIED,
    TABLE_FULL,
    Verdict,
)  # fmt: skip
from natscope.machines.nat.views import MappingView, view
from natscope.model.endpoint import Endpoint, IPAddress

_NUMBERS = {Protocol.UDP: (UDP,), Protocol.TCP: (TCP,), Protocol.ICMP: (ICMP, ICMPV6)}
_LOWEST_V6 = 1 << 32
"""Below it lie no addresses of hosts, only IPv4 ones as integers: the table keys do not tell families apart."""


class Nat:
    """A NAT or firewall with state. `now` is in seconds and never goes back; packets are translated in place.

    A dropped packet is left as it was. `counters` counts packets by verdict.
    """

    __slots__ = (
        "_admission", "_alg", "_binder", "_counters", "_denies_out", "_denies_source", "_draw", "_flows_in",
        "_flows_out", "_forwards", "_guarded", "_in", "_openings", "_out", "_own", "_protocols", "_shut_out", "_table",
        "_turn", "_unwanted", "config", "external", "reboots", "translates",
    )  # fmt: skip

    def __init__(self, config: NatConfig, seed: bytes) -> None:
        self.config = config
        self._counters = [0] * len(NAMES)
        self._out = self._in = 0
        self._draw = Draw(seed)
        self._table = Table(config.capacity, config.when_full, config.udp_capacity)
        self._flows_out, self._flows_in = self._table.flows_out, self._table.flows_in
        self._unwanted = Unwanted(config)
        self._binder = Binder(config, self._draw, Pool(config.pooling, (), self._draw), self._table, self._unwanted)
        self._openings = Openings(config.lifetimes, self._table)
        self._admission = Admission(config, self._table, self._binder, self._openings)
        self._turn = Turn(config, self._admission)
        self._protocols = frozenset(n for p in config.protocols for n in _NUMBERS[p])
        self._denies_out = denial(config.egress)
        self._denies_source = prefix_test(config.not_from)
        self._guarded = config.drop_fragments or bool(config.not_from)
        self._alg = config.stun_alg
        self._shut_out: dict[int, float] = {}
        self.translates = config.translates
        self._own: frozenset[int] = frozenset()
        self._forwards: dict[Forward, Binding] = {}
        self.external: tuple[IPAddress, ...] = ()
        self.reboots = -1
        """How often everything was lost."""
        self.reboot(config.external)

    def outbound(self, packet: Packet, now: float) -> Verdict:
        """A packet from inside: `FORWARD_OUT`, `FORWARD_IN` when it was hairpinned, or why it is dropped."""
        # Literals, because a name costs a look-up here: 0x100 is FRAGMENTED, 7 is FIN, SYN and RST.
        flow = self._flows_out.get((packet.proto, packet.src, packet.sport, packet.dst, packet.dport))
        if flow is None or packet.flags & 0x100 or now >= flow.timer.expires:
            return self._count(self._outbound_slow(packet, now))
        if flow.state or packet.flags & 7:
            return self._count(self._outbound_known(flow, packet, now))
        timer = flow.timer
        expires = now + timer.out_idle
        if expires > timer.expires:
            timer.expires = expires if expires < timer.hard else timer.hard
        packet.src = flow.ext_ip
        packet.sport = flow.ext_port
        self._out += 1
        return FORWARD_OUT

    def inbound(self, packet: Packet, now: float) -> Verdict:
        """A packet from outside: `FORWARD_IN`, or why it is dropped."""
        flow = self._flows_in.get((packet.proto, packet.dst, packet.dport, packet.src, packet.sport))
        if flow is None or self._guarded or now >= flow.timer.expires:
            return self._count(self._inbound_slow(packet, now))
        if flow.state or packet.flags & 7:
            self._openings.watch(flow, packet.flags, now, outbound=False)
        timer = flow.timer
        expires = now + timer.in_idle
        if expires > timer.expires:
            timer.expires = expires if expires < timer.hard else timer.hard
        packet.dst = flow.in_ip
        packet.dport = flow.in_port
        if self._alg:
            stun_alg.rewrite(packet, (flow.ext_ip, flow.ext_port))
        self._in += 1
        return FORWARD_IN

    def deadline(self) -> float | None:
        """When `expire` wants to be called, never later than something ends; None while nothing is pending."""
        times = [t for t in (self._table.agenda.next_time(), self._unwanted.next_time()) if t is not None]
        return min(times, default=None)

    def expire(self, now: float) -> Sequence[IcmpError]:
        """Forget what has ended; what comes back are late refusals to send to the outside. Late calls are legal."""
        self._purge(now)
        return self._unwanted.take()

    def reboot(self, external: Iterable[IPAddress]) -> None:
        """Lose all mappings and, maybe, the public addresses; forwards of the configuration come back."""
        self.external = tuple(external)
        addresses = tuple(int(ip) for ip in self.external)
        if bool(addresses) is not self.translates or any(ip.version != self.config.family for ip in self.external):
            raise ValueError("a NAT needs external addresses of its own family, a firewall has none")
        self.reboots += 1
        self._own = frozenset(addresses)
        self._binder.pool = Pool(self.config.pooling, addresses, self._draw)
        self._table.clear()
        self._unwanted.clear()
        self._forwards.clear()
        self._shut_out.clear()
        for forward in self.config.forwards:
            self.open_forward(forward, 0.0)

    def open_forward(self, forward: Forward, now: float, lifetime_s: float | None = None) -> Endpoint | None:
        """Open a port, for good or as a lease; the external endpoint, or None where another host owns it.

        In a firewall that translates nothing a forward has its host's own address for an external one.
        """
        self._purge(now)
        return lease(self._table, self._forwards, forward, self.external, now, lifetime_s)

    def close_forward(self, forward: Forward) -> bool:
        """Close a port that was opened with an equal value; whether there was one."""
        return release(self._table, self._forwards, forward)

    def refuse_outbound(self, packet: Packet, verdict: Verdict, router: int) -> IcmpError | None:
        """What the inside hears about a dropped packet: prohibited, from `router`'s inside address (RFC 5508 REQ-8)."""
        heard = verdict in (EGRESS_DENIED, TABLE_FULL, NO_FREE_PORT)
        if not self.config.answer_refused or not heard or isinstance(packet, IcmpError):
            return None
        return IcmpError(router, packet.src, packet.copy(), *PROHIBITED[packet.family])

    def refuse_inbound(self, packet: Packet, verdict: Verdict) -> IcmpError | None:
        """What the outside hears at once about a dropped packet."""
        return None if isinstance(packet, IcmpError) else self._unwanted.refusal(packet, verdict)

    def mappings(self, now: float) -> list[MappingView]:
        """What is in the table, typed, oldest binding first."""
        self._purge(now)
        return [view(binding) for owners in self._table.by_external.values() for binding in owners]

    @property
    def counters(self) -> list[int]:
        """Packets by verdict."""
        counters = self._counters.copy()
        counters[FORWARD_OUT] += self._out
        counters[FORWARD_IN] += self._in
        return counters

    def counts(self) -> dict[str, int]:
        """Packets by the name of their verdict, and flows that were evicted."""
        return {**dict(zip(NAMES, self.counters, strict=True)), "evicted": self._table.evicted}

    def _count(self, verdict: Verdict) -> Verdict:
        self._counters[verdict] += 1
        return verdict

    def _purge(self, now: float) -> None:
        self._table.purge(now)
        self._unwanted.purge(now)

    def _unfit(self, packet: Packet) -> Verdict:
        """Why a packet cannot pass in any direction, or `FORWARD_OUT`."""
        if packet.proto not in self._protocols:
            return PROTOCOL_OFF
        if self.translates and packet.family != self.external[0].version:
            return OTHER_FAMILY
        if packet.family == 6 and (packet.src < _LOWEST_V6 or packet.dst < _LOWEST_V6):
            return OTHER_FAMILY
        return FRAGMENT if packet.flags & FRAGMENTED and self.config.drop_fragments else FORWARD_OUT

    def _outbound_slow(self, packet: Packet, now: float) -> Verdict:
        self._purge(now)
        verdict = self._unfit(packet)
        if verdict:
            return verdict
        if self.config.shuts_out_s and self._is_shut_out(packet, now):
            return SHUT_OUT
        if isinstance(packet, IcmpError):
            return self._error_out(packet)
        flow = self._flows_out.get(packet.header())
        if flow is not None:
            return self._outbound_known(flow, packet, now)
        if self._denies_out is not None and self._denies_out(packet):
            return EGRESS_DENIED
        if packet.dst in self._own and not self._turn.is_on:
            return HAIRPIN_OFF
        if packet.proto == TCP and not tcp.may_begin(packet.flags, pickup=self.config.tcp_pickup):
            return NOT_A_SYN
        if not self._table.make_room(packet.proto):
            return TABLE_FULL
        binding = self._binder.bind(packet, now)
        if not isinstance(binding, Binding):
            return binding
        flow = self._openings.open(binding, (packet.dst, packet.dport), packet.flags, now, outbound=True)
        self._unwanted.solicited(flow.in_key)
        if packet.dst in self._own:
            flow.state |= HAIRPINNED
        return self._send(flow, packet, now)

    def _is_shut_out(self, packet: Packet, now: float) -> bool:
        """Whether its sender is, by an earlier packet or by this one; without its flows all it sends comes this way."""
        if now < self._shut_out.get(packet.src, now):
            return True
        if packet.dst not in self._own or isinstance(packet, IcmpError):
            return False
        self._shut_out = {src: until for src, until in self._shut_out.items() if now < until}
        self._shut_out[packet.src] = now + self.config.shuts_out_s
        self._table.forget_host(packet.src)
        return True

    def _outbound_known(self, flow: Flow, packet: Packet, now: float) -> Verdict:
        if flow.state or packet.flags & 7:
            self._openings.watch(flow, packet.flags, now, outbound=True)
        refresh(flow.timer, now, flow.timer.out_idle)
        return self._send(flow, packet, now)

    def _send(self, flow: Flow, packet: Packet, now: float) -> Verdict:
        """Translate a packet of a flow, and turn it around where it is for one of our own endpoints."""
        if not flow.state & HAIRPINNED:
            packet.src, packet.sport = flow.ext_ip, flow.ext_port
            return FORWARD_OUT
        self._purge(now)  # a known flow came here without: a receiver that has ended is none
        target = self._turn.receiver(flow, packet, now)
        if isinstance(target, int):
            return target
        self._arrive(target, packet, now)
        if isinstance(target, Flow):
            target.state |= HAIRPINNED
        self._turn.rewrite(flow, packet, (target.in_ip, target.in_port))
        return FORWARD_IN

    def _inbound_slow(self, packet: Packet, now: float) -> Verdict:
        self._purge(now)
        verdict = self._unfit(packet)
        if verdict:
            return verdict
        if self._denies_source is not None and self._denies_source(packet.family, packet.src):
            return SOURCE_DENIED
        if self.translates and packet.dst not in self._own:
            return NOT_OURS
        if isinstance(packet, IcmpError):
            return self._error_in(packet)
        target = self._admission.receiver(packet, now)
        if isinstance(target, int):
            self._unwanted.note(packet, target, now)
            return target
        if self._shut_out and now < self._shut_out.get(target.in_ip, now):
            if isinstance(target, Flow):
                self._table.remove_flow(target)  # else his answer would find a way out
            return SHUT_OUT
        self._arrive(target, packet, now)
        external = (packet.dst, packet.dport)
        packet.dst, packet.dport = target.in_ip, target.in_port
        if self._alg:
            stun_alg.rewrite(packet, external)
        return FORWARD_IN

    def _arrive(self, target: Flow | Binding, packet: Packet, now: float) -> None:
        """An inbound packet moves its flow on and may refresh; a forward's lease it does not."""
        if isinstance(target, Flow):
            if target.state or packet.flags & 7:
                self._openings.watch(target, packet.flags, now, outbound=False)
            refresh(target.timer, now, target.timer.in_idle)
        elif target.timer is not None:
            refresh(target.timer, now, target.timer.in_idle)

    def _error_out(self, error: IcmpError) -> Verdict:
        if not self.config.icmp_errors:
            return ICMP_ERROR_OFF
        if not icmp.translate_outbound(self._table, self._binder, error, translates=self.translates):
            return ICMP_ERROR_STRAY
        if error.dst in self._own:
            return FORWARD_IN if icmp.translate_inbound(self._table, error) else ICMP_ERROR_STRAY
        return FORWARD_OUT

    def _error_in(self, error: IcmpError) -> Verdict:
        if not self.config.icmp_errors:
            return ICMP_ERROR_OFF
        return FORWARD_IN if icmp.translate_inbound(self._table, error) else ICMP_ERROR_STRAY


def is_drop(verdict: Verdict) -> bool:
    """Whether the packet goes nowhere."""
    return verdict >= FIRST_DROP
