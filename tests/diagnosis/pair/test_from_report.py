"""A side by its own report."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.classes import Klass, possible
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.side import PEER
from natscope.model.endpoint import Endpoint
from natscope.model.nat import Filtering
from natscope.model.tri import Tri
from tests.reports.scenes import load, names


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("port-restricted", {Klass.C3}),
        ("full-cone", {Klass.C1}),
        ("healthy", {Klass.C1, Klass.C2, Klass.C3}),
        ("mapping-varies", {Klass.P, Klass.H1, Klass.H2, Klass.H}),
        ("udp-blocked", {Klass.B}),
        ("udp-other-ports", {Klass.B}),
    ],
)
def test_classes(name: str, classes: set[Klass]) -> None:
    assert possible(from_report(load(name)).v4) == classes


@pytest.mark.parametrize("name", ["captive-portal", "vpn-tunnel", "proxy-tunnel", "inside-relays", "own-relay"])
def test_what_was_not_measured_here_is_not_known(name: str) -> None:
    side = from_report(load(name))
    assert side.blurred
    assert side.v4.works.value is Tri.UNKNOWN


@pytest.mark.parametrize("name", names())
def test_every_stored_report_is_a_side_with_evidence_that_is_there(name: str) -> None:
    report = load(name)
    side, other = from_report(report), from_report(report, PEER, peer=True)
    ids = {observation.id for observation in report.observations}
    for family in (side.v4, side.v6):
        assert set(family.works.evidence + family.varies.evidence + family.lets_in.evidence) <= ids
    assert all(name.startswith("peer:") for name in other.v4.works.evidence)


def test_an_open_port() -> None:
    side = from_report(load("mapping-proved"))
    assert side.v4.opens.value is Tri.YES
    assert side.v4.opens.strength is Strength.DECISIVE
    assert side.v4.opened
    assert from_report(load("mapping-unreachable")).v4.opens.value is not Tri.YES
    assert from_report(load("no-port-mapping")).v4.service.value is Tri.NO


def test_age() -> None:
    report = load("port-restricted")
    assert from_report(report, age_s=60).v4.lets_in.strength is Strength.DECISIVE
    assert from_report(report, age_s=7200).v4.lets_in.strength is Strength.FACT
    old = from_report(report, age_s=3 * 86_400)
    assert not old.is_measured
    assert "3 d old" in old.missing


def test_a_router_that_shows_private_sources_does_not_count_as_hairpinning() -> None:
    report = load("port-restricted")
    v4 = msgspec.structs.replace(report.nat.v4, hairpinning=Tri.YES, hairpin_source="internal")
    nat = msgspec.structs.replace(report.nat, v4=v4)
    assert from_report(msgspec.structs.replace(report, nat=nat)).v4.hairpin.value is Tri.UNKNOWN


def test_hostile_addresses_are_left_out() -> None:
    side = from_report(load("hostile-names"))
    assert all(isinstance(end, Endpoint) for end in side.endpoints)


def test_relays_that_were_silent() -> None:
    side = from_report(load("dead-relay"))
    assert side.silent_relays == {"syd"}
    assert "fra" in side.latency_ms
    assert "syd" not in side.latency_ms


def test_filtering_unknown_stays_unknown() -> None:
    assert from_report(load("healthy")).v4.lets_in.value is Filtering.UNKNOWN


def test_a_family_that_carries_tcp_alone_is_no_way_for_packets() -> None:
    """Beside UDP over the other family, and by two relays: one alone may have its port closed."""
    report = load("ipv6-udp-dropped")
    works = from_report(report).v6.works
    assert (works.value, works.strength) == (Tri.NO, Strength.FACT)
    tcp = [o for o in report.observations if o.kind in ("https.latency", "relay.check") and o.family == 6]
    rest = tuple(o for o in report.observations if o not in tcp)
    one = msgspec.structs.replace(report, observations=(*rest, tcp[0]))
    assert from_report(one).v6.works.value is Tri.UNKNOWN
