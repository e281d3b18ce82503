"""Every flag of upstream's derper v1.102.5 and what it sets here, so that a service file carries over unchanged.

Source: upstream cmd/derper/derper.go, and derper itself where that leaves a question (`tests/interop`). A test compares
the table with derper's own `-help`.
"""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from natscope.apps.go_flags import GoKind, GoValue, Taken
from natscope.apps.settings import Value
from natscope.errors import UserError

FLAGS: dict[str, GoKind] = {
    "a": GoKind.TEXT,
    "accept-connection-burst": GoKind.INTEGER,
    "accept-connection-limit": GoKind.NUMBER,
    "ace": GoKind.SWITCH,
    "acme-eab-key": GoKind.TEXT,
    "acme-eab-kid": GoKind.TEXT,
    "acme-email": GoKind.TEXT,
    "acme-ip-certs": GoKind.SWITCH,
    "bootstrap-dns-names": GoKind.TEXT,
    "c": GoKind.TEXT,
    "certdir": GoKind.TEXT,
    "certmode": GoKind.TEXT,
    "derp": GoKind.SWITCH,
    "dev": GoKind.SWITCH,
    "home": GoKind.TEXT,
    "hostname": GoKind.TEXT,
    "http-port": GoKind.INTEGER,
    "mesh-psk-file": GoKind.TEXT,
    "mesh-with": GoKind.TEXT,
    "rate-config": GoKind.TEXT,
    "secrets-cache-dir": GoKind.TEXT,
    "secrets-path-prefix": GoKind.TEXT,
    "secrets-url": GoKind.TEXT,
    "socket": GoKind.TEXT,
    "stun": GoKind.SWITCH,
    "stun-port": GoKind.INTEGER,
    "tcp-keepalive-time": GoKind.DURATION,
    "tcp-user-timeout": GoKind.DURATION,
    "tcp-write-timeout": GoKind.DURATION,
    "unpublished-bootstrap-dns-names": GoKind.TEXT,
    "verify-client-url": GoKind.TEXT,
    "verify-client-url-fail-open": GoKind.SWITCH,
    "verify-clients": GoKind.SWITCH,
    "version": GoKind.SWITCH,
}

SAME_HERE = frozenset(
    {
        "acme-email", "hostname", "mesh-with", "rate-config", "stun", "verify-client-url",
        "verify-client-url-fail-open", "verify-clients",
    }
)  # fmt: skip
"""Also options of ours, with the same meaning: alone they do not make a command line derper's."""

REFUSED: dict[str, str] = {
    "ace": "upstream's unfinished ACE server is not here",
    "secrets-url": "keys are not fetched from a setec server; -mesh-psk-file FILE reads one",
}
"""Refused when they ask for something; `-ace=false` asks for nothing."""

MESH_KEY_VARIABLE = "TAILSCALE_DERPER_MESH_KEY"
DEV_LISTEN = ":3340"
MAX_BURST = 2**63 - 1
"""Go's math.MaxInt, derper's default."""
NO_FILE = "-"
"""As a key file: a key for this run only."""
_DERPS_HOME = os.path.join("/home", "derp")
_ROOT_KEY = "/var/lib/derper/derper.key"
_GOOGLE = "https://dv.acme-v02.api.pki.goog/directory"
_UNSAFE = re.compile(r"[^a-zA-Z0-9\-.]")


