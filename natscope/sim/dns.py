"""Names in a simulation: zones, servers that answer, hang, lie, fail or refuse, and the resolver of each host.

Questions and answers are real DNS messages in UDP packets, so routers, NATs, partitions and hijacks hold for them. Not
modelled: TCP, caches, recursion between servers, search domains, DNSSEC.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence

import dns.exception
import dns.message
import dns.rcode

from natscope.host.api import Datagram, Failure, HostError, ResolverFacts, Udp
from natscope.machines.nat.packet import UDP, IcmpError, Packet
from natscope.model.endpoint import Endpoint, Family, IPAddress
from natscope.sim.name_answers import TYPES, Manner, NameAnswers, Zone, key_of
from natscope.sim.node import Node
from natscope.sim.rng import SimRng
from natscope.sim.stack import ANY
from natscope.sim.udp import HEADER_BYTES

__all__ = ["DnsServer", "Manner", "SimResolver", "Zone"]

PORT = 53
TRY_S = 1.5
ROUNDS = 3
"""Each server is asked in turn; the limit doubles per round."""
MAX_ADDRESSES = 8
MAX_NAME_CHARACTERS = 255


class DnsServer:
    """Port 53 of a node; called directly when a question arrives. It answers from the address that was asked."""

    def __init__(self, node: Node, zone: Zone, manner: Manner = Manner.ANSWER) -> None:
        self._node = node
        self._answers = NameAnswers(zone, manner)
        self.outages: list[Manner] = []
        """While there are any, the last one stands for `manner`."""
        self.questions = 0
        for family in node.families:
            node.stack.udp[ANY[family], PORT] = self

    @property
    def manner(self) -> Manner:
        """How it behaves while there is no outage."""
        return self._answers.manner

    @manner.setter
    def manner(self, manner: Manner) -> None:
        self._answers.manner = manner

    @property
    def lies(self) -> tuple[IPAddress, ...]:
        """Where lies and inventions lead."""
        return self._answers.lies

    @lies.setter
    def lies(self, lies: tuple[IPAddress, ...]) -> None:
        self._answers.lies = lies

    @property
    def dns64(self) -> bool:
        """Names without IPv6 addresses get those of their IPv4 ones in the prefix (RFC 6147)."""
        return self._answers.dns64

    @dns64.setter
    def dns64(self, on: bool) -> None:
        self._answers.dns64 = on

    def take(self, packet: Packet) -> None:
        """A question."""
        self.questions += 1
        if not isinstance(packet.payload, bytes):
            return
        data = self._answers.reply(packet.payload, self.outages[-1] if self.outages else None)
        if data is not None:
            length = HEADER_BYTES[packet.family] + len(data)
            self._node.send(
                Packet(UDP, packet.dst, packet.dport, packet.src, packet.sport, packet.family, length, data)
            )

    def take_error(self, error: IcmpError) -> None:
        """Whoever asked is gone."""


class SimResolver:
    """A host's own: its hosts file, then its name servers. Both may be changed while it runs."""

    def __init__(self, udp: Udp, rng: SimRng) -> None:
        self._udp = udp
        self._rng = rng
        self.servers: tuple[Endpoint, ...] = ()
        self.search: tuple[str, ...] = ()
        """Told to who asks for the configuration; `addresses` does not use them."""
        self.hosts_file: dict[str, tuple[IPAddress, ...]] = {"localhost": (ipaddress.IPv4Address("127.0.0.1"),)}

    async def facts(self) -> ResolverFacts:
        """The name servers as they are now."""
        return ResolverFacts(self.servers, self.search, source="simulation")

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> Sequence[IPAddress]:
        """At most 8 addresses; a literal is returned as it is. Raises `HostError`."""
        doing = f"looking up {name[:MAX_NAME_CHARACTERS]}"
        literal = _literal(name)
        if literal is not None:
            return _of_family((literal,), family, f"{doing}: it is an IPv{literal.version} address")
        nameless = f"{doing}: the name has no address of this family"
        known = self.hosts_file.get(key_of(name))
        if known is not None:
            return _of_family(known, family, nameless)
        try:
            question = dns.message.make_query(name, TYPES[family], id=self._rng.below(1 << 16))
        except (dns.exception.DNSException, UnicodeError) as error:
            raise _unknowable(doing) from error
        if not 0 < len(name) <= MAX_NAME_CHARACTERS:
            raise _unknowable(doing)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._ask_all(question, doing)
        except TimeoutError as error:
            raise HostError(Failure.TIMEOUT, f"{doing}: no answer within {timeout_s:g} s") from error
        return _of_family(_addresses_in(answer, family), family, nameless)

    async def _ask_all(self, question: dns.message.Message, doing: str) -> dns.message.Message:
        error = HostError(Failure.NAME_SERVER_FAILED, f"{doing}: no name server can be reached")
        for number in range(ROUNDS):
            for server in self.servers:
                try:
                    return await self._ask(question, server, TRY_S * 2**number, doing)
                except HostError as failure:
                    if failure.failure is Failure.NAME_NOT_FOUND:
                        raise
                    error = failure
        raise error

    async def _ask(
        self, question: dns.message.Message, server: Endpoint, limit_s: float, doing: str
    ) -> dns.message.Message:
        unreachable = HostError(Failure.NAME_SERVER_FAILED, f"{doing}: no name server can be reached")
        socket = await self._udp.open(server.family)
        try:
            socket.send(question.to_wire(), server)
            async with asyncio.timeout(limit_s):
                while True:
                    item = await socket.receive()
                    if not isinstance(item, Datagram):
                        raise unreachable
                    answer = _answer_to(question, item, server)
                    if answer is not None:
                        return _judge(answer, doing)
        except TimeoutError as error:
            raise HostError(Failure.TIMEOUT, f"{doing}: no name server answers") from error
        except HostError as error:
            if error.failure in (Failure.UNREACHABLE_NET, Failure.UNREACHABLE_HOST):
                raise unreachable from error
            raise
        finally:
            socket.close()


