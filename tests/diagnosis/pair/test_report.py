"""Two sides as one document: the sentence follows the prediction, changes are offered where one helps."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.report import pair_report
from natscope.diagnosis.pair.side import named
from natscope.model.pair_report import PairReport
from tests.reports.scenes import load


def pair(this: str, peer: str) -> PairReport:
    one, other = load(this), load(peer)
    facts = PairFacts(
        this=from_report(one, named("laptop")), peer=from_report(other, named("nas"), peer=True), report=one
    )
    return pair_report(facts, ages=(None, 7.0))


@pytest.mark.parametrize(
    ("this", "peer", "path", "sentence"),
    [
        ("mapping-varies", "full-cone", "direct", "direct, over IPv4."),
        ("mapping-varies", "udp-blocked", "relay", "relay: nothing comes back over UDP at nas."),
        ("mapping-varies", "healthy", "unknown", "not known: whom laptop lets in was not measured."),
    ],
)
def test_the_sentence_follows_the_prediction(this: str, peer: str, path: str, sentence: str) -> None:
    report = pair(this, peer)
    assert report.prediction.path == path
    assert report.sentence == sentence
    assert (report.this.age_s, report.peer.age_s) == (None, 7.0)


def test_changes_are_offered_only_where_something_is_to_change() -> None:
    assert pair("mapping-varies", "full-cone").fixes == ()
    assert pair("mapping-varies", "cgnat").fixes


def test_what_was_measured_through_a_tunnel_is_no_side() -> None:
    assert pair("proxy-tunnel", "full-cone").this.blurred


def test_it_reads_back_the_same() -> None:
    report = pair("mapping-varies", "udp-blocked")
    assert msgspec.json.decode(msgspec.json.encode(report), type=PairReport) == report
    assert [finding.id for finding in report.findings] == ["NS-UDP-01"]
