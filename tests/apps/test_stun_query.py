"""Asking one STUN server: forms, silence, errors, rewritten and strange answers."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from natscope.apps.stun_query import SEND_AT_S, Answer, parse_server, query
from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Datagram, Failure, Host, HostError, ResolverFacts, UdpSocket
from natscope.host.real.host import build_real_host
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.wire.stun.attributes import Attr, ErrorCode, encode_address
from natscope.wire.stun.message import (
    RequestForm,
    decode,
    encode_binding_error,
    encode_binding_success,
)

BOTH = tuple(RequestForm)
Speak = Callable[[UdpSocket, Datagram, int], None]
"""Server's socket, a request, how many came before it."""


async def ask_server(speak: Speak, *, forms: tuple[RequestForm, ...] = BOTH, timeout_s: float = 5.0) -> Answer:
    """Query a server on loopback that does as `speak` says."""
    host = build_real_host()
    server = await host.udp.open(4, address=ipaddress.ip_address("127.0.0.1"))

    async def serve() -> None:
        number = 0
        while True:
            item = await server.receive()
            if isinstance(item, Datagram):
                speak(server, item, number)
                number += 1

    task = asyncio.create_task(serve())
    try:
        return await query(host, str(server.local), forms=forms, family=None, timeout_s=timeout_s)
    finally:
        task.cancel()
        server.close()


def plain_answer(sock: UdpSocket, request: Datagram, _number: int) -> None:
    sock.send(encode_binding_success(decode(request.data).transaction_id, request.source), request.source)


async def test_an_answer_says_where_we_are_seen() -> None:
    answer = await ask_server(plain_answer)
    assert answer.mapped == answer.local
    assert (answer.form, answer.bytes_sent, answer.bytes_received) == ("plain", 20, 32)
    assert (answer.rewritten, answer.other_source, answer.error_code) == (False, None, None)
    assert answer.rtt_ms >= 0


async def test_a_relay_is_asked_in_its_own_form() -> None:
    def relay(sock: UdpSocket, request: Datagram, number: int) -> None:
        if decode(request.data).software == "tailnode":
            plain_answer(sock, request, number)

    answer = await ask_server(relay)
    assert (answer.form, answer.bytes_sent) == ("tailscale", 40)


async def test_silence_names_what_to_try() -> None:
    with pytest.raises(CannotMeasure, match="no answer") as caught:
        await ask_server(lambda *_: None, forms=(RequestForm.PLAIN,), timeout_s=0.05)
    assert "--tailscale" in caught.value.hint
    with pytest.raises(CannotMeasure) as caught:
        await ask_server(lambda *_: None, timeout_s=0.05)
    assert caught.value.hint == ""


async def test_wrong_transactions_and_garbage_are_passed_over() -> None:
    def confused(sock: UdpSocket, request: Datagram, number: int) -> None:
        sock.send(b"garbage", request.source)
        sock.send(request.data, request.source)
        sock.send(encode_binding_success(bytes(12), request.source), request.source)
        identity = decode(request.data).transaction_id
        sock.send(encode_binding_success(identity, request.source)[:-1], request.source)
        plain_answer(sock, request, number)

    assert (await ask_server(confused)).mapped is not None


async def test_a_lost_request_is_sent_again() -> None:
    def lossy(sock: UdpSocket, request: Datagram, number: int) -> None:
        if number == 1:
            plain_answer(sock, request, number)

    assert len(SEND_AT_S) > 1
    assert (await ask_server(lossy, forms=(RequestForm.PLAIN,))).mapped is not None


async def test_addresses_rewritten_on_the_path_are_told() -> None:
    def rewriting(sock: UdpSocket, request: Datagram, _number: int) -> None:
        inside = encode_address(Endpoint.parse("10.0.0.1:9"))
        identity = decode(request.data).transaction_id
        sock.send(
            encode_binding_success(identity, request.source, [(Attr.MAPPED_ADDRESS, inside)]),
            request.source,
        )

    assert (await ask_server(rewriting)).rewritten


