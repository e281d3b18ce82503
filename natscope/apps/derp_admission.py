"""Puts together who decides about a relay's clients."""

from __future__ import annotations

from urllib.parse import urlsplit

from natscope.errors import UserError
from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.relay.admission import AskedAdmission, Check
from natscope.relay.admission_checks import TailscaledCheck, UrlCheck
from natscope.relay.config import AdmissionConfig
from natscope.relay.log import Level, Log
from natscope.relay.seams import Applicant
from natscope.tailscaled.socket_path import default_socket_paths, is_trusted_socket
from natscope.web.client import HttpClient
from natscope.wire.keys import short_key


def build_admission(wanted: AdmissionConfig, host: Host, log: Log) -> AskedAdmission:
    """The checks that are set, the cheaper one first. Raises `UserError` for what can never work."""
    http = HttpClient(host)
    checks: list[Check] = []
    if wanted.tailscaled:
        checks.append(TailscaledCheck(http, _socket(wanted.socket, host.identity.os)))
    if wanted.url:
        checks.append(_url_check(http, wanted))

    def refused(applicant: Applicant, reason: str) -> None:
        words = f"{short_key(applicant.key)} from {applicant.address.ip} is not let in: {reason}"
        log.say("refused", words, Level.WARNING, source=str(applicant.address))

    return AskedAdmission(checks, host.clock.now, on_refused=refused)


def _socket(named: str, system: str) -> str:
    """The named socket, or the usual one; the daemon may start after us, so it need not stand there yet."""
    if named:
        return named
    usual = default_socket_paths(system)
    if not usual:
        raise UserError(f"tailscaled has no socket on {system} that could be asked", hint="--verify-client-url URL")
    return next((path for path in usual if is_trusted_socket(path)), usual[0])


def _url_check(http: Http, wanted: AdmissionConfig) -> UrlCheck:
    try:
        parts = urlsplit(wanted.url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits:
        raise UserError(f'"{wanted.url}" is no URL that could be asked about clients', hint="https://HOST/verify")
    return UrlCheck(http, wanted.url, fail_open=wanted.fail_open)
