"""One address, one mask: never an address of the original, kind and neighbourhood kept."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.model.address_space import is_inside
from natscope.redact.addresses import AddressMask, addresses_in


def masked(text: str) -> str:
    return AddressMask(addresses_in(text)).text(text)


@pytest.mark.parametrize(
    "text",
    [
        "192.168.1.20:41641",
        "10.0.0.0/8",
        "100.64.0.0/10 and 100.100.100.100",
        "127.0.0.1 [::1]:80 0.0.0.0:68 ::",
        "198.18.0.7",
        "8.8.8.8:53",
        "169.254.169.254",
        "fd00::/8 2000::/3 0.0.0.0/0 81.0.0.0/8 2002::/16 fd7a:115c:a1e0::/48 fd7a:115c:a1e0::53",
        "version 1.102.5 of 4.3.2.1.0, 12:30:45, 300.1.1.1",
        "RFC 4787 section 4.2.1",
    ],
)
def test_what_says_nothing_of_anybody_stays(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    ["81.2.69.7", "[81.2.69.7]:3478", "81.2.69.7:41641,", "mapped=81.2.69.7;", "81.2.69.0/24", "::ffff:81.2.69.7"],
)
def test_an_address_is_found_wherever_it_stands(text: str) -> None:
    assert "81.2.69" not in masked(text)


@pytest.mark.parametrize(
    "text",
    ["81.2.0.0/16", "81.2.69.7/8", "081.002.069.007", "host81.2.69.7", "_81.2.69.7", "81.2.69.7_x", "2a02:8108::/29"],
)
def test_networks_of_somebody_and_odd_notations_are_masked_too(text: str) -> None:
    result = masked(text)
    assert not any(part in result for part in ("81.2.", "081.002", "2a02:8108"))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("7.69.2.81.in-addr.arpa", "69.2.81"),
        ("69.2.81.IN-ADDR.ARPA", "69.2.81"),
        (f"{'1.' + '0.' * 23}8.0.1.8.2.0.a.2.ip6.arpa", "8.0.1.8.2.0.a.2"),
    ],
)
def test_names_of_reverse_lookups_are_those_of_the_mask(text: str, secret: str) -> None:
    result = masked(text)
    assert secret not in result.lower()
    assert result.count(".") == text.count(".")
    assert result.lower().endswith(".arpa")


def test_a_reverse_name_and_its_address_have_one_mask() -> None:
    address, name = masked("81.2.69.7 7.69.2.81.in-addr.arpa").split()
    assert name == f"{ipaddress.ip_address(address).reverse_pointer}"
    assert masked("4.1.168.192.in-addr.arpa") == "4.1.168.192.in-addr.arpa"


def test_addresses_of_the_mesh_stay_in_its_range() -> None:
    assert ipaddress.ip_address(masked("fd7a:115c:a1e0:ab12::7")) in ipaddress.IPv6Network("fd7a:115c:a1e0::/48")


def test_the_same_address_is_the_same_mask_and_others_are_not() -> None:
    words = masked("81.2.69.7 81.2.69.8 81.2.69.7 2a02:8108::1 2A02:8108:0::1").split()
    assert words[0] == words[2] != words[1]
    assert words[3] == words[4]


def test_prefixes_of_ipv6_stay_together() -> None:
    one, two, three, four = (
        ipaddress.IPv6Address(word)
        for word in masked("2a02:8108:1:2::a 2a02:8108:1:2::b 2a02:8108:1:3::a 2a02:8108:9:2::a").split()
    )
    assert int(one) >> 64 == int(two) >> 64 != int(three) >> 64
    assert int(one) >> 80 == int(three) >> 80 != int(four) >> 80


def test_what_embeds_an_address_still_does() -> None:
    four, embedded = masked("81.2.69.7 64:ff9b::5102:4507").split()
    assert ipaddress.IPv6Address(embedded) == ipaddress.IPv6Address(f"64:ff9b::{four}")


@pytest.mark.parametrize(
    "text", ["2002:5102:4507::1", "2001:0:5102:4507::1", "fe80::211:22ff:fe33:4455", "fd12:3456:789a::7"]
)
def test_the_kind_stays(text: str) -> None:
    before, after = ipaddress.IPv6Address(text), ipaddress.IPv6Address(masked(text))
    assert after != before
    assert after.is_link_local == before.is_link_local
    assert is_inside(after) == is_inside(before)
    assert (after.sixtofour is None, after.teredo is None) == (before.sixtofour is None, before.teredo is None)


def test_a_mask_is_never_an_address_of_the_original() -> None:
    originals = [f"198.51.100.{n}" for n in range(1, 120)] + [f"2001:db8:1:1::{n:x}" for n in range(1, 50)]
    masks = masked(" ".join(originals)).split()
    assert not set(masks) & set(originals)
    assert len(set(masks)) == len(originals)


def test_more_addresses_than_the_documentation_has() -> None:
    originals = [f"81.2.{n >> 8}.{n & 255}" for n in range(1000)]
    assert len(set(masked(" ".join(originals)).split())) == 1000


@given(st.lists(st.ip_addresses(), max_size=30))
def test_any_address_is_masked_once_and_stays_an_address(ips: list[ipaddress.IPv4Address]) -> None:
    mask = AddressMask(ips)
    done = [mask.address(ip) for ip in ips]
    assert [mask.address(ip) for ip in ips] == done
    assert len(set(done)) == len(set(ips))
    assert all(is_inside(old) == is_inside(new) for old, new in zip(ips, done, strict=True))


@given(st.text(max_size=60))
def test_any_text_is_taken(text: str) -> None:
    masked(text)
