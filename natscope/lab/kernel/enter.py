"""Runs a command on a host of a lab: `python -m natscope.lab.kernel.enter FOLDER HOST -- COMMAND …`.

It enters the namespaces of the lab's first process and the host's network, shows the host its own `/etc/hosts` and
`/etc/resolv.conf`, and runs the command with our standard streams and working directory. The command ends with the lab
and with us; its exit code is ours, 128 and the signal's number when a signal ended it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from natscope.lab.kernel import kernel_calls

NOT_FOUND, HAS_ENDED = 127, 125
MAP = "map.json"
NAMES = ("hosts", "resolv.conf")
FIRMWARE = "sys_vendor"
"""The file in which a host's firmware names its maker, and how Linux calls it."""
CLASSES = "/sys/class"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class _State(msgspec.Struct, frozen=True):
    """What is needed of `holder.LabState`."""

    first: int
    own_users: bool
    spaces: dict[str, int]
    environment: dict[str, str]


def main() -> NoReturn:
    """The command line."""
    folder, host = Path(sys.argv[1]), sys.argv[2]
    try:
        state = msgspec.json.decode((folder / "state.json").read_bytes(), type=_State)
        go_inside(state, host)
        child = os.fork()
    except OSError:
        print("natscope lab: the lab has ended", file=sys.stderr)
        os._exit(HAS_ENDED)
    if child == 0:
        _run(folder, host, state.environment, sys.argv[4:])
    os._exit(_wait(child))


def go_inside(state: _State, host: str) -> None:
    """Enter; processes that are started from now on are in the lab's process namespace."""
    here = os.getcwd()
    process = f"/proc/{state.first}"
    kinds = [("ns/user", kernel_calls.NEW_USER)] if state.own_users else []
    kinds += [("ns/pid", kernel_calls.NEW_PID), (f"fd/{state.spaces[host]}", kernel_calls.NEW_NET)]
    kinds += [("ns/mnt", kernel_calls.NEW_MOUNT)]
    opened = [(os.open(f"{process}/{name}", os.O_RDONLY | os.O_CLOEXEC), kind) for name, kind in kinds]
    for descriptor, kind in opened:
        kernel_calls.enter(descriptor, kind)
        os.close(descriptor)
    with contextlib.suppress(OSError):
        os.chdir(here)


def show_files(folder: Path, host: str) -> None:
    """In a mount namespace of its own: the host's names, and the devices of its network."""
    kernel_calls.unshare(kernel_calls.NEW_MOUNT)
    for name in NAMES:
        own, shown = folder / "etc" / host / name, Path("/etc", name)
        if own.exists() and shown.exists():
            kernel_calls.mount(str(own), str(shown), flags=kernel_calls.BIND)
    with contextlib.suppress(OSError):  # forbidden where a container hides parts of /sys
        kernel_calls.mount("sysfs", "/sys", "sysfs")
    if (folder / "etc" / host / FIRMWARE).exists():
        _show_firmware(folder / "etc" / host / FIRMWARE)


def _show_firmware(own: Path) -> None:
    """Over the folder of device classes, of which only the networks stay; a kernel without firmware has no place."""
    networks = os.open(f"{CLASSES}/net", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    kernel_calls.mount("tmpfs", CLASSES, "tmpfs")
    for name in ("net", "dmi/id"):
        os.makedirs(f"{CLASSES}/{name}")
    kernel_calls.mount(f"/proc/self/fd/{networks}", f"{CLASSES}/net", flags=kernel_calls.BIND)
    os.close(networks)
    Path(CLASSES, "dmi/id", own.name).write_text(own.read_text())


def own_environment(folder: Path, host: str) -> dict[str, str]:
    """What the host's users find in their environment: the proxy of its site."""
    try:
        lines = (folder / "etc" / host / "environment").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def relay_map(folder: Path) -> dict[str, str]:
    """The lab's own relays for natscope: those of this computer's user are out of reach there."""
    path = folder / MAP
    return {"NATSCOPE_DERP_MAP": str(path)} if path.exists() else {}


def _run(folder: Path, host: str, environment: dict[str, str], argv: Sequence[str]) -> NoReturn:
    kernel_calls.die_with_parent()
    show_files(folder, host)
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment = environment | own_environment(folder, host)
    try:
        os.execvpe(argv[0], [*argv], kept | environment | {"NATSCOPE_LAB_HOST": host} | relay_map(folder))
    except OSError as error:
        print(f"natscope lab: {argv[0]}: {error.strerror}", file=sys.stderr)
        os._exit(NOT_FOUND)


def _wait(child: int) -> int:
    """Pass on what ends us; Ctrl-C reaches the command by the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _SIGNALS:
        signal.signal(number, lambda got, _frame: os.kill(child, got))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    main()
