"""What stands on a link and reads packets: takes marks away, drops what looks like something, resets by name.

Used by the simulator's pipes and by the kernel lab's routers alike.
"""

from __future__ import annotations

from dataclasses import dataclass

MARKS = {"ecn": 0x03, "dscp": 0xFC}
"""Bits of the type of service or traffic class (RFC 3168, RFC 2474)."""
_COOKIE = b"\x21\x12\xa4\x42"
_WIREGUARD = {1: 148, 2: 92, 3: 64}
"""Kinds of WireGuard's handshake messages and their lengths."""


def _is_stun(payload: bytes) -> bool:
    return len(payload) >= 20 and payload[0] < 4 and payload[4:8] == _COOKIE


def _is_wireguard(payload: bytes) -> bool:
    return payload[1:4] == b"\0\0\0" and _WIREGUARD.get(payload[0]) == len(payload)


def _asks_for(name: str, payload: bytes) -> bool:
    """Whether a ClientHello (RFC 8446 section 4.1.2), which may go on in further segments, has that server name.

    A name stands behind its kind, 0, and its length (RFC 6066 section 3).
    """
    if payload[:1] != b"\x16" or payload[5:6] != b"\x01":
        return False
    return b"\0" + len(name).to_bytes(2, "big") + name.lower().encode() in payload


LOOKS = {"stun": _is_stun, "wireguard": _is_wireguard}
MULTICAST = "multicast"
"""Whatever it looks like: what goes to a group."""
FILTERS = (*LOOKS, MULTICAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeddlerSpec:
    """`bleaches` names marks that are zeroed (`ecn`, `dscp`), `filters` what UDP is dropped (of `FILTERS`).

    UDP to `dead_ports` is dropped too. `resets` are server names: a TLS connection whose first message has one is reset
    at both ends.
    """

    bleaches: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    dead_ports: tuple[int, ...] = ()
    resets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not set(self.bleaches) <= set(MARKS):
            raise ValueError(f"marks that can be bleached: {', '.join(MARKS)}")
        if not set(self.filters) <= set(FILTERS):
            raise ValueError(f"what can be filtered: {', '.join(FILTERS)}")
        if any(not 1 <= port <= 65535 for port in self.dead_ports):
            raise ValueError("dead_ports are 1 to 65535")
        if not all(name.isascii() and name for name in self.resets):
            raise ValueError("what is reset is a server name such as relay1.test")

    def marked(self, tos: int) -> int:
        """The type of service behind it."""
        for name in self.bleaches:
            tos &= ~MARKS[name]
        return tos

    def drops(self, payload: bytes, port: int, *, to_group: bool = False) -> bool:
        """Whether a datagram with that payload, to that port, ends here; `to_group`: to a multicast address."""
        if port in self.dead_ports:
            return True
        return any(to_group if name == MULTICAST else LOOKS[name](payload) for name in self.filters)

    def resets_for(self, payload: bytes) -> bool:
        """Whether a TCP segment with that payload is a ClientHello with one of the names."""
        return any(_asks_for(name, payload) for name in self.resets)
