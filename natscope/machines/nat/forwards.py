"""What the owner of a router opened on purpose: port forwards, pinholes in a firewall, and the DMZ host.

A forward is endpoint-independent in filtering and never ends by itself. With `outbound` the inside endpoint also sends
from the forwarded port (a PCP or NAT-PMP mapping, RFC 6887 §11); without it only answers do (a plain DNAT rule).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from natscope.machines.nat.packet import TCP, UDP
from natscope.model.endpoint import Endpoint, IPAddress

PROTOCOL_NUMBERS = {"udp": UDP, "tcp": TCP}


class Transport(enum.StrEnum):
    """What can be forwarded."""

    UDP = "udp"
    TCP = "tcp"

    @property
    def number(self) -> int:
        """The IP protocol number."""
        return PROTOCOL_NUMBERS[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """`external_port` (of `external_ip`, or of the NAT's first address) belongs to `internal`."""

    transport: Transport
    external_port: int
    internal: Endpoint
    external_ip: IPAddress | None = None
    outbound: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.external_port <= 65535 or self.internal.port == 0:
            raise ValueError("ports of a forward are 1 to 65535")
        if self.external_ip is not None and self.external_ip.version != self.internal.ip.version:
            raise ValueError("a forward stays in its address family")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinhole:
    """A firewall without translation lets new flows in to these ports of `host` (None: of every inside host)."""

    transport: Transport
    ports: tuple[int, int] = (0, 65535)
    host: IPAddress | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.ports[0] <= self.ports[1] <= 65535:
            raise ValueError("ports of a pinhole are a range within 0 to 65535")

    def admits(self, proto: int, family: int, ip: int, port: int) -> bool:
        """Whether a new flow to that inside endpoint may come in."""
        if proto != self.transport.number or not self.ports[0] <= port <= self.ports[1]:
            return False
        return self.host is None or (int(self.host) == ip and self.host.version == family)
