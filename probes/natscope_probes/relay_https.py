"""Round trips to relays over HTTPS.

Question: does a relay answer over TCP where it is silent over UDP, how fast, and is its certificate right?
Method: TCP and TLS as a relay client would (host name or `CertName`, pins), then one GET `/derp/latency-check`; the
request is timed apart from TCP and TLS. Node by node, family by family, a new try starts when the last one failed or
took 0.4 s; what is silent for 0.7 s is tried once more by a connection of its own, since where packets get lost
one may hang at a sound relay. Where UDP over IPv6 stays silent at every relay and IPv4 does not, two relays are asked
over IPv6 too: the control for that silence. A refused certificate is read once more without checks, to say what is
wrong. Upstream: net/netcheck, measureHTTPSLatency.
Can tell: that TCP gets through (the control for silence over UDP), certificate problems, latency without handshakes.
Cannot tell: what UDP would cost.
Disturbs: nothing; one connection a relay, two when it is silent or its certificate is wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from natscope.host.api import Failure, HostError, TlsOptions
from natscope.host.http_api import HttpRequest, HttpResponse, HttpTimings
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.plugins.probe import Budget, Contact, Probe, Scope
from natscope_probes import _relay_targets as targets
from natscope_probes.captive_portal import clock_of

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

PATH = "/derp/latency-check"
PIN_PREFIX = "sha256-raw:"
STAGGER_S = 0.4
ATTEMPT_S, SHORTEST_ATTEMPT_S = 2.6, 1.5
"""Long enough for a SYN that is sent again after 1 s; the third would go after 3 s, too late for a run of 5 s."""
AGAIN_S = 0.7
"""When what is silent is tried again; a try that is as short as can be then ends 2.2 s after the first began."""
CLOSING_S = 0.1
MAX_CONCURRENT, GENTLE_CONCURRENT = 32, 8
MAX_BYTES = 8192
CONTROLS = 2
REQUEST_BYTES = 900
"""About what one TLS connection with one request sends."""

_OUTCOMES = {
    Failure.TIMEOUT: Outcome.NO_ANSWER,
    Failure.REFUSED: Outcome.REFUSED,
    Failure.RESET: Outcome.REFUSED,
    Failure.CLOSED: Outcome.REFUSED,
    Failure.CERTIFICATE: Outcome.WRONG,
    Failure.TLS: Outcome.WRONG,
    Failure.UNREACHABLE_HOST: Outcome.ICMP_ERROR,
}


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """The relays of each region; only silent ones unless asked for all."""
    everything = targets.is_on_demand(scope.options, scope.options.https)
    return tuple(
        Contact(
            host=node.host_name,
            port=node.effective_derp_port,
            protocol="tcp",
            packets=12,
            bytes=REQUEST_BYTES,
            seconds=ATTEMPT_S,
            why=f"HTTPS to relay {node.name}",
            always=everything and number == 0,
        )
        for region in scope.loaded_map.relay_map.measured_regions()
        for number, node in enumerate(targets.nodes_to_ask(region))
        if everything or not region.avoid
    )


PROBE = Probe(
    name="relay_https",
    title="relays over HTTPS",
    after=("relay_stun",),
    needs=frozenset({"streams"}),
    budget=Budget(packets=2400, bytes=180_000, seconds=3.0),
    contacts=contacts,
    emits=("https.latency", "dns.lookup"),
    flag="--https",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One node over one family."""

    region: RelayRegion
    node: RelayNode
    family: Family


async def run(ctx: ProbeContext) -> None:
    """Ask the regions that stayed silent, or all of them on demand."""
    everything = targets.is_on_demand(ctx.options, ctx.options.https)
    regions = targets.regions_to_ask(ctx, everything=everything)
    controls = _controls_of_ipv6(ctx, regions)
    if not regions and not controls:
        return
    ctx.progress("asking relays over HTTPS" if everything else "asking silent relays over HTTPS")
    gate = asyncio.Semaphore(GENTLE_CONCURRENT if ctx.options.gentle else MAX_CONCURRENT)
    asked = [_ask_region(ctx, region, gate, ctx.families) for region in regions]
    asked += [_ask_region(ctx, region, gate, (6,)) for region in controls]
    await asyncio.gather(*asked)


