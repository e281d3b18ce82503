"""Queues of a connection that does not read: bounded, oldest out, our own frames first."""

from __future__ import annotations

from natscope.machines.derp.outlet import MAX_CONTROL, Outlet


def test_order_and_bounds() -> None:
    outlet = Outlet(1, "somebody", write_limit_s=2.0, packets=2)
    frames = [bytes(outlet.head_bytes) + bytes([n]) * n for n in range(3)]
    assert [outlet.queue(frame, False) for frame in frames] == [None, None, frames[0]]
    disco = bytes(outlet.head_bytes) + b"disco"
    assert outlet.queue(disco, True) is None
    assert outlet.queue_control(b"gone")
    assert list(outlet.waiting()) == [(True, 1, 5), (False, 2, 3)]
    assert outlet.take() == [b"gone", disco, *frames[1:]]
    assert outlet.take() == []


def test_too_many_frames_of_our_own() -> None:
    outlet = Outlet(1, "somebody", write_limit_s=2.0)
    assert all(outlet.queue_control(b"x") for _ in range(MAX_CONTROL))
    assert not outlet.queue_control(b"x")
