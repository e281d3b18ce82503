"""Every relay of the map by itself, step by step.

Question: what exactly is wrong with a relay: name, TCP, TLS, certificate, HTTP, port 80, clock, one of its families?
Method: every node over every family it may have: TCP, TLS with the checks of a relay client, GET `/derp/latency-check`
(and `/derp/probe` where that is not there), then GET `/derp` with the upgrade that relay clients ask for, and without
it where the answer is not 101. A refused certificate is read again without checks. Where TLS fails, one plain request
tells whether the port speaks plain HTTP, and where the connection is reset, one handshake with another
name whether the name is what is filtered. Port 80, where the map offers it, gets a challenge. RFC 9110, RFC 5280;
upstream cmd/derper, prober/derp.go.
Can tell: which step fails and who says so; certificates that were swapped on the way, by their issuers; wrong clocks,
by the Date header; a web server in front that eats the upgrade.
Cannot tell: whether it really relays; that takes a relay client.
Disturbs: nothing; three to five connections a relay and family.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from natscope.errors import RemoteError
from natscope.host.api import Failure, HostError, Stream, TlsOptions
from natscope.model.endpoint import Endpoint, Family
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayNode, RelayRegion
from natscope.plugins.probe import FULL, Budget, Contact, Probe, Scope
from natscope.wire.http_date import clock_offset_s
from natscope_probes._http_exchange import TLS_WORDS, Head, exchange, request_of
from natscope_probes.relay_https import PATH, patience_s, tls_options

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

CHECK, PLAIN = "relay.check", "relay.port80"
PROBE_PATH, RELAY_PATH = "/derp/probe", "/derp"
UPGRADE = {"upgrade": "DERP", "connection": "Upgrade"}
SWITCHING = 101
OTHER_NAME = "natscope-control.invalid"
"""RFC 6761: nobody's, so nothing filters it by name."""
LIMIT_S, EXTRA_S, CLOSING_S = 3.0, 1.5, 0.1
MAX_CONCURRENT, GENTLE_CONCURRENT = 32, 8
CONNECTION_BYTES = 1200
NOT_FOUND = 404
_DROPPED = (Failure.RESET, Failure.CLOSED)


def when(scope: Scope) -> str:
    """Only on demand: it is the price of a TLS connection for each node and family."""
    wanted = scope.options.https or scope.options.profile == FULL
    return "" if wanted else "only silent relays are looked at; this looks at each one"


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """Every node of the map."""
    found = []
    for region in scope.loaded_map.relay_map.measured_regions():
        for node in region.nodes:
            if not node.stun_only:
                found.append(_contact(node, node.effective_derp_port))
                if node.can_port80:
                    found.append(_contact(node, 80))
    return tuple(found)


def _contact(node: RelayNode, port: int) -> Contact:
    return Contact(
        host=node.host_name,
        port=port,
        protocol="tcp",
        packets=36,
        bytes=3 * CONNECTION_BYTES,
        seconds=LIMIT_S + EXTRA_S,
        why=f"health of relay {node.name}",
    )


PROBE = Probe(
    name="relay_health",
    title="relays one by one",
    after=("relay_stun",),
    when=when,
    needs=frozenset({"streams"}),
    budget=Budget(packets=7200, bytes=720_000, seconds=LIMIT_S + EXTRA_S),
    contacts=contacts,
    emits=(CHECK, PLAIN, "dns.lookup"),
    flag="--https",
)


@dataclass
class Look:
    """One node over one family, and where it stands."""

    region: RelayRegion
    node: RelayNode
    family: Family
    sent_at: float = 0.0
    target: Endpoint | None = None
    step: str = "name"
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """For the Host header."""
        host = f"[{self.node.host_name}]" if ":" in self.node.host_name else self.node.host_name
        return f"{host}:{self.node.effective_derp_port}"


