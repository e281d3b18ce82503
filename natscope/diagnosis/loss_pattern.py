"""Is loss periodic? Packets sent one after the other, each lost or not, and how likely chance makes the same. Pure.

The test is exact where any order of the losses is equally likely, which covers all losses that do not know of each
other. Under that, a period p is claimed at most so often: each of its residue classes is lost or arrives as a whole,
which leaves few of the C(n, k) ways to lose k of n; packets that do not fit are allowed for by counting all ways within
that distance. The chance that is told is that bound, times the number of periods that were looked for (Bonferroni), so
it is never too small. Bursts and outages have no period that comes three times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from natscope.model.mesh_ping import LossPattern

MIN_PERIODS = 3
"""Whole ones, so that it was seen to come again twice."""
MAX_PACKETS = 600
"""The last ones of a longer series: the work grows with the square."""
IMPROBABLE = 1e-3
"""Of a thousand series with random loss one at most is called periodic."""
MISFIT_SHARE = 10
"""Packets beside the pattern: at most one for so many of those that are fewer, the lost or the others."""


def loss_pattern(lost: Sequence[bool]) -> LossPattern | None:
    """The least probable period in order of sending, None where chance explains the losses as well."""
    series = list(lost)[-MAX_PACKETS:]
    count, gone = len(series), sum(series)
    if not 0 < gone < count:
        return None
    allowed = min(gone, count - gone) // MISFIT_SHARE
    periods = range(2, count // MIN_PERIODS + 1)
    best: tuple[Fraction, int, list[bool], int] | None = None
    for period in periods:
        template, misfits = _fitted(series, period, allowed)
        if misfits > allowed or not any(template) or all(template):
            continue
        chance = _chance(count, gone, period, misfits)
        if best is None or chance < best[0]:
            best = (chance, period, template, misfits)
    if best is None or best[0] * len(periods) > IMPROBABLE:
        return None
    chance, period, template, misfits = best
    return LossPattern(
        period=period,
        lost=sum(template),
        periods=count // period,
        packets=count,
        misfits=misfits,
        chance=float(chance * len(periods)),
    )


def _fitted(series: Sequence[bool], period: int, allowed: int) -> tuple[list[bool], int]:
    """The pattern of one period that fits best, and how many packets do not fit it (more than `allowed`: enough)."""
    template, misfits = [], 0
    for start in range(period):
        seen = series[start::period]
        gone = sum(seen)
        template.append(2 * gone > len(seen))
        misfits += min(gone, len(seen) - gone)
        if misfits > allowed:
            break
    return template, misfits


def _chance(count: int, gone: int, period: int, misfits: int) -> Fraction:
    """At most so likely is it that `gone` losses, in any order alike, fit some pattern with so few misfits."""
    ways = 0
    for extra in range(misfits + 1):  # lost, though the pattern lets it through
        for missing in range(misfits + 1 - extra):  # arrived, though the pattern loses it
            planned = gone - extra + missing
            patterns = _patterns(count, period, planned)
            ways += patterns * math.comb(planned, missing) * math.comb(count - planned, extra)
    return min(Fraction(1), Fraction(ways, math.comb(count, gone)))


def _patterns(count: int, period: int, planned: int) -> int:
    """How many patterns of that period lose `planned` of the packets: so many classes have one packet more."""
    short, longer = divmod(count, period)
    found = 0
    for chosen in range(longer + 1):
        rest = planned - chosen * (short + 1)
        if rest >= 0 and rest % short == 0 and rest // short <= period - longer:
            found += math.comb(longer, chosen) * math.comb(period - longer, rest // short)
    return found
