"""A checker beside a NAT: no packet is translated or delivered that a NAT of this configuration would not let pass.

It sees every packet on both sides and keeps its own books (`sightings.py`). It errs towards silence: what it reports is
wrong for sure, what a NAT drops needlessly it does not see. ICMP errors are not judged. Feed it every packet, dropped
ones too, and every reboot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from natscope.machines.nat.config import Hairpin, NatConfig, Protocol, Unsolicited
from natscope.machines.nat.forwards import Forward
from natscope.machines.nat.packet import ACK, FIN, FRAGMENTED, ICMP, ICMPV6, RST, SYN, TCP, UDP
from natscope.machines.nat.pool import Pooling
from natscope.machines.nat.ports import FIRST_REGISTERED, KEEPS_PORT, PortPolicy
from natscope.machines.nat.sightings import Ages, End, Peer, Tenure
from natscope.machines.nat.table import WhenFull
from natscope.model.endpoint import IPAddress
from natscope.model.nat import Filtering, Mapping

Header: TypeAlias = tuple[int, int, int, int, int]
"""Protocol, source, source port, destination, destination port: `Packet.header()`."""
_KINDS = {UDP: Protocol.UDP, TCP: Protocol.TCP, ICMP: Protocol.ICMP, ICMPV6: Protocol.ICMP}


class Checker:
    """Judges one NAT. Each call answers the violations it saw, in words; normally none."""

    def __init__(self, config: NatConfig, external: Iterable[IPAddress] | None = None) -> None:
        self._config = config
        self._ages = Ages(config.lifetimes)
        self._own: tuple[int, ...] = ()
        self._tenures: dict[tuple[int, int, int], list[Tenure]] = {}
        self._by_inside: dict[tuple[int, int, int], list[Tenure]] = {}
        self._hidden: dict[tuple[int, int, int], None] = {}
        self._paired: dict[int, int] = {}
        self._shut_out: dict[int, float] = {}
        self._forwards: list[Forward] = []
        self._count = 0
        self.reboot(config.external if external is None else external)

    def reboot(self, external: Iterable[IPAddress]) -> None:
        """The NAT has lost its mappings."""
        self._own = tuple(int(ip) for ip in external)
        self._tenures.clear()
        self._by_inside.clear()
        self._hidden.clear()
        self._paired.clear()
        self._shut_out.clear()
        self._forwards = list(self._config.forwards)
        self._count = 0

    def opened(self, forward: Forward) -> None:
        """A port was opened while the NAT runs."""
        self._forwards.append(forward)

    def outbound(self, before: Header, after: Header | None, now: float, *, flags: int = 0) -> list[str]:
        """A packet came from inside and left on either side as `after`, or was dropped."""
        if after is None:
            self._note_turned_away(before, now)
            self._note_attack(before, now)
            return []
        faults = self._may_pass(before, flags)
        if now < self._shut_out.get(before[1], now) or (self._config.shuts_out_s and before[3] in self._own):
            faults.append("a packet passed of a host that is shut out")
        if before[3] in self._own:
            return faults + self._turned(before, after, now, flags)
        if after[3:] != before[3:] or after[0] != before[0]:
            faults.append("an outbound packet changed its destination")
        return faults + self._sent(before, after, now, flags)

    def inbound(
        self, before: Header, after: Header | None, now: float, *, flags: int = 0, family: int = 4
    ) -> list[str]:
        """A packet came from outside and was delivered as `after`, or dropped."""
        if after is None:
            return []
        faults = self._may_pass(before, flags)
        if any(
            n.version == family and before[1] & int(n.netmask) == int(n.network_address) for n in self._config.not_from
        ):
            faults.append("a packet from a forbidden prefix came in")
        if after[1:3] != before[1:3] or after[0] != before[0]:
            faults.append("an inbound packet changed its source")
        return faults + self._delivered(before, after, now, flags, family=family)

    def _may_pass(self, before: Header, flags: int) -> list[str]:
        faults = []
        if _KINDS.get(before[0]) not in self._config.protocols:
            faults.append("a protocol passed that is not handled")
        if flags & FRAGMENTED and self._config.drop_fragments:
            faults.append("a fragment passed")
        return faults

    def _sent(self, before: Header, after: Header, now: float, flags: int) -> list[str]:
        """Book a packet that went out, and judge its external endpoint."""
        inside, outside, remote = before[1:3], after[1:3], before[3:]
        tenure = self._tenure(before[0], inside, outside, now)
        faults = []
        if tenure is None:
            faults = self._judge_new(before, after, now, flags)
            tenure = self._begin(before[0], inside, outside, now)
        elif remote not in self._ages.alive_peers(tenure, now):
            faults = self._judge_flow(before, flags)
        self._book(tenure, remote, now, flags, outbound=True)
        return faults

    def _judge_new(self, before: Header, after: Header, now: float, flags: int) -> list[str]:
        """A mapping begins: is its external endpoint one that this NAT may choose?"""
        faults = self._judge_flow(before, flags)
        config, outside, inside = self._config, after[1:3], before[1:3]
        if not config.translates:
            return faults if outside == inside else [*faults, "a firewall changed a source"]
        if outside[0] not in self._own:
            return [*faults, "a source is none of the external addresses"]
        if self._is_forwarded(before[0], inside, outside) or self._is_dmz(before[0], inside, outside):
            return faults
        faults += self._judge_sharing(before, outside, now)
        if config.pooling is Pooling.PAIRED and self._paired.setdefault(inside[0], outside[0]) != outside[0]:
            faults.append("a paired host left by another external address")
        if before[0] in (UDP, TCP):
            faults += self._judge_port(inside[1], outside[1])
        return faults + self._judge_mapping(before, outside, now)

    def _judge_flow(self, before: Header, flags: int) -> list[str]:
        """A flow begins: do the egress rules allow it, and is there a connection?"""
        faults, egress = [], self._config.egress
        ranges = {UDP: egress.udp, TCP: egress.tcp}.get(before[0])
        if ranges is None:
            if not egress.icmp:
                faults.append("icmp went out against the rules")
        elif not any(low <= before[4] <= high for low, high in ranges):
            faults.append("a packet went out to a forbidden port")
        if before[0] == TCP and not self._begins(flags):
            faults.append("tcp in mid-connection made a mapping")
        return faults

    def _begins(self, flags: int) -> bool:
        """Whether a segment may begin a connection: SYN alone, or nothing but data where mid-connections count."""
        control = flags & (SYN | ACK | FIN | RST)
        return control == SYN or (self._config.tcp_pickup and control in (0, ACK))

    def _judge_port(self, inside: int, outside: int) -> list[str]:
        config, faults = self._config, []
        stays_low = config.low_ports_stay_low and inside < FIRST_REGISTERED
        low, high = (1, FIRST_REGISTERED - 1) if stays_low else config.port_range
        if not low <= outside <= high:
            faults.append(f"external port {outside} is not in {low}-{high}")
        kept = config.ports in KEEPS_PORT and inside == outside
        if config.parity and not kept and (inside ^ outside) & 1 and not config.contiguity:
            faults.append("parity was not kept")
        return faults

    def _judge_sharing(self, before: Header, outside: End, now: float) -> list[str]:
        """Two internal endpoints behind one external endpoint: only where ports are shared, and never one flow."""
        if self._config.ports is PortPolicy.OVERLOADING or self._may_have_evicted():
            return []
        others = [t for t in self._tenures.get((before[0], *outside), ()) if t.inside != before[1:3]]
        if self._config.ports is PortPolicy.PER_FLOW:
            others = [t for t in others if before[3:] in t.peers]
        shared = any(self._surely_alive(t, before[3:], now) for t in others)
        return ["an external port was given to two hosts"] if shared else []

    def _judge_mapping(self, before: Header, outside: End, now: float) -> list[str]:
        """While a mapping surely lives, flows that share it by the policy leave by the same external endpoint."""
        config, remote = self._config, before[3:]
        exempt = config.ports in (PortPolicy.PER_FLOW, PortPolicy.OVERLOADING) or config.unsolicited is Unsolicited.BURN
        if exempt or self._may_have_evicted() or config.pooling is Pooling.PER_DESTINATION or config.dmz is not None:
            return []
        for tenure in self._by_inside.get((before[0], *before[1:3]), ()):
            same = [p for p in tenure.peers if self._shares_mapping(p, remote)]
            if self._is_forwarded(before[0], tenure.inside, tenure.outside):
                continue
            if tenure.outside != outside and any(self._surely_alive(tenure, p, now) for p in same):
                return ["a mapping changed while it lived"]
        return []

    def _shares_mapping(self, one: End, other: End) -> bool:
        policy = self._config.mapping
        if policy is Mapping.ADDRESS_AND_PORT_DEPENDENT:
            return one == other
        if policy is Mapping.PORT_DEPENDENT:
            return one[1] == other[1]
        return one[0] == other[0] if policy is Mapping.ADDRESS_DEPENDENT else True

    def _surely_alive(self, tenure: Tenure, remote: End, now: float) -> bool:
        """Times of peers are exact as long as nothing was evicted, stolen or guessed."""
        return not tenure.guessed and remote in self._ages.alive_peers(tenure, now)

    def _may_have_evicted(self) -> bool:
        return self._config.when_full is WhenFull.EVICT_OLDEST and self._count >= self._config.capacity

    def _delivered(
        self, before: Header, after: Header, now: float, flags: int, *, family: int = 4, trusted: bool = False
    ) -> list[str]:
        """Judge and book a packet that came in."""
        proto, remote, outside, inside = before[0], before[1:3], before[3:], after[3:]
        tenure = self._tenure(proto, inside, outside, now)
        opened = self._is_opened(proto, inside, outside, family)
        peers = {} if tenure is None else self._ages.alive_peers(tenure, now)
        exact = remote in peers or self._through_another_port(proto, inside, remote, now)
        if not exact and not opened and (proto, *inside) in self._hidden:
            return []
        if not exact and not opened and not (trusted and peers) and not self._admits(peers, remote):
            return ["a packet was delivered that nothing lets in"]
        if proto == TCP and not exact and not self._begins(flags):
            return ["tcp without a connection came in"]
        if tenure is None:
            tenure = self._begin(proto, inside, outside, now)
        if opened or proto == TCP or remote in peers:
            self._book(tenure, remote, now, flags, outbound=False)
        else:
            self._ages.stranger(tenure, now)
        return []

    def _admits(self, peers: dict[End, Peer], remote: End) -> bool:
        policy = self._config.filtering
        if policy is Filtering.ENDPOINT_INDEPENDENT:
            return bool(peers)
        if policy is Filtering.ADDRESS_DEPENDENT:
            return any(end[0] == remote[0] and p.asked for end, p in peers.items())
        return False

    def _turned(self, before: Header, after: Header, now: float, flags: int) -> list[str]:
        """A hairpinned packet: judged by what shows; with an internal source the sender's mapping does not."""
        if self._config.hairpin is Hairpin.NONE:
            return ["a packet was hairpinned"]
        if self._config.hairpin is Hairpin.INTERNAL_SOURCE:
            self._note_turned_away(before, now)
            self._hidden[before[0], after[3], after[4]] = None
            return [] if after[1:3] == before[1:3] else ["a hairpinned packet lost its internal source"]
        outside: Header = (before[0], after[1], after[2], before[3], before[4])
        trusted = not self._config.hairpin_filtered
        return self._sent(before, outside, now, flags) + self._delivered(outside, after, now, flags, trusted=trusted)

    def _note_turned_away(self, before: Header, now: float) -> None:
        """An inside packet for one of our endpoints did not show its external endpoint.

        It may have opened the sender's filter, or a mapping that nobody saw: deliveries to that sender are not judged.
        """
        if before[3] in self._own and self._config.hairpin is not Hairpin.NONE:
            self._hidden[before[:3]] = None
            for tenure in self._by_inside.get((before[0], *before[1:3]), ()):
                if self._ages.is_alive(tenure, now):
                    tenure.guessed = True
                    self._book(tenure, before[3:], now, SYN if before[0] == TCP else 0, outbound=True)

    def _note_attack(self, before: Header, now: float) -> None:
        """A packet for one of our addresses shuts its sender out, whose mappings are lost; one that is out stays so."""
        if not self._config.shuts_out_s or before[3] not in self._own or now < self._shut_out.get(before[1], now):
            return
        self._shut_out[before[1]] = now + self._config.shuts_out_s
        for index in (self._tenures, self._by_inside):
            for key, tenures in index.items():
                index[key] = [t for t in tenures if t.inside[0] != before[1]]

    def _through_another_port(self, proto: int, inside: End, remote: End, now: float) -> bool:
        """The inside talks to that peer through another external port, where its forward or filter let this in."""
        found = self._by_inside.get((proto, *inside), ())
        return any(remote in self._ages.alive_peers(t, now) for t in found) and self._config.translates

    def _is_opened(self, proto: int, inside: End, outside: End, family: int) -> bool:
        if any(p.admits(proto, family, *inside) for p in self._config.pinholes):
            return True
        return self._is_forwarded(proto, inside, outside) or self._is_dmz(proto, inside, outside)

    def _is_dmz(self, proto: int, inside: End, outside: End) -> bool:
        dmz = self._config.dmz
        return dmz is not None and inside == (int(dmz), outside[1])

    def _is_forwarded(self, proto: int, inside: End, outside: End) -> bool:
        for forward in self._forwards:
            ip = int(forward.external_ip) if forward.external_ip is not None else -1
            if not self._own:  # a firewall: the inside host's own address
                ip = int(forward.internal.ip)
            where = ip if ip in self._own or not self._own else self._own[0]
            place = (forward.transport.number, where, forward.external_port)
            if place == (proto, *outside) and inside == (int(forward.internal.ip), forward.internal.port):
                return True
        return False

    def _tenure(self, proto: int, inside: End, outside: End, now: float) -> Tenure | None:
        """The tenure of these endpoints that may still live."""
        for tenure in self._tenures.get((proto, *outside), ()):
            if tenure.inside == inside and self._ages.is_alive(tenure, now):
                return tenure
        return None

    def _begin(self, proto: int, inside: End, outside: End, now: float) -> Tenure:
        tenure = Tenure(proto, inside, outside, now, forward=self._is_forwarded(proto, inside, outside))
        for index, key in ((self._tenures, (proto, *outside)), (self._by_inside, (proto, *inside))):
            living: Sequence[Tenure] = [t for t in index.get(key, ()) if self._ages.is_alive(t, now)]
            index[key] = [*living, tenure]
        return tenure

    def _book(self, tenure: Tenure, remote: End, now: float, flags: int, *, outbound: bool) -> None:
        peer = tenure.peers.get(remote)
        first = peer is None or (self._ages.own_timers(tenure) and now >= peer.dies)
        if peer is None or first:
            peer = tenure.peers[remote] = Peer(now, outbound, outbound)
            if tenure.proto == TCP and not flags & SYN:
                peer.syn_in = peer.syn_out = True
            self._count += 1
        new = first and (self._ages.own_timers(tenure) or len(tenure.peers) == 1)
        self._ages.packet(tenure, peer, flags, now, outbound=outbound, first=new)
