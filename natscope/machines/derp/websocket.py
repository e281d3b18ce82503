"""DERP inside WebSocket messages: the byte stream in binary messages, with no relation between the two (RFC 6455).

wsproto does the protocol; a text message, or an offer without the sub-protocol, ends the connection.
"""

from __future__ import annotations

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, Request, TextMessage
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from natscope.errors import RemoteError
from natscope.machines.derp.http_request import Request as HttpRequest
from natscope.machines.derp.upgrade import SUBPROTOCOL

MAX_EVENTS = 2048
"""In one read, which holds 64 KiB: a DERP frame with a packet takes more than 43 bytes, a ping in a message 19."""

LONGEST_SENT_BYTES = 16 * 1024
"""Upstream's client ends a connection whose messages are longer than 32 KiB."""


class WebSocket:
    """One connection, from its accepted handshake on."""

    def __init__(self, request: HttpRequest) -> None:
        """`answer` is the head to send. Raises `RemoteError` for a handshake that is wrong."""
        self._connection = WSConnection(ConnectionType.SERVER)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.items()]
        try:
            self._connection.initiate_upgrade_connection(headers, request.target)
            event = next(iter(self._connection.events()), None)
            if not isinstance(event, Request):
                raise RemoteError("no WebSocket handshake", field="upgrade")
            self.answer: bytes = self._connection.send(AcceptConnection(subprotocol=SUBPROTOCOL))
        except (RemoteProtocolError, LocalProtocolError, h11.ProtocolError, ValueError) as error:  # names, tokens
            raise RemoteError("the WebSocket handshake is wrong", field="upgrade") from error

    def received(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Bytes of the DERP stream, bytes to send back at once (pongs, a closing frame), whether it is over.

        Raises `RemoteError`.
        """
        stream, back, over = bytearray(), bytearray(), False
        try:
            self._connection.receive_data(data)
            for count, event in enumerate(self._connection.events()):
                if count >= MAX_EVENTS:
                    raise RemoteError("too many messages at once", field="frame")
                over = self._take(event, stream, back)
                if over:
                    break
        except (RemoteProtocolError, LocalProtocolError) as error:
            raise RemoteError("not WebSocket", field="frame") from error
        return bytes(stream), bytes(back), over

    def _take(self, event: Event, stream: bytearray, back: bytearray) -> bool:
        if isinstance(event, BytesMessage):
            stream += event.data
        elif isinstance(event, Ping):
            back += self._connection.send(event.response())
        elif isinstance(event, CloseConnection):
            back += self._connection.send(event.response())
            return True
        elif isinstance(event, TextMessage):
            back += self._connection.send(CloseConnection(code=1003, reason="binary messages only"))
            return True
        return False

    def wrap(self, data: bytes) -> bytes:
        """Bytes of the DERP stream as messages; none once the closing frame has left."""
        if self._connection.state is not ConnectionState.OPEN:
            return b""
        parts = (data[at : at + LONGEST_SENT_BYTES] for at in range(0, len(data), LONGEST_SENT_BYTES))
        return b"".join(self._connection.send(BytesMessage(data=part)) for part in parts)
