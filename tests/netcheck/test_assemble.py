"""From records to reports: what the evidence forces, and nothing more."""

from __future__ import annotations

import ipaddress
from typing import Any

import msgspec
import pytest

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.model.nat import Mapping
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.relay_map import RelayMap
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.assemble_families import family_report
from natscope.netcheck.assemble_port_mapping import port_mapping_report
from natscope.netcheck.assemble_reach import captive_portal, udp_works
from natscope.netcheck.history import History, Reading
from natscope.netcheck.home import next_history
from natscope.netcheck.link_record import IdentityRecord, LinkRecord
from natscope.netcheck.options import NetcheckOptions
from natscope.netcheck.record import RunRecord
from natscope.netcheck.relay_latency import relay_reports
from tests.netcheck.fake_host import LINKS
from tests.netcheck.lab import loaded, region, v4, v6

IDENTITY = IdentityRecord(name="host", os="Debian", kernel="6.1", architecture="x86_64", python="3.11")
COUNTER = iter(range(1, 1_000_000))


def seen(kind: str, outcome: Outcome, number: int = 1, family: int = 4, **fields: Any) -> Observation:
    """An observation about region `number`."""
    target = f"{v4(number)}:3478" if family == 4 else f"[{v6(number)}]:3478"
    values: dict[str, Any] = {"target": target, "family": family, "region_id": number, "node": f"{number}a"} | fields
    return Observation(id=f"o{next(COUNTER)}", kind=kind, probe="test", outcome=outcome, **values)


def stun(number: int, rtt_ms: float | None, family: int = 4, **fields: Any) -> Observation:
    if rtt_ms is None:
        return seen("stun.binding", fields.pop("outcome", Outcome.NO_ANSWER), number, family, bytes_sent=40, **fields)
    mapped = "203.0.113.7:41641" if family == 4 else "[2001:db8:1::20]:41641"
    local = "192.168.1.20:41641" if family == 4 else "[2001:db8:1::20]:41641"
    values = {"socket": local, "rtt_ms": rtt_ms, "sent_ms": 1.0, "received_ms": 1.0 + rtt_ms, "bytes_sent": 40} | fields
    values.setdefault("data", {"mapped": mapped})
    return seen("stun.binding", Outcome.ANSWERED, number, family, **values)


def https(number: int, outcome: Outcome = Outcome.ANSWERED, family: int = 4, **fields: Any) -> Observation:
    target = f"{v4(number)}:443" if family == 4 else f"[{v6(number)}]:443"
    if outcome is Outcome.ANSWERED:
        fields.setdefault("rtt_ms", 30.0)
    return seen("https.latency", outcome, number, family, target=target, **fields)


def ping(number: int, family: int = 4, outcome: Outcome = Outcome.ANSWERED) -> Observation:
    return seen("icmp.echo", outcome, number, family, target=v4(number) if family == 4 else v6(number))


def refusal(number: int, error: str = "refused", family: int = 4) -> Observation:
    return https(number, Outcome.REFUSED, family, error=error)


def status(number: int, family: int = 4) -> Observation:
    return https(number, Outcome.REFUSED, family, error="http-status")


def stray(number: int) -> Observation:
    """A datagram with an unknown transaction id from the address of region `number`."""
    data = {"counts": {"unknown-transaction": 1}, "sources": {"unknown-transaction": [f"{v4(number)}:3478"]}}
    return Observation(
        id=f"o{next(COUNTER)}", kind="stun.dropped", probe="test", outcome=Outcome.WRONG, family=4, data=data
    )


def record(*observations: Observation, regions: int = 3, **fields: Any) -> RunRecord:
    values: dict[str, Any] = {
        "natscope": "0.1",
        "run_id": "0011223344556677",
        "started_at": "2026-11-24T12:00:00Z",
        "duration_ms": 300.0,
        "options": NetcheckOptions(),
        "identity": IDENTITY,
        "loaded_map": loaded(*(region(n) for n in range(1, regions + 1))),
        "links": LinkRecord.of(LINKS),
        "observations": observations,
    }
    return RunRecord(**(values | fields))


def report(*observations: Observation, **fields: Any) -> Report:
    return assemble(record(*observations, **fields))


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


def links(*addresses: str, routes: tuple[int, ...] = (), **fields: Any) -> LinkFacts:
    parsed = tuple(ipaddress.ip_address(a) for a in addresses)
    gateways = {4: ipaddress.ip_address("192.168.1.1"), 6: ipaddress.ip_address("fe80::1")}
    return LinkFacts(
        interfaces=(Interface("eth0", 2, "ethernet", True, 1500, parsed),),
        default_routes=tuple(DefaultRoute(family, "eth0", gateways[family]) for family in (4, 6) if family in routes),
        **({"os_ipv6": True, "os_ipv4": True} | fields),
    )


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


