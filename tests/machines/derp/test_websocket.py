"""WebSocket garbage ends in an error of ours, never in one of the library's."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.machines.derp.http_request import Request
from natscope.machines.derp.websocket import LONGEST_SENT_BYTES, WebSocket

HANDSHAKE = {
    "host": "relay.test", "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "sec-websocket-protocol": "derp",
}  # fmt: skip


def test_the_recorded_handshake_is_answered_as_upstream_does() -> None:
    answer = WebSocket(Request("GET", "/derp", HANDSHAKE, True)).answer.decode().lower()
    assert "sec-websocket-accept: icx+yqv66kxgm0fcwalwlflwtai=" in answer
    assert "sec-websocket-protocol: derp" in answer


@given(st.integers(0, 100_000))
def test_a_long_send_is_cut_into_messages_that_upstreams_client_takes(length: int) -> None:
    wanted = (bytes(range(256)) * 400)[:length]
    data = WebSocket(Request("GET", "/derp", HANDSHAKE, True)).wrap(wanted)
    got, messages = b"", 0
    while data:
        assert data[0] == 0x82  # a whole binary message, unmasked
        size, body = (int.from_bytes(data[2:4]), 4) if data[1] == 126 else (data[1], 2)
        assert size <= LONGEST_SENT_BYTES
        got, data, messages = got + data[body : body + size], data[body + size :], messages + 1
    assert got == wanted
    assert messages == -(-length // LONGEST_SENT_BYTES)


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_garbage(reads: list[bytes]) -> None:
    websocket = WebSocket(Request("GET", "/derp", HANDSHAKE, True))
    with contextlib.suppress(RemoteError):
        for data in reads:
            websocket.received(data)


@given(st.dictionaries(st.sampled_from(sorted(HANDSHAKE)), st.text(max_size=20)))
def test_handshakes_of_every_kind(changes: dict[str, str]) -> None:
    changed = {name: value.encode("ascii", "ignore").decode() for name, value in (HANDSHAKE | changes).items()}
    with contextlib.suppress(RemoteError):
        WebSocket(Request("GET", "/derp", changed, True))
