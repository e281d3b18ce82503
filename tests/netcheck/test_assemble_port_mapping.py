"""From what was seen of a router's mapping services to report fields: `no` needs a control, a guess is never made."""

from __future__ import annotations

import ipaddress
from typing import Any

import msgspec
import pytest

from natscope.host.api import DefaultRoute, LinkFacts
from natscope.model.observation import Observation, Outcome
from natscope.model.report import MappingServiceReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_port_mapping import NOT_ASKED, port_mapping_report

GATEWAY = "192.168.1.1"
LINKS = LinkFacts(default_routes=(DefaultRoute(4, "eth0", ipaddress.ip_address(GATEWAY)),))


class Seen:
    def __init__(self, gateway: str = GATEWAY, interface: str = "eth0", first: int = 1) -> None:
        self.found: list[Observation] = []
        self.gateway, self.interface, self.first = gateway, interface, first

    def add(self, kind: str, outcome: Outcome, protocol: str = "", /, **more: Any) -> Seen:
        fields = {name: more.pop(name) for name in ("error", "summary") if name in more}
        data = {"interface": self.interface, **({"protocol": protocol} if protocol else {}), **more}
        target = "198.51.100.3:3478" if kind == "portmap.proof" else self.gateway
        name = f"o{self.first + len(self.found)}"
        self.found.append(
            Observation(id=name, kind=kind, probe="port_mapping", outcome=outcome, target=target, data=data, **fields)
        )
        return self

    def service(self, outcome: Outcome, protocol: str = "pcp", /, **more: Any) -> Seen:
        return self.add("portmap.service", outcome, protocol, **more)

    def control(self, sent: int, answered: int) -> Seen:
        outcome = Outcome.ANSWERED if answered else Outcome.NO_ANSWER
        return self.add("portmap.control", outcome, sent=sent, answered=answered)

    def pcp(self, links: LinkFacts | None = LINKS) -> MappingServiceReport:
        return port_mapping_report(links, self.found).pcp


def granted(proof: Outcome | None, **proved: Any) -> MappingServiceReport:
    seen = Seen().service(Outcome.ANSWERED, external="203.0.113.7")
    seen.add("portmap.map", Outcome.ANSWERED, "pcp", external="203.0.113.7:4000", lifetime_s=120)
    if proof is not None:
        seen.add("portmap.proof", proof, "pcp", **proved)
    return seen.pcp()


@pytest.mark.parametrize(
    ("sent", "answered", "state"),
    [(3, 3, Tri.NO), (2, 2, Tri.NO), (3, 2, Tri.UNKNOWN), (1, 1, Tri.UNKNOWN), (3, 0, Tri.UNKNOWN)],
)
def test_silence_is_no_only_beside_echoes_that_all_came_back(sent: int, answered: int, state: Tri) -> None:
    seen = Seen().service(Outcome.NO_ANSWER).control(sent, answered)
    report = seen.pcp()
    assert report.state is state
    assert (seen.found[1].id in report.evidence) == (answered > 0)


def test_silence_beside_another_protocol_that_answers_is_no() -> None:
    seen = Seen().service(Outcome.NO_ANSWER).service(Outcome.REFUSED, "nat-pmp", kind="refused", summary="no")
    assert seen.pcp().state is Tri.NO
    assert "NAT-PMP" in seen.pcp().reason


def test_an_answer_from_elsewhere_is_no_control() -> None:
    seen = Seen().service(Outcome.NO_ANSWER).service(Outcome.ANSWERED, "upnp", elsewhere="192.168.1.9:1900")
    assert seen.pcp().state is Tri.UNKNOWN


def test_a_control_on_another_way_is_none() -> None:
    seen = Seen().service(Outcome.NO_ANSWER)
    other = Seen("192.168.2.1", "wlan0", 10).control(3, 3)
    assert port_mapping_report(LINKS, [*seen.found, *other.found]).pcp.state is Tri.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "data", "state", "proof", "answer"),
    [
        (Outcome.ICMP_ERROR, {"kind": "closed"}, Tri.NO, None, "refused"),
        (Outcome.REFUSED, {"kind": "other-protocol"}, Tri.NO, None, "refused"),
        (Outcome.REFUSED, {"kind": "refused", "error": "2"}, Tri.YES, "refused", "refused"),
        (Outcome.WRONG, {"kind": "failed"}, Tri.YES, None, "answered"),
        (Outcome.WRONG, {"kind": "failed", "elsewhere": "192.168.1.9:1900"}, Tri.UNKNOWN, None, "elsewhere"),
        (Outcome.LOCAL_ERROR, {"kind": "not-sent"}, Tri.UNKNOWN, None, "not-sent"),
        (Outcome.CANCELLED, {}, Tri.UNKNOWN, None, "cut-off"),
        (Outcome.NO_ANSWER, {}, Tri.UNKNOWN, None, "silent"),
        (Outcome.ANSWERED, {}, Tri.YES, None, "answered"),
    ],
)
def test_what_a_gateway_says(
    outcome: Outcome, data: dict[str, Any], state: Tri, proof: str | None, answer: str
) -> None:
    report = Seen().service(outcome, **data).pcp()
    assert (report.state, report.proof, report.answer) == (state, proof, answer)
    assert report.reason
    assert (report.error is not None) == (proof == "refused")


