"""NAT behaviour in the words of RFC 4787."""

from __future__ import annotations

import enum


class Mapping(enum.StrEnum):
    """How a NAT chooses the external port (RFC 4787 section 4.1). `NONE` means no translation."""

    ENDPOINT_INDEPENDENT = "endpoint-independent"
    ADDRESS_DEPENDENT = "address-dependent"
    ADDRESS_AND_PORT_DEPENDENT = "address-and-port-dependent"
    NONE = "none"
    UNKNOWN = "unknown"


class Filtering(enum.StrEnum):
    """Whose packets a NAT or firewall lets in (RFC 4787 section 5)."""

    ENDPOINT_INDEPENDENT = "endpoint-independent"
    ADDRESS_DEPENDENT = "address-dependent"
    ADDRESS_AND_PORT_DEPENDENT = "address-and-port-dependent"
    UNKNOWN = "unknown"


class PortAllocation(enum.StrEnum):
    """The pattern of external ports over several local ones (RFC 4787 section 4.2)."""

    PRESERVING = "preserving"
    SEQUENTIAL = "sequential"
    RANDOM = "random"
    UNKNOWN = "unknown"
