"""What a router answers to NAT-PMP: RFC 6886 §3."""

from __future__ import annotations

from ipaddress import IPv4Address

from natscope.errors import RemoteError
from natscope.machines.nat.forwards import Transport
from natscope.machines.portmap_router.config import Manner, ServiceConfig
from natscope.machines.portmap_router.table import PortTable
from natscope.model.endpoint import Endpoint
from natscope.wire.portmap.nat_pmp import (
    ANSWER,
    AddressRequest,
    AddressResponse,
    ErrorResponse,
    MapRequest,
    MapResponse,
    Opcode,
    Response,
    Result,
    UnknownRequest,
    decode_request,
    encode_response,
)

TRANSPORTS = {Opcode.MAP_UDP: Transport.UDP, Opcode.MAP_TCP: Transport.TCP}
_REFUSALS = {
    Manner.REFUSED: Result.NOT_AUTHORIZED,
    Manner.NETWORK_FAILURE: Result.NETWORK_FAILURE,
    Manner.UNSUPPORTED_VERSION: Result.UNSUPPORTED_VERSION,
}
NOWHERE = IPv4Address(0)


class NatPmpServer:
    """Answers datagrams; None is silence."""

    def __init__(self, config: ServiceConfig, table: PortTable) -> None:
        self._config = config
        self._table = table

    def answer(self, data: bytes, source: Endpoint, external: IPv4Address, epoch_s: int, now: float) -> bytes | None:
        """To a datagram of version 0; `external` is what the router tells for its address."""
        try:
            request = decode_request(data)
        except RemoteError:
            return None
        if isinstance(request, UnknownRequest):
            return encode_response(ErrorResponse(request.opcode, Result.UNSUPPORTED_OPCODE, epoch_s))
        if self._config.manner is Manner.UNSUPPORTED_VERSION:
            return version_error(data, epoch_s)
        refusal = _REFUSALS.get(self._config.manner, Result.SUCCESS)
        if isinstance(request, AddressRequest):
            return encode_response(AddressResponse(refusal, epoch_s, NOWHERE if refusal else external))
        return encode_response(self._map(request, source, refusal, epoch_s, now))

    def _map(self, request: MapRequest, source: Endpoint, refusal: Result, epoch_s: int, now: float) -> Response:
        """RFC 6886 §3.3 and §3.4."""
        transport, inside = TRANSPORTS[request.opcode], request.internal_port
        if refusal:
            return MapResponse(request.opcode, refusal, epoch_s, inside, 0, 0)
        if request.lifetime_s == 0:
            self._delete(transport, source, inside)
            return MapResponse(request.opcode, Result.SUCCESS, epoch_s, inside, 0, 0)
        internal = Endpoint(source.ip, inside)
        lease = self._config.lease_s(request.lifetime_s)
        entry = None
        if inside and (not self._table.is_full or self._table.of(transport, internal) is not None):
            entry = self._table.open_any(transport, internal, request.external_port, now, lease)
        if entry is None:
            return MapResponse(request.opcode, Result.OUT_OF_RESOURCES, epoch_s, inside, 0, 0)
        return MapResponse(request.opcode, Result.SUCCESS, epoch_s, inside, entry.external_port, lease)

    def _delete(self, transport: Transport, source: Endpoint, inside: int) -> None:
        """One mapping of the sender, or with inside port 0 all of them; what is not there is gone already."""
        for entry in self._table.entries():
            if entry.transport is transport and entry.internal.ip == source.ip and inside in (0, entry.internal.port):
                self._table.close(entry)


def version_error(data: bytes, epoch_s: int) -> bytes:
    """The 8 bytes for a request of a version that the server does not know."""
    opcode = data[1] & ~ANSWER if len(data) > 1 else 0
    return encode_response(ErrorResponse(opcode, Result.UNSUPPORTED_VERSION, epoch_s))


def announcement(external: IPv4Address, epoch_s: int) -> bytes:
    """What is told to 224.0.0.1:5350 after a restart or a change of address (RFC 6886 §3.2.1)."""
    return encode_response(AddressResponse(Result.SUCCESS, epoch_s, external))
