"""A relay's certificate from files of the operator's, or of this program's own making."""

from __future__ import annotations

import os
import re

from natscope.host.api import Host
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.relay.aside import Aside
from natscope.relay.certificate_files import FileCertificates, Pair
from natscope.relay.config import RelayConfig, TlsMode
from natscope.relay.log import Level, Log
from natscope.relay.self_signed import find_or_make
from natscope.wire.keys import PrivateKey

_UNSAFE = re.compile(r"[^A-Za-z0-9.\-]")
_STEM = "relay"
LOOPBACK = "127.0.0.1"


def build_files(config: RelayConfig, private: PrivateKey, host: Host, log: Log) -> FileCertificates:
    """The certificate as configured, made when it is to be self-signed. Raises `UserError` and `CannotMeasure`."""
    tls = config.tls

    def say(words: str, is_bad: bool) -> None:
        log.say("certificate", words, Level.WARNING if is_bad else Level.INFO)

    pair, hostname = Pair(tls.certificate_file, tls.key_file or tls.certificate_file), config.hostname
    if tls.mode is TlsMode.SELF_SIGNED:
        names = [hostname] if hostname else own_names(config, host, log)
        if not tls.certificate_file:
            stem = os.path.join(tls.directory, _UNSAFE.sub("_", names[0]) if hostname else _STEM)
            pair = Pair(f"{stem}.crt", f"{stem}.key")
        _, is_new = find_or_make(pair, names, host.clock)
        if is_new:
            say(f"new self-signed certificate for {', '.join(names)}, kept in {pair.certificate}", False)
    return FileCertificates(pair, private.public, host.clock, say, hostname=hostname, checks_name=tls.checks_name)


def own_names(config: RelayConfig, host: Host, log: Log) -> list[str]:
    """The addresses by which clients may know this computer, those that the whole internet reaches first."""
    addresses: list[IPAddress] = [end.ip for end in config.listen]
    if any(ip.is_unspecified for ip in addresses):
        aside = Aside(log.failed)
        try:
            facts = aside.run(host.links.look())
        finally:
            aside.close()
        addresses = [ip for interface in facts.interfaces for ip in interface.addresses]
    usable = {ip: None for ip in addresses if not (ip.is_loopback or ip.is_link_local or ip.is_multicast)}
    order = sorted(usable, key=lambda ip: (not ip.is_global, ip.version))
    return [str(ip) for ip in order] or [str(_first(config.listen))]


def _first(listen: tuple[Endpoint, ...]) -> str:
    return next((str(end.ip) for end in listen if not end.ip.is_unspecified), LOOPBACK)
