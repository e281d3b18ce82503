"""IPv4 and IPv6: what an answer, a silence, a refusal and this host's own tables force."""

from __future__ import annotations

import pytest

from natscope.host.api import LinkFacts
from natscope.model.observation import Observation, Outcome
from natscope.model.tri import Tri
from natscope.netcheck.assemble_families import family_report
from natscope.netcheck.options import NetcheckOptions
from tests.netcheck.fake_host import LINKS
from tests.netcheck.observed import https, links, ping, refusal, seen, status, stun

GLOBAL = links("2001:db8::9", "fe80::9", "192.168.1.20", routes=(4, 6))
FAMILY = [
    ("works", GLOBAL, [stun(1, 10.0, 6)], Tri.YES, "works"),
    ("works over TCP", GLOBAL, [stun(1, None, 6), https(1, family=6)], Tri.YES, "works"),
    ("works on loopback without addresses", links("192.168.1.20", routes=(4,)), [stun(1, 1.0, 6)], Tri.YES, "works"),
    ("no address", links("192.168.1.20", routes=(4,)), [], Tri.NO, "absent"),
    ("no support", links("2001:db8::9", routes=(6,), os_ipv6=False), [], Tri.NO, "absent"),
    ("link-local only", links("fe80::9", "192.168.1.20", routes=(4,)), [], Tri.NO, "link-local-only"),
    ("unique local, no route", links("fd00::9", "192.168.1.20", routes=(4,)), [], Tri.NO, "absent"),
    ("global, no route", links("2001:db8::9", "192.168.1.20", routes=(4,)), [], Tri.NO, "broken"),
    ("silence beside IPv4", GLOBAL, [stun(1, None, 6), stun(1, 10.0)], Tri.NO, "broken"),
    ("UDP silent beside IPv4 over TCP", GLOBAL, [stun(1, None, 6), stun(1, None), https(1)], Tri.UNKNOWN, "unknown"),
    ("UDP silent beside a ping over IPv4", GLOBAL, [stun(1, None, 6), ping(1)], Tri.UNKNOWN, "unknown"),
    ("a ping silent beside one of IPv4", GLOBAL, [ping(1, 6, Outcome.NO_ANSWER), ping(1)], Tri.NO, "broken"),
    ("a refused connection is none", GLOBAL, [stun(1, None, 6), refusal(1, family=6)], Tri.UNKNOWN, "unknown"),
    (
        "a reset connection beside IPv4",
        GLOBAL,
        [stun(1, None, 6), refusal(1, "reset", 6), stun(1, 9.0)],
        Tri.UNKNOWN,
        "unknown",
    ),
    ("silence alone", GLOBAL, [stun(1, None, 6), stun(1, None)], Tri.UNKNOWN, "unknown"),
    ("not asked", GLOBAL, [stun(1, 10.0)], Tri.UNKNOWN, "unknown"),
    ("interrupted", GLOBAL, [stun(1, None, 6, outcome=Outcome.CANCELLED), stun(1, 9.0)], Tri.UNKNOWN, "unknown"),
    ("no link facts", None, [], Tri.UNKNOWN, "unknown"),
]


@pytest.mark.parametrize(("name", "facts", "observations", "works", "state"), FAMILY, ids=[row[0] for row in FAMILY])
def test_ipv6(name: str, facts: LinkFacts | None, observations: list[Observation], works: Tri, state: str) -> None:
    made = family_report(6, facts, observations, NetcheckOptions())
    assert (made.works, made.state) == (works, state)
    assert bool(made.reason) is (state != "works")


def test_relays_that_were_looked_at_one_by_one_count_where_nothing_else_came_back() -> None:
    silent = [stun(1, None, 6), stun(1, 10.0)]
    assert family_report(6, GLOBAL, [*silent, check(1, Outcome.NO_ANSWER)], NetcheckOptions()).state == "broken"
    for spoke in (check(1, Outcome.ANSWERED), check(1, Outcome.WRONG, error="certificate-expired")):
        made = family_report(6, GLOBAL, [*silent, spoke], NetcheckOptions())
        assert (made.works, made.state, made.evidence) == (Tri.YES, "works", (spoke.id,))
        assert made.reason == "relays answered over TCP only"
    answered = stun(2, 10.0, 6)
    assert family_report(6, GLOBAL, [answered, check(1, Outcome.ANSWERED)], NetcheckOptions()).evidence == (
        answered.id,
    )


