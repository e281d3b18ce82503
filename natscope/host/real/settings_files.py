"""Texts in which systems keep proxies and what a network's DHCP server told: pure readers.

Source: KDE's `kioslaverc` (`[Proxy Settings]`), dhclient.leases(5), systemd-networkd's lease files
(/run/systemd/netif/leases), RFC 8910 §2.1 (DHCP option 114), the WPAD draft (option 252).
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass

from natscope.host.settings_api import SystemProxy

MAX_URL = 200
_KDE_MANUAL, _KDE_PAC, _KDE_WPAD = "1", "2", "3"
_KINDS = {"httpproxy": "http", "httpsproxy": "http", "socksproxy": "socks"}
_LEASE = re.compile(r"lease6?\s*\{(.*?)\n\}", re.DOTALL)
_PORTAL, _WPAD = 114, 252


@dataclass(frozen=True, slots=True)
class Lease:
    """What a DHCP server told an interface; `address` is what it gave."""

    address: str
    interface: str = ""
    portal: str = ""
    wpad: str = ""


def kde_proxies(text: str) -> tuple[SystemProxy, ...]:
    """The proxies of `kioslaverc`."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return ()
    if not parser.has_section("Proxy Settings"):
        return ()
    settings = {key.lower(): value.strip() for key, value in parser.items("Proxy Settings")}
    kind = settings.get("proxytype", "0")
    if kind == _KDE_PAC:
        return (SystemProxy(where="KDE", kind="pac", url=shown(settings.get("proxy config script", ""))),)
    if kind == _KDE_WPAD:
        return (SystemProxy(where="KDE", kind="wpad"),)
    if kind != _KDE_MANUAL:
        return ()
    found = {name: settings.get(name, "") for name in _KINDS}
    return tuple(
        SystemProxy(where="KDE", kind=_KINDS[name], url=shown(value.replace(" ", ":")))
        for name, value in found.items()
        if value
    )


def gnome_proxies(text: str) -> tuple[SystemProxy, ...]:
    """The proxies of `gsettings list-recursively org.gnome.system.proxy`."""
    settings: dict[str, str] = {}
    for line in text.splitlines():
        schema, _, rest = line.strip().partition(" ")
        key, _, value = rest.partition(" ")
        settings[f"{schema.removeprefix('org.gnome.system.proxy').strip('.')}.{key}"] = value.strip().strip("'")
    mode = settings.get(".mode", "none")
    if mode == "auto":
        url = settings.get(".autoconfig-url", "")
        return (SystemProxy(where="GNOME", kind="pac" if url else "wpad", url=shown(url)),)
    if mode != "manual":
        return ()
    found = []
    for name, kind in (("https", "http"), ("http", "http"), ("socks", "socks")):
        host, port = settings.get(f"{name}.host", ""), settings.get(f"{name}.port", "")
        if host:
            found.append(SystemProxy(where="GNOME", kind=kind, url=shown(f"{kind}://{host}:{port}")))
    return tuple(found)


def dhclient_leases(text: str) -> tuple[Lease, ...]:
    """Every lease of the file, old ones too, the last one last."""
    found = []
    for match in _LEASE.finditer(text):
        told: dict[str, str] = {}
        for line in match[1].split(";"):
            words = line.replace("option ", "").strip().split(None, 1)
            if len(words) == 2:
                told[words[0]] = words[1].strip().strip('"')
        portal = told.get("default-url") or told.get("v4-captive-portal") or told.get(f"unknown-{_PORTAL}", "")
        wpad = told.get("wpad") or told.get(f"unknown-{_WPAD}", "")
        found.append(Lease(told.get("fixed-address", ""), told.get("interface", ""), _text(portal), _text(wpad)))
    return tuple(found)


def networkd_lease(text: str) -> Lease:
    """One lease of systemd-networkd, `KEY=VALUE` lines; private options are hexadecimal."""
    told = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    portal = told.get("CAPTIVE_PORTAL", "") or _from_hex(told.get(f"OPTION_{_PORTAL}", ""))
    return Lease(told.get("ADDRESS", ""), "", shown(portal), shown(_from_hex(told.get(f"OPTION_{_WPAD}", ""))))


def shown(url: str) -> str:
    """Without credentials, of bounded length."""
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2] if '@' in rest.partition('/')[0] else rest}"[:MAX_URL]


def _text(value: str) -> str:
    """Text, or bytes as `68:74:74:70`."""
    if re.fullmatch(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2})+", value):
        value = bytes(int(part, 16) for part in value.split(":")).decode("ascii", errors="replace")
    return shown(value.rstrip("\0\n"))


def _from_hex(value: str) -> str:
    try:
        return bytes.fromhex(value).decode("ascii", errors="replace").rstrip("\0\n")
    except ValueError:
        return ""
