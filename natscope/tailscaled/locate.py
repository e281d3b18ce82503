"""Finds the socket of the tailscaled of this computer, or says why there is none and what helps.

Not installed, not running, of another user, and forms of Tailscale that have no such socket are told apart.
Source: upstream paths/paths.go, safesocket (Unix socket, named pipe, sandboxed macOS app).
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from natscope.errors import CannotMeasure, NotRunning, UserError
from natscope.tailscaled.refusals import start_command
from natscope.tailscaled.socket_path import default_socket_paths, is_trusted_socket

_PROGRAM_FOLDERS = ("/usr/sbin", "/usr/bin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin", "/snap/bin")
MAC_APP = "/Applications/Tailscale.app"
FROM_FILE = "tailscale status --json > status.json, then natscope status --from status.json"


@dataclass(frozen=True, slots=True)
class Place:
    """What decides where a socket is looked for: `system` is `Identity.os`, `environ` has PATH.

    `paths` None: the usual ones of the system.
    """

    system: str
    environ: Mapping[str, str]
    paths: tuple[str, ...] | None = None
    folders: tuple[str, ...] = _PROGRAM_FOLDERS
    mac_app: str = MAC_APP


def locate(place: Place, socket: str = "") -> str:
    """The path of the socket: `socket` if it is given, else the first usual one that stands there.

    Raises `UserError` for a `socket` that is none, `CannotMeasure` when nothing can be asked, `NotRunning` when a
    daemon that is installed has to be started first.
    """
    if socket:
        return _named(socket)
    if place.system == "Windows":
        raise CannotMeasure(
            "tailscaled on Windows listens on a named pipe, which natscope cannot ask",
            hint=f"in its place: {FROM_FILE}",
        )
    paths = default_socket_paths(place.system) if place.paths is None else place.paths
    for path in paths:
        if is_trusted_socket(path):
            return path
    raise _nothing(place, paths)


def _named(socket: str) -> str:
    if socket.startswith(("\\\\.\\pipe\\", "//./pipe/")):
        raise CannotMeasure(f"{socket} is a named pipe, which natscope cannot ask", hint=f"in its place: {FROM_FILE}")
    if "\0" in socket:
        raise UserError("the socket's name holds a zero byte")
    try:
        found = os.stat(socket)
    except OSError:
        return socket  # whoever asks it says what is wrong
    if stat.S_ISDIR(found.st_mode):
        raise UserError(
            f"{socket} is a folder, not a socket", hint=f"--socket {os.path.join(socket, 'tailscaled.sock')}"
        )
    if not stat.S_ISSOCK(found.st_mode):
        raise UserError(
            f"{socket} is no socket", hint=f"if it is a saved status: natscope status --from {shlex.quote(socket)}"
        )
    return socket


def _nothing(place: Place, paths: tuple[str, ...]) -> CannotMeasure:
    """Why none of `paths` can be asked."""
    for path in paths:
        try:
            found = os.stat(path)
        except PermissionError:
            return CannotMeasure(f"{path} may not be looked at by you", hint="run the same command with sudo")
        except OSError:
            continue
        if stat.S_ISSOCK(found.st_mode):
            return CannotMeasure(
                f"{path} belongs to another user (uid {found.st_uid}), so it is not believed",
                hint=f"if you trust that user: --socket {path}",
            )
    if place.system == "Darwin" and os.path.isdir(place.mac_app):
        return CannotMeasure(
            "Tailscale is here as an app, whose socket macOS keeps for the app itself",
            hint=f"in its place: {FROM_FILE}",
        )
    if is_installed(place):
        return NotRunning(
            "tailscaled is installed but does not run",
            hint=f"{start_command(place.system)}, or name its socket: --socket PATH",
        )
    return CannotMeasure(
        "no tailscaled on this computer: none is installed, and none listens in the usual place",
        hint=f"name its socket: --socket PATH, or look at a saved status: {FROM_FILE}",
    )


def is_installed(place: Place) -> bool:
    """Whether a program `tailscaled` (or its client) can be found."""
    path = place.environ.get("PATH", "")
    folders = dict.fromkeys([*filter(None, path.split(os.pathsep)), *place.folders])
    return any(os.path.isfile(os.path.join(folder, name)) for folder in folders for name in ("tailscaled", "tailscale"))
