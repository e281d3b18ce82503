"""UPnP IGD: the search on a socket of its own, then HTTP to the gateway."""

from __future__ import annotations

from ipaddress import IPv4Address

from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.machines.api import Event
from natscope.machines.portmap_client import igd_client as igd
from natscope.machines.portmap_client.gateways import Way
from natscope.machines.portmap_client.ssdp_search import Found, SsdpSearch
from natscope.machines.portmap_client.timing import SEARCH, Retransmission
from natscope.machines.portmap_client.values import Closed, Protocol, Silent
from natscope.portmap.conversation import Conversation
from natscope.portmap.openers import Denial, Grant, Kind, Presence
from natscope.portmap.talker import Talker
from natscope.wire.portmap.igd_actions import PortMapping
from natscope.wire.portmap.igd_description import Description

MORE_ANSWERS_S = 0.05
"""So long after the first answer others are waited for; upstream waits as long."""
HIGH_PORTS = 65_536 - igd.LOWEST_PORT
COUNTED_S = 5
"""Tables say what is left of a lease, so a little less than was granted."""
READ_S = 2.0
"""A device that has answered is given so long for its description."""
MAX_PLACES = 3
"""So many different descriptions are read."""


class IgdOpener:
    """UPnP at one gateway; make it with `open_igd`. `permanent`: take permanent mappings where none else are given."""

    def __init__(
        self, host: Host, http: Http, way: Way, talker: Talker, search: SsdpSearch, *, permanent: bool
    ) -> None:
        assert isinstance(way.gateway, IPv4Address)
        assert isinstance(way.own, IPv4Address)
        self.talker = talker
        self.search = search
        self.chosen: igd.Chosen | None = None
        self.description: Description | None = None
        self._host = host
        self._gateway: IPv4Address = way.gateway
        self._own: IPv4Address = way.own
        self._permanent = permanent
        self._http = Conversation(http, host.clock, way.interface)
        self._opened: dict[int, igd.Opened] = {}
        self._begun: dict[int, igd.Opened] = {}
        """Requests whose answer was not waited for: the router may have carried them out."""

    @property
    def protocol(self) -> Protocol:
        """UPnP."""
        return Protocol.UPNP

    @property
    def packets(self) -> int:
        """Datagrams and HTTP requests sent."""
        return self.talker.packets + self._http.requests

    @property
    def bytes_sent(self) -> int:
        """Bytes sent."""
        return self.talker.bytes_sent + self._http.bytes_sent

    @property
    def bytes_received(self) -> int:
        """Bytes received."""
        return self.talker.bytes_received + self._http.bytes_received

    @property
    def started_at(self) -> float | None:
        """When the first search left."""
        return self.talker.first_sent_at

    async def find(self, until: float) -> Presence | Denial:
        """Search, read the description, choose the service, ask for the outside address."""
        since, now = self.talker.mark, self._host.clock.now()
        self.talker.do(self.search.start(now))
        first = await self.talker.wait_for(_ends_search, until, since=since)
        if first is not None and isinstance(first[1], Closed):
            # Only a device that listens to the group alone is left, and most of those answer at once.
            until = first[0] + (until - first[0]) / 2
            first = await self.talker.wait_for(_is_found_or_over, until, since=since)
        if first is None or not isinstance(first[1], Found):
            return self._nobody()
        self.search.stop()
        until = max(until, self._host.clock.now() + READ_S)  # it is there: it may take its time to say more
        await self._host.clock.sleep(min(MORE_ANSWERS_S, max(0.0, until - self._host.clock.now())))
        failed: igd.Failed | None = None
        for found in self._places():
            chosen = await self._read(found, until)
            if isinstance(chosen, igd.Chosen):
                self.chosen = chosen
                external = chosen.external or await self._http.hold(
                    igd.external_ip(chosen.service, self._gateway), until
                )
                return Presence(
                    protocol=Protocol.UPNP,
                    answered_at=first[0],
                    took_s=await self.talker.took_s(now, first[0]),
                    external=external,
                    source="" if found.source.ip == self._gateway else str(found.source),
                    details=self._details(found, chosen),
                )
            failed = failed or chosen
        assert failed is not None
        source = first[1].source
        return Denial(
            protocol=Protocol.UPNP,
            kind=Kind.FAILED,
            words=failed.words,
            code=failed.code,
            at=first[0],
            source="" if source.ip == self._gateway else str(source),
            details={"server": first[1].answer.server},
        )

    async def open(self, internal_port: int, lease_s: int, until: float, *, external_port: int = 0) -> Grant | Denial:
        """AddAnyPortMapping or AddPortMapping, then read the entry back."""
        if self.chosen is None:
            return Denial(protocol=Protocol.UPNP, kind=Kind.FAILED, words="no device was found")
        held = self._opened.get(internal_port)
        external = held.mapping.external_port if held is not None else external_port
        wanted = igd.mapping_for(self._own, internal_port, lease_s, external)
        talk = igd.open_port(self.chosen.service, self._gateway, wanted, self._random_port, permanent=self._permanent)
        self._begun[internal_port] = igd.Opened(self.chosen.service, wanted)
        opened = await self._http.hold(talk, until)
        del self._begun[internal_port]
        at = self._host.clock.now()
        if isinstance(opened, igd.Failed):
            refused = opened.number is not None or opened.code == "fault"
            kind = Kind.REFUSED if refused else Kind.FAILED
            return Denial(protocol=Protocol.UPNP, kind=kind, words=opened.words, code=opened.code, at=at)
        self._opened[internal_port] = opened
        entry = await self._http.hold(igd.read_back(opened, self._gateway), until)
        known = isinstance(entry, PortMapping)
        return Grant(
            protocol=Protocol.UPNP,
            internal_port=internal_port,
            external_port=opened.mapping.external_port,
            external=opened.external,
            lifetime_s=_lease(opened, entry),
            notes=opened.notes,
            differences=igd.differences(opened.mapping, entry) if isinstance(entry, PortMapping) else (),
            read_back=known,
        )

    async def close(self, internal_port: int, until: float) -> bool:
        """DeletePortMapping."""
        opened = self._opened.get(internal_port) or await self._unfinished(internal_port, until)
        if opened is None:
            return True
        talk = igd.close_port(opened.service, self._gateway, opened.mapping.external_port)
        failed = await self._http.hold(talk, until)
        if failed is not None:
            return False
        self._opened.pop(internal_port, None)
        return True

    def abandon(self) -> None:
        """HTTP cannot be sent without waiting: what is open lapses with its lease."""

    async def end(self) -> None:
        """Close the socket."""
        await self.talker.close()

    async def _unfinished(self, internal_port: int, until: float) -> igd.Opened | None:
        """A mapping that was asked for when the run was cut, if the router's table says that it is ours."""
        begun = self._begun.pop(internal_port, None)
        if begun is None:
            return None
        entry = await self._http.hold(igd.read_back(begun, self._gateway), until)
        ours = isinstance(entry, PortMapping) and not igd.differences(begun.mapping, entry)
        return begun if ours else None

    def _nobody(self) -> Denial:
        if self.talker.packets == 0:
            return Denial(protocol=Protocol.UPNP, kind=Kind.NOT_SENT, words=self.talker.send_failure)
        if self.search.closed_reason:
            words = f"{self.search.closed_reason}, and nobody else answered"
            return Denial(protocol=Protocol.UPNP, kind=Kind.CLOSED, words=words)
        return Denial(protocol=Protocol.UPNP, kind=Kind.SILENT, words="no answer")

    def _places(self) -> list[Found]:
        """The gateway's own answers before those of others, each description once, a few at most."""
        ordered = sorted(self.search.ordered(), key=lambda f: f.source.ip != self._gateway)
        places: dict[str, Found] = {}
        for found in ordered:
            places.setdefault(igd.at_gateway(found.answer.location, self._gateway), found)
        return list(places.values())[:MAX_PLACES]

    async def _read(self, found: Found, until: float) -> igd.Chosen | igd.Failed:
        described = await self._http.hold(igd.describe(found.answer.location, self._gateway), until)
        if isinstance(described, igd.Failed):
            return described
        self.description = described
        return await self._http.hold(igd.choose(described, self._gateway), until)

    def _details(self, found: Found, chosen: igd.Chosen) -> dict[str, str]:
        root = self.description.root if self.description is not None else None
        told = {
            "server": found.answer.server,
            "service": chosen.service.service_type,
            "services": str(chosen.services),
            "status": chosen.status,
            "name": root.friendly_name if root else "",
            "maker": root.manufacturer if root else "",
            "model": root.model_name if root else "",
        }
        return {key: value for key, value in told.items() if value}

    def _random_port(self) -> int:
        return igd.LOWEST_PORT + self._host.rng.below(HIGH_PORTS)


async def open_igd(
    host: Host, http: Http, way: Way, *, permanent: bool, retransmission: Retransmission = SEARCH
) -> IgdOpener:
    """A socket for the search on the way's interface alone. Raises `HostError`."""
    assert isinstance(way.gateway, IPv4Address)
    search = SsdpSearch(way.gateway, retransmission=retransmission)
    talker = Talker(host, await host.udp.open(4, interface=way.interface, multicast=True), search)
    talker.start()
    return IgdOpener(host, http, way, talker, search, permanent=permanent)


def _ends_search(event: Event) -> bool:
    return isinstance(event, Found | Silent | Closed)


def _is_found_or_over(event: Event) -> bool:
    return isinstance(event, Found | Silent)


def _lease(opened: igd.Opened, entry: PortMapping | igd.Failed) -> int:
    """What the router's table says, where it is shorter than what was asked; some tables say 0 for everything."""
    asked = opened.mapping.lease_s
    if isinstance(entry, PortMapping) and 0 < entry.lease_s < asked - COUNTED_S:
        return entry.lease_s
    return asked
