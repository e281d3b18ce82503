"""Payloads of DERP frames: round trips, lengths that close the connection, truncation, garbage."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.model.endpoint import Endpoint
from natscope.wire.derp import frames as f
from natscope.wire.derp.parsing import decode
from tests.wire.derp.vectors import FRAMES

KEYS, PACKETS = st.binary(min_size=32, max_size=32), st.binary(max_size=200)
U32 = st.integers(0, 2**32 - 1)
ADDRESSES = st.builds(
    Endpoint,
    st.ip_addresses(v=4) | st.ip_addresses(v=6).filter(lambda ip: getattr(ip, "ipv4_mapped", None) is None),
    st.integers(0, 65535),
)
EVERY = st.one_of(
    st.builds(f.ServerKey, KEYS),
    st.builds(f.Sealed, st.just(f.FrameType.CLIENT_INFO), KEYS, PACKETS),
    st.builds(f.Sealed, st.just(f.FrameType.SERVER_INFO), st.just(b""), PACKETS),
    st.builds(f.SendPacket, KEYS, PACKETS),
    st.builds(f.RecvPacket, KEYS, PACKETS),
    st.builds(f.KeepAlive),
    st.builds(f.NotePreferred, st.booleans()),
    st.builds(f.PeerGone, KEYS, st.integers(0, 255)),
    st.builds(f.PeerPresent, KEYS, ADDRESSES, st.integers(0, 15).map(f.PresentFlags)),
    st.builds(f.PeerPresent, KEYS),
    st.builds(f.ForwardPacket, KEYS, KEYS, PACKETS),
    st.builds(f.WatchConns),
    st.builds(f.ClosePeer, KEYS),
    st.builds(f.Ping, st.binary(min_size=8, max_size=8)),
    st.builds(f.Pong, st.binary(min_size=8, max_size=8)),
    st.builds(f.Health, st.text(max_size=50)),
    st.builds(f.Restarting, U32, U32),
    st.builds(f.Unknown, st.integers(0x40, 0xFF), PACKETS),
)


@given(EVERY)
def test_round_trip(frame: f.Frame) -> None:
    data = f.encode(frame)
    kind, length = f.HEADER.unpack_from(data)
    assert length == len(data) - f.HEADER_BYTES
    assert decode(kind, data[f.HEADER_BYTES :]) == frame


@pytest.mark.parametrize("name", FRAMES)
def test_truncated_payloads_are_read_or_refused(name: str) -> None:
    data = FRAMES[name]
    for cut in range(f.HEADER_BYTES, len(data)):
        with contextlib.suppress(RemoteError):
            decode(data[0], data[f.HEADER_BYTES : cut])


@given(st.integers(0, 255), st.binary(max_size=400))
def test_garbage_is_read_or_refused(kind: int, payload: bytes) -> None:
    with contextlib.suppress(RemoteError):
        decode(kind, payload)


@pytest.mark.parametrize(
    ("kind", "payload", "words"),
    [
        (f.FrameType.NOTE_PREFERRED, b"", "NotePreferred of 0 bytes, not 1"),
        (f.FrameType.NOTE_PREFERRED, b"\1\1", "NotePreferred of 2 bytes, not 1"),
        (f.FrameType.WATCH_CONNS, b"\0", "WatchConns of 1 bytes, not 0"),
        (f.FrameType.CLOSE_PEER, bytes(33), "ClosePeer of 33 bytes, not 32"),
        (f.FrameType.PING, bytes(7), "Ping of 7 bytes"),
        (f.FrameType.PING, bytes(1001), "Ping of 1001 bytes"),
        (f.FrameType.SEND_PACKET, bytes(32 + 65537), "packet of 65537 bytes"),
        (f.FrameType.SERVER_KEY, bytes(40), "the magic is wrong"),
        (f.FrameType.SERVER_KEY, f.MAGIC + bytes(1017), "ServerKey of 1025 bytes"),
        (f.FrameType.CLIENT_INFO, bytes(262_145), "ClientInfo of 262145 bytes"),
    ],
)
def test_what_closes_a_connection(kind: int, payload: bytes, words: str) -> None:
    with pytest.raises(RemoteError, match=words):
        decode(kind, payload)


def test_a_ping_may_be_longer_than_its_eight_bytes() -> None:
    assert decode(f.FrameType.PING, bytes(range(20))) == f.Ping(bytes(range(8)))
