"""The first process of a relay of several: workers that hang or do not start, streams that end."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from natscope.apps.derp_workers import WorkerRecipe, Workers
from natscope.errors import CannotMeasure
from natscope.host.real.host import build_real_host
from natscope.host.real.worker_process import WorkerProcess
from natscope.relay.config import RelayConfig
from natscope.relay.log import Log
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import WAIT_S, wait_for
from tests.relay.served import LOOPBACK

CONFIG = RelayConfig(listen=(LOOPBACK,), drain_s=0.0, workers=2)


@contextmanager
def workers(lines: list[str]) -> Iterator[Workers]:
    host = build_real_host()
    relay = Workers(CONFIG, host, Log(lines.append, host.clock.utc))
    thread = threading.Thread(target=relay.service.serve, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.service.drain()
        thread.join(WAIT_S)
        assert not thread.is_alive()
        relay.service.close()


def test_a_worker_that_hangs_is_ended_and_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natscope.relay.supervisor.HUNG_S", 2.5)
    monkeypatch.setattr("natscope.relay.supervisor.LOOK_S", 0.2)
    lines: list[str] = []
    with workers(lines) as relay:
        running = relay.service._running
        victim, pid = running[1], running[1].pid
        a = DerpClient(relay.ready.listen[0])
        b = DerpClient(relay.ready.listen[0])
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: any("worker 1 says nothing" in line for line in lines))
        wait_for(lambda: relay.service.restarts == 1 and 1 in relay.service._crew.ready)
        assert running[1] is not victim
        assert not any("worker 2" in line for line in lines)
        c = DerpClient(relay.ready.listen[0])
        b.packet(c, b"meanwhile")
        assert c.packets(1) == [b"meanwhile"]
        for client in (a, b, c):
            client.close()


def test_a_stream_that_breaks_is_made_again() -> None:
    """A fault of ours that ends it costs nobody more than a moment."""
    lines: list[str] = []
    with workers(lines) as relay:
        a, b = (DerpClient(relay.ready.listen[0]) for _ in range(2))
        relay.service.post(lambda: relay.service._link(1, 2))  # the new one takes the old one's place
        relay.service.post(lambda: relay.service._relink_soon(frozenset((2, 1))))
        relay.service.post(lambda: relay.service._relink_soon(frozenset((1, 2))))
        wait_for(lambda: sum("is made again" in line for line in lines) == 1)
        for one, other in ((a, b), (b, a)):
            until_one_passes(one, other)
            packets = [b"%d" % number for number in range(100)]
            one.packet(other, *packets)
            assert other.packets(100) == packets
        a.close()
        b.close()
        assert relay.service.restarts == 0


def until_one_passes(one: DerpClient, other: DerpClient) -> None:
    """What is on its way while the streams change is lost; those that came late are read off."""
    until = time.monotonic() + WAIT_S
    while not select.select([other.sock], [], [], 0.2)[0]:
        assert time.monotonic() < until
        one.packet(other, b"?")
    while select.select([other.sock], [], [], 0.5)[0]:
        other.next()


def test_a_worker_that_ends_at_its_start_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def spawn(self: WorkerRecipe, number: int) -> WorkerProcess:
        return WorkerProcess("json.tool", "natscope derp serve: worker that ends")

    monkeypatch.setattr(WorkerRecipe, "spawn", spawn)
    host = build_real_host()
    with pytest.raises(CannotMeasure, match="ended at its start"):
        Workers(CONFIG, host, Log(lambda line: None, host.clock.utc))
