"""Words for what a relay of a scenario is like: its ports, its certificate, what its STUN server tells."""

from __future__ import annotations

import enum
from ipaddress import IPv4Address


class Port(enum.StrEnum):
    """A server's port: `CLOSED` refuses (ICMP, RST), `SILENT` swallows."""

    OPEN = "open"
    CLOSED = "closed"
    SILENT = "silent"


class Certificate(enum.StrEnum):
    """What a relay presents."""

    RIGHT = "right"
    EXPIRED = "expired"
    SELF_SIGNED = "self-signed"
    WRONG_NAME = "wrong-name"
    NONE = "none"
    """Plain HTTP where TLS belongs."""


class Port80(enum.StrEnum):
    """A relay's plain port: the challenge is answered, or everything goes to its own HTTPS, or nothing listens."""

    CHALLENGE = "challenge"
    REDIRECT = "redirect"
    CLOSED = "closed"


class StunManner(enum.StrEnum):
    """`LIES`: tells the address `LIE`, whoever asks; `BRIDGED`: tells its container's bridge, with ports by flow."""

    RIGHT = "right"
    LIES = "lies"
    BRIDGED = "bridged"


LIE = IPv4Address("192.0.2.66")
"""Nobody's: what a lying STUN server tells, and the port is 666."""
LIE_PORT = 666
BRIDGE = IPv4Address("172.17.0.1")
"""Whom a server in a container sees where the bridge before it rewrites senders."""
