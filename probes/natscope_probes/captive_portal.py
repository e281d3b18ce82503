"""Whether somebody answers web requests in a relay's place (a login page).

Question: is there a captive portal?
Method: `GET /generate_204` over plain HTTP, with a challenge (`X-Tailscale-Challenge: ts_<host>`) that only a real
relay answers (`X-Tailscale-Response: response ts_<host>`), at the two nearest relays of the map in use that offer
port 80 (`CanPort80`). The vendor's own hosts are asked only with the vendor's own map, and only where it has no such
relay. Upstream: net/captivedetection, cmd/derper.
Can tell: yes, from a redirect elsewhere or another page; no, from one challenge answered rightly.
Cannot tell: anything from errors, silence, a 204 of a host that was not challenged (proxies send such), or a relay that
stands behind a web server of its own (a 204 without the answer, a redirect to itself, an error page): upstream takes
those for portals, we do not.
Disturbs: nothing; at most two small requests.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from natscope.host.api import Failure, HostError
from natscope.host.http_api import HttpRequest, HttpResponse
from natscope.model.endpoint import Endpoint
from natscope.model.observation import Outcome
from natscope.model.relay_map import RelayMap, RelayNode
from natscope.plugins.probe import Budget, Contact, Probe, Scope

if TYPE_CHECKING:
    from natscope.plugins.probe_context import ProbeContext

PATH = "/generate_204"
PORT = 80
MAX_NODES = 2
LOOK_S = 0.3
"""So long the nearest relays may show themselves; then the map's order decides."""
LIMIT_S = 3.0
CLOSING_S = 0.05
ROUND_TRIPS, SERVER_S = 2, 0.1
"""A connection and a request; what a server takes, and as much more as this computer was late to ask."""
REQUEST_BYTES = 300
MAX_VIA = 60
VENDOR_HOSTS = ("controlplane.tailscale.com", "login.tailscale.com")

RIGHT = "right"
ALTERED = "altered"
UNCLEAR = "unclear"
LOGIN_REQUIRED = 511
"""RFC 6585 §6: Network Authentication Required."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom to ask: a relay with the challenge, or (`node` None) a host of the vendor without one."""

    host: str
    node: RelayNode | None
    region_id: int | None

    @property
    def challenge(self) -> str:
        """What only this relay answers."""
        return f"ts_{self.host}" if self.node is not None else ""


def candidates(relay_map: RelayMap, nearest: dict[int, float], *, vendor: bool) -> tuple[Candidate, ...]:
    """At most two, the nearest regions' first; regions to avoid are left out."""
    regions = [r for r in relay_map.measured_regions() if not r.avoid]
    regions.sort(key=lambda r: (nearest.get(r.region_id, float("inf")), r.region_id))
    found = [
        Candidate(node.host_name, node, region.region_id)
        for region in regions
        for node in [n for n in region.nodes if n.can_port80][:1]
    ]
    if not found and vendor:
        return tuple(Candidate(host, None, None) for host in VENDOR_HOSTS)
    return tuple(found[:MAX_NODES])


def when(scope: Scope) -> str:
    """Nobody to ask is a reason to skip."""
    if candidates(scope.loaded_map.relay_map, {}, vendor=scope.loaded_map.vendor):
        return ""
    return "no relay of the map offers a page on port 80 (CanPort80)"


def contacts(scope: Scope) -> tuple[Contact, ...]:
    """All that may be chosen: which two, the round trips decide."""
    loaded = scope.loaded_map
    hosts = [n.host_name for r in loaded.relay_map.measured_regions() if not r.avoid for n in r.nodes if n.can_port80]
    if not hosts and loaded.vendor:
        hosts = list(VENDOR_HOSTS)
    return tuple(
        Contact(
            host=host,
            port=PORT,
            protocol="tcp",
            packets=6,
            bytes=REQUEST_BYTES,
            seconds=LOOK_S + LIMIT_S,
            why="login page check (two of these)" if len(hosts) > MAX_NODES else "login page check",
            always=True,
        )
        for host in dict.fromkeys(hosts)
    )


