"""Only what is public, IPv4 and an address at all."""

from __future__ import annotations

import msgspec
import pytest

from natscope.diagnosis.pair.explain import is_elsewhere
from natscope.diagnosis.pair.public_addresses import public_of_node, public_of_report
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.model.report import Report
from tests.reports.scenes import load

ENDPOINTS = ("192.0.2.9:41641", "192.168.1.20:41641", "100.64.0.7:1", "[2001:db8::1]:41641")
HERE = MeshStatus(this=MeshNode(endpoints=tuple(Endpoint.parse(text) for text in ENDPOINTS)))


def test_a_node_tells_private_and_ipv6_endpoints_too() -> None:
    assert public_of_node(HERE) == {"192.0.2.9"}
    assert public_of_node(MeshStatus()) == frozenset()


@pytest.mark.parametrize("address", ["192.168.1.20", "100.64.0.7", "2001:db8::1", "nowhere", ""])
def test_what_a_relay_inside_the_own_network_saw_is_not_held_against_the_node(address: str) -> None:
    report = seen_as(address)
    assert public_of_report(report) == frozenset()
    assert not is_elsewhere(HERE, report)


def test_another_public_address_is() -> None:
    assert is_elsewhere(HERE, seen_as("192.0.2.10"))
    assert not is_elsewhere(HERE, seen_as("192.0.2.9"))


def seen_as(address: str) -> Report:
    report = load("port-restricted")
    seen = msgspec.structs.replace(report.ipv4.endpoints[0], address=address)
    return msgspec.structs.replace(report, ipv4=msgspec.structs.replace(report.ipv4, endpoints=(seen,)))