@dataclass(frozen=True, slots=True)
class Meaning:
    """Settings by name. `given` say what was asked for, `assumed` what derper does where nobody asked.

    `spelled`: how a setting was asked for, for messages.
    """

    given: dict[str, Value] = field(default_factory=dict)
    assumed: dict[str, Value] = field(default_factory=dict)
    spelled: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What derper looks at besides its flags."""

    environ: Mapping[str, str] = field(default_factory=dict)
    is_root: bool = False
    exists: Callable[[str], bool] = os.path.exists


def is_derpers(taken: Taken) -> bool:
    """Whether a command line was written for derper, so that what it leaves out means what derper makes of it."""
    return taken.has_go_form or any(name not in SAME_HERE for name in taken.values)


def meaning_of(taken: Taken, around: Surroundings) -> Meaning:
    """What derper's flags ask for. Raises `UserError` for what is not here, by name."""
    values = taken.values
    for name, reason in REFUSED.items():
        if values.get(name):
            raise UserError(f"{taken.spelled[name]}: {reason}")
    given = _plainly(values)
    if not is_derpers(taken):
        return Meaning(given, {}, _spelled(taken))
    assumed: dict[str, Value] = {}
    assumed["admission.fail_open"] = True
    assumed["limits.accept_rate"], assumed["limits.accept_burst"] = 0.0, MAX_BURST
    _places(values, given, assumed)
    _certificates(values, around, given, assumed)
    _keys(values, around, given, assumed)
    return Meaning(given, assumed, _spelled(taken))


def _plainly(values: Mapping[str, GoValue]) -> dict[str, Value]:
    """Flags that set one setting each."""
    given: dict[str, Value] = {}
    for name, setting in _TEXTS.items():
        if name in values:
            given[setting] = values[name]
    for name, setting in _LISTS.items():
        if name in values:
            given[setting] = tuple(part.strip() for part in str(values[name]).split(",") if part.strip())
    if values.get("stun") is False:
        given["stun.listen"] = ()
    given.update(_accepting(values))
    return given


_TEXTS = {
    "accept-connection-burst": "limits.accept_burst",
    "acme-eab-key": "tls.acme_eab_key",
    "acme-eab-kid": "tls.acme_eab_kid",
    "acme-email": "tls.acme_email",
    "derp": "relay",
    "home": "home",
    "hostname": "hostname",
    "rate-config": "limits.rate_file",
    "socket": "admission.socket",
    "tcp-keepalive-time": "limits.tcp_keepalive",
    "tcp-user-timeout": "limits.tcp_user_timeout",
    "tcp-write-timeout": "limits.write_timeout",
    "verify-client-url": "admission.url",
    "verify-client-url-fail-open": "admission.fail_open",
    "verify-clients": "admission.tailscaled",
}
_LISTS = {
    "bootstrap-dns-names": "bootstrap_dns.names",
    "mesh-with": "mesh.with",
    "unpublished-bootstrap-dns-names": "bootstrap_dns.unlisted",
}


def _accepting(values: Mapping[str, GoValue]) -> dict[str, Value]:
    """New connections. A bucket that is never filled up again, or holds nothing, ends derper when it is empty.

    Without a burst derper's bucket has no end, so that a limit alone limits nothing.
    """
    given: dict[str, Value] = {}
    if "accept-connection-limit" in values:
        limit = float(values["accept-connection-limit"])
        if limit <= 0 and "accept-connection-burst" in values:
            raise UserError(f"-accept-connection-limit {limit:g}: nobody would come in after the burst")
        given["limits.accept_rate"] = limit if 0 < limit < math.inf else 0.0
    if int(values.get("accept-connection-burst", 1)) <= 0:
        raise UserError(f"-accept-connection-burst {values['accept-connection-burst']}: nobody would ever come in")
    return given


def _spelled(taken: Taken) -> dict[str, str]:
    """Setting to the flag that set it, the last of several."""
    names = {
        **_TEXTS, **_LISTS, "a": "listen", "accept-connection-limit": "limits.accept_rate", "c": "key_file",
        "certdir": "tls.directory", "certmode": "tls.mode", "http-port": "http", "mesh-psk-file": "mesh.key_file",
        "stun-port": "stun.listen",
    }  # fmt: skip
    return {names[flag]: words for flag, words in taken.spelled.items() if flag in names}


