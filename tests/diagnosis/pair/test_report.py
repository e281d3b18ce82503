"""Two sides as one document: the sentence follows the prediction, changes are offered where one helps."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from natscope.diagnosis.cause import Strength
from natscope.diagnosis.pair.facts import PairFacts
from natscope.diagnosis.pair.from_report import from_report
from natscope.diagnosis.pair.report import pair_report
from natscope.diagnosis.pair.side import named
from natscope.model.pair_report import PairReport
from tests.diagnosis.pair.scenes import peer, this, told
from tests.reports.scenes import load


def pair(name: str, peer_name: str) -> PairReport:
    one, other = load(name), load(peer_name)
    facts = PairFacts(
        this=from_report(one, named("laptop")), peer=from_report(other, named("nas"), peer=True), report=one
    )
    return pair_report(facts, ages=(None, 7.0))


@pytest.mark.parametrize(
    ("name", "peer_name", "path", "sentence"),
    [
        ("mapping-varies", "full-cone", "direct", "direct, over IPv4."),
        ("mapping-varies", "udp-blocked", "relay", "relay: nothing comes back over UDP at nas."),
        ("mapping-varies", "healthy", "unknown", "not known: whom laptop lets in was not measured."),
        ("mapping-varies", "single-region", "unknown", "not known: whether nas has one public port for all."),
        (
            "mapping-varies",
            "port-restricted",
            "unknown",
            "relayed, unless laptop's router opens a port (not measured).",
        ),
        (
            "no-port-mapping",
            "cloud-machine",
            "unknown",
            "relayed, unless nas's router opens a port (not measured).",
        ),
    ],
)
def test_the_sentence_follows_the_prediction(name: str, peer_name: str, path: str, sentence: str) -> None:
    report = pair(name, peer_name)
    assert report.prediction.path == path
    assert report.sentence == sentence
    assert (report.this.age_s, report.peer.age_s) == (None, 7.0)


@pytest.mark.parametrize(
    ("burns", "sentence"),
    [
        ("this", "direct, over IPv4, if laptop begins."),
        ("peer", "direct, over IPv4, if nas begins."),
        ("both", "direct, over IPv4, if both send at the same moment."),
        ("", "direct, over IPv4."),
    ],
)
def test_it_is_direct_only_if_the_right_side_begins(burns: str, sentence: str) -> None:
    yes, unknown = told("yes", Strength.FACT), told("unknown")
    one = replace(this(burns=yes if burns in ("this", "both") else unknown), names=named("laptop"))
    other = replace(peer(burns=yes if burns in ("peer", "both") else unknown), names=named("nas"))
    assert pair_report(PairFacts(one, other), ages=(None, None)).sentence == sentence


def test_changes_are_offered_only_where_something_is_to_change() -> None:
    assert pair("mapping-varies", "full-cone").fixes == ()
    assert pair("mapping-varies", "cgnat").fixes


def test_what_was_measured_through_a_tunnel_is_no_side() -> None:
    assert pair("proxy-tunnel", "full-cone").this.blurred


def test_it_reads_back_the_same() -> None:
    report = pair("mapping-varies", "udp-blocked")
    assert msgspec.json.decode(msgspec.json.encode(report), type=PairReport) == report
    assert [finding.id for finding in report.findings] == ["NS-UDP-01"]
