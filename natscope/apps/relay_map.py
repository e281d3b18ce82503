"""Puts the sources of a relay map together: what the user named, a running tailscaled, the default URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from natscope.errors import UserError
from natscope.host.api import Host
from natscope.host.http_api import Http
from natscope.model.relay_map import LoadedMap, MapProblem, RelayMap
from natscope.netcheck.map_file import read_map_file, read_map_stdin
from natscope.netcheck.map_source import STDIN, load_map, path_of
from natscope.netcheck.options import MapChoice


@dataclass(frozen=True, slots=True)
class Linted:
    """A map that was looked through: its name, its lines, what can be used and all that is wrong or unwise."""

    name: str
    lines: tuple[str, ...]
    relay_map: RelayMap
    problems: tuple[MapProblem, ...]
    total_regions: int


async def load_relay_map(host: Host, http: Http, choice: MapChoice, *, stdin: Callable[[int], bytes]) -> LoadedMap:
    """`natscope.netcheck.map_source.load_map` with the daemon of this computer among its sources."""
    from natscope.tailscaled.map import ask_tailscaled

    return await load_map(host, http, choice, stdin=stdin, ask_daemon=ask_tailscaled)


def lint_relay_map(choice: MapChoice, *, stdin: Callable[[int], bytes]) -> Linted:
    """Read the map `choice.where` and look for everything wrong or unwise in it. Nothing but a URL touches the network.

    Raises `UserError` for what is no map, `CannotMeasure` for a URL that gives none.
    """
    from natscope.wire.relay_map_form import read_relay_map
    from natscope.wire.relay_map_lint import lint

    name, data = _read(choice, stdin)
    try:
        reading = read_relay_map(data, name=name, thorough=True)
    except UserError as error:
        raise UserError(f"{name} {error.message}", hint=error.hint) from None
    lines = tuple(data.decode("utf-8-sig").split("\n"))
    return Linted(name, lines, reading.relay_map, lint(reading), reading.total_regions)


def _read(choice: MapChoice, stdin: Callable[[int], bytes]) -> tuple[str, bytes]:
    where = choice.where
    if where == STDIN:
        return "standard input", read_map_stdin(stdin, choice.max_bytes)
    path = path_of(where)
    if path or not where:
        return path, read_map_file(path, choice.max_bytes)
    from natscope.netcheck.map_url import shown_url

    return shown_url(where), _fetch(choice)


def _fetch(choice: MapChoice) -> bytes:
    import asyncio

    from natscope.host.real.host import build_real_host
    from natscope.netcheck.map_fetch import fetch_map
    from natscope.web.client import HttpClient

    async def fetch() -> bytes:
        http = HttpClient(build_real_host())
        return await fetch_map(http, choice.where, timeout_s=choice.timeout_s, max_bytes=choice.max_bytes)

    return asyncio.run(fetch())
