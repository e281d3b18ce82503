"""`-v`: every probe and every observation; `-vv` with the raw data."""

from __future__ import annotations

import msgspec

from natscope.model.observation import Observation, Outcome
from natscope_reports._text import evidence
from tests.reports.drawing import lines, scene


def observed(**changes: object) -> list[str]:
    fields: dict[str, object] = {"id": "o1", "kind": "stun.binding", "probe": "p", "outcome": Outcome.NO_ANSWER}
    observation = Observation(**(fields | changes))  # type: ignore[arg-type]
    return lines(evidence.draw, scene("healthy", observations=(observation,), probes=()), verbosity=2)[3:]


def test_every_observation_has_its_line() -> None:
    report = scene("udp-blocked")
    drawn = lines(evidence.draw, report, verbosity=1)
    assert f"Observations · {len(report.observations)}" in drawn
    assert all(any(line.startswith(f"  {o.id} ") for line in drawn) for o in report.observations)


def test_what_came_of_it() -> None:
    assert observed() == ["  o1    stun.binding      no-answer"]
    assert observed(error="refused") == ["  o1    stun.binding      refused"]
    assert observed(outcome=Outcome.ANSWERED, rtt_ms=9.84, target="198.51.100.1:3478") == [
        "  o1    stun.binding      198.51.100.1:3478 · 9.8 ms"
    ]


def test_raw_data() -> None:
    assert observed(data={"mapped": 7})[1] == '        {"mapped":7}'
    assert "object" in observed(data={"odd": object()})[1]


def test_probes_with_their_reasons() -> None:
    report = scene("healthy")
    skipped = msgspec.structs.replace(report.probes[0], state="skipped", reason="on demand", flag="--icmp")
    drawn = lines(evidence.draw, msgspec.structs.replace(report, probes=(skipped, report.probes[1])), verbosity=1)
    assert drawn[:3] == [
        "Probes",
        "  links             skipped · on demand · --icmp",
        "  stun_latency      ran in 1,400.0 ms",
    ]
