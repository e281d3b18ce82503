"""Two clients meet through relays: hellos until one arrives, single packets of several sizes, a stream.

What arrives is judged by `natscope.machines.relay_trial`; here is the sending, the waiting and the writing down. Both
clients are on this computer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from natscope.errors import NatscopeError
from natscope.host.api import Host
from natscope.machines.relay_trial import EACH, SIZES, STREAM_BYTES, TAG_BYTES, Passage
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.relay_check.turns import Turns
from natscope.relay_check.watch import Watch, ms
from natscope.relay_client import ConnectionLost, RelayConnection
from natscope.wire.derp.frames import GoneReason, PeerGone, RecvPacket
from natscope.wire.keys import PrivateKey

KIND = "derp.passage"
HELLO_EVERY_S = 0.25
MEET_S = 3.0
"""How long hellos are repeated: relays of a region tell each other of clients in less than a second."""
PACE_S = 0.005
GRACE_S = 1.5
"""For the last packets; TCP repeats what got lost after 0.2 s to 1 s."""
STREAM_S = 3.0
PING_S = 2.0


@dataclass
class Client:
    """One of our clients on a node. `absent` are keys of which the relay said that they are not there."""

    node: RelayNode
    private: PrivateKey
    connection: RelayConnection
    absent: set[bytes] = field(default_factory=set)
    passages: list[Passage] = field(default_factory=list)
    lost: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _reader: asyncio.Task[None] | None = None

    def begin(self, host: Host) -> None:
        """Take what comes, until closed."""
        self._reader = asyncio.get_running_loop().create_task(self._read(host))

    async def close(self) -> None:
        """End; idempotent."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self.connection.close()

    async def _read(self, host: Host) -> None:
        try:
            while True:
                event = await self.connection.next()
                now = host.clock.now()
                if isinstance(event, RecvPacket):
                    if any(passage.arrived(event.packet, now) for passage in self.passages):
                        self.arrived.set()
                elif isinstance(event, PeerGone) and event.reason == GoneReason.NOT_HERE:
                    self.absent.add(event.key)
        except ConnectionLost as error:
            self.lost = error.message
            self.arrived.set()


async def meet(watch: Watch, a: Client, b: Client, *, stream_bytes: int, turns: Turns | None = None) -> bool:
    """Packets both ways (one way where both are one client); whether they arrived each way.

    With `turns` the stream waits for its turn among meetings beside this one, and is left out where their time is over.
    """
    directions = [(a, b)] if a is b else [(a, b), (b, a)]
    passages = [Passage(watch.host.rng.bytes(TAG_BYTES)) for _ in directions]
    for (_, receiver), passage in zip(directions, passages, strict=True):
        receiver.passages.append(passage)
    notes: list[dict[str, Any]] = [{} for _ in directions]
    began = watch.now()
    cut = True
    try:
        pairs = list(zip(directions, passages, strict=True))
        await asyncio.gather(*(_single(watch, sender, to, passage) for (sender, to), passage in pairs))
        for ((sender, _), passage), note in zip(pairs, notes, strict=True):
            if not passage.has_met:
                note["pong_ms"] = await _ping(watch, sender)
        cut = False  # an end that comes during a stream takes nothing from the packets before it
        async with turns.turn() if turns is not None else _at_once() as left_s:
            for (sender, to), passage in pairs:
                if passage.has_met and stream_bytes and left_s() > 0:
                    await _stream(watch, sender, to, passage, stream_bytes, min(STREAM_S, left_s()))
    finally:
        for (sender, receiver), passage, note in zip(directions, passages, notes, strict=True):
            _observe(watch, sender, receiver, passage, note, began, cut=cut)
            receiver.passages.remove(passage)
    return all(passage.has_met for passage in passages)


@contextlib.asynccontextmanager
async def _at_once() -> AsyncIterator[Callable[[], float]]:
    """The turn of one that has no others beside it."""
    yield lambda: STREAM_S


async def _single(watch: Watch, sender: Client, receiver: Client, passage: Passage) -> None:
    with contextlib.suppress(ConnectionLost):
        await _hello(watch, sender, receiver, passage)
        if not passage.has_met:
            return
        for _ in range(EACH):
            for size in SIZES:
                await sender.connection.put(receiver.private.public, passage.single(size, watch.now()))
                await watch.host.clock.sleep(PACE_S)
        await _settle(watch, receiver, passage)


