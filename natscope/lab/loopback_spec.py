"""What an embedded relay shall be like: its kind, latency, loss and lies, as values."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class RelayKind(enum.StrEnum):
    """What is wrong with a relay, if anything."""

    HEALTHY = "healthy"
    DEAD = "dead"
    """Nothing answers: UDP is swallowed, TCP connections never come up."""
    SILENT_UDP = "silent-udp"
    """UDP is swallowed, HTTPS works."""
    CLOSED_PORT = "closed-port"
    """Nothing listens: UDP gets ICMP port unreachable, TCP a reset."""
    WRONG_CERTIFICATE = "wrong-certificate"
    EXPIRED_CERTIFICATE = "expired-certificate"
    CAPTIVE = "captive"
    """`/generate_204` on the plain port is redirected to a log-in page."""


class Lie(enum.StrEnum):
    """What a STUN answer is like instead of right; several may be combined."""

    WRONG_TRANSACTION = "wrong-transaction"
    TRUNCATED = "truncated"
    """The last 3 bytes are missing."""
    OTHER_SOURCE = "other-source"
    """It comes from another port of the relay's address."""
    LATE = "late"
    """It comes `late_ms` later than the latency says."""
    TWICE = "twice"
    NOISE_FIRST = "noise-first"
    """Bytes that are no STUN come before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSpec:
    """One region with one relay.

    `latency_ms` is the round trip: the answer to STUN and to each HTTP request is held for so long, and for up to
    `jitter_ms` more. `lost` is a pattern over the STUN requests, repeated: `x` is swallowed, `.` answered.
    `port_shift` is added to the port that STUN answers report (a NAT that maps per destination). `http_port` is the
    plain port; only 80 is known to others (`CanPort80`), and where it cannot be bound it is left out.
    """

    region_id: int
    kind: RelayKind = RelayKind.HEALTHY
    latency_ms: float = 0.0
    jitter_ms: float = 0.0
    lost: str = ""
    lies: tuple[Lie, ...] = ()
    late_ms: float = 2500.0
    port_shift: int = 0
    tailscale_form_only: bool = True
    http_port: int | None = None
    name: str = ""


def plan_regions(
    count: int, *, latency_ms: tuple[float, float] = (10.0, 250.0), ailing: Sequence[RelayKind] = ()
) -> list[RegionSpec]:
    """`count` regions with latencies spread evenly from the first to the last; the last ones get the `ailing` kinds."""
    low, high = latency_ms
    step = (high - low) / (count - 1) if count > 1 else 0.0
    healthy = max(0, count - len(ailing))
    return [
        RegionSpec(
            region_id=index + 1,
            kind=RelayKind.HEALTHY if index < healthy else ailing[index - healthy],
            latency_ms=low + step * index,
        )
        for index in range(count)
    ]