PROBE = Probe(
    name="captive_portal",
    title="login page (captive portal)",
    when=when,
    needs=frozenset({"streams"}),
    budget=Budget(packets=12, bytes=2 * REQUEST_BYTES, seconds=LOOK_S + LIMIT_S),
    contacts=contacts,
    emits=("captive.challenge", "dns.lookup"),
    holds=False,
)


async def run(ctx: ProbeContext) -> None:
    """Ask the nearest relays, side by side."""
    began = ctx.host.clock.now()
    await _wait_for_nearest(ctx)
    nearest = dict(ctx.answered_regions())
    chosen = candidates(ctx.relay_map, nearest, vendor=ctx.vendor)
    late_s = _own_delay(ctx, began)
    await asyncio.gather(*(_ask(ctx, candidate, nearest, late_s) for candidate in chosen))


def _own_delay(ctx: ProbeContext, began: float) -> float:
    """How long this computer took to get here and to load what asks, waiting for relays apart."""
    now = ctx.host.clock.now
    loading = now()
    _ = ctx.http
    return began - ctx.started + now() - loading


async def _wait_for_nearest(ctx: ProbeContext) -> None:
    """Until two relays with a page have answered over UDP, or `LOOK_S`: then the nearest are known."""
    offering = [r.region_id for r in ctx.relay_map.measured_regions() if any(n.can_port80 for n in r.nodes)]
    until = ctx.started + LOOK_S
    while ctx.host.clock.now() < until:
        answered = ctx.answered_regions()
        if sum(region_id in answered for region_id in offering) >= min(MAX_NODES, len(offering)):
            return
        await ctx.stun_activity(until)


async def _ask(ctx: ProbeContext, candidate: Candidate, nearest: dict[int, float], late_s: float) -> None:
    host = f"[{candidate.host}]" if ":" in candidate.host else candidate.host
    url = f"http://{host}{PATH}"
    sent_at = ctx.host.clock.now()
    facts: dict[str, Any] = {"target": url, "region_id": candidate.region_id, "sent_at": sent_at}
    if candidate.node is not None:
        facts["node"] = candidate.node.name
    round_trip_s = nearest.get(candidate.region_id or 0, 0.0)
    ctx.expect_until(sent_at + ROUND_TRIPS * round_trip_s + max(SERVER_S, late_s))
    try:
        response = await ctx.http.fetch(await _request(ctx, candidate, url))
    except HostError as error:
        outcome = Outcome.NO_ANSWER if error.failure is Failure.TIMEOUT else Outcome.LOCAL_ERROR
        ctx.observe("captive.challenge", outcome, error=error.failure.value, summary=error.message, **facts)
        return
    except asyncio.CancelledError:
        ctx.observe("captive.challenge", Outcome.CANCELLED, error="cut", summary="the run was over before", **facts)
        raise
    _record(ctx, candidate, response, facts)


async def _request(ctx: ProbeContext, candidate: Candidate, url: str) -> HttpRequest:
    connect_to = None
    if candidate.node is not None:
        connect_to = await _endpoint(ctx, candidate.node)
    headers = {"cache-control": "no-cache, no-store, must-revalidate"}
    if candidate.challenge:
        headers["x-tailscale-challenge"] = candidate.challenge
    remaining = ctx.deadline - ctx.host.clock.now() - CLOSING_S
    return HttpRequest(
        url=url,
        headers=headers,
        timeout_s=max(0.05, min(LIMIT_S, remaining)),
        max_bytes=1024,
        connect_to=connect_to,
        interface=ctx.options.interface or None,
    )


