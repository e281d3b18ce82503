"""Which proxies this computer is set to use, and whether a relay can be reached through the one that applies.

Question: is there an HTTP proxy in the way, does it let connections to relays through, does a relay answer behind it?
Method: the proxy variables of the environment (as curl and Go read them), proxies and scripts in the system's settings,
and what DHCP leases say (RFC 8910 login pages, WPAD), are named. Where a variable applies to a relay: CONNECT to it by
name (RFC 9110 §9.3.6), TLS as a relay client would, one GET `/derp/latency-check`. Upstream: net/tshttpproxy.
Can tell: a proxy that is away, wants a password (407), forbids (403) or cannot get there (502); the relay behind it.
Cannot tell: what a PAC script would answer (scripts are named, not run), nor what SOCKS proxies do.
Disturbs: nothing; at most two connections, to the configured proxy alone.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from natscope.errors import RemoteError
from natscope.host.api import Failure, HostError, Stream
from natscope.model.endpoint import Endpoint, IPAddress
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode
from natscope.plugins.probe import QUICK, Budget, Contact, Probe, Scope
from natscope.wire.proxy_environment import Proxy, choose_proxy, named_proxies

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

MAX_RELAYS = 2
LIMIT_S = 3.0
CLOSING_S = 0.1
PATH = "/derp/latency-check"
REQUEST_BYTES = 1500
SETTINGS, CONNECT = "proxy.settings", "proxy.connect"


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Which proxy that is, the environment says."""
    return (
        Contact(
            host="the HTTP proxy of the environment",
            port=None,
            protocol="tcp",
            packets=12 * MAX_RELAYS,
            bytes=REQUEST_BYTES * MAX_RELAYS,
            seconds=LIMIT_S,
            why="is a relay behind it",
            always=False,
        ),
    )


PROBE = Probe(
    name="proxy",
    title="proxies",
    profile=QUICK,
    needs=frozenset({"streams", "resolver"}),
    budget=Budget(packets=12 * MAX_RELAYS, bytes=REQUEST_BYTES * MAX_RELAYS, seconds=LIMIT_S),
    contacts=contacts,
    emits=(SETTINGS, CONNECT),
)


@dataclass
class Attempt:
    """One relay through one proxy; `step` is where it stands: proxy, connect, tls, http."""

    node: RelayNode
    region_id: int
    proxy: Proxy
    step: str = "proxy"
    proxy_status: int | None = None
    reason: str = ""


async def run(ctx: ProbeContext) -> None:
    """Name the settings, and try the proxy where one applies."""
    environ = ctx.host.environ
    settings = await ctx.host.settings.look()
    found = attempts(ctx)
    data = {
        "environment": [{"variable": p.variable, "url": p.url, "usable": p.usable} for p in named_proxies(environ)],
        "exempt": (environ.get("no_proxy") or environ.get("NO_PROXY") or "")[:200],
        "system": [{"where": p.where, "kind": p.kind, "url": p.url} for p in settings.proxies],
        "portals": list(settings.portals),
        "applies": bool(found),
    }
    ctx.observe(SETTINGS, Outcome.ANSWERED, data=data)
    await asyncio.gather(*(_try(ctx, attempt) for attempt in found))


def attempts(ctx: ProbeContext) -> tuple[Attempt, ...]:
    """Relays of two regions to which a usable proxy applies."""
    found: list[Attempt] = []
    for region in ctx.relay_map.measured_regions():
        node = next((node for node in region.nodes if not node.stun_only), None)
        if node is None or region.avoid or len(found) >= MAX_RELAYS:
            continue
        try:
            proxy = choose_proxy("https", node.host_name, node.effective_derp_port, ctx.host.environ)
        except RemoteError:
            return ()
        if proxy is not None:
            found.append(Attempt(node, region.region_id, proxy))
    return tuple(found)


