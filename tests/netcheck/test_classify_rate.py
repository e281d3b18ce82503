"""Limits are told from losses, from full lines, from outages; what could be either stays unknown."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.model.tri import Tri
from natscope.netcheck.classify_rate import (
    LATE,
    NO_TRAIN,
    QUEUE_ALONE,
    SHORT,
    SLOW,
    SLOW_LINE,
    UNCLEAR,
    WORSE,
    Part,
    RateTrain,
    RateVerdict,
    TcpUpload,
    classify_rate,
)

RATES = (25, 100, 250, 500)
PARTS, SIZE = 8, 1000


def train(purpose: str, rate: int, passes: list[bool], *, size: int = SIZE, trip_s: float = 0.03) -> RateTrain:
    """A second of packets, of which those pass."""
    count = len(passes)
    bounds = [count * part // PARTS for part in range(PARTS + 1)]
    parts = tuple(
        Part(low / rate, high - low, sum(passes[low:high]), trip_s) for low, high in itertools.pairwise(bounds)
    )
    return RateTrain(purpose, size, parts, count / rate)


def limited(rate: int, limit: float, burst: float) -> list[bool]:
    """A token bucket's."""
    tokens, found = burst, []
    for _ in range(rate):
        tokens = min(burst, tokens + limit / rate)
        found.append(tokens >= 1)
        tokens -= found[-1]
    return found


def run(limit: float, burst: float, *, short: float | None = None) -> list[RateTrain]:
    """All trains of a ramp through that bucket; a short one is limited to `short` packets."""
    found = [train(SLOW if rate == 25 else "rise", rate, limited(rate, limit, burst)) for rate in RATES]
    found += [train("again", 500, limited(500, limit, burst)), train(SLOW, 25, limited(25, limit, burst))]
    if short is not None:
        found.append(train(SHORT, 500, limited(500, short, burst), size=100))
    return found


def lossy(seed: int, loss: float) -> list[RateTrain]:
    random = Random(seed)
    wanted = [*RATES, 500, 25]
    names = [SLOW, "rise", "rise", "rise", "again", SLOW]
    return [
        train(name, rate, [random.random() >= loss for _ in range(rate)])
        for name, rate in zip(names, wanted, strict=True)
    ]


FAST, AS_SLOW = TcpUpload(200_000, 0.2), TcpUpload(200_000, 2.5)


@pytest.mark.parametrize("limit", [30, 60, 75, 120, 150, 200, 240])
def test_a_limit_is_found_with_its_rate_and_burst(limit: int) -> None:
    verdict = classify_rate(run(limit, 15), FAST)
    assert verdict.limited is Tri.YES
    assert verdict.rate == pytest.approx(limit, rel=0.06)
    assert verdict.burst == pytest.approx(15, abs=4)
    assert (verdict.manner, verdict.udp_only) == ("dropped", Tri.YES)
    assert verdict.carried is None or verdict.carried <= limit


def test_what_the_slowest_train_exceeds_is_found_too() -> None:
    verdict = classify_rate(run(12, 3), FAST)
    assert (verdict.limited, verdict.carried) == (Tri.YES, None)
    assert verdict.rate == pytest.approx(12, rel=0.2)


def test_no_limit() -> None:
    verdict = classify_rate(run(1000, 1000))
    assert (verdict.limited, verdict.carried, verdict.reason) == (Tri.NO, 500, "")


def test_a_burst_that_swallows_a_whole_train_hides_the_limit_and_only_that() -> None:
    assert classify_rate(run(100, 600)).limited is Tri.NO


@pytest.mark.parametrize("loss", [0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5])
def test_losses_are_no_limit(loss: float) -> None:
    verdicts = [classify_rate(lossy(seed, loss), FAST).limited for seed in range(200)]
    assert Tri.YES not in verdicts
    assert verdicts.count(Tri.NO) > 130


@pytest.mark.parametrize("loss", [0.02, 0.1])
def test_a_limit_is_found_behind_losses(loss: float) -> None:
    for seed in range(50):
        random = Random(seed)
        trains = []
        for name, rate in zip([SLOW, "rise", "rise", "rise", "again", SLOW], [*RATES, 500, 25], strict=True):
            passes = [ok and random.random() >= loss for ok in limited(rate, 80, 15)]
            trains.append(train(name, rate, passes))
        verdict = classify_rate(trains, FAST)
        assert verdict.limited is Tri.YES, seed
        assert verdict.rate == pytest.approx(80 * (1 - loss), rel=0.15)


def test_one_train_alone_shows_no_constant() -> None:
    trains = [train(SLOW, 25, [True] * 25), train("rise", 100, [True] * 100), train("rise", 250, limited(250, 90, 5))]
    verdict = classify_rate(trains, FAST)
    assert (verdict.limited, verdict.reason) == (Tri.UNKNOWN, UNCLEAR)


def test_an_outage_in_two_trains_is_no_limit() -> None:
    def broken(rate: int, start: float) -> list[bool]:
        return [not start <= n / rate < start + 0.4 for n in range(rate)]

    trains = [train(SLOW, 25, [True] * 25), train("rise", 250, broken(250, 0.5)), train("rise", 500, broken(500, 0.4)),
              train("again", 500, broken(500, 0.6)), train(SLOW, 25, [True] * 25)]  # fmt: skip
    assert classify_rate(trains, FAST).limited is Tri.UNKNOWN


