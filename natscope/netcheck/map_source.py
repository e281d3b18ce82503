"""Loads the relay map a user chose: a URL, a file, standard input, a running tailscaled, or the default URL.

A map that was fetched is kept; when its URL fails later, the copy serves and says its age. Reading a file imports
neither YAML (unless it is YAML) nor HTTP.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import msgspec

from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Host, HostError
from natscope.host.http_api import Http, HttpRequest
from natscope.model.relay_map import LoadedMap, MapProblem
from natscope.netcheck.map_cache import BrokenCacheError, load_cached, store
from natscope.netcheck.map_file import read_map_file, read_map_stdin, too_large
from natscope.netcheck.map_url import check_url, file_of, is_url, is_vendor_url, shown_url
from natscope.netcheck.options import MapChoice
from natscope.wire.relay_map_form import is_web_page, read_relay_map
from natscope.wire.relay_map_hosts import is_vendor_host
from natscope.wire.relay_map_reading import Reading

REDIRECTS = 3
STDIN = "-"

_HINT = "a map can also be a file: --derp-map FILE"


class DaemonAnswer(Protocol):
    """What a running tailscaled gave: its map as JSON or None, and why not when it is there."""

    @property
    def data(self) -> bytes | None:
        """The map."""
        ...

    @property
    def note(self) -> str:
        """Why there is none, empty when no daemon runs."""
        ...


AskDaemon: TypeAlias = Callable[[Host, Http, str], Awaitable[DaemonAnswer]]
"""`natscope.tailscaled.map.ask_tailscaled`; the socket is empty for the usual place."""


async def load_map(
    host: Host, http: Http, choice: MapChoice, *, stdin: Callable[[int], bytes], ask_daemon: AskDaemon | None = None
) -> LoadedMap:
    """The map, from where `choice` says. `stdin(n)` reads at most n bytes; None as `ask_daemon` asks no daemon.

    Raises `UserError` for something that is no map or has no usable region, `CannotMeasure` when nobody gives one.
    """
    where = choice.where
    path = file_of(where) if is_url(where) else None
    if where == STDIN:
        return _given(read_map_stdin(stdin, choice.max_bytes), "standard input", STDIN, "stdin")
    if where and (path is not None or not is_url(where)):
        path = where if path is None else path
        return _given(read_map_file(path, choice.max_bytes), path, path, "file")
    note = ""
    if not where and choice.use_tailscaled and not choice.offline and ask_daemon is not None:
        answer = await ask_daemon(host, http, choice.socket)
        if answer.data is not None:
            return _from_daemon(answer.data)
        note = answer.note
    loaded = await _from_url(host, http, choice, where or choice.default_url)
    return msgspec.structs.replace(loaded, warning="; ".join(filter(None, (note, loaded.warning)))) if note else loaded


def _given(data: bytes, name: str, source: str, kind: str) -> LoadedMap:
    reading = read_usable_map(data, name)
    return LoadedMap(relay_map=reading.relay_map, source=source, kind=kind, problems=reading.problems)


def _from_daemon(data: bytes) -> LoadedMap:
    try:
        reading = read_usable_map(data, "the relay map of tailscaled", form_name="map.json")
    except UserError as error:
        raise CannotMeasure(error.message, hint="give a map yourself: --derp-map URL or FILE") from error
    hosts = [node.host_name for region in reading.relay_map.regions for node in region.nodes]
    return LoadedMap(
        relay_map=reading.relay_map,
        source="tailscaled",
        kind="localapi",
        problems=_not_merely_new(reading.problems),
        vendor=all(is_vendor_host(name) for name in hosts),
    )


async def _from_url(host: Host, http: Http, choice: MapChoice, url: str) -> LoadedMap:
    check_url(url)
    if choice.offline:
        return _from_cache(host, choice, url, CannotMeasure(f"{shown_url(url)} is not fetched while offline"))
    try:
        body = await fetch_map(http, url, timeout_s=choice.timeout_s, max_bytes=choice.max_bytes)
        reading = read_usable_map(body, shown_url(url), form_name=url)
    except (CannotMeasure, UserError) as error:
        return _from_cache(host, choice, url, error)
    warning = _keep(host, choice, url, body)
    return _fetched(reading, url, warning=warning)


async def fetch_map(http: Http, url: str, *, timeout_s: float, max_bytes: int) -> bytes:
    """The bytes behind a URL. Raises `CannotMeasure` when nobody gives them, `UserError` when they are too many."""
    check_url(url)
    request = HttpRequest(
        url=url,
        headers={"accept": "application/json, application/yaml;q=0.9, */*;q=0.5"},
        timeout_s=timeout_s,
        max_bytes=max_bytes,
        redirects=REDIRECTS,
        proxy=True,
    )
    name = shown_url(url)
    try:
        response = await http.fetch(request)
    except HostError as error:
        reason = error.message.removeprefix(f"{url}: ")
        raise CannotMeasure(f"cannot fetch the relay map {name}: {reason}", hint=_HINT) from error
    if response.status != 200:
        raise CannotMeasure(f"cannot fetch the relay map {name}: the server answered {response.status}", hint=_HINT)
    if response.truncated:
        raise too_large(name, max_bytes)
    if is_web_page(response.body):
        raise CannotMeasure(
            f"{name} answered with a web page instead of a relay map: perhaps this network wants you to sign in",
            hint="open any web page in a browser, or use a map that is a file: --derp-map FILE",
        )
    return response.body


def read_usable_map(data: bytes, name: str, *, form_name: str = "") -> Reading:
    """Read a map; raises `UserError`, naming it `name`, when it is none or nothing in it can be used."""
    try:
        reading = read_relay_map(data, name=form_name or name)
    except UserError as error:
        raise UserError(f"{name} {error.message}", hint=error.hint) from None
    if not reading.relay_map.regions:
        raise _nothing_usable(reading, name)
    return reading


def _nothing_usable(reading: Reading, name: str) -> UserError:
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    if not errors:
        return UserError(f"{name} has no relay: all its regions are null")
    first = errors[0]
    where = f"line {first.line}: " if first.line else f"{first.place}: "
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    count = f"its {reading.total_regions} regions" if reading.total_regions > 1 else "its region"
    message = f"{name}: no relay can be used: {count}: {where}{first.message}{more}"
    return UserError(message, hint=f"natscope derp map lint {name}" if ":" not in name and " " not in name else "")


@dataclass(frozen=True, slots=True)
class _Copy:
    """A cached map and how old it is."""

    reading: Reading
    age_s: float


def _from_cache(host: Host, choice: MapChoice, url: str, why: CannotMeasure | UserError) -> LoadedMap:
    """The kept copy with the reason why it serves; raises `why` when there is none."""
    try:
        copy = _cached(host, choice, url)
    except (BrokenCacheError, UserError) as broken:
        reason = broken.message if isinstance(broken, UserError) else str(broken)
        raise type(why)(f"{why.message}; the copy kept for this cannot be used: {reason}", hint=why.hint) from broken
    if copy is None and choice.offline:
        raise CannotMeasure(f"offline, and no copy of {shown_url(url)} was kept", hint=_HINT) from why
    if copy is None:
        raise why
    return _fetched(
        copy.reading, url, age_s=copy.age_s, warning=f"{why.message}; using the copy kept {_ago(copy.age_s)}"
    )


def _cached(host: Host, choice: MapChoice, url: str) -> _Copy | None:
    cached = load_cached(choice.cache_dir, url, choice.max_bytes)
    if cached is None:
        return None
    return _Copy(read_usable_map(cached.body.encode(), "it", form_name=url), cached.age_s(host.clock.utc()))


def _keep(host: Host, choice: MapChoice, url: str, body: bytes) -> str:
    """Store a fetched map; gives a warning when that fails."""
    if not choice.cache_dir:
        return ""
    try:
        store(choice.cache_dir, url, body, host.clock.utc())
    except OSError as error:
        return f"the relay map could not be kept for later: {(error.strerror or 'unknown reason').lower()}"
    return ""


def _fetched(reading: Reading, url: str, *, age_s: float | None = None, warning: str = "") -> LoadedMap:
    return LoadedMap(
        relay_map=reading.relay_map,
        source=shown_url(url),
        kind="url",
        problems=_not_merely_new(reading.problems),
        cached_age_s=age_s,
        warning=warning,
        vendor=is_vendor_url(url),
    )


def _not_merely_new(problems: tuple[MapProblem, ...]) -> tuple[MapProblem, ...]:
    """Without the fields that we do not know: a map that others maintain may gain some."""
    return tuple(problem for problem in problems if problem.code != "unknown-field")


def _ago(seconds: float) -> str:
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (129600, 3600, "h")):
        if seconds < limit:
            return f"{round(seconds / unit)} {name} ago"
    return f"{round(seconds / 86400)} d ago"
