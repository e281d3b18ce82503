"""A token is good for one endpoint, one purpose and a short time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.machines.helper.tokens import TOKEN_LIFE_S, Tokens
from natscope.model.endpoint import Endpoint

A, B = Endpoint.parse("203.0.113.1:5000"), Endpoint.parse("203.0.113.1:5001")
OTHERS = [B, Endpoint.parse("203.0.113.2:5000"), Endpoint.parse("[2001:db8::1]:5000")]
TOKENS = Tokens(bytes(16))


def test_it_comes_back_from_where_it_was_sent() -> None:
    token = TOKENS.make(b"asker", A, 100.0)
    assert len(token) == 16
    assert TOKENS.is_good(token, b"asker", A, 100.0)
    assert TOKENS.is_good(token, b"asker", A, 100.0 + TOKEN_LIFE_S)


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_from_elsewhere_it_is_worth_nothing(other: Endpoint) -> None:
    assert not TOKENS.is_good(TOKENS.make(b"asker", A, 100.0), b"asker", other, 100.0)


def test_it_lapses_and_is_not_from_the_future() -> None:
    token = TOKENS.make(b"asker", A, 100.0)
    assert not TOKENS.is_good(token, b"asker", A, 101.0 + TOKEN_LIFE_S)
    assert not TOKENS.is_good(token, b"asker", A, 99.0)


def test_another_purpose_or_key_makes_another_token() -> None:
    token = TOKENS.make(b"asker", A, 100.0)
    assert not TOKENS.is_good(token, b"server", A, 100.0)
    assert not Tokens(bytes([1]) * 16).is_good(token, b"asker", A, 100.0)


@given(st.binary(max_size=40))
def test_nobody_guesses_one(token: bytes) -> None:
    assert not TOKENS.is_good(token, b"asker", A, 100.0)


def test_every_bit_counts() -> None:
    token = TOKENS.make(b"asker", A, 100.0)
    for bit in range(128):
        changed = (int.from_bytes(token, "big") ^ 1 << bit).to_bytes(16, "big")
        assert not TOKENS.is_good(changed, b"asker", A, 100.0)


def test_a_key_is_long_enough() -> None:
    with pytest.raises(ValueError, match="too short"):
        Tokens(b"short")
