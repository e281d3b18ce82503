"""Host names as clients dial them."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.relay_map_hosts import host_name_fault, is_address_of, is_vendor_host


@pytest.mark.parametrize(
    "name",
    ["relay", "r1.example.net", "R1.Example.NET.", "_x.example", "192.0.2.1", "2001:db8::1", "xn--bcher-kva.example"],
)
def test_fine(name: str) -> None:
    assert host_name_fault(name) is None


@pytest.mark.parametrize(
    ("name", "code", "instead"),
    [
        ("", "host-name-missing", None),
        ("https://r.example/", "host-name-is-url", "r.example"),
        ("HTTP://ana:pw@r.example:8443/x", "host-name-is-url", "r.example"),
        ("https://[2001:db8::1]:443", "host-name-is-url", "2001:db8::1"),
        ("r.example/derp", "host-name-has-path", "r.example"),
        ("r.example:443", "host-name-has-port", "r.example"),
        ("[2001:db8::1]:443", "host-name-has-port", "2001:db8::1"),
        ("[2001:db8::1]", "host-name-in-brackets", "2001:db8::1"),
        ("bücher.example", "host-name-not-ascii", None),
        (" r.example", "host-name-invalid", "r.example"),
        ("r..example", "host-name-invalid", None),
        ("-r.example", "host-name-invalid", None),
        ("a" * 64, "host-name-invalid", None),
        ("a." * 130, "host-name-invalid", None),
        ("r\x1b[2J.example", "host-name-invalid", None),
        ("r.example\n", "host-name-invalid", "r.example"),
        ("https://", "host-name-is-url", None),
    ],
)
def test_wrong(name: str, code: str, instead: str | None) -> None:
    fault = host_name_fault(name)
    assert fault is not None
    assert (fault.code, fault.instead) == (code, instead)


@given(st.text(max_size=40))
def test_what_is_suggested_is_fine_itself(text: str) -> None:
    fault = host_name_fault(text)
    if fault is not None and fault.instead is not None:
        assert host_name_fault(fault.instead) is None


def spelled(text: str, family: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == family
    except ValueError:
        return False


@given(
    st.one_of(
        st.ip_addresses().map(str),
        st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){2,4}\n?", fullmatch=True),
        st.text(max_size=9),
    )
)
def test_addresses_are_those_of_ipaddress(text: str) -> None:
    assert [is_address_of(text, 4), is_address_of(text, 6)] == [spelled(text, 4), spelled(text, 6)]


def test_whose() -> None:
    assert is_vendor_host("derp1f.tailscale.com.")
    assert not is_vendor_host("tailscale.com.example.net")
    assert not is_vendor_host("nottailscale.com")
