"""One HTTP request as the relay sees it, and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` have lower-case names, the first of a repeated one wins; `encrypted` says that it came over TLS."""

    method: str
    target: str
    headers: Mapping[str, str]
    encrypted: bool

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path or "/"

    def query(self, name: str) -> str:
        """The first value of a field of the query, empty without."""
        return parse_qs(urlsplit(self.target).query).get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Response:
    """`headers` without length and connection; `close` ends the connection after it."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False
