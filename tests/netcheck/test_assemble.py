"""From records to reports: what the evidence forces, and nothing more."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.host.api import LinkFacts
from natscope.model.nat import Mapping
from natscope.model.observation import Observation, Outcome, ProbeOutcome
from natscope.model.relay_map import RelayMap
from natscope.model.tri import Tri
from natscope.netcheck.assemble import assemble
from natscope.netcheck.assemble_port_mapping import port_mapping_report
from natscope.netcheck.history import History, Reading
from natscope.netcheck.home import next_history
from natscope.netcheck.link_record import LinkRecord
from natscope.netcheck.relay_latency import relay_reports
from tests.netcheck.lab import region, v4
from tests.netcheck.observed import https, links, record, report, seen, stun


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


HUNG = [https(1, Outcome.NO_ANSWER, error="timeout")]
REFUSED = https(1, Outcome.REFUSED, error="refused")
ERRORS = [
    ("silent", [stun(1, None)], "no-answer"),
    ("port unreachable", [stun(1, None, outcome=Outcome.ICMP_ERROR, error="refused")], "icmp"),
    ("certificate, STUN works", [stun(1, 9.0), https(1, Outcome.WRONG, error="certificate-expired")], "certificate"),
    ("HTTP status", [stun(1, 9.0), https(1, Outcome.REFUSED, error="http-status")], "http-status"),
    ("HTTPS silent twice, STUN works", [stun(1, 9.0), *HUNG, *HUNG], "https-timeout"),
    ("HTTPS silent once, STUN works", [stun(1, 9.0), *HUNG], None),
    ("HTTPS silent twice, packets get lost", [stun(1, 9.0), stun(1, None), *HUNG, *HUNG], None),
    ("HTTPS refused once, packets get lost", [stun(1, 9.0), stun(1, None), REFUSED], "https-refused"),
    ("no route", [stun(1, None, outcome=Outcome.LOCAL_ERROR, error="network-unreachable")], "network-unreachable"),
    ("other source", [stun(1, None, outcome=Outcome.WRONG, error="other-source")], "other-source"),
    ("interrupted", [stun(1, None, outcome=Outcome.CANCELLED)], None),
    ("HTTPS silent, UDP not asked", [https(1, Outcome.NO_ANSWER, error="timeout")], "https-timeout"),
    (
        "HTTPS over IPv4, no way over IPv6, UDP not asked",
        [https(1, Outcome.LOCAL_ERROR, 6, error="network-unreachable"), https(1)],
        None,
    ),
    ("well", [stun(1, 9.0), https(1)], None),
    ("bad certificate at one of two", [stun(1, 9.0), https(1, Outcome.WRONG, error="certificate"), https(1)], None),
    ("name", [seen("dns.lookup", Outcome.NO_ANSWER, target="r1a.relay.test", error="timeout")], "dns"),
]


ICMP = [
    ({}, "an ICMP error came back: port unreachable"),
    ({"reporter": v4(1)}, "its STUN port is unreachable (refused)"),
    ({"reporter": "10.0.0.1"}, "a router at 10.0.0.1 refuses: port unreachable"),
    (
        {"reporter": "10.0.0.1", "icmp": "administratively prohibited"},
        "a router at 10.0.0.1 refuses: administratively prohibited",
    ),
    ({"reporter": "10.0.0.1", "icmp": "host unreachable"}, "a router at 10.0.0.1 says: host unreachable"),
    (
        {"reporter": "192.168.1.20", "icmp": "administratively prohibited"},
        "this computer itself refuses: administratively prohibited",
    ),
]


@pytest.mark.parametrize(("data", "words"), ICMP)
def test_an_icmp_error_is_told_with_what_it_says_and_who_said_it(data: dict[str, Any], words: str) -> None:
    told = stun(1, None, outcome=Outcome.ICMP_ERROR, error="refused", data=data, socket="192.168.1.20:41641")
    error = relay_reports(RelayMap(regions=(region(1),)), [told])[0].error
    assert error is not None
    assert (error.code, error.message) == ("icmp", words)


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


def test_a_captive_check_that_ran_and_learned_nothing_says_so() -> None:
    title = "login page (captive portal)"
    ran = ProbeOutcome(name="captive_portal", title=title, state="ran")
    skipped = ProbeOutcome(name="captive_portal", title=title, state="skipped", reason="left out by --skip")
    unclear = seen("captive.challenge", Outcome.REFUSED, summary="HTTP status 404")
    right = seen("captive.challenge", Outcome.ANSWERED)
    altered = seen("captive.challenge", Outcome.WRONG, summary="redirected")
    told = [[(n.what, n.reason) for n in report(o, probes=(ran,)).not_measured] for o in (unclear, right, altered)]
    assert told[0][0] == (title, "HTTP status 404")
    assert title not in {what for what, _ in told[1] + told[2]}
    assert [n.what for n in report(unclear, probes=(skipped,)).not_measured].count(title) == 1


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


def test_tests_of_a_router_that_nobody_saw_stand_on_one_line() -> None:
    skipped = tuple(
        ProbeOutcome(name=name, title=name, state="skipped", reason="takes long", flag="--x")
        for name in ("nat_lifetime", "nat_hairpin")
    )
    listed = {
        case: [item.what for item in report(*seen_, probes=skipped).not_measured]
        for case, seen_ in {
            "nothing": (),
            "translated": tuple(stun(n, 10.0) for n in (1, 2)),
            "no translation": tuple(stun(n, 10.0, 6) for n in (1, 2)),
        }.items()
    }
    assert "filtering, lifetimes, hairpinning" in listed["nothing"]
    assert {"nat_lifetime", "nat_hairpin"} <= set(listed["translated"])
    assert not {"nat_lifetime", "nat_hairpin"} & {*listed["nothing"], *listed["no translation"]}


def test_a_family_that_does_not_work_is_no_fault_of_the_relay() -> None:
    made = report(stun(1, 10.0), stun(1, None, 6), https(1, Outcome.NO_ANSWER, 6), stun(2, 20.0))
    assert made.relays[0].error is None
    made = report(stun(1, 10.0), https(1, Outcome.NO_ANSWER), https(1, Outcome.NO_ANSWER), stun(2, 20.0))
    assert made.relays[0].error is not None
    assert made.relays[0].error.code == "https-timeout"
