"""Which proxy, if any, the environment names for a URL: pure.

Source: the convention of curl and Go (golang.org/x/net/http/httpproxy): HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY
in either case, small letters first; HTTP_PROXY in capitals is not obeyed where REQUEST_METHOD is set (CGI), because a
web client could set it. Loopback is never asked through a proxy.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from natscope.errors import RemoteError
from natscope.model.endpoint import IPAddress

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that speaks HTTP, over TLS when `scheme` is `https`."""

    scheme: str
    host: str
    port: int
    username: str = ""
    password: str = ""

    @property
    def url(self) -> str:
        """Without the credentials: fit for messages."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def choose_proxy(scheme: str, host: str, port: int, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy for `scheme://host:port`, None for a direct connection. Raises `RemoteError` for one we cannot use."""
    text = _setting(scheme, environ)
    if not text or _is_exempt(host, port, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
        return None
    return parse_proxy(text)


def _setting(scheme: str, environ: Mapping[str, str]) -> str:
    names = [f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"]
    if scheme == "http" and "REQUEST_METHOD" in environ:
        names.remove("HTTP_PROXY")
    return next((environ[name].strip() for name in names if environ.get(name, "").strip()), "")


def parse_proxy(text: str) -> Proxy:
    """A proxy's URL; without a scheme it is `http`. Raises `RemoteError` for one we cannot use."""
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError as error:
        raise RemoteError("the proxy that the environment names is no URL") from error
    if scheme not in _DEFAULT_PORTS:
        raise RemoteError(f"proxies of the kind {scheme}:// are not supported, only http(s)://")
    if not host:
        raise RemoteError("the proxy that the environment names has no host name")
    return Proxy(
        scheme, host, port or _DEFAULT_PORTS[scheme], unquote(parts.username or ""), unquote(parts.password or "")
    )


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    name = host.rstrip(".").lower()
    ip = _address(name)
    if name == "localhost" or (ip is not None and ip.is_loopback):
        return True
    return any(_matches(entry.strip().lower(), name, port, ip) for entry in no_proxy.split(",") if entry.strip())


def _matches(entry: str, name: str, port: int, ip: IPAddress | None) -> bool:
    """`*`, an address, a network, or a domain (with or without leading dot: the subdomains too), each with a port."""
    if entry == "*":
        return True
    if ip is not None and "/" in entry:
        try:
            return ip in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    if _address(entry) is None:
        entry, _, wanted_port = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        if wanted_port and wanted_port != str(port):
            return False
    if ip is not None:
        return _address(entry.strip("[]")) == ip
    domain = entry.removeprefix("*").rstrip(".")
    if domain.startswith("."):
        return name.endswith(domain)
    return name == domain or name.endswith(f".{domain}")


def _address(text: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class NamedProxy:
    """A proxy variable that is set. `url` is without credentials; `usable` False for kinds that we do not speak."""

    variable: str
    url: str
    usable: bool


VARIABLES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
MAX_URL = 200


def named_proxies(environ: Mapping[str, str]) -> tuple[NamedProxy, ...]:
    """All that the environment names, whomever they are for; never raises."""
    found = []
    for variable in VARIABLES:
        text = environ.get(variable, "").strip()
        if not text:
            continue
        try:
            found.append(NamedProxy(variable, parse_proxy(text).url[:MAX_URL], usable=True))
        except RemoteError:
            found.append(NamedProxy(variable, _without_credentials(text)[:MAX_URL], usable=False))
    return tuple(found)


def _without_credentials(text: str) -> str:
    scheme, separator, rest = text.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
