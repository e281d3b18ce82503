"""Tokens that prove an address: made and checked without remembering anything.

A token is the time of its making and a keyed digest of time, purpose and endpoint; it comes back only from who
received it there. The idea is that of a SYN cookie (RFC 4987 §3.6) and of DTLS's HelloVerifyRequest.
"""

from __future__ import annotations

import hmac

from natscope.model.endpoint import Endpoint
from natscope.wire.stun.helper_messages import TOKEN_BYTES

TOKEN_LIFE_S = 30.0
_TIME_BYTES = 4


class Tokens:
    """`key` is secret and random, 16 bytes or more; times are seconds of any clock that never goes back."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise ValueError("the key is too short")
        self._key = key

    def make(self, purpose: bytes, endpoint: Endpoint, now: float) -> bytes:
        """16 bytes, good for `TOKEN_LIFE_S` from that endpoint and for that purpose."""
        made = (int(now) & 0xFFFFFFFF).to_bytes(_TIME_BYTES, "big")
        return made + self._digest(purpose, endpoint, made)

    def is_good(
        self, token: bytes, purpose: bytes, endpoint: Endpoint, now: float, *, life_s: float = TOKEN_LIFE_S
    ) -> bool:
        """Whether we made it, for that endpoint and purpose, at most `life_s` ago."""
        made = token[:_TIME_BYTES]
        age_s = (int(now) - int.from_bytes(made, "big")) & 0xFFFFFFFF
        right = hmac.compare_digest(token[_TIME_BYTES:], self._digest(purpose, endpoint, made))
        return right and len(token) == TOKEN_BYTES and age_s <= life_s

    def _digest(self, purpose: bytes, endpoint: Endpoint, made: bytes) -> bytes:
        text = b"\0".join((purpose, made, endpoint.ip.packed, endpoint.port.to_bytes(2, "big")))
        return hmac.digest(self._key, text, "sha256")[: TOKEN_BYTES - _TIME_BYTES]
