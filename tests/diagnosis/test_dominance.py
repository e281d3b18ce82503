"""A dominating cause takes away what it falsifies and says so; the rest stands worst first."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from natscope.diagnosis.cause import Cause, Ground, Strength, Support
from natscope.diagnosis.claim import Claim
from natscope.diagnosis.dominance import settle
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.model.finding import Fix, Severity
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found, scene


def made(
    cause_id: str,
    severity: Severity,
    strength: Strength,
    hidden_by: tuple[str, ...] = (),
    hides: tuple[str, ...] = (),
) -> Claim:
    cause = Cause(
        id=cause_id,
        title="T.",
        severity=severity,
        sides=1,
        who_can_fix=("you",),
        fires=(),
        silent=(),
        hidden_by=hidden_by,
        hides=hides,
    )
    return Claim(cause, Support(Tri.YES, (Ground(strength, "x"),)))


def test_worst_first_then_most_certain_then_by_id() -> None:
    claims = [
        made("NS-A-04", Severity.INFO, Strength.DECISIVE),
        made("NS-A-03", Severity.FAIL, Strength.FACT),
        made("NS-A-02", Severity.FAIL, Strength.DECISIVE),
        made("NS-A-01", Severity.FAIL, Strength.FACT),
    ]
    assert [c.cause.id for c in settle(claims)] == ["NS-A-02", "NS-A-01", "NS-A-03", "NS-A-04"]
    assert settle(claims) == settle(claims[::-1])


def test_hidden_only_while_the_hiding_one_stands() -> None:
    hidden = made("NS-A-01", Severity.FAIL, Strength.FACT, hidden_by=("NS-A-02",))
    hiding = made("NS-A-02", Severity.FAIL, Strength.FACT, hides=("everything",))
    harmless = made("NS-A-02", Severity.FAIL, Strength.FACT)
    assert settle([hidden]) == (hidden,)
    assert settle([hidden, hiding]) == (hiding,)
    assert settle([hidden, harmless]) == (hidden, harmless)


def test_a_login_page_hides_blocked_udp_and_certificates() -> None:
    report = scene("captive-portal")
    assert claim(report, "NS-UDP-01") is not None
    assert claim(report, "NS-REL-01") is not None
    findings = found(report)
    assert "NS-UDP-01" not in findings
    assert "NS-REL-01" not in findings
    assert "whether UDP gets out" in findings["NS-ENV-06"].hides


def test_blocked_udp_hides_the_nat_type() -> None:
    assert any("NAT type" in what for what in found(scene("udp-blocked"))["NS-UDP-01"].hides)


def test_a_cause_that_says_the_same_more_exactly_replaces_the_other() -> None:
    vague = made("NS-A-01", Severity.FAIL, Strength.DECISIVE)
    exact = made("NS-A-04", Severity.FAIL, Strength.DECISIVE)
    exact = replace(exact, cause=replace(exact.cause, refines=("NS-A-01",)))
    assert settle((vague, exact)) == (exact,)


def test_a_special_case_may_be_the_more_exact_one() -> None:
    vague = made("NS-A-01", Severity.FAIL, Strength.DECISIVE)
    exact = made("NS-A-04", Severity.FAIL, Strength.DECISIVE)
    special = replace(exact, support=replace(exact.support, refines=("NS-A-01",)))
    assert settle((vague, special)) == (special,)
    usual = replace(
        special, cause=replace(special.cause, refines=("NS-A-01",)), support=replace(exact.support, refines=())
    )
    assert settle((vague, usual)) == (vague, usual)


@pytest.mark.parametrize(("name", "cause"), [("private-wan", "NS-NAT-08"), ("mapping-behind-cgnat", "NS-NAT-07")])
def test_a_port_that_ends_at_the_next_router_is_told_once(name: str, cause: str) -> None:
    (report,) = sim_reports(load_scenario(name)).values()
    assert claim(report, "NS-MAP-02") is not None
    findings = found(report)
    assert cause in findings
    assert "NS-MAP-02" not in findings


def test_a_port_that_nothing_comes_in_by_for_another_reason_is_told() -> None:
    assert "NS-MAP-02" in found(scene("mapping-unreachable"))


def test_invented_addresses_are_told_once() -> None:
    (report,) = sim_reports(load_scenario("fake-addresses")).values()
    assert claim(report, "NS-CTL-09") is not None
    findings = found(report)
    assert "NS-ENV-01" in findings
    assert "NS-CTL-09" not in findings


def test_other_wrong_addresses_beside_invented_ones_are_told_too() -> None:
    (report,) = sim_reports(load_scenario("fake-addresses")).values()
    assert report.dns is not None
    names = msgspec.structs.replace(report.dns, forged_addresses=("198.18.0.7", "192.0.2.66"))
    assert "NS-CTL-09" in found(msgspec.structs.replace(report, dns=names))


def test_one_that_knows_whose_setting_it_is_lends_its_fixes() -> None:
    fix = Fix(do="Ask.", who="administrator", effort="E4", duration="days", verify="natscope netcheck")
    general = made("NS-A-01", Severity.FAIL, Strength.DECISIVE)
    exact = made("NS-A-02", Severity.INFO, Strength.FACT)
    lender = replace(exact, cause=replace(exact.cause, fixes=(fix,), lends=("NS-A-01",)))
    told = settle([general, lender])
    assert [(c.cause.id, c.fixes) for c in told] == [("NS-A-01", (fix,)), ("NS-A-02", (fix,))]
    assert settle([general]) == (general,)
    refining = made("NS-A-03", Severity.FAIL, Strength.DECISIVE)
    refining = replace(refining, cause=replace(refining.cause, refines=("NS-A-01",)))
    assert [(c.cause.id, c.fixes) for c in settle([general, refining, lender])] == [
        ("NS-A-03", (fix,)), ("NS-A-02", (fix,)),
    ]  # fmt: skip
