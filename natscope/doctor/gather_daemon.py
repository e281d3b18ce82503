"""Asks the tailscaled of this computer what checks want to know: status, preferences, its own checks."""

from __future__ import annotations

import os
import stat
from collections.abc import Awaitable
from typing import TypeVar

import msgspec

from natscope.doctor.facts import Contact, DaemonFacts
from natscope.errors import CannotMeasure
from natscope.host.api import Failure, Host
from natscope.host.http_api import Http
from natscope.tailscaled.daemon import Daemon
from natscope.tailscaled.locate import Place, locate
from natscope.tailscaled.refusals import AbsentDaemon, RefusingDaemon
from natscope.tailscaled.socket_path import default_socket_paths, is_trusted_socket

LIMIT_S = 3.0
NOT_TOLD = "this tailscaled does not tell it"
T = TypeVar("T")


async def ask_daemon(host: Host, http: Http, socket: str) -> DaemonFacts:
    """`socket` empty: the usual places. Raises `UserError` for a `socket` that is a file or a folder."""
    try:
        path = locate(Place(host.identity.os, host.environ), socket)
    except CannotMeasure as error:
        return _nowhere(host, socket, error)
    daemon = Daemon(http, path, host=host, read_s=LIMIT_S)
    found = msgspec.structs.replace(await _status(daemon, path), socket=path, named=bool(socket))
    return await _more(daemon, found) if found.contact is Contact.ANSWERED else found


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


async def _status(daemon: Daemon, path: str) -> DaemonFacts:
    try:
        return DaemonFacts(contact=Contact.ANSWERED, status=await daemon.status(peers=False))
    except AbsentDaemon as error:
        return DaemonFacts(contact=_contact_of(error.failure, path), reason=error.reason)
    except RefusingDaemon as error:
        contact = Contact.DENIED if error.status == 403 else Contact.ODD
        return DaemonFacts(contact=contact, reason=error.reason)


def _contact_of(failure: Failure, path: str) -> Contact:
    """Nobody there, nobody listening, or not for us."""
    if failure is Failure.PERMISSION:
        return Contact.DENIED
    if failure is Failure.TIMEOUT:
        return Contact.SILENT
    if failure is Failure.REFUSED:
        return Contact.CLOSED if os.path.exists(path) else Contact.ABSENT
    return Contact.ODD


async def _more(daemon: Daemon, found: DaemonFacts) -> DaemonFacts:
    """Preferences, and what the daemon's own checks say; what it does not tell stays unknown, with the reason."""
    prefs, prefs_reason = await _told(daemon.prefs())
    reasons: dict[str, str] = {}
    warnings: dict[str, str | None] = {}
    for name, what in (("forwarding", "check-ip-forwarding"), ("gro", "check-udp-gro-forwarding")):
        warnings[name], reason = await _told(daemon.own_warning(what))
        if reason:
            reasons[name] = reason
    return msgspec.structs.replace(
        found, prefs=prefs, prefs_reason=prefs_reason, forwarding=warnings["forwarding"], gro=warnings["gro"],
        check_reasons=reasons,
    )  # fmt: skip


async def _told(question: Awaitable[T | None]) -> tuple[T | None, str]:
    """A value, or None with the reason."""
    try:
        found = await question
    except RefusingDaemon as error:
        return None, NOT_TOLD if error.status == 404 else error.message
    except AbsentDaemon as error:
        return None, error.message
    return found, NOT_TOLD if found is None else ""
