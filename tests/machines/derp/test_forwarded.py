"""X-Forwarded-For: only our own proxies are believed, and only what they wrote."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.derp.forwarded import MAX_HOPS, TrustedProxies, parse_networks

PROXIES = parse_networks(["127.0.0.0/8", "10.0.0.0/24", "2001:db8:1::/48"])
PROXY = ipaddress.ip_address("127.0.0.1")


def client(peer: str, *values: str) -> str:
    return str(PROXIES.client(ipaddress.ip_address(peer), [(b"x-forwarded-for", v.encode()) for v in values]))


@pytest.mark.parametrize(
    ("peer", "values", "expected"),
    [
        ("127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["203.0.113.9, 192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["203.0.113.9", "192.0.2.7, 10.0.0.5"], "192.0.2.7"),
        ("::ffff:127.0.0.1", ["::ffff:192.0.2.7"], "192.0.2.7"),
        ("2001:db8:1::9", ["2001:db8:2::7"], "2001:db8:2::7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["10.0.0.5"], "10.0.0.5"),
        ("127.0.0.1", ["unknown"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.7, garbage"], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.7, garbage, 10.0.0.5"], "10.0.0.5"),
        ("198.51.100.1", ["192.0.2.7"], "198.51.100.1"),
    ],
)
def test_who_asks(peer: str, values: list[str], expected: str) -> None:
    assert client(peer, *values) == expected


@given(st.ip_addresses(), st.text(max_size=50))
def test_a_stranger_is_never_believed(peer: ipaddress.IPv4Address | ipaddress.IPv6Address, text: str) -> None:
    headers = [(b"x-forwarded-for", text.encode("utf-8", "replace"))]
    if peer not in PROXIES:
        assert PROXIES.client(peer, headers) == peer
    assert TrustedProxies().client(peer, headers) == peer


@given(st.ip_addresses(), st.binary(max_size=80))
def test_what_a_client_invents_stands_before_what_the_proxy_wrote(
    real: ipaddress.IPv4Address | ipaddress.IPv6Address, invented: bytes
) -> None:
    headers = [(b"X-Forwarded-For", invented + b", " + str(real).encode())]
    found = PROXIES.client(PROXY, headers)
    mapped = getattr(real, "ipv4_mapped", None) or real
    assert found == mapped or mapped in PROXIES or "%" in str(real)


def test_an_endless_list_is_cut() -> None:
    text = "192.0.2.7, " + ", ".join(["10.0.0.5"] * MAX_HOPS * 100)
    assert client("127.0.0.1", text) == "10.0.0.5"


def test_networks_are_read_or_named() -> None:
    assert ipaddress.ip_address("192.0.2.1") in parse_networks(["192.0.2.9/24"])
    with pytest.raises(ValueError, match=r"^proxy\.example$"):
        parse_networks(["127.0.0.1", "proxy.example"])
