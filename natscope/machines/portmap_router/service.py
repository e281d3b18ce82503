"""The mapping service as one machine: datagrams of three sockets and HTTP requests in, answers out.

Sockets: `CONTROL` is UDP 5351 of the router's inside address, `SEARCH` UDP 1900 of it, `SEARCH_GROUP` hears what is
sent to 239.255.255.250:1900, `CONTROL_6` is UDP 5351 of its IPv6 address (PCP alone, for pinholes). Answers to searches
leave from `SEARCH`, or from `SEARCH_ELSEWHERE` where the router answers from another port. The NAT behind it is reached
through `Ports`; when that has lost everything (a restart of the router) the table is empty and the epoch begins anew.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from natscope.machines.api import Command, Event, Input, Received, Send
from natscope.machines.portmap_router import nat_pmp_server, pcp_server
from natscope.machines.portmap_router.config import Service, ServiceConfig
from natscope.machines.portmap_router.igd_pages import (
    ROOT_PAGE,
    SCPD_PAGE,
    USELESS_PAGE,
    control_page,
    description,
    service_description,
    useless_description,
)
from natscope.machines.portmap_router.igd_server import Caller, IgdServer
from natscope.machines.portmap_router.nat_pmp_server import NatPmpServer
from natscope.machines.portmap_router.pcp_server import PcpServer
from natscope.machines.portmap_router.pinholes import PinholeServer
from natscope.machines.portmap_router.ports import Ports
from natscope.machines.portmap_router.ssdp_server import SsdpServer
from natscope.machines.portmap_router.table import PortTable
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap import nat_pmp, pcp
from natscope.wire.portmap.igd_description import encode_description
from natscope.wire.portmap.soap import CONTENT_TYPE

CONTROL, SEARCH, SEARCH_GROUP, SEARCH_ELSEWHERE, CONTROL_6 = range(5)
ANNOUNCE_TO = Endpoint(nat_pmp.ANNOUNCE_GROUP, nat_pmp.CLIENT_PORT)
MAX_LATE = 1024
"""Answers that are held back; more are never sent."""


class Dropped(Event):
    """A datagram got no answer."""


@dataclass(frozen=True, slots=True)
class Page:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = CONTENT_TYPE


class MappingService:
    """A router's mapping service. `gateway` is its inside address; `now` at creation is when its epoch begins.

    `gateway_6` and the `firewall` before IPv6 are None where it opens no pinholes.
    """

    def __init__(
        self,
        config: ServiceConfig,
        gateway: IPv4Address,
        ports: Ports,
        now: float,
        *,
        gateway_6: IPv6Address | None = None,
        firewall: Ports | None = None,
    ) -> None:
        self.config = config
        self.gateway = gateway
        self.gateway_6 = gateway_6 if config.pinholes and config.speaks(Service.PCP) and firewall is not None else None
        self._pinholes = PinholeServer(config, firewall) if self.gateway_6 is not None and firewall else None
        self.table = PortTable(config, ports)
        self._ports = ports
        self._began = now - config.up_s
        self._restarts = ports.restarts()
        self._nat_pmp = NatPmpServer(config, self.table)
        self._pcp = PcpServer(config, self.table)
        self._ssdp = SsdpServer(config, gateway)
        self._igd = IgdServer(config, self.table)
        self._late: list[tuple[float, int, Send]] = []
        self._numbers = itertools.count()

    def handle(self, item: Input, now: float) -> list[Command | Event]:
        """A datagram, or a `Tick`."""
        out: list[Command | Event] = [*self._look(now)]
        if isinstance(item, Received):
            answers = self._answers(item, now)
            if not answers:
                out.append(Dropped("no answer"))
            out += self._hold(answers, now)
        return [*out, *self._due(now)]

    def deadline(self) -> float | None:
        """When a `Tick` is wanted: an answer that is held back, or the end of a lease."""
        times = [self._late[0][0]] if self._late else []
        lapses = [self.table.next_time(), None if self._pinholes is None else self._pinholes.next_time()]
        return min([*times, *(time for time in lapses if time is not None)], default=None)

    def http(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, source: Endpoint, now: float
    ) -> Page:
        """A request to port 5000 of the router; header names in lower case. `config.late_s` is the caller's to wait."""
        self._look(now)
        if not self.config.speaks(Service.UPNP):
            return Page(404)
        if method == "GET":
            return self._page(path)
        numbers = {control_page(n): n for n in range(len(self.config.upnp.services))}
        if method != "POST" or path not in numbers:
            return Page(404 if method == "POST" else 405)
        caller = Caller(source, numbers[path], self.external(), self.epoch_s(now), now)
        return Page(*self._igd.call(body, headers.get("soapaction", ""), caller))

    def external(self) -> IPv4Address:
        """What the service tells for the router's outside address."""
        real = self._ports.external()
        told = self.config.external
        if told is not None:
            return told
        assert isinstance(real, IPv4Address)
        return real

    def epoch_s(self, now: float) -> int:
        """Seconds since the table began."""
        return max(0, int(now - self._began))

    def _look(self, now: float) -> list[Send]:
        """See what has become of the NAT; announcements after a restart."""
        self.table.purge(now)
        if self._pinholes is not None:
            self._pinholes.purge(now)
        restarts = self._ports.restarts()
        if restarts == self._restarts:
            return []
        self._restarts = restarts
        self._began = now
        self.table.forget()
        if self._pinholes is not None:
            self._pinholes.forget()
        self._late.clear()
        if not self.config.announces:
            return []
        told = []
        if self.config.speaks(Service.NAT_PMP):
            told.append(nat_pmp_server.announcement(self.external(), 0))
        if self.config.speaks(Service.PCP):
            told.append(pcp_server.announcement(0))
        return [Send(data, ANNOUNCE_TO, CONTROL) for data in told]

    def _answers(self, item: Received, now: float) -> list[Send]:
        if item.source.port == 0:
            return []
        if item.socket == CONTROL_6:
            answer = self._control_6(item.data, item.source, now)
            return [Send(answer, item.source, CONTROL_6)] if answer is not None else []
        if not isinstance(item.source.ip, IPv4Address):
            return []
        if item.socket == CONTROL:
            answer = self._control(item.data, item.source, now)
            return [Send(answer, item.source, CONTROL)] if answer is not None else []
        if not self.config.speaks(Service.UPNP):
            return []
        found = self._ssdp.answers(item.data, multicast=item.socket == SEARCH_GROUP)
        leaves = SEARCH if self.config.upnp.search_port == 1900 else SEARCH_ELSEWHERE
        return [Send(data, item.source, leaves) for data in found]

    def _control(self, data: bytes, source: Endpoint, now: float) -> bytes | None:
        """One port for two protocols, told apart by the version: RFC 6887 appendix A."""
        version = nat_pmp.version_of(data)
        epoch, external = self.epoch_s(now), self.external()
        old, new = self.config.speaks(Service.NAT_PMP), self.config.speaks(Service.PCP)
        if version is None or not (old or new) or len(data) < 2 or data[1] & nat_pmp.ANSWER:
            return None
        if version == nat_pmp.VERSION and old:
            return self._nat_pmp.answer(data, source, external, epoch, now)
        if version != nat_pmp.VERSION and new:
            return self._pcp.answer(data, source, external, epoch, now)
        if not self.config.other_versions:
            return None
        if old:
            return nat_pmp_server.version_error(data, epoch)
        return pcp_server.refuse(data, pcp.Result.UNSUPP_VERSION, epoch)

    def _control_6(self, data: bytes, source: Endpoint, now: float) -> bytes | None:
        """PCP only: NAT-PMP knows no IPv6."""
        if self._pinholes is None or nat_pmp.version_of(data) in (None, nat_pmp.VERSION) or len(data) < 2:
            return None
        return None if data[1] & nat_pmp.ANSWER else self._pinholes.answer(data, source, self.epoch_s(now), now)

    def _page(self, path: str) -> Page:
        upnp = self.config.upnp
        if path == ROOT_PAGE:
            return Page(200, encode_description(description(upnp, self.gateway)))
        if path == USELESS_PAGE and upnp.useless_first:
            return Page(200, encode_description(useless_description(self.gateway)))
        if path == SCPD_PAGE and upnp.services:
            return Page(200, service_description(upnp.services[0]))
        return Page(404)

    def _hold(self, answers: Iterable[Send], now: float) -> list[Send]:
        if not self.config.late_s:
            return list(answers)
        for answer in answers:
            if len(self._late) < MAX_LATE:
                heapq.heappush(self._late, (now + self.config.late_s, next(self._numbers), answer))
        return []

    def _due(self, now: float) -> list[Send]:
        found = []
        while self._late and self._late[0][0] <= now:
            found.append(heapq.heappop(self._late)[2])
        return found
