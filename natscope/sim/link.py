"""Links: two pipes, each with latency, jitter, loss, duplication, reordering, bandwidth behind a queue, MTU, policer.

Jitter never changes the order of packets; `reordering` is the chance that one is held back while others overtake it.
A pipe loses silently, as a cable does. What to do with packets that are longer than the MTU is the node's decision.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from random import Random  # noqa: TID251 - the type of what `rng.stream` gives
from typing import TYPE_CHECKING

from natscope.machines.nat.packet import ACK, RST, TCP, UDP, Packet, unpack
from natscope.sim.meddler import MULTICAST, MeddlerSpec
from natscope.sim.policer import Policer, PolicerSpec
from natscope.sim.segment import Segment
from natscope.sim.world import World

if TYPE_CHECKING:
    from natscope.sim.node import Port

MTU_BYTES = 1500
QUEUE_BYTES = 256 * 1024
"""What waits in front of a link with a rate; more is dropped at the tail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """One direction of a link. Chances are from 0 to 1, `jitter_s` is the most that is added, uniformly.

    `ipv6_latency_s` is the latency of IPv6 where it goes another way, as in a tunnel; None where it does not.
    `held_back_s` is how long a reordered packet is held back; `udp_policer` and `meddler` stand before everything else.
    `tells_mtu` False is a black hole: packets that are too long vanish without an ICMP error.
    """

    latency_s: float = 0.005
    jitter_s: float = 0.0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    held_back_s: float = 0.005
    rate_bps: float | None = None
    queue_bytes: int = QUEUE_BYTES
    mtu: int = MTU_BYTES
    tells_mtu: bool = True
    udp_policer: PolicerSpec | None = None
    meddler: MeddlerSpec | None = None
    ipv6_latency_s: float | None = None

    def __post_init__(self) -> None:
        if not all(0 <= chance <= 1 for chance in (self.loss, self.duplication, self.reordering)):
            raise ValueError("loss, duplication and reordering are chances from 0 to 1")
        if min(self.latency_s, self.jitter_s, self.held_back_s, self.ipv6_latency_s or 0.0) < 0:
            raise ValueError("latency, jitter and hold are not negative")
        if self.rate_bps is not None and self.rate_bps <= 0:
            raise ValueError("a rate is positive; None is without limit")
        if self.mtu < 68 or self.queue_bytes < self.mtu:
            raise ValueError("an MTU is at least 68 bytes, and a queue holds at least one packet")

    @property
    def is_plain(self) -> bool:
        """Nothing but latency."""
        unlimited = self.rate_bps is None and self.udp_policer is None and self.meddler is None
        return (
            unlimited
            and self.ipv6_latency_s is None
            and not (self.jitter_s or self.loss or self.duplication or self.reordering)
        )

    def latency_of(self, family: int) -> float:
        """Of that address family, in seconds."""
        return self.latency_s if family == 4 or self.ipv6_latency_s is None else self.ipv6_latency_s

    def lane_of(self, family: int) -> int:
        """Packets of one lane keep their order: 0 is for both families, unless IPv6 goes another way."""
        return 0 if family == 4 or self.ipv6_latency_s is None else 1


