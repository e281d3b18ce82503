"""What counts as the first request of a measurement: UDP to a relay's usual port, of either family."""

from __future__ import annotations

import pytest

from natscope.lab.kernel.first_request import is_request

UDP, TCP = 17, 6


def packet(family: int, proto: int, port: int, *, options: int = 0) -> bytes:
    """An IP header with the ports behind it."""
    ports = bytes(2) + port.to_bytes(2) + bytes(4)
    if family == 6:
        return b"\x60" + bytes(5) + bytes([proto]) + bytes(33) + ports
    return bytes([0x45 + options]) + bytes(8) + bytes([proto]) + bytes(10 + 4 * options) + ports


@pytest.mark.parametrize("family", [4, 6])
def test_requests_and_others(family: int) -> None:
    assert is_request(packet(family, UDP, 3478))
    assert not is_request(packet(family, UDP, 53))
    assert not is_request(packet(family, TCP, 3478))


def test_options_are_stepped_over() -> None:
    assert is_request(packet(4, UDP, 3478, options=1))


def test_what_is_no_packet_is_no_request() -> None:
    whole = packet(4, UDP, 3478)
    assert not any(is_request(whole[:length]) for length in range(24))
    assert not is_request(b"\x15" + whole[1:])
