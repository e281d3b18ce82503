"""The table of ways: one row each, trials over predictions, hostile lists bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.pair.candidates import MAX_CANDIDATES, candidates, via_of
from natscope.diagnosis.pair.side import FamilySide
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.pair import CandidatePath, Outcome, Via
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import FAILED, NO, neighbour, peer, this, told

PUBLIC, LOCAL = Endpoint.parse("198.51.100.60:41641"), Endpoint.parse("192.168.178.4:41641")


def row(rows: tuple[CandidatePath, ...], via: Via) -> CandidatePath:
    return next(one for one in rows if one.via is via)


def test_a_row_for_each_endpoint_and_each_kind_of_way() -> None:
    rows = candidates(this(), peer())
    assert [(one.via, one.endpoint) for one in rows] == [
        (Via.LAN, str(LOCAL)), (Via.V6, ""), (Via.V4, str(PUBLIC)), (Via.PORT_MAPPING, ""),
    ]  # fmt: skip
    assert [one.result for one in rows] == [Outcome.NO, Outcome.NO, Outcome.DIRECT, Outcome.NO]
    assert all(one.reason for one in rows)


def test_a_pong_makes_a_way_direct_whatever_was_foretold() -> None:
    rows = candidates(this("yes"), peer("yes"), Trial(answered=(PUBLIC,), is_tried=Tri.YES))
    found = row(rows, Via.V4)
    assert (found.result, found.answered, found.reason) == (Outcome.DIRECT, Tri.YES, "it answered")


def test_a_pong_shows_that_its_family_works() -> None:
    """Else the row beside the answer would say that nobody knows."""
    nothing = FamilySide()
    trial = Trial(answered=(PUBLIC,), is_tried=Tri.YES)
    rows = candidates(this(v4=nothing), peer(v4=nothing), trial)
    assert not [one.reason for one in rows if "IPv4 works" in one.reason]
    by_lan = candidates(this(v4=nothing), peer(v4=nothing), Trial(answered=(LOCAL,), is_tried=Tri.YES))
    assert row(by_lan, Via.V4).reason == "whether IPv4 works on your side is not known"


def test_an_endpoint_that_nobody_told_of_and_that_answered_has_a_row() -> None:
    learned = Endpoint.parse("198.51.100.60:9")
    rows = candidates(this(), peer(), Trial(answered=(learned,), is_tried=Tri.YES))
    assert str(learned) in [one.endpoint for one in rows]


def test_silence_beside_a_relay_that_answers_is_no() -> None:
    found = row(candidates(this(), peer(), FAILED), Via.V4)
    assert (found.result, found.answered, found.tried) == (Outcome.NO, Tri.NO, Tri.YES)
    assert "no answer" in found.reason
    expected = row(candidates(this(), peer("yes"), FAILED), Via.V4)
    assert expected.cause == "NS-NAT-02"


def test_an_open_port_serves_everybody() -> None:
    opened = Endpoint.parse("198.51.100.60:50000")
    found = row(candidates(this("yes"), peer("yes", opens=told("yes"), opened=(opened,))), Via.PORT_MAPPING)
    assert found.result is Outcome.DIRECT
    assert row(candidates(this("yes", opens=told("yes")), peer("yes")), Via.PORT_MAPPING).result is Outcome.DIRECT
    blocked = row(candidates(this(udp=NO, works=NO), peer("yes", opens=told("yes"))), Via.PORT_MAPPING)
    assert blocked.result is Outcome.NO
    unknown = row(candidates(this(), peer(opens=told("unknown"))), Via.PORT_MAPPING)
    assert unknown.result is Outcome.UNKNOWN


def test_in_one_network() -> None:
    rows = candidates(this(), neighbour())
    assert row(rows, Via.LAN).result is Outcome.DIRECT
    elsewhere = replace(neighbour(), endpoints=(Endpoint.parse("10.9.9.9:41641"),))
    assert row(candidates(this(), elsewhere), Via.LAN).result is Outcome.UNKNOWN


def test_two_homes_with_the_same_addresses() -> None:
    found = row(candidates(this(), peer(local="192.168.1.77")), Via.LAN)
    assert (found.result, found.cause) == (Outcome.NO, "NS-HOST-03")


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("10.0.0.1:1", Via.LAN), ("100.64.0.9:1", Via.LAN), ("203.0.113.9:1", Via.V4), ("[2001:db8::1]:1", Via.V6),
        ("[fe80::1]:1", Via.LAN), ("224.0.0.1:1", Via.UNKNOWN), ("[fd7a:115c:a1e0::1]:1", Via.UNKNOWN),
    ],
)  # fmt: skip
def test_via_of(text: str, via: Via) -> None:
    assert via_of(Endpoint.parse(text), peer()) is via


def test_a_peer_with_thousands_of_endpoints_stays_a_table() -> None:
    many = tuple(Endpoint.parse(f"198.51.100.60:{port}") for port in range(1, 5000))
    assert len(candidates(this(), replace(peer(), endpoints=many))) <= MAX_CANDIDATES + 6
