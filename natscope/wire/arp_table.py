"""The neighbours of this computer as /proc/net/arp prints them: who made a gateway, by the first half of its address.

The other half names one device, and nobody needs to know it. Source: arp(7), net/ipv4/arp.c (arp_seq_show).
"""

from __future__ import annotations

import ipaddress
import re

MAX_LINES = 4096
_COMPLETE = 0x2
_ADDRESS = re.compile(r"(?P<maker>[0-9a-f]{2}(?::[0-9a-f]{2}){2})(?::[0-9a-f]{2}){3}")


def read_makers(text: str) -> dict[str, str]:
    """IPv4 address to the first three bytes of its hardware address (`00:09:0f`), of entries that are complete."""
    found: dict[str, str] = {}
    for line in text.splitlines()[1 : MAX_LINES + 1]:
        words = line.split()
        match = _ADDRESS.fullmatch(words[3].lower()) if len(words) >= 6 else None
        if match is not None and _is_complete(words[2]) and _is_address(words[0]):
            found.setdefault(words[0], match["maker"])
    return found


def _is_complete(flags: str) -> bool:
    try:
        return bool(int(flags[:10], 16) & _COMPLETE)
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 4
    except ValueError:
        return False
