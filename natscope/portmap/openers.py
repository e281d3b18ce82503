"""One way to open a port: find the service, open, renew, close. The same for PCP, NAT-PMP and UPnP IGD.

Everything is bounded by a time on the host's clock. Nothing here raises for what a router does: a refusal, silence and
nonsense are `Denial`s.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Protocol as TypingProtocol

from natscope.machines.portmap_client.values import Protocol
from natscope.model.endpoint import IPAddress


class Kind(enum.StrEnum):
    """How a router said no."""

    REFUSED = "refused"
    """In the words of its protocol."""
    CLOSED = "closed"
    """By ICMP: nobody listens there."""
    SILENT = "silent"
    OTHER_PROTOCOL = "other-protocol"
    """It speaks another protocol on that port, and said so."""
    FAILED = "failed"
    """What came back cannot be used."""
    NOT_SENT = "not-sent"
    """This host could not send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The service is there. `external` is the router's outside address where it says so, `epoch_s` how long it counts.

    `took_s` is how long the answer took for certain, of the try that it was for (`timing.took_s`).
    `source` is not empty where the answer came from another address than the gateway's. `details` are its own words
    about itself (server, model, service type, …) and are hostile text.
    """

    protocol: Protocol
    answered_at: float
    took_s: float
    external: IPAddress | None = None
    epoch_s: int | None = None
    source: str = ""
    restarted: bool = False
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An open port. `lifetime_s` 0: until it is removed. `differences`: what its table has otherwise than asked."""

    protocol: Protocol
    internal_port: int
    external_port: int
    external: IPAddress | None
    lifetime_s: int
    epoch_s: int | None = None
    restarted: bool = False
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    read_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """No. `code` and `words` are the router's own where it refused."""

    protocol: Protocol
    kind: Kind
    words: str
    code: str = ""
    at: float = 0.0
    retry_after_s: float | None = None
    source: str = ""
    details: dict[str, str] = field(default_factory=dict)


class Opener(TypingProtocol):
    """One protocol at one gateway."""

    @property
    def protocol(self) -> Protocol:
        """Which."""
        ...

    @property
    def packets(self) -> int:
        """Datagrams and requests sent so far."""
        ...

    @property
    def bytes_sent(self) -> int:
        """Payload bytes sent so far."""
        ...

    @property
    def bytes_received(self) -> int:
        """Payload bytes received so far."""
        ...

    @property
    def started_at(self) -> float | None:
        """When the first datagram left."""
        ...

    async def find(self, until: float) -> Presence | Denial:
        """Ask whether the service is there."""
        ...

    async def open(self, internal_port: int, lease_s: int, until: float, *, external_port: int = 0) -> Grant | Denial:
        """Open or renew a port."""
        ...

    async def close(self, internal_port: int, until: float) -> bool:
        """Remove a mapping; whether the router confirmed it. True too where there is nothing to remove."""
        ...

    def abandon(self) -> None:
        """Send what removes all mappings, once and without waiting, where that is possible."""
        ...

    async def end(self) -> None:
        """Close the socket."""
        ...
