"""Proxies and login pages in other programs' files: named, never followed."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.host.api import Interface, LinkFacts
from natscope.host.real import settings
from natscope.host.real.settings import RealSettings
from natscope.host.real.settings_files import Lease, dhclient_leases, gnome_proxies, kde_proxies, networkd_lease, shown
from natscope.host.settings_api import NetworkSettings, SystemProxy

DHCLIENT = """
lease {
  interface "eth0";
  fixed-address 192.168.1.20;
  option subnet-mask 255.255.255.0;
  option default-url "https://portal.example/start";
  option unknown-252 68:74:74:70:3a:2f:2f:77:70:61:64:2f:77;
}
lease {
  interface "eth1";
  fixed-address 10.0.0.9;
}
"""
KDE = "[Other]\na=b\n[Proxy Settings]\nProxyType={}\nhttpsProxy=http://me:pw@proxy.test 3128\nProxy Config Script=http://wpad/x.pac\n"
GNOME = """org.gnome.system.proxy mode '{}'
org.gnome.system.proxy autoconfig-url 'http://pac.test/proxy.pac'
org.gnome.system.proxy.https host 'proxy.test'
org.gnome.system.proxy.https port 3128
org.gnome.system.proxy.socks host ''
"""


def test_leases_of_dhclient() -> None:
    first, second = dhclient_leases(DHCLIENT)
    assert first == Lease("192.168.1.20", "eth0", "https://portal.example/start", "http://wpad/w")
    assert second == Lease("10.0.0.9", "eth1")


def test_a_lease_of_networkd() -> None:
    told = "# private\nADDRESS=192.168.1.20\nOPTION_114=68747470733a2f2f702f\nOPTION_252=zz\n"
    assert networkd_lease(told) == Lease("192.168.1.20", portal="https://p/")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("0", ()),
        ("1", (SystemProxy(where="KDE", kind="http", url="http://proxy.test:3128"),)),
        ("2", (SystemProxy(where="KDE", kind="pac", url="http://wpad/x.pac"),)),
        ("3", (SystemProxy(where="KDE", kind="wpad"),)),
    ],
)
def test_kde(kind: str, expected: tuple[SystemProxy, ...]) -> None:
    assert kde_proxies(KDE.format(kind)) == expected


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("none", ()),
        ("manual", (SystemProxy(where="GNOME", kind="http", url="http://proxy.test:3128"),)),
        ("auto", (SystemProxy(where="GNOME", kind="pac", url="http://pac.test/proxy.pac"),)),
    ],
)
def test_gnome(mode: str, expected: tuple[SystemProxy, ...]) -> None:
    assert gnome_proxies(GNOME.format(mode)) == expected


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    kde_proxies(text)
    gnome_proxies(text)
    dhclient_leases(f"lease {{{text}\n}}")
    networkd_lease(text)
    assert len(shown(text)) <= 200


class OneAddress:
    async def look(self) -> LinkFacts:
        return LinkFacts((Interface("eth0", 2, "ethernet", True, 1500, (ipaddress.ip_address("192.168.1.20"),)),))

    async def source_for(self, target: object) -> None:
        return None


async def test_only_leases_of_addresses_that_are_ours_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.leases").write_text(DHCLIENT)
    (tmp_path / "kioslaverc").write_text(KDE.format("3"))
    monkeypatch.setattr(settings, "DHCLIENT", (f"{tmp_path}/*.leases",))
    monkeypatch.setattr(settings, "NETWORKD", ())
    found = await RealSettings(OneAddress(), {"XDG_CONFIG_HOME": str(tmp_path)}).look()
    assert found.portals == ("https://portal.example/start",)
    assert [(p.where, p.kind) for p in found.proxies] == [("KDE", "wpad"), ("DHCP eth0", "pac")]
    (tmp_path / "a.leases").write_text(DHCLIENT.replace("192.168.1.20", "192.168.7.7"))
    assert (await RealSettings(OneAddress(), {}).look()) == NetworkSettings()


async def test_a_settings_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "gsettings"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(settings, "DHCLIENT", ())
    monkeypatch.setattr(settings, "NETWORKD", ())
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    assert (await RealSettings(OneAddress(), environ).look()).proxies == ()
