"""The client of relays on this computer's sockets, on loopback."""

from __future__ import annotations

import hashlib
import ipaddress
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from natscope.host.api import ServerTls
from natscope.host.real.host import build_real_host
from tests.relay_client.contract import Bench, ClientContract


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[ServerTls, str, str]:
    folder = tmp_path_factory.mktemp("relay-client")
    authority = trustme.CA()
    return *issued(authority, folder, "relay.test"), str(folder / "ca.pem")


def issued(authority: trustme.CA, folder: Path, *names: str) -> tuple[ServerTls, str]:
    """A certificate without its chain, and its pin."""
    certificate = authority.issue_cert(*names)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    chain, key = folder / f"{names[0]}.crt", folder / f"{names[0]}.key"
    chain.write_bytes(certificate.cert_chain_pems[0].bytes())
    key.write_bytes(certificate.private_key_pem.bytes())
    der = x509.load_pem_x509_certificate(chain.read_bytes()).public_bytes(Encoding.DER)
    return ServerTls(str(chain), str(key)), hashlib.sha256(der).hexdigest()


@pytest.fixture
def bench(files: tuple[ServerTls, str, str]) -> Bench:
    tls, pin, ca_file = files
    host = build_real_host()
    at = {4: ipaddress.ip_address("127.0.0.1"), 6: ipaddress.ip_address("::1")}
    return Bench(a=host, b=host, relay=host, at=at, tls=tls, ca_file=ca_file, pin=pin)  # type: ignore[arg-type]


class TestOnLoopback(ClientContract):
    """The contract, on this computer."""
