"""What a relay map's URL says: whether it is one, whose it is, how it may be shown."""

from __future__ import annotations

import re

from natscope.errors import UserError
from natscope.wire.relay_map_hosts import is_vendor_host

DEFAULT_PATH = "/derpmap/default"

_SCHEME = r"([A-Za-z][A-Za-z0-9+.-]*)://"
_PARTS = r"(?i)(?P<scheme>https?)://(?:(?P<user>[^/?#@]*)@)?(?P<host>\[[^\]]*\]|[^/?#:@]*)(?::[0-9]*)?(?P<path>[^?#]*)"


def is_url(where: str) -> bool:
    """Whether a map is named by a URL of any scheme rather than by a file name."""
    return re.match(_SCHEME, where) is not None


def file_of(url: str) -> str | None:
    """The path that a `file://` URL means, None for other URLs."""
    if not url.lower().startswith("file://"):
        return None
    from urllib.parse import unquote

    path = url[len("file://") :]
    return unquote(path.removeprefix("localhost") if path.startswith("localhost/") else path)


def check_url(url: str) -> None:
    """Raises `UserError` for what can never be fetched."""
    match = re.match(_PARTS, url)
    if match is None:
        scheme = re.match(_SCHEME, url)
        name = scheme.group(1) if scheme else url
        raise UserError(f"{name}:// cannot be fetched", hint="https://, http:// and file:// can, or a file name, or -")
    if not match["host"] or re.search(r"[\x00-\x20\x7f]", url):
        raise UserError(f"{shown_url(url)} is no URL that could be asked")


def shown_url(url: str) -> str:
    """The URL without a user name and password."""
    match = re.match(_PARTS, url)
    if match is None or match["user"] is None:
        return url
    return url[: match.start("user")] + url[match.end("user") + 1 :]


def is_vendor_url(url: str) -> bool:
    """Whether this is Tailscale's own public map, fetched over TLS."""
    match = re.match(_PARTS, url)
    return (
        match is not None
        and match["scheme"].lower() == "https"
        and is_vendor_host(match["host"])
        and match["path"] == DEFAULT_PATH
    )
