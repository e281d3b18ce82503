"""What only the epoll loop of the relay does: new certificates, waking up, giving everything back."""

from __future__ import annotations

import os
import ssl
import sys
import time
from pathlib import Path

import pytest
import trustme

from natscope.machines.derp.relay import Relay
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import OnEpoll, client_context, front_of, server_context

if sys.platform != "linux":
    pytest.skip("epoll is Linux's", allow_module_level=True)


def running(*, tls: bool = False, late: bool = False) -> OnEpoll:
    return OnEpoll(
        front_of(Relay(PrivateKey(os.urandom(32))), tls=tls), tls=tls, allowed=(lambda client: True) if late else None
    )


def test_a_loop_that_was_woken_sleeps_again() -> None:
    relay = running(late=True)
    a = DerpClient(relay.at)
    a.packet(a, b"to myself")
    assert a.packets(1) == [b"to myself"]
    used = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - used < 0.2
    a.close()
    relay.end()


def test_another_certificate_for_new_connections() -> None:
    relay = running(tls=True)
    context = server_context(trustme.CA())
    old = DerpClient(relay.at, tls=client_context())
    relay.loop.replace_context(context)
    with pytest.raises(ssl.SSLCertVerificationError):
        DerpClient(relay.at, tls=client_context())
    old.packet(old, b"the old one stands")
    assert old.packets(1) == [b"the old one stands"]
    old.close()
    relay.end()


def test_nothing_is_left_open() -> None:
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    running().end()
    before = open_files()
    relay = running(tls=True)
    clients = [DerpClient(relay.at, tls=client_context()) for _ in range(20)]
    relay.end()
    for client in clients:
        client.close()
    assert open_files() == before