class Pipe:
    """One direction, to the port `far`; `up` False drops everything."""

    __slots__ = (
        "_busy_until", "_cuts", "_draw", "_far", "_lane", "_last_arrivals", "_plain", "_policer", "_receive",
        "_timeline", "_world", "latency_s", "lost", "mtu", "name", "spec", "up",
    )  # fmt: skip

    def __init__(self, world: World, name: str, spec: LinkSpec, far: Port) -> None:
        self._world = world
        self._timeline = world.timeline
        self._draw: Random | None = None
        self._busy_until = 0.0
        self._last_arrivals = [0.0, 0.0]
        self.name = name
        self._far = far
        self._receive = type(far.node).receive
        self._cuts = 0
        self.up = True
        self.lost: dict[str, int] = {}
        self.change(spec)

    def change(self, spec: LinkSpec) -> None:
        """From now on the link is like this; packets on their way are not touched."""
        self.spec = spec
        self.mtu = spec.mtu
        self._policer = None if spec.udp_policer is None else Policer(spec.udp_policer)
        self.latency_s = spec.latency_s
        self._lane = self._timeline.lane(spec.latency_s, self._receive)
        self._plain = spec.is_plain and self._world.watch is None

    def cut(self) -> None:
        """Carry nothing, until it was mended as often as cut."""
        self._cuts += 1
        self.up = False

    def mend(self) -> None:
        """Undo one cut."""
        self._cuts -= 1
        self.up = self._cuts <= 0

    def send(self, packet: Packet) -> None:
        """Take a packet that fits the MTU."""
        timeline = self._timeline
        if self._plain and self.up:
            # As `_arrive` does, but without a bound method of this pipe: thousands of links do not fit into a cache.
            when, number, lane = timeline.now + self.latency_s, next(timeline.numbers), self._lane
            if lane is not None:
                lane.queue.append((when, number, self._far, packet))
            else:
                heapq.heappush(timeline.heap, (when, number, self._receive, (self._far, packet)))
        else:
            self._send_slow(packet, timeline.now)

    def _send_slow(self, packet: Packet, now: float) -> None:
        if not self.up:
            self._lose(packet, "link down")
            return
        if self._world.watch is not None:
            self._world.watch.departs(self, packet, now)
        when = self._shape(packet, now)
        if when is not None:
            self._timeline.at(when, self._arrive, packet)

    def _shape(self, packet: Packet, now: float) -> float | None:
        """When it arrives, None when it does not. The draws are made in the same order for every packet."""
        spec, chance = self.spec, self._chance
        if spec.meddler is not None:
            packet.tos = spec.meddler.marked(packet.tos)
            if packet.proto == UDP and isinstance(packet.payload, bytes):
                to_group = MULTICAST in spec.meddler.filters and unpack(packet.dst, packet.family).is_multicast
                if spec.meddler.drops(packet.payload, packet.dport, to_group=to_group):
                    self._lose(packet, "filtered")
                    return None
            if packet.proto == TCP and isinstance(packet.payload, Segment):
                self._read_name(packet, packet.payload, spec.meddler, now)
        if self._policer is not None and packet.proto == UDP and not self._policer.passes(packet.length, now):
            self._lose(packet, "policed")
            return None
        leaves_at = self._through_queue(packet, now)
        if leaves_at is None:
            self._lose(packet, "queue full")
            return None
        if spec.loss and chance() < spec.loss:
            self._lose(packet, "lost")
            return None
        when = leaves_at + spec.latency_of(packet.family)
        if spec.jitter_s:
            when += chance() * spec.jitter_s
        if spec.reordering and chance() < spec.reordering:
            when += spec.held_back_s
        else:
            lane = spec.lane_of(packet.family)
            when = self._last_arrivals[lane] = max(when, self._last_arrivals[lane])
        if spec.duplication and chance() < spec.duplication:
            self._duplicate(packet, when, now)
        return when

    def _read_name(self, packet: Packet, segment: Segment, meddler: MeddlerSpec, now: float) -> None:
        """A greeting with a name that is reset goes on as a reset, and another one goes back to who sent it."""
        if not meddler.resets_for(segment.data):
            return
        end = segment.number + len(segment.data)
        packet.length -= len(segment.data)
        packet.payload, packet.flags = Segment(segment.number, b"", segment.acknowledged), RST | ACK
        back = packet.copy()
        back.src, back.sport, back.dst, back.dport = packet.dst, packet.dport, packet.src, packet.sport
        back.payload = Segment(segment.acknowledged, b"", end)
        self._world.note(packet, "reset by name")
        self._timeline.at(now + self.spec.latency_of(packet.family), self._far.node.send, back)

    def _chance(self) -> float:
        """From 0 to 1; the stream begins when the link first needs it, which changes nothing."""
        if self._draw is None:
            self._draw = self._world.random("link", self.name)
        return self._draw.random()

    def _through_queue(self, packet: Packet, now: float) -> float | None:
        """When its last bit leaves."""
        rate = self.spec.rate_bps
        if rate is None:
            return now
        begins_at = max(now, self._busy_until)
        waiting = (begins_at - now) * rate / 8 + packet.length
        if waiting > self.spec.queue_bytes:
            return None
        if self._world.watch is not None:
            self._world.watch.queue(f"the queue of {self.name}", waiting, self.spec.queue_bytes)
        self._busy_until = begins_at + packet.length * 8 / rate
        return self._busy_until

    def _duplicate(self, packet: Packet, when: float, now: float) -> None:
        twin = packet.copy()
        if self._world.watch is not None:
            self._world.watch.departs(self, twin, now)
        self._timeline.at(when, self._arrive, twin)

    def _lose(self, packet: Packet, why: str) -> None:
        self.lost[why] = self.lost.get(why, 0) + 1
        if self._world.watch is not None:
            self._world.watch.lost(packet)
        self._world.note(packet, why)

    def _arrive(self, packet: Packet) -> None:
        if self._world.watch is not None:
            self._world.watch.arrives(self, packet, self._timeline.now)
        self._receive(self._far, packet)
