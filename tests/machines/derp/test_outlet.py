"""Queues of a connection that does not read: bounded, oldest out, our own frames first."""

from __future__ import annotations

from natscope.machines.derp.outlet import MAX_CONTROL, Outlet


def test_order_and_bounds() -> None:
    outlet = Outlet(1, "somebody", write_limit_s=2.0, packets=2)
    assert [outlet.queue(bytes([n]), False) for n in range(3)] == [0, 0, 1]
    assert outlet.queue(b"disco", True) == 0
    assert outlet.queue_control(b"gone")
    assert list(outlet.waiting()) == [(True, 1), (False, 2)]
    assert outlet.take() == [b"gone", b"disco", b"\1", b"\2"]
    assert outlet.take() == []


def test_too_many_frames_of_our_own() -> None:
    outlet = Outlet(1, "somebody", write_limit_s=2.0)
    assert all(outlet.queue_control(b"x") for _ in range(MAX_CONTROL))
    assert not outlet.queue_control(b"x")
