"""Servers that tell something else than they saw are found by what they say, and only those."""

from __future__ import annotations

from typing import Any

from natscope.model.observation import Observation, Outcome
from natscope.netcheck.vantage import INSIDE, SAME, believable, liars
from tests.netcheck.observed import report, stun

FIRST, SECOND = "192.168.1.20:41641", "192.168.1.20:50505"
MAPPED, OTHER_MAPPED = "203.0.113.7:41641", "203.0.113.7:50505"
LIE = "192.0.2.66:666"


def said(number: int, mapped: str, local: str = FIRST, kind: str = "stun.binding") -> Observation:
    told: dict[str, Any] = {"data": {"mapped": mapped}, "socket": local}
    base = stun(number, 10.0, **told)
    return Observation(**{f: getattr(base, f) for f in base.__struct_fields__} | {"kind": kind})


def honest(number: int) -> list[Observation]:
    return [said(number, MAPPED), said(number, OTHER_MAPPED, SECOND, "nat.server")]


def test_two_sockets_with_one_endpoint_give_a_liar_away() -> None:
    lying = [said(3, LIE), said(3, LIE, SECOND, "nat.server")]
    (found,) = liars([*honest(1), *honest(2), *lying])
    assert (found.how, found.told, found.truth, found.region_id) == (SAME, LIE, "203.0.113.7", 3)
    assert found.evidence == tuple(o.id for o in lying)


def test_alone_it_is_found_too() -> None:
    (found,) = liars([said(3, LIE), said(3, LIE, SECOND, "nat.server")])
    assert (found.how, found.truth) == (SAME, "")


def test_an_inner_address_beside_public_ones_is_a_bridge() -> None:
    (found,) = liars([*honest(1), said(2, "172.20.0.1:39999"), said(2, "172.20.0.1:40000", SECOND, "nat.server")])
    assert (found.how, found.told) == (INSIDE, "172.20.0.1")


def test_an_inner_address_alone_proves_nothing() -> None:
    """All relays may stand in one network with us, behind one more router."""
    assert liars([said(1, "10.0.0.9:5"), said(2, "10.0.0.9:5")]) == ()


def test_a_relay_that_sees_our_own_address_is_inside_and_right() -> None:
    assert liars([*honest(1), said(2, FIRST), said(2, SECOND, SECOND, "nat.server")]) == ()


def test_another_uplink_or_a_symmetric_nat_is_no_lie() -> None:
    uplink = [said(3, "198.51.100.9:41641"), said(3, "198.51.100.9:50505", SECOND, "nat.server")]
    symmetric = [said(2, "203.0.113.7:9001"), said(2, "203.0.113.7:9002", SECOND, "nat.server")]
    assert liars([*honest(1), *symmetric, *uplink]) == ()


def test_one_socket_asked_twice_is_no_lie() -> None:
    assert liars([said(1, LIE), said(1, LIE), said(2, MAPPED)]) == ()


def test_silence_and_broken_texts_are_passed_over() -> None:
    broken = said(1, "no endpoint")
    assert liars([broken, stun(2, None), said(2, MAPPED, "nowhere")]) == ()


def test_what_it_told_is_believed_by_nobody_and_that_it_answers_is() -> None:
    observations = [*honest(1), *honest(2), said(3, LIE), said(3, LIE, SECOND, "nat.server")]
    kept = believable(observations, liars(observations))
    assert [o.region_id for o in kept] == [1, 1, 2, 2]
    told = report(*observations)
    assert [endpoint.address for endpoint in told.ipv4.endpoints] == ["203.0.113.7"]
    assert told.nat.v4.mapping_varies == "no"
    relay = told.relay(3)
    assert relay is not None
    assert relay.error is not None
    assert (relay.error.code, relay.latency_ms.stun_v4) == ("lies", 10.0)
    assert [r.error for r in told.relays if r.region_id != 3] == [None, None]


def test_without_a_liar_everything_stays() -> None:
    observations = (*honest(1), Observation(id="o99", kind="stun.dropped", probe="stun", outcome=Outcome.WRONG))
    assert believable(observations, liars(observations)) == observations
