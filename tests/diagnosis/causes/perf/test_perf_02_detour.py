"""A direct way that is longer than one by a relay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.causes.perf import perf_02_detour as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.slow import slow_findings
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.finding import Certainty
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import SCENES, direct, peer, this

RELAYED = (41.0, 40.0, 44.0)


def test_pongs_by_both_ways() -> None:
    support = cause.pair_evidence(SCENES["direct is a detour"]())
    assert support.certainty is Certainty.LIKELY
    assert support.title == "The direct way takes 151 ms, the one by way of a relay 41 ms."
    assert "4 direct pongs took 151 ms (median), the fastest 149 ms" in support.detail
    assert "3 pongs through a relay took 41 ms" in support.detail


def test_both_sides_to_one_relay() -> None:
    support = cause.pair_evidence(SCENES["direct is a detour by both sides' reports"]())
    assert support.certainty is Certainty.LIKELY
    assert "your 18 ms and the peer's 12 ms to relay fra are 30 ms together" in support.detail


@pytest.mark.parametrize(
    ("direct_ms", "relayed_ms", "holds"),
    [
        ((151.0, 149.0), RELAYED, Tri.UNKNOWN),
        ((151.0, 149.0, 150.0), RELAYED[:2], Tri.UNKNOWN),
        ((52.0, 53.0, 54.0), RELAYED, Tri.NO),
        ((56.0, 57.0, 58.0), RELAYED, Tri.YES),
        ((10.0, 11.0, 13.0), (2.0, 2.0, 2.0), Tri.NO),
        ((12.0, 13.0, 14.0), (2.0, 2.0, 2.0), Tri.YES),
        ((38.0, 180.0, 190.0, 200.0), RELAYED, Tri.NO),
    ],
    ids=["few direct", "few relayed", "little", "a third", "a few ms", "ten ms", "a queue"],
)
def test_how_clear_it_must_be(direct_ms: tuple[float, ...], relayed_ms: tuple[float, ...], holds: Tri) -> None:
    facts = direct(direct_ms, relayed_ms)
    assert cause.pair_evidence(facts).holds is holds
    assert cause.pair_against(facts).holds is Tri.NO


def test_the_nearest_relay_of_several_counts() -> None:
    facts = direct((151.0, 149.0, 150.0), latency_ms={"fra": 18.0, "hkg": 300.0})
    facts = replace(facts, peer=replace(facts.peer, latency_ms={"fra": 12.0, "hkg": 1.0}))
    assert "relay fra" in cause.pair_evidence(facts).detail


def test_what_was_measured_past_another_vpn_does_not_count() -> None:
    facts = direct((151.0, 149.0, 150.0), latency_ms={"fra": 18.0}, blurred="a VPN carried it")
    assert cause.pair_evidence(facts).holds is Tri.UNKNOWN


def test_a_local_network_or_a_tunnel_explains_it_otherwise() -> None:
    trial = Trial(answered=(Endpoint.parse("192.168.1.9:1"),), direct_ms=(150.0,) * 3, relayed_ms=RELAYED)
    near = PairFacts(this(), peer(), trial=trial)
    assert cause.pair_against(near).holds is Tri.YES
    assert slow_findings(near) == ()
    tunnel = replace(trial, answered=(Endpoint.parse("[2002:c633:643c::1]:1"),))
    assert [found.id for found in slow_findings(PairFacts(this(), peer(), trial=tunnel))] == ["NS-PERF-04"]
