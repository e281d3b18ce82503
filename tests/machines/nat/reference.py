"""A NAT in typed form: lists, linear searches and address objects, slow and plain to read.

The fast translator is compared with it packet by packet. Ports that a NAT draws by chance are taken from the fast one
and checked to be legal; everything else is decided here anew, from the words of the RFCs and of `NatConfig`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from natscope.machines.nat.config import Hairpin, NatConfig, Protocol, Unsolicited
from natscope.machines.nat.lifetime import Refresh
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import PortPolicy
from natscope.machines.nat.table import WhenFull
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering, Mapping

UDP, TCP, ICMP = 17, 6, 1
FIN, SYN, RST = 1, 2, 4
HANDLED = {UDP: Protocol.UDP, TCP: Protocol.TCP, ICMP: Protocol.ICMP}
KEEPING = (PortPolicy.PRESERVING, PortPolicy.OVERLOADING, PortPolicy.PER_FLOW)


@dataclass
class RefFlow:
    remote: Endpoint
    started: float
    from_inside: bool
    opened: bool
    expires: float
    idle: float
    phase: str = "steady"
    seen: set[str] = field(default_factory=set)


@dataclass(eq=False)
class RefMapping:
    proto: int
    inside: Endpoint
    outside: Endpoint
    made_for: Endpoint | None
    """The destination of its first packet; None for a forward."""
    alone: bool
    """Serves only that flow."""
    created: float
    serial: int
    expires: float = math.inf
    idle: float = 0.0
    answers_only: bool = False
    flows: list[RefFlow] = field(default_factory=list)

    @property
    def static(self) -> bool:
        return self.made_for is None


@dataclass(frozen=True)
class Outcome:
    """What became of a packet: a word, and its endpoints after translation."""

    word: str
    source: Endpoint | None = None
    destination: Endpoint | None = None


class Reference:
    """The same calls as `Nat`, on endpoints. `told` is the external endpoint that the fast NAT chose, if it did."""

    def __init__(self, config: NatConfig) -> None:
        self.config = config
        self.mappings: list[RefMapping] = []
        self.serial = 0
        self.order: list[tuple[RefMapping, RefFlow]] = []
        self.faults: list[str] = []
        self.burnt: dict[tuple[int, Endpoint, Endpoint], float] = {}
        for forward in config.forwards:
            outside = Endpoint(forward.external_ip or config.external[0], forward.external_port)
            self._keep(RefMapping(forward.transport.number, forward.internal, outside, None, False, 0.0, 0,
                                  answers_only=not forward.outbound))  # fmt: skip

    def outbound(
        self, proto: int, source: Endpoint, to: Endpoint, flags: int, now: float, told: Endpoint | None
    ) -> Outcome:
        self.expire(now)
        if HANDLED[proto] not in self.config.protocols:
            return Outcome("protocol not handled")
        found = self._flow(proto, source, to)
        if found is None:
            refusal = self._refuses(proto, to, flags)
            if refusal is not None:
                return Outcome(refusal)
            if not self._make_room(proto, None):
                return Outcome("table full")
            mapping = self._mapping_for(proto, source, to, now, told)
            if mapping is None:
                return Outcome("no free port")
            flow = self._start(mapping, to, flags, now, from_inside=True)
        else:
            mapping, flow = found
            self._passes(mapping, flow, flags, now, from_inside=True)
        if to.ip not in self.config.external:
            return Outcome("forwarded out", mapping.outside, to)
        return self._turn(proto, mapping, source, to, flags, now)

    def inbound(self, proto: int, source: Endpoint, to: Endpoint, flags: int, now: float) -> Outcome:
        self.expire(now)
        if HANDLED[proto] not in self.config.protocols:
            return Outcome("protocol not handled")
        if self.config.translates and to.ip not in self.config.external:
            return Outcome("not addressed to this nat")
        outcome = self._let_in(proto, source, to, flags, now, trusted=False)
        if self.config.unsolicited is Unsolicited.BURN and outcome.word in ("no mapping", "filtered"):
            self.burnt[proto, to, source] = now + self.config.lifetimes.udp_s
        return outcome

    def expire(self, now: float) -> None:
        self.burnt = {place: ends for place, ends in self.burnt.items() if now < ends}
        for mapping in list(self.mappings):
            if mapping.static or self._own_timers(mapping):
                for flow in [f for f in mapping.flows if now >= f.expires]:
                    self._end(mapping, flow)
            elif now >= mapping.expires:
                for flow in list(mapping.flows):
                    self._end(mapping, flow)

    # -- finding ---------------------------------------------------------------------------------------------------

    def _flow(self, proto: int, inside: Endpoint, remote: Endpoint) -> tuple[RefMapping, RefFlow] | None:
        for mapping in self.mappings:
            if mapping.proto == proto and mapping.inside == inside:
                for flow in mapping.flows:
                    if flow.remote == remote:
                        return mapping, flow
        return None

    def _flow_at(self, proto: int, outside: Endpoint, remote: Endpoint) -> tuple[RefMapping, RefFlow] | None:
        for mapping in self.mappings:
            if mapping.proto == proto and mapping.outside == outside:
                for flow in mapping.flows:
                    if flow.remote == remote:
                        return mapping, flow
        return None

    def _owners(self, proto: int, outside: Endpoint) -> list[RefMapping]:
        return [m for m in self.mappings if m.proto == proto and m.outside == outside]

    def _shares(self, mapping: RefMapping, to: Endpoint) -> bool:
        """RFC 4787 section 4.1: may a packet to `to` reuse the mapping?"""
        policy = self.config.mapping
        first = mapping.made_for
        assert first is not None
        if policy in (Mapping.ENDPOINT_INDEPENDENT, Mapping.NONE):
            return True
        if policy is Mapping.PORT_DEPENDENT:
            return first.port == to.port
        return first.ip == to.ip if policy is Mapping.ADDRESS_DEPENDENT else first == to

    def _existing(self, proto: int, source: Endpoint, to: Endpoint) -> RefMapping | None:
        own = [m for m in self.mappings if m.proto == proto and m.inside == source]
        for mapping in own:
            if mapping.static and not mapping.answers_only:
                return mapping
        for mapping in own:
            if not mapping.static and not mapping.alone and self._shares(mapping, to):
                return mapping
        return None

    def _refuses(self, proto: int, to: Endpoint, flags: int) -> str | None:
        ranges = {UDP: self.config.egress.udp, TCP: self.config.egress.tcp}.get(proto)
        if ranges is not None and not any(low <= to.port <= high for low, high in ranges):
            return "denied on the way out"
        if to.ip in self.config.external and self.config.hairpin is Hairpin.NONE:
            return "hairpinning is off"
        if proto == TCP and not self._begins(flags):
            return "tcp without a connection"
        return None

    def _begins(self, flags: int) -> bool:
        return flags in (SYN,) or (self.config.tcp_pickup and flags in (0, 0x10))

    # -- new mappings ----------------------------------------------------------------------------------------------

    def _mapping_for(
        self, proto: int, source: Endpoint, to: Endpoint, now: float, told: Endpoint | None
    ) -> RefMapping | None:
        existing = self._existing(proto, source, to)
        if existing is not None:
            other = self._flow_at(proto, existing.outside, to)
            if self.config.ports is PortPolicy.OVERLOADING:
                self._take(proto, existing.outside, to)
                return existing
            if other is None and (proto, existing.outside, to) not in self.burnt:
                return existing
        if not self.config.translates:
            return self._keep(RefMapping(proto, source, source, to, False, now, 0))
        if told is None:
            self._expect_full(proto, source, to)
            return None
        alone = existing is not None
        if existing is not None and told.ip != existing.outside.ip:
            self.faults.append("an alternate port is at another address")
        self._judge_port(proto, source, to, told, alone)
        if self.config.ports is PortPolicy.OVERLOADING:
            self._take(proto, told, to)
        return self._keep(RefMapping(proto, source, told, to, alone, now, 0))

    def _take(self, proto: int, outside: Endpoint, to: Endpoint) -> None:
        """Overloading: whoever had this port towards this peer loses it."""
        self.burnt.pop((proto, outside, to), None)
        other = self._flow_at(proto, outside, to)
        if other is not None:
            self._end(*other)

    def _owned(self, proto: int, outside: Endpoint, to: Endpoint) -> bool:
        return bool(self._owners(proto, outside)) or (proto, outside, to) in self.burnt

    def _judge_port(self, proto: int, source: Endpoint, to: Endpoint, told: Endpoint, alone: bool) -> None:
        """Is the endpoint that the fast NAT chose one that the policy allows?"""
        config = self.config
        if told.ip not in config.external:
            self.faults.append("not an external address")
        low, high = self._class(proto, source.port)
        wish = self._wish(proto, source, to) if config.contiguity and proto != ICMP and not alone else None
        if wish is not None and low <= wish.port <= high and not self._owned(proto, wish, to):
            if told != wish:
                self.faults.append("contiguity was possible and not kept")
            return
        kept = Endpoint(told.ip, source.port)
        if config.ports in KEEPING and not alone and (proto == ICMP or low <= source.port <= high):
            taken: object = self._owned(proto, kept, to)
            if config.ports is PortPolicy.PER_FLOW:
                taken = self._flow_at(proto, kept, to) or (proto, kept, to) in self.burnt
            if config.ports is PortPolicy.OVERLOADING or not taken:
                if told != kept:
                    self.faults.append("the port was free and not kept")
                return
        if not (1 if proto == ICMP else low) <= told.port <= (65535 if proto == ICMP else high):
            self.faults.append("port out of range")
        if config.parity and proto != ICMP and (told.port ^ source.port) & 1:
            self.faults.append("parity lost")
        if self._owned(proto, told, to):
            self.faults.append("the port has an owner")

    def _class(self, proto: int, port: int) -> tuple[int, int]:
        if self.config.low_ports_stay_low and port < 1024:
            return 1, 1023
        return self.config.port_range

    def _wish(self, proto: int, source: Endpoint, to: Endpoint) -> Endpoint | None:
        """RFC 4787 section 4.2.3: the pair of the neighbour's port."""
        other = Endpoint(source.ip, source.port ^ 1)
        for mapping in self.mappings:
            own = mapping.proto == proto and mapping.inside == other
            if own and not mapping.static and not mapping.alone and self._shares(mapping, to):
                port = mapping.outside.port + source.port - other.port
                return Endpoint(mapping.outside.ip, port) if 0 <= port <= 65535 else None
        return None

    def _expect_full(self, proto: int, source: Endpoint, to: Endpoint) -> None:
        """The fast NAT found no port: then none may be free."""
        low, high = (1, 65535) if proto == ICMP else self._class(proto, source.port)
        step = 2 if self.config.parity and proto != ICMP else 1
        start = low + ((low ^ source.port) & 1 if step == 2 else 0)
        ips = self.config.external
        owned = {(m.outside.ip, m.outside.port) for m in self.mappings if m.proto == proto}
        owned |= {(p[1].ip, p[1].port) for p in self.burnt if p[0] == proto and p[2] == to}
        free = [ip for ip in ips if any((ip, p) not in owned for p in range(start, high + 1, step))]
        if len(free) == len(ips) or (free and self.config.pooling is Pooling.ARBITRARY):
            self.faults.append("a port was free")

    # -- flows -----------------------------------------------------------------------------------------------------

    def _own_timers(self, mapping: RefMapping) -> bool:
        return mapping.proto == TCP or self.config.lifetimes.per_flow or mapping.static

    def _hard(self, mapping: RefMapping) -> float:
        absolute = self.config.lifetimes.absolute_s
        return math.inf if absolute is None or mapping.static else mapping.created + absolute

    def _start(self, mapping: RefMapping, remote: Endpoint, flags: int, now: float, *, from_inside: bool) -> RefFlow:
        lifetimes = self.config.lifetimes
        flow = RefFlow(remote, now, from_inside, from_inside, 0.0, 0.0)
        if mapping.proto == TCP and flags & SYN:
            flow.phase = "opening"
            flow.seen = {"in" if not from_inside else "out"}
        elif mapping.proto == UDP and lifetimes.udp_stream_s is not None:
            flow.phase = "unanswered"
        flow.idle = {UDP: lifetimes.udp_s, ICMP: lifetimes.icmp_s}.get(mapping.proto, 0.0)
        if mapping.proto == TCP:
            flow.idle = self._tcp_idle(flow)
        flow.expires = min(now + flow.idle, self._hard(mapping))
        if not self._own_timers(mapping):
            if mapping.idle == 0.0:
                mapping.idle, mapping.expires = flow.idle, flow.expires
            else:
                self._refresh(mapping, flow, now, from_inside=from_inside)
        mapping.flows.append(flow)
        self.order.append((mapping, flow))
        return flow

    def _passes(self, mapping: RefMapping, flow: RefFlow, flags: int, now: float, *, from_inside: bool) -> None:
        lifetimes = self.config.lifetimes
        was_opened = flow.opened
        flow.opened = flow.opened or from_inside
        if mapping.proto == TCP:
            before = (flow.phase, frozenset(flow.seen))
            self._segment(flow, flags, "out" if from_inside else "in")
            if before != (flow.phase, frozenset(flow.seen)):
                flow.idle = self._tcp_idle(flow)
                flow.expires = min(now + flow.idle, self._hard(mapping))
        elif flow.phase == "answered":
            if now > flow.started + lifetimes.stream_after_s:
                flow.phase = "steady"
                flow.idle = lifetimes.udp_stream_s or 0.0
                mapping.idle = flow.idle
        elif flow.phase == "unanswered" and (not from_inside if was_opened else from_inside):
            flow.phase = "answered"
        self._refresh(mapping, flow, now, from_inside=from_inside)

    def _refresh(self, mapping: RefMapping, flow: RefFlow | None, now: float, *, from_inside: bool) -> None:
        """RFC 4787 section 4.3."""
        only = Refresh.OUTBOUND if from_inside else Refresh.INBOUND
        if mapping.proto == UDP and self.config.lifetimes.refresh not in (Refresh.BOTH, only):
            return
        if not self._own_timers(mapping):
            mapping.expires = max(mapping.expires, min(now + mapping.idle, self._hard(mapping)))
        elif flow is not None:
            flow.expires = max(flow.expires, min(now + flow.idle, self._hard(mapping)))

    def _segment(self, flow: RefFlow, flags: int, side: str) -> None:
        """RFC 5382 section 5: opening, established ("steady"), half closed, closing."""
        if flags & RST:
            flow.phase, flow.seen = "closing", set()
        elif flags & SYN:
            if flow.phase == "closing":
                flow.phase, flow.seen = "opening", {side}
            elif flow.phase == "opening":
                flow.seen.add(side)
                if len(flow.seen) == 2:
                    flow.phase, flow.seen = "steady", set()
        elif flags & FIN and flow.phase in ("steady", "half closed"):
            flow.seen.add(side)
            flow.phase = "closing" if len(flow.seen) == 2 else "half closed"

    def _tcp_idle(self, flow: RefFlow) -> float:
        lifetimes = self.config.lifetimes
        if flow.phase == "opening":
            return lifetimes.tcp_transitory_s
        return lifetimes.tcp_closing_s if flow.phase == "closing" else lifetimes.tcp_established_s

    def _make_room(self, proto: int, keep: RefMapping | None) -> bool:
        limit = self.config.udp_capacity
        if proto == UDP and limit is not None and sum(m.proto == UDP for m, _ in self.order) >= limit:
            return False
        if len(self.order) < self.config.capacity:
            return True
        if self.config.when_full is WhenFull.DROP_NEW:
            return False
        for mapping, flow in self.order:
            if mapping is not keep or len(keep.flows) > 1:
                self._end(mapping, flow)
                return True
        return False

    def _end(self, mapping: RefMapping, flow: RefFlow) -> None:
        mapping.flows.remove(flow)
        self.order = [entry for entry in self.order if entry[1] is not flow]
        if not mapping.flows and not mapping.static:
            self.mappings.remove(mapping)

    def _keep(self, mapping: RefMapping) -> RefMapping:
        self.serial += 1
        mapping.serial = self.serial
        self.mappings.append(mapping)
        return mapping

    # -- coming in -------------------------------------------------------------------------------------------------

    def _let_in(self, proto: int, source: Endpoint, to: Endpoint, flags: int, now: float, *, trusted: bool) -> Outcome:
        found = self._flow_at(proto, to, source)
        if found is not None:
            self._passes(*found, flags, now, from_inside=False)
            return Outcome("forwarded in", source, found[0].inside)
        owners = self._owners(proto, to)
        for mapping in owners:
            if mapping.static:
                return self._new_in(mapping, source, flags, now)
        for mapping in reversed(owners):
            if trusted or self._filter(mapping, source):
                if proto == TCP:
                    return self._new_in(mapping, source, flags, now)
                self._refresh(mapping, None, now, from_inside=False)
                return Outcome("forwarded in", source, mapping.inside)
        return self._dmz(proto, source, to, flags, now, owners)

    def _filter(self, mapping: RefMapping, source: Endpoint) -> bool:
        """RFC 4787 section 5; exact flows are let in before."""
        policy = self.config.filtering
        if policy is Filtering.ADDRESS_DEPENDENT:
            return any(f.remote.ip == source.ip and f.opened for f in mapping.flows)
        return policy is Filtering.ENDPOINT_INDEPENDENT

    def _new_in(self, mapping: RefMapping, source: Endpoint, flags: int, now: float) -> Outcome:
        if mapping.proto == TCP and not self._begins(flags):
            return Outcome("tcp without a connection")
        known = self._flow(mapping.proto, mapping.inside, source)
        if known is not None:
            self._passes(*known, flags, now, from_inside=False)
        elif not self._make_room(mapping.proto, mapping):
            return Outcome("table full")
        else:
            self._start(mapping, source, flags, now, from_inside=False)
        return Outcome("forwarded in", source, mapping.inside)

    def _dmz(
        self, proto: int, source: Endpoint, to: Endpoint, flags: int, now: float, owners: list[RefMapping]
    ) -> Outcome:
        refusal = Outcome("filtered" if owners else "no mapping")
        if self.config.dmz is None:
            return refusal
        host = Endpoint(self.config.dmz, to.port)
        if owners and all(m.inside != host for m in owners):
            return refusal
        if proto == TCP and not self._begins(flags):
            return Outcome("tcp without a connection")
        known = self._flow(proto, host, source)
        if known is not None:
            self._passes(*known, flags, now, from_inside=False)
            return Outcome("forwarded in", source, host)
        if not self._make_room(proto, None):
            return Outcome("table full")
        mapping = next((m for m in self._owners(proto, to) if m.inside == host), None)
        if mapping is None:
            alone = any(
                m.proto == proto and m.inside == host and not m.static and not m.alone and self._shares(m, source)
                for m in self.mappings
            )
            mapping = self._keep(RefMapping(proto, host, to, source, alone, now, 0))
        self._start(mapping, source, flags, now, from_inside=False)
        return Outcome("forwarded in", source, host)

    def _turn(self, proto: int, sender: RefMapping, source: Endpoint, to: Endpoint, flags: int, now: float) -> Outcome:
        """RFC 4787 section 6."""
        outcome = self._let_in(proto, sender.outside, to, flags, now, trusted=not self.config.hairpin_filtered)
        if outcome.word != "forwarded in":
            return outcome
        shown = sender.outside if self.config.hairpin is Hairpin.EXTERNAL_SOURCE else source
        return Outcome("forwarded in", shown, outcome.destination)
