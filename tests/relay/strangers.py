"""What strangers do to a relay, over sockets, and honest clients who must not notice."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import time
from collections.abc import Iterator

from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import HEADER, FrameType, encode
from natscope.wire.derp.hello import ClientInfo, seal_client_info
from natscope.wire.keys import PrivateKey
from tests.relay.derp_client import UPGRADE, DerpClient, read_byte, read_head
from tests.relay.drivers import WAIT_S, Running

HONEST = "127.0.0.9"
"""Another address than the strangers' of the same computer."""
SERVER_KEY_BYTES = 45
"""The first frame with its head."""


class Stranger:
    """A socket that says what it likes."""

    def __init__(self, at: Endpoint, tls: ssl.SSLContext | None = None) -> None:
        self.sock: socket.socket = socket.create_connection((str(at.ip), at.port), timeout=WAIT_S)
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock, server_hostname="relay.test")

    def say(self, data: bytes) -> Stranger:
        """Bytes, as far as somebody takes them."""
        with contextlib.suppress(OSError):
            self.sock.sendall(data)
        return self

    def upgrade(self) -> Stranger:
        """Up to the ServerKey frame."""
        self.say(UPGRADE)
        read_head(self.sock)
        for _ in range(SERVER_KEY_BYTES):
            read_byte(self.sock)
        return self

    def is_closed(self) -> bool:
        """Whether the relay ends the connection while we read; waits for it."""
        deadline = time.monotonic() + WAIT_S
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while time.monotonic() < deadline:
                if not self.sock.recv(65_536):
                    return True
            return False
        return True

    def close(self) -> None:
        self.sock.close()


class Honest:
    """Two clients who keep exchanging packets."""

    def __init__(self, relay: Running, tls: ssl.SSLContext | None = None) -> None:
        self.a, self.b = (DerpClient(relay.at, tls=tls, source=HONEST) for _ in range(2))

    def are_served(self, packets: int = 20) -> None:
        """Packets of both pass, whole and in order. Raises when they do not."""
        sent = [os.urandom(1200) for _ in range(packets)]
        self.a.packet(self.b, *sent)
        self.b.packet(self.a, *sent)
        assert self.b.packets(packets) == sent
        assert self.a.packets(packets) == sent

    def newcomer_is_served(self, relay: Running, tls: ssl.SSLContext | None = None) -> None:
        """Somebody new gets in, too."""
        new = DerpClient(relay.at, tls=tls, source=HONEST)
        self.a.packet(new, b"welcome")
        assert new.packets(1) == [b"welcome"]
        new.close()

    def close(self) -> None:
        self.a.close()
        self.b.close()


@contextlib.contextmanager
def honest(relay: Running, tls: ssl.SSLContext | None = None) -> Iterator[Honest]:
    """They come before the trouble, are served, and are served after it; then the relay ends."""
    pair = Honest(relay, tls)
    try:
        pair.are_served()
        yield pair
        pair.are_served()
        pair.newcomer_is_served(relay, tls)
    finally:
        pair.close()
        relay.end()


def greeting(private: PrivateKey, server: bytes) -> bytes:
    """The ClientInfo frame."""
    return encode(seal_client_info(ClientInfo(can_ack_pings=True), private, server, os.urandom(24)))


def frame(kind: FrameType | int, payload: bytes, length: int | None = None) -> bytes:
    """A frame whose length may lie."""
    return HEADER.pack(kind, len(payload) if length is None else length) + payload