async def test_a_refusal_keeps_the_servers_words() -> None:
    def refusing(sock: UdpSocket, request: Datagram, _number: int) -> None:
        identity = decode(request.data).transaction_id
        sock.send(encode_binding_error(identity, ErrorCode(420, "no\x1b[31m")), request.source)

    answer = await ask_server(refusing)
    assert (answer.mapped, answer.error_code, answer.error_reason) == (None, 420, "no\x1b[31m")


async def test_an_answer_from_elsewhere_is_told() -> None:
    host = build_real_host()
    other = await host.udp.open(4, address=ipaddress.ip_address("127.0.0.2"))

    def elsewhere(_sock: UdpSocket, request: Datagram, number: int) -> None:
        plain_answer(other, request, number)

    answer = await ask_server(elsewhere)
    assert answer.other_source == str(other.local)
    other.close()


async def test_a_port_where_nobody_listens_is_one_sentence() -> None:
    host = build_real_host()
    gone = await host.udp.open(4, address=ipaddress.ip_address("127.0.0.1"))
    gone.close()
    with pytest.raises(HostError, match="cannot be asked: refused"):
        await query(host, str(gone.local), forms=BOTH, family=None, timeout_s=5)


async def test_a_family_that_the_address_is_not() -> None:
    with pytest.raises(UserError, match="no IPv6 address"):
        await query(build_real_host(), "127.0.0.1", forms=BOTH, family=6, timeout_s=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stun.example.net", ("stun.example.net", 3478)),
        ("stun.example.net:19302", ("stun.example.net", 19302)),
        ("192.0.2.1:5", ("192.0.2.1", 5)),
        ("2001:db8::1", ("2001:db8::1", 3478)),
        ("[2001:db8::1]:5", ("2001:db8::1", 5)),
    ],
)
def test_servers(text: str, expected: tuple[str, int]) -> None:
    assert parse_server(text) == expected


@pytest.mark.parametrize("text", ["", ":5", "host:", "host:0", "host:65536", "host:x"])
def test_what_is_no_server(text: str) -> None:
    with pytest.raises(UserError, match="no HOST"):
        parse_server(text)


@dataclass
class Names:
    """A resolver that knows `known` by family, and answers nobody before `asking` families were asked."""

    known: dict[int, str]
    asking: int = 2
    limits: list[float] = field(default_factory=list)
    all_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def facts(self) -> ResolverFacts:
        return ResolverFacts()

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> Sequence[IPAddress]:
        self.limits.append(timeout_s)
        if len(self.limits) == self.asking:
            self.all_asked.set()
        await self.all_asked.wait()
        if family not in self.known:
            raise HostError(Failure.NAME_NO_ADDRESS, f"{name}: no IPv{family}")
        return (ipaddress.ip_address(self.known[family]),)


def host_with(names: Names) -> Host:
    return replace(build_real_host(), resolver=names)


async def test_both_families_are_looked_up_side_by_side() -> None:
    """Each waits for the other to be asked: one behind the other would never end."""
    names = Names({})
    async with asyncio.timeout(20):
        with pytest.raises(HostError, match="no IPv4"):
            await query(host_with(names), "stun.test", forms=BOTH, family=None, timeout_s=2.5)
    assert names.limits == [2.5, 2.5]


async def test_the_family_that_has_an_address_is_asked() -> None:
    names = Names({4: "127.0.0.1"})
    with pytest.raises((CannotMeasure, HostError), match=r"127\.0\.0\.1:1 "):
        await query(host_with(names), "stun.test:1", forms=BOTH, family=None, timeout_s=5)


async def test_one_family_alone_is_looked_up_alone() -> None:
    names = Names({}, asking=1)
    with pytest.raises(HostError, match="no IPv6"):
        await query(host_with(names), "stun.test", forms=BOTH, family=6, timeout_s=1)
    assert names.limits == [1]
