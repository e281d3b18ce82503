"""Which connections are metered: only a network manager knows it, and NetworkManager has a program that tells.

It tells of its own network namespace. So a device counts only where one of its addresses is also ours.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from natscope.host.real.short_program import said
from natscope.host.system_api import Device
from natscope.wire.network_manager import FIELDS, read_devices

LIMIT_S = 0.4
NOBODY = "only a network manager knows whether a connection is metered, and there is no NetworkManager (nmcli) to ask"
SILENT = "NetworkManager (nmcli) does not say whether a connection is metered"


async def read_metered(devices: Sequence[Device], path: str | None = None) -> tuple[dict[str, bool], str]:
    """By interface what is set; and why that is not all, empty where it is.

    `path` is where `nmcli` is looked for, the PATH of this process when None. Never raises.
    """
    program = shutil.which("nmcli", path=path if path is not None else os.environ.get("PATH"))
    if program is None:
        return {}, NOBODY
    environ = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    told = await said(program, "-t", "-f", FIELDS, "device", "show", limit_s=LIMIT_S, environ=environ)
    own = {device.name: set(device.addresses) for device in devices}
    ours = [d for d in read_devices(told or "") if own.get(d.name, set()) & set(d.addresses)]
    if not ours:
        return {}, SILENT
    guesses = [f"NetworkManager only guesses it: {d.name} {d.guess}" for d in ours if d.guess]
    unset = [f"NetworkManager does not know it of {d.name}" for d in ours if d.metered is None and not d.guess]
    return {d.name: d.metered for d in ours if d.metered is not None}, "; ".join((*guesses, *unset))
