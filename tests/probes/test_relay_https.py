"""How relays are asked over HTTPS: order of tries, checks, patience."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.host.api import TlsOptions
from natscope.lab.build_sim import sim_reports
from natscope.lab.library import load_scenario
from natscope.lab.scenario import MeasureHow
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope_probes.relay_https import attempts, patience_s, tls_options
from tests.netcheck.lab import node, region


def order(asked: RelayRegion, first: tuple[int, ...] = ()) -> list[tuple[str, int]]:
    return [(a.node.name, a.family) for a in attempts(asked, (4, 6), tuple(f for f in (4, 6) if f in first))]


def test_nodes_then_families() -> None:
    assert order(region(1, 2)) == [("1a", 4), ("1a", 6), ("1b", 4), ("1b", 6)]
    assert order(region(1), first=(6,)) == [("1a", 6), ("1a", 4)]
    assert order(region(1, node_fields={"ipv6": "none"})) == [("1a", 4)]
    assert order(region(1, node_fields={"stun_only": True})) == []
    assert len(order(region(1, 5))) == 4


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (node(1), TlsOptions("r1a.relay.test", verify_name="")),
        (node(1, cert_name="cdn.test"), TlsOptions("r1a.relay.test", verify_name="cdn.test")),
        (node(1, cert_name="sha256-raw:ABCD"), TlsOptions("r1a.relay.test", pin_sha256="abcd")),
        (node(1, insecure_for_tests=True), TlsOptions("r1a.relay.test", verify=False)),
    ],
)
def test_what_is_checked(asked: RelayNode, expected: TlsOptions) -> None:
    assert tls_options(asked) == expected


def test_patience() -> None:
    assert patience_s([]) == 2.6
    assert patience_s([0.01]) == 1.5
    assert patience_s([0.2]) == pytest.approx(2.2)
    assert patience_s([5.0]) == 2.6


@pytest.mark.parametrize(
    ("name", "regions"),
    [
        ("ipv6-firewall", []),
        ("full-cone", []),
        ("ipv6-only", []),
        ("ipv6-udp-dropped", [1, 2]),
        ("broken-dual-stack", [1, 2]),
    ],
)
def test_silence_of_udp_over_ipv6_gets_a_control(name: str, regions: list[int]) -> None:
    """Two relays are asked over IPv6 where IPv4 alone answered, and none where all is well."""
    (report,) = sim_reports(replace(load_scenario(name), how=MeasureHow(hairpin=False))).values()
    asked = [o for o in report.observations if o.kind == "https.latency"]
    assert list(dict.fromkeys((o.region_id, o.family) for o in asked)) == [(number, 6) for number in regions]
    answers = {o.outcome is Outcome.ANSWERED for o in asked}
    assert answers <= {report.ipv6.works.value == "yes"}


def test_asked_for_all_relays_the_control_over_ipv6_is_there_too() -> None:
    """Each of them answers by IPv4, which says nothing of IPv6."""
    how = MeasureHow(hairpin=False, https=True)
    (report,) = sim_reports(replace(load_scenario("ipv6-udp-dropped"), how=how)).values()
    asked = [(o.region_id, o.family) for o in report.observations if o.kind == "https.latency"]
    assert sorted(asked, key=lambda pair: (pair[1], pair[0])) == [(1, 4), (2, 4), (3, 4), (1, 6), (2, 6)]
    assert "NS-V6-04" in [finding.id for finding in report.findings]
