"""Streams of frames: any cut gives the same frames, memory stays bounded, lying lengths are refused at the header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.wire.derp.frames import HEADER, Unknown, encode
from natscope.wire.derp.reader import FrameReader

FRAMES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=50)), max_size=8)


@given(FRAMES, st.lists(st.integers(1, 40), max_size=30))
def test_any_cut_gives_the_same_frames(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    data = b"".join(encode(Unknown(kind, payload)) for kind, payload in frames)
    reader, found, offset = FrameReader(), [], 0
    for cut in [*cuts, len(data)]:
        found += list(reader.feed(data[offset : offset + cut]))
        offset += cut
    assert found == frames
    assert reader.held == 0


def test_a_lying_length_is_refused_before_its_bytes_come() -> None:
    reader = FrameReader(limit=1000)
    assert list(reader.feed(HEADER.pack(4, 1000) + bytes(999))) == []
    assert reader.held == 1004
    assert list(reader.feed(bytes(1))) == [(4, bytes(1000))]
    with pytest.raises(RemoteError, match="1001 bytes, 1000 are allowed"):
        list(reader.feed(HEADER.pack(4, 1001)))


def test_frames_before_a_lie_are_given() -> None:
    frames = FrameReader().feed(encode(Unknown(6, b"")) + bytes.fromhex("05ffffffff"))
    assert next(frames) == (6, b"")
    with pytest.raises(RemoteError):
        next(frames)
