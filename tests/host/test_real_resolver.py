"""The real resolver against a name server on loopback that answers, refuses, lies or is silent."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.message
import dns.rcode
import dns.rrset
import pytest

from natscope.host.api import Datagram, Failure, HostError
from natscope.host.real.host import build_real_host
from natscope.host.real.resolver import MAX_ADDRESSES, RealResolver
from tests.host.contract import failure_of

LOOPBACK = ipaddress.ip_address("127.0.0.1")
Answerer = Callable[[dns.message.Message], dns.message.Message | bytes | None]


@asynccontextmanager
async def name_server(answer: Answerer) -> AsyncIterator[RealResolver]:
    """A resolver that asks a server which answers as told (None: silence)."""
    socket = await build_real_host().udp.open(4, address=LOOPBACK)

    async def serve() -> None:
        with contextlib.suppress(HostError):
            while True:
                item = await socket.receive()
                if not isinstance(item, Datagram):
                    continue
                reply = answer(dns.message.from_wire(item.data))
                if reply is not None:
                    socket.send(reply if isinstance(reply, bytes) else reply.to_wire(), item.source)

    task = asyncio.create_task(serve())
    try:
        yield RealResolver(nameservers=(f"127.0.0.1:{socket.local.port}",))
    finally:
        socket.close()
        await task


def holding(**records: list[str]) -> Answerer:
    """A name with these records: `A=[…]`, `AAAA=[…]`."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        question = query.question[0]
        reply = dns.message.make_response(query)
        kind = dns.rdatatype.to_text(question.rdtype)
        if records.get(kind):
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records[kind]))
        return reply

    return answer


def failing(code: dns.rcode.Rcode) -> Answerer:
    def answer(query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.set_rcode(code)
        return reply

    return answer


async def test_both_families_are_found() -> None:
    async with name_server(holding(A=["192.0.2.1", "192.0.2.2"], AAAA=["2001:db8::1"])) as resolver:
        four = await resolver.addresses("relay.example.test", 4, timeout_s=5)
        six = await resolver.addresses("relay.example.test", 6, timeout_s=5)
    assert sorted(map(str, four)) == ["192.0.2.1", "192.0.2.2"]
    assert [str(ip) for ip in six] == ["2001:db8::1"]


async def test_at_most_eight_addresses_are_taken() -> None:
    async with name_server(holding(A=[f"192.0.2.{n}" for n in range(1, 40)])) as resolver:
        assert len(await resolver.addresses("many.example.test", 4, timeout_s=5)) == MAX_ADDRESSES


async def test_a_name_without_address_of_the_family() -> None:
    async with name_server(holding(A=["192.0.2.1"])) as resolver:
        found = resolver.addresses("relay.example.test", 6, timeout_s=5)
        assert await failure_of(found) is Failure.NAME_NO_ADDRESS


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (dns.rcode.NXDOMAIN, Failure.NAME_NOT_FOUND),
        (dns.rcode.SERVFAIL, Failure.NAME_SERVER_FAILED),
        (dns.rcode.REFUSED, Failure.NAME_SERVER_FAILED),
    ],
)
async def test_a_server_that_says_no(code: dns.rcode.Rcode, failure: Failure) -> None:
    async with name_server(failing(code)) as resolver:
        assert await failure_of(resolver.addresses("relay.example.test", 4, timeout_s=10)) is failure


async def test_a_server_that_never_answers_does_not_hang_us() -> None:
    async with name_server(lambda query: None) as resolver:
        assert await failure_of(resolver.addresses("relay.example.test", 4, timeout_s=0.05)) is Failure.TIMEOUT


async def test_garbage_is_no_answer() -> None:
    async with name_server(lambda query: b"\x00" * 5) as resolver:
        assert await failure_of(resolver.addresses("relay.example.test", 4, timeout_s=0.2)) in (
            Failure.TIMEOUT,
            Failure.NAME_SERVER_FAILED,
        )


async def test_the_hosts_file_comes_first() -> None:
    asked: list[str] = []

    def answer(query: dns.message.Message) -> None:
        asked.append(str(query.question[0].name))

    async with name_server(answer) as resolver:
        assert LOOPBACK in await resolver.addresses("localhost", 4, timeout_s=5)
    assert asked == []


def test_a_look_up_that_is_cut_off_says_nothing_later() -> None:
    """c-ares calls back from a thread of its own, which must not meet an event loop that has ended."""
    code = """
import asyncio, socket
from natscope.host.api import HostError
from natscope.host.real.resolver import RealResolver
silent = socket.socket(type=socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 0))
async def main():
    resolver = RealResolver(nameservers=(f"127.0.0.1:{silent.getsockname()[1]}",))
    lookups = (resolver.addresses(f"n{n}.test", 4, timeout_s=0.02 * n) for n in (1, 2))
    await asyncio.gather(*lookups, return_exceptions=True)
    pending = asyncio.ensure_future(resolver.addresses("x.test", 4, timeout_s=60))
    await asyncio.sleep(0.01)
asyncio.run(main())
silent.close()
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (run.returncode, run.stderr) == (0, "")
