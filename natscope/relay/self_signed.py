"""A certificate that nobody else vouches for: clients know it by its pin, the SHA-256 of the whole certificate.

Source of the form: upstream cmd/derper/cert.go (createSelfSignedIPCert); of the pin: tailcfg/derpmap.go (CertName).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from natscope.errors import CannotMeasure, UserError
from natscope.host.api import Clock
from natscope.relay.certificate_facts import Facts, facts_of
from natscope.relay.certificate_files import Pair, read_pem
from natscope.relay.private_files import write_whole

VALID = timedelta(days=10 * 365)
"""A new certificate has another pin, and every client's map would have to change: a year, as upstream's, is short."""
BEFORE = timedelta(days=1)
"""Clocks of clients may be behind."""
MAX_CN = 64


def find_or_make(pair: Pair, names: Sequence[str], clock: Clock) -> tuple[Facts, bool]:
    """The certificate of these files, made when both are missing; whether it was made just now.

    Raises `UserError` and `CannotMeasure`.
    """
    there = [os.path.exists(path) for path in (pair.certificate, pair.key)]
    if not any(there):
        chain, key = make(names, clock.utc())
        try:
            write_whole(pair.key, key, 0o600)
            write_whole(pair.certificate, chain, 0o644)
        except OSError as error:
            words = error.strerror or "unknown reason"
            raise CannotMeasure(
                f"{error.filename or pair.certificate}: the certificate cannot be written: {words.lower()}",
                hint="another place: --cert-dir DIR",
            ) from error
        return facts_of(chain, pair.certificate), True
    if not all(there):
        missing = pair.key if there[0] else pair.certificate
        raise UserError(f"{missing}: is missing, its other half is there", hint="move that away, and both are made new")
    return facts_of(read_pem(pair.certificate), pair.certificate), False


def make(names: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    """Certificate and private key as PEM, for names and addresses, ECDSA on P-256."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:MAX_CN])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_encipherment=True, content_commitment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
