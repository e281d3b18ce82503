"""NS-HOST-02: a counter that grew beside a missing answer is certain; rule and use are likely; one alone is nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natscope.model.finding import Certainty, Severity
from natscope.model.report import Report
from natscope.model.report_dns import DnsReport, NameServerReport, NameServerState
from natscope.model.tri import Tri
from tests.diagnosis.judging import claim, found
from tests.diagnosis.surrounded import around, unlooked

ID = "NS-HOST-02"


def test_the_packet_that_was_eaten_is_named() -> None:
    finding = found(around("shared-space-eaten"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.FAIL)
    assert finding.title == (
        "A rule of this computer drops what 100.64.10.1 answers (your provider's side, 100.64.0.0/10), so opening "
        "ports and names from there fail; direct connections still work."
    )
    assert "iptables -I INPUT 1 -s 100.64.10.1/32 -m conntrack --ctstate ESTABLISHED -j ACCEPT" in finding.fixes[0].do
    assert "chain ts-input" in finding.detail
    assert "dropped 1 packet while 100.64.10.1 was asked" in finding.detail


def eaten(place: str, **changes: Any) -> Report:
    report = around("shared-space-eaten")
    rule = report.surroundings.shared_space.rules[0]
    return around("shared-space-eaten", shared_space={"rules": (msgspec.structs.replace(rule, place=place),)} | changes)


def test_the_command_is_that_of_the_table_and_none_where_names_are_odd() -> None:
    fix = found(eaten("nftables: table inet filter, chain input"))[ID].fixes[0]
    accept = "nft insert rule inet filter input ip saddr 100.64.10.1 ct state established accept"
    assert fix.do == f"Accept answers from there in front of that rule: {accept}."
    for place in ("nftables: table bridge filter, chain input", "iptables: table ip filter, chain a;reboot", ""):
        assert "in front of the rule that drops them" in found(eaten(place))[ID].fixes[0].do


def test_only_what_lies_there_is_said_to_fail() -> None:
    place = "nftables: table inet filter, chain input"
    title = found(eaten(place, uses=("name server 100.64.10.1",)))[ID].title
    assert "so names from there fail; direct" in title
    title = found(eaten(place, uses=("gateway 100.64.10.1",)))[ID].title
    assert "so opening ports there fails; direct" in title
    assert found(eaten(place, uses=()))[ID].title.endswith("(your provider's side, 100.64.0.0/10).")


def test_rule_and_use_are_likely() -> None:
    finding = found(around("shared-space-dropped"))[ID]
    assert (finding.certainty, finding.severity) == (Certainty.LIKELY, Severity.WARN)
    assert "gateway 100.64.10.1" in finding.detail


def test_without_rule_use_or_knowledge_there_is_no_claim() -> None:
    assert claim(around("shared-space"), ID) is None
    for change in ({"dropped": Tri.NO}, {"dropped": Tri.UNKNOWN}, {"used": Tri.NO}, {"used": Tri.UNKNOWN}):
        assert claim(around("shared-space-dropped", shared_space=change), ID) is None
    assert claim(unlooked("shared-space-dropped"), ID) is None


def test_answers_from_everything_that_was_asked_contradict() -> None:
    assert claim(around("shared-space-dropped", shared_space={"eaten": Tri.NO}), ID) is None


def dropped(*servers: tuple[str, NameServerState]) -> Report:
    names = DnsReport(
        state=min((state for _, state in servers), key=list(NameServerState).index),
        servers=tuple(NameServerReport(address=address, state=state, reason="") for address, state in servers),
    )
    report = eaten("", uses=("name server 100.64.10.1",), eaten_from=("100.64.10.1",))
    return msgspec.structs.replace(report, dns=names)


def test_a_name_server_whose_answers_are_dropped_is_told_once() -> None:
    told = found(dropped(("100.64.10.1:53", NameServerState.SILENT)))
    assert told[ID].title.startswith("Names do not resolve: a rule of this computer drops what the name server 100.64.")
    assert "NS-CTL-10" not in told


@pytest.mark.parametrize(
    ("other", "state"), [("192.0.2.53:53", NameServerState.ANSWERS), ("192.0.2.53:53", NameServerState.SILENT)]
)
def test_names_are_gone_only_where_every_server_is_one_of_those(other: str, state: NameServerState) -> None:
    told = found(dropped(("100.64.10.1:53", NameServerState.SILENT), (other, state)))
    assert "so names from there fail" in told[ID].title
    assert "NS-CTL-10" in told
