"""What a router answers to PCP: RFC 6887 §8.2 (checks), §11.3 (MAP), §14 (ANNOUNCE).

PEER and FILTER are not offered, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass

from natscope.errors import RemoteError
from natscope.machines.nat.forwards import Transport
from natscope.machines.portmap_router.config import Manner, ServiceConfig
from natscope.machines.portmap_router.table import Entry, PortTable
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.wire.portmap import pcp
from natscope.wire.portmap.pcp import (
    BadRequest,
    Mapping,
    Opcode,
    Request,
    Response,
    Result,
    decode_request,
    encode_refusal,
    encode_response,
    error_lifetime_s,
)
from natscope.wire.portmap.pcp_options import OPTIONAL_FROM, Option, PreferFailure, ThirdParty, code_of

TRANSPORTS = {pcp.UDP: Transport.UDP, pcp.TCP: Transport.TCP}
_REFUSALS = {
    Manner.REFUSED: Result.NOT_AUTHORIZED,
    Manner.NETWORK_FAILURE: Result.NETWORK_FAILURE,
    Manner.UNSUPPORTED_VERSION: Result.UNSUPP_VERSION,
}


@dataclass(frozen=True, slots=True)
class _Ask:
    """A MAP request, and the circumstances in which it came."""

    request: Request
    body: Mapping
    transport: Transport | None
    internal: Endpoint
    external: IPAddress
    now: float

    @property
    def insists(self) -> bool:
        """Another port or address than the suggested ones will not do."""
        return any(isinstance(option, PreferFailure) for option in self.request.options)


class PcpServer:
    """Answers datagrams; None is silence."""

    def __init__(self, config: ServiceConfig, table: PortTable) -> None:
        self._config = config
        self._table = table

    def answer(self, data: bytes, source: Endpoint, external: IPAddress, epoch_s: int, now: float) -> bytes | None:
        """To a datagram of version 1 or later; `external` is what the router tells for its address."""
        try:
            request = decode_request(data)
        except BadRequest as bad:
            return refuse(data, bad.result, epoch_s)
        except RemoteError:
            return None
        outcome = self._check(request, source)
        body = request.body
        if outcome:
            return refuse(data, outcome, epoch_s)
        if not isinstance(body, Mapping):
            return encode_response(Response(Opcode.ANNOUNCE, Result.SUCCESS, 0, epoch_s))
        third = next((o.internal for o in request.options if isinstance(o, ThirdParty)), source.ip)
        ask = _Ask(
            request, body, TRANSPORTS.get(body.protocol), Endpoint(third, body.internal_port), external, now
        )  # fmt: skip
        done = self._map(ask)
        if isinstance(done, Result):
            return refuse(data, done, epoch_s)
        answer, lifetime = done
        kept = tuple(o for o in request.options if isinstance(o, PreferFailure | ThirdParty))
        return encode_response(Response(Opcode.MAP, Result.SUCCESS, lifetime, epoch_s, answer, kept))

    def _check(self, request: Request, source: Endpoint) -> Result:
        """Everything but the mapping itself, in the order of RFC 6887 §8.2 and §8.3."""
        if self._config.manner is Manner.UNSUPPORTED_VERSION:
            return Result.UNSUPP_VERSION
        if request.opcode not in (Opcode.ANNOUNCE, Opcode.MAP):
            return Result.UNSUPP_OPCODE
        if request.client != source.ip:
            return Result.ADDRESS_MISMATCH
        if any(self._is_strange(option) for option in request.options):
            return Result.UNSUPP_OPTION
        if any(isinstance(o, ThirdParty) and o.internal.version != source.ip.version for o in request.options):
            return Result.NOT_AUTHORIZED
        return _REFUSALS.get(self._config.manner, Result.SUCCESS)

    def _is_strange(self, option: Option) -> bool:
        if isinstance(option, PreferFailure) or (isinstance(option, ThirdParty) and self._config.for_others):
            return False
        return code_of(option) < OPTIONAL_FROM

    def _map(self, ask: _Ask) -> tuple[Mapping, int] | Result:
        """The body and lifetime of the answer, or why not."""
        if ask.request.lifetime_s == 0:
            return self._delete(ask)
        if ask.transport is None or ask.internal.port == 0:
            return Result.UNSUPP_PROTOCOL  # every protocol, or every port of one: not offered
        old = self._table.of(ask.transport, ask.internal)
        if old is not None and not _may(old, ask):
            return Result.NOT_AUTHORIZED
        if old is None and self._table.is_full:
            return Result.NO_RESOURCES
        lease = self._config.lease_s(ask.request.lifetime_s)
        entry = self._open(ask, ask.transport, old, lease)
        if entry is None:
            return Result.CANNOT_PROVIDE_EXTERNAL if ask.insists else Result.NO_RESOURCES
        entry.nonce = ask.body.nonce
        return _assigned(ask.body, entry.external_port, ask.external), lease

    def _open(self, ask: _Ask, transport: Transport, old: Entry | None, lease: int) -> Entry | None:
        wish = ask.body.external_port
        if not ask.insists:
            return self._table.open_any(transport, ask.internal, wish, ask.now, lease)
        wrong_ip = not ask.body.external.is_unspecified and ask.body.external != ask.external
        wrong_port = old is not None and wish not in (0, old.external_port)
        if wrong_ip or wrong_port:
            return None
        port = wish or (old.external_port if old is not None else ask.internal.port)
        return self._table.open(transport, ask.internal, port, ask.now, lease)

    def _delete(self, ask: _Ask) -> tuple[Mapping, int] | Result:
        """RFC 6887 §15.1: only with the nonce; what is not there is gone already. Port 0 is every port."""
        mine = [
            e for e in self._table.entries()
            if e.internal.ip == ask.internal.ip
            and (ask.body.protocol == pcp.ALL_PROTOCOLS or e.transport is ask.transport)
            and ask.internal.port in (0, e.internal.port)
        ]  # fmt: skip
        allowed = [e for e in mine if _may(e, ask)]
        if mine and not allowed:
            return Result.NOT_AUTHORIZED
        for entry in allowed:
            self._table.close(entry)
        return _assigned(ask.body, ask.body.external_port, ask.body.external), 0


def refuse(data: bytes, result: Result, epoch_s: int) -> bytes:
    """An error answer with its usual lifetime."""
    return encode_refusal(data, result, error_lifetime_s(result), epoch_s)


def announcement(epoch_s: int) -> bytes:
    """What is told to 224.0.0.1:5350 after a restart (RFC 6887 §14.1.3)."""
    return encode_response(Response(Opcode.ANNOUNCE, Result.SUCCESS, 0, epoch_s))


def _may(entry: Entry, ask: _Ask) -> bool:
    return entry.nonce in (None, ask.body.nonce)


def _assigned(body: Mapping, port: int, external: IPAddress) -> Mapping:
    return Mapping(body.nonce, body.protocol, body.internal_port, port, external)
