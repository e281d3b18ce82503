"""A small blocking DERP client for tests: it greets, sends, and gives frames, over a socket of its own."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

from natscope.model.endpoint import Endpoint
from natscope.wire.derp.frames import Frame, RecvPacket, Sealed, SendPacket, ServerKey, encode
from natscope.wire.derp.hello import ClientInfo, ServerInfo, open_server_info, seal_client_info
from natscope.wire.derp.parsing import decode
from natscope.wire.derp.reader import FrameReader
from natscope.wire.keys import PrivateKey

UPGRADE = b"GET /derp HTTP/1.1\r\nHost: relay.test\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n"
LIMIT_S = 10.0


def read_byte(sock: socket.socket) -> bytes:
    """One; `ConnectionError` where the other side has closed: who waits for more would wait for ever."""
    if not (byte := sock.recv(1)):
        raise ConnectionError("closed in the middle of an answer")
    return byte


def read_head(sock: socket.socket) -> bytes:
    """An HTTP answer up to its empty line, and nothing of what follows."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += read_byte(sock)
    return head


class DerpClient:
    """Connected and let in once it is made; `info` is what the server said."""

    def __init__(
        self,
        at: Endpoint,
        *,
        tls: ssl.SSLContext | None = None,
        private: PrivateKey | None = None,
        source: str = "",
        mesh_key: bytes = b"",
    ) -> None:
        self.private = private or PrivateKey(os.urandom(32))
        self.sock: socket.socket = socket.create_connection(
            (str(at.ip), at.port), timeout=LIMIT_S, source_address=(source, 0) if source else None
        )
        if tls is not None:
            self.sock = tls.wrap_socket(self.sock, server_hostname="relay.test")
        self._reader = FrameReader()
        self._frames = self._read()
        self.sock.sendall(UPGRADE)
        self._head()
        key = next(self._frames)
        assert isinstance(key, ServerKey)
        self.server = key.key
        info = ClientInfo(can_ack_pings=True, mesh_key=mesh_key)
        self.send(seal_client_info(info, self.private, self.server, os.urandom(24)))
        sealed = next(self._frames)
        assert isinstance(sealed, Sealed)
        self.info: ServerInfo = open_server_info(sealed, self.private, self.server)

    @property
    def key(self) -> bytes:
        return self.private.public

    def send(self, *frames: Frame) -> None:
        self.sock.sendall(b"".join(map(encode, frames)))

    def packet(self, to: DerpClient, *packets: bytes) -> None:
        self.send(*(SendPacket(to.key, packet) for packet in packets))

    def next(self) -> Frame:
        """The next frame; StopIteration when the server has closed."""
        return next(self._frames)

    def packets(self, count: int) -> list[bytes]:
        """The next packets, whatever is between them."""
        found: list[bytes] = []
        while len(found) < count:
            frame = self.next()
            if isinstance(frame, RecvPacket):
                found.append(frame.packet)
        return found

    def close(self) -> None:
        self.sock.close()

    def _head(self) -> None:
        head = read_head(self.sock)
        assert head.startswith(b"HTTP/1.1 101 "), head

    def _read(self) -> Iterator[Frame]:
        while data := self.sock.recv(65536):
            for kind, payload in self._reader.feed(data):
                yield decode(kind, payload)
