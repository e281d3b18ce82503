"""A second opinion beside ours, and an explanation for every way in which the two can differ."""

from __future__ import annotations

import pytest

from natscope.model.nat import Filtering, Mapping
from natscope.model.observation import Observation, Outcome
from natscope.model.report import NatFamilyReport
from natscope.model.report_cross_check import CrossCheckReport
from natscope.model.tri import Tri
from natscope.netcheck.assemble_cross_check import cross_check
from natscope.netcheck.assemble_filtering import rfc3489_name

EI, APD, NONE = Mapping.ENDPOINT_INDEPENDENT, Mapping.ADDRESS_AND_PORT_DEPENDENT, Mapping.NONE
ANY, ADDRESS, PORT = (
    Filtering.ENDPOINT_INDEPENDENT,
    Filtering.ADDRESS_DEPENDENT,
    Filtering.ADDRESS_AND_PORT_DEPENDENT,
)


def opinion(says: str, outcome: Outcome = Outcome.ANSWERED, summary: str = "", heeds: str = "proved") -> Observation:
    return Observation(
        id="o9", kind="nat.second-opinion", probe="nat_cross_check", outcome=outcome, target="198.51.100.1:3478",
        summary=summary, data={"tool": "pystun3", "says": says, "heeds": heeds},
    )  # fmt: skip


def nat(mapping: Mapping, filtering: Filtering, several: Tri = Tri.NO) -> NatFamilyReport:
    name = rfc3489_name(mapping, filtering, several=several is Tri.YES)
    return NatFamilyReport(mapping=mapping, filtering=filtering, rfc3489_name=name, several_addresses=several)


@pytest.mark.parametrize(
    ("says", "ours"),
    [
        ("Open Internet", nat(NONE, ANY)),
        ("Symmetric UDP Firewall", nat(NONE, PORT)),
        ("Full Cone", nat(EI, ANY)),
        ("Restric NAT", nat(EI, ADDRESS)),
        ("Restric Port NAT", nat(EI, PORT)),
        ("Symmetric NAT", nat(APD, PORT)),
    ],
)
def test_they_agree(says: str, ours: NatFamilyReport) -> None:
    found = cross_check([opinion(says)], ours)
    assert (found.agrees, found.explanation, found.reason) == (Tri.YES, "", "")
    assert found.evidence == ("o9",)


@pytest.mark.parametrize(
    ("says", "ours", "words"),
    [
        ("Full Cone", nat(APD, ANY), "only where the filter lets nothing in"),
        ("Full Cone", nat(NONE, ANY), "own address"),
        ("Symmetric NAT", nat(APD, PORT, Tri.YES), "several public addresses"),
        ("Restric Port NAT", nat(EI, ADDRESS), "a lost packet for a filter"),
        ("Restric Port NAT", nat(EI, ANY), "a lost packet for a filter"),
        ("Full Cone", nat(EI, PORT), "does not look where an answer came from"),
        ("Full Cone", nat(EI, ADDRESS), "does not look where an answer came from"),
        ("Restric NAT", nat(EI, PORT), "does not look where an answer came from"),
        ("Open Internet", nat(NONE, PORT), "does not look where an answer came from"),
        ("Blocked", nat(EI, PORT), "gives up"),
        ("Symmetric NAT", nat(EI, PORT), "one socket at one server"),
        ("Meet an error, when do Test1 on Changed IP and Port", nat(EI, PORT), "an error of its own"),
        ("Full Cone", nat(EI, Filtering.UNKNOWN), "no verdict of ours"),
    ],
)
def test_where_they_differ_there_is_a_reason(says: str, ours: NatFamilyReport, words: str) -> None:
    found = cross_check([opinion(says)], ours)
    assert found.agrees is not Tri.YES
    assert words in found.explanation


@pytest.mark.parametrize("ours", [nat(EI, ADDRESS), nat(EI, ANY)])
def test_a_server_that_was_not_seen_to_honour_the_request_is_named_as_the_reason(ours: NatFamilyReport) -> None:
    found = cross_check([opinion("Restric Port NAT", heeds="silent")], ours)
    assert "was not seen to honour CHANGE-REQUEST" in found.explanation
    assert cross_check([opinion("Restric Port NAT", heeds="silent")], nat(EI, PORT)).agrees is Tri.YES


def test_an_opinion_that_was_not_given_has_its_reason() -> None:
    found = cross_check([opinion("", Outcome.NO_ANSWER, "it did not end within 12 s")], nat(EI, PORT))
    assert (found.says, found.agrees, found.reason) == ("", Tri.UNKNOWN, "it did not end within 12 s")
    assert cross_check([], nat(EI, PORT)) == CrossCheckReport()