async def _hello(watch: Watch, sender: Client, receiver: Client, passage: Passage) -> None:
    until = watch.now() + watch.limit(MEET_S)
    while _waits(receiver, passage) and watch.now() < until:
        await sender.connection.put(receiver.private.public, passage.hello(watch.now()))
        again_at = min(until, watch.now() + HELLO_EVERY_S)
        while _waits(receiver, passage) and (left_s := again_at - watch.now()) > 0:
            await _arrival(receiver, left_s)


def _waits(receiver: Client, passage: Passage) -> bool:
    return not passage.has_met and not receiver.lost


async def _settle(watch: Watch, receiver: Client, passage: Passage) -> None:
    """Until everything has arrived, or nothing more comes."""
    until = watch.now() + watch.limit(GRACE_S)
    while not passage.is_complete and not receiver.lost and (left_s := until - watch.now()) > 0:
        await _arrival(receiver, left_s)


async def _stream(watch: Watch, sender: Client, receiver: Client, passage: Passage, size: int, limit_s: float) -> None:
    """`size` bytes, few packets on the way at a time."""
    until = watch.now() + watch.limit(limit_s)
    with contextlib.suppress(ConnectionLost):
        while passage.stream_sent * STREAM_BYTES < size and not receiver.lost and (left_s := until - watch.now()) > 0:
            if passage.may_stream:
                await sender.connection.put(receiver.private.public, passage.stream(watch.now()))
            else:
                await _arrival(receiver, left_s)
        await _settle(watch, receiver, passage)


async def _arrival(receiver: Client, limit_s: float) -> None:
    """Until something arrives, or not."""
    receiver.arrived.clear()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await receiver.arrived.wait()


async def _ping(watch: Watch, sender: Client) -> float | None:
    """The control for silence: does the relay answer the sender at all? Milliseconds."""
    try:
        return ms(await sender.connection.ping(timeout_s=watch.limit(PING_S)))
    except (NatscopeError, TimeoutError):
        return None


def _observe(
    watch: Watch, sender: Client, receiver: Client, passage: Passage, note: dict[str, Any], began: float, *, cut: bool
) -> None:
    totals = passage.totals()
    data: dict[str, Any] = {
        "sender": sender.node.name,
        "receiver": receiver.node.name,
        "to_itself": sender is receiver,
        "hellos": passage.hellos,
        "met": passage.has_met,
        "cut": cut,
        "absent": receiver.private.public in sender.absent,
        "sent": totals.sent,
        "arrived": totals.arrived,
        "fastest_ms": ms(totals.fastest_s),
        "median_ms": ms(totals.median_s),
        "slowest_ms": ms(totals.slowest_s),
        "in_order": totals.in_order,
        "doubled": passage.doubled,
        "altered": passage.altered,
        "stream_sent": passage.stream_sent,
        "stream_arrived": passage.stream_arrived,
        "stream_bytes": passage.stream_sent * STREAM_BYTES,
        "stream_bytes_per_s": passage.bytes_per_s(),
        "limited": sender.connection.counters.limited,
        "sizes": [
            [size, row.sent, row.arrived, ms(_median(row.times_s))] for size, row in sorted(passage.sizes.items())
        ],
        "lost": sender.lost or receiver.lost,
    } | note
    if passage.hello_arrived_at is not None and passage.first_hello_at is not None:
        data["wait_ms"] = ms(passage.hello_arrived_at - passage.first_hello_at)
    outcome = Outcome.ANSWERED if passage.has_met else Outcome.NO_ANSWER
    if data["absent"] and not passage.has_met:
        outcome = Outcome.REFUSED
    if cut and not passage.has_met:
        outcome = Outcome.CANCELLED
    volume = passage.stream_sent * STREAM_BYTES + sum(size * row.sent for size, row in passage.sizes.items())
    back = passage.stream_arrived * STREAM_BYTES + sum(size * row.arrived for size, row in passage.sizes.items())
    packets = passage.hellos + totals.sent + passage.stream_sent
    watch.observe(
        KIND, outcome, sent_at=began, region_id=sender.node.region_id, node=sender.node.name,
        target=receiver.node.name, bytes_sent=volume, bytes_received=back, packets=packets, data=data,
    )  # fmt: skip


def _median(values: list[float]) -> float | None:
    from statistics import median

    return median(values) if values else None