async def run(ctx: ProbeContext) -> None:
    """All of them, so many at once."""
    looks = [
        Look(region, node, family)
        for region in ctx.relay_map.measured_regions()
        for node in region.nodes
        if not node.stun_only
        for family in ctx.families
        if node.may_have(family)
    ]
    ctx.progress("looking at each relay")
    gate = asyncio.Semaphore(GENTLE_CONCURRENT if ctx.options.gentle else MAX_CONCURRENT)
    await asyncio.gather(*(_one(ctx, look, gate) for look in looks))


async def _one(ctx: ProbeContext, look: Look, gate: asyncio.Semaphore) -> None:
    async with gate:
        look.sent_at = ctx.host.clock.now()
        try:
            ip = await ctx.resolve(look.node, look.family)
        except HostError as error:
            if error.failure is not Failure.NAME_NO_ADDRESS:  # that family is simply not there
                _observe(ctx, look, Outcome.REFUSED, error.failure.value, error.message)
            return
        look.target, look.step = Endpoint(ip, look.node.effective_derp_port), "connect"
        if await ctx.host.links.source_for(ip) is None:
            return  # this computer has no way there, which says nothing about the relay
        await asyncio.gather(_check(ctx, look), _port80(ctx, look) if look.node.can_port80 else asyncio.sleep(0))


# -- the relay's own port ----------------------------------------------------------------------------------------------


async def _check(ctx: ProbeContext, look: Look) -> None:
    try:
        async with asyncio.timeout(_patience(ctx)):
            head = await _walk(ctx, look)
    except TimeoutError:
        _observe(ctx, look, Outcome.NO_ANSWER, "timeout", f"no answer, at the step {look.step}")
    except HostError as error:
        await _explain(ctx, look, error)
    except RemoteError as error:
        _observe(ctx, look, Outcome.WRONG, "not-http", error.message)
    except asyncio.CancelledError:
        _observe(ctx, look, Outcome.CANCELLED, "cut", "the run was over before")
        raise
    else:
        good = head.status <= 299
        words = "" if good else f"HTTP status {head.status} instead of an answer"
        try:
            if good:
                await _upgrade(ctx, look)
        finally:
            code = "" if good else "http-status"
            _observe(ctx, look, Outcome.ANSWERED if good else Outcome.REFUSED, code, words, head)


async def _upgrade(ctx: ProbeContext, look: Look) -> None:
    """How it answers who wants to become a relay client; where that is no 101, the same request without the upgrade."""
    with contextlib.suppress(HostError, RemoteError, TimeoutError):
        async with asyncio.timeout(_limit(ctx, EXTRA_S)):
            look.data["upgrade"] = await _status_of(ctx, look, UPGRADE)
            if look.data["upgrade"] != SWITCHING:
                look.data["upgrade_left_out"] = await _status_of(ctx, look, None)


async def _status_of(ctx: ProbeContext, look: Look, headers: dict[str, str] | None) -> int:
    stream = await _connect(ctx, look, EXTRA_S)
    try:
        await stream.start_tls(tls_options(look.node))
        return (await exchange(stream, request_of("GET", RELAY_PATH, look.place, headers))).status
    finally:
        await stream.close()


async def _walk(ctx: ProbeContext, look: Look) -> Head:
    """TCP, TLS, and the first request that is not answered by 404. Raises `HostError`, `RemoteError`."""
    clock = ctx.host.clock
    head: Head | None = None
    for path in (PATH, PROBE_PATH):
        began = clock.now()
        look.step = "connect"
        stream = await _connect(ctx, look, _patience(ctx))
        try:
            look.data.setdefault("connect_ms", round((clock.now() - began) * 1000, 4))
            look.step = "tls"
            await stream.start_tls(tls_options(look.node))
            _keep_tls(ctx, look, stream)
            look.step, asked_at = "http", clock.now()
            head = await exchange(stream, request_of("GET", path, look.place))
            look.data |= {"status": head.status, "path": path}
            look.data["request_ms"] = round((clock.now() - asked_at) * 1000, 4)
            _keep_date(ctx, look.data, head)
        finally:
            await stream.close()
        if head.status != NOT_FOUND:
            break
    assert head is not None
    return head


