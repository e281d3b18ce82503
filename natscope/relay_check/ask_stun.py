"""STUN requests to a node's UDP port, one after another, so that loss shows and nothing is flooded.

The form is the one that relays answer (upstream net/stunserver): Tailscale's, with its fingerprint. RFC 8489.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from statistics import median

from natscope.errors import RemoteError
from natscope.host.api import Datagram, Failure, HostError, UdpError, UdpSocket
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.relay_check.watch import Watch, ms, whereabouts
from natscope.wire.stun.message import MessageClass, RequestForm, decode, encode_binding_request, is_stun

REQUESTS = 4
WAIT_S = 0.8
"""For each; a late answer still counts while the next one is waited for."""


@dataclass
class Asking:
    """Requests from one socket to one place, and what came of them. Times are the host clock's seconds."""

    target: Endpoint
    sent: dict[bytes, float] = field(default_factory=dict)
    times_s: list[float] = field(default_factory=list)
    requests: int = 0
    mapped: str = ""
    failure: str = ""
    reporter: str = ""
    words: str = ""
    wrong: str = ""
    bytes_sent: int = 0
    bytes_received: int = 0


async def ask_stun(watch: Watch, node: RelayNode, ip: IPAddress, port: int) -> bool:
    """Ask one address and write down what came of it; whether every single request was answered."""
    asking = Asking(Endpoint(ip, port))
    began = watch.now()
    facts = {**whereabouts(node, asking.target), "sent_at": began}
    try:
        socket = await watch.host.udp.open(asking.target.family)
    except HostError as error:
        watch.observe("stun.binding", Outcome.LOCAL_ERROR, error=error.failure.value, summary=error.message, **facts)
        return False
    try:
        await _ask(watch, socket, asking)
    finally:
        socket.close()
    data = {"requests": asking.requests, "answers": len(asking.times_s), "reporter": asking.reporter}
    outcome, rtt_ms = _outcome(asking), None
    if asking.times_s:
        rtt_ms = ms(median(asking.times_s))
        data["mapped"] = asking.mapped
    watch.observe(
        "stun.binding", outcome, error="" if asking.times_s else asking.failure or asking.wrong or "timeout",
        summary=asking.words if not asking.times_s else "", rtt_ms=rtt_ms, bytes_sent=asking.bytes_sent,
        bytes_received=asking.bytes_received, packets=asking.requests, data=data, **facts,
    )  # fmt: skip
    return len(asking.times_s) == asking.requests == REQUESTS


def _outcome(asking: Asking) -> Outcome:
    if asking.times_s:
        return Outcome.ANSWERED
    if asking.failure:
        local = asking.failure in (Failure.PERMISSION, Failure.FAMILY_NOT_SUPPORTED, Failure.ADDRESS_NOT_AVAILABLE)
        return Outcome.LOCAL_ERROR if local else Outcome.ICMP_ERROR
    return Outcome.WRONG if asking.wrong else Outcome.NO_ANSWER


async def _ask(watch: Watch, socket: UdpSocket, asking: Asking) -> None:
    for number in range(REQUESTS):
        identity = watch.host.rng.bytes(12)
        request = encode_binding_request(identity, RequestForm.TAILSCALE)
        try:
            asking.sent[identity] = watch.now()
            asking.sent[identity] = socket.send(request, asking.target)
        except HostError as error:
            asking.failure, asking.words = error.failure.value, error.message
            return
        asking.requests += 1
        asking.bytes_sent += len(request)
        await _hear(watch, socket, asking, answers=number + 1)
        if asking.failure and not asking.times_s:
            return


async def _hear(watch: Watch, socket: UdpSocket, asking: Asking, answers: int) -> None:
    """Until every request is answered, an error came, or the wait is over."""
    until = watch.now() + watch.limit(WAIT_S)
    while len(asking.times_s) < answers and (left_s := until - watch.now()) > 0:
        item = await next_item(socket, left_s)
        if item is None:
            return
        if isinstance(item, Datagram):
            take(asking, item)
        elif item.target == asking.target:
            asking.failure = item.failure.value
            asking.reporter = str(item.reporter) if item.reporter is not None else ""
            asking.words = item.words or f"UDP port {asking.target.port}: {item.failure.value.replace('-', ' ')}"
            return


async def next_item(socket: UdpSocket, left_s: float) -> Datagram | UdpError | None:
    """What comes in, None where nothing does in that time."""
    try:
        async with asyncio.timeout(left_s):
            return await socket.receive()
    except TimeoutError:
        return None


def take(asking: Asking, item: Datagram) -> None:
    """Count an answer to one of the requests; anything else is written down as wrong."""
    asking.bytes_received += len(item.data)
    if item.source != asking.target:
        asking.wrong = "another-source"
        asking.words = f"the answer came from {item.source}"
        return
    try:
        message = decode(item.data) if is_stun(item.data) else None
    except RemoteError:
        message = None
    if message is None or message.transaction_id not in asking.sent:
        asking.wrong = "no-stun"
        asking.words = "what came back is no answer to our requests"
        return
    if message.message_class is not MessageClass.SUCCESS or message.mapped_address is None:
        asking.wrong = "refused"
        asking.words = (
            f"it answers with error {message.error.code}" if message.error else "it answers without an address"
        )
        return
    asking.times_s.append(item.received_at - asking.sent.pop(message.transaction_id))
    asking.mapped = str(message.mapped_address)
