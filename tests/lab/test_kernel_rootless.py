"""The lab as an ordinary user: the same scenario, the same NAT, and the words for what is missing where it is."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from natscope.lab.kernel import kernel_calls, permissions
from tests.interop import peers
from tests.lab.kernel_lab import require_lab

pytestmark = pytest.mark.kernel

NOBODY = "65534"
SOURCE_ROOTS = ("probes", "reports", "fixtures")
AS_NOBODY = f"""
mount -t tmpfs tmpfs /dev/net
mknod -m 666 /dev/net/tun c 10 200
exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups "$@"
"""
"""As an ordinary user where the device has its usual mode: seen by nobody else, gone with the command."""
RUN = """
import os, sys
from natscope.lab.kernel.bed import standing, open_bed
from natscope.lab.scenario_values import read_scenario
assert open_bed().missing() == "", open_bed().missing()
text = 'title = "Small"\\n[sites.home]\\nmapping_service = {}\\n[sites.kernel]\\nkernel_nat = "masquerade"\\n'
text += '[hosts.alice]\\nat = "home"\\nfirmware = "Amazon EC2"\\n[hosts.bob]\\nat = "kernel"\\n'
with standing(read_scenario("small", text)) as lab:
    print(lab.exec("alice", [sys.executable, "-c", sys.argv[1]]).stdout)
    print(lab.exec("alice", ["cat", "/sys/class/dmi/id/sys_vendor"]).stdout)
    for host in ("alice", "bob"):
        done = lab.exec(host, [sys.executable, "-m", "natscope", "stun", "query", "relay1.test:3478"])
        print(host, done.returncode, done.stdout, done.stderr)
    print(lab.exec("alice", ["id", "-u"]).stdout.strip(), os.geteuid(), lab.state.own_users)
"""

ASK_ROUTER = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(5)
    s.sendto(bytes(2), ("192.168.1.1", 5351))
    print("nat-pmp", s.recv(99).hex()[:8])
    lines = ["M-SEARCH * HTTP/1.1", "HOST: x", 'MAN: "ssdp:discover"', "ST: upnp:rootdevice", "", ""]
    s.sendto("\\r\\n".join(lines).encode(), ("239.255.255.250", 1900))
    print("upnp", s.recv(999)[:15].decode())
"""


def usable_python(environment: dict[str, str]) -> str:
    """An interpreter that an ordinary user may run and that finds natscope; skips where there is none."""
    ask = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', 'import msgspec, natscope']))"
    for python in (sys.executable, "/usr/bin/python3"):
        argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", python, "-c", ask]
        if subprocess.run(argv, check=False, cwd="/", env=environment, capture_output=True).returncode == 0:
            return python
    return peers.missing(f"an ordinary user may not run {sys.executable}")


def test_an_ordinary_user_gets_a_lab() -> None:
    require_lab()
    as_user = [peers.require("unshare"), "-m", "sh", "-ec", AS_NOBODY, "sh"] if os.geteuid() == 0 else []
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")} | {"HOME": "/nonexistent"}
    packages = [p for p in sys.path if p.endswith("site-packages")]
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(peers.ROOT), *(str(peers.ROOT / p) for p in SOURCE_ROOTS), *packages]
    )
    python = usable_python(environment) if as_user else sys.executable
    try:
        done = subprocess.run(
            [*as_user, python, "-B", "-c", RUN, ASK_ROUTER], capture_output=True, text=True, timeout=60, check=False,
            env=environment, cwd="/",
        )  # fmt: skip
    finally:
        if as_user:
            shutil.rmtree(f"/tmp/natscope-{NOBODY}", ignore_errors=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("nat-pmp 00800000\nupnp HTTP/1.1 200 OK\n"), done.stdout
    assert done.stdout.count("seen as           203.0.113.1") == 2, done.stdout
    assert "\nAmazon EC2\n" in done.stdout
    assert done.stdout.splitlines()[-1].split()[0] == "0"
    assert done.stdout.splitlines()[-1].split()[1:] == [NOBODY if as_user else str(os.geteuid()), "True"]


@pytest.fixture
def all_but_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer with every program and a TUN device that may be opened, whatever this one has."""
    monkeypatch.setattr(shutil, "which", lambda program, path=None: f"/sbin/{program}")
    (tmp_path / "tun").touch()
    monkeypatch.setattr(kernel_calls, "TUN_DEVICE", str(tmp_path / "tun"))


@pytest.mark.usefixtures("all_but_namespaces")
@pytest.mark.parametrize(
    ("setting", "number", "hint"),
    [
        ({"user/max_user_namespaces": "0"}, errno.ENOSPC, "sysctl -w user.max_user_namespaces=15000"),
        ({"user/max_net_namespaces": "0"}, errno.ENOSPC, "`sysctl -w user.max_net_namespaces=15000`"),
        ({}, errno.ENOSPC, "user.max_user_namespaces=15000 user.max_net_namespaces=15000"),
        ({"kernel/unprivileged_userns_clone": "0"}, errno.EPERM, "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            {"kernel/apparmor_restrict_unprivileged_userns": "1"},
            errno.EPERM,
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ({}, errno.EPERM, "--cap-add SYS_ADMIN"),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str], number: int, hint: str
) -> None:
    for name, value in setting.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(value + "\n")
    monkeypatch.setattr(permissions, "_KERNEL", tmp_path)

    def refuse(flags: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(kernel_calls, "unshare", refuse)
    said = permissions.missing()
    assert "may not make network namespaces" in said
    assert hint in said


@pytest.mark.usefixtures("all_but_namespaces")
def test_a_missing_tun_device_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_calls, "TUN_DEVICE", str(tmp_path / "none"))
    assert "modprobe tun" in permissions.missing()


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "tool_environment", lambda: {"PATH": ""})
    assert permissions.missing() == "the program ip is missing: install the package iproute2"


@pytest.mark.usefixtures("all_but_namespaces")
def test_a_tun_device_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file may be opened, and the kernel makes no device of it."""
    monkeypatch.setattr(permissions, "make_namespaces", lambda: True)
    assert "no TUN device can be made in a namespace" in permissions.missing()
