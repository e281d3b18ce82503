"""Both drivers of the relay do the same: packets, TLS, slow readers, rates, decisions that come later."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Iterator

import pytest

from natscope.machines.derp.counters import Drop, End
from natscope.machines.derp.settings import RateLimit, RelaySettings
from natscope.wire.derp.frames import GoneReason, PeerGone, Ping, Pong
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import DRIVERS, WAIT_S, Running, client_context, start, wait_for


@pytest.fixture(params=[(driver, tls) for driver in DRIVERS for tls in (False, True)], ids=str)
def running(request: pytest.FixtureRequest) -> Iterator[tuple[Running, ssl.SSLContext | None]]:
    driver, tls = request.param
    made = start(driver, tls=tls)
    yield made, client_context() if tls else None
    made.end()


def test_packets_of_every_size_both_ways(running: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = running
    a, b = DerpClient(relay.at, tls=tls), DerpClient(relay.at, tls=tls)
    packets = [os.urandom(size) for size in (0, 1, 100, 1400, 16_384, 65_536)]
    a.packet(b, *packets)
    assert b.packets(len(packets)) == packets
    b.packet(a, *packets)
    assert a.packets(len(packets)) == packets
    a.send(Ping(b"12345678"))
    assert a.next() == Pong(b"12345678")
    a.close()
    assert b.next() == PeerGone(a.key, GoneReason.DISCONNECTED)
    b.close()
    wait_for(lambda: relay.relay.clients == 0)


def test_a_flood_in_small_pieces_arrives_whole_and_in_order(running: tuple[Running, ssl.SSLContext | None]) -> None:
    relay, tls = running
    a, b = DerpClient(relay.at, tls=tls), DerpClient(relay.at, tls=tls)
    packets = [number.to_bytes(4, "big") * 300 for number in range(2000)]
    sender = threading.Thread(target=send_in_sevens, args=(a, b, packets))
    sender.start()
    assert b.packets(len(packets)) == packets
    sender.join(WAIT_S)
    a.close()
    b.close()


def send_in_sevens(a: DerpClient, b: DerpClient, packets: list[bytes]) -> None:
    for n in range(0, len(packets), 7):
        a.packet(b, *packets[n : n + 7])


def test_a_client_that_never_reads_costs_its_packets_and_then_its_connection(
    running: tuple[Running, ssl.SSLContext | None],
) -> None:
    relay, tls = running
    a, slow, c = (DerpClient(relay.at, tls=tls) for _ in range(3))
    for _ in range(100):
        a.packet(slow, *[bytes(60_000)] * 5)
    a.packet(c, b"still here")
    assert c.packets(1) == [b"still here"]
    assert relay.relay.counters.drops[Drop.QUEUE_HEAD, False] > 0
    wait_for(lambda: End.SLOW in relay.relay.counters.ends)
    for client in (a, slow, c):
        client.close()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_rate_limit_slows_down_and_drops_nothing(driver: str) -> None:
    relay = start(driver, RelaySettings(rate=RateLimit(bytes_per_second=1_000_000)))
    a, b = DerpClient(relay.at), DerpClient(relay.at)
    began = time.monotonic()
    a.packet(b, *[bytes(1000)] * 400)
    assert len(b.packets(400)) == 400
    assert time.monotonic() - began > 0.2  # 400,000 bytes, of which 65,568 pass at once
    relay.end()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_decision_may_come_later_from_elsewhere(driver: str) -> None:
    relay = start(driver, allowed=lambda client: not client.info.is_prober)
    a = DerpClient(relay.at)
    a.packet(a, b"to myself")
    assert a.packets(1) == [b"to myself"]
    a.close()
    relay.end()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_refused_client_is_closed(driver: str) -> None:
    relay = start(driver, allowed=lambda client: False)
    with pytest.raises((StopIteration, ConnectionError)):
        DerpClient(relay.at)
    wait_for(lambda: relay.relay.clients == 0)
    relay.end()
