"""The bounded reader and writer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError, RemoteError
from natscope.wire.cursor import Reader, Writer


def test_numbers_go_out_and_come_back_in_network_order() -> None:
    data = Writer().u8(1, "a").u16(2, "b").u32(3, "c").u64(4, "d").put(b"xy", "e").finish()
    assert data == bytes.fromhex("01 0002 00000003 0000000000000004") + b"xy"
    reader = Reader(data)
    assert (reader.u8("a"), reader.u16("b"), reader.u32("c"), reader.u64("d"), reader.rest()) == (1, 2, 3, 4, b"xy")
    reader.finish("message")


@pytest.mark.parametrize("method", ["u8", "u16", "u32", "u64"])
def test_a_short_read_names_offset_and_field(method: str) -> None:
    reader = Reader(b"abc", 3)
    with pytest.raises(RemoteError) as caught:
        getattr(reader, method)("the field")
    assert (caught.value.offset, caught.value.field) == (3, "the field")
    assert reader.offset == 3


@given(st.binary(max_size=40), st.integers(-5, 60), st.integers(0, 50), st.integers(0, 60))
def test_nothing_is_read_past_the_end(data: bytes, count: int, offset: int, end: int) -> None:
    reader = Reader(data, min(offset, len(data)), end)
    try:
        taken = reader.take(count, "x")
    except RemoteError:
        assert count < 0 or count > reader.remaining
    else:
        assert len(taken) == count
        assert reader.offset <= min(end, len(data)) or count == 0


def test_bytes_left_over_are_an_error_for_who_insists() -> None:
    reader = Reader(b"abcd")
    reader.skip(2, "head")
    with pytest.raises(RemoteError, match="2 bytes left"):
        reader.finish("message")


@pytest.mark.parametrize(("method", "value"), [("u8", 256), ("u16", 65536), ("u32", 1 << 32), ("u64", 1 << 64)])
def test_a_number_that_does_not_fit_is_our_own_bug(method: str, value: int) -> None:
    for wrong in (value, -1):
        with pytest.raises(LocalError, match="the field"):
            getattr(Writer(), method)(wrong, "the field")


def test_the_writer_keeps_its_limit_and_lengths() -> None:
    with pytest.raises(LocalError, match="does not fit"):
        Writer(limit=3).put(b"abcd", "text")
    with pytest.raises(LocalError, match="must be 4 bytes"):
        Writer().put(b"abc", "key", length=4)
    assert Writer().put(b"abcde", "text").pad(4).finish() == b"abcde\0\0\0"
