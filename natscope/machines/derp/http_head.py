"""The head of a request as h11 gives it: what is refused beyond h11's own rules, and its form for pages and upgrades.

h11 lets a request carry both a length and a transfer coding, as RFC 9112 section 6.3 allows; a proxy in front may have
gone by the other one, and would take what follows for another request. So such a request is refused, and so is a body
in front of an upgrade, where the next byte would be a frame to one and a body to the other.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import h11

from natscope.errors import RemoteError
from natscope.machines.derp.http_request import Request

_LENGTH, _CODING, _UPGRADE = b"content-length", b"transfer-encoding", b"upgrade"


def check_head(head: h11.Request) -> None:
    """Raises `RemoteError` for a request that might be read in two ways."""
    names = [name for name, _ in head.headers]
    if names.count(_CODING) and names.count(_LENGTH):
        raise RemoteError("both a length and a transfer coding", field="framing")
    if names.count(_CODING) > 1:
        raise RemoteError("several transfer codings", field="framing")
    if _UPGRADE in names and (names.count(_CODING) or any(n == _LENGTH and v != b"0" for n, v in head.headers)):
        raise RemoteError("a body in front of an upgrade", field="framing")
    try:
        urlsplit(head.target.decode("latin-1"))
    except ValueError as error:
        raise RemoteError("the target is no URL", field="target") from error


def request_of(head: h11.Request, encrypted: bool) -> Request:
    """The first of a repeated header wins."""
    headers: dict[str, str] = {}
    for name, value in head.headers:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return Request(head.method.decode("latin-1"), head.target.decode("latin-1"), headers, encrypted)
