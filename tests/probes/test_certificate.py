"""What is wrong with a certificate."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from natscope_probes import _certificate as codes
from natscope_probes._certificate import judge

NOW = datetime.now(UTC)
CA = trustme.CA()


def der(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)


def issued(*names: str, not_after: datetime | None = None, not_before: datetime | None = None) -> bytes:
    leaf = CA.issue_cert(*names, not_after=not_after, not_before=not_before)
    return der(leaf.cert_chain_pems[0].bytes())


def self_signed(name: str) -> bytes:
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


GOOD = issued("derp.test", "*.wild.test", "127.0.0.1")
EXPIRED = issued("derp.test", not_before=NOW - timedelta(days=9), not_after=NOW - timedelta(days=1))

ROWS = [
    ("expired", (EXPIRED,), "derp.test", "", codes.EXPIRED),
    ("not yet", (issued("derp.test", not_before=NOW + timedelta(days=2)),), "derp.test", "", codes.NOT_YET),
    ("wrong name", (GOOD,), "other.test", "", codes.WRONG_NAME),
    ("no names", (issued("derp.test"),), "", "", codes.WRONG_NAME),
    ("right by wildcard, unknown issuer", (GOOD,), "a.wild.test", "", codes.UNKNOWN_ISSUER),
    ("a wildcard is one label", (GOOD,), "a.b.wild.test", "", codes.WRONG_NAME),
    ("right by address", (GOOD,), "127.0.0.1", "", codes.UNKNOWN_ISSUER),
    ("capitals and a dot", (GOOD,), "DERP.test.", "", codes.UNKNOWN_ISSUER),
    ("self-signed", (self_signed("derp.test"),), "derp.test", "", codes.SELF_SIGNED),
    ("other pin", (GOOD,), "derp.test", "0" * 64, codes.PIN_MISMATCH),
    ("right pin, expired", (EXPIRED,), "derp.test", hashlib.sha256(EXPIRED).hexdigest(), codes.EXPIRED),
    ("garbage", (b"\x30\x03abc",), "derp.test", "", codes.UNREADABLE),
    ("nothing shown", (), "derp.test", "", codes.UNREADABLE),
]


@pytest.mark.parametrize(("name", "presented", "asked", "pin", "code"), ROWS, ids=[row[0] for row in ROWS])
def test_judge(name: str, presented: tuple[bytes, ...], asked: str, pin: str, code: str) -> None:
    problem = judge(presented, asked, NOW, pin)
    assert problem.code == code
    assert problem.words


def test_words_name_what_to_look_at() -> None:
    assert (
        judge((GOOD,), "other.test", NOW).words
        == "the certificate is for derp.test, *.wild.test, 127.0.0.1, not for other.test"
    )
    assert f"{NOW - timedelta(days=1):%Y-%m-%d}" in judge((EXPIRED,), "derp.test", NOW).words
