"""Tries sockets on loopback as natscope uses them. Nothing leaves this computer."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import Awaitable

from natscope.doctor.facts import SocketFacts, Trial
from natscope.host.api import Datagram, Failure, Host, HostError, Stream, UdpError
from natscope.model.endpoint import Endpoint
from natscope.model.tri import Tri

LOOPBACK = ipaddress.IPv4Address("127.0.0.1")
LIMIT_S = 1.0
PATIENCE_S = 2.0
"""What a trial may take beyond its own limit, on a busy computer."""
_HELLO = b"natscope doctor"
_YES = Trial(works=Tri.YES, reason="")


async def try_sockets(host: Host) -> SocketFacts:
    """UDP, TCP, ICMP echo, and ICMP errors that come back; each within a second, side by side."""
    udp, tcp, ping, errors = await asyncio.gather(
        _guarded(_udp(host)), _guarded(_tcp(host)), _guarded(_ping(host)), _guarded(_errors(host))
    )
    return SocketFacts(udp=udp, tcp=tcp, ping=ping, errors=errors)


async def _guarded(trial: Awaitable[Trial]) -> Trial:
    """What the host refuses is the trial's result."""
    try:
        async with asyncio.timeout(LIMIT_S + PATIENCE_S):
            return await trial
    except TimeoutError:
        return Trial(works=Tri.NO, reason="it took too long")
    except HostError as error:
        return _refused(error)


def _refused(error: HostError) -> Trial:
    if error.failure in (Failure.NOT_SUPPORTED, Failure.FAMILY_NOT_SUPPORTED):
        return Trial(works=Tri.UNKNOWN, reason=error.message)
    return Trial(works=Tri.NO, denied=error.failure is Failure.PERMISSION, reason=error.message)


async def _udp(host: Host) -> Trial:
    """One datagram from a socket to another one."""
    there = await host.udp.open(4, address=LOOPBACK)
    here = await host.udp.open(4, address=LOOPBACK)
    try:
        here.send(_HELLO, there.local)
        async with asyncio.timeout(LIMIT_S):
            while True:
                item = await there.receive()
                if isinstance(item, Datagram) and item.data == _HELLO and item.source == here.local:
                    return _YES
    except TimeoutError:
        return Trial(works=Tri.NO, reason="a datagram to this computer itself does not arrive")
    finally:
        here.close()
        there.close()


async def _tcp(host: Host) -> Trial:
    """One connection that says a word."""

    async def serve(stream: Stream) -> None:
        with contextlib.suppress(HostError):
            await stream.write(_HELLO)

    listener = await host.streams.listen(Endpoint(LOOPBACK, 0), serve)
    try:
        stream = await host.streams.connect(listener.local, timeout_s=LIMIT_S)
        try:
            told = await stream.read(len(_HELLO))
        finally:
            await stream.close()
    finally:
        await listener.close()
    if _HELLO.startswith(told) and told:
        return _YES
    return Trial(works=Tri.NO, reason="a connection to this computer itself carries nothing")


async def _ping(host: Host) -> Trial:
    """One echo request to this computer itself."""
    try:
        reply = await host.icmp.echo(LOOPBACK, payload=_HELLO, timeout_s=LIMIT_S)
    except HostError as error:
        if error.failure is Failure.TIMEOUT:
            return Trial(works=Tri.NO, reason="this computer does not answer itself")
        return _refused(error)
    return _YES if reply.failure is None else Trial(works=Tri.NO, reason=f"the answer was {reply.failure}")


async def _errors(host: Host) -> Trial:
    """A datagram to a port that was just closed: the refusal has to reach the socket that sent."""
    gone = await host.udp.open(4, address=LOOPBACK)
    target = gone.local
    gone.close()
    here = await host.udp.open(4, address=LOOPBACK)
    try:
        here.send(_HELLO, target)
        async with asyncio.timeout(LIMIT_S):
            while True:
                item = await here.receive()
                if isinstance(item, UdpError) and item.target == target:
                    return _YES
    except TimeoutError:
        return Trial(works=Tri.NO, reason="a closed port of this computer seems silent")
    finally:
        here.close()
