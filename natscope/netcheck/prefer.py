"""The choice of the home relay, with upstream's hysteresis.

The candidate's best of five minutes is compared with the old home's value now, so that one bad reading does not move
a host. Source: net/netcheck/netcheck.go, addReportHistoryAndSetPreferredDERP. Equal latencies are decided by the
smaller region id (upstream: by the order of a Go map, which is random).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from natscope.netcheck.history import History, Move, Reading

ABSOLUTE_S = 0.010
HEARD_RECENTLY_S = 8.0
KEEP_UNHEARD_S = 120.0


@dataclass(frozen=True, slots=True)
class Choice:
    """`home` 0: none. `kept_from`: the nearer region that was not nearer enough, 0 when there is none."""

    home: int
    history: History
    kept_from: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Signs:
    """What else is known: when a region was last heard (same clock as `now`), and the start of this run."""

    started: float
    heard_at: Mapping[int, float]
    forced: int = 0

    def heard(self, region_id: int, now: float) -> bool:
        """Since the start of the run, or within 8 s."""
        at = self.heard_at.get(region_id)
        return at is not None and (at > self.started or now - at < HEARD_RECENTLY_S)


def choose_home(
    history: History,
    latency_s: Mapping[int, float],
    now: float,
    *,
    scores: Mapping[int, float] | None = None,
    signs: Signs | None = None,
    network: str = "",
) -> Choice:
    """The home relay after a run that measured `latency_s`. `history` gives the old home; the new one comes back.

    `network` is kept with a move: where it happened.
    """
    signs = signs or Signs(now, {})
    readings = History(readings=(*history.readings, Reading(at=now, latency_s=dict(latency_s)))).at(now).readings
    old = history.home
    scores = scores or {}
    best: dict[int, float] = {}
    for reading in readings:
        for region_id, seconds in reading.latency_s.items():
            value = _scaled(region_id, seconds, scores)
            best[region_id] = min(value, best.get(region_id, value))
    home, kept_from, reason = _choose(old, {r: _scaled(r, s, scores) for r, s in latency_s.items()}, best, now, signs)
    moves = history.moves
    if home not in (0, old) and old in latency_s and not signs.forced:
        moves = (*moves, Move(at=now, old=old, new=home, network=network))
    kept = History(home=home, readings=readings, moves=moves).at(now)
    return Choice(home, kept, kept_from, reason)


def _choose(
    old: int, latest: dict[int, float], best: dict[int, float], now: float, signs: Signs
) -> tuple[int, int, str]:
    forced = signs.forced
    if forced and (forced in latest or signs.heard(forced, now)):
        return forced, 0, "forced"
    candidate = min(latest, key=lambda region_id: (best[region_id], region_id), default=0)
    if not candidate:
        unheard = now - signs.heard_at.get(old, float("-inf"))
        return (old, 0, "kept, heard from lately") if old and unheard < KEEP_UNHEARD_S else (0, 0, "none answered")
    old_now = latest.get(old, 0.0)
    if candidate == old or not old or not (old_now or signs.heard(old, now)):
        return candidate, 0, "nearest"
    if old_now - best[candidate] < ABSOLUTE_S or best[candidate] > old_now / 3 * 2:
        return old, candidate, "kept"
    return candidate, 0, "nearest"


def _scaled(region_id: int, seconds: float, scores: Mapping[int, float]) -> float:
    score = scores.get(region_id, 0.0)
    return seconds * score if score > 0 else seconds
