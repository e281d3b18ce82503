"""Upstream's own DERP client, driven by commands: the Go program of `tests/interop/go/cmd/derp-exchange`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.interop import peers

SIZES = (0, 1, 7, 100, 1280, 1400, 4096, 16_384, 65_535, 65_536)
"""Bytes of packets, up to the longest that there is."""
LIMIT_S = 10.0
AGAIN_S = 12.0
"""derper tries a lost relay of its region again after 5 s."""


class Refused(Exception):
    """The program says that a command has failed; the text says why."""


class Exchange:
    """One process with any number of clients. Each method waits for the answer and gives it, or raises `Refused`."""

    def __init__(self, **environment: str) -> None:
        """`environment` in addition to PATH: SSL_CERT_FILE, HTTPS_PROXY, TS_DEBUG_…"""
        self._process = subprocess.Popen(
            [peers.require("derp-exchange")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nonexistent", **environment},
        )  # fmt: skip

    def __enter__(self) -> Self:
        """Nothing is connected."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        """All clients go."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def do(self, what: str, client: str, **options: Any) -> dict[str, Any]:
        """Any command; see the program."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, "client": client, **options}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise Refused("derp-exchange has ended")
        answer: dict[str, Any] = json.loads(line)
        if not answer.pop("ok"):
            raise Refused(answer["error"])
        return answer

    def connect(self, client: str, url: str = "", *, ca: Path | str = "", **options: Any) -> dict[str, Any]:
        """By `url`, or by `region=` of a relay map; tells of keys and TLS."""
        return self.do("connect", client, url=url, ca=str(ca), **options)

    def exchange(
        self, client: str, to: str, sizes: tuple[int, ...] = SIZES, *, count: int = 1, ahead: int = 8, **options: Any
    ) -> int:
        """Packets one way, checked for completeness, content and order; how many arrived."""
        told = self.do("exchange", client, to=to, sizes=sizes, count=count, ahead=ahead, **options)
        assert told["received"] == told["sent"] == count * len(sizes)
        arrived: int = told["received"]
        return arrived

    def report(self, client: str) -> dict[str, Any]:
        """All that a client has heard."""
        return self.do("report", client)


def until_one_passes(x: Exchange, one: str, other: str) -> None:
    """A relay hears of another's clients a moment after they come."""
    deadline = time.monotonic() + AGAIN_S
    while True:
        x.do("send", one, peer=other, size=20)
        with contextlib.suppress(Refused):
            assert x.do("wait-packet", other, limit=0.1)["size"] == 20
            break
        assert time.monotonic() < deadline, "the relays of the pair have not found each other"
    with contextlib.suppress(Refused):
        while True:
            x.do("wait-packet", other, limit=0.05)  # of the tries before
