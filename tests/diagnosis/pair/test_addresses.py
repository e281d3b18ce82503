"""Kinds of addresses, and networks that two nodes share."""

from __future__ import annotations

import ipaddress

import pytest

from natscope.diagnosis.pair.addresses import Kind, common_networks, in_order, kind_of, network_of, parse_all, word_of
from natscope.model.endpoint import Endpoint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("10.1.2.3", Kind.PRIVATE),
        ("172.31.0.1", Kind.PRIVATE),
        ("172.32.0.1", Kind.PUBLIC),
        ("192.168.1.1", Kind.PRIVATE),
        ("169.254.7.7", Kind.LINK_LOCAL),
        ("100.64.0.1", Kind.SHARED),
        ("100.128.0.1", Kind.PUBLIC),
        ("127.0.0.1", Kind.LOOPBACK),
        ("203.0.113.7", Kind.PUBLIC),
        ("224.0.0.1", Kind.OTHER),
        ("0.0.0.0", Kind.OTHER),
        ("255.255.255.255", Kind.OTHER),
        ("fd00::1", Kind.UNIQUE_LOCAL),
        ("fd7a:115c:a1e0::1", Kind.OVERLAY),
        ("fe80::1", Kind.LINK_LOCAL),
        ("2001:db8::1", Kind.PUBLIC),
        ("2001:0:1::1", Kind.TUNNEL),
        ("2002:c633:643c::1", Kind.TUNNEL),
        ("::1", Kind.LOOPBACK),
        ("ff02::1", Kind.OTHER),
    ],
)
def test_kind_of(text: str, kind: Kind) -> None:
    assert kind_of(ipaddress.ip_address(text)) is kind


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("192.168.1.1", "LAN"), ("fd00::1", "LAN"), ("169.254.7.7", "LAN"), ("100.70.3.4", "CGNAT"),
        ("203.0.113.7", "IPv4"), ("2001:db8::1", "IPv6"), ("fd7a:115c:a1e0::1", "IPv6"),
    ],
)  # fmt: skip
def test_word_of(text: str, word: str) -> None:
    assert word_of(ipaddress.ip_address(text)) == word


def test_networks_in_common() -> None:
    one = parse_all(["192.168.1.20", "fd00:1::5", "2001:db8:1::5"])
    other = parse_all(["192.168.1.77", "10.0.0.1", "fd00:1::6", "2001:db8:2::5"])
    assert common_networks(one, other, Kind.PRIVATE) == ("192.168.1.0/24",)
    assert common_networks(one, other, Kind.UNIQUE_LOCAL) == ("fd00:1::/64",)
    assert common_networks(one, other, Kind.PUBLIC) == ()
    assert network_of(one[0]) == "192.168.1.0/24"


def test_what_is_no_address_is_left_out() -> None:
    assert [str(ip) for ip in parse_all(["\x1b[31m", "10.0.0.2", "", "10.0.0.2"])] == ["10.0.0.2"]


def test_order_does_not_hang_on_the_teller() -> None:
    ends = [Endpoint.parse(text) for text in ("[2001:db8::1]:1", "10.0.0.2:9", "10.0.0.2:1", "10.0.0.2:9")]
    assert [str(end) for end in in_order(reversed(ends))] == ["10.0.0.2:1", "10.0.0.2:9", "[2001:db8::1]:1"]
