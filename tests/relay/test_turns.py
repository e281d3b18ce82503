"""A flood of frames beside a hundred quiet clients, measured in turns of the loop and in frames, not by a clock."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import ssl

import pytest

from natscope.host.real.host import build_real_host
from natscope.host.real.relay_socket import READ_BYTES
from natscope.machines.derp.counters import Drop
from natscope.machines.derp.relay import Relay
from natscope.model.endpoint import Endpoint
from natscope.relay.host_relay import HostRelay
from natscope.wire.derp.frames import FrameType
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import DRIVERS, WAIT_S, OnEpoll, client_context, front_of, wait_for
from tests.relay.strangers import frame

QUIET = 100
SMALLEST = frame(FrameType.SEND_PACKET, bytes(32))
"""To nobody, without a byte: no frame costs more for its length."""
MOST_TURNS = 50
ASYNCIO_READ_BYTES = 256 * 1024


class Crowd:
    """Quiet clients in a circle, and flooders of whom the system holds as much as it takes."""

    def __init__(self, at: Endpoint, tls: ssl.SSLContext | None, flooders: int) -> None:
        self.quiet = [DerpClient(at, tls=tls, source=f"127.0.2.{1 + n % 20}") for n in range(QUIET)]
        self.flooders = [DerpClient(at, tls=tls) for _ in range(flooders)]

    def speak(self) -> None:
        """The flood is there before each quiet one sends a packet to the next."""
        for flooder in self.flooders:
            fill(flooder.sock)
        for n, client in enumerate(self.quiet):
            client.packet(self.quiet[n - 1], b"%d" % n)

    def have_heard(self) -> None:
        """Everybody gets what was for it, without another turn."""
        for n, client in enumerate(self.quiet):
            assert client.packets(1) == [b"%d" % ((n + 1) % QUIET)]

    def close(self) -> None:
        for client in (*self.quiet, *self.flooders):
            client.close()


def fill(sock: socket.socket) -> None:
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError):
        while True:
            sock.send(SMALLEST * 400)


class Count:
    """Frames that the relay has taken since it was made."""

    def __init__(self, relay: Relay) -> None:
        self._counters = relay.counters
        self._flood, self._all = self._now()

    def _now(self) -> tuple[int, int]:
        return self._counters.drops.get((Drop.UNKNOWN_DEST, False), 0), self._counters.packets_received

    @property
    def flood(self) -> int:
        return self._now()[0] - self._flood

    @property
    def quiet(self) -> int:
        return self._now()[1] - self._all - self.flood


@pytest.mark.skipif("epoll" not in DRIVERS, reason="epoll is Linux's")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("flooders", [0, 1, 3])
def test_a_flood_costs_the_quiet_ones_no_turn_of_the_loop(tls: bool, flooders: int) -> None:
    """Beside a flood all are heard in as many turns as without: one; and a flooder gets one read in it."""
    relay = OnEpoll(front_of(Relay(PrivateKey(bytes(range(32)))), tls=tls), tls=tls, allowed=None)
    crowd = Crowd(relay.at, client_context() if tls else None, flooders)
    relay.loop.stop()
    relay.thread.join(WAIT_S)  # from here on the test turns the loop
    crowd.speak()
    wait_for(lambda: all_ready(relay))
    count, turns = Count(relay.relay), 0
    while count.quiet < QUIET and turns < MOST_TURNS:
        relay.loop.turn(0.0)
        turns += 1
    assert (count.quiet, turns) == (QUIET, 1)
    assert count.flood <= flooders * (READ_BYTES // len(SMALLEST) + 1)
    assert (count.flood > 0) == (flooders > 0)
    crowd.have_heard()
    crowd.close()
    relay.loop.close()


def all_ready(relay: OnEpoll) -> bool:
    """Whether every connection has something to read."""
    ready = select.poll()
    for fd in relay.loop._sockets:
        ready.register(fd, select.POLLIN)
    return len(ready.poll(0)) == len(relay.loop._sockets)


async def test_a_flood_costs_the_quiet_ones_few_turns_with_streams() -> None:
    """The same in turns of asyncio, which reads up to 256 KiB of a connection in one and needs several for a packet."""
    alone, _ = await turns_with_streams(0)
    for flooders in (1, 3):
        turns, flood = await turns_with_streams(flooders)
        assert turns <= 3 * alone
        assert 0 < flood <= flooders * turns * (ASYNCIO_READ_BYTES // len(SMALLEST) + 1)


async def turns_with_streams(flooders: int) -> tuple[int, int]:
    """How many it takes until all the quiet ones were heard, and how many frames of the flood meanwhile."""
    relay = Relay(PrivateKey(bytes(range(32))))
    server = HostRelay(build_real_host(), front_of(relay, tls=False))
    at = await server.listen(Endpoint.parse("127.0.0.1:0"))
    serving = asyncio.ensure_future(server.serve())
    crowd = await asyncio.to_thread(Crowd, at, None, flooders)
    crowd.speak()
    count, turns = Count(relay), 0
    while count.quiet < QUIET and turns < MOST_TURNS:
        await asyncio.sleep(0)
        turns += 1
    assert count.quiet == QUIET
    taken = count.flood
    await asyncio.to_thread(crowd.have_heard)
    crowd.close()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return turns, taken
