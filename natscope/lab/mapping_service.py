"""Runs a router's mapping service on the router's own sockets, in both beds alike."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Iterable

from natscope.host.api import Datagram, Host, HostError, UdpSocket
from natscope.machines.api import Command, Event, Received, Send, Tick
from natscope.machines.portmap_router.config import HTTP_PORT, Service
from natscope.machines.portmap_router.service import (
    CONTROL,
    CONTROL_6,
    SEARCH,
    SEARCH_ELSEWHERE,
    SEARCH_GROUP,
    MappingService,
)
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.web.server import HttpServer, ServerRequest, ServerResponse
from natscope.wire.portmap import nat_pmp, ssdp

GROUP = ipaddress.IPv4Address(ssdp.MULTICAST_V4)


class MappingServer:
    """The sockets of a service.

    `inside` is the interface on which a restart is announced, none if empty; with it the service looks every `look_s`
    whether the NAT has lost everything, else at the next datagram.
    """

    def __init__(self, host: Host, service: MappingService, inside: str = "", look_s: float | None = None) -> None:
        self._host = host
        self._service = service
        self._inside = inside
        self._look_s = look_s
        self._sockets: dict[int, UdpSocket] = {}
        self._woken = asyncio.Event()

    async def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Until cancelled; `ready` is called once all ports are open. Raises `HostError`."""
        await self._open()
        ready()
        async with asyncio.TaskGroup() as tasks:
            for number, socket in self._sockets.items():
                tasks.create_task(self._read(number, socket))
            tasks.create_task(self._watch_time())

    async def _open(self) -> None:
        config, here = self._service.config, self._service.gateway
        places: dict[int, tuple[IPAddress, int]] = {}
        if config.speaks(Service.NAT_PMP) or config.speaks(Service.PCP):
            places[CONTROL] = (here, nat_pmp.SERVER_PORT)
        if config.speaks(Service.UPNP):
            places |= {SEARCH: (here, ssdp.PORT), SEARCH_GROUP: (GROUP, ssdp.PORT)}
            if config.upnp.search_port != ssdp.PORT:
                places[SEARCH_ELSEWHERE] = (here, config.upnp.search_port)
            await HttpServer(self._host, self._page).listen(Endpoint(here, HTTP_PORT))
        if self._service.gateway_6 is not None:
            places[CONTROL_6] = (self._service.gateway_6, nat_pmp.SERVER_PORT)
        for number, (address, port) in places.items():
            announces = number == CONTROL and bool(self._inside)
            self._sockets[number] = await self._host.udp.open(
                4 if address.version == 4 else 6,
                address=address,
                port=port,
                interface=self._inside if announces else None,
                multicast=announces,
            )

    async def _read(self, number: int, socket: UdpSocket) -> None:
        while True:
            item = await socket.receive()
            if isinstance(item, Datagram):
                received = Received(item.data, item.source, number)
                self._carry_out(self._service.handle(received, self._host.clock.now()))

    async def _watch_time(self) -> None:
        while True:
            deadline = self._service.deadline()
            waits = [self._look_s, None if deadline is None else max(0.0, deadline - self._host.clock.now())]
            wait = min((w for w in waits if w is not None), default=None)
            self._woken.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()
                    continue
            self._carry_out(self._service.handle(Tick(), self._host.clock.now()))

    def _carry_out(self, items: Iterable[Command | Event]) -> None:
        self._woken.set()
        for item in items:
            if isinstance(item, Send):
                with contextlib.suppress(HostError):  # who asked is gone, or nothing is announced here
                    self._sockets[item.socket].send(item.data, item.target)

    async def _page(self, request: ServerRequest) -> ServerResponse:
        service = self._service
        if service.config.late_s:
            await self._host.clock.sleep(service.config.late_s)
        page = service.http(
            request.method, request.path, request.headers, request.body, request.remote, self._host.clock.now()
        )
        self._woken.set()
        return ServerResponse(page.status, page.body, (("content-type", page.content_type),))
