"""Where a server listens, as people and derper's flags write it."""

from __future__ import annotations

import ipaddress

from natscope.errors import UserError
from natscope.model.endpoint import Endpoint, IPAddress

_SERVICES = {"http": 80, "https": 443}
_EVERYWHERE: tuple[IPAddress, ...] = (ipaddress.IPv4Address(0), ipaddress.IPv6Address(0))


def places(text: str, origin: str, port: int) -> tuple[Endpoint, ...]:
    """`:443` (all addresses), `192.0.2.1:443`, `[2001:db8::1]:443`, `localhost:443`, an address alone (with `port`).

    Raises `UserError` that begins with `origin`.
    """
    host, colon, tail = text.rpartition(":")
    if not colon or _is_whole_address(text):
        host, tail = text, str(port)
    number = _SERVICES.get(tail, int(tail) if tail.isascii() and tail.isdecimal() else -1)
    if not 0 <= number <= 65535 or text in ("", ":"):
        raise UserError(f'{origin}: "{text}" has no port from 0 to 65535', hint=f":{port} or 192.0.2.1:{port}")
    if host in ("", "*"):
        return tuple(Endpoint(ip, number) for ip in _EVERYWHERE)
    if host == "localhost":
        return (Endpoint(ipaddress.IPv4Address("127.0.0.1"), number),)
    try:
        return (Endpoint(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")), number),)
    except ValueError:
        raise UserError(
            f'{origin}: "{host}" is no address', hint=f"192.0.2.1:{number} or [2001:db8::1]:{number}"
        ) from None


def _is_whole_address(text: str) -> bool:
    """IPv6 without a port."""
    if text.startswith("[") and text.endswith("]"):
        return True
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False
