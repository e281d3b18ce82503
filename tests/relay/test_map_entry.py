"""The entry of a relay map that a relay prints: only what differs from the usual."""

from __future__ import annotations

import msgspec

from natscope.model.endpoint import Endpoint
from natscope.model.relay_map import RelayNode
from natscope.relay.map_entry import map_entry

PIN = "ab" * 32


def node(host: str, listen: str, stun: str = "", http: str = "") -> RelayNode:
    ends = [tuple([Endpoint.parse(text)] if text else []) for text in (listen, stun, http)]
    [region] = map_entry(host, PIN, *ends).regions
    [found] = region.nodes
    assert (region.region_id, found.region_id, found.cert_name) == (900, 900, f"sha256-raw:{PIN}")
    return msgspec.structs.replace(found, cert_name="")


def test_usual_ports_are_left_out() -> None:
    found = node("192.0.2.1", "0.0.0.0:443", "0.0.0.0:3478", "0.0.0.0:80")
    assert found == RelayNode(name="900a", region_id=900, host_name="192.0.2.1", ipv4="192.0.2.1", can_port80=True)


def test_others_are_named() -> None:
    found = node("2001:db8::1", "[::]:8443", "[::]:3479", "[::]:8080")
    assert (found.ipv6, found.ipv4, found.derp_port, found.stun_port, found.can_port80) == (
        "2001:db8::1", "", 8443, 3479, False
    )  # fmt: skip


def test_no_stun_and_a_name() -> None:
    found = node("relay.test", "0.0.0.0:443")
    assert (found.host_name, found.ipv4, found.ipv6, found.stun_port) == ("relay.test", "", "", -1)
