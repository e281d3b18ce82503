"""How far a run is, for a display that is redrawn."""

from __future__ import annotations

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """`ipv4`/`ipv6`: `asking`, `answered`, `off` (not asked) or `refused` (no socket). `step` is a few words."""

    elapsed_s: float
    regions_answered: int
    regions_total: int
    ipv4: str
    ipv6: str
    step: str
