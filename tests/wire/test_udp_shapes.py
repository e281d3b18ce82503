"""Shapes of datagrams: known bytes, answers that fit, and that nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.stun.message import decode
from natscope.wire.udp_shapes import Shape, answer_to, decode_shape, encode_shape, is_shape, random_bytes

LENGTHS = {Shape.OPAQUE: (64, 48), Shape.WIREGUARD: (148, 92)}


def made(shape: Shape) -> bytes:
    return encode_shape(shape, bytes(range(random_bytes(shape))))


@pytest.mark.parametrize("shape", Shape)
def test_lengths_heads_and_round_trip(shape: Shape) -> None:
    asked = made(shape)
    answer = answer_to(asked)
    assert (len(asked), len(answer)) == LENGTHS[shape]
    assert decode_shape(asked) is shape
    assert is_shape(asked)
    assert not is_shape(answer)
    assert answer == answer_to(asked) != answer_to(encode_shape(shape, bytes(random_bytes(shape))))
    if shape is Shape.WIREGUARD:
        assert (asked[:4], answer[:4]) == (b"\1\0\0\0", b"\2\0\0\0")


def test_the_opaque_one_is_no_stun() -> None:
    with pytest.raises(RemoteError):
        decode(made(Shape.OPAQUE))


def test_known_bytes() -> None:
    assert made(Shape.OPAQUE)[-16:].hex() == "a83efc2a39c94c3c0563c0bf658665d5"
    assert answer_to(made(Shape.WIREGUARD))[:12].hex() == "02000000c55ae8a61a17aae1"


@pytest.mark.parametrize("shape", Shape)
def test_cut_or_changed_anywhere_it_is_none(shape: Shape) -> None:
    asked = made(shape)
    for at in range(len(asked)):
        for data in (asked[:at], asked[:at] + bytes([asked[at] ^ 0x40]) + asked[at + 1 :]):
            with pytest.raises(RemoteError):
                decode_shape(data)


@given(st.binary(max_size=200))
def test_garbage_is_none(data: bytes) -> None:
    with pytest.raises(RemoteError):
        answer_to(data)


def test_too_little_randomness_is_our_own_mistake() -> None:
    with pytest.raises(LocalError):
        encode_shape(Shape.OPAQUE, b"")
