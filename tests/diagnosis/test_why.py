"""The chain behind a finding: what stands, what does not and why, and every cited observation is there."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.catalogue import entries
from natscope.diagnosis.engine import diagnose
from natscope.diagnosis.why import Standing, why
from natscope.errors import UserError
from tests.reports.scenes import load


@pytest.mark.parametrize("name", ["udp-blocked", "captive-portal"])
def test_every_cause_stands_as_the_engine_says(name: str) -> None:
    report = diagnose(load(name))
    found = {finding.id: finding for finding in report.findings}
    for entry in entries():
        chain = why(report, entry.id)
        assert (chain.standing is Standing.CLAIMED) == (entry.id in found)
        if entry.id in found:
            assert chain.support.certainty is found[entry.id].certainty
            assert set(found[entry.id].evidence) <= set(chain.observations)


def test_what_was_not_measured_is_named() -> None:
    chain = why(load("no-network"), "NS-NAT-01")
    assert chain.standing is Standing.UNKNOWN
    assert chain.support.missing or chain.against.missing


@pytest.mark.parametrize("name", ["inside-relays", "own-relay"])
@pytest.mark.parametrize("cause", ["NS-NAT-01", "NS-NAT-04", "NS-NAT-09", "NS-MAP-01"])
def test_relays_inside_do_not_show_that_the_way_out_is_sound(name: str, cause: str) -> None:
    assert why(load(name), cause).standing is Standing.UNKNOWN
    assert why(load("full-cone"), cause).standing is Standing.NOT_SEEN


@pytest.mark.parametrize(
    ("name", "hidden", "by"),
    [
        ("captive-portal", "NS-UDP-01", "NS-ENV-06"),
        ("ports-in-a-row", "NS-NAT-01", "NS-NAT-03"),
        ("clock-wrong", "NS-REL-01", "NS-CTL-06"),
    ],
)
def test_a_hidden_finding_says_by_what(name: str, hidden: str, by: str) -> None:
    chain = why(load(name), hidden)
    assert chain.standing is Standing.HIDDEN
    assert chain.hidden_by == (by,)


def test_findings_of_the_file_do_not_matter() -> None:
    report = msgspec.structs.replace(load("udp-blocked"), findings=())
    assert why(report, "ns-udp-01").standing is Standing.CLAIMED


def test_what_takes_two_sides_says_so() -> None:
    for name in ("NS-CTL-01", "NS-NAT-02", "NS-PERF-04"):
        assert why(load("healthy"), name).standing is Standing.TWO_SIDES


def test_an_id_that_nobody_has() -> None:
    with pytest.raises(UserError):
        why(load("healthy"), "NS-XX-99")
