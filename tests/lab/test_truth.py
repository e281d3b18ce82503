"""A report held against a truth: agree, wrong, not measured yet, each where it belongs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.lab.scenario_values import read_scenario
from natscope.lab.truth import Agreement, Comparison, claims_of, compare, fault_of, out_of_place, unexplained
from natscope.model.nat import Filtering
from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.model.report_path import PathFamilyReport
from natscope.model.tri import Tri

AGREE, WRONG, NOT_MEASURED = Agreement.AGREE, Agreement.WRONG, Agreement.NOT_MEASURED


def reports(name: str) -> Report:
    return next(iter(sim_reports(load_scenario(name)).values()))


def claim(name: str, report: Report, what: str) -> Comparison:
    return next(one for one in compare(load_scenario(name), {"alice": report}) if one.what == what)


def changed(report: Report, **fields: Any) -> Report:
    return msgspec.structs.replace(report, **fields)


def test_not_knowing_is_not_wrong_but_not_acceptable() -> None:
    report = changed(reports("full-cone"), udp=Tri.UNKNOWN)
    udp = claim("full-cone", report, "udp")
    assert (udp.agreement, udp.acceptable) == (NOT_MEASURED, False)
    four = msgspec.structs.replace(report.nat.v4, filtering=Filtering.UNKNOWN)
    report = changed(report, nat=msgspec.structs.replace(report.nat, v4=four))
    filtering = claim("full-cone", report, "filtering")
    assert (filtering.agreement, filtering.acceptable) == (NOT_MEASURED, False)


def test_what_is_left_unknown_without_a_word_is_seen() -> None:
    scenario, report = load_scenario("parity-kept"), reports("parity-kept")
    silent = replace(scenario, truth={"alice": replace(scenario.truth["alice"], path_mtu=None)})
    assert unexplained(silent, "alice", report) == ()
    empty = changed(report, path=msgspec.structs.replace(report.path, v4=PathFamilyReport()))
    assert "path_mtu" in unexplained(silent, "alice", empty)
    assert unexplained(silent, "alice", report) == ()
    without = replace(scenario, truth={})
    assert (unexplained(without, "alice", empty), out_of_place(without, "alice", report)) == ((), ())
    full = replace(silent, how=replace(silent.how, profile="full", https=True))
    assert {"refresh_outbound", "absolute_lifetime_s"} <= set(unexplained(full, "alice", report))


def test_what_nobody_can_know_must_not_be_said() -> None:
    report = reports("everything-blocked")
    assert claim("everything-blocked", report, "udp").agreement is AGREE
    guess = claim("everything-blocked", changed(report, udp=Tri.NO), "udp")
    assert (guess.agreement, guess.acceptable) == (WRONG, False)


def test_a_report_that_sees_no_address_or_a_strange_one() -> None:
    report = reports("unpaired-pool")
    assert claim("unpaired-pool", report, "public").agreement is AGREE
    silent = changed(report, ipv4=msgspec.structs.replace(report.ipv4, endpoints=()))
    assert claim("unpaired-pool", silent, "public").agreement is NOT_MEASURED
    one = msgspec.structs.replace(report.ipv4.endpoints[0], address="192.0.2.99")
    strange = changed(report, ipv4=msgspec.structs.replace(report.ipv4, endpoints=(*report.ipv4.endpoints, one)))
    assert claim("unpaired-pool", strange, "public").agreement is WRONG


def test_findings_that_are_missing_or_too_many() -> None:
    report = reports("udp-blocked")
    assert claim("udp-blocked", report, "finding NS-UDP-01").agreement is AGREE
    without = changed(report, findings=())
    assert claim("udp-blocked", without, "finding NS-UDP-01").agreement is WRONG
    renamed = tuple(msgspec.structs.replace(f, id="NS-REL-02") for f in report.findings[:1])
    assert claim("udp-blocked", changed(report, findings=renamed), "finding NS-REL-02").agreement is WRONG


def without_one_try(report: Report) -> Report:
    """The same, the second connection to the relay that was silent taken out."""
    hung = [o for o in report.observations if o.kind == "https.latency" and o.outcome is Outcome.NO_ANSWER]
    assert len(hung) == 2
    return changed(report, observations=tuple(o for o in report.observations if o is not hung[1]))


def test_one_connection_that_hung_tells_no_fault() -> None:
    report = reports("relay-off")
    assert fault_of(report, 3) == "no-answer"
    assert fault_of(without_one_try(report), 3) == "unknown"


def test_where_packets_get_lost_silence_tells_no_fault() -> None:
    for name, fault in (("relay-off", "no-answer"), ("relay-stun-silent", "stun-closed")):
        report = reports(name)
        answered = [o for o in report.observations if o.kind == "stun.binding" and o.outcome is Outcome.ANSWERED]
        seen = tuple(
            msgspec.structs.replace(o, outcome=Outcome.NO_ANSWER) if o in answered[1:] else o
            for o in report.observations
        )
        assert fault_of(report, 3) == fault
        assert fault_of(changed(report, observations=seen), 3) == "unknown"


def test_what_this_computer_could_not_try_is_no_fault_of_the_relay() -> None:
    report = reports("relay-https-closed")
    relay = report.relay(3)
    assert relay is not None
    assert relay.error is not None
    assert fault_of(report, 3) == "https-closed"
    seen = tuple(
        msgspec.structs.replace(o, outcome=Outcome.LOCAL_ERROR) if o.id in relay.error.evidence else o
        for o in report.observations
    )
    assert fault_of(changed(report, observations=seen), 3) == "unknown"


def test_one_look_up_without_an_answer_is_no_fault_of_the_relay() -> None:
    report = reports("dns-hangs")
    relay = report.relay(1)
    assert relay is not None
    assert relay.error is not None
    seen = tuple(
        msgspec.structs.replace(o, outcome=Outcome.ANSWERED)
        if o.kind == "dns.lookup" and o.id not in relay.error.evidence
        else o
        for o in report.observations
    )
    assert fault_of(changed(report, observations=seen), 1) == "unknown"


def test_a_certificate_that_could_not_be_read_leaves_its_fault_open() -> None:
    report = reports("relay-expired")
    seen = tuple(
        msgspec.structs.replace(o, error="certificate") if o.error == "certificate-expired" else o
        for o in report.observations
    )
    assert claim("relay-expired", changed(report, observations=seen), "relay relay3").agreement is NOT_MEASURED


def test_a_cause_that_no_catalogue_has_cannot_be_found_yet() -> None:
    text = 'title = "x"\n[hosts.alice]\n[truth.alice]\nfindings = ["NS-XYZ-99"]\n'
    found = compare(read_scenario("x", text), {"alice": reports("full-cone")})
    assert [(c.agreement, c.acceptable) for c in found if c.what == "finding NS-XYZ-99"] == [(NOT_MEASURED, False)]


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("full-cone", "none none none"),
        ("relay-expired", "none none expired"),
        ("relay-self-signed", "none none self-signed"),
        ("relay-wrong-name", "none none wrong-name"),
        ("relay-stun-closed", "none none stun-closed"),
        ("relay-stun-silent", "none none stun-closed"),
        ("relay-https-closed", "none none https-closed"),
        ("relay-off", "none none no-answer"),
        ("dns-hangs", "dns dns dns"),
        ("clock-skew", "not-yet-valid not-yet-valid not-yet-valid"),
    ],
)
def test_faults_of_relays_are_read_from_the_report(name: str, faults: str) -> None:
    report = reports(name)
    assert [fault_of(report, number) for number in (1, 2, 3)] == faults.split()
    assert fault_of(report, 9) == "unknown"


def test_a_relay_of_which_nothing_was_measured_is_unknown() -> None:
    report = reports("full-cone")
    empty = msgspec.structs.replace(report.relays[0].latency_ms, stun_v4=None, stun_v6=None, https=None, icmp=None)
    blank = msgspec.structs.replace(report.relays[0], latency_ms=empty)
    assert fault_of(changed(report, relays=(blank,)), 1) == "unknown"


def test_pairs_take_both_reports() -> None:
    scenario = load_scenario("pair-cones")
    pair = compare(scenario, {})[-1]
    assert (pair.who, pair.truth, pair.agreement) == ("alice - bob", "yes (punch)", NOT_MEASURED)
    assert pair.acceptable
    assert claims_of(scenario)[-1] == pair
    both = sim_reports(scenario)
    assert compare(scenario, {"alice": both["alice"]})[-1] == pair
    assert compare(scenario, both)[-1].agreement is Agreement.AGREE


def test_a_wrong_pair_is_found_out() -> None:
    cones, symmetric = load_scenario("pair-cones"), sim_reports(load_scenario("pair-symmetric"))
    pair = compare(cones, symmetric)[-1]
    assert (pair.measured, pair.agreement, pair.acceptable) == ("no", WRONG, False)


def test_all_claims_are_told_without_a_report() -> None:
    scenario = load_scenario("relay-expired")
    told = [(c.who, c.what, c.truth) for c in claims_of(scenario)]
    assert sorted(told) == sorted((c.who, c.what, c.truth) for c in compare(scenario, sim_reports(scenario)))


def test_an_excuse_counts_only_for_what_is_wrong() -> None:
    scenario, report = load_scenario("full-cone"), reports("full-cone")
    excused = replace(scenario, how=replace(scenario.how, known_wrong={"udp": "it is blind", "ipv4": "it is not"}))
    found = compare(excused, {"alice": changed(report, udp=Tri.NO)})
    assert [(c.what, c.agreement, c.acceptable) for c in found if c.excuse] == [("udp", WRONG, True)]
    assert not compare(scenario, {"alice": changed(report, udp=Tri.NO)})[0].acceptable


@pytest.mark.parametrize(
    ("scenario", "name"),
    [
        ("open-internet", "open internet"),
        ("stateful-firewall", "symmetric UDP firewall"),
        ("full-cone", "full cone"),
        ("address-restricted", "restricted cone"),
        ("port-restricted", "port-restricted cone"),
        ("symmetric-open", "symmetric"),
        ("address-dependent", "symmetric"),
        ("unpaired-pool", None),
        ("udp-blocked", "unknown"),
    ],
)
def test_the_old_name_follows_from_mapping_and_filtering(scenario: str, name: str | None) -> None:
    (truth,) = load_scenario(scenario).truth.values()
    assert truth.claims().get("rfc3489_name") == name


def test_causes_of_two_sides_are_asked_of_both_reports() -> None:
    scenario = load_scenario("pair-cone-symmetric")
    both = sim_reports(scenario)
    (told,) = [one for one in compare(scenario, both) if one.what == "finding NS-NAT-02"]
    assert (told.who, told.agreement) == ("alice - bob", AGREE)
    (pair,) = scenario.pairs
    other = replace(scenario, pairs=(replace(pair, findings=("NS-LAN-01",)),))
    (wrong,) = [one for one in compare(other, both) if one.what == "finding NS-LAN-01"]
    assert (wrong.measured, wrong.agreement) == ("not found", WRONG)
    (unmeasured,) = [one for one in claims_of(scenario) if one.what == "finding NS-NAT-02"]
    assert unmeasured.measured == "unknown"
