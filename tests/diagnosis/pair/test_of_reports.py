"""Two stored reports as a pair."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from natscope.diagnosis.pair.of_reports import explain_reports, facts_of_reports
from natscope.diagnosis.pair.side import YOU, named
from natscope.model.pair import Blame
from natscope.model.report import Report
from tests.reports.scenes import load, names


def called(name: str, host: str, public: str = "") -> Report:
    """A stored report of another computer; its public address replaced, else both would be behind one router."""
    text = (msgspec.json.encode(load(name))).replace(b"203.0.113.24", public.encode() or b"203.0.113.24")
    report = msgspec.json.decode(text, type=Report)
    return msgspec.structs.replace(report, host=msgspec.structs.replace(report.host, name=host))


def test_names_are_those_of_the_computers() -> None:
    facts = facts_of_reports(called("healthy", "laptop"), called("port-restricted", "nas", "198.51.100.9"))
    assert (facts.this.called, facts.peer.whose) == ("laptop", "nas's")
    same = facts_of_reports(load("healthy"), load("healthy"))
    assert (same.this.names, same.peer.called) == (YOU, "the peer")
    given = facts_of_reports(load("healthy"), load("healthy"), names=(YOU, named("b")))
    assert given.peer.called == "b"


def test_direct() -> None:
    facts = facts_of_reports(called("full-cone", "laptop"), called("port-restricted", "nas", "198.51.100.9"))
    found = explain_reports(facts)
    assert found.short == "direct, IPv4"
    assert (found.blame, found.peer_command) == (Blame.NOBODY, "")


def test_relayed_names_the_side_and_its_owner() -> None:
    facts = facts_of_reports(called("mapping-varies", "laptop"), called("port-restricted", "nas", "192.0.2.9"))
    found = explain_reports(facts)
    assert found.causes[0] == "NS-NAT-02"
    assert found.sentence.startswith("laptop's router picks")
    assert "owner of laptop" in {fix.who for fix in found.fixes}


def test_an_old_report_says_less() -> None:
    one, other = called("mapping-varies", "laptop"), called("port-restricted", "nas", "192.0.2.9")
    found = explain_reports(facts_of_reports(one, other, ages_s=(None, 5 * 86_400.0)))
    assert "NS-NAT-02" not in found.causes


@pytest.mark.parametrize("name", [name for name in names() if name != "many-regions"])
def test_every_stored_report_beside_every_kind(name: str) -> None:
    """Nothing raises, nothing is empty, and both ways agree."""
    for other in ("port-restricted", "mapping-varies", "hostile-names"):
        one, two = called(name, "a"), called(other, "b", "192.0.2.9")
        paths = set()
        for first, second in itertools.permutations((one, two)):
            facts = facts_of_reports(first, second)
            found = explain_reports(facts)
            paths.add(facts.prediction.path)
            assert found.short
            assert len(found.short) <= 40
            assert found.sentence
            assert all(row.reason for row in facts.prediction.candidates)
        assert len(paths) == 1
