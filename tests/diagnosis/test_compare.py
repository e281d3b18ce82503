"""What counts as a change between two reports, and what is chance."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.diagnosis.compare import Change, compare
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.reports.scenes import load, names


def relay_changed(report: Report, **fields: Any) -> Report:
    first, *rest = report.relays
    return msgspec.structs.replace(report, relays=(msgspec.structs.replace(first, **fields), *rest))


@pytest.mark.parametrize("name", names())
def test_a_report_does_not_differ_from_itself(name: str) -> None:
    assert compare(load(name), load(name)) == ()


def test_a_new_finding_and_a_gone_one() -> None:
    changes = compare(load("healthy"), load("udp-blocked"))
    assert Change("verdict", "direct connections", "likely", "no") in changes
    new = next(change for change in changes if change.what == "NS-UDP-01")
    assert new.before == ""
    gone = next(change for change in compare(load("udp-blocked"), load("healthy")) if change.what == "NS-UDP-01")
    assert (gone.before, gone.after) == (new.after, "")


def test_what_became_unknown_is_no_change_of_behaviour() -> None:
    changes = compare(load("healthy"), load("udp-blocked"))
    assert not any(change.matters for change in changes if change.after == "unknown" and change.part == "router")


def test_what_was_not_measured_again_is_not_gone() -> None:
    before, after = load("udp-blocked"), load("no-network")
    change = next(change for change in compare(before, after) if change.what == "NS-UDP-01")
    assert change.after == "not known any more"
    assert not change.matters
    hidden = next(c for c in compare(before, load("captive-portal")) if c.what == "NS-UDP-01")
    assert (hidden.after, hidden.matters) == ("not known any more", False)
    changes = compare(load("healthy"), msgspec.structs.replace(load("healthy"), udp=Tri.UNKNOWN))
    assert [(change.what, change.matters) for change in changes] == [("UDP", False)]


@pytest.mark.parametrize(("factor", "add", "seen"), [(1.1, 0.0, False), (1.0, 9.0, False), (3.0, 50.0, True)])
def test_a_round_trip_changes_beyond_noise_only(factor: float, add: float, seen: bool) -> None:
    report = load("healthy")
    times = report.relays[0].latency_ms
    assert times.stun_v4 is not None
    assert times.stun_v6 is not None
    for family, time in (("v4", times.stun_v4), ("v6", times.stun_v6)):
        slower = msgspec.structs.replace(times, **{f"stun_{family}": time * factor + add})
        changes = compare(report, relay_changed(report, latency_ms=slower))
        assert [change.what for change in changes] == [f"nyc, round trip over IP{family}"] * seen


def test_loss_and_a_broken_relay() -> None:
    report = load("healthy")
    assert [c.what for c in compare(report, relay_changed(report, loss=0.5))] == ["nyc, lost"]
    assert compare(report, relay_changed(report, loss=0.1)) == ()
    changes = compare(load("healthy"), load("dead-relay"))
    assert any(change.part == "relay" and change.before == "sound" for change in changes)


def test_another_address_is_told_but_does_not_matter() -> None:
    report = load("healthy")
    moved = tuple(msgspec.structs.replace(e, address="203.0.113.99") for e in report.ipv4.endpoints)
    other = msgspec.structs.replace(report, ipv4=msgspec.structs.replace(report.ipv4, endpoints=moved))
    (change,) = compare(report, other)
    assert not change.matters
