"""A certificate chosen by the first message of a client, which Python's `ssl` does not show: for ACME's TLS-ALPN-01.

The validator asks for the relay's own name and differs from a client by its protocol alone (RFC 8737 section 3). So the
ClientHello is looked at before OpenSSL gets it, with `MSG_PEEK`, and only while a proof is being given: relays have a
plain context at all other times.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

from natscope.errors import RemoteError
from natscope.host.real.relay_socket import RelaySocket
from natscope.host.real.relay_tls import TlsBuffers, TlsRelaySocket
from natscope.machines.derp.connection import Connection
from natscope.wire.tls_hello import MAX_HELLO_BYTES, read_client_hello

ACME_TLS = b"acme-tls/1"


class HelloContext(ssl.SSLContext):
    """Stands for several: `usual` for clients, one of `proofs`, by server name, for the validator.

    Nothing is to be set on itself.
    """

    usual: ssl.SSLContext
    proofs: Mapping[str, ssl.SSLContext]

    @classmethod
    def of(cls, usual: ssl.SSLContext, proofs: Mapping[str, ssl.SSLContext]) -> HelloContext:
        """Put them together."""
        made = cls(ssl.PROTOCOL_TLS_SERVER)
        made.usual, made.proofs = usual, dict(proofs)
        return made

    def chosen(self, first: bytes) -> ssl.SSLContext | None:
        """The context for a connection that begins so; None while too little was seen."""
        try:
            hello = read_client_hello(first)
        except RemoteError:
            return self.usual  # OpenSSL finds the words for it
        if hello is None:
            return None
        return self.proofs.get(hello.server_name, self.usual) if hello.protocols == (ACME_TLS,) else self.usual


class HelloSocket(TlsRelaySocket):
    """Begins as any other connection once the ClientHello is there."""

    __slots__ = ("_choice",)

    def __init__(self, sock: socket.socket, connection: Connection, context: HelloContext, buffers: TlsBuffers) -> None:
        """Take an accepted socket over. Raises `OSError`."""
        super().__init__(sock, connection, context.usual, buffers)
        self._choice: HelloContext | None = context

    def read(self) -> bytes | None:
        """As the others do, after the choice."""
        if self._choice is not None and not self._choose(self._choice):
            return None
        return super().read()

    def _choose(self, among: HelloContext) -> bool:
        try:
            seen = self.sock.recv(MAX_HELLO_BYTES, socket.MSG_PEEK)
            context = among.chosen(seen) if seen else among.usual
            if context is None:  # wake up when there is more, not because of what is still there
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(seen) + 1)
                return False
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        except BlockingIOError:
            return False
        except OSError:  # the usual way finds out
            context = among.usual
        self._choice = None
        if context is not among.usual:
            self._tls = context.wrap_bio(self._buffers.incoming, self._buffers.outgoing, server_side=True)
        return True


def relay_socket(
    sock: socket.socket, connection: Connection, context: ssl.SSLContext | None, buffers: TlsBuffers
) -> RelaySocket:
    """An accepted connection as its listener's context has it: plain without one. Raises `OSError`."""
    if context is None:
        return RelaySocket(sock, connection)
    if isinstance(context, HelloContext):
        return HelloSocket(sock, connection, context, buffers)
    return TlsRelaySocket(sock, connection, context, buffers)
