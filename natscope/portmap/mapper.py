"""Keeps a port of this computer open on its router: what a mesh node runs beside its socket.

    mapper = PortMapper(host, http, way, port, on_change)
    task = asyncio.create_task(mapper.run())   # cancel it to give the port back

`on_change` is called with the public place of the port, and with None when it is lost. A change of gateway, address or
port is the caller's business: cancel, and start another.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from natscope.host.api import Host, HostError
from natscope.host.http_api import Http
from natscope.machines.portmap_client.gateways import Way
from natscope.machines.portmap_client.keeper import Check, Held, Keeper, Open, Release, Step, Wait
from natscope.machines.portmap_client.timing import Retransmission
from natscope.machines.portmap_client.values import LEASE_S, Protocol
from natscope.model.endpoint import Endpoint
from natscope.portmap.igd_opener import open_igd
from natscope.portmap.openers import Denial, Grant, Kind, Opener, Presence
from natscope.portmap.udp_opener import open_nat_pmp, open_pcp

FIND_S, OPEN_S, CLOSE_S = 4.0, 8.0, 1.0
TRIES = Retransmission(0.25, 5)
"""As RFC 6886 §3.1 begins; after 7.75 s the router counts as silent, and is asked again minutes later."""
_CHANCES = 1 << 16


class PortMapper:
    """One port at one gateway. `protocols` in the order in which they are tried."""

    def __init__(
        self,
        host: Host,
        http: Http,
        way: Way,
        port: int,
        on_change: Callable[[Endpoint | None], None],
        *,
        lease_s: int = LEASE_S,
        protocols: tuple[Protocol, ...] = tuple(Protocol),
    ) -> None:
        self._host = host
        self._http = http
        self._way = way
        self._port = port
        self._on_change = on_change
        self._lease_s = lease_s
        self._keeper = Keeper(lambda: host.rng.below(_CHANCES) / _CHANCES, protocols)
        self._openers: dict[Protocol, Opener] = {}
        self._place: Endpoint | None = None

    @property
    def held(self) -> Held | None:
        """The mapping as it stands."""
        return self._keeper.held

    @property
    def place(self) -> Endpoint | None:
        """Where peers reach the port; None while it is not open, or while its outside address is not known."""
        return self._place

    async def run(self) -> None:
        """Until cancelled; then what is open is closed, within a second."""
        clock = self._host.clock
        try:
            while True:
                step = self._keeper.step(clock.now())
                self._tell()
                if isinstance(step, Wait):
                    await clock.sleep(step.until - clock.now())
                else:
                    await self._do(step)
        finally:
            await self._end()

    async def _do(self, step: Step) -> None:
        if isinstance(step, Open):
            await self._open(step)
        elif isinstance(step, Check):
            opener = await self._opener(step.protocol)
            found = await opener.find(self._host.clock.now() + FIND_S) if opener is not None else None
            restarted = isinstance(found, Presence) and found.restarted
            self._keeper.checked(self._host.clock.now(), restarted=restarted)
        elif isinstance(step, Release):
            opener = self._openers.get(step.protocol)
            if opener is not None:
                await opener.close(self._port, self._host.clock.now() + CLOSE_S)
            self._keeper.released(step.protocol)

    async def _open(self, step: Open) -> None:
        """UPnP has to be found first; the other two are asked for the port at once."""
        clock, keeper = self._host.clock, self._keeper
        opener = await self._opener(step.protocol)
        if opener is None:
            keeper.denied(step.protocol, clock.now(), silent=True)
            return
        answer: Presence | Denial | Grant | None = None
        if step.protocol is Protocol.UPNP and keeper.held is None:
            answer = await opener.find(clock.now() + FIND_S)
        if not isinstance(answer, Denial):
            answer = await opener.open(
                self._port, self._lease_s, clock.now() + OPEN_S, external_port=step.external_port
            )
        now = clock.now()
        if isinstance(answer, Grant):
            keeper.granted(step.protocol, answer.external, answer.external_port, answer.lifetime_s, now)
        elif isinstance(answer, Denial):
            silent = answer.kind in (Kind.SILENT, Kind.NOT_SENT, Kind.FAILED)
            keeper.denied(step.protocol, now, silent=silent, retry_after_s=answer.retry_after_s or None)

    async def _opener(self, protocol: Protocol) -> Opener | None:
        """Made at the first use and kept: its nonces and its device belong to the mapping."""
        known = self._openers.get(protocol)
        if known is not None:
            return known
        try:
            made: Opener
            if protocol is Protocol.PCP:
                made = await open_pcp(self._host, self._way, TRIES, strict=True)
            elif protocol is Protocol.NAT_PMP:
                made = await open_nat_pmp(self._host, self._way, TRIES, strict=True)
            else:
                made = await open_igd(self._host, self._http, self._way, permanent=True)
        except HostError:
            return None
        self._openers[protocol] = made
        return made

    def _tell(self) -> None:
        held = self._keeper.held
        known = held is not None and held.external is not None
        place = Endpoint(held.external, held.external_port) if held is not None and held.external and known else None
        if place != self._place:
            self._place = place
            self._on_change(place)

    async def _end(self) -> None:
        """Close all that may be open, side by side, and then the sockets."""
        openers = list(self._openers.values())
        for opener in openers:
            opener.abandon()
        until = self._host.clock.now() + CLOSE_S
        closing = [asyncio.ensure_future(opener.close(self._port, until)) for opener in openers]
        try:
            if closing:
                await asyncio.wait(closing, timeout=CLOSE_S)
        finally:
            for task in closing:
                task.cancel()
            for opener in openers:
                with contextlib.suppress(HostError):
                    await opener.end()
