"""Facts say what they rest on, know what is missing, and do not depend on order."""

from __future__ import annotations

import random

import msgspec
import pytest

from natscope.diagnosis.facts import MAX_CITED, Facts, host_of, is_public, ordered
from natscope.model.observation import Observation, Outcome
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.diagnosis.judging import error_of, relay_index, scene, with_observations
from tests.reports.scenes import names

Y, N, U = Tri.YES, Tri.NO, Tri.UNKNOWN


def relay_fact(report: Report, name: str, code: str) -> Tri:
    fact = getattr(Facts(report), name)(report.relays[relay_index(report, code)])
    return fact if isinstance(fact, Tri) else fact.holds


@pytest.mark.parametrize(
    ("scene_name", "code", "stun", "tcp", "up", "alive"),
    [
        ("healthy", "fra", Y, U, U, Y),
        ("stun-closed", "hkg", N, Y, Y, Y),
        ("wrong-certificate", "hkg", Y, Y, Y, Y),
        ("dead-relay", "syd", N, N, N, N),
        ("refused-relay", "syd", N, Y, N, Y),
        ("no-network", "fra", U, U, U, U),
    ],
)
def test_what_is_known_of_a_relay(scene_name: str, code: str, stun: Tri, tcp: Tri, up: Tri, alive: Tri) -> None:
    report = scene(scene_name)
    told = [relay_fact(report, name, code) for name in ("stun_answered", "tcp_answered", "relay_up", "alive")]
    assert told == [stun, tcp, up, alive]


@pytest.mark.parametrize("name", names())
def test_unknown_facts_say_what_would_tell_and_known_ones_cite_what_is_there(name: str) -> None:
    facts = Facts(scene(name))
    ids = {observation.id for observation in facts.observations}
    for fact in (
        facts.udp,
        facts.captive_portal,
        facts.own_rules,
        facts.works(4),
        facts.works(6),
        facts.mapping_varies(4),
        facts.several_addresses(6),
        facts.seen_from_outside,
        facts.others_alive(but=frozenset()),
    ):
        assert fact.holds.known or fact.missing
        assert set(fact.evidence) <= ids
        assert len(fact.evidence) <= MAX_CITED


def test_the_control_must_be_a_host_that_was_silent() -> None:
    def elsewhere(o: Observation) -> Observation:
        return msgspec.structs.replace(o, target="192.0.2.7:443") if o.kind == "https.latency" else o

    report = scene("udp-blocked")
    assert len(Facts(report).relays_up_but_silent) == 9
    assert Facts(with_observations(report, elsewhere)).relays_up_but_silent == ()
    assert Facts(with_observations(report, elsewhere)).hosts_up_but_silent == ()


def test_a_refused_connection_is_a_host_and_no_relay() -> None:
    def refuse(o: Observation) -> Observation:
        if o.kind != "https.latency":
            return o
        return msgspec.structs.replace(o, outcome=Outcome.REFUSED, error="refused")

    facts = Facts(with_observations(scene("udp-blocked"), refuse))
    assert facts.relays_up_but_silent == ()
    assert len(facts.hosts_up_but_silent) == 9


def test_a_relay_inside_this_network_does_not_count_beside_others() -> None:
    report = scene("healthy")
    inner = msgspec.structs.replace(report.ipv4.endpoints[0], address="192.168.1.20")
    four = msgspec.structs.replace(report.ipv4, endpoints=(inner, *report.ipv4.endpoints))
    facts = Facts(msgspec.structs.replace(report, ipv4=four))
    assert [e.address for e in facts.endpoints(4)] == ["203.0.113.24"]
    assert facts.seen_from_outside.holds is Y
    assert Facts(scene("inside-relays")).seen_from_outside.holds is N
    assert Facts(scene("no-network")).seen_from_outside.holds is U


def test_own_rules_are_told_from_silence() -> None:
    def forbid(o: Observation) -> Observation:
        if o.kind != "stun.binding":
            return o
        return msgspec.structs.replace(o, outcome=Outcome.LOCAL_ERROR, error="permission")

    report = scene("udp-blocked")
    assert Facts(report).own_rules.holds is N
    assert Facts(with_observations(report, forbid)).own_rules.holds is Y
    assert Facts(with_observations(report, lambda o: None)).own_rules.holds is U


def test_a_name_that_leads_nowhere() -> None:
    report = scene("dead-relay")
    at = relay_index(report, "syd")
    for said, holds in (("name-not-found", Y), ("name-server-failed", N)):
        lookup = Observation(id="o900", kind="dns.lookup", probe="dns", outcome=Outcome.LOCAL_ERROR, error=said)
        error = msgspec.structs.replace(error_of(report.relays[at]), code="dns", evidence=("o900",))
        relays = list(report.relays)
        relays[at] = msgspec.structs.replace(relays[at], error=error)
        changed = msgspec.structs.replace(report, relays=tuple(relays), observations=(*report.observations, lookup))
        assert relay_fact(changed, "nameless", "syd") is holds


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("203.0.113.1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.1.1", False),
        ("2001:db8::1", True),
        ("fd00::1", False),
        ("fe80::1", False),
        ("", False),
        ("no address", False),
    ],
)
def test_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_host_of() -> None:
    observation = scene("healthy").observations[0]
    assert host_of(observation) == "198.51.100.2"
    assert host_of(msgspec.structs.replace(observation, target="name")) == "name"


def test_ordered_is_bounded_and_natural() -> None:
    shuffled = [f"o{n}" for n in range(100)]
    random.Random(7).shuffle(shuffled)
    assert ordered(tuple(shuffled)) == tuple(f"o{n}" for n in range(MAX_CITED))


def test_a_relay_that_answered_is_not_silent_though_its_round_trip_is_missing() -> None:
    report = scene("healthy")
    first = report.relays[0]
    none = msgspec.structs.replace(first.latency_ms, stun_v4=None, stun_v6=None)
    report = msgspec.structs.replace(report, relays=(msgspec.structs.replace(first, latency_ms=none),))
    facts = Facts(report)
    assert facts.stun_answered(facts.relays[0]).holds is Y


def test_an_endpoint_that_the_report_lacks_is_not_an_address_from_inside() -> None:
    report = scene("home-inside")
    bare = msgspec.structs.replace(report.ipv4, endpoints=())
    part = msgspec.structs.replace(
        report.ipv4, endpoints=tuple(e for e in report.ipv4.endpoints if not is_public(e.address))
    )
    assert Facts(report).seen_from_outside.holds is Y
    assert Facts(msgspec.structs.replace(report, ipv4=part)).seen_from_outside.holds is U
    assert Facts(msgspec.structs.replace(report, ipv4=bare)).seen_from_outside.holds is U
