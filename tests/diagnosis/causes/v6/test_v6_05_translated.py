"""NS-V6-05: an IPv6 address that this computer has not, seen by relays."""

from __future__ import annotations

import msgspec
import pytest

from natscope.model.finding import Certainty
from natscope.model.report import Report
from tests.diagnosis.judging import claim, found, scene

ID = "NS-V6-05"


def seen_as(address: str) -> Report:
    report = scene("nat66")
    ends = tuple(msgspec.structs.replace(e, address=address) for e in report.ipv6.endpoints)
    return msgspec.structs.replace(report, ipv6=msgspec.structs.replace(report.ipv6, endpoints=ends))


def test_another_address_is_certain() -> None:
    finding = found(scene("nat66"))[ID]
    assert finding.certainty is Certainty.CERTAIN
    assert finding.detail == "This computer sends from fd00:1::1c9e, relays see 2001:db8:66::1."


@pytest.mark.parametrize("address", ["fd00:1::1c9e", "203.0.113.7", "fd00:2::7", "rubbish"])
def test_ones_own_an_inner_or_an_ipv4_address_is_no_claim(address: str) -> None:
    assert claim(seen_as(address), ID) is None


def test_without_ipv6_there_is_no_claim() -> None:
    assert claim(scene("mapping-varies"), ID) is None
