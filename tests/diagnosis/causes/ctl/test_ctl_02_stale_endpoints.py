"""Addresses that a node tells and does not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.causes.ctl import ctl_02_stale_endpoints as cause
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.side import Told
from natscope.diagnosis.pair.support import PairSupport
from natscope.model.finding import Certainty
from natscope.model.pair import Blame
from natscope.model.report import MappingServiceReport
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import peer, this, told_by, told_of_peer
from tests.reports.scenes import load

OLD, NOW, HERE = "198.51.100.9:41641", "203.0.113.24:4711", "192.168.1.20:41641"


@pytest.mark.parametrize(
    ("ends", "holds", "words"),
    [
        ((OLD, HERE), "yes", "relays see 203.0.113.24"),
        ((OLD, NOW, HERE), "no", ""),  # an address set by hand, or of another uplink, beside the one of now
        ((NOW, HERE), "no", ""),
        ((NOW, HERE, "192.168.1.33:41641"), "yes", "192.168.1.33, which this computer does not have"),
        ((NOW, HERE, "192.168.1.33:5000"), "no", ""),  # of another socket: a port that a router opened
        ((NOW, "192.168.1.33:41641"), "unknown", ""),  # none is of this computer: another network namespace
        ((NOW, HERE, "203.0.113.24:41641"), "no", ""),
        ((HERE,), "unknown", ""),
        ((), "unknown", ""),
    ],
)
def test_what_is_told_against_what_is(ends: tuple[str, ...], holds: str, words: str) -> None:
    support = cause.pair_evidence(told_by(*ends))
    assert support.holds is Tri(holds)
    assert words in support.title
    assert cause.pair_against(told_by(*ends)).holds is Tri.NO


def test_certain_and_on_this_side() -> None:
    for ends in ((OLD, HERE), (NOW, HERE, "192.168.1.33:41641")):
        support = cause.pair_evidence(told_by(*ends))
        assert isinstance(support, PairSupport)
        assert (support.certainty, support.blame) == (Certainty.CERTAIN, Blame.THIS)


def test_without_many_sockets_another_one_may_have_another_address() -> None:
    facts = replace(told_by(OLD, HERE), report=load("healthy"))
    assert cause.pair_evidence(facts).certainty is Certainty.LIKELY


@pytest.mark.parametrize(
    "change",
    [
        {"varies": Told(Tri.YES, Strength.DECISIVE)}, {"varies": Told(Tri.UNKNOWN)}, {"public": ()},
        {"paired": Told(Tri.NO, Strength.DECISIVE)}, {"paired": Told(Tri.UNKNOWN)},
        {"works": Told(Tri.NO, Strength.DECISIVE)},
    ],
)  # fmt: skip
def test_a_router_with_several_faces_proves_nothing(change: dict[str, Any]) -> None:
    side = this()
    facts = replace(told_by(OLD, HERE), this=replace(side, v4=replace(side.v4, **change)))
    assert cause.pair_evidence(facts).holds is not Tri.YES


@pytest.mark.parametrize(
    "change",
    [
        {"is_of_now": Tri.UNKNOWN}, {"report": None}, {"status": None}, {"this": this(blurred="a VPN")},
        {"this": this(is_measured=False)},
    ],
)  # fmt: skip
def test_a_netcheck_of_another_time_or_place_proves_nothing(change: dict[str, Any]) -> None:
    assert cause.pair_evidence(replace(told_by(OLD, HERE), **change)).holds is Tri.UNKNOWN


@pytest.mark.parametrize("layers", [None, 2])
def test_behind_two_routers_the_inner_ones_outside_looks_alike(layers: int | None) -> None:
    facts = replace(told_by(NOW, HERE, "192.168.1.33:41641"), this=this(layers=layers))
    assert cause.pair_evidence(facts).holds is not Tri.YES


def test_an_address_of_the_router_is_not_gone() -> None:
    def with_outside(facts: PairFacts, service: MappingServiceReport) -> PairFacts:
        assert facts.report is not None
        group = msgspec.structs.replace(facts.report.port_mapping, pcp=service)
        return replace(facts, report=msgspec.structs.replace(facts.report, port_mapping=group))

    facts = told_by(NOW, HERE, "10.0.0.7:41641")
    assert cause.pair_evidence(facts).holds is Tri.YES
    told = MappingServiceReport(router_external="10.0.0.7")
    assert cause.pair_evidence(with_outside(facts, told)).holds is Tri.NO
    granted = MappingServiceReport(external="10.0.0.7:5000")
    assert cause.pair_evidence(with_outside(facts, granted)).holds is Tri.NO


def test_the_more_certain_of_two_is_told() -> None:
    both = replace(told_by(OLD, HERE, "192.168.1.33:41641"), report=load("healthy"))
    assert "192.168.1.33" in cause.pair_evidence(both).title
    assert cause.pair_evidence(both).certainty is Certainty.CERTAIN


def test_the_peer_by_its_own_report() -> None:
    support = cause.pair_evidence(told_of_peer("192.0.2.99"))
    assert isinstance(support, PairSupport)
    assert (support.holds, support.certainty, support.blame) == (Tri.YES, Certainty.LIKELY, Blame.PEER)
    assert "tells 192.0.2.99 of the peer" in support.title
    assert support.fixes is not None
    assert support.fixes[0].do.startswith("On the peer's side: Let the mesh program look")
    assert cause.pair_evidence(told_of_peer("198.51.100.60")).holds is not Tri.YES


def test_an_old_report_or_another_computer_s_says_nothing_of_the_peer() -> None:
    for recent in (Tri.NO, Tri.UNKNOWN):
        assert cause.pair_evidence(told_of_peer("192.0.2.99", recent=recent)).holds is Tri.UNKNOWN
    facts = told_of_peer("192.0.2.99")
    for other in (peer(local="192.168.178.5"), peer("yes"), peer(blurred="a VPN")):
        assert cause.pair_evidence(replace(facts, peer=other)).holds is not Tri.YES
