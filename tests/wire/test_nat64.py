"""Prefixes of NAT64: the table of RFC 6052 §2.4, the example of RFC 7050, and answers that are none."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.nat64 import KNOWN, PREFIX_LENGTHS, embed, extract, prefix_of

V4 = ipaddress.IPv4Address("192.0.2.33")


@pytest.mark.parametrize(
    ("prefix", "address"),
    [
        ("2001:db8::/32", "2001:db8:c000:221::"),
        ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
        ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
        ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
        ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100:0"),
        ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
        ("64:ff9b::/96", "64:ff9b::192.0.2.33"),
    ],
)
def test_the_examples_of_rfc_6052(prefix: str, address: str) -> None:
    network = ipaddress.IPv6Network(prefix)
    assert embed(V4, network) == ipaddress.IPv6Address(address)
    assert extract(ipaddress.IPv6Address(address), network.prefixlen) == V4


@given(st.integers(0, (1 << 128) - 1), st.sampled_from(PREFIX_LENGTHS), st.sampled_from(KNOWN))
def test_a_made_up_answer_gives_its_prefix_away(bits: int, length: int, known: ipaddress.IPv4Address) -> None:
    bits &= ~(0xFF << 56) if length > 64 else -1  # RFC 6052 §2.2: that byte is zero
    prefix = ipaddress.IPv6Network((bits, length), strict=False)
    found = prefix_of(embed(known, prefix))
    assert found is not None
    assert embed(known, found) == embed(known, prefix)


@pytest.mark.parametrize("address", ["2001:db8::1", "::", "64:ff9b::192.0.2.1", "fe80::1"])
def test_other_answers_have_none(address: str) -> None:
    assert prefix_of(ipaddress.ip_address(address)) is None


def test_ipv4_and_odd_lengths() -> None:
    assert prefix_of(KNOWN[0]) is None
    with pytest.raises(ValueError, match="no 80 bits"):
        extract(ipaddress.IPv6Address("::"), 80)
