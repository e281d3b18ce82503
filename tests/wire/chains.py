"""Chains of certificates with what a public authority puts in, which trustme does not."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtensionOID, NameOID

NOW = datetime.now(UTC)


def _timestamps() -> x509.UnrecognizedExtension:
    """One proof of a log (RFC 6962 §3.2, §3.3) with a signature that nobody made."""
    proof = struct.pack("!B32sQH", 0, bytes(32), 1_700_000_000_000, 0) + b"\x04\x03" + struct.pack("!H8s", 8, bytes(8))
    listed = struct.pack("!HH", len(proof) + 2, len(proof)) + proof
    wrapped = b"\x04" + bytes([len(listed)]) + listed
    return x509.UnrecognizedExtension(ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS, wrapped)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Chain:
    """Root, intermediate and leaf for `name`; `logged`: with proofs of public logs."""

    def __init__(self, name: str, *, logged: bool = True, now: datetime = NOW) -> None:
        self._now = now
        root, middle, self._key = (generate_private_key(SECP256R1()) for _ in range(3))
        self.root = self._signed("test root", root, "test root", root)
        self.middle = self._signed("test intermediate", middle, "test root", root)
        self.leaf = self._signed(name, self._key, "test intermediate", middle, host=name, logged=logged)

    def der(self, *certificates: x509.Certificate) -> tuple[bytes, ...]:
        """As a server presents them."""
        return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)

    def pem(self, *certificates: x509.Certificate) -> bytes:
        """As a file has them."""
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)

    @property
    def key_pem(self) -> bytes:
        """The leaf's key."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def _signed(
        self, subject: str, key: EllipticCurvePrivateKey, issuer: str, by: EllipticCurvePrivateKey, *,
        host: str = "", logged: bool = False,
    ) -> x509.Certificate:  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(days=1))
            .not_valid_after(self._now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
        )
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        if logged:
            builder = builder.add_extension(_timestamps(), critical=False)
        return builder.sign(by, hashes.SHA256())
