"""Makers of firewalls for companies, by the first three bytes of a hardware address.

Only those that make hardly anything else: what a maker of switches and telephones has sold says nothing of a firewall.
Source: the public registry of the IEEE (oui.txt).
"""

from __future__ import annotations

_MAKERS = {
    "Palo Alto Networks": (
        "60152b 00869c 08306b d4f4be f4d58a 5c58e6 34e5ec 08661f d41d71 240b0a e8986d 7c89c1 e4a749 04472a "
        "c829c8 fc101a b40c25 3cfa30 647ce8 dc0e96 8c367a 945641 d49cf4 c42456 84d412 080342 001b17 58493b "
        "786d94 ec6881 a427a5"
    ),
    "Fortinet": (
        "7478a6 84398f 7818ec ac712e 00090f 000ce6 085b0e d476a0 94ff3c 38c0ea 80802c 704ca5 04d590 94f392 "
        "906cac e81cba e023ff e8edd6"
    ),
    "SonicWall": "2cb8ed 0006b1 18c241 18b169 c0eae4 0017c5",
    "Check Point": "00a08e 001c7f 0012c1",
    "WatchGuard": "000121 001d96 00907f",
    "Sophos": "a89162 c84f86 001a8c 7c5a1c",
}
_BY_PREFIX = {prefix: maker for maker, prefixes in _MAKERS.items() for prefix in prefixes.split()}


def maker_of(prefix: str) -> str:
    """Of `00:09:0f`; empty for everybody else."""
    return _BY_PREFIX.get(prefix.replace(":", "").lower(), "")
