"""Where a running tailscaled listens for local programs, by operating system and distribution.

Source: upstream paths/paths.go, safesocket.
"""

from __future__ import annotations

import os
import stat

_LINUX = (
    "/var/run/tailscale/tailscaled.sock",
    "/var/packages/Tailscale/var/tailscaled.sock",
    "/var/packages/Tailscale/etc/tailscaled.sock",
    "/perm/tailscaled/tailscaled.sock",
)
"""Ordinary hosts, Synology DSM 7 and 6, gokrazy."""
_OTHERS = {
    "Darwin": ("/var/run/tailscaled.socket",),
    "FreeBSD": ("/var/run/tailscale/tailscaled.sock",),
    "OpenBSD": ("/var/run/tailscale/tailscaled.sock",),
    "Windows": (),
    "Simulated": (),
}
"""Windows has a named pipe, which a stream to a Unix socket cannot reach."""


def default_socket_paths(system: str) -> tuple[str, ...]:
    """The usual sockets in the order they are tried; `system` is `Identity.os`.

    That is the distribution's own name for itself on Linux (`Debian GNU/Linux 12 (bookworm)`), so whatever is none of
    the other systems is Linux.
    """
    return next((paths for name, paths in _OTHERS.items() if system.startswith(name)), _LINUX)


def is_trusted_socket(path: str) -> bool:
    """Whether a socket stands there that belongs to root or to us: a stranger's could hand out any map."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid in (0, os.getuid())
