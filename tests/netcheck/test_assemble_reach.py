"""UDP and captive portals: what the evidence forces, and nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.relay_map import RelayMap
from natscope.model.tri import Tri
from natscope.netcheck.assemble_reach import captive_portal, udp_works
from tests.netcheck.lab import region, v4
from tests.netcheck.observed import https, refusal, seen, status, stray, stun

UDP = [
    ("one answer", [stun(1, 10.0), stun(2, None)], Tri.YES),
    ("nothing asked", [], Tri.UNKNOWN),
    ("three silent, one control", [stun(n, None) for n in (1, 2, 3)] + [https(2)], Tri.NO),
    ("an HTTP status is a control", [stun(n, None) for n in (1, 2, 3)] + [status(2)], Tri.NO),
    ("a refused connection is none", [stun(n, None) for n in (1, 2, 3)] + [refusal(2)], Tri.UNKNOWN),
    ("a reset connection is none", [stun(n, None) for n in (1, 2, 3)] + [refusal(2, "reset")], Tri.UNKNOWN),
    ("a bad certificate is a control", [stun(n, None) for n in (1, 2, 3)] + [https(2, Outcome.WRONG)], Tri.NO),
    ("all there are: one", [stun(1, None), https(1)], Tri.NO),
    ("no control", [stun(n, None) for n in (1, 2, 3)], Tri.UNKNOWN),
    ("TCP silent too", [stun(n, None) for n in (1, 2, 3)] + [https(2, Outcome.NO_ANSWER)], Tri.UNKNOWN),
    ("the control is another host", [stun(n, None) for n in (1, 2, 3)] + [https(9)], Tri.UNKNOWN),
    ("ICMP is a control", [stun(1, None), seen("icmp.echo", Outcome.ANSWERED, 1, target=v4(1))], Tri.NO),
    ("port unreachable everywhere", [stun(1, None, outcome=Outcome.ICMP_ERROR, error="refused"), https(1)], Tri.NO),
    ("an answer from elsewhere", [stun(1, None, outcome=Outcome.WRONG, error="other-source"), https(1)], Tri.UNKNOWN),
    ("interrupted", [stun(1, None, outcome=Outcome.CANCELLED), https(1)], Tri.UNKNOWN),
    ("a datagram of no request, from a host that was asked", [stun(1, None), https(1), stray(1)], Tri.UNKNOWN),
    ("a datagram of no request, from a stranger", [stun(1, None), https(1), stray(9)], Tri.NO),
    ("no route", [stun(1, None, outcome=Outcome.LOCAL_ERROR, error="network-unreachable"), https(1)], Tri.UNKNOWN),
    ("local firewall", [stun(1, None, outcome=Outcome.LOCAL_ERROR, error="permission"), https(1)], Tri.NO),
]


@pytest.mark.parametrize(("name", "observations", "expected"), UDP, ids=[row[0] for row in UDP])
def test_udp(name: str, observations: list[Observation], expected: Tri) -> None:
    asked = dict.fromkeys(o.region_id for o in observations if o.region_id)
    works, reason = udp_works(observations, RelayMap(regions=tuple(region(n) for n in asked if n != 9)))
    assert works is expected
    assert bool(reason) is (expected is not Tri.YES)


SILENT_ONE = [stun(1, None), https(1)]
HOSTS = [
    ("four names that could not be looked up", [1, 1, 1, 1, 1], {}, SILENT_ONE, Tri.UNKNOWN),
    ("three of four", [1, 1, 1, 1], {}, [stun(n, None) for n in (1, 2, 3)] + [https(1)], Tri.NO),
    ("two of three", [1, 1, 1], {}, [stun(1, None), stun(2, None), https(1)], Tri.UNKNOWN),
    ("one of two nodes", [2], {}, SILENT_ONE, Tri.UNKNOWN),
    ("one over two families is one", [1, 1], {}, [stun(1, None), stun(1, None, 6), https(1)], Tri.UNKNOWN),
    ("the others serve no STUN", [1, 1], {2: {"stun_port": -1}}, SILENT_ONE, Tri.NO),
    ("the others have no address", [1, 1], {2: {"ipv4": "none", "ipv6": "none"}}, SILENT_ONE, Tri.NO),
]


@pytest.mark.parametrize(("name", "nodes", "fields", "observations", "expected"), HOSTS, ids=[row[0] for row in HOSTS])
def test_udp_is_no_only_when_three_hosts_or_all_of_the_map_were_silent(
    name: str, nodes: list[int], fields: dict[int, Any], observations: list[Observation], expected: Tri
) -> None:
    regions = tuple(region(n, count, node_fields=fields.get(n, {})) for n, count in enumerate(nodes, start=1))
    assert udp_works(observations, RelayMap(regions=regions))[0] is expected


def test_regions_that_must_not_be_measured_are_no_hosts_that_there_are() -> None:
    regions = (region(1), region(2, no_measure_no_home=True))
    assert udp_works(SILENT_ONE, RelayMap(regions=regions))[0] is Tri.NO


def challenge(outcome: Outcome, summary: str = "") -> Observation:
    return seen("captive.challenge", outcome, summary=summary)


CAPTIVE = [
    ("right", [challenge(Outcome.ANSWERED)], Tri.NO),
    ("altered", [challenge(Outcome.WRONG, "redirected")], Tri.YES),
    ("one right beside an altered one", [challenge(Outcome.WRONG), challenge(Outcome.ANSWERED)], Tri.NO),
    ("unclear", [challenge(Outcome.REFUSED, "404")], Tri.UNKNOWN),
    ("silence", [challenge(Outcome.NO_ANSWER)], Tri.UNKNOWN),
    ("nothing", [], Tri.UNKNOWN),
]


@pytest.mark.parametrize(("name", "observations", "expected"), CAPTIVE, ids=[row[0] for row in CAPTIVE])
def test_captive_portal(name: str, observations: list[Observation], expected: Tri) -> None:
    works, reason = captive_portal(observations, ())
    assert works is expected
    if expected is Tri.UNKNOWN:
        assert reason


def test_a_skipped_captive_check_says_why() -> None:
    probe = ProbeOutcome(name="captive_portal", title="", state="skipped", reason="nobody to ask")
    assert captive_portal([], [probe]) == (Tri.UNKNOWN, "nobody to ask")
