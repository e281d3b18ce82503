"""Kernel stamps on the monotonic clock."""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Iterator

import pytest

from natscope.host.real import kernel_time
from natscope.host.real.host import build_real_host

SECOND = 1_000_000_000
WALL = 1_795_521_540 * SECOND


def stamp(wall_ns: int) -> list[tuple[int, int, bytes]]:
    return [(socket.SOL_SOCKET, 35, struct.pack("@ll", *divmod(wall_ns, SECOND)))]


def clocks(monkeypatch: pytest.MonkeyPatch, *steps_ns: int) -> None:
    """Each look at either clock takes the next of `steps_ns`, then 100 ns; the monotonic one begins at 5 s."""
    passed = 0
    steps: Iterator[int] = iter(steps_ns)

    def step() -> int:
        nonlocal passed
        passed += next(steps, 100)
        return passed

    monkeypatch.setattr(time, "monotonic_ns", lambda: 5 * SECOND + step())
    monkeypatch.setattr(time, "time_ns", lambda: WALL + step())


def test_a_stamp_is_as_old_as_the_wall_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks(monkeypatch)
    assert kernel_time.received_at(stamp(WALL - 3_000_000)) == pytest.approx(4.997, abs=1e-6)


@pytest.mark.parametrize("stopped", [(100, 80_000_000), (100, 100, 80_000_000)])
def test_a_stop_between_the_two_clocks_does_not_move_the_arrival(
    monkeypatch: pytest.MonkeyPatch, stopped: tuple[int, ...]
) -> None:
    clocks(monkeypatch, *stopped)
    assert kernel_time.received_at(stamp(WALL - 3_000_000)) == pytest.approx(4.997, abs=1e-6)


@pytest.mark.parametrize("ancillary", [[], stamp(WALL + SECOND), stamp(WALL - 60 * SECOND), [(1, 35, b"short")]])
def test_without_a_stamp_that_can_be_true_now_serves(
    monkeypatch: pytest.MonkeyPatch, ancillary: list[tuple[int, int, bytes]]
) -> None:
    clocks(monkeypatch)
    assert kernel_time.received_at(ancillary) == pytest.approx(5.0, abs=1e-5)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such stamps")
def test_one_socket_asks_for_stamps_as_soon_as_there_is_a_host() -> None:
    kernel_time.keep_stamps_on.cache_clear()
    build_real_host()
    build_real_host()
    assert kernel_time.keep_stamps_on.cache_info().misses == 1
    with socket.socket(fileno=os.dup(kernel_time.keep_stamps_on())) as same:
        assert same.getsockopt(socket.SOL_SOCKET, 35) == 1
