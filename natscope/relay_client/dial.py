"""TCP to one place: looks names up and connects as the race of `natscope.machines.relay_dial` says."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from natscope.host.api import Failure, Host, HostError, Stream
from natscope.machines.relay_dial import Race, Way
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.relay_client.errors import Step
from natscope.relay_client.options import ConnectOptions, most_telling


@dataclass(frozen=True, slots=True)
class Dialled:
    """An open TCP connection, and how long names (None: none was looked up) and everything took, in seconds."""

    stream: Stream
    dns_s: float | None
    tcp_s: float


class DialError(Exception):
    """No connection: the step at which it failed, the most telling reason, the last address that was tried."""

    def __init__(self, step: Step, reason: HostError, address: Endpoint | None, dns_s: float | None) -> None:
        super().__init__(reason.message)
        self.step = step
        self.reason = reason
        self.address = address
        self.dns_s = dns_s


async def dial(
    host: Host, name: str, port: int, ways: Sequence[Way], options: ConnectOptions, limit_s: float
) -> Dialled:
    """The first connection that comes up within `limit_s`. Raises `DialError`."""
    if not ways:
        reason = HostError(Failure.NAME_NO_ADDRESS, "neither IPv4 nor IPv6 may be used for it")
        raise DialError(Step.DNS, reason, None, None)
    race = _Race(host, name, port, ways, options, limit_s)
    try:
        async with asyncio.timeout(limit_s):
            return await race.run()
    except TimeoutError as error:
        raise race.late(limit_s) from error
    finally:
        await race.stop()


class _Race:
    """The tasks of one race."""

    def __init__(
        self, host: Host, name: str, port: int, ways: Sequence[Way], options: ConnectOptions, limit_s: float
    ) -> None:
        self._host = host
        self._port = port
        self._options = options
        self._limit_s = limit_s
        self._began = host.clock.now()
        self._machine = Race(ways, self._began, prefer_ipv6=options.prefer_ipv6)
        self._dns_s: float | None = None
        self._dns_errors: list[HostError] = []
        self._tcp_errors: list[HostError] = []
        self._last: Endpoint | None = None
        loop = asyncio.get_running_loop()
        self._lookups: dict[asyncio.Task[Sequence[IPAddress]], Family] = {
            loop.create_task(host.resolver.addresses(name, family, timeout_s=limit_s)): family
            for family in self._machine.lookups
        }
        self._attempts: dict[asyncio.Task[Stream], IPAddress] = {}

    async def run(self) -> Dialled:
        while True:
            stream = self._collect()
            if stream is not None:
                return Dialled(stream, self._dns_s, self._host.clock.now() - self._began)
            now = self._host.clock.now()
            for address in self._machine.due(now):
                self._last = Endpoint(address, self._port)
                task = asyncio.get_running_loop().create_task(self._connect(self._last))
                self._attempts[task] = address
            if self._machine.is_lost:
                raise self._error()
            wake_at = self._machine.wake_at()
            timeout = None if wake_at is None else max(0.0, wake_at - now)
            await asyncio.wait([*self._lookups, *self._attempts], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    async def _connect(self, target: Endpoint) -> Stream:
        options = self._options
        return await self._host.streams.connect(
            target, timeout_s=self._limit_s, source=options.source, interface=options.interface or None
        )

    def _collect(self) -> Stream | None:
        """Take in what has ended; the winner, if there is one."""
        now = self._host.clock.now()
        for lookup in [task for task in self._lookups if task.done()]:
            family = self._lookups.pop(lookup)
            try:
                self._machine.found(family, lookup.result())
                self._dns_s = now - self._began
            except HostError as error:
                self._dns_errors.append(error)
                self._machine.found(family, ())
        for attempt in [task for task in self._attempts if task.done()]:
            address = self._attempts.pop(attempt)
            try:
                return attempt.result()
            except HostError as error:
                self._tcp_errors.append(error)
                self._machine.failed(address, now)
        return None

    def late(self, limit_s: float) -> DialError:
        """The time is over."""
        if self._machine.is_asking and not self._tcp_errors:
            reason = HostError(Failure.TIMEOUT, f"its name was not found within {limit_s:g} s")
            return DialError(Step.DNS, reason, None, self._dns_s)
        reason = most_telling(self._tcp_errors) or HostError(
            Failure.TIMEOUT, f"cannot connect to {self._last}: no answer within {limit_s:g} s"
        )
        return DialError(Step.TCP, reason, self._last, self._dns_s)

    def _error(self) -> DialError:
        reason = most_telling(self._tcp_errors)
        if reason is not None:
            return DialError(Step.TCP, reason, self._last, self._dns_s)
        reason = most_telling(self._dns_errors) or HostError(Failure.NAME_NO_ADDRESS, "its name has no address")
        return DialError(Step.DNS, reason, None, self._dns_s)

    async def stop(self) -> None:
        """End what still runs, closing a connection that came up too late."""
        tasks = [*self._attempts, *self._lookups]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for attempt in self._attempts:
            if not attempt.cancelled() and attempt.exception() is None:
                await attempt.result().close()
