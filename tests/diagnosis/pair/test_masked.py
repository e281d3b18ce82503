"""Masked reports: each has the masks of its own, so nothing of the one is held against the other's."""

from __future__ import annotations

import itertools
from dataclasses import replace

import msgspec
import pytest

from natscope.diagnosis.causes.ctl import ctl_01_no_common_relay, ctl_02_stale_endpoints
from natscope.diagnosis.causes.perf import perf_04_inside_tunnel
from natscope.diagnosis.pair.explain import is_elsewhere, pair_facts
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.neighbours import neighbours
from natscope.diagnosis.pair.of_reports import facts_of_reports
from natscope.diagnosis.pair.predict import best_relay
from natscope.diagnosis.pair.report import pair_report
from natscope.diagnosis.pair.side import Side
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.report import InterfaceReport, Report
from natscope.model.tri import Tri
from natscope.redact.report import redact
from tests.diagnosis.pair.scenes import inside_tunnel, node, told_by, told_of_peer
from tests.reports.scenes import load, names

IDENTITY = {"NS-NAT-01", "NS-NAT-02", "NS-NAT-10", "NS-NAT-15", "NS-LAN-01", "NS-LAN-02", "NS-HOST-03", "NS-CTL-01"}
"""Causes that take a common, or no common, address or relay."""
SCENES = ("healthy", "mapping-varies", "full-cone", "port-restricted", "double-nat", "mapping-proved", "udp-blocked")


def elsewhere(report: Report) -> Report:
    """The same behind a router of its own."""
    text = msgspec.json.encode(report).replace(b"203.0.113.24", b"192.0.2.77")
    return msgspec.json.decode(text, type=Report)


@pytest.mark.parametrize(("one", "other"), list(itertools.product(SCENES, SCENES)))
def test_what_is_predicted_holds_behind_one_router_and_behind_two(one: str, other: str) -> None:
    first, second = load(one), load(other)
    masked = facts_of_reports(redact(first), redact(second))
    assert (masked.near.same_router, masked.near.same_network) == (Tri.UNKNOWN, Tri.UNKNOWN)
    paths = {facts_of_reports(first, each).prediction.path for each in (second, elsewhere(second))}
    assert masked.prediction.path == "unknown" or {masked.prediction.path} == paths
    found = {finding.id for finding in pair_report(masked, ages=(None, None)).findings}
    assert not found & IDENTITY
    assert not {row.cause for row in masked.prediction.candidates} & {"NS-NAT-10", "NS-HOST-03"}


@pytest.mark.parametrize("name", names())
def test_one_masked_side_is_enough(name: str) -> None:
    report = load(name)
    for pair in ((redact(report), load("healthy")), (load("healthy"), redact(report))):
        near = facts_of_reports(*pair).near
        assert (near.same_router, near.same_network, near.hidden) == (Tri.UNKNOWN, Tri.UNKNOWN, True)
    assert not facts_of_reports(report, load("healthy")).near.hidden


def test_prefixes_over_ipv6_are_masks() -> None:
    reports = redact(load("healthy")), redact(load("healthy"))
    this, peer = (facts_of_reports(*reports).this, facts_of_reports(*reports).peer)
    assert set(this.local) & set(peer.local), "the same masks, which a comparison would take for one network"
    assert [text for text in neighbours(this, peer).common if ":" in text] == []


def test_the_best_relay_does_not_rest_on_masked_names() -> None:
    plain = Side(home="fra", latency_ms={"fra": 10.0})
    masked = Side(home="region-1", latency_ms={"region-1": 12.0}, masked=True, relays_masked=True)
    vendor = Side(home="fra", latency_ms={"fra": 12.0}, masked=True)
    assert best_relay(masked, masked) == ("", None)
    assert best_relay(plain, masked) == ("", None)
    assert best_relay(masked, plain) == ("fra", None)
    assert best_relay(vendor, plain) == ("fra", 22.0)


def test_masked_relays_are_not_missed_at_the_other_side() -> None:
    one = Side(latency_ms={"fra": 10.0}, silent_relays=frozenset({"region-1"}))
    other = Side(latency_ms={"region-1": 10.0}, silent_relays=frozenset({"fra"}))
    assert ctl_01_no_common_relay.pair_evidence(PairFacts(one, other)).holds is Tri.YES
    other = Side(latency_ms={"region-1": 10.0}, silent_relays=frozenset({"fra"}), masked=True, relays_masked=True)
    assert ctl_01_no_common_relay.pair_evidence(PairFacts(one, other)).holds is Tri.UNKNOWN


@pytest.mark.parametrize("is_masked", [False, True])
def test_what_the_mesh_tells_is_not_held_against_masks(is_masked: bool) -> None:
    """Stale addresses of the peer or of this side, and a report of another network."""
    held = Tri.UNKNOWN if is_masked else Tri.YES
    facts = told_of_peer("192.0.2.99")
    facts = replace(facts, peer=replace(facts.peer, masked=is_masked))
    assert ctl_02_stale_endpoints.pair_evidence(facts).holds is held
    own = told_by("192.0.2.99:41641", "192.168.1.20:41641")
    own = replace(own, this=replace(own.this, masked=is_masked))
    assert ctl_02_stale_endpoints.pair_evidence(own).holds is held
    assert own.status is not None
    report = redact(load("healthy")) if is_masked else load("healthy")
    assert is_elsewhere(own.status, report) is not is_masked


def test_interfaces_of_a_masked_report_are_not_held_against_a_ping() -> None:
    tunnel = InterfaceReport(
        name="wg0", kind="tunnel", up=True, mtu=1420, addresses=("fd00:7:7::2",), default_route=False
    )
    report = msgspec.structs.replace(load("healthy"), interfaces=(tunnel,))
    trial = Trial(answered=(Endpoint.parse("[fd00:7:7::9]:41641"),), is_tried=Tri.YES)
    facts = replace(inside_tunnel(), trial=trial, report=report)
    assert perf_04_inside_tunnel.pair_evidence(facts).holds is Tri.YES
    masked = replace(facts, report=redact(report))
    assert perf_04_inside_tunnel.pair_evidence(masked).holds is Tri.UNKNOWN


def test_the_mesh_names_no_relay_by_a_masked_report() -> None:
    own = told_by("192.0.2.99:41641")
    assert own.status is not None
    plain, masked = (
        pair_facts(own.status, node(), None, report) for report in (load("healthy"), redact(load("healthy")))
    )
    assert masked.this.relays_masked
    assert (plain.near.hidden, masked.near.hidden) == (False, True)
    assert masked.prediction.relay == masked.peer.home
