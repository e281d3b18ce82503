"""Puts a relay's ACME certificate together from its configuration."""

from __future__ import annotations

import ipaddress

from natscope.acme.keeper import LETS_ENCRYPT, AcmeSettings
from natscope.host.api import Host
from natscope.machines.acme.renewal import HTTP_01, TLS_ALPN_01
from natscope.machines.derp.pages import Pages
from natscope.relay.acme_certificates import AcmeCertificates
from natscope.relay.config import RelayConfig
from natscope.relay.log import Level, Log
from natscope.web.client import HttpClient
from natscope.wire.keys import PrivateKey

SHORT_LIVED = "shortlived"
"""The profile in which Let's Encrypt issues for addresses, and the only one."""


def build_acme(config: RelayConfig, private: PrivateKey, host: Host, log: Log, pages: Pages) -> AcmeCertificates:
    """The relay's certificate as configured. Raises `CannotMeasure` where its folder cannot be used."""
    tls = config.tls

    def say(event: str, words: str, *, is_trouble: bool) -> None:
        log.say(event, words, Level.WARNING if is_trouble else Level.INFO)

    answers: dict[str, str] = {}
    pages.challenges = answers
    return AcmeCertificates(
        host,
        HttpClient(host),
        tls.directory,
        settings_of(config),
        private.public,
        answers,
        say,
        only_name=config.hostname if tls.checks_name else "",
        is_shared=config.workers > 1,
    )


def settings_of(config: RelayConfig) -> AcmeSettings:
    """What is asked of the authority, and how the name is proved."""
    tls = config.tls
    is_address = _is_address(config.hostname)
    return AcmeSettings(
        name=config.hostname,
        directory_url=tls.acme_directory_url or LETS_ENCRYPT,
        kinds=kinds_of(config),
        email=tls.acme_email,
        eab=(tls.acme_eab_kid, tls.acme_eab_key),
        profile=tls.acme_profile or (SHORT_LIVED if is_address else ""),
        ca_file=tls.acme_ca_file,
    )


def kinds_of(config: RelayConfig) -> tuple[str, ...]:
    """Kinds of proof in the order in which they are tried: by the port that surely is the public one first."""
    if config.tls.acme_challenge in (HTTP_01, TLS_ALPN_01):
        return (config.tls.acme_challenge,)
    if not config.http:
        return (TLS_ALPN_01,)
    if any(end.port == 443 for end in config.listen):
        return (TLS_ALPN_01, HTTP_01)
    return (HTTP_01, TLS_ALPN_01)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
