"""PCP's client: ANNOUNCE and MAP for UDP, with one nonce per mapping, kept and checked.

Source: RFC 6887 §8, §11, §14.1. Only the same nonce renews and removes a mapping, so it stays as long as the mapping
does. Over IPv6 a mapping is a pinhole in a firewall: external and internal place are the same. An answer from a NAT-PMP
gateway (version 0, result 1) says to fall back. Success with the external address 0.0.0.0 is no mapping that anybody
could use, and is told as a refusal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from natscope.errors import RemoteError
from natscope.machines.api import Closed as SocketClosed
from natscope.machines.api import Command, Event, Received, Send, Tick
from natscope.machines.portmap_client.epoch import PcpEpoch
from natscope.machines.portmap_client.timing import PCP, Retransmission
from natscope.machines.portmap_client.values import (
    LEASE_S,
    Closed,
    Dropped,
    Mapped,
    OtherVersion,
    Present,
    Protocol,
    Refused,
    Removed,
    Restarted,
    Silent,
    Unreachable,
)
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.wire.portmap import nat_pmp
from natscope.wire.portmap import pcp as wire

ANNOUNCE = 0
"""The key of the ANNOUNCE; MAP requests have their internal port."""
NO_WISH: dict[int, IPAddress] = {4: IPv4Address(0), 6: IPv6Address(0)}
"""The suggested external address of who has none (RFC 6887 §11.1)."""
UNUSABLE = "unusable-address"


@dataclass(slots=True)
class _Pending:
    request: wire.Request
    tries: int
    due: float


@dataclass(slots=True)
class _Mapping:
    nonce: bytes
    external: IPAddress
    external_port: int = 0
    granted: bool = False


class PcpClient:
    """One gateway, asked from the address `client`. `random` gives so many random bytes."""

    def __init__(
        self,
        gateway: IPAddress,
        client: IPAddress,
        random: Callable[[int], bytes],
        *,
        retransmission: Retransmission = PCP,
        strict: bool = True,
    ) -> None:
        self.server = Endpoint(gateway, wire.SERVER_PORT)
        self._client = client
        self._random = random
        self._strict = strict
        self._retransmission = retransmission
        self._pending: dict[int, _Pending] = {}
        self._mappings: dict[int, _Mapping] = {}
        self._epoch = PcpEpoch()

    @property
    def open_ports(self) -> dict[int, int]:
        """Internal to external port of mappings that the router has granted and that were not removed."""
        return {port: m.external_port for port, m in self._mappings.items() if m.granted}

    def nonce(self, internal_port: int) -> bytes | None:
        """The nonce of a mapping of ours."""
        mapping = self._mappings.get(internal_port)
        return None if mapping is None else mapping.nonce

    def announce(self, now: float) -> Sequence[Command | Event]:
        """Ask whether the service is there. A yes does not promise any mapping."""
        return self._ask(ANNOUNCE, wire.Request(wire.Opcode.ANNOUNCE, 0, self._client), now)

    def map_port(
        self, internal_port: int, now: float, *, external_port: int = 0, lifetime_s: int = LEASE_S
    ) -> Sequence[Command | Event]:
        """Open or renew a UDP port; a renewal wishes for what the mapping has."""
        mapping = self._mappings.setdefault(internal_port, self._new())
        port = mapping.external_port or external_port
        return self._ask(internal_port, self._map(internal_port, mapping, port, lifetime_s), now)

    def _new(self) -> _Mapping:
        return _Mapping(self._random(wire.NONCE_BYTES), NO_WISH[self._client.version])

    def release(self, internal_port: int, now: float) -> Sequence[Command | Event]:
        """Close a port: lifetime 0 with the mapping's nonce. Nothing to do for a port that was never asked for."""
        mapping = self._mappings.get(internal_port)
        if mapping is None:
            return []
        return self._ask(internal_port, self._map(internal_port, mapping, mapping.external_port, 0), now)

    def forget(self, internal_port: int) -> None:
        """Ask no more about that port, and forget its nonce."""
        self._pending.pop(internal_port, None)
        self._mappings.pop(internal_port, None)

    def deadline(self) -> float | None:
        """When the next try, or giving up, is due."""
        return min((p.due for p in self._pending.values()), default=None)

    def handle(self, item: Received | Tick | SocketClosed | Unreachable, now: float) -> Sequence[Command | Event]:
        """Take a datagram, an ICMP error or the time."""
        if isinstance(item, Received):
            return self._received(item, now)
        if isinstance(item, Tick):
            return self._tick(now)
        self._pending.clear()
        if isinstance(item, Unreachable) and item.refused:
            return [Closed(item.reason, Protocol.PCP)]
        return [Silent(item.reason, Protocol.PCP)]

    def _map(self, internal_port: int, mapping: _Mapping, port: int, lifetime_s: int) -> wire.Request:
        body = wire.Mapping(mapping.nonce, wire.UDP, internal_port, port, mapping.external)
        return wire.Request(wire.Opcode.MAP, lifetime_s, self._client, body)

    def _ask(self, key: int, request: wire.Request, now: float) -> Sequence[Command | Event]:
        self._pending[key] = _Pending(request, 1, now + self._wait_s(1))
        return [Send(wire.encode_request(request), self.server)]

    def _wait_s(self, tries: int) -> float:
        """RFC 6887 §8.1.1: ± 10 % at random."""
        return self._retransmission.wait_s(tries) * (0.9 + 0.2 * self._random(1)[0] / 255)

    def _tick(self, now: float) -> Sequence[Command | Event]:
        found: list[Command | Event] = []
        for key, pending in list(self._pending.items()):
            if pending.due > now:
                continue
            if pending.tries >= self._retransmission.tries:
                del self._pending[key]
                found.append(Silent("no answer", Protocol.PCP, key or None))
                continue
            pending.tries += 1
            pending.due = now + self._wait_s(pending.tries)
            found.append(Send(wire.encode_request(pending.request), self.server))
        return found

    def _received(self, item: Received, now: float) -> Sequence[Command | Event]:
        source = str(item.source)
        elsewhere = item.source != self.server
        if elsewhere and (self._strict or item.source.port != wire.SERVER_PORT):
            return [Dropped("another source than the gateway", Protocol.PCP, source)]
        if nat_pmp.version_of(item.data) == nat_pmp.VERSION:
            return self._older(item.data)
        try:
            response = wire.decode_response(item.data)
        except RemoteError as error:
            return [Dropped(error.message, Protocol.PCP, source)]
        key = self._key(response)
        if key is None:
            return [Dropped("an answer to no request of ours", Protocol.PCP, source)]
        lost: list[Command | Event] = []
        if self._epoch.lost(response.epoch_s, now):
            for mapping in self._mappings.values():
                mapping.granted = False
            lost = [Restarted("the router's clock does not fit ours", Protocol.PCP, response.epoch_s)]
        return lost + list(self._answered(key, response, source if elsewhere else ""))

    def _older(self, data: bytes) -> Sequence[Command | Event]:
        """Version 0 with result 1 is a NAT-PMP gateway's answer to what it does not know."""
        try:
            response = nat_pmp.decode_response(data)
        except RemoteError as error:
            return [Dropped(error.message, Protocol.PCP, "")]
        if response.result != nat_pmp.Result.UNSUPPORTED_VERSION or not self._pending:
            return []
        self._pending.clear()
        return [OtherVersion("the gateway speaks NAT-PMP", Protocol.PCP, nat_pmp.VERSION)]

    def _key(self, response: wire.Response) -> int | None:
        """Which request an answer belongs to: for MAP the nonce, the protocol and the internal port must be ours."""
        if response.opcode == wire.Opcode.ANNOUNCE:
            return ANNOUNCE if ANNOUNCE in self._pending else None
        if response.opcode != wire.Opcode.MAP:
            return None
        body = response.body
        if not isinstance(body, wire.Mapping):
            waiting = [key for key in self._pending if key != ANNOUNCE]
            return waiting[0] if len(waiting) == 1 else None  # a refusal that is cut short
        mapping = self._mappings.get(body.internal_port)
        if body.internal_port not in self._pending or mapping is None or body.protocol != wire.UDP:
            return None
        return body.internal_port if body.nonce == mapping.nonce else None

    def _answered(self, key: int, response: wire.Response, elsewhere: str) -> Sequence[Command | Event]:
        pending = self._pending[key]
        removing = key != ANNOUNCE and pending.request.lifetime_s == 0
        if key != ANNOUNCE and response.result == 0 and removing != (response.lifetime_s == 0):
            return []  # the late answer to the request before this one
        del self._pending[key]
        if response.result:
            words = wire.result_words(response.result)
            port = None if key == ANNOUNCE else key
            return [Refused(words, Protocol.PCP, str(response.result), words, port, float(response.lifetime_s))]
        if key == ANNOUNCE:
            return [Present("", Protocol.PCP, None, response.epoch_s, elsewhere)]
        if removing:
            del self._mappings[key]
            return [Removed("", Protocol.PCP, key)]
        return self._granted(key, response)

    def _granted(self, key: int, response: wire.Response) -> Sequence[Command | Event]:
        body, mapping = response.body, self._mappings[key]
        assert isinstance(body, wire.Mapping)
        renewed, mapping.granted = mapping.granted, True
        mapping.external_port, mapping.external = body.external_port, body.external
        ip = body.external
        if ip.version != self._client.version or ip.is_unspecified or ip.is_loopback or not body.external_port:
            words = f"granted {Endpoint(ip, body.external_port)}, which nobody can reach"
            return [Refused(words, Protocol.PCP, UNUSABLE, words, key)]
        lifetime, epoch = response.lifetime_s, response.epoch_s
        return [Mapped("", Protocol.PCP, key, body.external_port, ip, lifetime, epoch, renewed)]
