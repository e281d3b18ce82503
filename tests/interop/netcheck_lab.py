"""A client, its router and a few relay hosts, each in a namespace of its own, for comparing netchecks.

```
client ── eth0   lan ── router ── wan0 ── eth0 relay host 0   198.51.100.10, 2001:db8:100::10
                               ── wan1 ── eth0 relay host 1   198.51.101.10, 2001:db8:101::10   …
```
The client is 203.0.113.11 (no translation) or 192.168.7.2 behind a translating router, and 2001:db8:c::2 in both.
Each relay host has one address per family, since derper answers from a wildcard socket.
"""

from __future__ import annotations

import datetime
import hashlib
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.interop import peers
from tests.kernel.namespaces import Bed, Namespace, addresses, route

PUBLIC_V4, PRIVATE_V4, CLIENT_V6 = "203.0.113.11", "192.168.7.2", "2001:db8:c::2"
ROUTER_V4 = "203.0.113.1"
START_LIMIT_S = 20.0

NAT = {
    "public": "",
    "port-keeping": f"snat ip to {ROUTER_V4}",
    "random": f"snat ip to {ROUTER_V4} fully-random",
    "no-udp": "",
}
"""The postrouting rule of each kind of router."""

TRANSLATE = """
table inet nat {
  chain post { type nat hook postrouting priority 100
    oifname "wan*" meta nfproto ipv4 RULE
  }
  chain input { type filter hook input priority 0
    iifname "wan*" ct state new drop
  }
}
"""
"""`input` drops what nobody asked for: else a peer's early packet takes the port away (a conntrack entry)."""

NO_UDP = """
table inet filter {
  chain forward { type filter hook forward priority 0
    meta l4proto udp drop
  }
}
"""


@dataclass(frozen=True, slots=True)
class RelayHost:
    """One relay host: where it is and how a map names it."""

    space: Namespace
    number: int
    v4: str
    v6: str

    @property
    def region_id(self) -> int:
        return 900 + self.number

    @property
    def name(self) -> str:
        return f"relay{self.number}.derp.test"


@dataclass(slots=True)
class NetcheckLab:
    """The whole lab; `kind` is one of `NAT`."""

    bed: Bed
    folder: Path
    kind: str
    hosts: list[RelayHost] = field(default_factory=list)
    pins: dict[int, str] = field(default_factory=dict)
    client: Namespace = field(init=False)
    router: Namespace = field(init=False)

    def __post_init__(self) -> None:
        self.client, self.router = self.bed.add("client"), self.bed.add("router")
        self.bed.connect(self.client, "eth0", self.router, "lan")
        private = bool(NAT[self.kind])
        net = "192.168.7" if private else "203.0.113"
        addresses(self.client, "eth0", [f"{net}.2/24" if private else f"{PUBLIC_V4}/24", f"{CLIENT_V6}/64"])
        addresses(self.router, "lan", [f"{net}.1/24", "2001:db8:c::1/64"])
        route(self.client, f"default via {net}.1", "default via 2001:db8:c::1")
        self.router.sysctl("net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")
        self.router.ip("route add unreachable default")
        self._rules()

    def _rules(self) -> None:
        if self.kind == "no-udp":
            self.router.nft(NO_UDP)
        elif NAT[self.kind]:
            addresses(self.router, "lo", [f"{ROUTER_V4}/32"])
            self.router.nft(TRANSLATE.replace("RULE", NAT[self.kind]))

    def add_host(self) -> RelayHost:
        """One more relay host behind the router."""
        number = len(self.hosts)
        space = self.bed.add(f"relay{number}")
        host = RelayHost(space, number, f"198.51.{100 + number}.10", f"2001:db8:{100 + number}::10")
        self.bed.connect(space, "eth0", self.router, f"wan{number}")
        addresses(space, "eth0", [f"{host.v4}/24", f"{host.v6}/64"])
        gateway = (f"198.51.{100 + number}.1", f"2001:db8:{100 + number}::1")
        addresses(self.router, f"wan{number}", [f"{gateway[0]}/24", f"{gateway[1]}/64"])
        route(space, f"default via {gateway[0]}", f"default via {gateway[1]}")
        self.hosts.append(host)
        return host

    def relay_map(self) -> dict[str, Any]:
        """A map of all hosts in Tailscale's JSON form, addresses literal, certificates pinned."""
        return {"Regions": {str(h.region_id): self._region(h) for h in self.hosts}}

    def _region(self, host: RelayHost) -> dict[str, Any]:
        node = {"Name": f"{host.region_id}a", "RegionID": host.region_id, "HostName": host.name,
                "IPv4": host.v4, "IPv6": host.v6, "CertName": self.pins.get(host.number, "")}  # fmt: skip
        return {"RegionID": host.region_id, "RegionCode": f"r{host.number}", "RegionName": f"Relay {host.number}",
                "Nodes": [node]}  # fmt: skip

    def start_derper(self, host: RelayHost) -> None:
        """Upstream's relay with a self-signed certificate that the map pins."""
        folder = self.folder / host.name
        self.pins[host.number] = write_certificate(folder, host.name)
        self._start(
            host, "serving on", peers.require("derper"), "-c", str(folder / "derper.key"), "-a", ":443",
            "-http-port", "80", "-certmode", "manual", "-certdir", str(folder), "-hostname", host.name,
        )  # fmt: skip

    def start_coturn(self, host: RelayHost) -> None:
        """Debian's STUN server."""
        self._start(
            host, "IO method (admin thread)", peers.require("turnserver"), "-n", "--stun-only", "-L", host.v4, "-L",
            host.v6, "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--simple-log",
            f"--pidfile={self.folder / 'coturn.pid'}", f"--userdb={self.folder / 'coturn.db'}",
        )  # fmt: skip

    def start(self, host: RelayHost, ready: str, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        """Any other server; `ready` is what it prints once it listens."""
        return self._start(host, ready, *argv)

    def _start(self, host: RelayHost, ready: str, *argv: str) -> subprocess.Popen[bytes]:
        process = self.bed.start(host.space, *argv, stdout=-1, stderr=-2)
        wait_for_line(process.stdout, ready)
        return process


def wait_for_line(pipe: Any, wanted: str) -> None:
    """Read a server's output until it says that it is ready."""
    seen = b""
    deadline = time.monotonic() + START_LIMIT_S
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while wanted.encode() not in seen:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError(f"no {wanted!r} in {START_LIMIT_S} s: {seen[-2000:]!r}")
            data = pipe.read1(65536)
            if not data:
                raise RuntimeError(f"ended before it said {wanted!r}: {seen[-2000:]!r}")
            seen += data


def write_certificate(folder: Path, name: str) -> str:
    """`NAME.crt` and `NAME.key` in `folder`; returns the map's `CertName`, a pin of the whole certificate."""
    folder.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoded = certificate.public_bytes(serialization.Encoding.DER)
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / f"{name}.key").write_bytes(pem)
    return f"sha256-raw:{hashlib.sha256(encoded).hexdigest()}"
