"""The table of ways: one row each, trials over predictions, hostile lists bounded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.pair.candidates import MAX_CANDIDATES, candidates, via_of
from natscope.diagnosis.pair.predict import predict
from natscope.diagnosis.pair.side import PEER, YOU, FamilySide
from natscope.diagnosis.pair.trial import Trial
from natscope.model.endpoint import Endpoint
from natscope.model.pair import CandidatePath, Outcome, Via
from natscope.model.tri import Tri
from tests.diagnosis.pair.scenes import FAILED, NO, YES, neighbour, peer, this, told

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


def test_after_a_failed_trial_only_what_is_there_did_not_answer() -> None:
    """The rows without an address, of a peer whose whole list is known."""
    unknown = FamilySide()
    alone = replace(peer(v4=unknown, v6=unknown), endpoints=(), tells_all=True)
    rows = candidates(this(), alone, FAILED)
    assert {one.via: one.reason for one in rows if one.via in (Via.V4, Via.V6, Via.PORT_MAPPING)} == dict.fromkeys(
        (Via.V4, Via.PORT_MAPPING), "it tells no such address"
    ) | {Via.V6: "your side has no IPv6"}
    assert {one.result for one in rows} == {Outcome.NO}
    public = replace(alone, endpoints=(PUBLIC,))
    opened = row(candidates(this(), public, FAILED), Via.PORT_MAPPING)
    assert opened.reason == "no address that it tells answered, an opened one neither"
    ours = row(candidates(this(opens=told("yes")), alone, FAILED), Via.PORT_MAPPING)
    assert ours.reason.startswith("no answer")
    part = row(candidates(this(), replace(alone, tells_all=False), FAILED), Via.V4)
    assert part.reason.startswith("no answer"), "its addresses are known to the program that tried them"


def test_inside_a_carriers_network() -> None:
    carrier = Endpoint.parse("100.70.3.4:41641")
    assert Via.CGNAT not in {one.via for one in candidates(this(), peer())}
    there = replace(peer(), endpoints=(carrier,))
    found = row(candidates(this(), there), Via.CGNAT)
    assert (found.result, found.endpoint) == (Outcome.NO, str(carrier))
    assert found.reason == "only inside one carrier's network (CGNAT), and your side is in none"
    for here in (replace(this(), layers=2), this(public="198.51.100.60"), replace(this(), endpoints=(carrier,))):
        assert row(candidates(here, there), Via.CGNAT).result is Outcome.UNKNOWN
    assert row(candidates(replace(this("yes"), layers=None), there), Via.CGNAT).result is Outcome.UNKNOWN
    swapped = row(candidates(there, this()), Via.CGNAT)
    assert (swapped.result, swapped.endpoint) == (Outcome.NO, ""), "a way goes both ways"
    blurred = replace(there, blurred="a VPN")
    assert "was not measured: a VPN" in row(candidates(this(), blurred), Via.CGNAT).reason
    six = replace(this(public="198.51.100.60"), v4=FamilySide(works=NO, absent=YES))
    for rows in (candidates(six, there), candidates(replace(there, names=YOU), replace(six, names=PEER))):
        assert row(rows, Via.CGNAT).result is Outcome.NO
    assert row(candidates(six, there), Via.CGNAT).reason == "your side has no IPv4"
    blocked = replace(this(), layers=None, udp=NO, v4=FamilySide(works=NO))
    assert row(candidates(blocked, there), Via.CGNAT).reason == "nothing comes back over UDP on your side"
    answered = Trial(answered=(carrier,), is_tried=Tri.YES)
    assert row(candidates(this(), peer(), answered), Via.CGNAT).result is Outcome.DIRECT


def test_the_question_of_one_carrier_comes_last() -> None:
    """Of several open questions another one is told, such as that of an opened port."""
    there = replace(peer("yes", opens=told("unknown")), endpoints=(Endpoint.parse("100.70.3.4:1"), LOCAL))
    found = predict(replace(this("yes"), layers=None), there)
    assert row(found.candidates, Via.CGNAT).result is Outcome.UNKNOWN
    assert found.reason == "whether the peer's router opens ports was not measured"


def test_two_homes_with_the_same_addresses() -> None:
    found = row(candidates(this(), peer(local="192.168.1.77")), Via.LAN)
    assert (found.result, found.cause) == (Outcome.NO, "NS-HOST-03")


@pytest.mark.parametrize(
    ("text", "via"),
    [
        ("10.0.0.1:1", Via.LAN), ("100.64.0.9:1", Via.CGNAT), ("203.0.113.9:1", Via.V4), ("[2001:db8::1]:1", Via.V6),
        ("[fe80::1]:1", Via.LAN), ("224.0.0.1:1", Via.UNKNOWN), ("[fd7a:115c:a1e0::1]:1", Via.UNKNOWN),
    ],
)  # fmt: skip
def test_via_of(text: str, via: Via) -> None:
    assert via_of(Endpoint.parse(text), peer()) is via


def test_a_peer_with_thousands_of_endpoints_stays_a_table() -> None:
    many = tuple(Endpoint.parse(f"198.51.100.60:{port}") for port in range(1, 5000))
    assert len(candidates(this(), replace(peer(), endpoints=many))) <= MAX_CANDIDATES + 6
