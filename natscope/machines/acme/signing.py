"""ACME requests as they are signed (RFC 8555 section 6.2), with the messages of the `acme` library.

These cost a fifth of a second to load, so whoever wants a certificate imports
this package's `signing` and `dialogue` when the first is due.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar

from acme import challenges, jws, messages
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import DeserializationError
from josepy.interfaces import JSONDeSerializable
from josepy.json_util import decode_b64jose, encode_b64jose
from josepy.jwa import ES256, RS256
from josepy.jwk import JWK

from natscope.errors import RemoteError
from natscope.machines.acme.key_material import PrivateKey, key_pem
from natscope.machines.acme.renewal import HTTP_01, TLS_ALPN_01

T = TypeVar("T")


class Signer:
    """One account's key. `account` is its URL once it is known."""

    def __init__(self, key: PrivateKey) -> None:
        """The account is not known yet."""
        self.account: str | None = None
        self._jwk = JWK.load(key_pem(key))
        self._algorithm = ES256 if isinstance(key, ec.EllipticCurvePrivateKey) else RS256

    def sign(self, url: str, nonce: str, payload: bytes) -> bytes:
        """The body of a POST: with the account's URL, or its public key until that is known."""
        signed = jws.JWS.sign(payload, self._jwk, self._algorithm, decode_b64jose(nonce), url, self.account)
        body: str = signed.json_dumps()
        return body.encode()

    def key_authorization(self, token: str) -> str:
        """What answers a challenge (RFC 8555 section 8.1)."""
        return f"{token}.{encode_b64jose(self._jwk.thumbprint())}"

    def registration(self, directory: messages.Directory, email: str, eab: tuple[str, str]) -> bytes:
        """A new account that agrees to the terms. `eab`: key id and key in base64, both empty without."""
        binding = None
        if eab[0]:
            secret = eab[1].strip().rstrip("=").replace("+", "-").replace("/", "_")
            binding = messages.ExternalAccountBinding.from_data(self._jwk.public_key(), eab[0], secret, directory)
        made: Any = messages.NewRegistration.from_data
        wanted = made(email=email or None, external_account_binding=binding, terms_of_service_agreed=True)
        return json_of(wanted)


def new_order(name: str, is_address: bool, profile: str) -> bytes:
    """The wish for one name's certificate."""
    kind = messages.IDENTIFIER_IP if is_address else messages.IDENTIFIER_FQDN
    made: Any = messages.NewOrder
    return json_of(made(identifiers=[messages.Identifier(typ=kind, value=name)], profile=profile or None))


def finalization(request: x509.CertificateSigningRequest) -> bytes:
    """The request for the certificate of an order whose name is proved."""
    return json_of(messages.CertificateRequest(csr=request))


def json_of(message: JSONDeSerializable) -> bytes:
    """As it is signed."""
    return message.json_dumps().encode()


def nonce_is_fit(nonce: str) -> bool:
    """Whether it is base64url, as RFC 8555 section 6.5.1 has it."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,512}", nonce) is not None and len(nonce) % 4 != 1


def read(what: str, reading: Callable[[Any], T], document: Any) -> T:
    """One message of the server's out of its JSON. Raises `RemoteError` for anything that it cannot be."""
    try:
        return reading(document)
    except (DeserializationError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RemoteError(f"the ACME server's {what} cannot be read") from error


read_directory = functools.partial(read, "directory", messages.Directory.from_json)
read_order = functools.partial(read, "order", messages.Order.from_json)
read_authorization = functools.partial(read, "authorization", messages.Authorization.from_json)
read_problem = functools.partial(read, "error", messages.Error.from_json)


def token_of(challenge: messages.ChallengeBody) -> tuple[str, str]:
    """Kind and token of a challenge, both empty for one that has none. The library knows no TLS-ALPN-01 any more."""
    known = challenge.chall
    if isinstance(known, challenges.HTTP01):
        return HTTP_01, str(known.encode("token"))
    if isinstance(known, challenges.UnrecognizedChallenge) and known.jobj.get("type") == TLS_ALPN_01:
        return TLS_ALPN_01, str(known.jobj.get("token", ""))
    return "", ""
