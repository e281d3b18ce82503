"""Which address and port a program of a simulated host gets, and what the system says when it gets none."""

from __future__ import annotations

import ipaddress

from natscope.host.api import Failure, HostError
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.sim.node import Node, Port
from natscope.sim.stack import ANY, End

UNSPECIFIED: dict[int, IPAddress] = {4: ipaddress.IPv4Address(0), 6: ipaddress.IPv6Address(0)}
LOOPBACK: dict[int, IPAddress] = {4: ipaddress.IPv4Address("127.0.0.1"), 6: ipaddress.IPv6Address("::1")}


class Binder:
    """Answers for one node."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def interface(self, name: str | None, doing: str) -> Port | None:
        """The interface of that name; None for none asked. Raises `HostError`."""
        if name is None:
            return None
        port = self.node.ports.get(name)
        if port is None:
            raise HostError(Failure.ADDRESS_NOT_AVAILABLE, f"{doing}: there is no interface of that name")
        return port

    def source_or_none(self, target: IPAddress, port: Port | None = None) -> IPAddress | None:
        """The address the system would use towards `target`; None without a route."""
        family = target.version
        if self.node.is_local(int(target), family):
            return LOOPBACK[family] if target.is_loopback else target
        out = port or self.node.routes.lookup(int(target), family)
        return None if out is None or not out.up else out.address(family)

    def source(self, target: IPAddress, wanted: IPAddress | None, interface: str | None, doing: str) -> IPAddress:
        """The same, or the `wanted` one if it is ours. Raises `HostError`."""
        self.check_family(4 if target.version == 4 else 6, doing)
        port = self.interface(interface, doing)
        if wanted is not None:
            self._check_ours(wanted, doing)
            return wanted
        found = self.source_or_none(target, port)
        if found is None:
            raise HostError(Failure.UNREACHABLE_NET, f"{doing}: there is no route to that network")
        return found

    def check_family(self, family: Family, doing: str) -> None:
        """Raises `HostError` where this system has no such sockets."""
        if family not in self.node.families:
            words = f"{doing}: this system does not support that address family"
            raise HostError(Failure.FAMILY_NOT_SUPPORTED, words)

    def udp_at(self, family: Family, address: IPAddress | None, port: int, doing: str) -> Endpoint:
        """Where a UDP socket is bound. Raises `HostError`."""
        local = Endpoint(address or UNSPECIFIED[family], port)
        return self._bind(local, dict.fromkeys(self.node.stack.udp), doing)

    def listen_at(self, local: Endpoint) -> Endpoint:
        """Where a listener is bound. Raises `HostError`."""
        return self._bind(local, dict.fromkeys(self.node.stack.listeners), f"cannot listen on {local}")

    def _bind(self, local: Endpoint, taken: dict[End, None], doing: str) -> Endpoint:
        self.check_family(local.family, doing)
        if not local.ip.is_unspecified:
            self._check_ours(local.ip, doing)
        if local.port == 0:
            free = self.node.stack.free_port(lambda p: _collides(local, p, taken))
            if free is None:
                raise HostError(Failure.ADDRESS_IN_USE, f"{doing}: every port is in use")
            return Endpoint(local.ip, free)
        if _collides(local, local.port, taken):
            raise HostError(Failure.ADDRESS_IN_USE, f"{doing}: the address and port are in use by another program")
        return local

    def _check_ours(self, ip: IPAddress, doing: str) -> None:
        if not self.node.is_local(int(ip), ip.version):
            words = f"{doing}: this computer does not have that address"
            raise HostError(Failure.ADDRESS_NOT_AVAILABLE, words)


def _collides(local: Endpoint, port: int, taken: dict[End, None]) -> bool:
    """A wildcard collides with every address of its family."""
    if (ANY[local.family], port) in taken:
        return True
    if local.ip.is_unspecified:
        return any(p == port and (ip >= 1 << 32) == (local.family == 6) for ip, p in taken if ip >= 0)
    return (int(local.ip), port) in taken
