"""One finding measured again in the simulator: unchanged it is still there, as certain; gone takes facts against it."""

from __future__ import annotations

import msgspec
import pytest

from natscope.apps.finding_again import Rechecked, answer, measured_again, options_again, port_of, probes_of
from natscope.diagnosis.catalogue import find
from natscope.diagnosis.why import why
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import all_scenarios, load_scenario
from natscope.lab.scenario import Bed
from natscope.lab.shown import shown_by
from natscope.model.report import Report
from natscope.netcheck.options import LIFETIME_S, NetcheckOptions
from tests.lab.simulated import reports_of
from tests.lab.test_every_cause import RULED_OUT_BY, ruled_out
from tests.reports.scenes import load

SHOWN = {
    cause: names
    for cause, names in shown_by(scenario for scenario in all_scenarios() if scenario.can(Bed.SIM)).items()
    if find(cause).load().CAUSE.sides == 1
}
"""What `check` measures again: a cause of two sides takes the other side's report too."""


def finder(cause: str, scenario: str) -> Report:
    """The report of the scenario's first host that has the finding."""
    truths = load_scenario(scenario).truth
    return reports_of(scenario)[next(host for host, truth in truths.items() if cause in truth.findings)]


def checked(cause: str, before: Report | None, scenario: str) -> Rechecked:
    """What `natscope check CAUSE` says in a network, after a report that has the finding, or none."""

    def measure(options: NetcheckOptions) -> tuple[Report, bool]:
        reports = sim_reports(load_scenario(scenario), options=options)
        return reports.get(before.host.name if before is not None else "") or next(iter(reports.values())), False

    return measured_again(cause, before, NetcheckOptions(), measure)


@pytest.mark.parametrize("cause", SHOWN)
def test_an_unchanged_network_still_has_it_as_certain_as_before(cause: str) -> None:
    before = finder(cause, SHOWN[cause][0])
    found = checked(cause, before, SHOWN[cause][0])
    assert (found.gone, found.open_because) == (False, "")
    assert found.chain.support.certainty is why(before, cause).support.certainty


@pytest.mark.parametrize("cause", SHOWN)
def test_it_is_gone_where_the_facts_speak_against_it(cause: str) -> None:
    before = finder(cause, SHOWN[cause][0])
    sound = next(name for name in RULED_OUT_BY if cause in ruled_out(name))
    assert checked(cause, before, sound).gone is True


@pytest.mark.parametrize("scenario", ["tun-proxy", "vpn-carries-all"])
def test_behind_a_proxy_or_a_vpn_nothing_is_known_of_the_router(scenario: str) -> None:
    before = finder("NS-NAT-01", "symmetric-random")
    assert checked("NS-NAT-01", before, scenario).gone is None


@pytest.mark.parametrize(
    ("cause", "scenario", "by"),
    [("NS-NAT-01", "symmetric-sequential", "NS-NAT-03"), ("NS-UDP-01", "captive-portal", "NS-ENV-06")],
)
def test_what_another_finding_explains_is_not_gone(cause: str, scenario: str, by: str) -> None:
    found = checked(cause, None, scenario)
    assert (found.gone, found.was_there, found.probes) == (None, False, ())
    assert found.open_because == f"{by} explains what speaks for it"


def test_what_the_probes_of_before_leave_open_is_measured_whole() -> None:
    """A port that the one router opens showed the second one; once that is gone, only the way itself tells."""
    before = finder("NS-NAT-08", SHOWN["NS-NAT-08"][0])
    assert probes_of(before, "NS-NAT-08") == ("port_mapping",)
    found = checked("NS-NAT-08", before, "full-cone")
    assert (found.gone, found.probes) == (True, ())


def test_a_probe_that_did_not_end_rules_nothing_out() -> None:
    (report,) = reports_of("full-cone").values()
    chain = why(report, "NS-NAT-01")
    assert answer(chain, report, ("nat_mapping",)) == (True, "")
    probes = tuple(
        msgspec.structs.replace(each, state="cut", reason="the time was up") if each.name == "nat_mapping" else each
        for each in report.probes
    )
    cut = msgspec.structs.replace(report, probes=probes)
    words = "nat_mapping, which showed it before, did not run to its end: the time was up"
    assert answer(chain, cut, ("nat_mapping",)) == (None, words)


def test_no_probe_known_leaves_the_options_alone() -> None:
    options = NetcheckOptions(https=True)
    assert options_again(options, (), timeout_given=False) is options


def test_a_slow_probe_gets_its_flag_and_its_limit_unless_the_user_gave_one() -> None:
    long = options_again(NetcheckOptions(), ("nat_lifetime",), timeout_given=False)
    assert (long.lifetime, long.limit_s) == (True, LIFETIME_S)
    assert {"nat_lifetime", "relay_stun", "interfaces", "route_hijack", "captive_portal"} <= set(long.only)
    short = options_again(NetcheckOptions(timeout_s=3.0, limit_s=3.0), ("nat_lifetime",), timeout_given=True)
    assert short.whole_s == 3.0
    assert options_again(NetcheckOptions(), ("relay_https",), timeout_given=False).https


def test_a_finding_about_a_port_is_measured_with_that_port() -> None:
    assert port_of(load("port-taken"), "NS-HOST-04") == 41641
    assert port_of(load("udp-blocked"), "NS-UDP-01") == 0
