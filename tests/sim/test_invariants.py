"""The checkers beside a simulation catch what they are there for: each is shown a simulator broken in that way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.packet import Packet
from natscope.machines.nat.presets import PRESETS
from natscope.machines.nat.translator import Nat
from natscope.machines.nat.verdicts import FORWARD_IN
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering
from natscope.sim import udp
from natscope.sim.invariants import InvariantError
from natscope.sim.link import LinkSpec, Pipe
from natscope.sim.topology import Network
from tests.sim.ends import End
from tests.sim.running import this_network

SLOW = LinkSpec(latency_s=0.02, rate_bps=1e6, queue_bytes=3000)
Break = Callable[[pytest.MonkeyPatch], None]


def talk(net: Network, count: int = 20) -> None:
    """A friend and a stranger write to a host behind a port-restricted NAT over a slow line."""
    internet = net.internet()
    home = net.nat("home", at=internet, kind="port-restricted", link=SLOW)
    inside, friend = End(net.host("inside", at=home)), End(net.host("friend", at=internet))
    stranger = End(net.host("stranger", at=internet))
    assert home.up is not None
    ip = home.up.address(4)
    assert ip is not None
    for number in range(count):
        net.timeline.after(0.001 * number, inside.send, friend.at, bytes(900))
    net.timeline.after(0.3, friend.send, Endpoint(ip, inside.port))
    net.timeline.after(0.4, stranger.send, Endpoint(ip, inside.port))
    net.timeline.run_all()


def test_a_sound_network_passes_and_is_judged(net: Network) -> None:
    talk(net)
    assert net.world.watch is not None
    assert net.world.watch.judged > 20
    assert net.trace.counts["queue full"] > 0
    assert net.trace.counts["filtered"] == 1


def too_early(patch: pytest.MonkeyPatch) -> None:
    """Packets arrive as if the line had no length."""
    patch.setattr(Pipe, "_shape", lambda self, packet, now: now + 0.001)


def without_serialisation(patch: pytest.MonkeyPatch) -> None:
    """The rate is forgotten."""
    patch.setattr(Pipe, "_shape", lambda self, packet, now: now + self.spec.latency_s)


def boundless_queue(patch: pytest.MonkeyPatch) -> None:
    """The queue takes everything."""
    real = Pipe._through_queue

    def through(self: Pipe, packet: Packet, now: float) -> float | None:
        bounded, self.spec = self.spec, replace(self.spec, queue_bytes=1 << 30)
        try:
            leaves_at = real(self, packet, now)
        finally:
            self.spec = bounded
        if self.spec.rate_bps and self._world.watch is not None:
            waiting = (self._busy_until - now) * self.spec.rate_bps / 8
            self._world.watch.queue(self.name, waiting, bounded.queue_bytes)
        return leaves_at

    patch.setattr(Pipe, "_through_queue", through)


def open_filter(patch: pytest.MonkeyPatch) -> None:
    """The NAT lets everybody in who knows a mapping, against its configuration."""
    real = Nat.__init__

    def make(self: Nat, config: NatConfig, seed: bytes) -> None:
        real(self, replace(config, filtering=Filtering.ENDPOINT_INDEPENDENT), seed)
        self.config = config

    patch.setattr(Nat, "__init__", make)


def no_translation(patch: pytest.MonkeyPatch) -> None:
    """The NAT forwards without translating."""
    patch.setattr(Nat, "outbound", lambda self, packet, now: 0)


def forged_delivery(patch: pytest.MonkeyPatch) -> None:
    """The NAT delivers what it should drop, to a host of its own choice."""

    def inbound(self: Nat, packet: Packet, now: float) -> int:
        packet.dst = int(PRESETS["full-cone"].config.external[0])
        return FORWARD_IN

    patch.setattr(Nat, "inbound", inbound)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (too_early, "too early"),
        (without_serialisation, "too early"),
        (boundless_queue, "its bound is 3000"),
        (open_filter, "nothing lets in"),
        (no_translation, "none of the external addresses"),
        (forged_delivery, "nothing lets in"),
    ],
)
def test_a_broken_simulator_is_caught(broken: Break, words: str, net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch)
    with pytest.raises(InvariantError, match=words):
        talk(net)


def test_a_packet_that_was_never_sent_is_caught(net: Network) -> None:
    internet = net.internet()
    end = End(net.host("here", at=internet))
    pipe = net.uplinks["here"][1]
    with pytest.raises(InvariantError, match="without having been sent"):
        pipe._arrive(Packet(17, 1, 1, int(end.ip), end.port))


async def test_a_full_socket_drops_and_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "QUEUE_DATAGRAMS", 10)
    net = this_network()
    internet = net.internet()
    here, there = End(net.host("here", at=internet)), net.host("there", at=internet)
    socket = await there.udp.open(4, port=9)
    assert isinstance(socket, udp.SimUdpSocket)
    target = Endpoint(End(there).ip, 9)
    for _ in range(15):
        here.send(target)
    await there.clock.sleep(1)
    assert socket.overflows == 5
    assert net.trace.counts["socket queue full"] == 5


async def test_an_unbounded_socket_queue_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    net = this_network()
    watch = net.world.watch
    assert watch is not None
    with pytest.raises(InvariantError, match="holds 11, its bound is 10"):
        watch.queue("a socket", 11, 10)
