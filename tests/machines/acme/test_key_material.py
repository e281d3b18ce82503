"""Keys and certificates of ACME: known forms, what goes together, and what a broken file says."""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from natscope.machines.acme.key_material import (
    RANDOM_BYTES,
    BundleError,
    certificate_request,
    challenge_certificate,
    challenge_server_name,
    key_pem,
    make_bundle,
    new_key,
    read_bundle,
    read_key,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SEED = bytes(range(RANDOM_BYTES))


def issued(*names: str) -> tuple[bytes, bytes]:
    """Key and chain of a certificate."""
    made = trustme.CA().issue_cert(*names)
    return made.private_key_pem.bytes(), b"".join(blob.bytes() for blob in made.cert_chain_pems)


def test_a_key_is_made_of_its_random_bytes_alone() -> None:
    assert key_pem(new_key(SEED)) == key_pem(new_key(SEED))
    assert key_pem(new_key(SEED)) != key_pem(new_key(SEED[1:] + b"\0"))
    with pytest.raises(ValueError, match="48 random bytes"):
        new_key(SEED[:-1])


@pytest.mark.parametrize("seed", [bytes(RANDOM_BYTES), b"\xff" * RANDOM_BYTES])
def test_extreme_random_bytes_make_keys_too(seed: bytes) -> None:
    assert read_key(key_pem(new_key(seed))).key_size == 256


def test_keys_have_the_form_of_autocert() -> None:
    assert key_pem(new_key(SEED)).startswith(b"-----BEGIN EC PRIVATE KEY-----\n")
    old = rsa.generate_private_key(65537, 2048)
    assert isinstance(read_key(key_pem(old)), rsa.RSAPrivateKey)


@pytest.mark.parametrize("name", ["relay.example", "192.0.2.1", "2001:db8::1"])
def test_a_request_names_its_host_as_an_alternative_name_only(name: str) -> None:
    request = certificate_request(new_key(SEED), name)
    found = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(general.value) for general in found] == [name]
    assert not list(request.subject)
    assert request.is_signature_valid


def test_the_challenge_certificate_is_that_of_rfc_8737() -> None:
    pem = challenge_certificate("relay.example", "token.thumb", SEED, NOW)
    certificate = x509.load_pem_x509_certificate(pem)
    extension = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31"))
    assert extension.critical
    assert extension.value.public_bytes() == b"\x04\x20" + hashlib.sha256(b"token.thumb").digest()
    san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert san.get_values_for_type(x509.DNSName) == ["relay.example"]
    assert certificate.not_valid_before_utc <= NOW <= certificate.not_valid_after_utc
    assert read_bundle(pem).names == ("relay.example",)


def test_the_name_with_which_the_proof_comes() -> None:
    assert challenge_server_name("Relay.example") == "relay.example"
    assert challenge_server_name("192.0.2.7") == "7.2.0.192.in-addr.arpa"
    assert challenge_server_name("2001:db8::1").endswith(".ip6.arpa")


def test_a_bundle_holds_key_and_chain_for_one_file(tmp_path: object) -> None:
    key, chain = issued("relay.example", "192.0.2.1")
    bundle = read_bundle(key + b"some words between\n" + chain)
    assert bundle.names == ("relay.example", "192.0.2.1")
    assert bundle.issuer == ""  # trustme's authority has no common name
    assert bundle.validity.not_after - bundle.validity.not_before > timedelta(days=1)
    assert bundle.pem.index(b"PRIVATE KEY") < bundle.pem.index(b"BEGIN CERTIFICATE")
    assert b"words" not in bundle.pem
    path = f"{tmp_path}/relay.example"
    with open(path, "wb") as file:
        file.write(bundle.pem)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)


def test_the_order_in_the_file_does_not_matter() -> None:
    key, chain = issued("relay.example")
    assert read_bundle(chain + key) == read_bundle(key + chain)


@pytest.mark.parametrize("broken", ["no key", "no certificate", "two keys", "other key", "no name", "bad", "curve"])
def test_what_does_not_go_together_is_refused(broken: str) -> None:
    key, chain = issued("relay.example")
    curve = key_pem(ec.generate_private_key(ec.SECP384R1()))
    texts = {
        "no key": chain,
        "no certificate": key,
        "two keys": key + issued("other.example")[0] + chain,
        "other key": key_pem(new_key(SEED)) + chain,
        "no name": key + trustme.CA().cert_pem.bytes(),
        "bad": key + chain.replace(b"M", b"N"),
        "curve": curve + chain,
    }
    with pytest.raises(BundleError):
        read_bundle(texts[broken])


def test_a_key_and_another_certificate_are_no_bundle() -> None:
    with pytest.raises(BundleError):
        make_bundle(new_key(SEED), issued("relay.example")[1])


KEY, CHAIN = issued("relay.example")


@settings(max_examples=60)
@given(st.integers(0, len(KEY + CHAIN)), st.binary(max_size=40))
def test_a_cut_or_garbled_file_is_refused_or_whole(place: int, garbage: bytes) -> None:
    whole = KEY + CHAIN
    for data in (whole[:place], whole[:place] + garbage + whole[place + len(garbage) :]):
        try:
            read_bundle(data)
        except BundleError:
            continue
