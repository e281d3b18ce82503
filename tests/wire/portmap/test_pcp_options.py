"""Options of PCP: layout, round trips, what is malformed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.model.endpoint import unmapped
from natscope.wire.cursor import Reader, Writer
from natscope.wire.portmap.pcp_options import (
    Filter,
    Option,
    OptionCode,
    OtherOption,
    PreferFailure,
    ThirdParty,
    code_of,
    put_address,
    put_options,
    take_address,
    take_options,
)

IPS = st.ip_addresses(v=4) | st.ip_addresses(v=6).map(unmapped)
OPTIONS = (
    st.builds(ThirdParty, IPS)
    | st.just(PreferFailure())
    | st.builds(Filter, st.integers(0, 128), st.integers(0, 65535), IPS)
    | st.builds(OtherOption, st.integers(4, 255) | st.just(0), st.binary(max_size=40))
)


def written(*options: Option) -> bytes:
    return put_options(Writer(), options).finish()


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (PreferFailure(), "02000000"),
        (ThirdParty(IPv4Address("192.168.1.9")), "01000010" + "00" * 10 + "ffffc0a80109"),
        (Filter(128, 3478, IPv4Address("192.0.2.10")), "0300001400800d96" + "00" * 10 + "ffffc000020a"),
        (Filter(64, 0, IPv6Address("2001:db8::")), "0300001400400000" + "20010db8" + "00" * 12),
        (OtherOption(200, b"abcde"), "c8000005" + "6162636465000000"),
    ],
)
def test_layouts(option: Option, text: str) -> None:
    assert written(option).hex() == text
    assert take_options(Reader(bytes.fromhex(text))) == (option,)


@given(st.lists(OPTIONS, max_size=5))
def test_round_trip(options: list[Option]) -> None:
    data = written(*options)
    assert len(data) % 4 == 0
    assert take_options(Reader(data)) == tuple(options)


@given(OPTIONS)
def test_cut_off_anywhere(option: Option) -> None:
    data = written(option)
    for length in range(1, len(data)):
        with pytest.raises(RemoteError) as raised:
            take_options(Reader(data[:length]))
        assert raised.value.field.startswith("option")


@given(st.binary(max_size=60))
def test_garbage_raises_only_remote_errors(data: bytes) -> None:
    try:
        options = take_options(Reader(data))
    except RemoteError:
        return
    assert [code_of(option) for option in options] == [code_of(o) for o in take_options(Reader(written(*options)))]


@pytest.mark.parametrize(
    "text", ["01000004" + "00" * 4, "02000004" + "00" * 4, "03000010" + "00" * 16, "0300001400810000" + "00" * 16]
)
def test_known_options_have_their_length(text: str) -> None:
    with pytest.raises(RemoteError) as raised:
        take_options(Reader(bytes.fromhex(text)))
    assert raised.value.field == "option data"


def test_a_prefix_has_at_most_128_bits() -> None:
    with pytest.raises(LocalError, match="129 bits"):
        written(Filter(129, 0, IPv4Address(0)))


def test_codes() -> None:
    assert [code_of(o) for o in (ThirdParty(IPv4Address(1)), PreferFailure(), Filter(0, 0, IPv4Address(1)))] == list(
        OptionCode
    )


@given(IPS)
def test_addresses(ip: IPv4Address | IPv6Address) -> None:
    data = put_address(Writer(), ip, "ip").finish()
    assert len(data) == 16
    assert take_address(Reader(data), "ip") == ip
