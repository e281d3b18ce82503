"""The router in plain words; nothing that was not measured."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.nat import Filtering, Mapping, PortAllocation
from natscope.model.observation import Observation, Outcome
from natscope.model.report import MappingServiceReport, Report, ServiceError
from natscope.model.report_cross_check import CrossCheckReport
from natscope.model.tri import Tri
from natscope_reports._text import nat
from tests.reports.drawing import lines, scene


def with_nat(**changes: Any) -> Report:
    report = scene("healthy")
    v4 = msgspec.structs.replace(report.nat.v4, **changes)
    return msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=v4, **changes))


def service(state: Tri, proof: str | None = None, **more: Any) -> MappingServiceReport:
    return MappingServiceReport(state=state, proof=proof, **more)


def services(**changes: MappingServiceReport) -> Report:
    report = scene("healthy")
    return msgspec.structs.replace(report, port_mapping=msgspec.structs.replace(report.port_mapping, **changes))


def row(report: Report, label: str) -> list[str]:
    drawn = [line for line in lines(nat.draw, report) if line.startswith(f"  {label} ")]
    return [part.strip() for part in drawn[0][2:].split("  ") if part.strip()] if drawn else []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["Public port", "same for all peers", "good", "endpoint-independent"]),
        ({"mapping": Mapping.NONE}, ["Public port", "your own", "good", "no translation"]),
        (
            {"mapping": Mapping.ADDRESS_DEPENDENT, "mapping_varies": Tri.YES},
            ["Public port", "differs by peer", "bad", "address-dependent"],
        ),
        (
            {"mapping": Mapping.UNKNOWN, "mapping_varies": Tri.YES},
            ["Public port", "differs by peer", "bad", "address- or port-dependent"],
        ),
        ({"mapping": Mapping.UNKNOWN, "mapping_varies": Tri.UNKNOWN}, []),
    ],
)
def test_public_port(changes: dict[str, Any], expected: list[str]) -> None:
    assert row(with_nat(**changes), "Public port") == expected


@pytest.mark.parametrize(
    ("label", "changes", "answer"),
    [
        ("Port number", {"port_preservation": Tri.NO}, "changed"),
        ("Port number", {"port_preservation": Tri.UNKNOWN}, None),
        ("Public address", {"several_addresses": Tri.YES}, "differs by peer"),
        ("New ports", {"port_allocation": PortAllocation.RANDOM}, "without a pattern"),
        ("New ports", {"port_allocation": PortAllocation.UNKNOWN}, None),
        ("Lets in", {"filtering": Filtering.ADDRESS_AND_PORT_DEPENDENT}, "ports you wrote to"),
        ("Lets in", {"filtering": Filtering.UNKNOWN}, None),
        ("Own address", {"hairpinning": Tri.NO}, "not from inside"),
        ("Forgets after", {"mapping_lifetime_s": 30.0}, "30 s of silence"),
    ],
)
def test_other_rows(label: str, changes: dict[str, Any], answer: str | None) -> None:
    found = row(with_nat(**changes), label)
    assert (found[1] if found else None) == answer


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (services(), []),
        (services(upnp=service(Tri.YES)), ["Opens ports", "UPnP", "there, not tried"]),
        (services(pcp=service(Tri.YES, "proved")), ["Opens ports", "PCP", "good", "proved from outside"]),
        (services(nat_pmp=service(Tri.YES, "refused")), ["Opens ports", "NAT-PMP", "bad", "refused"]),
        (
            services(nat_pmp=service(Tri.YES, "refused", error=ServiceError(code="2", words="no\x1b[31m"))),
            ["Opens ports", "NAT-PMP", "bad", "says: no\\x1b[31m"],
        ),
        (services(upnp=service(Tri.YES, "unproved")), ["Opens ports", "UPnP", "granted, not proved"]),
        (
            services(upnp=service(Tri.YES, "unreachable"), pcp=service(Tri.YES, "unreachable", external="10.1.1.1:4")),
            ["Opens ports", "PCP, UPnP", "bad", "opens 10.1.1.1, not public"],
        ),
        (
            services(upnp=service(Tri.YES, "unreachable", external="203.0.113.7:4")),
            ["Opens ports", "UPnP", "bad", "granted, nothing comes in"],
        ),
        (
            services(upnp=service(Tri.NO), nat_pmp=service(Tri.NO), pcp=service(Tri.NO)),
            ["Opens ports", "no", "no UPnP, NAT-PMP or PCP"],
        ),
        (services(upnp=service(Tri.NO), nat_pmp=service(Tri.NO)), []),
    ],
)
def test_opens_ports(report: Report, expected: list[str]) -> None:
    assert row(report, "Opens ports") == expected


def test_where_there_is_no_router_nobody_was_asked() -> None:
    """What is not there answers nothing: that no protocol is on would be said of nobody."""
    none = service(Tri.NO, reason="there is no router to ask: no default route has a gateway")
    report = services(upnp=none, nat_pmp=none, pcp=none)
    assert row(report, "Opens ports") == ["Opens ports", "no router to ask", "no default route has a gateway"]
    asked = Observation(id="o999", kind="portmap.service", probe="port_mapping", outcome=Outcome.REFUSED, family=4)
    report = msgspec.structs.replace(report, observations=(*report.observations, asked))
    assert row(report, "Opens ports") == ["Opens ports", "no", "no UPnP, NAT-PMP or PCP"]


def test_a_long_old_name_is_not_cut() -> None:
    report = scene("full-cone")
    v4 = msgspec.structs.replace(report.nat.v4, rfc3489_name="symmetric UDP firewall")
    named = msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v4=v4))
    assert row(named, "Old name")[1:] == ["symmetric UDP firewall", "RFC 3489"]


def test_an_address_that_varies_does_not_make_the_port_vary() -> None:
    drawn = lines(nat.draw, scene("several-addresses"))
    assert not any("Public port" in line for line in drawn)


def test_the_section_is_left_out_when_nothing_is_known() -> None:
    assert lines(nat.draw, scene("udp-blocked")) == []


def test_translated_ipv6_gets_its_own_row() -> None:
    report = scene("healthy")
    v6 = msgspec.structs.replace(report.nat.v6, mapping=Mapping.UNKNOWN, mapping_varies=Tri.YES)
    changed = msgspec.structs.replace(report, nat=msgspec.structs.replace(report.nat, v6=v6, layers=2))
    assert row(changed, "Port over IPv6")[1] == "differs by peer"
    assert lines(nat.draw, changed)[0] == "Routers · 2 between you and the internet"


def test_relays_inside_say_nothing_about_the_router() -> None:
    assert lines(nat.draw, scene("inside-relays")) == [
        "Router",
        "  – not seen: only relays inside this network answered",
    ]


def test_an_endpoint_seen_from_outside_is_judged_although_another_relay_is_inside() -> None:
    report = scene("inside-relays")
    outside = scene("healthy")
    four = msgspec.structs.replace(report.ipv4, endpoints=report.ipv4.endpoints + outside.ipv4.endpoints)
    both = msgspec.structs.replace(report, ipv4=four, nat=outside.nat)
    assert row(both, "Public port") == ["Public port", "same for all peers", "good", "endpoint-independent"]
    assert not any("not seen" in line for line in lines(nat.draw, both))


def with_four(**changes: Any) -> Report:
    report = scene("port-restricted")
    return msgspec.structs.replace(
        report, nat=msgspec.structs.replace(report.nat, v4=msgspec.structs.replace(report.nat.v4, **changes))
    )


def test_a_public_address_that_changed_is_said_first() -> None:
    assert row(with_four(address_changed=Tri.YES), "Public address") == [
        "Public address", "changed meanwhile", "bad", "during the run",
    ]  # fmt: skip
    assert row(with_four(), "Public address") == []


def test_whom_it_lets_in_by_family_who_tested_it_and_the_old_name() -> None:
    report = scene("port-restricted")
    assert row(report, "Lets in")[1:] == ["ports you wrote to", "normal", "address-and-port-dependent"]
    assert row(report, "Lets in, IPv6")[1:] == ["everyone", "good", "endpoint-independent"]
    assert row(report, "Tested by") == ["Tested by", "a relay", "198.51.100.3:3478"]
    assert row(report, "Old name")[1].startswith("port-restricted cone")


def test_a_second_opinion_stands_beside_ours_with_its_explanation() -> None:
    other = CrossCheckReport(says="Full Cone", agrees=Tri.NO, explanation="it tests less", reason="")
    report = msgspec.structs.replace(scene("port-restricted"), cross_check=other)
    assert row(report, "pystun3")[:2] == ["pystun3", "Full Cone"]
    assert any("pystun3: it tests less" in line for line in lines(nat.draw, report))