def check(number: int, outcome: Outcome, **fields: str) -> Observation:
    return seen("relay.check", outcome, number, 6, target=f"[2001:db8::{number}]:443", **fields)


def test_a_host_that_stays_silent_on_several_ways_is_one_host() -> None:
    silent = [stun(1, None, 6), https(1, Outcome.NO_ANSWER, 6), ping(1, 6, Outcome.NO_ANSWER), stun(2, None, 6)]
    assert family_report(6, GLOBAL, silent, NetcheckOptions()).reason.startswith("none of 2 relays answered over IPv6")


@pytest.mark.parametrize("answer", [https(1, Outcome.WRONG, 6, error="certificate-expired"), status(1, 6)])
def test_an_answer_that_is_not_as_it_should_be_came_back_all_the_same(answer: Observation) -> None:
    made = family_report(6, GLOBAL, [stun(1, None, 6), answer], NetcheckOptions())
    assert (made.works, made.reason) == (Tri.YES, "a relay answered over TCP, though not as it should")
    assert made.evidence == (answer.id,)


FOUR = [
    ("only UDP was tried", [stun(1, None), stun(1, 9.0, 6)], Tri.UNKNOWN, "nothing but UDP was tried"),
    ("nothing of the other family", [stun(1, None)], Tri.UNKNOWN, "(over UDP), nor the same way over IPv6"),
    (
        "TCP silent too",
        [stun(1, None), https(1, Outcome.NO_ANSWER), stun(1, 9.0, 6)],
        Tri.NO,
        "no relay answered over IPv4 (over UDP and TCP), while IPv6 was answered (over UDP)",
    ),
    ("ping silent too", [stun(1, None), ping(1, 4, Outcome.NO_ANSWER), stun(1, 9.0, 6)], Tri.NO, "over UDP and ICMP"),
    ("TCP refused", [stun(1, None), refusal(1), stun(1, 9.0, 6)], Tri.UNKNOWN, "refused, by a relay or by a firewall"),
]


@pytest.mark.parametrize(("name", "observations", "works", "words"), FOUR, ids=[row[0] for row in FOUR])
def test_ipv4_is_no_only_when_more_than_udp_was_silent(
    name: str, observations: list[Observation], works: Tri, words: str
) -> None:
    made = family_report(4, GLOBAL, observations, NetcheckOptions())
    assert made.works is works
    assert words in made.reason


def test_ipv6_that_is_silent_over_udp_says_so() -> None:
    made = family_report(6, GLOBAL, [stun(1, None, 6), stun(1, 9.0)], NetcheckOptions())
    assert made.reason == "no relay answered over IPv6 (over UDP), while IPv4 was answered (over UDP)"


def test_a_socket_is_no_proof_of_a_family_that_is_switched_off() -> None:
    opened = seen("udp.socket", Outcome.ANSWERED, family=6, region_id=None)
    off = links("192.168.1.20", routes=(4,), os_ipv6=False)
    made = family_report(6, off, [opened], NetcheckOptions())
    assert (made.os_support, made.reason) == (Tri.NO, "this system has no IPv6")
    assert family_report(6, None, [opened], NetcheckOptions()).os_support is Tri.YES
    assert family_report(6, GLOBAL, [], NetcheckOptions()).os_support is Tri.YES
    assert family_report(6, off, [opened, stun(1, 9.0, 6)], NetcheckOptions()).os_support is Tri.YES


def test_endpoints_are_grouped_by_what_relays_saw() -> None:
    made = family_report(4, LINKS, [stun(2, 9.0), stun(1, 8.0), stun(1, 7.0)], NetcheckOptions())
    assert [(e.address, e.port, e.seen_by, e.local, len(e.evidence)) for e in made.endpoints] == [
        ("203.0.113.7", 41641, (1, 2), "192.168.1.20:41641", 3)
    ]
