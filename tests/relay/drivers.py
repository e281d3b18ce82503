"""Starts a relay by either of its drivers, on loopback, for one contract test on both."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Protocol

import trustme

from natscope.host.api import ServerTls
from natscope.host.real.host import build_real_host
from natscope.machines.derp.client import Client
from natscope.machines.derp.front import Front
from natscope.machines.derp.pages import Pages
from natscope.machines.derp.relay import Relay
from natscope.machines.derp.settings import FrontLimits, RelaySettings
from natscope.model.endpoint import Endpoint
from natscope.relay.host_relay import HostRelay
from natscope.wire.keys import PrivateKey

AUTHORITY = trustme.CA()
WAIT_S = 10.0
DRIVERS = ["epoll", "streams"] if sys.platform == "linux" else ["streams"]
Verdict = Callable[[Client], bool]


def server_context(authority: trustme.CA = AUTHORITY) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("relay.test").configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    AUTHORITY.configure_trust(context)
    return context


class Running(Protocol):
    """A relay that serves in a thread of its own."""

    relay: Relay
    front: Front
    at: Endpoint

    def end(self) -> None: ...


def wait_for(what: Callable[[], bool]) -> None:
    """Until the relay has noticed something."""
    deadline = time.monotonic() + WAIT_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def start(
    driver: str,
    settings: RelaySettings | None = None,
    *,
    tls: bool = False,
    allowed: Verdict | None = None,
    limits: FrontLimits | None = None,
) -> Running:
    """A relay of the asked driver; `allowed` decides about clients, a moment later and from elsewhere."""
    relay = Relay(PrivateKey(os.urandom(32)), settings)
    front = Front(relay, Pages(behind_proxy=not tls), lambda: "now", limits)
    if driver == "epoll":
        return OnEpoll(front, tls=tls, allowed=allowed)
    return OnStreams(front, tls=tls, allowed=allowed)


@contextlib.contextmanager
def serving(driver: str, settings: RelaySettings | None = None) -> Iterator[Running]:
    """The same for a block, however it ends."""
    relay = start(driver, settings)
    try:
        yield relay
    finally:
        relay.end()


def front_of(relay: Relay, *, tls: bool) -> Front:
    """What stands before a relay in tests."""
    return Front(relay, Pages(behind_proxy=not tls), lambda: "now")


class OnEpoll:
    """Driver A."""

    def __init__(self, front: Front, *, tls: bool, allowed: Verdict | None) -> None:
        from natscope.host.real.relay_guests import everybody
        from natscope.host.real.relay_loop import RelayLoop

        def later(client: Client, answer: Callable[[bool], None]) -> bool | None:
            assert allowed is not None
            threading.Timer(0.02, lambda: answer(allowed(client))).start()
            return None

        self.front, self.relay = front, front.relay
        decide = everybody if allowed is None else later
        self.loop = RelayLoop(front, decide)
        self.at = self.loop.listen(Endpoint.parse("127.0.0.1:0"), server_context() if tls else None)
        self.thread = threading.Thread(target=self.loop.serve, daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.loop.stop()
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()
        self.loop.close()


class OnStreams:
    """Driver B on the real host."""

    def __init__(self, front: Front, *, tls: bool, allowed: Verdict | None) -> None:
        async def later(client: Client) -> bool:
            await asyncio.sleep(0.02)
            return allowed is None or allowed(client)

        self.front, self.relay = front, front.relay
        self._decide: Callable[[Client], Awaitable[bool]] = later
        self._tls = tls
        self._ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._main()), daemon=True)
        self.thread.start()
        assert self._ready.wait(WAIT_S)

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = HostRelay(build_real_host(), self.front, self._decide)
        with tempfile.TemporaryDirectory() as folder:
            tls = certificate_files(Path(folder)) if self._tls else None
            self.at = await server.listen(Endpoint.parse("127.0.0.1:0"), tls)
            serving = asyncio.ensure_future(server.serve())
            self._ready.set()
            await self._stop.wait()
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()


def certificate_files(folder: Path) -> ServerTls:
    certificate = AUTHORITY.issue_cert("relay.test")
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    key.write_bytes(certificate.private_key_pem.bytes())
    return ServerTls(str(chain), str(key))
