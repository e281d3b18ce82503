"""SSDP: the searches that find an Internet Gateway Device, and the answers to them.

Source: UPnP Device Architecture 1.1 §1.3.2 and §1.3.3. Answers are read as upstream reads them
(net/portmapper/upnp.go): bare line feeds, HTTP/1.0, any status and any spelling of header names pass; a head that does
not end, or a line without a colon, does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from natscope.errors import LocalError, RemoteError

MULTICAST_V4, PORT = "239.255.255.250", 1900
ALL = "ssdp:all"
ROOT_DEVICE = "upnp:rootdevice"
GATEWAY_1 = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
GATEWAY_2 = "urn:schemas-upnp-org:device:InternetGatewayDevice:2"
GATEWAY_MARK = b":InternetGatewayDevice:"
"""What tells a gateway's answer from a printer's, in upstream and here."""
MAX_BYTES = 4096
MAX_HEADERS = 40
_SEARCH_LINE = "M-SEARCH * HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Search:
    """A search for `target`; `max_wait_s` (MX) is how long devices may spread their answers."""

    target: str
    host: str = f"{MULTICAST_V4}:{PORT}"
    max_wait_s: int = 2


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """A device's answer; a header that it lacks is empty. `status` is the number of its status line."""

    location: str = ""
    server: str = ""
    target: str = ""
    usn: str = ""
    max_age_s: int = 120
    status: int = 200
    other: Mapping[str, str] = field(default_factory=dict)
    """Further headers by their lower-case names."""


def is_gateway(data: bytes) -> bool:
    """Whether a datagram speaks of an Internet Gateway Device at all, whatever port it came from."""
    return GATEWAY_MARK in data


def encode_search(search: Search) -> bytes:
    """The request, its headers in the order that every device has seen."""
    lines = (
        _SEARCH_LINE,
        f"HOST: {_plain(search.host)}",
        f"ST: {_plain(search.target)}",
        'MAN: "ssdp:discover"',
        f"MX: {search.max_wait_s}",
    )
    return _head(lines)


def decode_search(data: bytes) -> Search:
    """Raises `RemoteError` for anything but a search with its target and `MAN: "ssdp:discover"`."""
    first, headers = _split(data)
    if first.split()[:2] != ["M-SEARCH", "*"]:
        raise RemoteError("no search request", field="request line")
    if headers.get("man", "").strip('"') != "ssdp:discover":
        raise RemoteError("a search without ssdp:discover", field="MAN")
    if not headers.get("st"):
        raise RemoteError("a search without a target", field="ST")
    return Search(headers["st"], headers.get("host", ""), _number(headers.get("mx", ""), 0, 120, 2))


def encode_answer(answer: SearchAnswer) -> bytes:
    """The answer of a device."""
    lines = [
        f"HTTP/1.1 {answer.status} OK",
        f"CACHE-CONTROL: max-age={answer.max_age_s}",
        f"ST: {_plain(answer.target)}",
        f"USN: {_plain(answer.usn)}",
        "EXT:",
        f"SERVER: {_plain(answer.server)}",
        f"LOCATION: {_plain(answer.location)}",
    ]
    lines += [f"{_plain(name.upper())}: {_plain(value)}" for name, value in answer.other.items()]
    return _head(lines)


def decode_answer(data: bytes) -> SearchAnswer:
    """Raises `RemoteError` for anything but an answer: announcements (NOTIFY) and searches are none."""
    first, headers = _split(data)
    version, _, rest = first.partition(" ")
    status = rest.strip().partition(" ")[0]
    if not version.upper().startswith("HTTP/") or not (status.isascii() and status.isdecimal() and len(status) == 3):
        raise RemoteError("no answer to a search", field="status line")
    known = ("location", "server", "st", "usn", "cache-control", "ext")
    return SearchAnswer(
        location=headers.get("location", ""),
        server=headers.get("server", ""),
        target=headers.get("st", ""),
        usn=headers.get("usn", ""),
        max_age_s=_max_age(headers.get("cache-control", "")),
        status=int(status),
        other={name: value for name, value in headers.items() if name not in known},
    )


def in_order(answers: Iterable[SearchAnswer]) -> tuple[SearchAnswer, ...]:
    """Newer devices first: by USN downwards, then place, then server; what names the same place and server once.

    The order is upstream's, so that both talk to the same device where there are several.
    """
    ordered = sorted(answers, key=lambda a: (a.location, a.server))
    ordered.sort(key=lambda a: a.usn, reverse=True)
    found: list[SearchAnswer] = []
    for answer in ordered:
        if not found or (found[-1].location, found[-1].server) != (answer.location, answer.server):
            found.append(answer)
    return tuple(found)


def _head(lines: Iterable[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _plain(text: str) -> str:
    if any(character in text for character in "\r\n\0"):
        raise LocalError("a header must not hold a line break")
    return text.strip()


def _split(data: bytes) -> tuple[str, dict[str, str]]:
    """The first line and the headers, names in lower case, the first of a name wins."""
    if len(data) > MAX_BYTES:
        raise RemoteError(f"{len(data)} bytes, at most {MAX_BYTES} are read", offset=MAX_BYTES, field="datagram")
    lines = data.decode("latin-1").replace("\r\n", "\n").split("\n")
    if "" not in lines[1:]:
        raise RemoteError("the head does not end", offset=len(data), field="head")
    end = lines.index("", 1)
    if end > MAX_HEADERS:
        raise RemoteError(f"more than {MAX_HEADERS} headers", field="head")
    headers: dict[str, str] = {}
    for line in lines[1:end]:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise RemoteError("a header without a name or colon", field="head")
        headers.setdefault(name.strip().lower(), value.strip())
    if not any(line == "" for line in lines[end + 1 :]):  # the empty line itself must be there whole
        raise RemoteError("the head does not end", offset=len(data), field="head")
    return lines[0], headers


def _max_age(text: str) -> int:
    for part in text.lower().split(","):
        name, _, value = part.partition("=")
        if name.strip() == "max-age":
            return _number(value.strip(), 0, 86_400 * 365, 120)
    return 120


def _number(text: str, low: int, high: int, default: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return default
    return min(max(int(text), low), high)
