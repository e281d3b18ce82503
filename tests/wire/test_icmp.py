"""ICMP of both families: captured pings, round trips, truncation, garbage, errors and what they quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire import icmp, ip
from natscope.wire.icmp import IcmpMessage
from tests.wire import captured

FAMILIES = pytest.mark.parametrize("family", [4, 6])
BYTE = st.integers(0, 255)
MESSAGES = st.builds(IcmpMessage, BYTE, BYTE, st.integers(0, 2**32 - 1), st.binary(max_size=60))


def ends(family: int) -> tuple[int, int]:
    return captured.SOURCE[family], captured.TARGET[family]


@FAMILIES
def test_captured_pings_read_and_write(family: int) -> None:
    packet = captured.PING[family]
    data = packet[ip.decode(packet).payload_at :]
    message = icmp.decode(data)
    assert message.icmp_type == icmp.ECHO_REQUEST[family]
    assert (message.identifier, message.sequence, message.body) == (77, 1, bytes(range(8)))
    assert message.is_echo(family)
    assert not message.is_error(family)
    assert icmp.is_intact(data, family, *ends(family))
    assert icmp.encode(message, family, *ends(family)) == data


@given(MESSAGES, st.sampled_from((4, 6)))
def test_round_trip(message: IcmpMessage, family: int) -> None:
    data = icmp.encode(message, family, *ends(family))
    assert icmp.decode(data) == message
    if any(data):
        assert icmp.is_intact(data, family, *ends(family))


@given(MESSAGES)
def test_cut_off_in_its_head(message: IcmpMessage) -> None:
    for length in range(icmp.ICMP_BYTES):
        with pytest.raises(RemoteError, match=f"of {length} bytes"):
            icmp.decode(icmp.encode(message, 4)[:length])


@given(st.binary(max_size=60))
def test_garbage_raises_only_remote_errors(data: bytes) -> None:
    try:
        message = icmp.decode(data)
    except RemoteError:
        assert len(data) < icmp.ICMP_BYTES
    else:
        assert message.body == data[8:]


@FAMILIES
@pytest.mark.parametrize("payload", [0, 100, 3000])
def test_errors_quote_as_much_as_they_may(family: int, payload: int) -> None:
    packet = captured.UDP[family] + bytes(payload)
    error = icmp.build_error(family, *icmp.TOO_BIG[family], packet, mtu=1400)
    assert error.is_error(family)
    assert error.mtu(family) == 1400
    assert packet.startswith(error.body)
    whole = len(error.body) + icmp.ICMP_BYTES + (20 if family == 4 else 40)
    assert whole <= icmp.QUOTED_PACKET_BYTES[family]
    assert error.body == packet or whole == icmp.QUOTED_PACKET_BYTES[family]
    assert icmp.build_error(family, *icmp.TIME_EXCEEDED[family], packet).mtu(family) == 0


@FAMILIES
@given(st.integers(0, 65535))
def test_a_new_identifier_keeps_the_checksum_right(family: int, identifier: int) -> None:
    packet = bytearray(captured.PING[family])
    header = ip.decode(packet)
    before, after = ip.set_addresses(packet, header, header.src + 9, header.dst + 70_000)
    icmp.set_identifier(packet, header.payload_at, identifier, family, before, after)
    data = packet[header.payload_at :]
    assert icmp.decode(data).identifier == identifier
    assert icmp.is_intact(data, family, header.src + 9, header.dst + 70_000)


def test_an_echo_that_is_cut_off_is_the_peers_fault() -> None:
    with pytest.raises(RemoteError, match="echo"):
        icmp.set_identifier(bytearray(7), 0, 1, 4)


@pytest.mark.parametrize("wrong", [(256, 0, 0), (0, -1, 0), (0, 0, 1 << 32)])
def test_what_does_not_fit_is_our_own_bug(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(LocalError):
        icmp.encode(IcmpMessage(*wrong, b""), 4)
