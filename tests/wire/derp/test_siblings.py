"""News between the processes of one relay: known bytes, round trip, truncation, garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import HEADER, HEADER_BYTES, PeerPresent, PresentFlags
from natscope.wire.derp.siblings import (
    MAX_NEWS_BYTES,
    Arrived,
    CloseKey,
    Left,
    News,
    NewsType,
    Spoke,
    decode_news,
    encode_news,
)

KEY = bytes(range(32))
PRESENT = PeerPresent(KEY, Endpoint.parse("192.0.2.7:443"), PresentFlags.REGULAR)
NEWS: list[News] = [
    Arrived(1, PRESENT),
    Arrived((1 << 64) - 1, PeerPresent(KEY, Endpoint.parse("[2001:db8::1]:1"), PresentFlags.PROBER)),
    Left(5),
    Spoke(6),
    CloseKey(KEY),
]


def test_known_bytes() -> None:
    assert encode_news(Left(258)) == bytes.fromhex("71 00000008 0000000000000102")
    assert encode_news(Spoke(1)) == bytes.fromhex("72 00000008 0000000000000001")
    assert encode_news(CloseKey(KEY)) == bytes.fromhex("73 00000020") + KEY
    arrived = bytes.fromhex("70 0000003b 0000000000000001") + KEY + bytes(10) + b"\xff\xff\xc0\0\2\7\x01\xbb\x01"
    assert encode_news(Arrived(1, PRESENT)) == arrived


@pytest.mark.parametrize("news", NEWS, ids=lambda news: type(news).__name__)
def test_round_trip_and_truncation(news: News) -> None:
    raw = encode_news(news)
    kind, length = HEADER.unpack_from(raw)
    payload = raw[HEADER_BYTES:]
    assert length == len(payload) <= MAX_NEWS_BYTES
    assert decode_news(kind, payload) == news
    for end in range(len(payload)):
        try:
            other = decode_news(kind, payload[:end])
        except RemoteError:
            continue
        assert isinstance(other, Arrived)  # a shorter PeerPresent is that of an older server
        assert other != news


@given(st.sampled_from([*NewsType, 0x0A, 0x55]), st.binary(max_size=100))
def test_garbage_is_refused_or_news(kind: int, payload: bytes) -> None:
    try:
        news = decode_news(kind, payload)
    except RemoteError:
        return
    assert kind in list(NewsType)
    assert isinstance(news, Arrived | Left | Spoke | CloseKey)
