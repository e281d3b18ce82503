"""What an operator may set of a relay, as values. Defaults are upstream's."""

from __future__ import annotations

import msgspec

from natscope.machines.derp.accept_limit import DEFAULT_BURST, DEFAULT_PER_S
from natscope.machines.derp.outlet import PACKETS
from natscope.wire.derp.frames import MAX_PACKET_BYTES
from natscope.wire.keys import KEY_BYTES

LEAST_BURST_BYTES = MAX_PACKET_BYTES + KEY_BYTES
"""A smaller burst could never pass the longest packet."""


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that one client may send; 0 is no limit. Mesh peers are exempt. Reading is delayed, nothing is dropped."""

    bytes_per_second: int = 0
    burst_bytes: int = 0

    @property
    def burst(self) -> int:
        """Never below the longest packet."""
        return max(self.burst_bytes, LEAST_BURST_BYTES)


class FrontLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What strangers may take: connections that are not let in yet, all and from one address (which is not looked at
    behind a proxy, where all have the proxy's), and connections in a second (`math.inf`: no limit).
    """

    pending: int = 1000
    pending_per_source: int = 32
    accepts_per_s: float = DEFAULT_PER_S
    accept_burst: int = DEFAULT_BURST
    head_s: float = 10.0
    """For TLS and a whole request head."""
    idle_s: float = 30.0
    """Between two requests of a connection, the second one's body included."""
    answer_s: float = 10.0
    """For a page to be read."""


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`mesh_key` are 32 bytes or none; `other_mesh_keys` are admitted, too, while a region changes its key. Seconds:
    `greeting_s` for ClientInfo, write limits of 0 are none.
    """

    mesh_key: bytes = b""
    other_mesh_keys: tuple[bytes, ...] = ()
    rate: RateLimit = RateLimit()
    packets: int = PACKETS
    greeting_s: float = 10.0
    keep_alive_s: float = 60.0
    silent_pings: int = 2
    silent_ends: int = 5
    """Keep-alives to a client that says nothing, after which pings ask it for a sign of life (where it has said that it
    answers them), and after which its connection ends; 0 is never. Upstream leaves that to TCP.
    """
    keep_alive_jitter_s: float = 5.0
    write_limit_s: float = 2.0
    mesh_write_limit_s: float = 30.0