@pytest.mark.parametrize(
    ("outcome", "proof"),
    [
        (Outcome.ANSWERED, "proved"),
        (Outcome.NO_ANSWER, "unreachable"),
        (Outcome.WRONG, "unreachable"),
        (Outcome.LOCAL_ERROR, "unproved"),
        (None, "unproved"),
    ],
)
def test_what_became_of_a_mapping(outcome: Outcome | None, proof: str) -> None:
    report = granted(outcome, summary="it was so")
    assert (report.state, report.proof) == (Tri.YES, proof)
    assert (report.external, report.router_external, report.lifetime_s) == ("203.0.113.7:4000", "203.0.113.7", 120)


@pytest.mark.parametrize(("outcome", "proof"), [(Outcome.REFUSED, "refused"), (Outcome.NO_ANSWER, None)])
def test_a_service_that_opens_nothing(outcome: Outcome, proof: str | None) -> None:
    seen = Seen().service(Outcome.ANSWERED).add("portmap.map", outcome, "pcp", error="8", summary="no resources")
    assert (seen.pcp().state, seen.pcp().proof) == (Tri.YES, proof)
    assert seen.pcp().external is None


def test_the_best_of_several_gateways_counts() -> None:
    silent = Seen("192.168.2.1", "wlan0").service(Outcome.NO_ANSWER).control(3, 3)
    good = Seen(first=10).service(Outcome.ANSWERED)
    good.add("portmap.map", Outcome.ANSWERED, "pcp", external="203.0.113.7:4000", lifetime_s=120)
    good.add("portmap.proof", Outcome.ANSWERED, "pcp")
    report = port_mapping_report(LINKS, [*silent.found, *good.found]).pcp
    assert (report.gateway, report.proof) == (GATEWAY, "proved")


def test_nobody_was_asked() -> None:
    assert Seen().pcp().reason == NOT_ASKED
    assert Seen().pcp(None).state is Tri.UNKNOWN
    asked = port_mapping_report(LINKS, Seen().found)
    assert {s.answer for s in (asked.upnp, asked.nat_pmp, asked.pcp, asked.pcp_v6)} == {"not-asked"}
    tunnel = Seen().add("portmap.gateway", Outcome.ANSWERED, asked=False, summary="tun0 is a tunnel (VPN or proxy)")
    assert tunnel.pcp(LinkFacts(default_routes=(DefaultRoute(4, "tun0", None),))).state is Tri.UNKNOWN
    assert "tunnel" in tunnel.pcp().reason


@pytest.mark.parametrize("gateway", ["203.0.113.1", None])
def test_where_there_is_no_router_the_answer_is_no(gateway: str | None) -> None:
    ip = None if gateway is None else ipaddress.ip_address(gateway)
    report = Seen().pcp(LinkFacts(default_routes=(DefaultRoute(4, "eth0", ip),)))
    assert report.state is Tri.NO
    assert "no router to ask" in report.reason


def test_pinholes_are_told_by_themselves() -> None:
    four = Seen().service(Outcome.ANSWERED).found
    six = [msgspec.structs.replace(o, family=6) for o in Seen("fe80::1%eth0", first=9).service(Outcome.NO_ANSWER).found]
    report = port_mapping_report(LINKS, [*four, *six])
    assert (report.pcp.state, report.pcp_v6.state) == (Tri.YES, Tri.UNKNOWN)
    assert report.pcp_v6.gateway == "fe80::1%eth0"


def test_pinholes_without_a_gateway_and_without_a_look() -> None:
    assert port_mapping_report(LINKS, []).pcp_v6.state is Tri.NO
    six = DefaultRoute(6, "eth0", ipaddress.ip_address("fe80::1"))
    told = port_mapping_report(LinkFacts(default_routes=(six,)), []).pcp_v6
    assert (told.state, told.reason) == (Tri.UNKNOWN, NOT_ASKED)
