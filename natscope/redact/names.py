"""Names of hosts, people and networks become numbered ones, the same everywhere; what everybody has stays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from natscope.redact.addresses import TOKEN

HOST_NAME = re.compile(
    r"(?<![\w-])(?<!\w\.)(?:\w(?:[\w-]{0,61}\w)?\.)+(?:xn--[A-Za-z0-9-]{2,59}|[^\W\d_]{2,63})\.?(?![\w-]|\.\w)"
)
_URL_HOST = re.compile(r"://(?:[^\s/@]{1,256}@)?([^\W\d_][\w-]{0,62})(?=[:/?#\s]|$)")
"""A name without a dot, that only its place shows to be one."""
_FILES = frozenset(
    {
        *("yaml", "yml", "json", "jsonl", "toml", "conf", "cfg", "sock", "socket", "txt", "log", "pcap", "pcapng"),
        *("html", "xml", "csv", "service", "prom", "tap"),
    }
)
"""Last labels that are file names, not domains."""
_FILES_OR_DOMAINS = frozenset({"zip", "md", "py", "so", "sh"})
"""Files where a path leads to them, else domains."""
_WORDS_OF_A_NAME = r"[^/\\\s:]{1,64}(?: [^/\\\s:]{1,64}){0,3}"
_HOME = re.compile(
    rf"(?<=/home/){_WORDS_OF_A_NAME}(?=/)|(?<=/home/)[^/\s:]+"
    rf"|(?<=/Users/){_WORDS_OF_A_NAME}(?=/)|(?<=/Users/)[^/\s:]+"
    rf"|(?<=\\Users\\){_WORDS_OF_A_NAME}(?=\\)|(?<=\\Users\\)[^\\\s]+"
)
_LOGIN = re.compile(r"(?<=://)[^\s\"'<>]{1,256}@")
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?=[\w-]+(?:\.|\b))")
EVERYBODYS = frozenset(
    {
        *(
            "localhost",
            "local",
            "ipv4only.arpa",
            "in-addr.arpa",
            "ip6.arpa",
            "home.arpa",
            "resolver.arpa",
            "ts.net",
            "example.com",
        ),
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
    """Every domain name that a text has, without a last dot, as it is written; and hosts of URLs without a dot."""
    for found in HOST_NAME.finditer(text):
        name = found.group().rstrip(".")
        if not _is_file(name, text[max(found.start() - 2, 0) : found.start()]) and not _is_everybodys(name.lower()):
            yield name
    for found in _URL_HOST.finditer(text):
        if found[1].lower() not in EVERYBODYS:
            yield found[1]


def _is_file(name: str, before: str) -> bool:
    last = name.rpartition(".")[2].lower()
    in_folder = before.endswith(("/", "\\")) and before != "//"
    return last in _FILES or (last in _FILES_OR_DOMAINS and in_folder)


def _is_everybodys(name: str) -> bool:
    """Also the vendor's own relays, and names that are made up to see who answers them."""
    if name.startswith("natscope."):  # our own schemas
        return True
    ends = (".in-addr.arpa", ".ip6.arpa", ".tailscale.com", ".invalid", ".example")
    return name in EVERYBODYS or name.endswith(ends)


WORDS = frozenset(
    {
        *("yes", "no", "unknown", "none", "direct", "relay", "answered", "refused", "wrong", "likely", "possible"),
        *("certain", "fail", "warn", "info", "ran", "skipped", "failed", "works", "absent", "broken", "host", "router"),
        *("udp", "tcp", "tls", "http", "https", "dns", "stun", "icmp", "nat", "ethernet", "wireless", "wifi", "linux"),
        *("user", "tunnel", "proxy", "vpn", "cloud", "server", "client", "computer", "network", "internet", "natscope"),
    }
)
"""Bare names that say nothing of anybody, and without which our own words would be masked."""


_TOKEN = re.compile(r"[\w-]+|[^\w\s]")
_MAX_NAME = 256


class NameMask:
    """One mapping. `hosts` are domain names and bare host names; `places`: what of somebody's regions becomes what."""

    def __init__(self, hosts: Iterable[str], places: Mapping[str, str] | None = None) -> None:
        self._by_name: dict[str, str] = {}
        suffixes: dict[str, int] = {}
        for number, name in enumerate(_distinct(hosts), start=1):
            domain = "" if " " in name else name.partition(".")[2]
            group = suffixes.setdefault(domain, len(suffixes) + 1) if domain else 0
            self._by_name[name] = f"host-{number}.domain-{group}.example" if domain else f"host-{number}"
        for name, mask in (places or {}).items():
            for each in _distinct([name]):
                self._by_name.setdefault(each, mask)
        self._lengths = _lengths_by_start(self._by_name)

    def text(self, text: str) -> str:
        """Known names masked, whole words only; also users in paths, URLs and mail addresses."""
        masked = _MAIL.sub("user@", _LOGIN.sub("user@", _HOME.sub("user", text)))
        return self._replaced(masked) if self._by_name else masked

    def _replaced(self, text: str) -> str:
        """One pass, a look-up a word: a mesh has thousands of names. A part of an address is no name."""
        low = _lower(text)
        parts: list[str] = []
        addresses = [found.span() for found in TOKEN.finditer(text)]
        done = 0
        for found in _TOKEN.finditer(low):
            start = found.start()
            if start < done:
                continue
            name = self._at(low, start, found.group())
            while addresses and addresses[0][1] <= start:
                del addresses[0]
            cut = (
                addresses
                and addresses[0][0] < start + len(name)
                and not (start <= addresses[0][0] and addresses[0][1] <= start + len(name))
            )
            if name and not cut:
                parts += [text[done:start], self._by_name[name]]
                done = start + len(name)
        return "".join([*parts, text[done:]])

    def _at(self, low: str, start: int, token: str) -> str:
        """The longest name that begins here and ends with a word; empty: none."""
        for length in self._lengths.get(token, ()):
            name = low[start : start + length]
            if name in self._by_name and not _GOES_ON.match(low, start + length):
                return name
        return ""


_GOES_ON = re.compile(r"[\w-]|\.\w")


def _lengths_by_start(names: Iterable[str]) -> dict[str, list[int]]:
    """The lengths of all names that begin with a word, the longest first."""
    found: dict[str, set[int]] = {}
    for name in names:
        first = _TOKEN.match(name)
        if first:
            found.setdefault(first.group(), set()).add(len(name))
    return {first: sorted(lengths, reverse=True) for first, lengths in found.items()}


def _lower(text: str) -> str:
    """As long as the text: a few letters become two."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _distinct(names: Iterable[str]) -> list[str]:
    """Small, without space around; what is too long to be a name is none."""
    small = (_lower(name.strip()) for name in names)
    return list(dict.fromkeys(name for name in small if 0 < len(name) <= _MAX_NAME and name not in WORDS))
