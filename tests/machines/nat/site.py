"""A NAT with names around it, for tests that read like the RFC: who sends, who sees whom."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any

from natscope.machines.nat.config import NatConfig
from natscope.machines.nat.packet import ACK, ICMP, SYN, TCP, UDP, Packet, between, unpack
from natscope.machines.nat.translator import Nat, is_drop
from natscope.machines.nat.verdicts import NAMES
from natscope.model.endpoint import Endpoint

PUBLIC = ipaddress.IPv4Address("198.51.100.1")
SECOND = ipaddress.IPv4Address("198.51.100.2")
HOSTS = {
    "a": "192.168.1.10", "b": "192.168.1.11", "c": "192.168.1.12",
    "r": "203.0.113.1", "s": "203.0.113.2", "t": "203.0.113.3", "nat": "198.51.100.1", "nat2": "198.51.100.2",
}  # fmt: skip


def end(text: str | Endpoint) -> Endpoint:
    """`a:5000` as an endpoint."""
    if isinstance(text, Endpoint):
        return text
    name, _, port = text.partition(":")
    return Endpoint(ipaddress.IPv4Address(HOSTS[name]), int(port))


def config(**changes: Any) -> NatConfig:
    """A NAT at 198.51.100.1 with some policies changed."""
    return replace(NatConfig(external=(PUBLIC,)), **changes)


def source(packet: Packet) -> Endpoint:
    return Endpoint(unpack(packet.src, packet.family), packet.sport)


def destination(packet: Packet) -> Endpoint:
    return Endpoint(unpack(packet.dst, packet.family), packet.dport)


class Site:
    """A NAT and the time. Methods answer the endpoint that the other side sees, or the name of the verdict."""

    def __init__(self, settings: NatConfig, seed: bytes = b"seed") -> None:
        self.nat = Nat(settings, seed)
        self.now = 0.0
        self.turned: Packet | None = None

    def out(
        self, who: str | Endpoint, to: str | Endpoint, proto: int = UDP, flags: int = 0, payload: object = b""
    ) -> Endpoint | str:
        """A packet from inside: the source that is seen outside (or by the inside receiver of a hairpin)."""
        packet = between(proto, end(who), end(to), flags=flags, payload=payload)
        header = packet.header()
        verdict = self.nat.outbound(packet, self.now)
        if is_drop(verdict):
            assert packet.header() == header, "a dropped packet was changed"
            return NAMES[verdict]
        self.turned = packet if verdict == 1 else None
        return source(packet)

    def seen(self, who: str, to: str, proto: int = UDP, flags: int = 0) -> Endpoint:
        """The same, where it has to pass."""
        answer = self.out(who, to, proto, flags)
        assert isinstance(answer, Endpoint), answer
        return answer

    def come(
        self, who: str | Endpoint, to: str | Endpoint, proto: int = UDP, flags: int = 0, payload: object = b""
    ) -> Endpoint | str:
        """A packet from outside: the inside endpoint that gets it."""
        packet = between(proto, end(who), end(to), flags=flags, payload=payload)
        header = packet.header()
        verdict = self.nat.inbound(packet, self.now)
        if is_drop(verdict):
            assert packet.header() == header, "a dropped packet was changed"
            return NAMES[verdict]
        return destination(packet)

    def ping(self, who: str, to: str, identifier: int) -> Endpoint | str:
        """An echo request from inside."""
        return self.out(Endpoint(end(f"{who}:0").ip, identifier), f"{to}:0", ICMP)

    def connect(self, who: str, to: str) -> Endpoint:
        """A TCP connection from inside, until it is established."""
        outside = self.seen(who, to, TCP, SYN)
        assert self.come(to, outside, TCP, SYN | ACK) == end(who)
        assert self.out(who, to, TCP, ACK) == outside
        return outside

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds
