"""The key in a relay's meta certificate: made as upstream makes it, anywhere in the chain, and never from garbage."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from natscope.wire.derp.meta_certificate import server_key_of
from tests.wire.derp.vectors import VECTORS

KNOWN = VECTORS["meta_cert"]
KEY = bytes.fromhex(KNOWN["subject_common_name"].removeprefix("derpkey"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
_OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def certificate(common_name: str, serial: int, *, oid: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = x509.Name([x509.NameAttribute(oid, common_name, _validate=False)])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(_OTHER.public_key())
            .serial_number(serial)
            .not_valid_before(NOW - timedelta(days=30))
            .not_valid_after(NOW + timedelta(days=30))
            .sign(_OTHER, None)
        )
    return made.public_bytes(Encoding.DER)


META = certificate(KNOWN["subject_common_name"], KNOWN["serial_number"])
PLAIN = certificate("relay.test", 5)


def test_known_answer() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert server_key_of([PLAIN, META]) == KEY
        assert server_key_of([META]) == KEY
    assert server_key_of([PLAIN]) == b""
    assert server_key_of([]) == b""


@pytest.mark.parametrize(
    "der",
    [
        certificate("derpkey" + "0" * 63, 2),
        certificate("derpkey" + "g" * 64, 2),
        certificate("x-derpkey" + "0" * 64, 2),
        certificate("derpkey" + "0" * 64, 256),
        certificate("derpkey" + "0" * 64, 2, oid=NameOID.ORGANIZATION_NAME),
    ],
)
def test_what_only_looks_like_one(der: bytes) -> None:
    assert server_key_of([der]) == b""
    assert server_key_of([der, META]) == KEY


@pytest.mark.parametrize("length", range(0, len(META), 7))
def test_truncation(length: int) -> None:
    assert server_key_of([META[:length]]) == b""


@given(st.binary(max_size=100), st.integers(0, len(META)))
def test_garbage_never_raises(junk: bytes, place: int) -> None:
    key = server_key_of([META[:place] + junk + META[place + len(junk) :]])
    assert len(key) in (0, 32)
