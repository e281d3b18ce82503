"""Loads the relay map a user chose: a URL, a file, standard input, a running tailscaled, or the default URL.

Reading a file imports neither YAML (unless it is YAML) nor anything about URLs: start-up is budgeted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from natscope.errors import CannotMeasure, UserError
from natscope.model.relay_map import LoadedMap
from natscope.netcheck.map_file import read_map_file, read_map_stdin
from natscope.netcheck.map_usable import read_usable_map, without_unknown_fields
from natscope.netcheck.options import MapChoice
from natscope.wire.relay_map_hosts import is_vendor_host

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Protocol, TypeAlias

    from natscope.host.api import Host
    from natscope.host.http_api import Http

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

STDIN = "-"


async def load_map(
    host: Host, http: Http, choice: MapChoice, *, stdin: Callable[[int], bytes], ask_daemon: AskDaemon | None = None
) -> LoadedMap:
    """The map, from where `choice` says. `stdin(n)` reads at most n bytes; None as `ask_daemon` asks no daemon.

    Raises `UserError` for something that is no map or has no usable region, `CannotMeasure` when nobody gives one.
    """
    where = choice.where
    if where == STDIN:
        return _given(read_map_stdin(stdin, choice.max_bytes), "standard input", STDIN, "stdin")
    path = path_of(where)
    if path:
        return _given(read_map_file(path, choice.max_bytes), path, path, "file")
    note = ""
    if not where and choice.use_tailscaled and not choice.offline and ask_daemon is not None:
        answer = await ask_daemon(host, http, choice.socket)
        if answer.data is not None:
            return _from_daemon(answer.data)
        note = answer.note
    from natscope.netcheck.map_fetch import load_from_url

    loaded = await load_from_url(host, http, choice, where or choice.default_url)
    return msgspec.structs.replace(loaded, warning="; ".join(filter(None, (note, loaded.warning)))) if note else loaded


def path_of(where: str) -> str:
    """The file that `where` names by its path or as a `file://` URL; empty for other URLs and for nothing."""
    if "://" not in where:
        return where
    from natscope.netcheck.map_url import file_of, is_url

    if not is_url(where):
        return where
    return file_of(where) or ""


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
        problems=without_unknown_fields(reading.problems),
        vendor=all(is_vendor_host(name) for name in hosts),
    )
