"""Layers from hops, from the gateway's own word, from our own addresses; what does not follow stays unknown."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.model.endpoint import Family
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport
from natscope.netcheck.assemble_layers import layers_part, place_of
from natscope.netcheck.nat_part import NatInputs, merge
from tests.netcheck.observed import seen, stun


def hop(ttl: int, address: str = "", *, reached: bool = False) -> Observation:
    outcome = Outcome.ANSWERED if reached else Outcome.ICMP_ERROR if address else Outcome.NO_ANSWER
    return seen("path.hop", outcome, source=address, data={"ttl": ttl, "expired": bool(address) and not reached})


def own(*, passed: bool, told: int = 3) -> Observation:
    data = {"ttl": 1, "expired": passed, "controls_told": told}
    return seen("path.own-address", Outcome.NO_ANSWER, data=data)


def external(ip: str) -> Observation:
    return seen("portmap.answer", Outcome.ANSWERED, data={"external": ip})


def judged(*observations: Observation, family: Family = 4, links: LinkFacts | None = None) -> NatFamilyReport:
    return merge((layers_part(NatInputs(family=family, observations=observations, links=links)),))


def known(nat: NatFamilyReport) -> tuple[Any, ...]:
    return nat.layers, nat.cgnat.value, nat.double_nat.value


HOME = (stun(1, 20.0), hop(1, "192.168.1.1"))
PUBLIC = hop(3, "203.0.113.1")
ELSEWHERE = hop(2, "11.20.30.1")
"""A public address far from ours: the provider's first router, or one of a carrier before its own translation."""


@pytest.mark.parametrize(
    ("observations", "truth"),
    [
        ((*HOME, hop(2, "203.0.113.1")), (1, "no", "no")),
        ((*HOME, hop(2, reached=True)), (1, "no", "no")),
        ((*HOME, hop(2, "100.64.0.1"), PUBLIC), (2, "yes", "no")),
        ((*HOME, hop(2, "100.64.0.1"), hop(3, "100.64.9.9"), hop(4, "203.0.113.1")), (2, "yes", "no")),
        ((*HOME, hop(2, "10.0.0.1"), hop(3, "100.64.0.1"), hop(4, "203.0.113.1")), (None, "yes", "unknown")),
        ((*HOME, hop(2), hop(3, "100.64.0.1"), hop(4, "203.0.113.1")), (None, "yes", "unknown")),
        ((*HOME, hop(2, "10.0.0.1"), PUBLIC), (None, "unknown", "unknown")),
        ((*HOME, hop(2), PUBLIC), (None, "unknown", "unknown")),
        ((*HOME, hop(2), hop(3)), (None, "unknown", "unknown")),
        ((*HOME, hop(2, "10.0.0.1"), PUBLIC, external("10.0.0.7")), (2, "unknown", "yes")),
        ((*HOME, hop(2), PUBLIC, external("10.0.0.7")), (None, "unknown", "yes")),
        ((*HOME, hop(2, "100.64.0.1"), PUBLIC, external("100.64.0.9")), (2, "yes", "no")),
        ((*HOME, hop(2), PUBLIC, external("100.64.0.9")), (None, "yes", "no")),
        ((*HOME, hop(2), PUBLIC, external("203.0.113.7")), (1, "no", "no")),
        ((*HOME, hop(2), PUBLIC, external("203.0.113.7:40000")), (1, "no", "no")),
        ((*HOME, external("198.51.100.99")), (None, "unknown", "unknown")),
        ((*HOME, external("0.0.0.0")), (None, "unknown", "unknown")),
        ((*HOME, hop(2), PUBLIC, own(passed=False)), (1, "no", "no")),
        ((*HOME, hop(2), PUBLIC, own(passed=False, told=1)), (None, "unknown", "unknown")),
        ((*HOME, hop(2, "100.64.0.1"), PUBLIC, own(passed=False)), (1, "no", "no")),
        ((*HOME, hop(2, "100.64.0.1"), PUBLIC, own(passed=True)), (2, "yes", "no")),
        ((*HOME, hop(2, "10.0.0.1"), PUBLIC, own(passed=True)), (None, "unknown", "unknown")),
        ((*HOME, ELSEWHERE), (None, "unknown", "unknown")),
        ((*HOME, ELSEWHERE, own(passed=True)), (None, "unknown", "unknown")),
        ((*HOME, ELSEWHERE, own(passed=False)), (1, "no", "no")),
        ((*HOME, ELSEWHERE, own(passed=False, told=0)), (None, "unknown", "unknown")),
        ((*HOME, ELSEWHERE, external("203.0.113.7")), (1, "no", "no")),
        ((*HOME, hop(2, "203.0.113.1"), own(passed=True)), (None, "unknown", "unknown")),
        ((stun(1, 20.0), hop(1, "100.64.0.1"), ELSEWHERE), (None, "unknown", "unknown")),
        ((stun(1, 20.0), hop(1, "100.64.0.1"), hop(2, "203.0.113.1")), (1, "unknown", "no")),
        ((stun(1, 20.0), hop(1, "203.0.113.1")), (None, "unknown", "unknown")),
        ((stun(1, 20.0, socket="203.0.113.7:41641"), hop(1, "10.9.9.9")), (0, "no", "no")),
        ((stun(1, 20.0, data={"mapped": "192.168.7.7:41641"}), hop(1, "192.168.1.1")), (None, "unknown", "unknown")),
        ((stun(1, None), hop(1, "192.168.1.1")), (None, "unknown", "unknown")),
        ((), (None, "unknown", "unknown")),
    ],
)
def test_what_follows(observations: tuple[Observation, ...], truth: tuple[Any, ...]) -> None:
    nat = judged(*observations)
    assert known(nat) == truth
    for field, value in zip(("layers", "cgnat", "double_nat"), truth, strict=True):
        assert (field in nat.reasons) == (value in (None, "unknown"))
    assert bool(nat.layers_by) == (nat.layers is not None)