def _places(values: Mapping[str, GoValue], given: dict[str, Value], assumed: dict[str, Value]) -> None:
    """Where it listens; the other ports are on the same address as `-a`."""
    address = DEV_LISTEN if values.get("dev") else str(values.get("a", ":443"))
    host, colon, port = address.rpartition(":")
    if not colon:
        raise UserError(f"-a {address}: has no port", hint="-a :443")
    host = "" if host in ("[::]", "*") else host  # Go listens on both families there
    where = given if {"a", "dev"} & set(values) else assumed
    where["listen"] = (f"{host}:{port}",)
    http = int(values.get("http-port", 80))
    (given if {"a", "dev", "http-port"} & set(values) else assumed)["http"] = "off" if http < 0 else f"{host}:{http}"
    if values.get("stun", True):
        stun = (f"{host}:{int(values.get('stun-port', 3478))}",)
        (given if {"a", "dev", "stun-port"} & set(values) else assumed)["stun.listen"] = stun


def _certificates(
    values: Mapping[str, GoValue], around: Surroundings, given: dict[str, Value], assumed: dict[str, Value]
) -> None:
    """TLS on port 443 or with `-certmode manual`, otherwise plain HTTP."""
    mode = str(values.get("certmode", "letsencrypt"))
    if mode not in ("letsencrypt", "manual", "gcp"):
        raise UserError(f"-certmode {mode}: not one of letsencrypt, manual, gcp")
    into = given if {"a", "dev", "certmode"} & set(values) else assumed
    [listen] = _texts(given.get("listen") or assumed["listen"])
    if listen.rpartition(":")[2] not in ("443", "https") and mode != "manual":
        into["tls.mode"] = "off"
        return
    directory = str(values.get("certdir", "")) or _certificate_folder(around.environ)
    into["tls.directory"] = directory
    if mode == "manual":
        _manual(str(values.get("hostname", "")), directory, into)
        return
    into["tls.mode"] = "acme"
    if values.get("acme-ip-certs") and not _is_address(str(values.get("hostname", ""))):
        raise UserError(
            "-acme-ip-certs: an address gets its certificate where -hostname is that address, not beside a name"
        )
    if mode == "gcp":
        for name in ("acme-eab-kid", "acme-eab-key", "acme-email"):
            if not values.get(name):
                raise UserError(f"-certmode gcp needs -{name}")
        given["tls.acme_directory"] = _GOOGLE


def _manual(hostname: str, directory: str, into: dict[str, Value]) -> None:
    """`<certdir>/<hostname>.crt` and `.key`; an address without files gets a self-signed certificate there."""
    if not hostname:
        raise UserError("-certmode manual needs -hostname", hint="the files are <certdir>/<hostname>.crt and .key")
    stem = os.path.join(directory, _UNSAFE.sub("", hostname))
    into["tls.cert"], into["tls.key"] = f"{stem}.crt", f"{stem}.key"
    into["tls.mode"] = "self-signed" if _is_address(hostname) else "files"
    into["tls.check_name"] = not _is_address(hostname)


def _keys(
    values: Mapping[str, GoValue], around: Surroundings, given: dict[str, Value], assumed: dict[str, Value]
) -> None:
    """The relay's own key and that of its region."""
    if values.get("dev"):
        given["key_file"] = NO_FILE
        given["mesh.key"] = around.environ.get(MESH_KEY_VARIABLE, "")
        return
    if values.get("c"):
        given["key_file"] = str(values["c"])
    elif around.is_root:
        assumed["key_file"] = _ROOT_KEY
    if "mesh-psk-file" in values:
        given["mesh.key_file"] = str(values["mesh-psk-file"])
        return
    for home in (_DERPS_HOME, around.environ.get("HOME", "")):
        place = os.path.join(home, "keys", "derp-mesh.key")
        if around.exists(place):
            assumed["mesh.key_file"] = place
            return


def _certificate_folder(environ: Mapping[str, str]) -> str:
    cache = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "tailscale", "derper-certs")


def _texts(value: Value) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
