"""So many bytes to a relay over TCP: the control for a limit of UDP.

HEAD requests with long headers, one behind another without waiting (RFC 9112 section 9.3.2): a server answers each
after it has read it, so the last answer says that all bytes are there. Any HTTP server does that; nothing is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from natscope.host.api import HostError
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope_probes.relay_https import tls_options

if TYPE_CHECKING:
    from natscope.host.api import Stream
    from natscope.plugins.probe_context import ProbeContext

KIND = "tcp.upload"
PATH = "/derp/probe"
REQUEST_BYTES = 6144
"""Of one request: servers read headers of 8 KiB, most twice as much."""
LEAST_BYTES, MOST_BYTES = 8 * REQUEST_BYTES, 48 * REQUEST_BYTES
CONNECT_S, LIMIT_S, CLOSE_S = 2.5, 5.0, 0.3
MAX_ANSWER_BYTES = 256 * 1024
_STATUS = b"HTTP/1."


async def upload(ctx: ProbeContext, server: Endpoint, region_id: int | None, wanted_bytes: int, until: float) -> None:
    """Send about that many bytes to the relay at the server's address, and write down how long it took.

    Nothing is written down where the map names no relay there.
    """
    node = await _node_at(ctx, server, region_id)
    if node is None:
        return
    count = max(LEAST_BYTES, min(MOST_BYTES, wanted_bytes)) // REQUEST_BYTES
    target, clock = Endpoint(server.ip, node.effective_derp_port), ctx.host.clock
    began, outcome, words, code = clock.now(), Outcome.NO_ANSWER, "", ""
    data: dict[str, Any] = {"bytes": count * REQUEST_BYTES, "requests": count}
    stream: Stream | None = None
    try:
        limit_s = max(0.1, min(LIMIT_S, until - began))
        async with asyncio.timeout(limit_s):
            interface = ctx.options.interface or None
            stream = await ctx.host.streams.connect(target, timeout_s=CONNECT_S, interface=interface)
            data["connect_ms"] = round((clock.now() - began) * 1000, 3)
            await stream.start_tls(tls_options(node))
            began = clock.now()
            data["answers"] = await _exchange(stream, node.host_name, count)
            data["upload_ms"] = round((clock.now() - began) * 1000, 3)
        outcome = Outcome.ANSWERED if data["answers"] == count else Outcome.REFUSED
    except HostError as error:
        outcome, words, code = Outcome.REFUSED, error.message, error.failure.value
    except TimeoutError:
        words = "it took too long"
    finally:
        if stream is not None:
            await _close(stream)
    ctx.observe(
        KIND, outcome, target=str(target), family=target.family, region_id=node.region_id, node=node.name,
        error=code, summary=words, sent_at=began, bytes_sent=count * REQUEST_BYTES, data=data,
    )  # fmt: skip


async def _close(stream: Stream) -> None:
    """What was written and did not arrive is not waited for."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await stream.close()


async def _exchange(stream: Stream, name: str, count: int) -> int:
    """How many answers came, all of them at best."""
    head = f"HEAD {PATH} HTTP/1.1\r\nhost: {name}\r\nuser-agent: natscope\r\nx-filler: ".encode("ascii", "replace")
    request = head + b"0" * (REQUEST_BYTES - len(head) - 4) + b"\r\n\r\n"
    writer = asyncio.ensure_future(stream.write(request * count))
    try:
        received = b""
        while received.count(_STATUS) < count or not received.endswith(b"\r\n\r\n"):
            data = await stream.read(16_384)
            received += data
            if not data or len(received) > MAX_ANSWER_BYTES:
                break
        return received.count(_STATUS)
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


async def _node_at(ctx: ProbeContext, server: Endpoint, region_id: int | None) -> RelayNode | None:
    family: Family = server.family
    for region in ctx.relay_map.regions:
        if region.region_id != region_id:
            continue
        for node in region.nodes:
            if node.stun_only or not node.may_have(family):
                continue
            try:
                if await ctx.resolve(node, family) == server.ip:
                    return node
            except HostError:
                continue
    return None
