"""The certificate that tells a relay's key inside the TLS handshake: no client need wait for it (fast start).

It stands behind the real chain; verifying clients pass over it. Subject `derpkey` and the key's hex digits, which is
longer than X.520 allows and what upstream reads all the same. Source: upstream derp/derpserver/derpserver.go
(initMetacert), derp/derphttp/derphttp_client.go (parseMetaCert).
"""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from natscope.wire.derp.frames import PROTOCOL_VERSION

PREFIX = "derpkey"
VALID = timedelta(days=30)
"""Before and after now, as upstream."""
RENEW_AFTER = timedelta(days=7)
"""A relay runs for longer than upstream's certificate lasts: a new one is made this often."""


def meta_certificate(server_key: bytes, now: datetime) -> bytes:
    """The certificate as PEM, signed with a key that is thrown away. `server_key` are 32 bytes."""
    key = ed25519.Ed25519PrivateKey.generate()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the length of the name
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PREFIX + server_key.hex(), _validate=False)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(PROTOCOL_VERSION)
            .not_valid_before(now - VALID)
            .not_valid_after(now + VALID)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(key, None)
        )
        return certificate.public_bytes(serialization.Encoding.PEM)
