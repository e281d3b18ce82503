"""What is named beside a finding below certain: a measurement that the run left out, by a command that there is."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

import msgspec
import pytest

from natscope.cli.help_text import HELP
from natscope.diagnosis.engine import diagnose
from natscope.diagnosis.facts import Facts
from natscope.diagnosis.missing import ANOTHER_RELAY, ELSEWHERE, HTTPS, OWN_ADDRESS, PUBLIC_MAP, own_address
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.model.finding import Certainty, Finding
from natscope.model.report import Report
from natscope.netcheck.options import MapChoice
from tests.diagnosis.judging import found, scene
from tests.reports.scenes import names

NOTHING_TELLS = {
    "NS-CTL-10": "the server was asked three times, by every way there is",
    "NS-ENV-01": "the route shows no tunnel; what invents the addresses stands elsewhere",
    "NS-ENV-04": "the proxy's password, which a fix asks for",
    "NS-ENV-09": "no probe sees beyond the container",
    "NS-ENV-10": "what a cloud's rules let in stands in its console",
    "NS-ENV-11": "which gateway it is stands in the cloud's console",
    "NS-HOST-02": "as root the counters are read in every run",
    "NS-HOST-05": "a fingerprint: to switch the suite off for one run is its fix",
    "NS-LAN-03": "the router does not say what it keeps back",
    "NS-NAT-03": "the ports were sampled; a peer that guesses them is no probe",
    "NS-NAT-05": "a name that the router gives itself",
    "NS-NAT-06": "the maker of a network card",
    "NS-NAT-14": "the router's table stands on its own pages",
    "NS-NAT-18": "both ports were asked in the same moments",
    "NS-PERF-03": "each train is a fact of its own",
    "NS-REL-09": "past runs cannot be made again",
    "NS-UDP-08": "the same call again would be taken for an attack again",
    "NS-V6-07": "each relay is a fact of its own",
}
MEASURED = {("NS-REL-08", "home-far"), ("NS-REL-08", "home-inside")}
"""Nothing was left out there: HTTPS was asked, or the home's own address tells."""
COMMAND = re.compile(r"\((natscope [^)]*)\)")


def unsettled() -> list[tuple[str, Finding]]:
    judged = ((name, finding) for name in names() for finding in found(scene(name)).values())
    return [(name, finding) for name, finding in judged if finding.certainty is not Certainty.CERTAIN]


@pytest.mark.parametrize(("name", "finding"), unsettled(), ids=lambda each: getattr(each, "id", each))
def test_what_was_left_out_is_named_or_nothing_tells(name: str, finding: Finding) -> None:
    assert bool(finding.missing) is (finding.id not in NOTHING_TELLS and (finding.id, name) not in MEASURED)


def test_the_list_of_those_without_has_no_strangers() -> None:
    assert {finding.id for _, finding in unsettled()} >= NOTHING_TELLS.keys()


@pytest.mark.parametrize("name", names())
def test_nothing_is_named_beside_what_is_certain_or_was_measured(name: str) -> None:
    report = scene(name)
    for finding in found(report).values():
        assert not (finding.missing and finding.certainty is Certainty.CERTAIN)
        assert OWN_ADDRESS not in finding.missing or not any(o.kind.startswith("portmap.") for o in report.observations)


def test_each_command_is_one() -> None:
    commands = {m for _, finding in unsettled() for words in finding.missing for m in COMMAND.findall(words)}
    assert commands
    for command in commands:
        program, name, *rest = shlex.split(command)
        assert (program, name) == ("natscope", "netcheck")
        assert all(flag in HELP["netcheck"] for flag in rest if flag.startswith("--"))
    assert MapChoice().default_url == PUBLIC_MAP


def test_a_second_relay_tells_two_findings_apart() -> None:
    both = found(scene("single-relay-silent"))
    assert both["NS-UDP-01"].missing == both["NS-REL-02"].missing == (ANOTHER_RELAY,)
    assert found(scene("stun-closed"))["NS-REL-02"].missing == (ELSEWHERE,)


def test_what_the_router_calls_its_address_settles_two_layers() -> None:
    assert found(scene("double-nat-possible"))["NS-NAT-08"].missing == (OWN_ADDRESS,)
    settled = found(scene("double-nat"))["NS-NAT-08"]
    assert (settled.certainty, settled.missing) == (Certainty.CERTAIN, ())
    assert own_address(Facts(scene("double-nat"))) == ()


def test_https_decides_about_a_far_home() -> None:
    report = scene("home-one-quick-sample")
    assert found(report)["NS-REL-08"].missing == (HTTPS,)
    assert found(with_https(report, home=93.0, others=15.0))["NS-REL-08"].certainty is Certainty.LIKELY
    assert "NS-REL-08" not in found(with_https(report, home=16.0, others=15.0))


def with_https(report: Report, *, home: float, others: float) -> Report:
    def timed(code: str) -> float:
        return home if code == "fra" else others

    relays = tuple(
        msgspec.structs.replace(
            relay, latency_ms=msgspec.structs.replace(relay.latency_ms, https=timed(relay.region_code))
        )
        for relay in report.relays
    )
    return diagnose(msgspec.structs.replace(report, relays=relays))


def test_what_a_quick_run_names_a_whole_one_measures() -> None:
    scenario = load_scenario("own-rules")
    quick = sim_reports(replace(scenario, how=replace(scenario.how, profile="quick", https=False)))["alice"]
    whole = sim_reports(scenario)["alice"]
    (before,), (after,) = ([f for f in report.findings if f.id == "NS-ENV-03"] for report in (quick, whole))
    assert (before.certainty, before.missing) == (Certainty.POSSIBLE, (HTTPS,))
    assert (after.certainty, after.missing) == (Certainty.CERTAIN, ())