async def _connect(ctx: ProbeContext, look: Look, limit_s: float) -> Stream:
    assert look.target is not None
    interface = ctx.options.interface or None
    return await ctx.host.streams.connect(look.target, timeout_s=_limit(ctx, limit_s), interface=interface)


def _keep_tls(ctx: ProbeContext, look: Look, stream: Stream) -> None:
    from natscope.wire.certificate import describe

    info = stream.tls
    if info is None or "tls_version" in look.data:
        return
    look.data["tls_version"] = info.version
    if info.handshake_s is not None:
        look.data["tls_ms"] = round(info.handshake_s * 1000, 4)
    look.data |= describe(info.certificates, ctx.host.clock.utc())


def _keep_date(ctx: ProbeContext, data: dict[str, Any], head: Head) -> None:
    offset = clock_offset_s(head.headers.get("date", ""), ctx.host.clock.utc())
    if offset is not None:
        data["clock_off_s"] = offset


async def _explain(ctx: ProbeContext, look: Look, error: HostError) -> None:
    """A failure, with what a further connection tells about it."""
    code, words = error.failure.value, error.message
    try:
        async with asyncio.timeout(_limit(ctx, EXTRA_S)):
            if error.failure is Failure.CERTIFICATE:
                code, words = await _read_certificate(ctx, look, words)
            elif error.failure is Failure.TLS and await _speaks_plain(ctx, look):
                code, words = "plain-http", "the port speaks plain HTTP where the map wants TLS"
            elif look.step == "tls" and error.failure in _DROPPED:
                look.data["other_name"] = "silent"
                passes = await _other_name_passes(ctx, look)
                look.data["other_name"] = "passes" if passes else "fails"
                if passes:
                    code, words = "name-filtered", "the connection is reset for the relay's name, and for no other name"
    except (HostError, TimeoutError):
        pass  # the first failure stands as it is
    outcome = Outcome.WRONG if error.failure in (Failure.CERTIFICATE, Failure.TLS) else Outcome.REFUSED
    if error.failure is Failure.TIMEOUT:
        outcome = Outcome.NO_ANSWER
    elif error.failure in (Failure.UNREACHABLE_HOST, Failure.UNREACHABLE_NET):
        outcome = Outcome.ICMP_ERROR
    elif error.failure in (Failure.PERMISSION, Failure.ADDRESS_NOT_AVAILABLE, Failure.FAMILY_NOT_SUPPORTED):
        outcome = Outcome.LOCAL_ERROR
    if error.failure is Failure.CERTIFICATE:
        look.step = "certificate"
    _observe(ctx, look, outcome, code, words)


async def _read_certificate(ctx: ProbeContext, look: Look, words: str) -> tuple[str, str]:
    """What is wrong with it, by a handshake without checks."""
    from natscope.wire.certificate import describe, judge

    options = tls_options(look.node)
    stream = await _connect(ctx, look, EXTRA_S)
    try:
        await stream.start_tls(TlsOptions(options.server_name, verify=False))
        presented = stream.tls.certificates if stream.tls is not None else ()
    finally:
        await stream.close()
    look.data |= describe(presented, ctx.host.clock.utc())
    problem = judge(presented, options.verify_name or options.server_name, ctx.host.clock.utc(), options.pin_sha256)
    return problem.code, problem.words


async def _speaks_plain(ctx: ProbeContext, look: Look) -> bool:
    """Whether plain HTTP is answered; a TLS server that explains itself by a 400 does not count."""
    stream = await _connect(ctx, look, EXTRA_S)
    try:
        head = await exchange(stream, request_of("GET", PATH, look.place))
    except RemoteError:
        return False
    finally:
        await stream.close()
    return head.status != 400