async def _try(ctx: ProbeContext, attempt: Attempt) -> None:
    sent_at = ctx.host.clock.now()
    limit = max(0.05, min(LIMIT_S, ctx.deadline - sent_at - CLOSING_S))
    try:
        async with asyncio.timeout(limit):
            await _through(ctx, attempt, sent_at, limit)
    except TimeoutError:
        _failed(ctx, attempt, sent_at, Outcome.NO_ANSWER, "timeout", f"no answer within {limit:.1f} s")
    except HostError as error:
        silent = error.failure is Failure.TIMEOUT
        outcome = Outcome.NO_ANSWER if silent else Outcome.REFUSED
        _failed(ctx, attempt, sent_at, outcome, error.failure.value, error.message)
    except RemoteError as error:
        _failed(ctx, attempt, sent_at, Outcome.WRONG, "not-http", error.message)
    except asyncio.CancelledError:
        _failed(ctx, attempt, sent_at, Outcome.CANCELLED, "cut", "the run was over before")
        raise


async def _through(ctx: ProbeContext, attempt: Attempt, sent_at: float, limit_s: float) -> None:
    from natscope_probes._http_exchange import exchange, request_of
    from natscope_probes.relay_https import tls_options

    node, proxy = attempt.node, attempt.proxy
    stream = await _reach(ctx, proxy, limit_s)
    try:
        attempt.step = "connect"
        place = _place(node)
        answer = await exchange(stream, request_of("CONNECT", place, place, _login(proxy)))
        attempt.proxy_status, attempt.reason = answer.status, answer.reason
        if answer.status != 200:
            words = f"the proxy says {answer.status} {answer.reason}".rstrip()
            _failed(ctx, attempt, sent_at, Outcome.REFUSED, "proxy-status", words)
            return
        attempt.step = "tls"
        await stream.start_tls(tls_options(node))
        attempt.step = "http"
        asked_at = ctx.host.clock.now()
        head = await exchange(stream, request_of("GET", PATH, place))
        good = head.status <= 299
        ctx.observe(
            CONNECT,
            Outcome.ANSWERED if good else Outcome.REFUSED,
            **_facts(attempt, sent_at),
            rtt_ms=round((ctx.host.clock.now() - asked_at) * 1000, 4),
            received_at=ctx.host.clock.now(),
            bytes_sent=answer.bytes_sent + head.bytes_sent,
            bytes_received=answer.bytes_received + head.bytes_received,
            error="" if good else "http-status",
            summary="" if good else f"the relay says {head.status}",
        )
    finally:
        await stream.close()


async def _reach(ctx: ProbeContext, proxy: Proxy, limit_s: float) -> Stream:
    """A connection to the proxy, over TLS where its URL says so. Raises `HostError`."""
    from natscope.host.api import TlsOptions

    interface = ctx.options.interface or None
    refused = HostError(Failure.NAME_NO_ADDRESS, "the proxy's name has no address of the families in use")
    for family in ctx.families:
        try:
            for ip in (await ctx.host.resolver.addresses(proxy.host, family, timeout_s=limit_s / 2))[:2]:
                stream = await ctx.host.streams.connect(
                    Endpoint(ip, proxy.port), timeout_s=limit_s / 2, interface=None if ip.is_loopback else interface
                )
                if proxy.scheme == "https":
                    await stream.start_tls(TlsOptions(proxy.host))
                return stream
        except HostError as error:
            refused = error if error.failure is not Failure.NAME_NO_ADDRESS else refused
    raise refused


def _login(proxy: Proxy) -> dict[str, str]:
    if not proxy.username:
        return {}
    token = base64.b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    return {"proxy-authorization": f"Basic {token}"}


def _place(node: RelayNode) -> str:
    host = f"[{node.host_name}]" if ":" in node.host_name else node.host_name
    return f"{host}:{node.effective_derp_port}"


def _facts(attempt: Attempt, sent_at: float) -> dict[str, Any]:
    """What every observation of an attempt has. The target is the map's address for the relay, where it has one."""
    literal: IPAddress | None = attempt.node.literal(4) or attempt.node.literal(6)
    port = attempt.node.effective_derp_port
    return {
        "target": str(Endpoint(literal, port)) if literal is not None else _place(attempt.node),
        "region_id": attempt.region_id,
        "node": attempt.node.name,
        "sent_at": sent_at,
        "data": {"proxy": attempt.proxy.url, "step": attempt.step, "proxy_status": attempt.proxy_status},
    }


def _failed(ctx: ProbeContext, attempt: Attempt, sent_at: float, outcome: Outcome, code: str, words: str) -> None:
    ctx.observe(CONNECT, outcome, error=code, summary=words, **_facts(attempt, sent_at))
