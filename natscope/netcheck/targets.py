"""Whom a run would contact, from the map and the probes' declarations alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One host as one probe would contact it. `packets`, `bytes` (sent, payload) and `seconds` are upper bounds.

    `always` is False for contacts that happen only when something else fails. `port` is None for ICMP.
    """

    probe: str
    host: str
    port: int | None
    protocol: str
    packets: int
    bytes: int
    seconds: float
    why: str
    always: bool
