"""PCP and NAT-PMP: a client machine on a socket of its own."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

from natscope.host.api import Host
from natscope.machines.api import Event
from natscope.machines.portmap_client.gateways import Way
from natscope.machines.portmap_client.nat_pmp_client import NatPmpClient
from natscope.machines.portmap_client.pcp_client import PcpClient
from natscope.machines.portmap_client.timing import Retransmission
from natscope.machines.portmap_client.values import (
    Closed,
    Mapped,
    OtherVersion,
    Present,
    Protocol,
    Refused,
    Removed,
    Restarted,
    Silent,
)
from natscope.model.endpoint import IPAddress
from natscope.portmap.openers import Denial, Grant, Kind, Presence
from natscope.portmap.talker import Talker


class UdpOpener:
    """PCP or NAT-PMP at one gateway; make it with `open_nat_pmp` or `open_pcp`."""

    def __init__(self, host: Host, talker: Talker, machine: NatPmpClient | PcpClient, protocol: Protocol) -> None:
        self.talker = talker
        self._host = host
        self._machine = machine
        self._protocol = protocol
        self._asked: dict[int, None] = {}
        """Internal ports that the router may hold open."""

    @property
    def protocol(self) -> Protocol:
        """Which."""
        return self._protocol

    @property
    def packets(self) -> int:
        """Datagrams sent."""
        return self.talker.packets

    @property
    def bytes_sent(self) -> int:
        """Payload bytes sent."""
        return self.talker.bytes_sent

    @property
    def bytes_received(self) -> int:
        """Payload bytes received."""
        return self.talker.bytes_received

    @property
    def started_at(self) -> float | None:
        """When the first datagram left."""
        return self.talker.first_sent_at

    async def find(self, until: float) -> Presence | Denial:
        """NAT-PMP's address request, PCP's ANNOUNCE."""
        since, now = self.talker.mark, self._host.clock.now()
        machine = self._machine
        self.talker.do(machine.ask_address(now) if isinstance(machine, NatPmpClient) else machine.announce(now))
        found = await self.talker.wait_for(_ends_asking, until, since=since)
        at, present = found or (0.0, None)
        if isinstance(present, Present):
            return Presence(
                protocol=self._protocol,
                answered_at=at,
                took_s=await self.talker.took_s(now, at),
                external=present.external,
                epoch_s=present.epoch_s,
                source=present.source,
                restarted=self._restarted(since),
            )
        return self._denial(found)

    async def open(self, internal_port: int, lease_s: int, until: float, *, external_port: int = 0) -> Grant | Denial:
        """A MAP request."""
        since, now = self.talker.mark, self._host.clock.now()
        self._asked[internal_port] = None
        self.talker.do(self._machine.map_port(internal_port, now, external_port=external_port, lifetime_s=lease_s))
        found = await self.talker.wait_for(_ends_mapping(internal_port), until, since=since)
        if found is None or not isinstance(found[1], Mapped):
            denial = self._denial(found)
            if denial.kind is Kind.REFUSED and internal_port not in self._machine.open_ports:
                self._asked.pop(internal_port, None)
            return denial
        mapped = found[1]
        external = mapped.external or await self._external(until)
        return Grant(
            protocol=self._protocol,
            internal_port=internal_port,
            external_port=mapped.external_port,
            external=external,
            lifetime_s=mapped.lifetime_s,
            epoch_s=mapped.epoch_s,
            restarted=self._restarted(since),
        )

    async def close(self, internal_port: int, until: float) -> bool:
        """Lifetime 0, until it is confirmed."""
        if internal_port not in self._asked:
            return True
        since = self.talker.mark
        self.talker.do(self._machine.release(internal_port, self._host.clock.now()))
        found = await self.talker.wait_for(_ends_removing(internal_port), until, since=since)
        if found is None or not isinstance(found[1], Removed):
            return False
        self._asked.pop(internal_port, None)
        return True

    def abandon(self) -> None:
        """One datagram for each port that may be open."""
        for port in self._asked:
            self.talker.do(self._machine.release(port, self._host.clock.now()))

    async def end(self) -> None:
        """Close the socket."""
        await self.talker.close()

    async def _external(self, until: float) -> IPAddress | None:
        """NAT-PMP says the address in an answer of its own."""
        if not isinstance(self._machine, NatPmpClient):
            return None
        found = await self.find(until)
        return found.external if isinstance(found, Presence) else None

    def _restarted(self, since: int) -> bool:
        return any(isinstance(event, Restarted) for _, event in self.talker.after(since))

    def _denial(self, found: tuple[float, Event] | None) -> Denial:
        if found is None:
            unsent = self.talker.packets == 0
            kind = Kind.NOT_SENT if unsent else Kind.SILENT
            return Denial(protocol=self._protocol, kind=kind, words=self.talker.send_failure or "no answer")
        at, event = found
        if isinstance(event, Refused):
            return Denial(
                protocol=self._protocol,
                kind=Kind.REFUSED,
                words=event.words,
                code=event.code,
                at=at,
                retry_after_s=event.retry_after_s,
            )
        kinds = {Closed: Kind.CLOSED, OtherVersion: Kind.OTHER_PROTOCOL}
        kind = kinds.get(type(event), Kind.SILENT)
        return Denial(protocol=self._protocol, kind=kind, words=event.reason, at=0.0 if kind is Kind.SILENT else at)


async def open_nat_pmp(host: Host, way: Way, retransmission: Retransmission, *, strict: bool) -> UdpOpener:
    """A socket and a client for the way's gateway. Raises `HostError`."""
    assert isinstance(way.gateway, IPv4Address)
    machine = NatPmpClient(way.gateway, retransmission=retransmission, strict=strict)
    return await _started(host, way, machine, Protocol.NAT_PMP)


async def open_pcp(host: Host, way: Way, retransmission: Retransmission, *, strict: bool) -> UdpOpener:
    """A socket and a client for the way's gateway. Raises `HostError`."""
    assert way.gateway is not None
    assert way.own is not None
    machine = PcpClient(way.gateway, way.own, host.rng.bytes, retransmission=retransmission, strict=strict)
    return await _started(host, way, machine, Protocol.PCP)


async def _started(host: Host, way: Way, machine: NatPmpClient | PcpClient, protocol: Protocol) -> UdpOpener:
    own = way.own if way.family == 6 else None  # else the system would take the link-local one for the gateway's
    talker = Talker(host, await host.udp.open(way.family, address=own, interface=way.interface), machine)
    talker.start()
    return UdpOpener(host, talker, machine, protocol)


def _ends_asking(event: Event) -> bool:
    if isinstance(event, Refused | Silent):
        return event.internal_port is None
    return isinstance(event, Present | Closed | OtherVersion)


def _ends_mapping(port: int) -> Callable[[Event], bool]:
    def ends(event: Event) -> bool:
        if isinstance(event, Mapped | Refused | Silent):
            return event.internal_port == port
        return isinstance(event, Closed | OtherVersion)

    return ends


def _ends_removing(port: int) -> Callable[[Event], bool]:
    def ends(event: Event) -> bool:
        if isinstance(event, Removed | Refused | Silent):
            return event.internal_port == port
        return isinstance(event, Closed | OtherVersion)

    return ends
