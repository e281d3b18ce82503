"""A side in a clause, and what is not known of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natscope.diagnosis.pair.describe import describe, unknown_of
from natscope.diagnosis.pair.side import FamilySide, Side
from natscope.model.endpoint import Endpoint
from tests.diagnosis.pair.scenes import ANY, EIF, NO, peer, this, told

TWO_PORTS = tuple(Endpoint.parse(f"198.51.100.13:{port}") for port in (42085, 41641))
USUAL = "lets in ports it wrote to, no IPv6, opens no ports"


@pytest.mark.parametrize(
    ("side", "text"),
    [
        (this(), "one public port for all peers, " + USUAL),
        (peer("yes"), "a new random port for each peer, " + USUAL),
        (peer("yes", predictable=told("yes")), "a new port for each peer, " + USUAL),
        (this(udp=NO), "nothing comes back over UDP"),
        (Side(), "not known"),
        (replace(this(), blurred="a VPN"), "not measured: a VPN"),
        (this(filtering=EIF, translated=NO, opens=told("yes"), v6=FamilySide(works=told("yes"))),
         "a public IPv4 address of its own, lets in everyone, IPv6 works, a port open from outside"),
        (Side(tells_all=True), "tells no address"),
        (Side(tells_all=True, endpoints=(Endpoint.parse("192.168.1.5:1"),)), "tells private addresses only"),
        (Side(tells_all=True, endpoints=TWO_PORTS), "tells 2 ports of one public address"),
        (replace(this(), tells_all=True, endpoints=TWO_PORTS), "one public port for all peers, " + USUAL),
    ],
)  # fmt: skip
def test_describe(side: Side, text: str) -> None:
    assert describe(side) == text


def test_unknown_of() -> None:
    assert unknown_of(this()) == ()
    assert unknown_of(this(udp=NO)) == unknown_of(replace(this(), blurred="a VPN")) == ()
    assert unknown_of(peer("yes", ANY)) == ("whom the peer's router lets in",)
    assert len(unknown_of(Side())) == 5
