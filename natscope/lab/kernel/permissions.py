"""Whether this computer lets us make a lab, as root or as an ordinary user, and if not, what is missing."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path

from natscope.errors import CannotMeasure
from natscope.lab.kernel import kernel_calls
from natscope.lab.kernel.netns import tool_environment

SPACES = kernel_calls.NEW_MOUNT | kernel_calls.NEW_PID | kernel_calls.NEW_NET
_KERNEL = Path("/proc/sys")


def make_namespaces() -> bool:
    """Put this process into new namespaces; whether a user namespace was needed. Raises `CannotMeasure`."""
    if os.geteuid() == 0:
        try:
            kernel_calls.unshare(SPACES)
            return False
        except OSError:
            pass  # root of a container: a user namespace may still be allowed
    try:
        kernel_calls.become_root_of_new_user_namespace(SPACES)
    except OSError as error:
        what, hint = _why_not(error)
        raise CannotMeasure(what, hint=hint) from error
    return True


def missing() -> str:
    """Which permission or program is missing and how to get it; empty when a lab can be built. Changes nothing."""
    if sys.platform != "linux":
        return "the lab needs Linux: run scenarios in the simulator instead"
    path = tool_environment()["PATH"]
    for program, package in (("ip", "iproute2"), ("nft", "nftables")):
        if shutil.which(program, path=path) is None:
            return f"the program {program} is missing: install the package {package}"
    return _missing_tun() or _missing_namespaces()


def _missing_tun() -> str:
    device = kernel_calls.TUN_DEVICE
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        return f"{device} is missing: as root `modprobe tun`; a container wants `--device {device}`"
    except PermissionError:
        return f"{device} may not be opened: as root `chmod 666 {device}`, which is its usual mode"
    except OSError as error:
        return f"{device} cannot be opened ({error.strerror}): as root `modprobe tun`"
    return ""


def _missing_namespaces() -> str:
    """Try in a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            make_namespaces()
            os.close(kernel_calls.open_tun("try0"))
        except CannotMeasure as error:
            os.write(write, f"{error.message}: {error.hint}".encode())
        except OSError as error:
            os.write(write, _no_tun(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


def _no_tun(error: OSError) -> str:
    """Of a device that can be opened, but not used in a namespace of ours."""
    return (
        f"no TUN device can be made in a namespace ({error.strerror}): CAP_NET_ADMIN is needed there;"
        " in a container: `--cap-add NET_ADMIN --device /dev/net/tun`"
    )


def _why_not(error: OSError) -> tuple[str, str]:
    """What is forbidden, and how to allow it."""
    what = f"this user may not make network namespaces ({error.strerror})"
    kinds = ("user", "net", "pid", "mnt")
    none = [kind for kind in kinds if _setting(f"user/max_{kind}_namespaces") == "0"]
    if none or error.errno == errno.ENOSPC:
        wanted = " ".join(f"user.max_{kind}_namespaces=15000" for kind in none or kinds)
        return what, f"as root: `sysctl -w {wanted}`" + (", or run natscope as root" if none == ["user"] else "")
    if _setting("kernel/unprivileged_userns_clone") == "0":
        return what, "as root: `sysctl -w kernel.unprivileged_userns_clone=1`, or run natscope as root"
    if _setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return what, "as root: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or run natscope as root"
    return what, (
        "CAP_SYS_ADMIN or user namespaces are needed; in a container: `--cap-add SYS_ADMIN --cap-add NET_ADMIN"
        " --security-opt seccomp=unconfined --device /dev/net/tun`"
    )


def _setting(name: str) -> str:
    try:
        return (_KERNEL / name).read_text().strip()
    except OSError:
        return ""
