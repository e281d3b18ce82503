"""Fetches the relay map behind a URL; when that fails, the copy of an earlier run serves and says its age."""

from __future__ import annotations

from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Host, HostError
from natscope.host.http_api import Http, HttpRequest
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.map_cache import BrokenCacheError, load_cached, store
from natscope.netcheck.map_file import too_large
from natscope.netcheck.map_url import check_url, is_vendor_url, shown_url
from natscope.netcheck.map_usable import read_usable_map, without_unknown_fields
from natscope.netcheck.options import MapChoice
from natscope.wire.relay_map_form import is_web_page
from natscope.wire.relay_map_reading import Reading

REDIRECTS = 3

_HINT = "a map can also be a file: --derp-map FILE"


async def load_from_url(host: Host, http: Http, choice: MapChoice, url: str) -> LoadedMap:
    """The map behind `url`, or the kept copy. Raises `UserError` and `CannotMeasure` when there is neither."""
    check_url(url)
    if choice.offline:
        return _from_cache(host, choice, url, CannotMeasure(f"{shown_url(url)} is not fetched while offline"))
    try:
        body = await fetch_map(http, url, timeout_s=choice.timeout_s, max_bytes=choice.max_bytes)
        reading = read_usable_map(body, shown_url(url), form_name=url)
    except (CannotMeasure, UserError) as error:
        return _from_cache(host, choice, url, error)
    return _loaded(reading, url, warning=_keep(host, choice, url, body))


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
        reason = error.message.removeprefix(f"{url}: ").replace(url, name)
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


def _from_cache(host: Host, choice: MapChoice, url: str, why: CannotMeasure | UserError) -> LoadedMap:
    """The kept copy with the reason why it serves; raises `why` when there is none."""
    try:
        cached = load_cached(choice.cache_dir, url, choice.max_bytes)
        reading = read_usable_map(cached.body.encode(), "it", form_name=url) if cached is not None else None
    except (BrokenCacheError, UserError) as broken:
        reason = broken.message if isinstance(broken, UserError) else str(broken)
        raise type(why)(f"{why.message}; the copy kept for this cannot be used: {reason}", hint=why.hint) from broken
    if cached is None or reading is None:
        if choice.offline:
            raise CannotMeasure(f"offline, and no copy of {shown_url(url)} was kept", hint=_HINT) from why
        raise why
    age_s = cached.age_s(host.clock.utc())
    return _loaded(reading, url, age_s=age_s, warning=f"{why.message}; using the copy kept {_ago(age_s)}")


def _keep(host: Host, choice: MapChoice, url: str, body: bytes) -> str:
    """Store a fetched map; gives a warning when that fails."""
    if not choice.cache_dir:
        return ""
    try:
        store(choice.cache_dir, url, body, host.clock.utc())
    except OSError as error:
        return f"the relay map could not be kept for later: {(error.strerror or 'unknown reason').lower()}"
    return ""


def _loaded(reading: Reading, url: str, *, age_s: float | None = None, warning: str = "") -> LoadedMap:
    return LoadedMap(
        relay_map=reading.relay_map,
        source=shown_url(url),
        kind="url",
        problems=without_unknown_fields(reading.problems),
        cached_age_s=age_s,
        warning=warning,
        vendor=is_vendor_url(url),
    )


def _ago(seconds: float) -> str:
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min"), (129600, 3600, "h")):
        if seconds < limit:
            return f"{round(seconds / unit)} {name} ago"
    return f"{round(seconds / 86400)} d ago"
