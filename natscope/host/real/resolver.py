"""Names to addresses through aiodns (c-ares), which is imported when the first name must be resolved.

`getaddrinfo` honours the hosts file, `ndots` and the search domains of resolv.conf; literals never get here.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING

from natscope.host.api import Failure, HostError, ResolverFacts
from natscope.host.real.failures import timed_out
from natscope.host.real.sockaddr import family_constant
from natscope.model.endpoint import Endpoint, Family, IPAddress

if TYPE_CHECKING:
    import aiodns

MAX_ADDRESSES = 8
DNS_PORT = 53
MAX_NAME_CHARACTERS = 255
_TRY_S = 1.5
"""The first try's limit; c-ares asks each server in turn and doubles it per round. The caller's limit cuts it off."""
_TRIES = 3

# c-ares status codes (ares.h); the resolver module is not imported to read them.
_NO_DATA, _NOT_FOUND, _BAD_NAME, _TIMEOUT, _CANCELLED, _DESTROYED = 1, 4, 8, 12, 24, 16
_FAILURES: dict[int, tuple[Failure, str]] = {
    _NO_DATA: (Failure.NAME_NO_ADDRESS, "the name has no address of this family"),
    _NOT_FOUND: (Failure.NAME_NOT_FOUND, "there is no such name"),
    _BAD_NAME: (Failure.NAME_NOT_FOUND, "that is no name the DNS could know"),
    _TIMEOUT: (Failure.TIMEOUT, "no name server answers"),
    _CANCELLED: (Failure.TIMEOUT, "the look-up was cut off"),
    _DESTROYED: (Failure.TIMEOUT, "the look-up was cut off"),
    2: (Failure.NAME_SERVER_FAILED, "the name server could not read the question"),
    3: (Failure.NAME_SERVER_FAILED, "the name server failed (SERVFAIL)"),
    5: (Failure.NAME_SERVER_FAILED, "the name server does not do that kind of question"),
    6: (Failure.NAME_SERVER_FAILED, "the name server refused"),
    10: (Failure.NAME_SERVER_FAILED, "the name server's answer cannot be read"),
    11: (Failure.NAME_SERVER_FAILED, "no name server can be reached"),
}


class RealResolver:
    """The system's resolver configuration, or the given name servers (`address` or `address:port`)."""

    def __init__(self, nameservers: Sequence[str] = ()) -> None:
        self._nameservers = tuple(nameservers)
        self._resolver: aiodns.DNSResolver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending = 0

    async def facts(self) -> ResolverFacts:
        """The system's configuration, or the name servers that were given."""
        from natscope.host.real import resolv_conf  # not needed before the first packet

        if not self._nameservers:
            return resolv_conf.read()
        given = tuple(_server(text) for text in self._nameservers)
        return ResolverFacts(servers=given, source="given")

    async def addresses(self, name: str, family: Family, *, timeout_s: float) -> Sequence[IPAddress]:
        """At most 8 addresses; a literal is returned as it is. Raises `HostError`."""
        doing = f"looking up {name[:MAX_NAME_CHARACTERS]}"
        literal = _literal(name)
        if literal is not None:
            if literal.version != family:
                raise HostError(Failure.NAME_NO_ADDRESS, f"{doing}: it is an IPv{literal.version} address")
            return (literal,)
        if not 0 < len(name) <= MAX_NAME_CHARACTERS:
            raise HostError(Failure.NAME_NOT_FOUND, f"{doing}: that is no name the DNS could know")
        return await self._ask(name, family, timeout_s, doing)

    async def _ask(self, name: str, family: Family, timeout_s: float, doing: str) -> Sequence[IPAddress]:
        from aiodns.error import DNSError

        resolver = self._open()
        self._pending += 1
        try:
            async with asyncio.timeout(timeout_s):
                result = await resolver.getaddrinfo(name, family=family_constant(family))
        except TimeoutError as error:
            raise timed_out(doing, timeout_s) from error
        except DNSError as error:
            failure, words = _FAILURES.get(error.args[0], (Failure.NAME_SERVER_FAILED, "the look-up failed"))
            raise HostError(failure, f"{doing}: {words}") from error
        except (UnicodeError, ValueError) as error:
            raise HostError(Failure.NAME_NOT_FOUND, f"{doing}: that is no name the DNS could know") from error
        finally:
            self._pending -= 1
            if not self._pending:
                # What was cut off would otherwise call back from c-ares' thread, perhaps into a loop that has ended. A
                # channel has descriptors of its own and costs a tenth of a millisecond: none is kept for later.
                resolver.cancel()
                if self._resolver is resolver:
                    self._resolver = None
        found = dict.fromkeys(_address(node.addr[0]) for node in result.nodes if node.family == family_constant(family))
        if not found:
            raise HostError(Failure.NAME_NO_ADDRESS, f"{doing}: the name has no address of this family")
        return tuple(found)[:MAX_ADDRESSES]

    def _open(self) -> aiodns.DNSResolver:
        """One channel for look-ups that overlap, and per event loop: its callbacks belong to the one it was made on."""
        import aiodns

        loop = asyncio.get_running_loop()
        if self._resolver is None or self._loop is not loop:
            self._resolver = aiodns.DNSResolver(self._nameservers or None, loop=loop, timeout=_TRY_S, tries=_TRIES)
            self._loop = loop
            self._pending = 0
        return self._resolver


def _server(text: str) -> Endpoint:
    """`address`, `address:port` or `[address]:port`."""
    literal = _literal(text)
    return Endpoint(literal, DNS_PORT) if literal is not None else Endpoint.parse(text)


def _literal(name: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return None


def _address(text: bytes | str) -> IPAddress:
    return ipaddress.ip_address(text.decode() if isinstance(text, bytes) else text)
