"""TLS over a simulated connection, both ends in memory: OpenSSL between two `MemoryBIO`s.

Contexts, name and pin checks and the words of failures are those of the real host. OpenSSL judges dates by the true
time of this computer, so certificates of the simulation are valid for a century, and the simulated computer's own clock
is held against the server's certificate here. TLS draws its own randomness: with the Ed25519 certificates of
`authority.py` the lengths of its records are the same in every run, its bytes are not.
"""

from __future__ import annotations

import contextlib
import ssl
from datetime import datetime
from typing import Protocol

import msgspec
from cryptography import x509

from natscope.host.api import Clock, Failure, HostError, ServerTls, TlsInfo, TlsOptions
from natscope.host.real.tls import TlsContexts

_READ_BYTES = 64 * 1024


class ByteStream(Protocol):
    """What TLS runs on."""

    async def read(self, limit: int) -> bytes:
        """Some bytes, empty at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """All of them."""
        ...

    def close(self) -> None:
        """Both directions."""
        ...


class Trust:
    """The TLS side of one network: every simulated computer trusts `ca_file` beside the system's store."""

    def __init__(self, ca_file: str = "") -> None:
        self.ca_file = ca_file
        self._contexts = TlsContexts()

    async def connect(self, below: ByteStream, options: TlsOptions, clock: Clock) -> TlsLayer:
        """A client's handshake; raises `HostError`."""
        doing = f"TLS with {options.server_name or 'the server'}"
        wanted = options if options.ca_file else msgspec.structs.replace(options, ca_file=self.ca_file)
        started_at = clock.now()
        try:
            context = await self._contexts.prepare(wanted)
            layer = TlsLayer(below, context, server_name=options.server_name.rstrip(".") or None)
            await layer.shake_hands()
            layer.info = self._contexts.check(layer.object, options, doing, clock.now() - started_at)
        except (OSError, ValueError) as error:
            raise self._contexts.host_error(error, doing) from error
        if options.verify or options.pin_sha256:
            _check_dates(layer.info.certificates, clock.utc(), doing)
        return layer

    async def accept(self, below: ByteStream, context: ssl.SSLContext) -> TlsLayer:
        """A server's handshake; raises `HostError`."""
        layer = TlsLayer(below, context)
        try:
            await layer.shake_hands()
        except OSError as error:
            raise self._contexts.host_error(error, "TLS with a client") from error
        layer.info = self._contexts.describe(layer.object)
        return layer

    def server(self, options: ServerTls) -> ssl.SSLContext:
        """A server's context; raises `HostError`."""
        try:
            return self._contexts.server(options)
        except (OSError, ValueError) as error:
            raise HostError(Failure.TLS, "cannot listen: the certificate or its key cannot be used") from error


class TlsLayer:
    """One end of a TLS connection; a server where no `server_name` is given and the context is one of a server."""

    info = TlsInfo("")

    def __init__(self, below: ByteStream, context: ssl.SSLContext, *, server_name: str | None = None) -> None:
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        is_server = context.protocol == ssl.PROTOCOL_TLS_SERVER
        self.object = context.wrap_bio(
            self._incoming, self._outgoing, server_side=is_server, server_hostname=server_name
        )

    async def shake_hands(self) -> None:
        """Raises `ssl.SSLError`, and `HostError` for trouble beneath; an alert for the peer leaves before."""
        while True:
            try:
                self.object.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                with contextlib.suppress(HostError):
                    await self._flush()
                raise
            else:
                await self._flush()
                return

    async def read(self, limit: int) -> bytes:
        """Some bytes, empty at the end, also where the peer forgot to say goodbye."""
        while True:
            try:
                return self.object.read(limit)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""
            except ssl.SSLError as error:
                raise HostError(
                    Failure.TLS, f"the TLS connection broke: {error.reason or 'no reason given'}"
                ) from error

    async def write(self, data: bytes) -> None:
        """All of it."""
        if data:
            self.object.write(data)
            await self._flush()

    def close(self) -> None:
        """What is beneath."""
        self._below.close()

    async def goodbye(self) -> None:
        """Tell the peer that this is the end; its own is not waited for."""
        with contextlib.suppress(ssl.SSLError, HostError):
            self.object.unwrap()
        with contextlib.suppress(HostError):
            await self._flush()

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._below.write(data)

    async def _fill(self) -> None:
        data = await self._below.read(_READ_BYTES)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()


def _check_dates(certificates: tuple[bytes, ...], now: datetime, doing: str) -> None:
    """The presented certificate against the simulated computer's own calendar."""
    if not certificates:
        return
    certificate = x509.load_der_x509_certificate(certificates[0])
    if now < certificate.not_valid_before_utc:
        words = "the certificate is not valid yet (is this computer's clock right?)"
    elif now > certificate.not_valid_after_utc:
        words = "the certificate has expired"
    else:
        return
    raise HostError(Failure.CERTIFICATE, f"{doing}: {words}")
