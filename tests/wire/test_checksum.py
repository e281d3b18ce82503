"""The Internet checksum: published examples, and the incremental form against the whole one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import LocalError
from natscope.wire.checksum import add, adjust, checksum, ones_sum, pseudo_sum


def plain_sum(data: bytes) -> int:
    """RFC 1071 word by word."""
    padded = data + b"\0" * (len(data) & 1)
    total = sum(padded[n] << 8 | padded[n + 1] for n in range(0, len(padded), 2))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_the_example_of_rfc_1071() -> None:
    assert ones_sum(bytes.fromhex("0001 f203 f4f5 f6f7")) == 0xDDF2


def test_the_example_of_rfc_1624() -> None:
    assert adjust(0xDD2F, 0x5555, 0x3285) == 0x0000


@given(st.binary(max_size=200))
def test_sums_are_those_of_the_plain_loop(data: bytes) -> None:
    assert ones_sum(data) == plain_sum(data)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_sum_can_be_made_of_parts(left: bytes, right: bytes) -> None:
    even = left + b"\0" * (len(left) & 1)
    assert add(ones_sum(even), ones_sum(right)) == ones_sum(even + right)
    assert checksum(right, ones_sum(even)) == checksum(even + right)


@given(st.binary(min_size=8, max_size=60).filter(any), st.integers(0, 3), st.binary(min_size=2, max_size=2))
def test_mending_is_as_good_as_summing_again(data: bytes, word: int, new: bytes) -> None:
    changed = data[: 2 * word] + new + data[2 * word + 2 :]
    if any(changed):
        old = ones_sum(data[2 * word : 2 * word + 2])
        assert adjust(checksum(data), old, ones_sum(new)) == checksum(changed)


@given(st.binary(min_size=2, max_size=60).filter(any))
def test_data_with_its_checksum_sums_to_nothing(data: bytes) -> None:
    even = data + b"\0" * (len(data) & 1)
    assert checksum(even + checksum(even).to_bytes(2, "big")) == 0


def test_an_address_that_does_not_fit_is_our_own_bug() -> None:
    with pytest.raises(LocalError, match="4 bytes"):
        pseudo_sum(4, 1 << 32, 0, 17, 8)
