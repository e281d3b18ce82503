"""What is signed and read: josepy verifies ours, and the server's documents may be anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from acme import jws, messages
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st
from josepy.jwk import JWK

from natscope.errors import RemoteError
from natscope.machines.acme.key_material import RANDOM_BYTES, PrivateKey, certificate_request, key_pem, new_key
from natscope.machines.acme.renewal import HTTP_01, TLS_ALPN_01
from natscope.machines.acme.signing import (
    Signer,
    finalization,
    new_order,
    nonce_is_fit,
    read_authorization,
    read_directory,
    read_order,
    read_problem,
    token_of,
)

KEY = new_key(bytes(range(RANDOM_BYTES)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)
FIELDS = st.sampled_from(["status", "authorizations", "challenges", "identifier", "error", "meta", "type", "expires"])


@pytest.mark.parametrize("key", [KEY, rsa.generate_private_key(65537, 2048)], ids=["P-256", "RSA"])
def test_a_request_carries_the_key_until_the_account_is_known(key: PrivateKey) -> None:
    signer = Signer(key)
    first = jws.JWS.json_loads(signer.sign("https://a.test/x", "bm9uY2U", b'{"a":1}').decode())
    assert first.signature.combined.kid is None
    assert first.verify(JWK.load(key_pem(key)).public_key())
    signer.account = "https://a.test/account/1"
    second = jws.JWS.json_loads(signer.sign("https://a.test/y", "bm9uY2U", b"").decode())
    assert (second.signature.combined.kid, second.signature.combined.jwk) == (signer.account, None)
    assert (second.signature.combined.url, second.signature.combined.nonce) == ("https://a.test/y", b"nonce")
    assert second.payload == b""


def test_the_key_authorization_is_token_and_thumbprint() -> None:
    token, thumbprint = Signer(KEY).key_authorization("abc").split(".")
    assert token == "abc"
    assert len(thumbprint) == 43


def test_an_external_account_is_bound_in_both_spellings_of_base64() -> None:
    directory = messages.Directory.from_json({"newAccount": "https://a.test/new"})
    made = [
        json.loads(Signer(KEY).registration(directory, "me@a.test", ("kid-1", secret)))
        for secret in ("-_8=", "+/8", "-_8")
    ]
    assert made[0] == made[1] == made[2]
    assert made[0]["contact"] == ["mailto:me@a.test"]
    assert made[0]["termsOfServiceAgreed"] is True
    assert set(made[0]["externalAccountBinding"]) == {"protected", "payload", "signature"}
    assert "externalAccountBinding" not in json.loads(Signer(KEY).registration(directory, "", ("", "")))


def test_orders_name_hosts_and_addresses() -> None:
    assert json.loads(new_order("a.example", False, "")) == {"identifiers": [{"type": "dns", "value": "a.example"}]}
    assert json.loads(new_order("192.0.2.1", True, "shortlived")) == {
        "identifiers": [{"type": "ip", "value": "192.0.2.1"}],
        "profile": "shortlived",
    }
    assert set(json.loads(finalization(certificate_request(KEY, "a.example")))) == {"csr"}


def test_tokens_of_the_kinds_that_we_answer() -> None:
    token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"

    def found(kind: str) -> tuple[str, str]:
        return token_of(messages.ChallengeBody.from_json({"type": kind, "url": "https://a.test/1", "token": token}))

    assert found("http-01") == (HTTP_01, token)
    assert found("tls-alpn-01") == (TLS_ALPN_01, token)
    assert found("dns-01") == found("dns-account-01") == ("", "")


def test_nonces_are_what_the_library_can_sign() -> None:
    assert nonce_is_fit("bm9uY2U")
    assert not nonce_is_fit("")
    assert not nonce_is_fit("two words")
    assert not nonce_is_fit("nönce")


@given(JSON, st.dictionaries(FIELDS, JSON, max_size=4))
def test_any_document_is_read_or_refused(document: Any, fields: dict[str, Any]) -> None:
    for reading in (read_directory, read_order, read_authorization, read_problem):
        for given_ in (document, dict(fields)):
            try:
                reading(given_)
            except RemoteError:
                continue