def test_nat_fields_repeat_ipv4_or_ipv6_where_only_that_works() -> None:
    six = [stun(n, 10.0, 6) for n in (1, 2)]
    assert report(*six).nat.mapping is Mapping.NONE
    four = [stun(n, 10.0) for n in (1, 2)]
    both = report(*four, *six)
    assert (both.nat.mapping, both.nat.v6.mapping) == (Mapping.ENDPOINT_INDEPENDENT, Mapping.NONE)
    assert report().nat.mapping is Mapping.UNKNOWN


def test_everything_unknown_of_the_nat_has_a_reason() -> None:
    for nat in (report().nat.v4, report(stun(1, 10.0)).nat.v4):
        for name in ("mapping", "mapping_varies", "filtering", "hairpinning", "port_allocation", "several_addresses"):
            if str(getattr(nat, name)) == "unknown":
                assert nat.reasons[name]
        assert nat.layers is None
        assert nat.reasons["layers"]


def test_addresses_that_changed_during_the_run_give_no_verdict() -> None:
    changed = Observation(id="o9", kind="host.links", probe="run", outcome=Outcome.WRONG, error="changed")
    nat = report(stun(1, 10.0), stun(2, 10.0), changed).nat.v4
    assert nat.mapping is Mapping.UNKNOWN
    assert "changed" in nat.reasons["mapping"]


def test_relay_medians_best_loss_and_jitter() -> None:
    samples = [stun(1, rtt, sent_ms=float(at)) for at, rtt in ((0, 10.0), (100, 14.0), (200, 12.0))]
    relay = relay_reports(RelayMap(regions=(region(1),)), [*samples, stun(1, None)])[0]
    assert (relay.latency_ms.stun_v4, relay.best_ms.stun_v4) == (12.0, 10.0)
    assert (relay.samples, relay.loss, relay.jitter_ms) == (3, 0.25, 3.0)
    assert relay.error is None
    assert relay.evidence == tuple(o.id for o in samples)


def test_the_median_is_of_one_node() -> None:
    other = stun(1, 90.0, target=f"{v4(1, 1)}:3478", node="1b")
    relay = relay_reports(RelayMap(regions=(region(1, 2),)), [stun(1, 10.0), other, stun(1, 12.0)])[0]
    assert relay.latency_ms.stun_v4 == 11.0
    assert relay.node == "1a"


ERRORS = [
    ("silent", [stun(1, None)], "no-answer"),
    ("port unreachable", [stun(1, None, outcome=Outcome.ICMP_ERROR, error="refused")], "icmp"),
    ("certificate, STUN works", [stun(1, 9.0), https(1, Outcome.WRONG, error="certificate-expired")], "certificate"),
    ("HTTP status", [stun(1, 9.0), https(1, Outcome.REFUSED, error="http-status")], "http-status"),
    ("HTTPS silent, STUN works", [stun(1, 9.0), https(1, Outcome.NO_ANSWER, error="timeout")], "https-timeout"),
    ("no route", [stun(1, None, outcome=Outcome.LOCAL_ERROR, error="network-unreachable")], "network-unreachable"),
    ("other source", [stun(1, None, outcome=Outcome.WRONG, error="other-source")], "other-source"),
    ("interrupted", [stun(1, None, outcome=Outcome.CANCELLED)], None),
    ("well", [stun(1, 9.0), https(1)], None),
    ("bad certificate at one of two", [stun(1, 9.0), https(1, Outcome.WRONG, error="certificate"), https(1)], None),
    ("name", [seen("dns.lookup", Outcome.NO_ANSWER, target="r1a.relay.test", error="timeout")], "dns"),
]


@pytest.mark.parametrize(("name", "observations", "code"), ERRORS, ids=[row[0] for row in ERRORS])
def test_relay_errors(name: str, observations: list[Observation], code: str | None) -> None:
    if name == "name":
        observations = [msgspec.structs.replace(observations[0], region_id=None)]
    error = relay_reports(RelayMap(regions=(region(1),)), observations)[0].error
    assert (error.code if error else None) == code
    if error:
        assert error.message
        assert error.evidence


def test_regions_that_must_not_be_measured() -> None:
    relay = relay_reports(RelayMap(regions=(region(1, no_measure_no_home=True),)), [])[0]
    assert (relay.measured, relay.error, relay.loss) == (False, None, None)


