"""Certificates that the operator keeps in two files; changed files are taken without a restart."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Clock
from natscope.relay.certificate_facts import Facts, facts_of
from natscope.relay.meta_certificate import RENEW_AFTER, meta_certificate
from natscope.relay.tls_context import server_context

LOOK_S = 5.0
SOON = timedelta(days=14)
"""Left to a certificate of an operator's own when it is time to say so."""
MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Where the chain and the private key are, PEM both (one file may hold both)."""

    certificate: str
    key: str


class FileCertificates:
    """Implements `natscope.relay.seams.Certificates`. `say` is told of new and of broken files."""

    def __init__(
        self, pair: Pair, server_key: bytes, clock: Clock, say: Callable[[str, bool], None], *, hostname: str = "",
        checks_name: bool = False,
    ) -> None:  # fmt: skip
        """Reads the files. `checks_name`: clients must ask for `hostname`, and the certificate must be for it.

        Raises `UserError` or `CannotMeasure`.
        """
        self._pair = pair
        self._server_key = server_key
        self._clock = clock
        self._say = say
        self._hostname = hostname
        self._checks_name = checks_name
        self._seen = self._look()
        self._is_asked = False
        self._changed: Callable[[ssl.SSLContext], None] | None = None
        self._made_at = clock.utc()
        self.facts, self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """For new connections."""
        return self._context

    def reload(self) -> None:
        """Read the files again, changed or not."""
        self._is_asked = True
        if self._changed is not None:
            self.look_again(self._changed)

    async def keep(self, changed: Callable[[ssl.SSLContext], None]) -> None:
        """Look every few seconds; a broken new file leaves the old certificate in place."""
        self._changed = changed
        while True:
            await self._clock.sleep(LOOK_S)
            self.look_again(changed)

    def look_again(self, changed: Callable[[ssl.SSLContext], None]) -> None:
        """Take changed files; renew the meta certificate."""
        seen = self._look()
        is_new = seen != self._seen or self._is_asked
        if not is_new and self._clock.utc() - self._made_at < RENEW_AFTER:
            return
        self._seen, self._is_asked = seen, False
        try:
            self.facts, self._context = self._load()
        except (UserError, CannotMeasure) as error:
            self._say(f"{error.message}; the old certificate stays", True)
            return
        self._made_at = self._clock.utc()
        changed(self._context)
        if is_new:
            self._say(f"certificate read again from {self._pair.certificate}", False)

    def _load(self) -> tuple[Facts, ssl.SSLContext]:
        path, now = self._pair.certificate, self._clock.utc()
        chain, key = read_pem(path), read_pem(self._pair.key)
        facts = facts_of(chain, path)
        only_name = self._hostname if self._checks_name else ""
        if only_name and not facts.covers(only_name):
            raise UserError(f"{path}: is for {', '.join(facts.names) or 'nobody'}, not for {only_name}")
        whole = chain.rstrip() + b"\n" + meta_certificate(self._server_key, now)
        context = server_context(whole, key, only_name=only_name, what=path)
        if doubt := _doubt(facts, self._hostname, now):
            self._say(f"{path}: {doubt}", True)
        return facts, context

    def _look(self) -> tuple[object, ...]:
        return tuple(_state(path) for path in (self._pair.certificate, self._pair.key))


def _doubt(facts: Facts, hostname: str, now: datetime) -> str:
    """Why clients will not like it, or soon not; empty when they will."""
    if now < facts.begins:
        return f"is valid from {facts.begins:%Y-%m-%d %H:%M} UTC on, which is in the future"
    if now > facts.expires:
        return f"has expired on {facts.expires:%Y-%m-%d %H:%M} UTC: clients refuse it"
    if hostname and not facts.covers(hostname):
        return f"is for {', '.join(facts.names) or 'nobody'}: clients that look for {hostname} refuse it"
    if facts.expires - now < SOON:
        return f"expires on {facts.expires:%Y-%m-%d %H:%M} UTC"
    return ""


def read_pem(path: str) -> bytes:
    """A file of certificates or a key. Raises `UserError` and `CannotMeasure`."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        text = error.strerror or "unknown reason"
        raise CannotMeasure(f"{path}: cannot be read: {text[:1].lower()}{text[1:]}") from error
    if len(data) > MAX_BYTES:
        raise UserError(f"{path}: is too large to be a certificate or key")
    return data


def _state(path: str) -> tuple[int, int, int, int] | None:
    """What changes when a file is replaced or written."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_size, state.st_ino, state.st_dev)
