"""`natscope derp serve` for tests: as a process of its own, or in a thread of this one. Loopback only, free ports."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import trustme

from natscope.apps.derp_serve import Running
from natscope.host.real.host import build_real_host
from natscope.model.endpoint import Endpoint
from natscope.relay.config import RelayConfig, TlsConfig, TlsMode
from natscope.relay.log import Log

LOOPBACK = Endpoint.parse("127.0.0.1:0")
END_S = 20.0
T = TypeVar("T")


def soon(make: Callable[[], T]) -> T:
    """A new certificate is said a moment before the loop has it: handshakes that fail are tried again for a while."""
    deadline = time.monotonic() + END_S
    while True:
        try:
            return make()
        except ssl.SSLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Served:
    """A process. `ready` is its ready record; `lines` are all log records so far (see `next`)."""

    def __init__(
        self, *arguments: str, environ: Mapping[str, str] | None = None, python: str = sys.executable
    ) -> None:  # fmt: skip
        """Waits for the ready line; without one the process has ended and `lines` says why."""
        self.process = subprocess.Popen(
            [python, "-m", "natscope", "derp", "serve", "--log-format", "json", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environ or {})},
            start_new_session=True,
        )
        self.lines: list[dict[str, Any]] = []
        self.ready = self.until("ready")

    @property
    def at(self) -> Endpoint:
        """Where clients come in."""
        return Endpoint.parse(self.ready["listen"][0])

    def end_of(self, kind: str) -> Endpoint:
        """Another bound endpoint: http, stun."""
        return Endpoint.parse(self.ready[kind][0])

    def until(self, event: str) -> dict[str, Any]:
        """The next record of that event; empty when the process ended before."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            record = json.loads(line) if line.startswith("{") else {"event": "text", "words": line.rstrip("\n")}
            self.lines.append(record)
            if record["event"] == event:
                return record
        return {}

    def until_certificate(self, *, words: str, worker: int = 0) -> dict[str, Any]:
        """The next record of certificate files with these words, of that worker or any.

        Others may stand before: files are looked at every few seconds too, also while one of the two is written.
        """
        while record := self.until("certificate"):
            if words in record["words"] and (not worker or record["worker"] == worker):
                break
        return record

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it; the exit code."""
        self.process.send_signal(number)
        _, rest = self.process.communicate(timeout=END_S)
        self.lines += [json.loads(line) for line in rest.splitlines() if line.startswith("{")]
        return self.process.returncode


@contextlib.contextmanager
def process(
    *arguments: str, environ: Mapping[str, str] | None = None, python: str = sys.executable
) -> Iterator[Served]:
    """A relay as its users run it, without STUN and TLS unless the arguments say so; ended with the block."""
    with tempfile.TemporaryDirectory() as folder:
        words = list(arguments)
        for name, value in (
            ("--listen", "127.0.0.1:0"), ("--stun", "off"), ("--key-file", f"{folder}/key.json"), ("--drain", "0"),
        ):  # fmt: skip
            if name not in words:
                words += [name, value]
        if "--tls" not in words and "--cert" not in words:
            words += ["--tls", "off"]
        served = Served(*words, environ=environ, python=python)
        try:
            yield served
        finally:
            if served.process.poll() is None:
                os.killpg(served.process.pid, signal.SIGKILL)  # and its workers: they have the way out open too
                served.process.communicate()


@contextlib.contextmanager
def in_thread(config: RelayConfig | None = None) -> Iterator[Running]:
    """A relay in this process; `running.ready` tells where, `running.service.front.relay` is its machine."""
    lines: list[str] = []
    host = build_real_host()
    wanted = config or RelayConfig(listen=(LOOPBACK,), drain_s=0.0)
    running = Running(wanted, host, Log(lines.append, host.clock.utc, as_json=True))
    thread = threading.Thread(target=running.service.serve, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.service.stop()
        thread.join(END_S)
        assert not thread.is_alive()
        running.service.close()


def tls_files(folder: Path, authority: trustme.CA, *names: str) -> TlsConfig:
    """Certificate files for those names."""
    chain, key = folder / "relay.crt", folder / "relay.key"
    issued = authority.issue_cert(*names)
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key.write_bytes(issued.private_key_pem.bytes())
    return TlsConfig(mode=TlsMode.FILES, certificate_file=str(chain), key_file=str(key))