async def _other_name_passes(ctx: ProbeContext, look: Look) -> bool:
    """Whether the same host shakes hands for another name: a control for a reset right after the first message.

    Raises `HostError` where that is not known.
    """
    stream = await _connect(ctx, look, EXTRA_S)
    try:
        await stream.start_tls(TlsOptions(OTHER_NAME, verify=False))
    except HostError as error:
        if error.failure is Failure.TIMEOUT:
            raise
        return error.failure is Failure.TLS  # an alert is an answer of the server, not a reset
    finally:
        await stream.close()
    return True


def _patience(ctx: ProbeContext) -> float:
    """As long as other relays make one expect, never above `LIMIT_S`."""
    return _limit(ctx, min(LIMIT_S, patience_s(ctx.answered_regions().values())))


def _limit(ctx: ProbeContext, wanted_s: float) -> float:
    return max(0.05, min(wanted_s, ctx.deadline - ctx.host.clock.now() - CLOSING_S))


def _observe(ctx: ProbeContext, look: Look, outcome: Outcome, code: str, words: str, head: Head | None = None) -> None:
    pinned = bool(tls_options(look.node).pin_sha256)
    ctx.observe(
        CHECK,
        outcome,
        target="" if look.target is None else str(look.target),
        family=look.family,
        region_id=look.region.region_id,
        node=look.node.name,
        sent_at=look.sent_at,
        error=code,
        summary=words,
        bytes_sent=head.bytes_sent if head is not None else 0,
        bytes_received=head.bytes_received if head is not None else 0,
        data=look.data | {"step": look.step, "pinned": pinned},
    )


# -- port 80 -----------------------------------------------------------------------------------------------------------


async def _port80(ctx: ProbeContext, look: Look) -> None:
    assert look.target is not None
    target = Endpoint(look.target.ip, 80)
    challenge = f"ts_{look.node.host_name}"
    facts = {"target": str(target), "family": look.family, "region_id": look.region.region_id, "node": look.node.name}
    sent_at = ctx.host.clock.now()
    limit, interface = _patience(ctx), ctx.options.interface or None
    try:
        async with asyncio.timeout(limit):
            stream = await ctx.host.streams.connect(target, timeout_s=limit, interface=interface)
            try:
                headers = {"x-tailscale-challenge": challenge}
                head = await exchange(stream, request_of("GET", "/generate_204", look.node.host_name, headers))
            finally:
                await stream.close()
    except TimeoutError:
        ctx.observe(PLAIN, Outcome.NO_ANSWER, error="timeout", sent_at=sent_at, data={"state": "silent"}, **facts)
    except HostError as error:
        state = "silent" if error.failure is Failure.TIMEOUT else "closed"
        outcome = Outcome.NO_ANSWER if state == "silent" else Outcome.REFUSED
        ctx.observe(PLAIN, outcome, error=error.failure.value, sent_at=sent_at, data={"state": state}, **facts)
    except RemoteError as error:
        state = "tls" if error.message == TLS_WORDS else "other"
        ctx.observe(PLAIN, Outcome.WRONG, error="not-http", summary=error.message, data={"state": state}, **facts)
    else:
        state = _port80_state(head, challenge)
        data: dict[str, Any] = {"state": state, "status": head.status}
        if state == "answers":
            _keep_date(ctx, data, head)
        outcome = Outcome.ANSWERED if state == "answers" else Outcome.REFUSED
        sizes = {"bytes_sent": head.bytes_sent, "bytes_received": head.bytes_received}
        ctx.observe(PLAIN, outcome, sent_at=sent_at, data=data, **sizes, **facts)


def _port80_state(head: Head, challenge: str) -> str:
    if head.status == 204 and head.headers.get("x-tailscale-response", "") == f"response {challenge}":
        return "answers"
    return "redirects" if 300 <= head.status <= 399 else "other"
