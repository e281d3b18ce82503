"""What the three clients tell, in common words."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from natscope.machines.api import Event
from natscope.model.endpoint import IPAddress

LEASE_S = 7200
"""What a lasting mapping asks for (RFC 6886 §3.3; upstream asks for the same in all three protocols)."""
MAX_LEASE_S = 7200
"""Granted leases are renewed as if they were no longer than this: a router may forget what it promised."""


class Protocol(enum.StrEnum):
    """Ways to open a port, in the order in which they are tried: the one that says most first."""

    PCP = "pcp"
    NAT_PMP = "nat-pmp"
    UPNP = "upnp"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An input: an ICMP error about what was sent to the gateway. `refused`: the port there is closed."""

    reason: str
    refused: bool = True


@dataclass(frozen=True, slots=True)
class Present(Event):
    """The service has answered. `external` is the router's outside address where it says so."""

    protocol: Protocol
    external: IPAddress | None = None
    epoch_s: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Mapped(Event):
    """A port is open. `external` None: the address is not known (yet). `lifetime_s` 0: until it is removed."""

    protocol: Protocol
    internal_port: int
    external_port: int
    external: IPAddress | None
    lifetime_s: int
    epoch_s: int | None = None
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class Removed(Event):
    """The router has confirmed that a mapping is gone."""

    protocol: Protocol
    internal_port: int


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """No, in the service's own code. `internal_port` None: the question was whether it is there.

    `retry_after_s`: how long it wants to be left alone (PCP says so).
    """

    protocol: Protocol
    code: str
    words: str
    internal_port: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Silent(Event):
    """All tries of a request went without an answer."""

    protocol: Protocol
    internal_port: int | None = None


@dataclass(frozen=True, slots=True)
class Closed(Event):
    """The gateway says by ICMP that nobody listens there."""

    protocol: Protocol


@dataclass(frozen=True, slots=True)
class Restarted(Event):
    """The epoch says that the router has lost its table: every mapping has to be made anew."""

    protocol: Protocol
    epoch_s: int


@dataclass(frozen=True, slots=True)
class OtherVersion(Event):
    """The gateway does not speak this protocol's version, but `version` (0 is NAT-PMP, 2 is PCP)."""

    protocol: Protocol
    version: int


@dataclass(frozen=True, slots=True)
class Dropped(Event):
    """A datagram that is no answer to us: another source, another nonce, nonsense. Counted, never acted on."""

    protocol: Protocol
    source: str
