"""The look-up of ipv4only.arpa: made-up answers, honest ones, silence, and who is not asked."""

from __future__ import annotations

from collections.abc import Sequence

from natscope.host.api import Failure
from natscope.lab.library import load_scenario
from natscope.model.observation import Outcome
from natscope.model.report import Report
from natscope.model.tri import Tri
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region, report_of
from tests.probes.simulated import probed


def simulated(name: str) -> Report:
    return probed(load_scenario(name), "relay_stun", "nat64")


def answered(found: Sequence[str] | Failure) -> Report:
    world = World(names={("ipv4only.arpa", 6): found})
    return report_of(world, loaded(region(1)), only=("nat64",))


def test_a_dns64_gives_its_prefix_away() -> None:
    report = simulated("ipv6-nat64")
    assert (report.path.nat64.state, report.path.nat64.prefixes) == (Tri.YES, ("64:ff9b::/96",))
    assert "NS-V6-06" in {finding.id for finding in report.findings}


def test_an_honest_name_server() -> None:
    assert simulated("open-internet").path.nat64.state is Tri.NO


def test_without_ipv6_nobody_is_asked() -> None:
    report = simulated("port-restricted")
    assert report.path.nat64.state is Tri.NO
    assert not [o for o in report.observations if o.kind == "nat64.prefix"]


def test_every_prefix_is_told_once() -> None:
    nat64 = answered(["64:ff9b::192.0.0.170", "64:ff9b::192.0.0.171", "2001:db8:1:2:c0:0:aa00::"]).path.nat64
    assert nat64.prefixes == ("64:ff9b::/96", "2001:db8:1:2::/64")


def test_an_answer_without_the_known_addresses_is_no_prefix() -> None:
    report = answered(["2001:db8::1"])
    assert report.path.nat64.state is Tri.UNKNOWN
    (seen,) = (o for o in report.observations if o.kind == "nat64.prefix")
    assert seen.outcome is Outcome.WRONG


def test_silence_and_failures_say_nothing() -> None:
    for failure in (Failure.TIMEOUT, Failure.NAME_SERVER_FAILED):
        nat64 = answered(failure).path.nat64
        assert (nat64.state, bool(nat64.reason)) == (Tri.UNKNOWN, True)
    assert answered(Failure.NAME_NO_ADDRESS).path.nat64.state is Tri.NO


def test_a_run_against_this_computer_asks_no_name_server() -> None:
    here = region(1, node_fields={"ipv4": "127.0.0.1", "ipv6": "::1"})
    record = measure(World(), loaded(here), only=("nat64",))
    assert [p.state for p in record.probes if p.name == "nat64"] == ["skipped"]
