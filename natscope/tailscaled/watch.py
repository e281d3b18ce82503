"""The notices of a running tailscaled as they come, also over its restarts.

The stream never ends by itself, so it does not go through `Http`: one connection on `Host` streams, the answer's head
and chunks read by h11, lines cut by `NoticeReader`. Source: upstream ipn/localapi/localapi.go (serveWatchIPNBus),
ipn/backend.go.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncGenerator, AsyncIterator

import h11

from natscope.errors import CannotMeasure
from natscope.host.api import Failure, Host, HostError, Stream
from natscope.machines.backoff import Backoff
from natscope.model.mesh_notice import MeshNotice, WatchGap
from natscope.tailscaled.client import LOCAL_HOST
from natscope.tailscaled.refusals import absent, refused
from natscope.wire.local_api.notices import MAX_LINE_BYTES, NoticeReader, read_notice

CONNECT_S = 5.0
MAX_HEAD_BYTES = 64 * 1024
MAX_REFUSAL_BYTES = 4096
_READ_BYTES = 64 * 1024


class WatchFor(enum.IntFlag):
    """Which notices are wanted (ipn.NotifyWatchOpt). A daemon ignores bits that it does not know, and refuses
    `RATE_LIMIT` together with `PEERS` or `PEER_PATCHES`.
    """

    ENGINE = 1
    STATE = 2
    PREFS = 4
    HEALTH = 128
    RATE_LIMIT = 256
    PEERS = 4096
    STATUS = 16384
    PEER_PATCHES = 32768
    WIREGUARD = 262144


USUAL = WatchFor.STATE | WatchFor.HEALTH | WatchFor.PEERS | WatchFor.PEER_PATCHES


class MeshWatch:
    """`async for` over `events()`. `skipped` counts lines that were no notices, over all connections."""

    def __init__(
        self, host: Host, socket_path: str, wanted: WatchFor = USUAL, *, max_line_bytes: int = MAX_LINE_BYTES
    ) -> None:
        """Nothing is asked yet."""
        self._host = host
        self._path = socket_path
        self._wanted = wanted
        self._max_line_bytes = max_line_bytes
        self.skipped = 0

    @property
    def name(self) -> str:
        """For people."""
        return f"tailscaled at {self._path}"

    async def events(self) -> AsyncGenerator[MeshNotice | WatchGap, None]:
        """Notices without end; a gap each time the daemon is lost or still away, before the pause until the next try.

        Raises `CannotMeasure` when nobody answers at the very first time, `RefusedError` whenever the daemon says no.
        """
        backoff = Backoff()
        was_there = False
        while True:
            started_at = self._host.clock.now()
            reason = "it closed the connection"
            try:
                async for notice in self._connection():
                    was_there = True
                    yield notice
            except HostError as error:
                if not was_there:
                    raise absent(self.name, error, self._host.identity.os) from error
                reason = error.message
            was_there = True
            backoff.held(self._host.clock.now() - started_at)
            pause = backoff.next_s(self._host.rng.below(1 << 16) / (1 << 16))
            yield WatchGap(reason=reason, attempt=backoff.failures, retry_in_s=pause)
            await self._host.clock.sleep(pause)

    async def _connection(self) -> AsyncIterator[MeshNotice]:
        """The notices of one connection, until it ends."""
        stream = await self._host.streams.connect_unix(self._path, timeout_s=CONNECT_S)
        reader = NoticeReader(self._max_line_bytes)
        try:
            async for data in _body(stream, int(self._wanted), self.name):
                before = reader.skipped
                trees = reader.feed(data)
                self.skipped += reader.skipped - before
                for tree in trees:
                    yield read_notice(tree)
        finally:
            await stream.close()


async def _body(stream: Stream, mask: int, name: str) -> AsyncIterator[bytes]:
    """The body in pieces as they come. Raises `HostError`, `RefusedError`, `CannotMeasure`."""
    machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
    request = h11.Request(
        method="GET", target=f"/localapi/v0/watch-ipn-bus?mask={mask}", headers=[("Host", LOCAL_HOST)]
    )
    await stream.write((machine.send(request) or b"") + (machine.send(h11.EndOfMessage()) or b""))
    try:
        status = await _status(machine, stream)
    except h11.RemoteProtocolError as error:
        raise CannotMeasure(
            f"{name}: what answers there is no tailscaled", hint="is this the socket of a tailscaled?"
        ) from error
    try:
        if status != 200:
            raise refused(name, status, await _refusal(machine, stream))
        while True:
            event = await _next(machine, stream)
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                return
    except h11.RemoteProtocolError as error:
        raise HostError(Failure.CLOSED, "it broke off in the middle of its notices") from error


async def _status(machine: h11.Connection, stream: Stream) -> int:
    while True:
        event = await _next(machine, stream)
        if isinstance(event, h11.Response):
            return event.status_code
        if isinstance(event, h11.ConnectionClosed):
            raise HostError(Failure.CLOSED, "it closed the connection before it answered")


async def _refusal(machine: h11.Connection, stream: Stream) -> bytes:
    found = bytearray()
    while len(found) < MAX_REFUSAL_BYTES:
        event = await _next(machine, stream)
        if not isinstance(event, h11.Data):
            break
        found += event.data
    return bytes(found[:MAX_REFUSAL_BYTES])


async def _next(machine: h11.Connection, stream: Stream) -> object:
    """The next event."""
    while (event := machine.next_event()) is h11.NEED_DATA:
        machine.receive_data(await stream.read(_READ_BYTES))
    return event
