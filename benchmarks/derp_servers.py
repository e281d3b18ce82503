"""The relays under test, upstream's `derper` and ours, plain and over TLS with the same certificate, on loopback.

None of them talks to anybody: no STUN, no mesh, no certificate authority. Both are told not to limit how many
connections come in a second. Ports lie below the range of outgoing connections, which a load takes by the thousand.
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import trustme

OURS, THEIRS = "natscope", "derper"
START_LIMIT_S = 20.0
END_LIMIT_S = 20.0
_FIRST_PORT, _LAST_PORT = 21_000, 32_000
_NO_LIMIT = ("-accept-connection-limit=1000000", "-accept-connection-burst=1000000")
HOST = "127.0.0.1"
SPARE_DESCRIPTORS = 200
ROOT = Path(__file__).resolve().parents[1]
"""This checkout is measured, wherever another one is installed."""


@dataclass(slots=True)
class Place:
    """A folder with one certificate for all; `derper` and `load` are the programs."""

    folder: Path
    derper: str
    load: str
    _port: int = field(default=_FIRST_PORT)

    def __post_init__(self) -> None:
        """Issue the certificate, in derper's spelling."""
        issued = trustme.CA().issue_cert(HOST)
        (self.folder / f"{HOST}.crt").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        (self.folder / f"{HOST}.key").write_bytes(issued.private_key_pem.bytes())

    def port(self) -> int:
        """The next one that is free."""
        while self._port < _LAST_PORT:
            self._port += 1
            with socket.socket() as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    sock.bind((HOST, self._port))
                except OSError:
                    continue
                return self._port
        raise SystemExit("no free port")

    def command(self, name: str, tls: bool, port: int) -> list[str]:
        """The command line of a relay."""
        at, key = f"{HOST}:{port}", str(self.folder / f"{name}-{port}.key")
        chain, secret = (str(self.folder / f"{HOST}.{kind}") for kind in ("crt", "key"))
        if name == THEIRS:
            words = [self.derper, "-a", at, "-http-port", "-1", "-stun=false", "-hostname", HOST, "-c", key]
            return [*words, *(("-certmode=manual", "-certdir", str(self.folder)) if tls else ()), *_NO_LIMIT]
        words = [sys.executable, "-m", "natscope", "derp", "serve", "--listen", at, "--stun", "off", "--quiet"]
        words += ["--key-file", key, "--drain", "0", *_NO_LIMIT]
        return [
            *words,
            *(("--tls", "files", "--cert", chain, "--cert-key", secret, "--http", "off") if tls else ("--tls", "off")),
        ]


class Server:
    """One relay as a process, answering once this returns."""

    def __init__(self, place: Place, name: str, *, tls: bool) -> None:
        """Raises `SystemExit` with its last words when it does not come up."""
        self.name = name
        port = place.port()
        self.at = f"{HOST}:{port}"
        log = place.folder / f"{name}-{port}.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                place.command(name, tls, port), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env={"PATH": os.environ["PATH"], "HOME": str(place.folder), "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        give_up_at = time.monotonic() + START_LIMIT_S
        while not _is_open(port):
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                self.end()
                raise SystemExit(f"{name} does not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.02)

    def pids(self) -> list[int]:
        """Its process and all processes below it."""
        found = [self._process.pid]
        for pid in found:
            for listing in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in listing.read_text().split()]
        return found

    def end(self) -> None:
        """At once."""
        self._process.kill()
        self._process.wait(END_LIMIT_S)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def descriptors_for(clients: int) -> str:
    """Let this process and those it starts open so many connections each; why that cannot be, or nothing."""
    wanted = clients + SPARE_DESCRIPTORS
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, OSError):
            return f"{clients} clients need {wanted} descriptors, the limit is {hard}: ulimit -Hn {wanted} as root"
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return ""


def version_of(derper: str) -> str:
    """Upstream's version."""
    done = subprocess.run([derper, "-version"], capture_output=True, text=True, check=False, timeout=START_LIMIT_S)
    return done.stdout.split("-")[0].strip() or "of unknown version"
