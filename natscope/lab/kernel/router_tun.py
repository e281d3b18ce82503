"""What a router does in user space: links with their faults, the NAT of both families, ICMP. Bytes in, bytes out.

A machine without I/O: `take` a packet that came from inside or outside, ask `due` for what is to be written, and call
again by `deadline`. On the way from inside stand the link of whoever sent it, then the NAT; towards the inside the
other way round. The internet itself is such a router without NAT, everything is inside.

The kernel takes 1 off the TTL on the way into the TUN device and again on the way out: `take` adds one, so that a
traceroute shows the router once. Sizes: what does not fit a link's MTU is cut (IPv4 without don't-fragment), refused
(too big), or swallowed where the link is a black hole.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from random import Random

from natscope.errors import RemoteError
from natscope.lab.kernel.fragments import Cutter, Reassembly
from natscope.lab.kernel.link_shaper import LinkShaper
from natscope.lab.kernel.nat64_bytes import Bridge
from natscope.lab.kernel.tun_packet import Lifted, echo_answer, error_about, lift, press, resets_for
from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.packet import FRAGMENTED, TCP, UDP, IcmpError
from natscope.machines.nat.translator import Nat
from natscope.machines.nat.verdicts import FIRST_DROP, NAMES
from natscope.model.endpoint import IPAddress
from natscope.sim.link import LinkSpec
from natscope.sim.meddler import MeddlerSpec
from natscope.wire import icmp, ip
from natscope.wire.ip import IpHeader

DEVICE_MTU = 1500
"""Of all interfaces of a lab."""
QUEUE_PACKETS = 20_000
"""Packets on their way over this router's links; more are dropped and counted."""
IPNetwork = IPv4Network | IPv6Network
_FROM_INSIDE, _FROM_OUTSIDE, _WRITE = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """Who hangs on a router: its prefixes, and the link from it (`up`) and to it (`back`)."""

    prefixes: tuple[IPNetwork, ...]
    up: LinkSpec
    back: LinkSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterPlan:
    """One router: `nat` by family, the addresses from which it complains by family, who hangs on it."""

    name: str
    seed: int
    nat_4: NatConfig | None = None
    nat_6: NatConfig | None = None
    nat64: bool = False
    inside: tuple[IPAddress | None, IPAddress | None] = (None, None)
    attached: tuple[Attached, ...] = ()


class _Links:
    """The two directions of one attachment."""

    __slots__ = ("back", "nets", "up")

    def __init__(self, attached: Attached, name: str, seed: int) -> None:
        self.nets = [(n.version, int(n.netmask), int(n.network_address)) for n in attached.prefixes]
        self.up = LinkShaper(attached.up, Random(f"{seed}/{name}/{attached.prefixes}/up"))
        self.back = LinkShaper(attached.back, Random(f"{seed}/{name}/{attached.prefixes}/back"))


