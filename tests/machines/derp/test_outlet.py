"""Queues of a connection that does not read: bounded, oldest out, our own frames first."""

from __future__ import annotations

import tracemalloc

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


def test_who_waits_for_nothing_costs_no_queue() -> None:
    """Ten thousand idle clients are a usual relay: three empty queues each would be 22 MB."""
    tracemalloc.start()
    try:
        outlets = [Outlet(number, "somebody", write_limit_s=2.0) for number in range(1000)]
        before = tracemalloc.get_traced_memory()[0]
        assert before < 400 * len(outlets)
        for outlet in outlets:
            outlet.queue(b"x", False)
        assert tracemalloc.get_traced_memory()[0] > 4 * before
        assert [outlet.take() for outlet in outlets] == [[b"x"]] * len(outlets)
        assert tracemalloc.get_traced_memory()[0] < 2 * before
    finally:
        tracemalloc.stop()
