"""The report's part about rates, from observations: directions, the control, and why there is nothing."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_rate import NARROW, NO_HELPER, udp_rate
from tests.netcheck.observed import seen

RAN = (ProbeOutcome(name="udp_rate", title="x", state="ran"),)
PURPOSES = (("slow", 25), ("rise", 100), ("rise", 250), ("rise", 500), ("again", 500), ("slow", 25))


def train(purpose: str, rate: int, there: float, back: float, **data: Any) -> Observation:
    """Eight parts; of each part so many packets a second get through in either direction."""
    part = max(1, rate // 8)
    parts = []
    for number in range(8):
        arrived = min(part, round(there / 8))
        parts.append([number * 125.0, part, arrived, min(arrived, round(back / 8)), 20.0])
    values = {
        "purpose": purpose, "rate": rate, "size": 1000, "late": False, "parts": parts,
        "sent_span_ms": 1000 - 1000 / rate, "arrived_span_ms": 990.0, "back_span_ms": 990.0,
    }  # fmt: skip
    return seen("udp.train", Outcome.ANSWERED, data=values | data)


def trains(there: float = 1e6, back: float = 1e6) -> list[Observation]:
    return [train(purpose, rate, there, back) for purpose, rate in PURPOSES]


def upload(took_ms: float, outcome: Outcome = Outcome.ANSWERED, **fields: Any) -> Observation:
    target = fields.pop("target", trains()[0].target.replace("3478", "443"))
    return seen("tcp.upload", outcome, target=target, data={"bytes": 150_000, "upload_ms": took_ms}, **fields)


def test_a_way_without_limits() -> None:
    told = udp_rate(trains(), RAN)
    assert (told.out.limited, told.back.limited) == (Tri.NO, Tri.NO)
    assert (told.out.carried_packets_per_s, told.out.carried_bits_per_s) == (500, 4_000_000)
    assert (told.family, told.server) == (4, trains()[0].target)
    assert len(told.evidence) == 6


def test_a_limit_there_with_its_control() -> None:
    told = udp_rate([*trains(there=80), upload(100.0)], RAN)
    assert (told.out.limited, told.out.manner, told.udp_only) == (Tri.YES, "dropped", Tri.YES)
    assert told.out.packets_per_s == pytest.approx(80, abs=1)
    assert told.out.bits_per_s == pytest.approx(640_000, rel=0.02)
    assert told.tcp_bits_per_s == 12_000_000
    assert (told.back.limited, told.back.reason) == (Tri.UNKNOWN, NARROW)


def test_a_limit_back() -> None:
    told = udp_rate(trains(back=80), RAN)
    assert (told.out.limited, told.back.limited, told.udp_only) == (Tri.NO, Tri.YES, Tri.UNKNOWN)


@pytest.mark.parametrize(
    "control",
    [upload(100.0, Outcome.NO_ANSWER), upload(100.0, target="198.51.100.99:443"), upload(5000.0)],
    ids=["unanswered", "elsewhere", "slow"],
)
def test_a_control_that_shows_nothing(control: Observation) -> None:
    told = udp_rate([*trains(there=80), control], RAN)
    assert (told.out.limited, told.udp_only) == (Tri.YES, Tri.UNKNOWN)


def test_a_line_that_fills_on_the_way_there_says_nothing_of_the_way_back() -> None:
    late = {"late": True, "sent_span_ms": 600.0, "arrived_span_ms": 1500.0, "back_span_ms": 1500.0}
    some = [*trains()[:2], train("rise", 250, 1e6, 1e6, **late), train("rise", 250, 1e6, 1e6, **late), upload(1500.0)]
    told = udp_rate(some, RAN)
    assert told.out.limited is Tri.NO
    assert "line carries no more" in told.out.reason
    assert told.out.bits_per_s == pytest.approx(1_300_000, rel=0.05)
    assert (told.back.limited, told.back.reason) == (Tri.UNKNOWN, NARROW)


def test_without_trains_there_is_a_reason() -> None:
    assert udp_rate([]).out.reason == "the probe udp_rate did not run"
    assert udp_rate([], RAN).back.reason == NO_HELPER
    skipped = (ProbeOutcome(name="udp_rate", title="x", state="skipped", reason="sends a megabyte or two"),)
    assert udp_rate([], skipped).out.reason == "sends a megabyte or two"
    refused = seen("udp.train", Outcome.REFUSED, summary="the server counts trains of others now", data={"retry_s": 5})
    told = udp_rate([refused], RAN)
    assert told.out.reason == "the server counts trains of others now"
    assert told.evidence == (refused.id,)
