"""Whether a node's host name and addresses are what clients expect there.

Source: upstream derp/derphttp/derphttp_client.go (a host name is dialled and is the TLS server name as it stands).
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

VENDOR_SUFFIX = ".tailscale.com"

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.(?!-)[A-Za-z0-9_-]{1,63})*\.?")
_SCHEME = r"^[A-Za-z][A-Za-z0-9+.-]*://"
_PORT = r"^(\[[^\]]*\]|[^:]*):[0-9]*$"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_MAX_NAME = 253


class HostNameFault(NamedTuple):
    """What is wrong with a host name, and the name to write instead (None: cannot know)."""

    code: str
    message: str
    instead: str | None = None


def host_name_fault(text: str) -> HostNameFault | None:
    """None for a DNS name or a literal address; else the first thing that is wrong."""
    if len(text) <= _MAX_NAME and _NAME.fullmatch(text):
        return None
    if not text:
        return HostNameFault("host-name-missing", "HostName is missing: the name to connect to and to check TLS for")
    if _is_address(text):
        return None
    if re.match(_SCHEME, text):
        return HostNameFault("host-name-is-url", "a host name, without https:// and path", _bare(text))
    if "/" in text:
        return HostNameFault("host-name-has-path", "a host name, without a path", _bare(text))
    if re.match(_PORT, text):
        message = "a host name, without a port: ports stand in DERPPort and STUNPort"
        return HostNameFault("host-name-has-port", message, _bare(text))
    if text.startswith("[") and text.endswith("]"):
        return HostNameFault("host-name-in-brackets", "an IPv6 address stands here without brackets", _bare(text))
    if not text.isascii():
        return HostNameFault("host-name-not-ascii", "clients want the form that begins with xn--")
    return HostNameFault("host-name-invalid", "is neither a DNS name nor an address", _stripped(text))


def is_vendor_host(name: str) -> bool:
    """Whether a host name is one of Tailscale's own."""
    return name.rstrip(".").lower().endswith(VENDOR_SUFFIX)


def is_address_of(text: str, family: int) -> bool:
    """Whether `text` is a literal address of IPv4 or IPv6."""
    if family == 4:
        return _IPV4.fullmatch(text) is not None
    try:
        return ipaddress.ip_address(text).version == family
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    return is_address_of(text, 4) or is_address_of(text, 6)


def _bare(text: str) -> str | None:
    """The host of something like a URL, when one can be made out."""
    host = re.sub(_SCHEME, "", text).split("/", 1)[0].rpartition("@")[2]
    match = re.match(_PORT, host)
    host = (match.group(1) if match else host).strip("[]")
    return _valid(host) if host != text else None


def _stripped(text: str) -> str | None:
    return _valid(text.strip()) if text != text.strip() else None


def _valid(host: str) -> str | None:
    return host if host and host_name_fault(host) is None else None
