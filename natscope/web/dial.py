"""Opens a TCP connection to a name: both families asked at once, addresses tried in turn without long waits.

Source: RFC 8305 (Happy Eyeballs), with its recommended delays; addresses are taken in the resolver's order.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from natscope.host.api import Failure, Host, HostError, Stream
from natscope.model.endpoint import Endpoint, Family, IPAddress

RESOLUTION_DELAY_S = 0.05
"""How long IPv4 addresses wait for IPv6 ones."""
ATTEMPT_DELAY_S = 0.25
"""How long an attempt is alone before the next address is tried beside it."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """An open connection, and how long the name (None: no name was looked up) and the connection took."""

    stream: Stream
    dns_s: float | None
    connect_s: float


@dataclass(frozen=True, slots=True)
class DialOptions:
    """From where to connect, and the limit in seconds of each step."""

    timeout_s: float
    source: IPAddress | None = None
    interface: str | None = None


async def dial(host: Host, name: str, port: int, options: DialOptions) -> Dialled:
    """Connect to the first address of `name` that answers. Raises the most telling `HostError` of all tries."""
    literal = _literal(name)
    if literal is not None:
        return await dial_address(host, Endpoint(literal, port), options)
    race = _Race(host, name, port, options)
    try:
        return await race.run()
    finally:
        await race.stop()


async def dial_address(host: Host, target: Endpoint, options: DialOptions) -> Dialled:
    """Connect to one address."""
    started = host.clock.now()
    stream = await host.streams.connect(
        target, timeout_s=options.timeout_s, source=options.source, interface=options.interface
    )
    return Dialled(stream, None, host.clock.now() - started)


class _Race:
    """The tries towards one name: look-ups and connection attempts as tasks, the first connection wins."""

    def __init__(self, host: Host, name: str, port: int, options: DialOptions) -> None:
        self._host = host
        self._port = port
        self._options = options
        self._started_at = host.clock.now()
        self._dns_s: float | None = None
        self._waiting: deque[IPAddress] = deque()
        self._attempts: dict[asyncio.Task[Dialled], None] = {}
        self._lookups: dict[asyncio.Task[Sequence[IPAddress]], Family] = {
            asyncio.create_task(host.resolver.addresses(name, family, timeout_s=options.timeout_s)): family
            for family in _families(options)
        }
        self._errors: list[HostError] = []
        self._next_attempt_at = self._started_at

    async def run(self) -> Dialled:
        while True:
            won = self._collect()
            if won is not None:
                return won
            self._start_attempt()
            if not self._attempts and not self._lookups and not self._waiting:
                raise _most_telling(self._errors)
            await self._wait()

    async def _wait(self) -> None:
        timeout = max(0.0, self._next_attempt_at - self._host.clock.now()) if self._waiting else None
        await asyncio.wait([*self._attempts, *self._lookups], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    def _collect(self) -> Dialled | None:
        """Take in finished look-ups and attempts; the winner, if there is one."""
        for lookup in [task for task in self._lookups if task.done()]:
            self._take_addresses(lookup, self._lookups.pop(lookup))
        for attempt in [task for task in self._attempts if task.done()]:
            try:
                won = attempt.result()
            except HostError as error:
                del self._attempts[attempt]
                self._errors.append(error)
                self._next_attempt_at = self._host.clock.now()
            else:
                del self._attempts[attempt]
                return Dialled(won.stream, self._dns_s, won.connect_s)
        return None

    def _take_addresses(self, lookup: asyncio.Task[Sequence[IPAddress]], family: Family) -> None:
        try:
            found = list(lookup.result())
        except HostError as error:
            self._errors.append(error)
            if not self._attempts:
                self._next_attempt_at = self._host.clock.now()
            return
        now = self._host.clock.now()
        if self._dns_s is None:
            self._dns_s = now - self._started_at
            waits = family == 4 and bool(self._lookups)
            self._next_attempt_at = now + (RESOLUTION_DELAY_S if waits else 0.0)
        elif family == 6 and not self._attempts:
            self._next_attempt_at = now
        self._waiting = _interleave(found, list(self._waiting)) if family == 6 else _interleave(self._waiting, found)

    def _start_attempt(self) -> None:
        """Begin the next attempt when its time has come."""
        now = self._host.clock.now()
        if not self._waiting or now < self._next_attempt_at:
            return
        target = Endpoint(self._waiting.popleft(), self._port)
        self._attempts[asyncio.create_task(dial_address(self._host, target, self._options))] = None
        self._next_attempt_at = now + ATTEMPT_DELAY_S

    async def stop(self) -> None:
        """End what still runs, closing a connection that came up too late."""
        tasks = [*self._attempts, *self._lookups]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for attempt in self._attempts:
            if not attempt.cancelled() and attempt.exception() is None:
                await attempt.result().stream.close()


def _literal(name: str) -> IPAddress | None:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(name)
    return None


def _families(options: DialOptions) -> tuple[Family, ...]:
    if options.source is None:
        return (6, 4)
    return (4,) if options.source.version == 4 else (6,)


def _interleave(first: Sequence[IPAddress] | deque[IPAddress], second: Sequence[IPAddress]) -> deque[IPAddress]:
    """One of each in turn, beginning with `first`."""
    mixed: deque[IPAddress] = deque()
    for index in range(max(len(first), len(second))):
        mixed.extend([*first][index : index + 1])
        mixed.extend([*second][index : index + 1])
    return mixed


_TELLING = (
    Failure.REFUSED,
    Failure.RESET,
    Failure.PERMISSION,
    Failure.TIMEOUT,
    Failure.UNREACHABLE_HOST,
    Failure.UNREACHABLE_NET,
    Failure.NAME_SERVER_FAILED,
    Failure.NAME_NOT_FOUND,
)


def _most_telling(errors: list[HostError]) -> HostError:
    """A refusal says more than silence, silence of a host more than a family without addresses."""
    ranked = sorted(errors, key=lambda e: _TELLING.index(e.failure) if e.failure in _TELLING else len(_TELLING))
    return ranked[0] if ranked else HostError(Failure.NAME_NOT_FOUND, "there is no such name")
