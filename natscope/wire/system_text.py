"""Texts of /proc and /sys in which Linux tells about itself: bounded, and never an error for a strange one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MAX_LINES = 4096
_CGROUP_SIGNS = (
    ("kubepods", "kubernetes"),
    ("docker", "docker"),
    ("libpod", "podman"),
    ("lxc", "lxc"),
    ("machine.slice", "nspawn"),
    ("containerd", "container"),
)
_ASSET_TAGS = {
    "7783-7084-3265-9085-8269-3286-77": "Azure",
    "HUAWEICLOUD": "Huawei Cloud",
    "OpenTelekomCloud": "Open Telekom Cloud",
}
"""Exact texts of chassis_asset_tag; the last two are OpenStack's (cloud-init, DataSourceOpenStack)."""
_CLOUDS = (
    ("amazon", "AWS"),
    ("google", "Google Cloud"),
    ("alibaba", "Alibaba Cloud"),
    ("tencent", "Tencent Cloud"),
    ("digitalocean", "DigitalOcean"),
    ("hetzner", "Hetzner"),
    ("oraclecloud", "Oracle Cloud"),
    ("openstack", "OpenStack"),
    ("vultr", "Vultr"),
    ("scaleway", "Scaleway"),
    ("upcloud", "UpCloud"),
    ("linode", "Linode"),
    ("ovh", "OVH"),
)
_WSL2 = re.compile(r"microsoft-standard|wsl2", re.ASCII)


def counter(text: str, group: str, name: str) -> int | None:
    """One number of /proc/net/netstat or /proc/net/snmp: two lines a group, names above values; None if not there."""
    names: list[str] | None = None
    for line in text.splitlines()[:MAX_LINES]:
        head, _, rest = line.partition(":")
        if head != group:
            continue
        if names is None:
            names = rest.split()
            continue
        found = dict(zip(names, rest.split(), strict=False)).get(name)
        return whole(found or "")
    return None


def whole(text: str) -> int | None:
    """A decimal number alone in a file; None for anything else, also for one of more than 20 digits."""
    text = text.strip()
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 20 else None


def container_of_cgroups(text: str) -> str:
    """Which kind of container /proc/self/cgroup names; empty where it names none."""
    paths = [line.split(":", 2)[-1] for line in text.splitlines()[:MAX_LINES]]
    for sign, kind in _CGROUP_SIGNS:
        if any(sign in path for path in paths):
            return kind
    return ""


def wsl_of_release(release: str) -> int:
    """The version of the Windows Subsystem for Linux that a kernel's release names, 0 for none."""
    lowered = release.lower()
    if "microsoft" not in lowered and "wsl" not in lowered:
        return 0
    return 2 if _WSL2.search(lowered) else 1


def cloud_of_firmware(texts: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """Whose virtual machine it is by the texts of /sys/class/dmi/id, by file name; empty for none that is known.

    Azure gives its machines one asset tag; every other Hyper-V has the same vendor.
    """
    found = dict(texts)
    tagged = _ASSET_TAGS.get(found.get("chassis_asset_tag", "").strip())
    if tagged is not None:
        return tagged
    words = " ".join(found.values()).lower()
    return next((name for sign, name in _CLOUDS if sign in words), "")
