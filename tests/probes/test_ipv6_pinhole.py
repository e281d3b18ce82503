"""Opening the IPv6 firewall: proved, refused, not there, not asked; and nothing is left open."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from natscope.host.api import DefaultRoute, Interface, LinkFacts
from natscope.lab.library import load_scenario
from natscope.lab.scenario import Scenario
from natscope.model.observation import Observation
from natscope.model.report import Report
from natscope.model.tri import Tri
from natscope_probes.ipv6_pinhole import PROBE
from tests.netcheck.fake_host import World
from tests.netcheck.lab import loaded, measure, region
from tests.probes.simulated import lossy, probed, scenario

ONLY = ("ipv6_pinhole", "relay_stun")


def site(**service: Any) -> Scenario:
    inner = ", ".join(f"{key} = {value}" for key, value in service.items())
    return scenario(f'[sites.home]\nipv6 = "firewall"\nmapping_service = {{ {inner} }}\n')


def report_of(wanted: Scenario, seed: int = 1, **options: Any) -> Report:
    report = probed(wanted, *ONLY, seed=seed, **options)
    spent = next(p for p in report.probes if p.name == "ipv6_pinhole")
    assert spent.packets_sent <= PROBE.budget.packets
    assert spent.bytes_sent <= PROBE.budget.bytes
    return report


def told(report: Report) -> tuple[str, str | None]:
    return report.port_mapping.pcp_v6.state.value, report.port_mapping.pcp_v6.proof


def kinds(report: Report) -> list[str]:
    return [o.kind for o in report.observations if o.kind.startswith("portmap.")]


def test_a_packet_comes_in_and_the_port_is_closed_again() -> None:
    report = report_of(load_scenario("pinhole-pcp"))
    assert told(report) == ("yes", "proved")
    service = report.port_mapping.pcp_v6
    assert (service.external or "").startswith("[2001:db8:0:1::10]:")
    assert "portmap.removed" in kinds(report)
    assert report.port_mapping.pcp.state is Tri.UNKNOWN  # of IPv4 nobody was asked


def test_a_refusal_in_the_routers_words() -> None:
    report = report_of(load_scenario("pinhole-refused"))
    assert told(report) == ("yes", "refused")
    assert report.port_mapping.pcp_v6.error is not None
    assert report.port_mapping.pcp_v6.error.words == "not authorized"


def test_nobody_listens_there() -> None:
    assert told(report_of(site(protocols='["pcp"]'))) == ("no", None)
    assert told(report_of(load_scenario("ipv6-firewall"))) == ("no", None)


def test_no_ipv6_no_router() -> None:
    report = report_of(load_scenario("port-restricted"))
    assert told(report) == ("no", None)
    assert "no default route over IPv6" in report.port_mapping.pcp_v6.reason
    assert kinds(report) == []


def test_without_a_helper_it_is_granted_and_not_proved() -> None:
    plain = "".join(f"[relays.r{n}]\nhelper = false\n" for n in range(2))
    text = f'[sites.home]\nipv6 = "firewall"\nmapping_service = {{ protocols = ["pcp"], pinholes = true }}\n{plain}'
    assert told(report_of(scenario(text))) == ("yes", "unproved")


def test_loss_makes_nothing_wrong() -> None:
    for seed in range(1, 11):
        state, proof = told(report_of(lossy("pinhole-pcp", 0.1), seed))
        assert state in ("yes", "unknown")
        assert proof in ("proved", "unproved", None)


def asked(gateway: str | None, *own: str, kind: str = "ethernet") -> list[Observation]:
    """What is said of a default route with that gateway, on an interface with these addresses."""
    addresses = tuple(ipaddress.ip_address(text) for text in own)
    route = DefaultRoute(6, "eth0", None if gateway is None else ipaddress.ip_address(gateway))
    links = LinkFacts((Interface("eth0", 2, kind, True, 1500, addresses),), (route,), os_ipv6=True)
    record = measure(World(links=links), loaded(region(1)), only=("ipv6_pinhole",))
    return [o for o in record.observations if o.kind == "portmap.gateway"]


@pytest.mark.parametrize(
    ("gateway", "own", "reason"),
    [
        ("2001:db8:7::1", ("2001:db8:1::20",), "not in this network"),
        ("fe80::1", ("fe80::20",), "no IPv6 address that a peer could write to"),
        (None, ("2001:db8:1::20",), "no gateway"),
    ],
)
def test_who_is_not_asked(gateway: str | None, own: tuple[str, ...], reason: str) -> None:
    (found,) = asked(gateway, *own)
    assert not found.data["asked"]
    assert reason in found.summary


def test_a_tunnels_gateway_is_not_asked() -> None:
    (found,) = asked("fe80::1", "2001:db8:1::20", kind="tunnel")
    assert not found.data["asked"]


def test_a_link_local_gateway_is_asked_on_its_interface() -> None:
    (found,) = asked("fe80::1", "fe80::20", "2001:db8:1::20")
    assert found.data["asked"]
    assert found.target == "fe80::1%eth0"
