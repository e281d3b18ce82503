"""Detours through a hub."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natscope.diagnosis.causes.perf import perf_07_star as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.star import Star
from natscope.model.finding import Certainty, Severity
from natscope.model.mesh_status import MeshStatus
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import behind_hub, by_peer_relay, node, peer, this

UNUSED = ("Some peers are advertising routes but --accept-routes is false",)


@pytest.mark.parametrize(
    ("address", "through_s", "certainty"),
    [
        ("2001:db8:50::7", 0.06, Certainty.CERTAIN), ("2001:db8:50::7", None, Certainty.LIKELY),
        ("192.168.50.7", 0.06, Certainty.LIKELY),  # another machine may have it in another network
        ("192.168.50.7", None, Certainty.LIKELY),
    ],
)  # fmt: skip
def test_certainty(address: str, through_s: float | None, certainty: Certainty) -> None:
    facts = behind_hub(address, through_s=through_s)
    assert cause.pair_evidence(facts).certainty is certainty
    assert cause.pair_against(facts).holds is Tri.NO


@pytest.mark.parametrize(
    ("measured", "is_a_fault", "detail"),
    [
        ({"through_s": 0.06}, True, "Round trips: 60 ms through the peer, 20 ms directly to nas."),
        ({}, True, "Round trips: 20 ms directly to nas."),
        ({"through_s": 0.01}, False, "Round trips: 10 ms through the peer, 20 ms directly to nas."),
        (
            {"through_s": 0.06, "is_straight": Tri.NO}, False,
            "Round trips: 60 ms through the peer, 20 ms through a relay to nas.",
        ),
        ({"straight_s": None, "is_straight": Tri.UNKNOWN}, False, ""),
    ],
)  # fmt: skip
def test_the_triangle_says_whether_it_matters(measured: dict[str, Any], is_a_fault: bool, detail: str) -> None:
    support = cause.pair_evidence(behind_hub(**measured))
    assert support.detail == detail
    assert support.severity is (None if is_a_fault else Severity.INFO)


def test_routes_that_are_not_used_carry_nothing() -> None:
    assert cause.pair_against(behind_hub(health=UNUSED)).holds is Tri.YES
    assert cause.pair_against(behind_hub(health=UNUSED, through_s=0.06)).holds is Tri.NO
    assert cause.pair_against(replace(behind_hub(), status=None)).holds is Tri.UNKNOWN


def test_an_exit_node_in_use_carries_everything() -> None:
    facts = behind_hub("2001:db8:50::7", health=UNUSED)
    exit_node = replace(facts, node=node(name="exit.x", is_exit_node=True))
    assert cause.pair_against(exit_node).holds is Tri.NO
    assert cause.pair_evidence(exit_node).certainty is Certainty.CERTAIN


def test_through_a_peer_relay() -> None:
    support = cause.pair_evidence(by_peer_relay())
    assert support.title == "Packets to the peer go through vps, another node of the mesh."
    assert (support.certainty, support.severity) == (Certainty.CERTAIN, Severity.INFO)
    unnamed = replace(by_peer_relay(), status=MeshStatus())
    assert "203.0.113.7:40000" in cause.pair_evidence(unnamed).title


@pytest.mark.parametrize(
    ("through_s", "hub_s", "detail"),
    [
        (0.06, 0.025, "Round trip to the peer: 60 ms, of which 25 ms to vps and 35 ms from there."),
        (0.06, None, "Round trip to the peer: 60 ms."), (0.06, 0.07, "Round trip to the peer: 60 ms."),
        (None, 0.025, ""),
    ],
)  # fmt: skip
def test_both_legs_of_a_peer_relay(through_s: float | None, hub_s: float | None, detail: str) -> None:
    star = Star(address=None, node=node(), through_s=through_s, hub_s=hub_s)
    facts = replace(by_peer_relay(), star=star)
    assert cause.pair_evidence(facts).detail == detail
    assert cause.pair_against(facts).holds is Tri.NO
    no_longer = replace(facts, node=node())
    assert cause.pair_evidence(no_longer).holds is Tri.NO


def test_not_known() -> None:
    assert cause.pair_evidence(PairFacts(this(), peer())).holds is Tri.UNKNOWN
    assert cause.pair_evidence(PairFacts(this(), peer(), node=node())).holds is Tri.NO
    assert cause.pair_evidence(PairFacts(this(), peer(), node=node(is_active=None))).holds is Tri.UNKNOWN


def test_endless_names_are_cut() -> None:
    facts = behind_hub()
    assert facts.star is not None
    long = replace(facts, star=replace(facts.star, node=node(name="x" * 5000)))
    assert len(cause.pair_evidence(long).title) < 300
    relayed = replace(by_peer_relay(), node=node(peer_relay="y" * 5000), status=MeshStatus())
    assert len(cause.pair_evidence(relayed).title) < 300
