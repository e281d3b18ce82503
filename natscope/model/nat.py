"""NAT behaviour in the words of RFC 4787."""

from __future__ import annotations

import enum


class Mapping(enum.StrEnum):
    """How a NAT chooses the external port (RFC 4787 section 4.1). `NONE` means no translation.

    `PORT_DEPENDENT` has no name there: another one for each destination port, whatever the address.
    """

    ENDPOINT_INDEPENDENT = "endpoint-independent"
    ADDRESS_DEPENDENT = "address-dependent"
    ADDRESS_AND_PORT_DEPENDENT = "address-and-port-dependent"
    PORT_DEPENDENT = "port-dependent"
    NONE = "none"
    UNKNOWN = "unknown"


class Filtering(enum.StrEnum):
    """Whose packets a NAT or firewall lets in (RFC 4787 section 5)."""

    ENDPOINT_INDEPENDENT = "endpoint-independent"
    ADDRESS_DEPENDENT = "address-dependent"
    ADDRESS_AND_PORT_DEPENDENT = "address-and-port-dependent"
    UNKNOWN = "unknown"


class AddressPooling(enum.StrEnum):
    """Which public address the sockets of one host get (RFC 4787 section 4.1)."""

    PAIRED = "paired"
    """One and the same for all of them."""
    ARBITRARY = "arbitrary"
    """Any of several, socket by socket."""
    PER_DESTINATION = "per-destination"
    """The destination decides, as on a router that balances over two uplinks."""
    UNKNOWN = "unknown"


class PortCollision(enum.StrEnum):
    """What happens when a second host behind the router uses the local port of a first one."""

    SEPARATE = "separate"
    """It gets another public port (RFC 4787 REQ-3)."""
    SHARED = "shared"
    """Both have the same public port towards different peers, and both keep working."""
    TAKEN_OVER = "taken-over"
    """It takes the public port away from the first."""
    UNKNOWN = "unknown"


class PortAllocation(enum.StrEnum):
    """The pattern of external ports over several local ones (RFC 4787 section 4.2)."""

    PRESERVING = "preserving"
    SEQUENTIAL = "sequential"
    RANDOM = "random"
    UNKNOWN = "unknown"
