"""Which relay map a netcheck would use, as far as that can be told without a network; with one, asked now."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from natscope.doctor.facts import ClockFacts, Contact, DaemonFacts, MapFacts
from natscope.errors import NatscopeError, UserError
from natscope.host.api import Host, HostError
from natscope.host.http_api import Http, HttpRequest
from natscope.model.relay_map import RelayMap
from natscope.netcheck.map_cache import BrokenCacheError, load_cached
from natscope.netcheck.map_file import read_map_file
from natscope.netcheck.map_source import STDIN, path_of
from natscope.netcheck.map_url import check_url, shown_url
from natscope.netcheck.map_usable import read_usable_map
from natscope.netcheck.options import MapChoice
from natscope.tailscaled.client import fetch_derp_map
from natscope.wire.http_date import clock_offset_s

LATENCY_PAGE = "/derp/latency-check"
LIMIT_S = 5.0
REDIRECTS = 3


class FoundMap(msgspec.Struct, frozen=True):
    """The facts, and the map itself where it could be read."""

    facts: MapFacts
    relay_map: RelayMap | None = None


async def look_for_map(host: Host, http: Http, choice: MapChoice, daemon: DaemonFacts) -> FoundMap:
    """In the order of a netcheck: the one named, tailscaled's, the kept copy. Nothing leaves this computer."""
    where = choice.where
    if where == STDIN:
        return FoundMap(MapFacts(source="standard input", kind="stdin"))
    path = path_of(where)
    if path:
        return _read(path, "file", lambda: read_map_file(path, choice.max_bytes))
    if not where and choice.use_tailscaled and not choice.offline and daemon.contact is Contact.ANSWERED:
        found = await _of_daemon(http, daemon.socket)
        if found is not None:
            return found
    return _kept(host, choice, where or choice.default_url)


async def fetch_now(host: Host, http: Http, choice: MapChoice, found: FoundMap) -> tuple[FoundMap, ClockFacts]:
    """The map of a URL fetched now, and the clock of who answered; of a map that is no URL one relay is asked."""
    if found.facts.kind in ("file", "tailscaled"):
        return found, await _clock_of_relay(host, http, found.relay_map)
    url = choice.where or choice.default_url
    name = shown_url(url)
    try:
        check_url(url)
    except UserError as error:
        what = "the doctor reads no map from standard input" if url == STDIN else error.message
        return FoundMap(msgspec.structs.replace(found.facts, error=what), found.relay_map), ClockFacts(reason=what)
    request = HttpRequest(url=url, timeout_s=LIMIT_S, max_bytes=choice.max_bytes, redirects=REDIRECTS, proxy=True)
    try:
        response = await http.fetch(request)
    except HostError as error:
        facts = msgspec.structs.replace(found.facts, error=f"{name} cannot be fetched: {_without(error.message, url)}")
        return FoundMap(facts, found.relay_map), ClockFacts(server=name, reason=f"{name} does not answer")
    clock = _clock(name, response.headers.get("date", ""), host)
    if response.status != 200 or response.truncated:
        what = "is too large" if response.truncated else f"answered {response.status}"
        return FoundMap(msgspec.structs.replace(found.facts, error=f"{name} {what}"), found.relay_map), clock
    return _read(name, "fetched", lambda: response.body, form_name=url), clock


def _read(source: str, kind: str, read: Callable[[], bytes], *, form_name: str = "") -> FoundMap:
    """A map of those bytes, or what is wrong with it."""
    try:
        reading = read_usable_map(read(), source, form_name=form_name)
    except NatscopeError as error:
        return FoundMap(MapFacts(source=source, kind=kind, error=error.message))
    return FoundMap(MapFacts(source=source, kind=kind, regions=len(reading.relay_map.regions)), reading.relay_map)


async def _of_daemon(http: Http, socket: str) -> FoundMap | None:
    """None where it has none (not logged in)."""
    try:
        data = await fetch_derp_map(http, socket)
    except NatscopeError as error:
        return FoundMap(MapFacts(source=socket, kind="tailscaled", error=error.message))
    return None if data is None else _read("the relay map of tailscaled", "tailscaled", lambda: data)


def _kept(host: Host, choice: MapChoice, url: str) -> FoundMap:
    name = shown_url(url)
    try:
        cached = load_cached(choice.cache_dir, url, choice.max_bytes)
    except BrokenCacheError as error:
        return FoundMap(MapFacts(source=name, kind="cache", error=str(error)))
    if cached is None:
        return FoundMap(MapFacts(source=name, kind="none"))
    found = _read(name, "cache", cached.body.encode, form_name=url)
    return msgspec.structs.replace(
        found, facts=msgspec.structs.replace(found.facts, age_s=cached.age_s(host.clock.utc()))
    )


async def _clock_of_relay(host: Host, http: Http, relay_map: RelayMap | None) -> ClockFacts:
    """One relay's page over HTTPS; its certificate is checked as usual."""
    regions = relay_map.measured_regions() if relay_map is not None else ()
    node = next((node for region in regions for node in region.nodes if not node.stun_only), None)
    if node is None:
        return ClockFacts(reason="there is no relay to ask")
    port = "" if node.effective_derp_port == 443 else f":{node.effective_derp_port}"
    url = f"https://{node.host_name}{port}{LATENCY_PAGE}"
    try:
        response = await http.fetch(HttpRequest(url=url, timeout_s=LIMIT_S, proxy=True))
    except HostError as error:
        return ClockFacts(server=node.host_name, reason=error.message)
    return _clock(node.host_name, response.headers.get("date", ""), host)


def _clock(server: str, date: str, host: Host) -> ClockFacts:
    off_s = clock_offset_s(date, host.clock.utc()) if date else None
    reason = "" if off_s is not None else f"{server} does not tell the time"
    return ClockFacts(server=server, off_s=off_s, reason=reason)


def _without(message: str, url: str) -> str:
    return message.removeprefix(f"{url}: ").replace(url, shown_url(url))
