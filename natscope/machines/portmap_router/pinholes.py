"""What a router answers to PCP over IPv6: its firewall lets new flows in to one port of the host that asks (a pinhole).

Nothing is translated, so the external address and port are the internal ones (RFC 6887 §11.3 and §2.2); who wishes for
another port gets his own all the same. Each host has a table of its own: a port of one is no other's.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address

from natscope.machines.nat.forwards import Forward
from natscope.machines.portmap_router.config import ServiceConfig
from natscope.machines.portmap_router.pcp_server import PcpServer
from natscope.machines.portmap_router.ports import NatPorts, Ports
from natscope.machines.portmap_router.table import PortTable
from natscope.model.endpoint import Endpoint

MAX_HOSTS = 256
"""More get silence."""


class FirewallPorts(NatPorts):
    """A firewall in the same process."""

    def open(self, forward: Forward, now: float, lifetime_s: float | None) -> Endpoint | None:
        """See `Ports`."""
        return super().open(_at_home(forward), now, lifetime_s) if _is_own(forward) else None

    def close(self, forward: Forward) -> None:
        """See `Ports`."""
        super().close(_at_home(forward))


def _is_own(forward: Forward) -> bool:
    return forward.external_port == forward.internal.port


def _at_home(forward: Forward) -> Forward:
    return replace(forward, external_ip=forward.internal.ip)


class PinholeServer:
    """Answers datagrams over IPv6; None is silence."""

    def __init__(self, config: ServiceConfig, ports: Ports) -> None:
        self._config = config
        self._ports = ports
        self._hosts: dict[IPv6Address, tuple[PortTable, PcpServer]] = {}

    def answer(self, data: bytes, source: Endpoint, epoch_s: int, now: float) -> bytes | None:
        """To a datagram of version 1 or later."""
        ip = source.ip
        if not isinstance(ip, IPv6Address):
            return None
        if ip not in self._hosts:
            if len(self._hosts) >= MAX_HOSTS:
                return None
            table = PortTable(self._config, self._ports)
            self._hosts[ip] = table, PcpServer(self._config, table)
        return self._hosts[ip][1].answer(data, source, ip, epoch_s, now)

    def open_ports(self) -> list[Endpoint]:
        """What is open now."""
        return [entry.internal for table, _ in self._hosts.values() for entry in table.entries()]

    def purge(self, now: float) -> None:
        """Close what has lapsed, and forget hosts that have nothing open."""
        for ip, (table, _) in list(self._hosts.items()):
            table.purge(now)
            if not len(table):
                del self._hosts[ip]

    def forget(self) -> None:
        """The firewall has lost everything already."""
        self._hosts.clear()

    def next_time(self) -> float | None:
        """When the next lease lapses."""
        times = [table.next_time() for table, _ in self._hosts.values()]
        return min((time for time in times if time is not None), default=None)
