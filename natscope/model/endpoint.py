"""An address and a port, and the address families we speak."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal, TypeAlias

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Family: TypeAlias = Literal[4, 6]


@dataclass(frozen=True, slots=True, order=False)
class Endpoint:
    """An IP address and a UDP or TCP port (0 to 65535)."""

    ip: IPAddress
    port: int

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port {self.port} is not in 0..65535")

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if self.ip.version == 6 else f"{self.ip}:{self.port}"

    @property
    def family(self) -> Family:
        """4 or 6."""
        return 4 if self.ip.version == 4 else 6

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """`192.0.2.1:3478` or `[2001:db8::1]:3478`; raises `ValueError` on anything else."""
        host, separator, port = text.rpartition(":")
        if not separator or not port.isdecimal() or not port.isascii():
            raise ValueError(f"no port in {text!r}")
        bracketed = host.startswith("[") and host.endswith("]")
        ip = ipaddress.ip_address(host[1:-1] if bracketed else host)
        if (ip.version == 6) != bracketed:
            raise ValueError(f"IPv6 and only IPv6 stands in brackets: {text!r}")
        return cls(ip, int(port))


def unmapped(ip: IPAddress) -> IPAddress:
    """`::ffff:a.b.c.d` as `a.b.c.d`, anything else as it is (derper on a wildcard socket sends the former)."""
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip
