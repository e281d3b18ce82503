"""FINGERPRINT and MESSAGE-INTEGRITY against RFC 5769 and each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natscope.errors import RemoteError
from natscope.wire.stun.attributes import Attr
from natscope.wire.stun.integrity import (
    append_fingerprint,
    append_integrity,
    is_fingerprint_right,
    is_integrity_right,
    long_term_key,
    short_term_key,
    with_length,
)
from natscope.wire.stun.message import MessageClass, decode, encode
from tests.wire.stun.vectors import VECTORS, named

ID = bytes(12)
SAMPLES = named("rfc5769")


def key_of(sample: dict[str, str]) -> bytes:
    if "realm" in sample:
        return long_term_key(sample["username"], sample["realm"], sample["password_after_saslprep"])
    return short_term_key(sample["password"])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample["name"])
def test_rfc5769_samples(sample: dict[str, Any]) -> None:
    data = bytes.fromhex(sample["hex"])
    assert is_integrity_right(data, key_of(sample))
    assert not is_integrity_right(data, b"another key")
    message = decode(data)
    assert message.fingerprint_ok is ("no FINGERPRINT" not in sample["name"])
    assert message.software == sample.get("software", "")
    assert (None if "xor_mapped" not in sample else str(message.mapped_address)) == sample.get("xor_mapped")
    for kind, name in ((Attr.USERNAME, "username"), (Attr.REALM, "realm"), (Attr.NONCE, "nonce")):
        if name in sample:
            assert message.first(kind) == sample[name].encode()


def test_the_long_term_key_of_rfc5769() -> None:
    assert key_of(SAMPLES[3]).hex() == SAMPLES[3]["hmac_key_md5"]


def test_the_sha256_long_term_key_is_the_digest_of_the_same_text() -> None:
    import hashlib

    assert long_term_key("u", "r", "p", sha256=True) == hashlib.sha256(b"u:r:p").digest()


@pytest.mark.parametrize("vector", named("tailscale_server_rejects"), ids=lambda vector: vector["reason"])
def test_fingerprints_that_upstream_refuses(vector: dict[str, str]) -> None:
    message = decode(bytes.fromhex(vector["hex"]))
    wrong = "FINGERPRINT" in vector["reason"] or "response" in vector["reason"]
    assert message.fingerprint_ok is not wrong


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=30), st.booleans(), st.booleans())
def test_what_we_sign_is_right_and_a_flipped_byte_is_not(text: bytes, key: bytes, sha256: bool, both: bool) -> None:
    message = encode(MessageClass.REQUEST, ID, [(Attr.USERNAME, text)])
    signed = append_integrity(message, key, sha256=sha256)
    if both:
        signed = append_fingerprint(signed)
        assert is_fingerprint_right(signed)
    assert is_integrity_right(signed, key, sha256=sha256)
    assert not is_integrity_right(signed, key + b"x", sha256=sha256)
    assert not is_integrity_right(signed, key, sha256=not sha256)
    flipped = signed[:8] + bytes([signed[8] ^ 1]) + signed[9:]
    assert not is_integrity_right(flipped, key, sha256=sha256)
    assert decode(signed).first(Attr.USERNAME) == text


@pytest.mark.parametrize(("size", "right"), [(12, False), (16, True), (18, False), (20, True), (28, True), (32, True)])
def test_the_sha256_form_may_be_cut_to_16_bytes(size: int, right: bool) -> None:
    import hmac

    message = encode(MessageClass.REQUEST, ID)
    digest = hmac.digest(b"key", with_length(message, 4 + size), "sha256")[:size]
    signed = encode(MessageClass.REQUEST, ID, [(Attr.MESSAGE_INTEGRITY_SHA256, digest)])
    assert is_integrity_right(signed, b"key", sha256=True) is right


def test_no_integrity_is_not_right() -> None:
    assert not is_integrity_right(encode(MessageClass.REQUEST, ID), b"key")


def test_a_broken_message_is_refused() -> None:
    with pytest.raises(RemoteError):
        is_integrity_right(bytes.fromhex(VECTORS["rfc5780"]["response"])[:-3], b"key")


@given(st.binary(max_size=60))
def test_garbage_is_no_fingerprint(data: bytes) -> None:
    assert not is_fingerprint_right(data)
