"""The relay map of the tailnet that this computer is part of, when a tailscaled runs here."""

from __future__ import annotations

from dataclasses import dataclass

from natscope.errors import CannotMeasure, RefusedError
from natscope.host.api import Host, HostError
from natscope.host.http_api import Http
from natscope.tailscaled.client import fetch_derp_map
from natscope.tailscaled.socket_path import default_socket_paths, is_trusted_socket


@dataclass(frozen=True, slots=True)
class DaemonMap:
    """What the daemon gave. `data` is JSON or None; `note` says why a daemon that is there gave none."""

    data: bytes | None = None
    note: str = ""


async def ask_tailscaled(host: Host, http: Http, socket: str = "") -> DaemonMap:
    """Ask the daemon at `socket`, or the one in the usual place.

    Raises `CannotMeasure` when `socket` was named and does not answer; a usual place that does not answer is a note,
    one that is empty is nothing.
    """
    if socket:
        return await _ask(http, socket)
    for path in default_socket_paths(host.identity.os):
        if is_trusted_socket(path):
            try:
                return await _ask(http, path)
            except CannotMeasure as error:
                return DaemonMap(note=error.message)
    return DaemonMap()


async def _ask(http: Http, path: str) -> DaemonMap:
    try:
        data = await fetch_derp_map(http, path)
    except (HostError, RefusedError) as error:
        hint = "give a map yourself: --derp-map URL or FILE"
        raise CannotMeasure(f"tailscaled at {path} does not answer: {error.message}", hint=hint) from error
    note = "" if data is not None else f"tailscaled at {path} has no relay map (is it logged in?)"
    return DaemonMap(data, note)