def _controls_of_ipv6(ctx: ProbeContext, asked: Collection[RelayRegion]) -> tuple[RelayRegion, ...]:
    """Regions to ask over IPv6 where nobody answered over UDP by IPv6.

    Of those that are `asked` anyway, one that answered over IPv4 is asked by that alone.
    """
    sent = {exchange.region_id for exchange in ctx.exchanges() if exchange.target.family == 6}
    answered = {exchange.target.family for exchange in ctx.exchanges() if exchange.answered_at is not None}
    if 6 not in ctx.families or answered != {4}:
        return ()
    both = [region for region in asked if not _answering(ctx, region)]
    others = (region for region in ctx.relay_map.measured_regions() if region.region_id in sent and region not in both)
    return tuple(region for region in others if not region.avoid)[:CONTROLS]


async def _ask_region(
    ctx: ProbeContext, region: RelayRegion, gate: asyncio.Semaphore, families: tuple[Family, ...]
) -> None:
    """Try after try until one is answered; later ones start while earlier ones still wait."""
    async with gate:
        running: list[asyncio.Task[bool]] = []
        loop = asyncio.get_running_loop()
        try:
            tried = attempts(region, families, _answering(ctx, region))
            for attempt in tried:
                running.append(loop.create_task(_try(ctx, attempt)))
                await asyncio.wait((running[-1],), timeout=STAGGER_S)
                if _any_success(running):
                    return
            await _success(running, AGAIN_S - STAGGER_S)
            if not _any_success(running):
                silent = [attempt for attempt, task in zip(tried, running, strict=True) if not task.done()]
                running += [loop.create_task(_try(ctx, attempt, SHORTEST_ATTEMPT_S)) for attempt in silent]
                await _success(running, None)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def attempts(region: RelayRegion, families: tuple[Family, ...], first: tuple[Family, ...]) -> tuple[Attempt, ...]:
    """The tries in order: the first node over its families, then the second; `first` families come first."""
    ordered = sorted(families, key=lambda family: (family not in first, family))
    return tuple(
        Attempt(region, node, family)
        for node in targets.nodes_to_ask(region)
        for family in ordered
        if node.may_have(family)
    )


def tls_options(node: RelayNode) -> TlsOptions:
    """What a relay client checks: the host name, another name, a pin, or nothing (upstream: net/tlsdial)."""
    if node.insecure_for_tests:
        return TlsOptions(server_name=node.host_name, verify=False)
    if node.cert_name.startswith(PIN_PREFIX):
        return TlsOptions(server_name=node.host_name, pin_sha256=node.cert_name.removeprefix(PIN_PREFIX).lower())
    return TlsOptions(server_name=node.host_name, verify_name=node.cert_name)


def patience_s(round_trips_s: Collection[float]) -> float:
    """How long one try may take. Where other relays answered, a lost SYN (sent again after 1 s) and five round trips
    of the slowest of them; where none did, the network may be slower than anything known.
    """
    if not round_trips_s:
        return ATTEMPT_S
    return min(ATTEMPT_S, max(SHORTEST_ATTEMPT_S, 1.2 + 5 * max(round_trips_s)))


def _answering(ctx: ProbeContext, region: RelayRegion) -> tuple[Family, ...]:
    answered = {
        exchange.target.family: None
        for exchange in ctx.exchanges()
        if exchange.region_id == region.region_id and exchange.answered_at is not None
    }
    return tuple(answered)


