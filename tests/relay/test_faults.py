"""A mistake of ours that a stranger's bytes bring to light costs one connection, on both drivers."""

from __future__ import annotations

import pytest

from natscope.wire.derp.frames import FrameType
from tests.relay.derp_client import DerpClient
from tests.relay.drivers import DRIVERS, start, wait_for
from tests.relay.strangers import Stranger, frame, honest


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_costs_the_connection_that_it_happened_with(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise IndexError("a mistake of ours")

    relay = start(driver)
    with honest(relay):
        monkeypatch.setattr("natscope.machines.derp.front.check_head", broken)
        assert Stranger(relay.at).say(b"GET / HTTP/1.1\r\nHost: r\r\n\r\n").is_closed()
        monkeypatch.undo()
        monkeypatch.setitem(handlers(), FrameType.PING, broken)
        client = DerpClient(relay.at)
        client.sock.sendall(frame(FrameType.PING, bytes(8)))
        with pytest.raises((StopIteration, ConnectionError)):
            client.next()
        monkeypatch.undo()
        wait_for(lambda: relay.relay.clients == 2)
        if driver == "epoll":
            assert relay.loop.faults == 2  # type: ignore[attr-defined]


def handlers() -> dict[int, object]:
    from natscope.machines.derp import frames_in

    return frames_in._HANDLERS  # type: ignore[return-value]
