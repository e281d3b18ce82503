"""Datagrams in pieces: whatever was cut comes together again, in any order; what is spoilt does not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.lab.kernel.fragments import MAX_DATAGRAMS, PATIENCE_S, Cutter, Reassembly
from natscope.wire import ip
from natscope.wire.ip import IpHeader


def packet(family: int, payload: bytes, number: int = 7) -> bytes:
    start = 20 if family == 4 else 40
    header = IpHeader(family, 17, 1 << 8, 2 << 8, 64, start + len(payload), start, identification=number)
    return ip.encode(header) + payload


def cut(data: bytes, mtu: int) -> list[bytes]:
    return Cutter().cut(data, ip.decode(data), mtu)


@given(st.binary(min_size=1, max_size=4000), st.integers(100, 1500), st.sampled_from((4, 6)), st.integers(0, 99))
def test_what_was_cut_comes_together_in_any_order(payload: bytes, mtu: int, family: int, seed: int) -> None:
    pieces = cut(packet(family, payload), mtu)
    assert all(len(piece) <= mtu for piece in pieces)
    random.Random(seed).shuffle(pieces)
    reassembly = Reassembly()
    wholes = [reassembly.add(piece, ip.decode(piece), 0.0) for piece in pieces if ip.decode(piece).is_fragment]
    if len(pieces) > 1:
        assert [w for w in wholes[:-1] if w] == []
        whole = wholes[-1]
        assert whole is not None
        header = ip.decode(whole)
        assert whole[header.payload_at :] == payload
        assert (header.is_fragment, header.proto, header.src, header.dst) == (False, 17, 1 << 8, 2 << 8)


@pytest.mark.parametrize("family", [4, 6])
def test_overlapping_pieces_spoil_the_datagram(family: int) -> None:
    first, second, last = cut(packet(family, bytes(range(240))), 128)
    reassembly = Reassembly()
    header = ip.decode(second)
    header.fragment_offset -= 8
    wrong = bytearray(second)
    assert reassembly.add(first, ip.decode(first), 0.0) is None
    assert reassembly.add(bytes(wrong), header, 0.0) is None
    assert reassembly.add(last, ip.decode(last), 0.0) is None
    assert reassembly.add(second, ip.decode(second), 0.0) is None


def test_a_piece_that_comes_twice_does_no_harm_and_patience_ends() -> None:
    first, last = cut(packet(4, bytes(150)), 128)
    reassembly = Reassembly()
    for _ in range(2):
        assert reassembly.add(first, ip.decode(first), 0.0) is None
    assert reassembly.add(last, ip.decode(last), PATIENCE_S - 0.1) is not None
    assert reassembly.add(first, ip.decode(first), 20.0) is None
    assert reassembly.add(last, ip.decode(last), 20.0 + PATIENCE_S) is None


def test_the_oldest_datagram_goes_when_there_are_too_many() -> None:
    reassembly = Reassembly()
    pairs = [cut(packet(4, bytes(150), number), 128) for number in range(MAX_DATAGRAMS + 1)]
    for first, _ in pairs:
        reassembly.add(first, ip.decode(first), 0.0)
    assert reassembly.add(pairs[1][1], ip.decode(pairs[1][1]), 0.0) is not None
    assert reassembly.add(pairs[0][1], ip.decode(pairs[0][1]), 0.0) is None
