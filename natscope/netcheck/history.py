"""What earlier runs left: the home relay, the latencies of the last minutes, and moves of the home in the last day.

The choice of a home relay depends on it (`natscope.netcheck.prefer`). A history that cannot be read is an empty one.
"""

from __future__ import annotations

import os

import msgspec

KEEP_S = 305.0
"""Upstream's window: 5 minutes and 5 seconds (net/netcheck/netcheck.go)."""
FILE_NAME = "last.json"
MAX_BYTES = 1024 * 1024
MAX_READINGS = 64
KEEP_MOVES_S = 24 * 3600.0
MAX_MOVES = 16


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest latency of each region in one run. `at` is seconds since 1970; latencies are seconds."""

    at: float
    latency_s: dict[int, float] = {}


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """The home went from `old` to `new` while the old one answered. `network` tells whether two moves were in one."""

    at: float
    old: int
    new: int
    network: str = ""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Readings in order of time, the home of the last run (0: none), and moves of the home in order of time."""

    home: int = 0
    readings: tuple[Reading, ...] = ()
    moves: tuple[Move, ...] = ()

    def at(self, now: float) -> History:
        """Without readings and moves that are too old or lie in the future."""
        kept = tuple(r for r in self.readings if 0 <= now - r.at <= KEEP_S)
        moves = tuple(m for m in self.moves if 0 <= now - m.at <= KEEP_MOVES_S)
        return History(home=self.home, readings=kept[-MAX_READINGS:], moves=moves[-MAX_MOVES:])


def load_history(state_dir: str) -> History:
    """Read the last runs; anything unreadable is an empty history."""
    if not state_dir:
        return History()
    try:
        with open(os.path.join(state_dir, FILE_NAME), "rb") as file:
            return msgspec.json.decode(file.read(MAX_BYTES), type=History)
    except (OSError, msgspec.DecodeError, RecursionError):
        return History()


def encode_history(history: History) -> bytes:
    """As JSON."""
    return msgspec.json.encode(history) + b"\n"
