"""Which computer this is, without the costly `platform` module."""

from __future__ import annotations

import os
import sys

from natscope.host.api import Identity

_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_MAX_RELEASE_BYTES = 16_384


def read_identity() -> Identity:
    """Name, system, kernel, architecture and Python version."""
    uname = os.uname()
    return Identity(
        name=uname.nodename,
        os=_distribution() or uname.sysname,
        kernel=uname.release,
        architecture=uname.machine,
        python=".".join(str(part) for part in sys.version_info[:3]),
    )


def _distribution() -> str:
    """The distribution's own name for itself, e.g. `Debian GNU/Linux 12 (bookworm)`; empty when not told."""
    for path in _OS_RELEASE:
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read(_MAX_RELEASE_BYTES)
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip().strip("\"'")
    return ""
