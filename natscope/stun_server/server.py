"""Driver B of the STUN server: the same service over `Host.udp`, for the simulator and other systems.

An answer leaves from the socket the machine names; on a wildcard address the system picks the source address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from natscope.host.api import Datagram, Host, HostError, UdpSocket
from natscope.machines.stun_responder import HOME, Place
from natscope.model.endpoint import Endpoint
from natscope.stun_server.service import StunService


class HostServer:
    """A STUN server on a host; `await HostServer.open(...)`, then `serve()` as a task of its own."""

    def __init__(self, host: Host, service: StunService, sockets: Sequence[tuple[Place, UdpSocket]]) -> None:
        self._host = host
        self._service = service
        self._sockets = sockets
        self.locals = [sock.local for _, sock in sockets]

    @classmethod
    async def open(
        cls, host: Host, service: StunService, locals_: Sequence[Endpoint], places: Sequence[Place] = ()
    ) -> HostServer:
        """Bind all sockets; raises `HostError` and closes those already open when one can't be bound."""
        sockets: list[tuple[Place, UdpSocket]] = []
        try:
            for local, place in zip(locals_, tuple(places) or (HOME,) * len(locals_), strict=True):
                sockets.append((place, await host.udp.open(local.family, address=local.ip, port=local.port)))
        except HostError:
            for _, sock in sockets:
                sock.close()
            raise
        return cls(host, service, sockets)

    async def serve(self) -> None:
        """Answer until cancelled or closed."""
        by_place = dict(self._sockets) if self._service.has_places else {}
        async with asyncio.TaskGroup() as tasks:
            for place, sock in self._sockets:
                tasks.create_task(self._serve_socket(place, sock, by_place))

    def close(self) -> None:
        """Close the sockets, which ends `serve`."""
        for _, sock in self._sockets:
            sock.close()

    async def _serve_socket(self, place: Place, sock: UdpSocket, by_place: Mapping[Place, UdpSocket]) -> None:
        while True:
            try:
                item = await sock.receive()
            except HostError:  # closed
                return
            if not isinstance(item, Datagram):
                continue
            for reply in self._service.replies(item.data, item.source, place, self._host.clock.now(), item.tos):
                try:
                    by_place.get(reply.place, sock).send(reply.data, reply.target)
                except HostError:
                    self._service.count_send_failures()