def test_what_would_tell_is_said() -> None:
    assert "--full" in judged(*HOME, ELSEWHERE).reasons["layers"]
    passed = own(passed=True)
    nat = judged(*HOME, ELSEWHERE, passed)
    assert "another one behind it has it" in nat.reasons["cgnat"]
    assert passed.id in nat.evidence
    assert [hop.translates.value for hop in nat.hops] == ["unknown", "unknown"]
    assert judged(*HOME, hop(2, "203.0.113.1")).layers_by == "our public address is of the second router's network"


def test_the_routing_table_names_a_silent_gateway() -> None:
    gateway = ipaddress.ip_address("192.168.1.1")
    links = LinkFacts(default_routes=(DefaultRoute(4, "eth0", gateway),))
    nat = judged(stun(1, 20.0), hop(1), hop(2, "203.0.113.1"), links=links)
    assert (nat.layers, nat.hops[0].address) == (1, "192.168.1.1")
    assert judged(stun(1, 20.0), hop(1), hop(2, "203.0.113.1")).layers is None


def test_what_leaves_through_a_tunnel_is_not_judged() -> None:
    tunnel = Interface("tun0", 5, "tunnel", True, 1280, (ipaddress.ip_address("100.101.102.103"),))
    mine = stun(1, 20.0, socket="100.101.102.103:41641")
    nat = judged(mine, hop(1, "100.64.0.1"), hop(2, "203.0.113.1"), links=LinkFacts(interfaces=(tunnel,)))
    assert known(nat) == (None, "unknown", "unknown")
    assert "tunnel" in nat.reasons["cgnat"]


def test_ipv6() -> None:
    assert known(judged(stun(1, 20.0, 6), family=6)) == (0, "no", "no")
    other = stun(1, 20.0, 6, data={"mapped": "[2001:db8:9::1]:41641"})
    assert known(judged(other, family=6)) == (None, "unknown", "unknown")
    through_nat64 = stun(1, 20.0, 6, data={"mapped": "203.0.113.10:41641"})
    assert known(judged(through_nat64, family=6)) == (1, "unknown", "no")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.1.2.3", "private"), ("172.16.0.1", "private"), ("192.168.0.1", "private"), ("100.64.0.1", "shared"),
        ("203.0.113.1", "public"), ("2001:db8::1", "public"), ("fd00::1", "private"), ("", "unknown"),
        ("169.254.0.1", "unknown"), ("fe80::1", "unknown"), ("127.0.0.1", "unknown"), ("rubbish", "unknown"),
    ],
)  # fmt: skip
def test_places(address: str, place: str) -> None:
    assert place_of(address) == place