def test_port_mapping_is_no_only_without_a_private_gateway() -> None:
    assert port_mapping_report(links("192.0.2.4"), []).upnp.state is Tri.NO
    assert port_mapping_report(LinkFacts(routes_known=False), []).upnp.state is Tri.UNKNOWN
    assert port_mapping_report(None, []).pcp.state is Tri.UNKNOWN
    asked = port_mapping_report(links("192.168.1.20", routes=(4,)), []).nat_pmp
    assert (asked.state, asked.gateway) == (Tri.UNKNOWN, "192.168.1.1")
    assert asked.reason


def test_home_is_the_nearest_over_udp_even_when_https_is_faster_elsewhere() -> None:
    made = report(stun(1, 40.0), stun(2, 20.0), https(3, rtt_ms=1.0))
    assert made.preferred_relay.region_id == 2


def test_home_over_https_where_udp_is_dead() -> None:
    made = report(https(3, rtt_ms=1.0), https(1, rtt_ms=9.0))
    assert made.preferred_relay.region_id == 3
    assert "TCP" in made.preferred_relay.reason


def test_home_stays_unless_clearly_better() -> None:
    at = 1795521540.0  # a minute before the run
    history = History(home=1, readings=(Reading(at=at, latency_s={1: 0.03}),))
    made = record(stun(1, 30.0), stun(2, 25.0), history=history)
    preferred = assemble(made).preferred_relay
    assert preferred.region_id == 1
    assert preferred.reason == "kept: r2 is nearer, but not by enough to move"
    assert next_history(made, assemble(made).relays).home == 1


def test_a_run_that_measured_nothing_keeps_the_history() -> None:
    history = History(home=1, readings=(Reading(at=1795521540.0, latency_s={1: 0.03}),))
    made = record(stun(1, None), history=history)
    assert next_history(made, assemble(made).relays) == history


def test_host_in_the_shared_address_space() -> None:
    facts = LinkRecord.of(links("100.71.8.2", routes=(4,)))
    host = report(links=facts).host
    assert (host.shared_address_space, host.shared_addresses) == (Tri.YES, ("100.71.8.2 on eth0",))
    assert host.gateways == ("192.168.1.1",)
    assert report().host.shared_address_space is Tri.NO
    assert report(links=None).host.shared_address_space is Tri.UNKNOWN


def test_not_measured_names_a_reason_for_each() -> None:
    skipped = ProbeOutcome(name="x", title="a thing", state="skipped", reason="because", flag="--x")
    ran = ProbeOutcome(name="y", title="another", state="ran")
    listed = report(probes=(skipped, ran)).not_measured
    assert (listed[0].what, listed[0].reason, listed[0].flag) == ("a thing", "because", "--x")
    assert all(item.reason for item in listed)
    assert "another" not in {item.what for item in listed}
    assert "opening a port on the router" in {item.what for item in listed}
    nobody_to_ask = report(links=LinkRecord.of(links("192.0.2.4")))
    assert "opening a port on the router" not in {item.what for item in nobody_to_ask.not_measured}


def test_https_stands_once_in_what_was_not_measured() -> None:
    ran = ProbeOutcome(name="relay_https", title="relays over HTTPS", state="ran")
    skipped = ProbeOutcome(name="relay_https", title="relays over HTTPS", state="skipped", reason="left out by --skip")
    for probe in (ran, skipped):
        made = report(stun(1, 9.0), probes=(probe,))
        assert [item.what for item in made.not_measured].count("relays over HTTPS") == 1
    asked = report(stun(1, 9.0), https(1), probes=(ran,))
    assert "relays over HTTPS" not in {item.what for item in asked.not_measured}
    silent = report(stun(1, None), https(1, Outcome.NO_ANSWER), probes=(ran,))
    assert "relays over HTTPS" not in {item.what for item in silent.not_measured}


def test_numbers_cite_observations_that_exist() -> None:
    made = report(stun(1, 10.0), stun(2, 12.0), stun(1, 10.0, 6), https(3), stun(3, None))
    ids = {o.id for o in made.observations}
    cited = [*made.ipv4.evidence, *made.ipv6.evidence, *made.nat.v4.evidence, *made.preferred_relay.evidence]
    cited += [i for r in made.relays for i in (*r.evidence, *(r.error.evidence if r.error else ()))]
    cited += [i for e in (*made.ipv4.endpoints, *made.ipv6.endpoints) for i in e.evidence]
    assert cited
    assert set(cited) <= ids


def test_cost_counts_udp_packets() -> None:
    made = report(stun(1, 10.0), stun(2, None), https(3, bytes_sent=300, bytes_received=500))
    assert (made.cost.packets_sent, made.cost.bytes_sent, made.cost.bytes_received) == (2, 380, 500)