def _judge(answer: dns.message.Message, doing: str) -> dns.message.Message:
    code = answer.rcode()
    if code == dns.rcode.NXDOMAIN:
        raise HostError(Failure.NAME_NOT_FOUND, f"{doing}: there is no such name")
    if code == dns.rcode.REFUSED:
        raise HostError(Failure.NAME_SERVER_FAILED, f"{doing}: the name server refused")
    if code != dns.rcode.NOERROR:
        raise HostError(Failure.NAME_SERVER_FAILED, f"{doing}: the name server failed (SERVFAIL)")
    return answer


def _answer_to(question: dns.message.Message, item: Datagram, server: Endpoint) -> dns.message.Message | None:
    """The answer, if the datagram is one: from the server that was asked, to this question."""
    if item.source != server:
        return None
    try:
        answer = dns.message.from_wire(item.data)
    except dns.exception.DNSException:
        return None
    return answer if question.is_response(answer) else None


def _addresses_in(answer: dns.message.Message, family: Family) -> tuple[IPAddress, ...]:
    rows = [r for r in answer.answer if r.rdtype == TYPES[family]]
    return tuple(ipaddress.ip_address(item.address) for row in rows for item in row)


def _of_family(addresses: Sequence[IPAddress], family: Family, otherwise: str) -> tuple[IPAddress, ...]:
    found = tuple(ip for ip in addresses if ip.version == family)[:MAX_ADDRESSES]
    if not found:
        raise HostError(Failure.NAME_NO_ADDRESS, otherwise)
    return found


def _unknowable(doing: str) -> HostError:
    return HostError(Failure.NAME_NOT_FOUND, f"{doing}: that is no name the DNS could know")


def _literal(name: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None
