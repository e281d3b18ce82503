"""Relays of both makes on loopback, all named `localhost`, with a certificate of one authority; and `derpprobe`.

Nothing of it leaves loopback: names lead there, and derper and derpprobe dial only what a map or their flags name.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from natscope.model.endpoint import Endpoint
from tests.interop import peers
from tests.interop.netcheck_lab import wait_for_line
from tests.interop.stun_peers import free_port
from tests.relay import served
from tests.relay.drivers import AUTHORITY

NAME = "localhost"
MESH_KEY = "a1" * 32
RUN_LIMIT_S = 40.0


def free_tcp_port() -> int:
    """One that was free a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@dataclass(slots=True)
class Place:
    """Files that the relays and clients of one test share."""

    folder: Path
    authority: trustme.CA = AUTHORITY

    def __post_init__(self) -> None:
        """All files are there before relays start, perhaps side by side."""
        chain, key = self.certificate
        issued = self.authority.issue_cert(NAME, "127.0.0.1")
        chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.write_bytes(issued.private_key_pem.bytes())
        self.ca.write_bytes(self.authority.cert_pem.bytes())
        self.mesh_key.write_text(f"{MESH_KEY}\n")

    @property
    def ca(self) -> Path:
        """The authority's certificate."""
        return self.folder / "ca.pem"

    @property
    def mesh_key(self) -> Path:
        """A file with the region's key."""
        return self.folder / "mesh.key"

    @property
    def certificate(self) -> tuple[Path, Path]:
        """Chain and key for `NAME`, in derper's spelling."""
        return self.folder / f"{NAME}.crt", self.folder / f"{NAME}.key"


@dataclass(slots=True)
class Ports:
    """Where a relay is, so that it can come back there."""

    https: int = field(default_factory=free_tcp_port)
    http: int = field(default_factory=free_tcp_port)
    stun: int = field(default_factory=free_port)

    def node(self, name: str, region: int) -> dict[str, Any]:
        """Its entry in a relay map."""
        return {"Name": name, "RegionID": region, "HostName": NAME, "IPv4": "127.0.0.1",
                "DERPPort": self.https, "STUNPort": self.stun}  # fmt: skip

    @property
    def url(self) -> str:
        """Where clients come in."""
        return f"https://{NAME}:{self.https}/derp"

    @property
    def at(self) -> Endpoint:
        """The encrypted port."""
        return Endpoint.parse(f"127.0.0.1:{self.https}")


def region(*ports: Ports, number: int = 900) -> dict[str, Any]:
    """A region of those relays: nodes 900a, 900b, …, code lab900."""
    nodes = [place.node(f"{number}{letter}", number) for letter, place in zip("abcdefgh", ports, strict=False)]
    return {"RegionID": number, "RegionCode": f"lab{number}", "RegionName": "Lab", "Nodes": nodes}


def derper_flags(place: Place, ports: Ports, mesh: Sequence[Ports] = ()) -> list[str]:
    """A command line as service files of derper have it."""
    words = [
        *("-a", f"127.0.0.1:{ports.https}", "-http-port", str(ports.http), f"-stun-port={ports.stun}"),
        *("-certmode=manual", "-certdir", str(place.folder), "--hostname", NAME),
        *("-c", str(place.folder / f"derper-{ports.https}.key")),
    ]
    if mesh:
        words += ["-mesh-with", ",".join(f"{NAME}:{other.https}/127.0.0.1" for other in mesh)]
        words += ["-mesh-psk-file", str(place.mesh_key)]
    return words


