"""The few system calls behind namespaces, mounts and TUN devices that Python 3.11 has no name for."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import struct

NEW_MOUNT, NEW_USER, NEW_PID, NEW_NET = 0x0002_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000
BIND, RECURSIVE, PRIVATE = 0x1000, 0x4000, 0x40000
TUN_DEVICE = "/dev/net/tun"
_DEATH_SIGNAL = 1
_SET_TUN, _TUN_WITHOUT_PACKET_INFO = 0x4004_54CA, 0x1001
_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones. Raises `OSError`."""
    _check(_libc.unshare(flags), "unshare")


def enter(descriptor: int, kind: int) -> None:
    """Enter the namespace behind a descriptor. Raises `OSError`."""
    _check(_libc.setns(descriptor, kind), "setns")


def mount(source: str, target: str, filesystem: str = "", flags: int = 0) -> None:
    """Mount in this process's mount namespace. Raises `OSError`."""
    _check(_libc.mount(source.encode(), target.encode(), filesystem.encode(), flags, None), f"mount {target}")


def die_with_parent() -> None:
    """From now on the kernel kills this process when the thread that started it ends."""
    _check(_libc.prctl(_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0), "prctl")


def become_root_of_new_user_namespace(flags: int) -> None:
    """`unshare(flags)` with a user namespace in which the present user is root. Raises `OSError`."""
    user, group = os.geteuid(), os.getegid()
    unshare(NEW_USER | flags)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"0 {user} 1")
    _write("/proc/self/gid_map", f"0 {group} 1")


def open_tun(name: str) -> int:
    """A new TUN device in the current network namespace; its non-blocking descriptor gives one bare packet a read."""
    descriptor = os.open(TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, _SET_TUN, struct.pack("16sH14s", name.encode(), _TUN_WITHOUT_PACKET_INFO, b""))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
