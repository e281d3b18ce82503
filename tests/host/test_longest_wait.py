"""No wait is so long that a signal which came just before it is lost: Python runs its handler when the wait is over."""

from __future__ import annotations

import pytest

from natscope.host.real.reactor import Reactor
from natscope.host.real.udp_server import LONGEST_WAIT_S


class Waits:
    """Remembers how long somebody wanted to wait, and that nothing happened."""

    def __init__(self) -> None:
        self.limits: list[float] = []

    def poll(self, limit_s: float) -> list[tuple[int, int]]:
        self.limits.append(limit_s)
        return []


@pytest.mark.parametrize(("wanted", "waited"), [(-1.0, LONGEST_WAIT_S), (60.0, LONGEST_WAIT_S), (0.25, 0.25)])
def test_a_wait_ends(wanted: float, waited: float, monkeypatch: pytest.MonkeyPatch) -> None:
    reactor, waits = Reactor(lambda error: None), Waits()
    monkeypatch.setattr(reactor, "_epoll", waits)
    reactor.turn(wanted)
    assert waits.limits == [waited]
    assert 0 < LONGEST_WAIT_S <= 2