class Derper:
    """Upstream's relay as a process; `mesh` are others of the region, of two equal `flags` the last one counts."""

    def __init__(self, place: Place, ports: Ports, mesh: Sequence[Ports] = (), flags: Sequence[str] = ()) -> None:
        """Waits until it serves."""
        self.ports = ports
        self.process = subprocess.Popen(
            [peers.require("derper"), *derper_flags(place, ports, mesh), *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(place.folder), "SSL_CERT_FILE": str(place.ca)},
        )  # fmt: skip
        try:
            wait_for_line(self.process.stdout, "serving on")
            wait_until_open(ports.https)
        except BaseException:
            self.end()
            raise

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """At once, unless told otherwise."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.communicate(timeout=RUN_LIMIT_S)


class PlainDerper:
    """Upstream's relay without TLS and STUN, with the mesh key of the place."""

    def __init__(self, place: Place) -> None:
        """Waits until it serves."""
        port = free_tcp_port()
        self.at = Endpoint.parse(f"127.0.0.1:{port}")
        self.process = subprocess.Popen(
            [peers.require("derper"), "-a", str(self.at), "-http-port", "-1", "-stun=false", "-hostname", NAME,
             "-c", str(place.folder / "derper-plain.key"), "-mesh-psk-file", str(place.mesh_key)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": str(place.folder)},
        )  # fmt: skip
        wait_until_open(port)

    def end(self) -> None:
        """At once."""
        self.process.kill()
        self.process.wait(RUN_LIMIT_S)


class Ours:
    """`natscope derp serve` as a process, in the same place; `flags` in place of those that it has in our spelling."""

    def __init__(self, place: Place, ports: Ports, mesh: Sequence[Ports] = (), flags: Sequence[str] = ()) -> None:
        """Waits for the ready line."""
        self.ports = ports
        self.served = served.Served(
            *(flags or self._flags(place, ports, mesh)), environ={"SSL_CERT_FILE": str(place.ca)}
        )
        assert self.served.ready, self.served.lines

    @staticmethod
    def _flags(place: Place, ports: Ports, mesh: Sequence[Ports]) -> list[str]:
        chain, key = place.certificate
        words = [
            *("--listen", f"127.0.0.1:{ports.https}", "--http", f"127.0.0.1:{ports.http}"),
            *("--stun", f"127.0.0.1:{ports.stun}", "--cert", str(chain), "--cert-key", str(key), "--drain", "0"),
            *("--key-file", str(place.folder / f"ours-{ports.https}.json")),
        ]
        if mesh:
            words += ["--mesh-with", ",".join(f"{NAME}:{other.https}" for other in mesh)]
            words += ["--mesh-key-file", str(place.mesh_key)]
        return words

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """At once, unless told otherwise."""
        if self.served.process.poll() is None:
            self.served.process.send_signal(how)
        self.served.process.communicate(timeout=RUN_LIMIT_S)


Relay = Derper | Ours


@contextlib.contextmanager
def running(relay: Relay) -> Iterator[None]:
    """End it with the block. One relay a call: a second one that cannot start would leave the first one running."""
    try:
        yield
    finally:
        relay.end()


def wait_until_open(port: int, address: str = "127.0.0.1") -> None:
    """Derper says that it serves a moment before it listens."""
    deadline = time.monotonic() + 5.0
    while True:
        try:
            socket.create_connection((address, port), timeout=1.0).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def derpprobe(place: Place, relay_map: dict[str, Any], *flags: str) -> tuple[int, dict[str, bool]]:
    """`derpprobe -once`: its exit code and each probe with its verdict."""
    path = place.folder / "map.json"
    path.write_text(json.dumps(relay_map))
    done = subprocess.run(
        [peers.require("derpprobe"), "-once", "-spread=false", "-derp-map", path.as_uri(), *flags],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=RUN_LIMIT_S,
        check=False, env={"PATH": os.environ["PATH"], "HOME": str(place.folder), "SSL_CERT_FILE": str(place.ca)},
    )  # fmt: skip
    return done.returncode, verdicts(done.stdout)


def verdicts(text: str) -> dict[str, bool]:
    """The lines `good: PROBE: …` and `bad: PROBE: …` of its output."""
    return {name: word == "good" for word, name in re.findall(r"^\S+ \S+ (good|bad): (\S+?): ", text, re.MULTILINE)}
