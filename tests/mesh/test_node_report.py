"""A netcheck of upstream's beside a status: what the status may say, and when both may be of two computers."""

from __future__ import annotations

import msgspec
import pytest

from natscope.mesh.node_report import misfit, named_by
from natscope.model.endpoint import Endpoint
from natscope.model.mesh_status import MeshNode, MeshStatus
from natscope.wire.local_api.netcheck import decode_netcheck
from tests.wire.local_api.test_netcheck import recorded

EASY = decode_netcheck(recorded("nat-easy"))  # behind 198.51.100.12


def status(*endpoints: str, host_name: str = "laptop", name: str = "laptop-1.example.ts.net") -> MeshStatus:
    ends = tuple(Endpoint.parse(text) for text in endpoints)
    return MeshStatus(this=MeshNode(host_name=host_name, name=name, os="linux", relay="fra", endpoints=ends))


def test_it_names_the_computer_and_nothing_else() -> None:
    named = named_by(EASY, status())
    assert (named.host.name, named.host.os) == ("laptop", "linux")
    assert msgspec.structs.replace(named, host=EASY.host) == EASY
    assert named_by(EASY, status(host_name="")).host.name == "laptop-1"
    assert named_by(EASY, MeshStatus()) == EASY
    own = msgspec.structs.replace(EASY, host=msgspec.structs.replace(EASY.host, name="nas", os="freebsd"))
    assert named_by(own, status()) == own


@pytest.mark.parametrize(
    ("endpoints", "fits"),
    [
        ((), True),
        (("192.168.1.5:41641", "100.70.0.1:1", "[2001:db8::1]:41641"), True),  # nothing public of IPv4 to compare
        (("198.51.100.12:9", "203.0.113.5:41641"), True),
        (("203.0.113.5:41641", "10.0.0.2:41641"), False),
    ],
)
def test_two_computers_are_suspected_by_their_addresses(endpoints: tuple[str, ...], fits: bool) -> None:
    words = misfit(EASY, status(*endpoints))
    assert words == ("" if fits else "the netcheck shows 198.51.100.12 as its public address, the status 203.0.113.5")


def test_a_netcheck_without_addresses_fits_any() -> None:
    assert misfit(decode_netcheck(recorded("noudp")), status("203.0.113.5:41641")) == ""
