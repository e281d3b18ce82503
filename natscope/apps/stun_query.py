"""Asks one STUN server where it sees us, in the form it understands."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from natscope.errors import CannotMeasure, RemoteError, UserError
from natscope.host.api import Datagram, Host, HostError, UdpError, UdpSocket
from natscope.model.endpoint import Endpoint, Family, IPAddress, unmapped
from natscope.wire.stun.message import Message, MessageClass, RequestForm, decode, encode_binding_request, is_stun

SCHEMA = "natscope.stun-query/1"
DEFAULT_PORT = 3478
SEND_AT_S = (0.0, 0.2, 0.6, 1.4)
"""When requests go out; each is its own transaction."""
DEFAULT_TIMEOUT_S = 3.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said. Endpoints are `address:port`, null where it said nothing.

    `rewritten`: MAPPED-ADDRESS and XOR-MAPPED-ADDRESS differ, so something on the path changes addresses in payloads.
    `other_source`: where the answer came from, if not from where the request went. Text is the server's own.
    """

    schema: str
    server: str
    form: str
    local: str
    mapped: str | None
    rtt_ms: float
    bytes_sent: int
    bytes_received: int
    rewritten: bool = False
    other_source: str | None = None
    response_origin: str | None = None
    other_address: str | None = None
    software: str = ""
    error_code: int | None = None
    error_reason: str = ""


@dataclass(frozen=True, slots=True)
class _Sent:
    form: RequestForm
    at: float
    data: bytes


def parse_server(text: str) -> tuple[str, int]:
    """`HOST`, `HOST:PORT`, an IPv6 address, `[IPv6]:PORT`. Raises `UserError`."""
    try:
        return str(ipaddress.ip_address(text.strip("[]"))), DEFAULT_PORT
    except ValueError:
        pass
    name, separator, port = text.rpartition(":")
    if not separator:
        name, port = text, str(DEFAULT_PORT)
    if not name or not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise UserError(f'"{text}" is no HOST or HOST:PORT')
    return name.strip("[]"), int(port)


async def query(
    host: Host, server: str, *, forms: Sequence[RequestForm], family: Family | None, timeout_s: float
) -> Answer:
    """Ask `server` by each of `forms` at every try and take the first answer. `timeout_s` is for the name
    and the answer together.

    Raises `UserError`, `HostError` when the name or the network fails, `CannotMeasure` for silence.
    """
    name, port = parse_server(server)
    until = host.clock.now() + timeout_s
    target = Endpoint(await _address_of(host, name, family, timeout_s), port)
    sock = await host.udp.open(target.family)
    try:
        async with asyncio.timeout(until - host.clock.now()):
            return await _ask(host, sock, target, forms)
    except TimeoutError:
        hint = "relays answer only the Tailscale form: --tailscale" if RequestForm.TAILSCALE not in forms else ""
        raise CannotMeasure(f"no answer from {target} within {timeout_s:g} s", hint=hint) from None
    finally:
        sock.close()


async def _address_of(host: Host, name: str, family: Family | None, timeout_s: float) -> IPAddress:
    try:
        literal = ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        if family not in (None, literal.version):
            raise UserError(f"{name} is no IPv{family} address")
        return literal
    families: tuple[Family, ...] = (family,) if family else (4, 6)
    looks = [asyncio.create_task(host.resolver.addresses(name, wanted, timeout_s=timeout_s)) for wanted in families]
    try:
        return await _first_found(looks)
    finally:
        for task in looks:
            task.cancel()
        await asyncio.gather(*looks, return_exceptions=True)


async def _first_found(looks: Sequence[asyncio.Task[Sequence[IPAddress]]]) -> IPAddress:
    """The answer of the first family that has one, IPv4 before IPv6; else what the first one failed with."""
    failure: HostError | None = None
    for task in looks:
        try:
            return (await task)[0]
        except HostError as error:
            failure = failure or error
    assert failure is not None
    raise failure


async def _ask(host: Host, sock: UdpSocket, target: Endpoint, forms: Sequence[RequestForm]) -> Answer:
    sent: dict[bytes, _Sent] = {}
    receiver = asyncio.create_task(_first_answer(host, sock, target, sent))
    sender = asyncio.create_task(_send(host, sock, target, forms, sent))
    try:
        await asyncio.wait((receiver, sender), return_when=asyncio.FIRST_COMPLETED)
        if sender.done():
            sender.result()
        return await receiver
    finally:
        receiver.cancel()
        sender.cancel()


async def _send(
    host: Host, sock: UdpSocket, target: Endpoint, forms: Sequence[RequestForm], sent: dict[bytes, _Sent]
) -> None:
    started = host.clock.now()
    for at in SEND_AT_S:
        await host.clock.sleep(started + at - host.clock.now())
        for form in forms:
            identity = host.rng.bytes(12)
            data = encode_binding_request(identity, form)
            sent[identity] = _Sent(form, host.clock.now(), data)
            sent[identity] = _Sent(form, sock.send(data, target), data)


async def _first_answer(host: Host, sock: UdpSocket, target: Endpoint, sent: dict[bytes, _Sent]) -> Answer:
    while True:
        item = await sock.receive()
        if isinstance(item, UdpError):
            if item.target == target:
                raise HostError(item.failure, f"{target} cannot be asked: {item.failure.replace('-', ' ')}")
            continue
        if not is_stun(item.data):
            continue
        try:
            message = decode(item.data)
        except RemoteError:
            continue
        request = sent.get(message.transaction_id)
        if request is None or message.message_class not in (MessageClass.SUCCESS, MessageClass.ERROR):
            continue
        local = await _local_end(host, sock, target)
        return _describe(message, item, request, target, local)


async def _local_end(host: Host, sock: UdpSocket, target: Endpoint) -> Endpoint:
    source = await host.links.source_for(target.ip) if sock.local.ip.is_unspecified else None
    return sock.local if source is None else Endpoint(source, sock.local.port)


def _describe(message: Message, item: Datagram, request: _Sent, target: Endpoint, local: Endpoint) -> Answer:
    plain, xored = message.mapped, message.xor_mapped
    rewritten = plain is not None and xored is not None and unmapped(plain.ip) != unmapped(xored.ip)
    return Answer(
        schema=SCHEMA,
        server=str(target),
        form=request.form.value,
        local=str(local),
        mapped=_text(message.mapped_address),
        rtt_ms=round((item.received_at - request.at) * 1000, 3),
        bytes_sent=len(request.data),
        bytes_received=len(item.data),
        rewritten=rewritten or (plain is not None and xored is not None and plain.port != xored.port),
        other_source=None if item.source == target else str(item.source),
        response_origin=_text(message.response_origin),
        other_address=_text(message.other_address),
        software=message.software,
        error_code=message.error and message.error.code,
        error_reason=message.error.reason if message.error else "",
    )


def _text(endpoint: Endpoint | None) -> str | None:
    return None if endpoint is None else str(endpoint)
