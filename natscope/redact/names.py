"""Names of hosts, people and networks become numbered ones, the same everywhere; what everybody has stays."""

from __future__ import annotations

import re
from collections.abc import Iterable

HOST_NAME = re.compile(
    r"(?<![\w.-])(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z]{2,63}\.?(?![\w-]|\.\w)"
)
_FILES = frozenset(
    {
        *("yaml", "yml", "json", "jsonl", "toml", "conf", "cfg", "sock", "socket", "txt", "log", "pcap", "pcapng"),
        *("zip", "html", "md", "xml", "csv", "py", "so", "service", "prom", "tap"),
    }
)
"""Last labels that are file names, not domains."""
_HOME = re.compile(r"(?<=/home/)[^/\s:]+|(?<=/Users/)[^/\s:]+|(?<=\\Users\\)[^\\\s]+")
_LOGIN = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_MAIL = re.compile(r"[\w.+-]+@(?=[\w-]+(?:\.|\b))")
EVERYBODYS = frozenset(
    {
        *("localhost", "local", "ipv4only.arpa", "home.arpa", "resolver.arpa", "ts.net", "example.com"),
        *(
            "example.net",
            "example.org",
            "use-application-dns.net",
            "captive.apple.com",
            "connectivitycheck.gstatic.com",
        ),
        *("detectportal.firefox.com", "nmcheck.gnome.org", "tailscale.com", "controlplane.tailscale.com"),
        *("login.tailscale.com", "log.tailscale.com", "resolv.conf", "metadata.google.internal"),
    }
)


def host_names_in(text: str) -> Iterable[str]:
    """Every domain name that a text has, without a last dot, as it is written."""
    for found in HOST_NAME.finditer(text):
        name = found.group().rstrip(".")
        if name.rpartition(".")[2].lower() not in _FILES and not _is_everybodys(name.lower()):
            yield name


def _is_everybodys(name: str) -> bool:
    """Also the vendor's own relays, and names that are made up to see who answers them."""
    if name.startswith("natscope."):  # our own schemas
        return True
    return name in EVERYBODYS or name.endswith((".arpa", ".tailscale.com", ".invalid", ".test", ".example"))


WORDS = frozenset(
    {
        *("yes", "no", "unknown", "none", "direct", "relay", "answered", "refused", "wrong", "likely", "possible"),
        *("certain", "fail", "warn", "info", "ran", "skipped", "failed", "works", "absent", "broken", "host", "router"),
        *("udp", "tcp", "tls", "http", "https", "dns", "stun", "icmp", "nat", "ethernet", "wireless", "wifi", "linux"),
        *("user", "tunnel", "proxy", "vpn", "cloud", "server", "client", "computer", "network", "internet", "natscope"),
    }
)
"""Bare names that say nothing of anybody, and without which our own words would be masked."""


class NameMask:
    """One mapping. `hosts` are domain names and bare host names, `places` codes and names of somebody's regions."""

    def __init__(self, hosts: Iterable[str], places: Iterable[str] = ()) -> None:
        self._by_name: dict[str, str] = {}
        suffixes: dict[str, int] = {}
        for number, name in enumerate(_distinct(hosts), start=1):
            domain = name.partition(".")[2]
            group = suffixes.setdefault(domain, len(suffixes) + 1) if domain else 0
            self._by_name[name] = f"host-{number}.domain-{group}.example" if domain else f"host-{number}"
        for number, name in enumerate(_distinct(places), start=1):
            self._by_name.setdefault(name, f"region-{number}")
        words = sorted(self._by_name, key=len, reverse=True)
        joined = "|".join(re.escape(word) for word in words)
        self._pattern = re.compile(rf"(?<![\w-])(?:{joined})(?![\w-]|\.\w)", re.IGNORECASE) if joined else None

    def text(self, text: str) -> str:
        """Known names masked, whole words only; also users in paths, URLs and mail addresses."""
        masked = _MAIL.sub("user@", _LOGIN.sub("user", _HOME.sub("user", text)))
        if self._pattern is None:
            return masked
        return self._pattern.sub(lambda found: self._by_name[found.group().lower()], masked)


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.lower() for name in names if name and name.lower() not in WORDS))
