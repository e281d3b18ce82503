"""NAT-PMP's client: asks for the outside address, opens, renews and closes ports.

Source: RFC 6886 §3. An answer must come from port 5351, and from the gateway's address unless `strict` is off: routers
that share one address (VRRP, CARP) may answer from their own, which is reported by `Present.source`. A refusal with
"unsupported version" says which other protocol to try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from natscope.errors import RemoteError
from natscope.machines.api import Closed as SocketClosed
from natscope.machines.api import Command, Event, Received, Send, Tick
from natscope.machines.portmap_client.epoch import NatPmpEpoch
from natscope.machines.portmap_client.timing import NAT_PMP, Retransmission
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
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap import nat_pmp as wire

PMP = Protocol.NAT_PMP
ADDRESS = 0
"""The key of the address request; map requests have their internal port."""


@dataclass(slots=True)
class _Pending:
    request: wire.AddressRequest | wire.MapRequest
    tries: int
    due: float


class NatPmpClient:
    """One gateway. Keeps what is asked and not answered, and which ports are open by its doing."""

    def __init__(self, gateway: IPv4Address, *, retransmission: Retransmission = NAT_PMP, strict: bool = True) -> None:
        self.server = Endpoint(gateway, wire.SERVER_PORT)
        self.external: IPv4Address | None = None
        self.open_ports: dict[int, int] = {}
        """Internal to external port of mappings that the router has granted and that were not removed."""
        self._strict = strict
        self._retransmission = retransmission
        self._pending: dict[int, _Pending] = {}
        self._epoch = NatPmpEpoch()

    def ask_address(self, now: float) -> Sequence[Command | Event]:
        """Ask for the outside address: also the question whether the service is there."""
        return self._ask(ADDRESS, wire.AddressRequest(), now)

    def map_port(
        self, internal_port: int, now: float, *, external_port: int = 0, lifetime_s: int = LEASE_S
    ) -> Sequence[Command | Event]:
        """Open or renew a UDP port; `external_port` is a wish."""
        request = wire.MapRequest(wire.Opcode.MAP_UDP, internal_port, external_port, lifetime_s)
        return self._ask(internal_port, request, now)

    def release(self, internal_port: int, now: float) -> Sequence[Command | Event]:
        """Close a port; RFC 6886 §3.4 wants both lifetime and external port to be 0."""
        return self._ask(internal_port, wire.MapRequest(wire.Opcode.MAP_UDP, internal_port, 0, 0), now)

    def forget(self, internal_port: int) -> None:
        """Ask no more about that port."""
        self._pending.pop(internal_port, None)

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
            return [Closed(item.reason, PMP)]
        return [Silent(item.reason, PMP)]

    def _ask(self, key: int, request: wire.AddressRequest | wire.MapRequest, now: float) -> Sequence[Command | Event]:
        self._pending[key] = _Pending(request, 1, now + self._retransmission.wait_s(1))
        return [Send(wire.encode_request(request), self.server)]

    def _tick(self, now: float) -> Sequence[Command | Event]:
        found: list[Command | Event] = []
        for key, pending in list(self._pending.items()):
            if pending.due > now:
                continue
            if pending.tries >= self._retransmission.tries:
                del self._pending[key]
                found.append(Silent("no answer", PMP, key or None))
                continue
            pending.tries += 1
            pending.due = now + self._retransmission.wait_s(pending.tries)
            found.append(Send(wire.encode_request(pending.request), self.server))
        return found

    def _received(self, item: Received, now: float) -> Sequence[Command | Event]:
        source = str(item.source)
        elsewhere = item.source != self.server
        if elsewhere and (self._strict or item.source.port != wire.SERVER_PORT):
            return [Dropped("another source than the gateway", PMP, source)]
        try:
            response = wire.decode_response(item.data)
        except RemoteError as error:
            return [Dropped(error.message, PMP, source)]
        lost: list[Command | Event] = []
        if self._epoch.lost(response.epoch_s, now):
            self.open_ports.clear()
            lost = [Restarted("the router's clock has fallen behind", PMP, response.epoch_s)]
        return lost + list(self._answered(response, source if elsewhere else ""))

    def _answered(self, response: wire.Response, elsewhere: str) -> Sequence[Command | Event]:
        if isinstance(response, wire.ErrorResponse):
            return self._error(response)
        if isinstance(response, wire.AddressResponse):
            if self._pending.pop(ADDRESS, None) is None:
                return []  # an announcement, or the second answer
            if response.result:
                return [_refused(response.result)]
            self.external = None if response.external.is_unspecified else response.external
            return [Present("", PMP, self.external, response.epoch_s, elsewhere)]
        pending = self._pending.get(response.internal_port)
        if response.opcode is not wire.Opcode.MAP_UDP or pending is None:
            return [Dropped("an answer to no request of ours", PMP, elsewhere)]
        return self._mapped(response, pending.request)

    def _mapped(
        self, response: wire.MapResponse, request: wire.AddressRequest | wire.MapRequest
    ) -> Sequence[Command | Event]:
        port = response.internal_port
        removing = isinstance(request, wire.MapRequest) and request.lifetime_s == 0
        if response.result == 0 and removing != (response.lifetime_s == 0):
            return []  # the late answer to the request before this one
        del self._pending[port]
        if response.result:
            return [_refused(response.result, port)]
        if removing:
            self.open_ports.pop(port, None)
            return [Removed("", PMP, port)]
        renewed = port in self.open_ports
        self.open_ports[port] = response.external_port
        return [
            Mapped("", PMP, port, response.external_port, self.external, response.lifetime_s, response.epoch_s, renewed)
        ]

    def _error(self, response: wire.ErrorResponse) -> Sequence[Command | Event]:
        """A refusal without a body is about whatever was asked with that opcode."""
        keys = [k for k, p in self._pending.items() if (k == ADDRESS) == (response.opcode == ADDRESS)]
        if not keys:
            return []
        for key in keys:
            del self._pending[key]
        if response.result == wire.Result.UNSUPPORTED_VERSION:
            return [OtherVersion("the gateway speaks another version", PMP, 2)]
        return [_refused(response.result, key or None) for key in keys]


def _refused(code: int, port: int | None = None) -> Refused:
    words = wire.result_words(code)
    return Refused(words, PMP, str(code), words, port)