async def _endpoint(ctx: ProbeContext, node: RelayNode) -> Endpoint:
    """The node's address, IPv4 before IPv6; one without a route only where there is no other. Raises `HostError`."""
    refused = HostError(Failure.NAME_NO_ADDRESS, f"{node.name} has no address of the families in use")
    unreachable: Endpoint | None = None
    for family in ctx.families:
        try:
            ip = await ctx.resolve(node, family)
        except HostError as error:
            refused = error
            continue
        if await ctx.host.links.source_for(ip) is not None:
            return Endpoint(ip, PORT)
        unreachable = unreachable or Endpoint(ip, PORT)
    if unreachable is not None:
        return unreachable
    raise refused


def judge(response: HttpResponse, candidate: Candidate, own_addresses: tuple[str, ...] = ()) -> tuple[str, str, str]:
    """What an answer means: `right`, `altered` or `unclear`, a code, and words."""
    status = response.status
    if status == 204:
        if not candidate.challenge:
            return UNCLEAR, "no-challenge", "204 as it should be, but a proxy's copy of it would look the same"
        if response.headers.get("x-tailscale-response", "") == f"response {candidate.challenge}":
            return RIGHT, "", ""
        return UNCLEAR, "no-challenge-answer", "204 without the answer to the challenge: a web server in front?"
    if 300 <= status <= 399:
        place = response.headers.get("location", "")
        if _is_own(place, candidate, own_addresses):
            return UNCLEAR, "own-redirect", "the relay redirects its own port 80"
        return ALTERED, "redirect", f"redirected to {place[:200] or 'nowhere'}"
    if status == LOGIN_REQUIRED:
        return ALTERED, "login-required", "the network says that a login is required (511)"
    if 200 <= status <= 299:
        return ALTERED, "other-page", f"another page came back (HTTP {status})"
    return UNCLEAR, "http-status", f"HTTP status {status}: the relay's own web server may say that"


def _is_own(place: str, candidate: Candidate, own_addresses: tuple[str, ...]) -> bool:
    """Whether a redirect stays with the relay's owner: no host at all, its name or address, or its parent domain."""
    from urllib.parse import urlsplit  # loaded with the HTTP client anyway

    try:
        host = urlsplit(place).hostname
    except ValueError:
        return False
    if not place:
        return False
    if host is None:
        return True
    host, own = host.rstrip("."), candidate.host.lower().rstrip(".")
    parent = own.partition(".")[2]
    in_domain = "." in parent and (host == parent or host.endswith(f".{parent}"))
    return host in (own, *own_addresses) or (in_domain and not own.rpartition(".")[2].isdecimal())


def _via(response: HttpResponse) -> dict[str, str]:
    """How a proxy on the way names itself (RFC 9110 §7.6.3), if it does."""
    told = response.headers.get("via", "") or response.headers.get("x-cache", "")
    return {"via": told[:MAX_VIA]} if told else {}


def clock_of(ctx: ProbeContext, response: HttpResponse) -> dict[str, float]:
    """How far the answer's clock is ahead of ours (`clock_off_s`), where it tells the time."""
    from natscope.wire.http_date import clock_offset_s

    offset = clock_offset_s(response.headers.get("date", ""), ctx.host.clock.utc())
    return {} if offset is None else {"clock_off_s": offset}


def _record(ctx: ProbeContext, candidate: Candidate, response: HttpResponse, facts: dict[str, Any]) -> None:
    own: tuple[str, ...] = (str(response.remote.ip),) if response.remote is not None else ()
    if candidate.node is not None:
        own += tuple(text for text in (candidate.node.ipv4, candidate.node.ipv6) if text)
    meaning, code, words = judge(response, candidate, own)
    outcome = {RIGHT: Outcome.ANSWERED, ALTERED: Outcome.WRONG, UNCLEAR: Outcome.REFUSED}[meaning]
    ctx.observe(
        "captive.challenge",
        outcome,
        received_at=ctx.host.clock.now(),
        source="" if response.remote is None else str(response.remote),
        bytes_sent=response.bytes_sent,
        bytes_received=response.bytes_received,
        error=code,
        summary=words,
        data={"status": response.status, "meaning": meaning, "challenge": candidate.challenge}
        | clock_of(ctx, response)
        | _via(response),
        **facts,
    )