async def _success(tasks: list[asyncio.Task[bool]], timeout_s: float | None) -> None:
    """Wait for the first success, the end of all, or the time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while (left := [task for task in tasks if not task.done()]) and not _any_success(tasks):
                await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)


def _any_success(tasks: list[asyncio.Task[bool]]) -> bool:
    return any(task.done() and not task.cancelled() and task.result() for task in tasks)


async def _try(ctx: ProbeContext, attempt: Attempt, longest_s: float = ATTEMPT_S) -> bool:
    """One try of at most `longest_s`; whether the relay answered well."""
    node = attempt.node
    sent_at = ctx.host.clock.now()
    facts = {"family": attempt.family, "region_id": attempt.region.region_id, "node": node.name, "sent_at": sent_at}
    try:
        endpoint = Endpoint(await ctx.resolve(node, attempt.family), node.effective_derp_port)
    except HostError:
        return False  # the look-up is an observation of its own
    target = str(endpoint)
    try:
        response = await ctx.http.fetch(_request(ctx, node, endpoint, longest_s))
    except HostError as error:
        await _record_failure(ctx, node, error, target, facts)
        return False
    except asyncio.CancelledError:
        ctx.observe("https.latency", Outcome.CANCELLED, target=target, summary="cut off", **facts)
        raise
    return _record_answer(ctx, response, target, facts)


def _request(ctx: ProbeContext, node: RelayNode, endpoint: Endpoint, longest_s: float) -> HttpRequest:
    host = f"[{node.host_name}]" if ":" in node.host_name else node.host_name
    remaining = ctx.deadline - ctx.host.clock.now() - CLOSING_S
    return HttpRequest(
        url=f"https://{host}:{node.effective_derp_port}{PATH}",
        timeout_s=max(0.05, min(patience_s(ctx.answered_regions().values()), longest_s, remaining)),
        max_bytes=MAX_BYTES,
        connect_to=endpoint,
        interface=ctx.options.interface or None,
        tls=tls_options(node),
    )


def _record_answer(ctx: ProbeContext, response: HttpResponse, target: str, facts: dict[str, object]) -> bool:
    good = response.status <= 299
    request_s = response.timings.request_s
    fields: dict[str, object] = {
        "data": {"status": response.status, **_timings(response.timings), **clock_of(ctx, response)}
    }
    if good and request_s is not None:
        fields["rtt_ms"] = round(request_s * 1000, 4)
    if not good:
        fields |= {"error": "http-status", "summary": f"HTTP status {response.status} instead of an answer"}
    ctx.observe(
        "https.latency",
        Outcome.ANSWERED if good else Outcome.REFUSED,
        target=target,
        source="" if response.remote is None else str(response.remote),
        received_at=ctx.host.clock.now(),
        bytes_sent=response.bytes_sent,
        bytes_received=response.bytes_received,
        **facts,
        **fields,
    )
    return good


def _timings(timings: HttpTimings) -> dict[str, float]:
    named = {"connect_ms": timings.connect_s, "tls_ms": timings.tls_s, "request_ms": timings.request_s}
    return {name: round(seconds * 1000, 4) for name, seconds in named.items() if seconds is not None}


async def _record_failure(
    ctx: ProbeContext, node: RelayNode, error: HostError, target: str, facts: dict[str, object]
) -> None:
    code, words = error.failure.value, error.message
    received_at = ctx.host.clock.now()
    if error.failure is Failure.CERTIFICATE:
        code, words = await _read_certificate(ctx, node, target, words)
    outcome = _OUTCOMES.get(error.failure, Outcome.LOCAL_ERROR)
    if outcome not in (Outcome.NO_ANSWER, Outcome.LOCAL_ERROR):
        facts = {**facts, "received_at": received_at}
    ctx.observe("https.latency", outcome, target=target, error=code, summary=words, **facts)


async def _read_certificate(ctx: ProbeContext, node: RelayNode, target: str, words: str) -> tuple[str, str]:
    """What exactly is wrong with it; the first refusal's own words where it cannot be read."""
    from natscope.wire.certificate import judge

    options = tls_options(node)
    remaining = max(0.05, ctx.deadline - ctx.host.clock.now() - CLOSING_S)
    try:
        async with asyncio.timeout(remaining):
            stream = await ctx.host.streams.connect(Endpoint.parse(target), timeout_s=remaining)
            try:
                await stream.start_tls(TlsOptions(server_name=options.server_name, verify=False))
                presented = stream.tls.certificates if stream.tls is not None else ()
            finally:
                await stream.close()
    except (HostError, TimeoutError):
        return "certificate", words
    name = options.verify_name or options.server_name
    problem = judge(presented, name, ctx.host.clock.utc(), options.pin_sha256)
    return problem.code, problem.words
