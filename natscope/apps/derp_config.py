"""From settings to a relay's configuration: places, certificate mode, files, and what does not go together."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping

from natscope.apps.derp_places import places
from natscope.apps.derp_values import Values
from natscope.apps.derper_flags import NO_FILE
from natscope.apps.directories import user_directory
from natscope.errors import UserError
from natscope.machines.derp.forwarded import parse_networks
from natscope.model.endpoint import Endpoint
from natscope.relay.config import (
    AdmissionConfig,
    LimitsConfig,
    MeshConfig,
    RelayConfig,
    StunConfig,
    TlsConfig,
    TlsMode,
)

OFF, AUTO = "off", "auto"
_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?:\.(?!-)[A-Za-z0-9-]{1,63})*\.?")
_KEEP_IN = "derp"


def relay_config(values: Values, environ: Mapping[str, str]) -> RelayConfig:
    """The configuration of these settings. Raises `UserError`."""
    tls = _tls(values, environ)
    return RelayConfig(
        listen=_listen(values),
        http=() if tls.mode is TlsMode.OFF else _http(values),
        hostname=_hostname(values),
        key_file=_key_file(values, environ),
        tls=tls,
        stun=StunConfig(
            listen=_stun(values),
            rate=values.number("stun.rate"),
            helper=values.switch("stun.helper"),
            trains=int(values.number("stun.trains")),
        ),
        mesh=_mesh(values),
        admission=_admission(values),
        limits=LimitsConfig(
            accept_rate=values.number("limits.accept_rate"),
            accept_burst=int(values.number("limits.accept_burst")),
            rate_file=values.text("limits.rate_file"),
            write_timeout_s=values.number("limits.write_timeout"),
            tcp_keepalive_s=values.number("limits.tcp_keepalive"),
            tcp_user_timeout_s=values.number("limits.tcp_user_timeout"),
        ),
        metrics=_metrics(values),
        home=_home(values),
        is_relay=values.switch("relay"),
        names=values.names("bootstrap_dns.names"),
        unlisted_names=_unlisted(values),
        drain_s=values.number("drain"),
        workers=int(values.number("workers")),
        trusted_proxies=_proxies(values),
    )


def config_errors(values: Values, environ: Mapping[str, str]) -> tuple[UserError, ...]:
    """All reasons for which `relay_config` would refuse these settings; it raises the first that it meets."""
    errors: list[UserError] = []
    parts = (_listen, _http, _hostname, _stun, _mesh, _admission, _metrics, _home, _unlisted, _proxies)
    for part in (lambda each: _tls(each, environ), *parts):
        try:
            part(values)
        except UserError as error:
            errors.append(error)
    return tuple(errors)


def _listen(values: Values) -> tuple[Endpoint, ...]:
    return _all(values, "listen", 443) or _nowhere(values)


def _http(values: Values) -> tuple[Endpoint, ...]:
    http = values.text("http")
    return () if http == OFF else places(http, values.origin("http"), 80)


def _all(values: Values, name: str, port: int) -> tuple[Endpoint, ...]:
    return tuple(end for text in values.names(name) for end in places(text, values.origin(name), port))


def _nowhere(values: Values) -> tuple[Endpoint, ...]:
    raise UserError(f"{values.origin('listen')}: names no place to listen", hint='listen = [":443"]')


def _stun(values: Values) -> tuple[Endpoint, ...]:
    return () if values.names("stun.listen") == (OFF,) else _all(values, "stun.listen", 3478)


def _hostname(values: Values) -> str:
    name = values.text("hostname")
    if name and not _is_address(name) and (not _NAME.fullmatch(name) or len(name) > 253):
        raise UserError(f'{values.origin("hostname")}: "{name}" is no name of a computer', hint="derp.example.net")
    return name


def _tls(values: Values, environ: Mapping[str, str]) -> TlsConfig:
    mode = _mode(values)
    cert, key, hostname = values.text("tls.cert"), values.text("tls.key"), values.text("hostname")
    if mode is TlsMode.FILES and not cert:
        raise UserError("a certificate of your own needs --cert FILE, and --cert-key FILE where the key is in another")
    if mode is TlsMode.ACME and not hostname:
        raise UserError(
            "an authority gives certificates for names, and there is no --hostname", hint="--tls self-signed needs none"
        )
    if mode is TlsMode.OFF and cert:
        raise UserError(f"{values.origin('tls.cert')}: without TLS there is no use for a certificate")
    if key and not cert:
        raise UserError(f"{values.origin('tls.key')}: a key without its certificate", hint="--cert FILE")
    check_name = values.switch("tls.check_name")
    if check_name and not hostname:
        raise UserError(f"{values.origin('tls.check_name')}: which name? hostname is not set")
    return TlsConfig(
        mode=mode,
        certificate_file=cert,
        key_file=key or cert,
        directory=values.text("tls.directory") or os.path.join(_state(environ), "certificates"),
        checks_name=check_name,
        acme_email=values.text("tls.acme_email"),
        acme_directory_url=values.text("tls.acme_directory"),
        acme_eab_kid=values.text("tls.acme_eab_kid"),
        acme_eab_key=values.text("tls.acme_eab_key"),
        acme_ca_file=values.text("tls.acme_ca"),
        acme_challenge=values.text("tls.acme_challenge"),
        acme_profile=values.text("tls.acme_profile"),
    )


def _mode(values: Values) -> TlsMode:
    """As asked; else by what is known: files, a name, neither."""
    asked = values.text("tls.mode")
    if asked != AUTO:
        return TlsMode(asked)
    if values.text("tls.cert"):
        return TlsMode.FILES
    hostname = values.text("hostname")
    return TlsMode.ACME if hostname and not _is_address(hostname) else TlsMode.SELF_SIGNED


def _key_file(values: Values, environ: Mapping[str, str]) -> str:
    asked = values.text("key_file")
    if asked == NO_FILE:
        return ""
    return asked or os.path.join(_state(environ), "relay.key")


def _mesh(values: Values) -> MeshConfig:
    peers = values.names("mesh.with")
    for peer in peers:
        if peer.count("/") > 1:
            raise UserError(f'{values.origin("mesh.with")}: "{peer}" is not NAME or NAME/ADDRESS-TO-DIAL')
    file, key = values.text("mesh.key_file"), values.text("mesh.key")
    if peers and not (file or key):
        raise UserError(
            f"{values.origin('mesh.with')}: relays of one region share a key: --mesh-key-file FILE",
            hint="openssl rand -hex 32 > mesh.key, the same file on each of them",
        )
    return MeshConfig(peers=peers, key_file=file, key=key)


def _admission(values: Values) -> AdmissionConfig:
    url = values.text("admission.url")
    if url and not url.startswith(("http://", "https://")):
        raise UserError(f'{values.origin("admission.url")}: "{url}" is no http:// or https:// URL')
    return AdmissionConfig(
        tailscaled=values.switch("admission.tailscaled"),
        socket=values.text("admission.socket"),
        url=url,
        fail_open=values.switch("admission.fail_open"),
    )


def _unlisted(values: Values) -> tuple[str, ...]:
    names = values.names("bootstrap_dns.unlisted")
    for name in names:
        if "/" in name:
            raise UserError(
                f'{values.origin("bootstrap_dns.unlisted")}: "{name}": rollout by a percentage in DNS is not here',
                hint=f"{name.partition('/')[0]} tells it to everybody who asks",
            )
    return names


def _proxies(values: Values) -> tuple[str, ...]:
    networks = values.names("trusted_proxies")
    try:
        parse_networks(networks)
    except ValueError as error:
        raise UserError(f'{values.origin("trusted_proxies")}: "{error}" is no address and no network') from error
    return networks


def _metrics(values: Values) -> Endpoint | None:
    text = values.text("metrics")
    if not text:
        return None
    found = places(text, values.origin("metrics"), 9477)
    if len(found) > 1:
        raise UserError(
            f"{values.origin('metrics')}: {text}: metrics are for one address", hint=f"127.0.0.1:{found[0].port}"
        )
    return found[0]


def _home(values: Values) -> str:
    home = values.text("home")
    if home not in ("", "default", "blank") and not home.startswith(("http://", "https://")):
        raise UserError(f'{values.origin("home")}: "{home}" is not blank, and no http:// or https:// URL')
    if any(ord(letter) < 33 or ord(letter) > 126 for letter in home):
        raise UserError(f"{values.origin('home')}: a URL has no spaces or letters beyond ASCII")
    return home or "default"


def _state(environ: Mapping[str, str]) -> str:
    """A service is told where its state is by systemd; otherwise the user's own place."""
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return given or os.path.join(user_directory("state", environ), _KEEP_IN)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
