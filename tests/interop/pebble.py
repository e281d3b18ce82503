"""Pebble, the ACME server that Let's Encrypt tests clients with, on loopback: it really asks for the proofs."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.rdatatype
import dns.rrset
import trustme

from tests.interop.peers import require

START_S = 15.0


@dataclass(frozen=True)
class Pebble:
    """A running one. It asks for proofs at `http_port` and `tls_port` of 127.0.0.1, whatever the name."""

    directory: str
    management: str
    ca_file: Path
    http_port: int
    tls_port: int
    authority: trustme.CA

    def root(self) -> str:
        """The authority that its certificates come from, PEM; another one at each start."""
        return self._get("/roots/0")

    def _get(self, path: str) -> str:
        import ssl

        context = ssl.create_default_context(cafile=str(self.ca_file))
        with urllib.request.urlopen(self.management + path, timeout=5, context=context) as answer:
            return str(answer.read().decode())


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextlib.contextmanager
def pebble(folder: Path) -> Iterator[Pebble]:
    """Start it, with a name server that knows every name as 127.0.0.1; skips where it is not installed."""
    program = require("pebble")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    listen, management, http, tls = (free_port() for _ in range(4))
    settings = {
        "listenAddress": f"127.0.0.1:{listen}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(folder / "cert.pem"),
        "privateKey": str(folder / "key.pem"),
        "httpPort": http,
        "tlsPort": tls,
    }
    (folder / "pebble.json").write_text(json.dumps({"pebble": settings}))
    environ = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "30"}
    with _name_server() as port, open(folder / "pebble.log", "wb") as log:
        command = [program, "-config", str(folder / "pebble.json"), "-dnsserver", f"127.0.0.1:{port}", "-strict"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ)
        try:
            _wait_for(listen, process, folder / "pebble.log")
            yield Pebble(
                f"https://127.0.0.1:{listen}/dir",
                f"https://127.0.0.1:{management}",
                folder / "ca.pem",
                http,
                tls,
                authority,
            )
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"pebble does not answer: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def _name_server() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer_names, args=(sock,), daemon=True)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            sock.sendto(b"", sock.getsockname())
            thread.join(5)


def _answer_names(sock: socket.socket) -> None:
    """Every name has the one address 127.0.0.1; an empty packet ends it."""
    while True:
        data, source = sock.recvfrom(4096)
        if not data:
            return
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        question = query.question[0]
        if question.rdtype == dns.rdatatype.A:
            response.answer.append(dns.rrset.from_text(question.name, 1, "IN", "A", "127.0.0.1"))
        sock.sendto(response.to_wire(), source)
