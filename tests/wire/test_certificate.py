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
from hypothesis import given
from hypothesis import strategies as st

from natscope.host.real.certificates import name_refusal, pin_refusal
from natscope.wire import certificate as codes
from natscope.wire.certificate import describe, fingerprint, judge, measure
from natscope.wire.derp.meta_certificate import server_key_of
from tests.house.tree import ROOT
from tests.wire.chains import Chain

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


LOGGED, PRIVATE = Chain("derp.test"), Chain("derp.test", logged=False)
OTHER = Chain("derp.test")


@pytest.mark.parametrize(
    ("presented", "code"),
    [
        (LOGGED.der(LOGGED.leaf), codes.CHAIN_INCOMPLETE),
        (LOGGED.der(LOGGED.leaf, OTHER.root), codes.CHAIN_INCOMPLETE),
        (LOGGED.der(LOGGED.leaf, LOGGED.root), codes.CHAIN_INCOMPLETE),
        (LOGGED.der(LOGGED.leaf, LOGGED.middle, LOGGED.root), codes.UNKNOWN_ISSUER),
        (PRIVATE.der(PRIVATE.leaf), codes.UNKNOWN_ISSUER),
        (PRIVATE.der(PRIVATE.leaf, PRIVATE.middle), codes.UNKNOWN_ISSUER),
    ],
)
def test_an_intermediate_that_is_left_out_is_told_where_the_authority_is_a_public_one(
    presented: tuple[bytes, ...], code: str
) -> None:
    assert judge(presented, "derp.test", NOW).code == code


def test_of_a_chain_that_is_cut_the_missing_one_is_named() -> None:
    words = judge(LOGGED.der(LOGGED.leaf), "derp.test", NOW).words
    assert words == "the server leaves out the certificate of its issuer, test intermediate"


def test_an_issuer_that_is_a_public_root_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The root is never shown: then it is this computer that does not trust it."""
    roots = frozenset({LOGGED.root.subject.public_bytes()})
    monkeypatch.setattr(codes, "_public_authorities", lambda: roots)
    assert judge(LOGGED.der(LOGGED.leaf, LOGGED.middle), "derp.test", NOW).code == codes.UNKNOWN_ISSUER
    assert judge(LOGGED.der(LOGGED.leaf), "derp.test", NOW).code == codes.CHAIN_INCOMPLETE


def test_words_name_what_to_look_at() -> None:
    assert (
        judge((GOOD,), "other.test", NOW).words
        == "the certificate is for derp.test, *.wild.test, 127.0.0.1, not for other.test"
    )
    assert f"{NOW - timedelta(days=1):%Y-%m-%d}" in judge((EXPIRED,), "derp.test", NOW).words


def meta(days: int = 30) -> bytes:
    """What a relay shows behind its chain: a CN longer than X.520 allows, which only this way of writing takes."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "derpkey" + "0" * 64, _validate=False)])
    begins, ends = NOW - timedelta(days=days), NOW + timedelta(days=days)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 2, begins, ends)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.filterwarnings("ignore:Attribute's length")
def test_what_announces_a_relays_key_is_no_part_of_the_chain() -> None:
    alone = (self_signed("derp.test"),)
    announced = (*alone, meta())
    assert describe(announced, NOW) == describe(alone, NOW)
    assert measure(announced) == measure(alone)
    assert judge(announced, "derp.test", NOW, fingerprint(alone)).code == codes.SELF_SIGNED


def test_what_is_measured() -> None:
    ends = (NOW + timedelta(days=1)).replace(microsecond=0)
    found = measure((self_signed("derp.test"), GOOD))
    assert (found["certificates"], found["lifetime_days"]) == (2, 2.0)
    assert found["ends"] == ends.isoformat()
    assert len(found["sha256"]) == 64
    assert measure(()) == measure((b"no",)) == {}


@pytest.mark.parametrize("name", ["version-ten", "name-of-bits"])
def test_what_the_library_refuses_in_its_own_way_is_unreadable(name: str) -> None:
    """Its exceptions for a version and for the type of a name are no `ValueError`."""
    presented = ((ROOT / f"fixtures/hostile/relay/certificate-{name}.bin").read_bytes(),)
    assert describe(presented, NOW) == {}
    measure(presented)
    assert judge(presented, "derp.test", NOW, "0" * 64).words
    assert server_key_of(presented) == b""
    assert pin_refusal(presented, "0" * 64, "derp.test")
    assert name_refusal(presented[0], "derp.test")


def test_cut_at_every_byte() -> None:
    for length in range(len(GOOD)):
        cut = (GOOD[:length],)
        assert describe(cut, NOW) == measure(cut) == {}
        assert judge(cut, "derp.test", NOW).code == codes.UNREADABLE


@given(st.binary(max_size=200), st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_garbage_is_read_or_not(noise: bytes, place: int, change: int) -> None:
    altered = bytes((*GOOD[:place], GOOD[place] ^ change, *GOOD[place + 1 :]))
    for presented in ((noise,), (altered,)):
        judge(presented, "derp.test", NOW)
        describe(presented, NOW)
        measure(presented)