class RouterTun:
    """The router. `now` is in seconds and never goes back; `counts` has what was dropped, by reason."""

    def __init__(self, plan: RouterPlan) -> None:
        self.plan = plan
        self.counts: dict[str, int] = {}
        self._nats = {
            family: Nat(config, f"{plan.seed}/{plan.name}/{family}".encode())
            for family, config in ((4, plan.nat_4), (6, plan.nat_6))
            if config is not None
        }
        self._bridge = Bridge() if plan.nat64 else None
        self._inside = {4: plan.inside[0], 6: plan.inside[1]}
        self._links = [_Links(attached, plan.name, plan.seed) for attached in plan.attached]
        self._by_address: dict[tuple[int, int], _Links | None] = {}
        self._reassembly = Reassembly()
        self._cutter = Cutter()
        self._numbers = itertools.count()
        self._jobs: list[tuple[float, int, int, bytearray]] = []

    def take(self, data: bytes, now: float, *, outside: bool = False) -> None:
        """A packet was read. Whatever it is, nothing is raised."""
        packet = bytearray(data)
        try:
            header = ip.decode(packet)
        except RemoteError:
            self._count("no IP packet")
            return
        del packet[header.length :]
        header.ttl = min(255, header.ttl + 1)
        ip.set_ttl(packet, header.ttl)
        links = None if outside else self._attached(header.family, header.src)
        if links is None:
            self._later(now, _FROM_OUTSIDE if outside else _FROM_INSIDE, packet)
        else:
            self._over(links.up, packet, header, now, _FROM_INSIDE)

    def due(self, now: float) -> list[bytearray]:
        """What is to be written by now."""
        ready: list[bytearray] = []
        for nat in self._nats.values():
            for error in nat.expire(now):
                self._answer(self._late(error), now)
        while self._jobs and self._jobs[0][0] <= now:
            when, _, stage, packet = heapq.heappop(self._jobs)
            if stage == _WRITE:
                ready.append(packet)
            else:
                self._route(packet, max(when, now), outside=stage == _FROM_OUTSIDE)
        return ready

    def deadline(self) -> float | None:
        """When `due` wants to be called next, None while nothing is on its way."""
        times = [t for nat in self._nats.values() if (t := nat.deadline()) is not None]
        if self._jobs:
            times.append(self._jobs[0][0])
        return min(times, default=None)

    def nat(self, family: int) -> Nat | None:
        """The NAT or firewall of a family."""
        return self._nats.get(family)

    def reboot(self, external: Sequence[IPAddress] | None = None) -> None:
        """The IPv4 NAT loses its mappings; `external` are its addresses from now on."""
        nat = self._nats.get(4)
        if nat is not None:
            nat.reboot(nat.external if external is None else external)

    # -- through the NAT -------------------------------------------------------------------------------------------

    def _route(self, packet: bytearray, now: float, *, outside: bool, in_pieces: bool = False) -> None:
        """At the NAT; a family without one passes."""
        header = ip.decode(packet)
        if header.family == 6 and not outside and self._bridge is not None and self._bridge.covers(header):
            self._to_ipv4(self._bridge, packet, header, now)
            return
        nat = self._nats.get(header.family)
        if nat is None:
            self._deliver(packet, header, now)
            return
        whole, header, split = self._whole(packet, header, now)
        if whole is None:
            return
        split = split or in_pieces
        try:
            lifted = lift(whole, header)
        except RemoteError as error:
            self._count(error.message)
            return
        if split:
            lifted.packet.flags |= FRAGMENTED
        verdict = nat.inbound(lifted.packet, now) if outside else nat.outbound(lifted.packet, now)
        if verdict < FIRST_DROP:
            data = press(lifted)
            self._deliver(data, ip.decode(data), now, split=split)
        else:
            self._count(NAMES[verdict])
            self._turn_away(nat, lifted, verdict, now, outside=outside)

    def _to_ipv4(self, bridge: Bridge, packet: bytearray, header: IpHeader, now: float) -> None:
        """From inside, through a NAT64: an IPv4 packet of ours from there on."""
        whole, header, split = self._whole(packet, header, now)
        if whole is not None:
            crossed = self._across(bridge, whole, header)
            if crossed is not None:
                self._route(crossed, now, outside=False, in_pieces=split)

    def _across(self, bridge: Bridge, packet: bytearray, header: IpHeader) -> bytearray | None:
        try:
            crossed = bridge.cross(packet, header)
        except RemoteError as error:
            self._count(error.message)
            return None
        if crossed is None:
            self._count("not translated to the other family")
        return crossed

    def _whole(self, packet: bytearray, header: IpHeader, now: float) -> tuple[bytearray | None, IpHeader, bool]:
        """The datagram and its header, None while pieces are missing; whether it came in pieces."""
        if not header.is_fragment:
            return packet, header, False
        whole = self._reassembly.add(bytes(packet), header, now)
        if whole is None:
            return None, header, True
        return bytearray(whole), ip.decode(whole), True

    def _turn_away(self, nat: Nat, lifted: Lifted, verdict: int, now: float, *, outside: bool) -> None:
        """Answer a ping of our own address; say no where the configuration wants that."""
        packet, family = lifted.packet, lifted.header.family
        if any(packet.dst == int(own) for own in nat.external):
            answer = echo_answer(lifted)
            if answer is not None:
                self._answer(answer, now)
                return
        inside = self._inside[family]
        if outside:
            error = nat.refuse_inbound(packet, verdict)
        else:
            error = nat.refuse_outbound(packet, verdict, 0 if inside is None else int(inside))
        if error is not None:
            numbers = error.icmp_type, error.icmp_code
            self._answer(error_about(lifted.data, family, error.src, error.dst, numbers), now)

    def _late(self, error: IcmpError) -> bytes:
        """A refusal that had to wait; its packet carries the bytes."""
        quoted = error.inner.payload
        assert isinstance(quoted, bytes)
        return error_about(quoted, error.family, error.src, error.dst, (error.icmp_type, error.icmp_code))

    # -- over links ------------------------------------------------------------------------------------------------

    def _deliver(self, packet: bytearray, header: IpHeader, now: float, *, split: bool = False) -> None:
        """On to wherever it goes: over the link of who hangs on us, else onto the wire at once."""
        if header.family == 4 and self._bridge is not None and self._bridge.covers(header):
            crossed = self._across(self._bridge, packet, header)
            if crossed is None:
                return
            packet, header = crossed, ip.decode(crossed)
        links = self._attached(header.family, header.dst)
        if links is not None:
            self._over(links.back, packet, header, now, _WRITE)
        elif split and header.length > DEVICE_MTU:
            self._in_pieces(packet, header, DEVICE_MTU, now)
        else:
            self._later(now, _WRITE, packet)

    def _over(self, link: LinkShaper, packet: bytearray, header: IpHeader, now: float, stage: int) -> None:
        """Onto a link: in one piece, cut, refused or swallowed by its size; then late, lost, or twice."""
        mtu, meddler = link.spec.mtu, link.spec.meddler
        if meddler is not None:
            ip.set_tos(packet, meddler.marked(header.traffic_class))
            if header.proto == UDP and not header.is_fragment and _meddled(meddler, packet, header.payload_at):
                self._count("filtered on a link")
                return
            if header.proto == TCP and not header.is_fragment and meddler.resets:
                packet, header = self._read_name(meddler, packet, header, now, stage)
        pieces = [packet]
        if header.length > mtu:
            if header.dont_fragment or (header.family == 6 and not header.length > DEVICE_MTU):
                self._count("too big")
                if link.spec.tells_mtu:
                    self._too_big(packet, header, mtu, now)
                return
            pieces = [bytearray(piece) for piece in self._cutter.cut(bytes(packet), header, mtu)]
        for piece in pieces:
            arrivals = link.arrivals(len(piece), now, udp=header.proto == UDP, family=header.family)
            if not arrivals:
                self._count("lost on a link")
            for when in arrivals:
                self._later(when, stage, bytearray(piece))

    def _read_name(
        self, meddler: MeddlerSpec, packet: bytearray, header: IpHeader, now: float, stage: int
    ) -> tuple[bytearray, IpHeader]:
        """A greeting with a name that is reset goes on as a reset, and another one goes back to who sent it."""
        resets = resets_for(meddler, packet, header)
        if resets is None:
            return packet, header
        self._count("reset by name")
        on, back = resets
        if stage == _WRITE:
            self._later(now, _FROM_INSIDE, back)
        else:
            self._deliver(back, ip.decode(back), now)
        return on, ip.decode(on)

    def _in_pieces(self, packet: bytearray, header: IpHeader, mtu: int, now: float) -> None:
        for piece in self._cutter.cut(bytes(packet), header, mtu):
            self._later(now, _WRITE, bytearray(piece))

    def _too_big(self, packet: bytearray, header: IpHeader, mtu: int, now: float) -> None:
        """Tell the source, unless it is an error itself."""
        source = self._inside[header.family]
        is_icmp = header.proto in (icmp.ICMP, icmp.ICMPV6)
        if source is None or (is_icmp and icmp.decode(packet[header.payload_at :]).is_error(header.family)):
            return
        self._answer(
            error_about(packet, header.family, int(source), header.src, icmp.TOO_BIG[header.family], mtu=mtu), now
        )

    def _answer(self, packet: bytes, now: float) -> None:
        """A packet of our own goes its way."""
        own = bytearray(packet)
        header = ip.decode(own)
        if header.family == 4 and self._bridge is not None and self._bridge.covers(header):
            self._deliver(own, header, now)
        else:
            self._later(now, _WRITE, own)

    def _later(self, when: float, stage: int, packet: bytearray) -> None:
        if len(self._jobs) >= QUEUE_PACKETS:
            self._count("router queue full")
            return
        heapq.heappush(self._jobs, (when, next(self._numbers), stage, packet))

    def _attached(self, family: int, address: int) -> _Links | None:
        key = (family, address)
        if key not in self._by_address:
            if len(self._by_address) >= QUEUE_PACKETS:
                self._by_address.clear()
            self._by_address[key] = next((links for links in self._links if _holds(links, family, address)), None)
        return self._by_address[key]

    def _count(self, why: str) -> None:
        self.counts[why] = self.counts.get(why, 0) + 1


def _meddled(meddler: MeddlerSpec, packet: bytearray, at: int) -> bool:
    """Whether a whole UDP datagram ends there; `at` is where its header begins."""
    return meddler.drops(bytes(packet[at + 8 :]), int.from_bytes(packet[at + 2 : at + 4]))


def _holds(links: _Links, family: int, address: int) -> bool:
    return any(version == family and address & mask == net for version, mask, net in links.nets)