def test_a_way_that_became_worse_is_no_limit() -> None:
    trains = run(100, 15)
    trains[5] = train(SLOW, 25, [n < 9 for n in range(25)])
    assert classify_rate(trains, FAST) == RateVerdict(
        Tri.UNKNOWN, size=SIZE, carried=classify_rate(trains, FAST).carried, reason=WORSE
    )


@pytest.mark.parametrize(("short", "told"), [(100.0, "packets"), (5000.0, "bytes"), (30.0, "")])
def test_short_packets_show_what_is_counted(short: float, told: str) -> None:
    assert classify_rate(run(100, 15, short=short), FAST).counted == told


def test_tcp_that_is_no_faster_proves_nothing_of_udp() -> None:
    verdict = classify_rate(run(100, 15), AS_SLOW)
    assert (verdict.limited, verdict.udp_only) == (Tri.YES, Tri.UNKNOWN)
    assert classify_rate(run(100, 15)).udp_only is Tri.UNKNOWN


def full_line(late: bool) -> list[RateTrain]:
    """100 packets a second: a deep queue ends the train, a short one drops and delays."""
    slow, fine = train(SLOW, 25, [True] * 25), train("rise", 80, [True] * 80)
    if late:
        some = train("rise", 250, [True] * 150, trip_s=0.3)
        fills = RateTrain("rise", SIZE, some.parts, 0.6, late=True, span_s=0.6, passed_span_s=1.5)
        return [slow, fine, fills, fills]
    fast = [train(name, rate, limited(rate, 100, 10), trip_s=0.13) for name, rate in (("rise", 250), ("again", 250))]
    return [slow, fine, *fast, slow]


@pytest.mark.parametrize("late", [True, False])
def test_a_full_line_is_no_limit_of_udp(late: bool) -> None:
    verdict = classify_rate(full_line(late), AS_SLOW)
    assert (verdict.limited, verdict.reason) == (Tri.NO, SLOW_LINE)
    assert verdict.rate == pytest.approx(100, rel=0.05)
    assert classify_rate(full_line(late)).reason == QUEUE_ALONE
    assert classify_rate(full_line(late)).limited is Tri.UNKNOWN


@pytest.mark.parametrize("late", [True, False])
def test_a_queue_that_tcp_passes_by_is_one(late: bool) -> None:
    verdict = classify_rate(full_line(late), FAST)
    assert (verdict.limited, verdict.manner, verdict.udp_only) == (Tri.YES, "held back", Tri.YES)


def test_a_queue_of_the_other_direction_is_not_ours() -> None:
    *trains, _, last = full_line(late=True)
    unstretched = RateTrain(last.purpose, SIZE, last.parts, 0.6, late=True, span_s=0.6, passed_span_s=0.61)
    verdict = classify_rate([*trains, unstretched], FAST)
    assert (verdict.limited, verdict.reason) == (Tri.UNKNOWN, LATE)


@pytest.mark.parametrize("span_s", [0.61, 1.5])
def test_a_train_that_was_late_once_says_nothing(span_s: float) -> None:
    """A radio or a computer that was busy for a moment: the same train passes when it is tried again."""
    *trains, _, last = full_line(late=True)
    once = RateTrain(last.purpose, SIZE, last.parts, 0.6, late=True, span_s=0.6, passed_span_s=span_s)
    assert classify_rate([*trains, once], FAST).limited is Tri.UNKNOWN
    verdict = classify_rate([*trains, once, train("rise", 250, [True] * 250)], FAST)
    assert (verdict.limited, verdict.carried) == (Tri.NO, 250)


def test_nothing_is_nothing() -> None:
    assert classify_rate([]) == RateVerdict(Tri.UNKNOWN, reason=NO_TRAIN)
    assert classify_rate([train("rise", 100, [True] * 100)]).reason == NO_TRAIN


COUNTS = st.integers(0, 60)
ANY_PART = st.builds(
    lambda offered, share, trip: (offered, min(offered, share), trip), COUNTS, COUNTS, st.none() | st.floats(0, 5)
)
ANY_TRAIN = st.builds(
    lambda purpose, parts, late, spans: RateTrain(
        purpose, SIZE, tuple(Part(n / 8, o, p, t) for n, (o, p, t) in enumerate(parts)), 1.0, late, *spans
    ),
    st.sampled_from([SLOW, "rise", "again", SHORT]), st.lists(ANY_PART, max_size=8), st.booleans(),
    st.tuples(st.floats(0, 5), st.floats(0, 5)),
)  # fmt: skip
UPLOADS = st.none() | st.builds(TcpUpload, st.integers(1, 10**6), st.floats(0.001, 10))


@settings(max_examples=200)
@given(st.lists(ANY_TRAIN, max_size=8), UPLOADS)
def test_whatever_was_counted_there_is_a_verdict(trains: list[RateTrain], tcp: TcpUpload | None) -> None:
    verdict = classify_rate(trains, tcp)
    assert verdict.limited is not Tri.UNKNOWN or verdict.reason
    assert verdict.limited is not Tri.YES or (verdict.rate is not None and verdict.manner)
