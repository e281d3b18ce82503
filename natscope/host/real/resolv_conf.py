"""The resolver configuration of a Unix system: `/etc/resolv.conf`, and whom a local stub asks in turn.

Source: resolv.conf(5) (at most 3 servers, the last `search` line counts, `domain` is a search list of one),
systemd-resolved(8) (the stub's own servers stand in /run/systemd/resolve/resolv.conf).
"""

from __future__ import annotations

import contextlib
import ipaddress

import msgspec

from natscope.host.api import ResolverFacts
from natscope.model.endpoint import Endpoint

PATH, BEHIND_STUB = "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"
PORT = 53
MAX_SERVERS, MAX_SEARCH, MAX_NDOTS = 3, 6, 15
MAX_BYTES = 64 * 1024


def read(path: str = PATH, behind_stub: str = BEHIND_STUB) -> ResolverFacts:
    """The configuration; nothing where there is no such file. Without a `nameserver` line it is this computer."""
    text = _text(path)
    if text is None:
        return ResolverFacts()
    facts = msgspec.structs.replace(parse(text), source=path)
    if not facts.servers:
        return msgspec.structs.replace(facts, servers=(Endpoint(ipaddress.IPv4Address("127.0.0.1"), PORT),))
    if all(server.ip.is_loopback for server in facts.servers) and (inner := _text(behind_stub)) is not None:
        return msgspec.structs.replace(facts, behind=parse(inner).servers)
    return facts


def parse(text: str) -> ResolverFacts:
    """Read the file's text; lines that mean nothing are passed over."""
    servers: list[Endpoint] = []
    search: tuple[str, ...] = ()
    ndots = 1
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) < 2:
            continue
        if words[0] == "nameserver":
            with contextlib.suppress(ValueError):
                servers.append(Endpoint(ipaddress.ip_address(words[1]), PORT))
        elif words[0] in ("search", "domain"):
            search = tuple(word.rstrip(".").lower() for word in words[1:] if word.strip("."))
        elif words[0] == "options":
            ndots = next((_ndots(word) for word in words[1:] if word.startswith("ndots:")), ndots)
    return ResolverFacts(servers=tuple(servers[:MAX_SERVERS]), search=search[:MAX_SEARCH], ndots=ndots)


def _ndots(word: str) -> int:
    number = word.partition(":")[2]
    return min(int(number), MAX_NDOTS) if number.isascii() and number.isdigit() else 1


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(MAX_BYTES)
    except OSError:
        return None
