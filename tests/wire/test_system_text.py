"""Texts of /proc and /sys: known ones, and garbage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.system_text import cloud_of_firmware, container_of_cgroups, counter, whole, wsl_of_release

NETSTAT = "TcpExt: SyncookiesSent IPReversePathFilter TW\nTcpExt: 0 17 44\nIpExt: InNoRoutes\nIpExt: 3\n"


def test_counters_by_group_and_name() -> None:
    assert counter(NETSTAT, "TcpExt", "IPReversePathFilter") == 17
    assert counter(NETSTAT, "IpExt", "InNoRoutes") == 3
    assert counter(NETSTAT, "TcpExt", "InNoRoutes") is None
    assert counter(NETSTAT, "UdpLite", "InNoRoutes") is None
    assert counter("TcpExt: A B\nTcpExt: 1\n", "TcpExt", "B") is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("0::/system.slice/docker-0f3c.scope\n", "docker"),
        ("12:pids:/kubepods/burstable/pod7/0f3c\n", "kubernetes"),
        ("0::/machine.slice/libpod-1.scope\n", "podman"),
        ("0::/lxc.payload.web\n", "lxc"),
        ("0::/\n", ""),
        ("0::/user.slice/user-1000.slice/session-3.scope\n", ""),
        ("docker:1:/user.slice\n", ""),
    ],
)
def test_containers_by_cgroup(text: str, kind: str) -> None:
    assert container_of_cgroups(text) == kind


def test_wsl_by_the_kernels_release() -> None:
    assert wsl_of_release("5.15.153.1-microsoft-standard-WSL2\n") == 2
    assert wsl_of_release("4.4.0-19041-Microsoft") == 1
    assert wsl_of_release("6.1.0-18-amd64") == 0


def test_clouds_by_firmware() -> None:
    assert cloud_of_firmware({"sys_vendor": "Amazon EC2\n"}) == "AWS"
    assert cloud_of_firmware({"product_name": "Google Compute Engine"}) == "Google Cloud"
    assert cloud_of_firmware({"sys_vendor": "Microsoft Corporation", "product_name": "Virtual Machine"}) == ""
    assert cloud_of_firmware({"chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77\n"}) == "Azure"
    huawei = {"product_name": "OpenStack Nova", "chassis_asset_tag": "HUAWEICLOUD"}
    assert cloud_of_firmware(huawei) == "Huawei Cloud"
    assert cloud_of_firmware(huawei | {"chassis_asset_tag": "OpenTelekomCloud\n"}) == "Open Telekom Cloud"
    assert cloud_of_firmware(huawei | {"chassis_asset_tag": ""}) == "OpenStack"
    assert cloud_of_firmware({"sys_vendor": "QEMU"}) == ""


def test_numbers_stand_alone() -> None:
    assert whole("212992\n") == 212992
    for wrong in ("", "-1", "1 2", "٣", "9" * 21, "0x10"):
        assert whole(wrong) is None


@given(st.text(max_size=200))
def test_garbage_is_no_crash(text: str) -> None:
    counter(text, "TcpExt", "A")
    container_of_cgroups(text)
    wsl_of_release(text)
    cloud_of_firmware({"sys_vendor": text})
    whole(text)
