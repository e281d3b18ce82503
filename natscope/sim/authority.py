"""The certificate authority of a simulated internet: Ed25519 keys from the seed, so every run issues the same bytes.

Valid from 2001 to 2100: OpenSSL asks this computer's clock, the simulation asks its own (`tls.py`). RFC 8410.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from natscope.host.api import ServerTls
from natscope.model.endpoint import IPAddress
from natscope.sim.rng import seed_bytes

BEGINS, ENDS = datetime(2001, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NAME = "natscope simulated authority"
EXPIRED = datetime(2002, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(1950, 1, 1, tzinfo=UTC)
"""That a certificate can say (RFC 5280 §4.1.2.5)."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and key on disk; `pin` is the SHA-256 of the certificate, as a relay map names it."""

    files: ServerTls
    pin: str


class Authority:
    """Its files live in `directory`, whose mode is the caller's matter.

    `later_by_s`: all its times are so much later than usual. To whoever asks a right clock that looks as the usual
    ones do to a clock that is behind by as much.
    """

    def __init__(self, seed: int, directory: Path, *, later_by_s: float = 0.0, name: str = NAME) -> None:
        self._seed = seed
        self._later = timedelta(seconds=later_by_s)
        self._directory = directory
        self._key = self._new_key("authority")
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = (
            self._builder(self._name, self._key, "authority", ENDS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, None)
        )
        self.ca_file = directory / "ca.pem"
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, names: Sequence[str], ips: Sequence[IPAddress] = (), *, expired: bool = False, self_signed: bool = False
    ) -> Issued:
        """A server certificate for these names and addresses."""
        stem = "_".join([*names, *(str(ip).replace(":", "-") for ip in ips), f"{expired}{self_signed}"])
        key = self._new_key(stem)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        alternatives = [*(x509.DNSName(name) for name in names), *(x509.IPAddress(ip) for ip in ips)]
        signer = key if self_signed else self._key
        certificate = (
            self._builder(subject, key, stem, EXPIRED if expired else ENDS, subject if self_signed else self._name)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, None)
        )
        return self._write(stem, certificate, key)

    def _new_key(self, stem: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(seed_bytes(self._seed, "certificate", stem))

    def _builder(
        self, subject: x509.Name, key: Ed25519PrivateKey, stem: str, ends: datetime, issuer: x509.Name | None = None
    ) -> x509.CertificateBuilder:
        serial = int.from_bytes(seed_bytes(self._seed, "serial", stem)[:16], "big") >> 1 | 1
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or subject)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(max(BEGINS + self._later, _EARLIEST))
            .not_valid_after(max(ends + self._later, _EARLIEST))
        )

    def _write(self, stem: str, certificate: x509.Certificate, key: Ed25519PrivateKey) -> Issued:
        short = hashlib.sha256(stem.encode()).hexdigest()[:16]
        certificate_file, key_file = self._directory / f"{short}.crt", self._directory / f"{short}.key"
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        key_file.touch(mode=0o600)
        key_file.write_bytes(private)
        der = certificate.public_bytes(serialization.Encoding.DER)
        return Issued(ServerTls(str(certificate_file), str(key_file)), hashlib.sha256(der).hexdigest())
