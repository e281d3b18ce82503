"""Asks the tailscaled of this computer what checks want to know: status, preferences, its own checks."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import TypeVar

import msgspec

from natscope.doctor.facts import Contact, DaemonFacts
from natscope.errors import CannotMeasure, RemoteError
from natscope.host.api import Failure, Host, HostError
from natscope.host.http_api import Http
from natscope.tailscaled.client import ask
from natscope.tailscaled.locate import Place, locate
from natscope.tailscaled.socket_path import default_socket_paths, is_trusted_socket
from natscope.wire.local_api.prefs import decode_prefs, decode_warning
from natscope.wire.local_api.status import decode_status

LIMIT_S = 3.0
NOT_TOLD = "this tailscaled does not tell it"
T = TypeVar("T")


async def ask_daemon(host: Host, http: Http, socket: str) -> DaemonFacts:
    """`socket` empty: the usual places. Raises `UserError` for a `socket` that is a file or a folder."""
    try:
        path = locate(Place(host.identity.os, host.environ), socket)
    except CannotMeasure as error:
        return _nowhere(host, socket, error)
    found = msgspec.structs.replace(await _status(http, path), socket=path, named=bool(socket))
    return await _more(http, path, found) if found.contact is Contact.ANSWERED else found


def _nowhere(host: Host, socket: str, error: CannotMeasure) -> DaemonFacts:
    """No socket that can be asked; which of the reasons it is."""
    paths = default_socket_paths(host.identity.os)
    for path in paths:
        try:
            found = os.stat(path)
        except PermissionError:
            return DaemonFacts(contact=Contact.DENIED, socket=path, reason=error.message)
        except OSError:
            continue
        if stat.S_ISSOCK(found.st_mode) and not is_trusted_socket(path):
            reason = f"it belongs to another user (uid {found.st_uid})"
            return DaemonFacts(contact=Contact.UNTRUSTED, socket=path, reason=reason)
    if socket or not paths:
        return DaemonFacts(contact=Contact.UNSUPPORTED, socket=socket, named=bool(socket), reason=error.message)
    return DaemonFacts(contact=Contact.ABSENT, socket=", ".join(paths), reason=error.message)


async def _status(http: Http, path: str) -> DaemonFacts:
    try:
        response = await ask(http, path, "status?peers=false", LIMIT_S)
    except HostError as error:
        return DaemonFacts(contact=_contact_of(error.failure, path), reason=error.message)
    if response.status == 403:
        return DaemonFacts(contact=Contact.DENIED, reason=_words(response.body))
    if response.status != 200:
        return DaemonFacts(contact=Contact.ODD, reason=f"it answered {response.status}: {_words(response.body)}")
    if response.truncated:
        return DaemonFacts(contact=Contact.ODD, reason="it answers without end")
    try:
        status = decode_status(response.body)
    except RemoteError as error:
        return DaemonFacts(contact=Contact.ODD, reason=error.message)
    return DaemonFacts(contact=Contact.ANSWERED, status=status)


def _contact_of(failure: Failure, path: str) -> Contact:
    """Nobody there, nobody listening, or not for us."""
    if failure is Failure.PERMISSION:
        return Contact.DENIED
    if failure is Failure.TIMEOUT:
        return Contact.SILENT
    if failure is Failure.REFUSED:
        return Contact.CLOSED if os.path.exists(path) else Contact.ABSENT
    return Contact.ODD


async def _more(http: Http, path: str, found: DaemonFacts) -> DaemonFacts:
    """Preferences, and what the daemon's own checks say; what it does not tell stays unknown, with the reason."""
    prefs, prefs_reason = await _read(http, path, "prefs", decode_prefs)
    reasons: dict[str, str] = {}
    warnings: dict[str, str | None] = {}
    for name, what in (("forwarding", "check-ip-forwarding"), ("gro", "check-udp-gro-forwarding")):
        warnings[name], reason = await _read(http, path, what, decode_warning)
        if reason:
            reasons[name] = reason
    return msgspec.structs.replace(
        found, prefs=prefs, prefs_reason=prefs_reason, forwarding=warnings["forwarding"], gro=warnings["gro"],
        check_reasons=reasons,
    )  # fmt: skip


async def _read(http: Http, path: str, what: str, decode: Callable[[bytes], T]) -> tuple[T | None, str]:
    """A value, or None with the reason."""
    try:
        response = await ask(http, path, what, LIMIT_S)
        if response.status == 404:
            return None, NOT_TOLD
        if response.status != 200:
            return None, f"tailscaled answered {response.status}: {_words(response.body)}"
        return decode(response.body), ""
    except (HostError, RemoteError) as error:
        return None, error.message


def _words(body: bytes) -> str:
    return body[:200].decode(errors="replace").strip()
